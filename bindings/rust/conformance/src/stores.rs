//! Stores: their data, and that nothing crosses from one to another.

use wasm_runtime_layer::backend::WasmEngine;
use wasm_runtime_layer::{
    AsContext, AsContextMut, Engine, Extern, ExternRef, Func, Global, Memory, MemoryType, Ref,
    RefType, Store, Table, TableType, Val,
};

use crate::{call, func, i32s, instance, linked, refused, run_func};

fn stores_hold_the_hosts_data<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, vec![1]);
    store.data_mut().push(2);
    assert_eq!(*store.data(), [1, 2]);
    assert_eq!(*store.as_context().data(), [1, 2]);
    store.as_context_mut().data_mut().push(3);
    assert_eq!(*store.as_context_mut().data(), [1, 2, 3]);
    assert_eq!(store.into_data(), [1, 2, 3]);
}

fn data_is_given_back_after_use<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, String::new());
    let f = Func::new(&mut store, i32s(0, 0), |mut ctx, _, _| {
        ctx.data_mut().push('x');
        Ok(())
    });
    let text = r#"(module (import "host" "f" (func $f)) (start $f) (export "f" (func $f)))"#;
    let library = linked(&mut store, text, &[("f", Extern::Func(f))]).unwrap();
    let f = func(&mut store, &library, "f");
    run_func(&mut store, &f, &[]).unwrap();
    assert_eq!(store.into_data(), "xx");
}

/// A function of one store that is called in another would see data of another type.
fn functions_of_another_store_do_not_run<E: WasmEngine>(engine: &Engine<E>) {
    let mut one = Store::new(engine, [1_u64; 4]);
    let mut other = Store::new(engine, String::from("other"));
    let f = Func::new(&mut one, i32s(0, 0), |mut ctx, _, _| {
        ctx.data_mut()[0] += 1;
        Ok(())
    });
    assert!(refused(|| run_func(&mut other, &f, &[])));
    let guest = instance(&mut one, r#"(module (func (export "f")))"#);
    let guest = func(&mut one, &guest, "f");
    assert!(refused(|| run_func(&mut other, &guest, &[])));
    assert_eq!((*one.data(), other.data().as_str()), ([1; 4], "other"));
    run_func(&mut one, &f, &[]).unwrap();
    assert_eq!(one.data()[0], 2);
}

fn values_of_another_store_are_refused<E: WasmEngine>(engine: &Engine<E>) {
    let mut one = Store::new(engine, ());
    let mut other = Store::new(engine, ());
    let f = Func::new(&mut one, i32s(0, 0), |_, _, _| Ok(()));
    let object = ExternRef::new(&mut one, 5);
    let library = instance(
        &mut other,
        r#"(module
            (func (export "func") (param funcref))
            (func (export "extern") (param externref)))"#,
    );
    let takes_func = func(&mut other, &library, "func");
    let takes_object = func(&mut other, &library, "extern");
    assert!(refused(|| run_func(&mut other, &takes_func, &[Val::FuncRef(Some(f.clone()))])));
    assert!(refused(|| run_func(
        &mut other,
        &takes_object,
        &[Val::ExternRef(Some(object.clone()))]
    )));
    let answers = Func::new(
        &mut other,
        wasm_runtime_layer::FuncType::new([], [wasm_runtime_layer::ValType::FuncRef]),
        {
            let f = f.clone();
            move |_, _, results| {
                results[0] = Val::FuncRef(Some(f.clone()));
                Ok(())
            }
        },
    );
    assert!(refused(|| call(&mut other, &answers, &[], Val::FuncRef(None))));
    let table =
        Table::new(&mut other, TableType::new(RefType::FuncRef, 1, None), Ref::FuncRef(None))
            .unwrap();
    assert!(refused(|| table.set(&mut other, 0, Ref::FuncRef(Some(f.clone())))));
    let global = Global::new(&mut other, Val::FuncRef(None), true);
    assert!(refused(|| global.set(&mut other, Val::FuncRef(Some(f)))));
    assert!(refused(|| object.downcast::<i32, _, _>(other.as_context()).map(|_| ())));
}

fn objects_of_another_store_are_refused<E: WasmEngine>(engine: &Engine<E>) {
    let mut one = Store::new(engine, ());
    let mut other = Store::new(engine, ());
    let f = Func::new(&mut one, i32s(0, 0), |_, _, _| Ok(()));
    let memory = Memory::new(&mut one, MemoryType::new(1, None)).unwrap();
    let table = Table::new(&mut one, TableType::new(RefType::FuncRef, 1, None), Ref::FuncRef(None))
        .unwrap();
    let global = Global::new(&mut one, Val::I32(1), true);
    assert!(refused(|| memory.read(&other, 0, &mut [0])));
    assert!(refused(|| memory.write(&mut other, 0, &[0])));
    assert!(refused(|| memory.grow(&mut other, 1)));
    assert!(refused(|| Ok(memory.current_pages(&other))));
    assert!(refused(|| Ok(table.size(&other))));
    assert!(refused(|| table.grow(&mut other, 1, Ref::FuncRef(None))));
    assert!(refused(|| Ok(table.get(&mut other, 0))));
    assert!(refused(|| Ok(global.get(&mut other))));
    assert!(refused(|| global.set(&mut other, Val::I32(2))));
    let text = r#"(module (import "host" "x" (func)))"#;
    assert!(refused(|| linked(&mut other, text, &[("x", Extern::Func(f))])));
    let text = r#"(module (import "host" "x" (memory 1)))"#;
    assert!(refused(|| linked(&mut other, text, &[("x", Extern::Memory(memory))])));
}

fn stores_do_not_share_state<E: WasmEngine>(engine: &Engine<E>) {
    let text = r#"(module (memory (export "memory") 1))"#;
    let mut one = Store::new(engine, ());
    let mut other = Store::new(engine, ());
    let (in_one, in_other) = (instance(&mut one, text), instance(&mut other, text));
    let in_one = crate::memory(&mut one, &in_one, "memory");
    let in_other = crate::memory(&mut other, &in_other, "memory");
    in_one.write(&mut one, 0, &[1]).unwrap();
    let mut byte = [9];
    in_other.read(&other, 0, &mut byte).unwrap();
    assert_eq!(byte, [0]);
}

on_every_backend! {
    stores_hold_the_hosts_data
    data_is_given_back_after_use
    functions_of_another_store_do_not_run
    values_of_another_store_are_refused
    objects_of_another_store_are_refused
    stores_do_not_share_state
}
