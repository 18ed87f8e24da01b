//! What lives how long, on which thread, and in which store; fuel, limits, interrupts.

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use support::{call, engine, func, i32s, instance, linked, store, Store};
use wasm_runtime_layer::{
    AsContext, AsContextMut, Extern, ExternRef, Func, FuncType, Global, Memory, MemoryType, Ref,
    RefType, StoreContext, StoreContextMut, Table, TableType, Val, ValType,
};
use weft_runtime_layer::{Config, Engine, Error, ErrorCode, StoreExt, StoreLimits};

/// Counts its drops.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A counter, and a host function that captures what it counts.
fn capturing(store: &mut Store) -> (Arc<AtomicUsize>, Func) {
    let drops = Arc::new(AtomicUsize::new(0));
    let counted = Counted(drops.clone());
    let f = Func::new(store, i32s(0, 0), move |_, _, _| {
        let _ = &counted;
        Ok(())
    });
    (drops, f)
}

fn code<R>(result: anyhow::Result<R>) -> ErrorCode {
    match result {
        Ok(_) => panic!("it succeeded"),
        Err(error) => error.downcast_ref::<Error>().unwrap_or_else(|| panic!("{error:?}")).code(),
    }
}

#[test]
fn captures_are_dropped_with_the_last_handle() {
    let mut store = store();
    let (drops, f) = capturing(&mut store);
    let clone = f.clone();
    call(&mut store, &f, &[]).unwrap();
    drop(f);
    call(&mut store, &clone, &[]).unwrap();
    assert_eq!(drops.load(Ordering::SeqCst), 0);
    std::thread::spawn(move || drop(clone)).join().unwrap();
    assert_eq!(drops.load(Ordering::SeqCst), 1);
    drop(store);
    assert_eq!(drops.load(Ordering::SeqCst), 1);
}

#[test]
fn captures_stay_while_a_guest_may_call() {
    let ways: [fn(&mut Store, &Func); 6] = [
        |store, f| {
            let text = r#"(module (import "host" "f" (func)))"#;
            linked(store, text, &[("f", Extern::Func(f.clone()))]).unwrap();
        },
        |store, f| {
            let funcs = TableType::new(RefType::FuncRef, 1, None);
            Table::new(store, funcs, Ref::FuncRef(Some(f.clone()))).unwrap();
        },
        |store, f| {
            let funcs = TableType::new(RefType::FuncRef, 1, None);
            let table = Table::new(&mut *store, funcs, Ref::FuncRef(None)).unwrap();
            table.set(store, 0, Ref::FuncRef(Some(f.clone()))).unwrap();
        },
        |store, f| {
            let global = Global::new(&mut *store, Val::FuncRef(None), true);
            global.set(store, Val::FuncRef(Some(f.clone()))).unwrap();
        },
        |store, f| {
            let text = r#"(module (func (export "take") (param funcref)))"#;
            let library = instance(store, text);
            let take = func(store, &library, "take");
            call(store, &take, &[Val::FuncRef(Some(f.clone()))]).unwrap();
        },
        |store, f| {
            let answer = Mutex::new(Some(f.clone()));
            let ty = FuncType::new([], [ValType::FuncRef]);
            let host = Func::new(&mut *store, ty, move |_, _, results| {
                results[0] = Val::FuncRef(answer.lock().unwrap().take());
                Ok(())
            });
            let text = r#"(module
                (import "host" "f" (func $f (result funcref)))
                (table 1 funcref)
                (func (export "run") (table.set (i32.const 0) (call $f))))"#;
            let library = linked(store, text, &[("f", Extern::Func(host))]).unwrap();
            let run = func(store, &library, "run");
            call(store, &run, &[]).unwrap();
        },
    ];
    for (index, give) in ways.into_iter().enumerate() {
        let mut store = store();
        let (drops, f) = capturing(&mut store);
        give(&mut store, &f);
        drop(f);
        assert_eq!(drops.load(Ordering::SeqCst), 0, "way {index}");
        drop(store);
        assert_eq!(drops.load(Ordering::SeqCst), 1, "way {index}");
    }
}

#[test]
fn a_guest_calls_what_the_host_has_forgotten() {
    let mut store = Store::new(&engine(), 0);
    let f = Func::new(&mut store, i32s(0, 0), |mut ctx, _, _| {
        *ctx.data_mut() += 1;
        Ok(())
    });
    let text = r#"(module (import "host" "f" (func $f)) (func (export "run") call $f))"#;
    let library = linked(&mut store, text, &[("f", Extern::Func(f))]).unwrap();
    let run = func(&store, &library, "run");
    call(&mut store, &run, &[]).unwrap();
    assert_eq!(store.into_data(), 1);
}

#[test]
fn objects_are_dropped_when_garbage_is_collected() {
    let mut store = store();
    let drops = Arc::new(AtomicUsize::new(0));
    let library = instance(
        &mut store,
        r#"(module
            (global $g (mut externref) (ref.null extern))
            (func (export "set") (param externref) (global.set $g (local.get 0))))"#,
    );
    let set = func(&store, &library, "set");
    let object = ExternRef::new(&mut store, Counted(drops.clone()));
    let clone = object.clone();
    drop(object);
    store.gc().unwrap();
    assert_eq!(drops.load(Ordering::SeqCst), 0, "the host has it");
    call(&mut store, &set, &[Val::ExternRef(Some(clone.clone()))]).unwrap();
    drop(clone);
    store.gc().unwrap();
    assert_eq!(drops.load(Ordering::SeqCst), 0, "the guest has it");
    call(&mut store, &set, &[Val::ExternRef(None)]).unwrap();
    store.gc().unwrap();
    assert_eq!(drops.load(Ordering::SeqCst), 1, "nobody has it");
}

#[test]
fn an_object_that_a_guest_made_is_none_of_the_hosts() {
    let mut store = store();
    let library = instance(
        &mut store,
        r#"(module (func (export "make") (result externref) (extern.convert_any (ref.i31 (i32.const 5)))))"#,
    );
    let make = func(&store, &library, "make");
    let mut result = [Val::ExternRef(None)];
    make.call(&mut store, &[], &mut result).unwrap();
    let [Val::ExternRef(Some(object))] = result else { panic!("{result:?} is no object") };
    let found = object.downcast::<i32, _, _>(store.as_context());
    assert_eq!(code(found.map(|_| ())), ErrorCode::TypeMismatch);
}

/// The order of what is dropped.
#[test]
fn host_functions_go_before_the_data() {
    struct Named(&'static str, Arc<Mutex<Vec<&'static str>>>);
    impl Drop for Named {
        fn drop(&mut self) {
            self.1.lock().unwrap().push(self.0);
        }
    }
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut store = Store::new(&engine(), Named("data", order.clone()));
    let captured = Named("captures", order.clone());
    let f = Func::new(&mut store, i32s(0, 0), move |_, _, _| {
        let _ = &captured;
        Ok(())
    });
    drop(store);
    drop(f);
    assert_eq!(*order.lock().unwrap(), ["captures", "data"]);
}

#[test]
fn the_data_may_hold_what_is_in_the_store() {
    let mut store = Store::new(&engine(), Vec::<(Func, ExternRef, Memory)>::new());
    let f = Func::new(&mut store, i32s(0, 0), |_, _, _| Ok(()));
    let object = ExternRef::new(&mut store, 1);
    let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
    store.data_mut().push((f, object, memory));
    let left = store.into_data();
    assert_eq!(left.len(), 1);
}

/// A panic can't leave the C++ that calls the drop.
#[test]
fn a_panic_of_a_drop_ends_there() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    let mut store = store();
    let bomb = Bomb;
    let f = Func::new(&mut store, i32s(0, 0), move |_, _, _| {
        let _ = &bomb;
        Ok(())
    });
    let text = r#"(module (import "host" "f" (func)))"#;
    linked(&mut store, text, &[("f", Extern::Func(f))]).unwrap();
    ExternRef::new(&mut store, Bomb);
    store.gc().unwrap();
    drop(store);
}

#[test]
fn another_store_is_an_error() {
    let (mut one, mut other) = (store(), store());
    let f = Func::new(&mut one, i32s(0, 0), |_, _, _| Ok(()));
    let object = ExternRef::new(&mut one, 1);
    let memory = Memory::new(&mut one, MemoryType::new(1, None)).unwrap();
    let funcs = TableType::new(RefType::FuncRef, 1, None);
    let table = Table::new(&mut one, funcs, Ref::FuncRef(None)).unwrap();
    let global = Global::new(&mut one, Val::FuncRef(None), true);
    let mine = instance(&mut other, r#"(module (func (export "f") (param funcref externref)))"#);
    let mine = func(&other, &mine, "f");
    let value = || Val::FuncRef(Some(f.clone()));
    let text = r#"(module (import "host" "f" (func)))"#;
    for result in [
        call(&mut other, &f, &[]),
        call(&mut other, &mine, &[value(), Val::ExternRef(None)]),
        call(&mut other, &mine, &[Val::FuncRef(None), Val::ExternRef(Some(object.clone()))]),
        memory.read(&other, 0, &mut [0]),
        memory.write(&mut other, 0, &[0]),
        memory.grow(&mut other, 0).map(|_| ()),
        table.set(&mut other, 0, Ref::FuncRef(None)),
        table.grow(&mut other, 0, Ref::FuncRef(None)).map(|_| ()),
        Table::new(&mut other, funcs, Ref::FuncRef(Some(f.clone()))).map(|_| ()),
        global.set(&mut other, Val::FuncRef(None)),
        object.downcast::<i32, _, _>(other.as_context()).map(|_| ()),
        linked(&mut other, text, &[("f", Extern::Func(f.clone()))]).map(|_| ()),
    ] {
        assert_eq!(code(result), ErrorCode::WrongStore);
    }
    let mine = Global::new(&mut other, Val::FuncRef(None), true);
    assert_eq!(code(mine.set(&mut other, value())), ErrorCode::WrongStore);
    // What was in a store that is gone is of another store, too.
    drop(one);
    assert_eq!(code(call(&mut other, &f, &[])), ErrorCode::WrongStore);
}

/// Borrows one store, and another one mutably. What changes a store must have that one's mutable borrow.
struct TwoFaced<'a> {
    shared: &'a Store,
    own: &'a mut Store,
}

impl AsContext for TwoFaced<'_> {
    type Engine = Engine;
    type UserState = ();
    fn as_context(&self) -> StoreContext<'_, (), Engine> {
        self.shared.as_context()
    }
}

impl AsContextMut for TwoFaced<'_> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, (), Engine> {
        self.own.as_context_mut()
    }
}

#[test]
fn a_context_of_two_stores_changes_the_one_that_it_borrows_mutably() {
    let (mut shared, mut own) = (store(), store());
    let memory = Memory::new(&mut shared, MemoryType::new(1, None)).unwrap();
    let global = Global::new(&mut shared, Val::I32(1), true);
    let f = Func::new(&mut shared, i32s(0, 0), |_, _, _| Ok(()));
    let mut both = TwoFaced { shared: &shared, own: &mut own };
    let in_place = weft_runtime_layer::Memory::from(&memory);
    assert_eq!(in_place.data(&both).unwrap().len(), 65536);
    assert_eq!(in_place.data_mut(&mut both).unwrap_err().code(), ErrorCode::WrongStore);
    assert_eq!(code(global.set(&mut both, Val::I32(2))), ErrorCode::WrongStore);
    assert_eq!(code(memory.grow(&mut both, 1)), ErrorCode::WrongStore);
    assert_eq!(code(f.call(&mut both, &[], &mut [])), ErrorCode::WrongStore);
    let made = Func::new(&mut both, i32s(0, 0), |_, _, _| Ok(()));
    call(&mut own, &made, &[]).unwrap();
}

#[test]
fn stores_move_to_other_threads() {
    let mut store = Store::new(&engine(), 1);
    let f = Func::new(&mut store, i32s(0, 0), |mut ctx, _, _| {
        *ctx.data_mut() += 1;
        Ok(())
    });
    let there = move || {
        call(&mut store, &f, &[]).unwrap();
        store
    };
    assert_eq!(std::thread::spawn(there).join().unwrap().into_data(), 2);
}

/// One thread uses the store; others drop what names things in it, and the last names of host functions.
#[test]
fn handles_are_dropped_while_the_store_runs() {
    let mut store = store();
    let library = instance(
        &mut store,
        r#"(module (func (export "run") (param externref) (local i32)
            (loop (br_if 0 (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 1000))))))"#,
    );
    let run = func(&store, &library, "run");
    let drops = Arc::new(AtomicUsize::new(0));
    let (send, receive) = std::sync::mpsc::channel();
    let dropper = std::thread::spawn(move || while receive.recv().map(drop).is_ok() {});
    for _ in 0..200 {
        let object = ExternRef::new(&mut store, Counted(drops.clone()));
        let (_, f) = capturing(&mut store);
        let memory = Memory::new(&mut store, MemoryType::new(0, None)).unwrap();
        send.send((object.clone(), f, memory)).unwrap();
        call(&mut store, &run, &[Val::ExternRef(Some(object))]).unwrap();
    }
    drop(send);
    dropper.join().unwrap();
    drop(store);
    assert_eq!(drops.load(Ordering::SeqCst), 200);
}

#[test]
fn fuel_ends_a_guest() {
    let engine = support::Engine::new(Engine::new(Config::new().fuel(true)).unwrap());
    let mut store = Store::new(&engine, ());
    let library = instance(&mut store, r#"(module (func (export "forever") (loop (br 0))))"#);
    let forever = func(&store, &library, "forever");
    store.set_fuel(10_000).unwrap();
    assert_eq!(code(call(&mut store, &forever, &[])), ErrorCode::OutOfFuel);
    assert_eq!(store.fuel().unwrap(), 0);
    store.add_fuel(7).unwrap();
    assert_eq!(store.fuel().unwrap(), 7);
    let mut without = support::store();
    assert_eq!(without.set_fuel(1).unwrap_err().code(), ErrorCode::Usage);
}

#[test]
fn limits_bound_a_store() {
    let mut store = store();
    store
        .set_limits(&StoreLimits {
            memory_bytes: Some(2 << 16),
            tables: Some(1),
            ..Default::default()
        })
        .unwrap();
    assert_eq!(code(Memory::new(&mut store, MemoryType::new(3, None))), ErrorCode::Limit);
    let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
    memory.grow(&mut store, 1).unwrap();
    assert_eq!(code(memory.grow(&mut store, 1)), ErrorCode::Limit);
    let funcs = TableType::new(RefType::FuncRef, 1, None);
    Table::new(&mut store, funcs, Ref::FuncRef(None)).unwrap();
    assert_eq!(code(Table::new(&mut store, funcs, Ref::FuncRef(None))), ErrorCode::Limit);
}

#[test]
fn a_handle_interrupts_a_guest() {
    let mut store = store();
    let library = instance(&mut store, r#"(module (func (export "forever") (loop (br 0))))"#);
    let forever = func(&store, &library, "forever");
    let handle = store.interrupt_handle();
    let thread = std::thread::spawn({
        let handle = handle.clone();
        move || {
            std::thread::sleep(std::time::Duration::from_millis(20));
            handle.interrupt();
        }
    });
    assert_eq!(code(call(&mut store, &forever, &[])), ErrorCode::Interrupted);
    thread.join().unwrap();
    handle.interrupt();
    assert_eq!(store.check_interrupt().unwrap_err().code(), ErrorCode::Interrupted);
    store.check_interrupt().unwrap();
    handle.interrupt();
    store.clear_interrupt();
    store.check_interrupt().unwrap();
    drop(store);
    handle.interrupt();
}

#[test]
fn host_functions_use_the_store_extension() {
    let engine = support::Engine::new(Engine::new(Config::new().fuel(true)).unwrap());
    let mut store = Store::new(&engine, ());
    store.set_fuel(1_000).unwrap();
    let f = Func::new(&mut store, i32s(0, 0), |mut ctx, _, _| Ok(ctx.add_fuel(1_000_000)?));
    let text = r#"(module (import "host" "f" (func $f)) (func (export "run") call $f))"#;
    let library = linked(&mut store, text, &[("f", Extern::Func(f))]).unwrap();
    let run = func(&store, &library, "run");
    call(&mut store, &run, &[]).unwrap();
    assert!(store.fuel().unwrap() > 900_000);
}

#[test]
fn settings_that_cannot_be_honoured_are_told() {
    let wrong = |config: Config| Engine::new(config).map(|_| ()).unwrap_err().code();
    assert_eq!(wrong(Config::new().features("woolly")), ErrorCode::NotFound);
    assert_eq!(wrong(Config::new().backend("loom").fuel(true)), ErrorCode::Usage);
    let engine = support::Engine::new(Engine::new(Config::new().features("wasm1")).unwrap());
    let simd = support::module(&engine, "(module (func (result v128) v128.const i64x2 0 0))");
    assert_eq!(code(simd.map(|_| ())), ErrorCode::Unsupported);
    let config = Config::new()
        .interruption(false)
        .backtraces(false)
        .eager_translation(true)
        .max_stack_bytes(1 << 20)
        .max_call_depth(100)
        .max_host_depth(10)
        .memory_mode(weft_runtime_layer::MemoryMode::Explicit)
        .validation_threads(1)
        .strict_module_limits();
    let engine = support::Engine::new(Engine::new(config).unwrap());
    let mut store = Store::new(&engine, ());
    let library = instance(&mut store, r#"(module (func $f (export "f") call $f))"#);
    let deep = func(&store, &library, "f");
    let error = call(&mut store, &deep, &[]).unwrap_err();
    let error = error.downcast_ref::<Error>().unwrap();
    assert_eq!(error.trap_code(), Some(weft_runtime_layer::TrapCode::CallStackExhausted));
    assert_eq!(error.frames().len(), 0);
}

#[test]
fn memory_is_there_in_place() {
    let mut store = store();
    let library =
        instance(&mut store, r#"(module (memory (export "m") 1) (data (i32.const 3) "weft"))"#);
    let memory = library.get_export(&store, "m").unwrap().into_memory().unwrap();
    let memory = weft_runtime_layer::Memory::from(&memory);
    let bytes = memory.data(&store).unwrap();
    assert_eq!((bytes.len(), &bytes[3..7]), (65536, b"weft".as_slice()));
    memory.data_mut(&mut store).unwrap()[3] = b'W';
    assert_eq!(&memory.data(&store).unwrap()[3..7], b"Weft");
    let empty = Memory::new(&mut store, MemoryType::new(0, None)).unwrap();
    let empty = weft_runtime_layer::Memory::from(&empty);
    assert!(
        empty.data(&store).unwrap().is_empty() && empty.data_mut(&mut store).unwrap().is_empty()
    );
    assert_eq!(memory.data(&support::store()).unwrap_err().code(), ErrorCode::WrongStore);
}

#[test]
fn exports_and_imports_are_in_the_modules_order() {
    let mut store = store();
    let text = r#"(module (import "host" "z" (func)) (import "" "g" (global i32)) (import "host" "a" (func)))"#;
    let importing = support::module(store.engine(), text).unwrap();
    let imports: Vec<_> = importing.imports(store.engine()).map(|import| import.name).collect();
    assert_eq!(imports, ["z", "g", "a"]);
    let text = r#"(module (memory (export "m") 1) (func (export "b")) (func (export "a")))"#;
    let names: Vec<_> =
        instance(&mut store, text).exports(&store).map(|export| export.name).collect();
    assert_eq!(names, ["m", "b", "a"]);
}
