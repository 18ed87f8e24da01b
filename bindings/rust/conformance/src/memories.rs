//! Memories.

use wasm_runtime_layer::backend::WasmEngine;
use wasm_runtime_layer::{Engine, Extern, Memory, MemoryType, Store, Val};

use crate::{call_i32, func, instance, linked, memory, refused, run_func};

const PAGE: usize = 65536;

const LIBRARY: &str = r#"(module
    (memory (export "memory") 1 3)
    (data (i32.const 16) "weft")
    (func (export "load") (param i32) (result i32) local.get 0 i32.load8_u)
    (func (export "store") (param i32 i32) local.get 0 local.get 1 i32.store8)
    (func (export "grow") (param i32) (result i32) local.get 0 memory.grow)
    (func (export "size") (result i32) memory.size))"#;

fn new_memory<E: WasmEngine>(store: &mut Store<(), E>, min: u32, max: Option<u32>) -> Memory {
    Memory::new(store, MemoryType::new(min, max)).unwrap()
}

fn memory_is_zeros<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let memory = new_memory(&mut store, 2, None);
    let mut bytes = vec![0xff; 2 * PAGE];
    memory.read(&store, 0, &mut bytes).unwrap();
    assert!(bytes.iter().all(|&byte| byte == 0));
}

fn grown_memory_keeps_its_bytes_and_is_zeros_beyond<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let memory = new_memory(&mut store, 1, Some(3));
    memory.write(&mut store, PAGE - 4, b"last").unwrap();
    assert_eq!(memory.grow(&mut store, 2).unwrap(), 1);
    let mut bytes = vec![0xff; 2 * PAGE + 4];
    memory.read(&store, PAGE - 4, &mut bytes).unwrap();
    assert_eq!(&bytes[..4], b"last");
    assert!(bytes[4..].iter().all(|&byte| byte == 0));
}

fn accesses_reach_to_the_last_byte<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let memory = new_memory(&mut store, 1, None);
    memory.write(&mut store, PAGE - 1, &[7]).unwrap();
    let mut byte = [0];
    memory.read(&store, PAGE - 1, &mut byte).unwrap();
    assert_eq!(byte, [7]);
    memory.read(&store, PAGE, &mut []).unwrap();
    memory.write(&mut store, PAGE, &[]).unwrap();
}

fn accesses_beyond_the_end_are_errors<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let memory = new_memory(&mut store, 1, None);
    for offset in [PAGE - 1, PAGE, PAGE + 1, u32::MAX as usize, usize::MAX - 1, usize::MAX] {
        assert!(memory.read(&store, offset, &mut [0; 2]).is_err(), "{offset}");
        assert!(memory.write(&mut store, offset, &[1; 2]).is_err(), "{offset}");
    }
    let mut byte = [1];
    memory.read(&store, PAGE - 1, &mut byte).unwrap();
    assert_eq!(byte, [0], "a write that fails writes nothing");
}

fn empty_memory_has_no_bytes<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let memory = new_memory(&mut store, 0, Some(1));
    assert_eq!(memory.current_pages(&store), 0);
    memory.read(&store, 0, &mut []).unwrap();
    assert!(memory.read(&store, 0, &mut [0]).is_err());
    assert_eq!(memory.grow(&mut store, 1).unwrap(), 0);
    memory.read(&store, 0, &mut [0]).unwrap();
}

fn memory_grows_to_its_maximum<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let memory = new_memory(&mut store, 1, Some(2));
    assert_eq!(memory.grow(&mut store, 0).unwrap(), 1);
    assert!(memory.grow(&mut store, 2).is_err());
    assert!(memory.grow(&mut store, u32::MAX).is_err());
    assert_eq!(memory.current_pages(&store), 1);
    assert_eq!(memory.grow(&mut store, 1).unwrap(), 1);
    assert_eq!(memory.current_pages(&store), 2);
    assert!(memory.grow(&mut store, 1).is_err());
}

fn memory_has_the_type_it_was_made_of<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let bounded = new_memory(&mut store, 1, Some(2));
    assert_eq!(bounded.ty(&store), MemoryType::new(1, Some(2)));
    let unbounded = new_memory(&mut store, 3, None);
    assert_eq!(unbounded.ty(&store), MemoryType::new(3, None));
}

/// As an import's type is compared with: *Spec 2.0, 4.5.3 "Memories"* changes the type when a memory grows.
fn grown_memory_has_a_grown_type<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let memory = new_memory(&mut store, 1, Some(3));
    memory.grow(&mut store, 1).unwrap();
    assert_eq!(memory.ty(&store), MemoryType::new(2, Some(3)));
}

fn impossible_memories_are_refused<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    for ty in
        [MemoryType::new(2, Some(1)), MemoryType::new(65537, None), MemoryType::new(0, Some(65537))]
    {
        assert!(refused(|| Memory::new(&mut store, ty)), "{ty:?}");
    }
}

fn guest_and_host_see_the_same_memory<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let library = instance(&mut store, LIBRARY);
    let memory = memory(&mut store, &library, "memory");
    let (load, write) = (func(&mut store, &library, "load"), func(&mut store, &library, "store"));
    let mut name = [0; 4];
    memory.read(&store, 16, &mut name).unwrap();
    assert_eq!(&name, b"weft");
    memory.write(&mut store, 100, &[200]).unwrap();
    assert_eq!(call_i32(&mut store, &load, &[Val::I32(100)]).unwrap(), 200);
    run_func(&mut store, &write, &[Val::I32(101), Val::I32(201)]).unwrap();
    memory.read(&store, 100, &mut name[..2]).unwrap();
    assert_eq!(name[..2], [200, 201]);
}

fn guest_and_host_see_each_others_growth<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let library = instance(&mut store, LIBRARY);
    let memory = memory(&mut store, &library, "memory");
    let (grow, size) = (func(&mut store, &library, "grow"), func(&mut store, &library, "size"));
    assert_eq!(call_i32(&mut store, &grow, &[Val::I32(1)]).unwrap(), 1);
    assert_eq!(memory.current_pages(&store), 2);
    assert_eq!(memory.grow(&mut store, 1).unwrap(), 2);
    assert_eq!(call_i32(&mut store, &size, &[]).unwrap(), 3);
    assert_eq!(call_i32(&mut store, &grow, &[Val::I32(1)]).unwrap(), -1);
}

fn instances_share_an_imported_memory<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let memory = new_memory(&mut store, 1, None);
    let text = r#"(module
        (import "host" "memory" (memory 1))
        (func (export "load") (result i32) i32.const 8 i32.load)
        (func (export "store") (param i32) i32.const 8 local.get 0 i32.store))"#;
    let items = [("memory", Extern::Memory(memory.clone()))];
    let one = linked(&mut store, text, &items).unwrap();
    let other = linked(&mut store, text, &items).unwrap();
    let (write, load) = (func(&mut store, &one, "store"), func(&mut store, &other, "load"));
    run_func(&mut store, &write, &[Val::I32(0x01020304)]).unwrap();
    assert_eq!(call_i32(&mut store, &load, &[]).unwrap(), 0x01020304);
    let mut bytes = [0; 4];
    memory.read(&store, 8, &mut bytes).unwrap();
    assert_eq!(bytes, [4, 3, 2, 1]);
}

on_every_backend! {
    memory_is_zeros
    grown_memory_keeps_its_bytes_and_is_zeros_beyond
    accesses_reach_to_the_last_byte
    accesses_beyond_the_end_are_errors
    empty_memory_has_no_bytes
    memory_grows_to_its_maximum
    memory_has_the_type_it_was_made_of
    grown_memory_has_a_grown_type
    impossible_memories_are_refused
    guest_and_host_see_the_same_memory
    guest_and_host_see_each_others_growth
    instances_share_an_imported_memory
}
