//! When what the host gave to a store is dropped. Nothing leaks, and nothing is dropped twice.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use wasm_runtime_layer::backend::WasmEngine;
use wasm_runtime_layer::{
    Engine, Extern, ExternRef, Func, FuncType, Memory, MemoryType, Store, Val, ValType,
};

use crate::{call, func, i32s, instance, linked};

/// Counts its drops.
#[derive(Clone, Default)]
struct Counter(Arc<AtomicUsize>);

/// What is counted: not a clone of the counter, which wouldn't be dropped when it's due.
struct Counted(Counter);

impl Counter {
    fn one(&self) -> Counted {
        Counted(self.clone())
    }

    fn drops(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0 .0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A host function that captures something.
fn capturing<T, E: WasmEngine>(store: &mut Store<T, E>, counted: Counted) -> Func {
    Func::new(store, i32s(0, 0), move |_, _, _| {
        let _ = &counted;
        Ok(())
    })
}

const IMPORTS_FUNC: &str = r#"(module (import "host" "f" (func $f)) (export "f" (func $f)))"#;

fn captures_are_dropped_with_the_store<E: WasmEngine>(engine: &Engine<E>) {
    let counter = Counter::default();
    let mut store = Store::new(engine, ());
    let f = capturing(&mut store, counter.one());
    linked(&mut store, IMPORTS_FUNC, &[("f", Extern::Func(f))]).unwrap();
    assert_eq!(counter.drops(), 0);
    drop(store);
    assert_eq!(counter.drops(), 1);
}

fn captures_are_dropped_with_the_store_though_functions_are_left<E: WasmEngine>(
    engine: &Engine<E>,
) {
    let counter = Counter::default();
    let mut store = Store::new(engine, ());
    let f = capturing(&mut store, counter.one());
    let library = linked(&mut store, IMPORTS_FUNC, &[("f", Extern::Func(f.clone()))]).unwrap();
    let exported = func(&mut store, &library, "f");
    drop(store);
    assert_eq!(counter.drops(), 1);
    drop((f, library, exported));
    assert_eq!(counter.drops(), 1);
}

fn captures_are_dropped_before_the_data_is_given_back<E: WasmEngine>(engine: &Engine<E>) {
    let counter = Counter::default();
    let mut store = Store::new(engine, counter.one());
    let f = capturing(&mut store, counter.one());
    let data = store.into_data();
    assert_eq!(counter.drops(), 1);
    drop(data);
    assert_eq!(counter.drops(), 2);
    drop(f);
    assert_eq!(counter.drops(), 2);
}

fn captures_of_failed_imports_are_dropped_once<E: WasmEngine>(engine: &Engine<E>) {
    let counter = Counter::default();
    let mut store = Store::new(engine, ());
    let f = capturing(&mut store, counter.one());
    let text = r#"(module (import "host" "f" (func (result i32))))"#;
    assert!(linked(&mut store, text, &[("f", Extern::Func(f))]).is_err());
    drop(store);
    assert_eq!(counter.drops(), 1);
}

fn a_function_that_captures_its_own_store_is_no_cycle<E: WasmEngine>(engine: &Engine<E>) {
    let counter = Counter::default();
    let mut store = Store::new(engine, ());
    let own = Arc::new(Mutex::new(None::<(Func, ExternRef, Memory)>));
    let captured = (own.clone(), counter.one());
    let f = Func::new(&mut store, i32s(0, 0), move |_, _, _| {
        let _ = &captured;
        Ok(())
    });
    let object = ExternRef::new(&mut store, counter.one());
    let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
    *own.lock().unwrap() = Some((f, object, memory));
    drop(own);
    assert_eq!(counter.drops(), 0);
    drop(store);
    assert_eq!(counter.drops(), 2);
}

fn objects_are_dropped_with_the_store<E: WasmEngine>(engine: &Engine<E>) {
    let counter = Counter::default();
    let mut store = Store::new(engine, ());
    let library = instance(
        &mut store,
        r#"(module
            (global (mut externref) (ref.null extern))
            (func (export "keep") (param externref) (result externref)
              (global.set 0 (local.get 0)) local.get 0))"#,
    );
    let keep = func(&mut store, &library, "keep");
    let object = ExternRef::new(&mut store, counter.one());
    let back =
        call(&mut store, &keep, &[Val::ExternRef(Some(object))], Val::ExternRef(None)).unwrap();
    assert_eq!(counter.drops(), 0);
    drop(back);
    drop(store);
    assert_eq!(counter.drops(), 1);
}

fn objects_that_cross_often_are_dropped_once<E: WasmEngine>(engine: &Engine<E>) {
    let counter = Counter::default();
    let mut store = Store::new(engine, ());
    let ty = FuncType::new([ValType::ExternRef], [ValType::ExternRef]);
    let same = Func::new(&mut store, ty, |_, args, results| {
        results[0] = args[0].clone();
        Ok(())
    });
    let library = linked(
        &mut store,
        r#"(module
            (import "host" "same" (func $same (param externref) (result externref)))
            (func (export "same") (param externref) (result externref) local.get 0 call $same call $same))"#,
        &[("same", Extern::Func(same))],
    )
    .unwrap();
    let same = func(&mut store, &library, "same");
    for _ in 0..1000 {
        let object = ExternRef::new(&mut store, counter.one());
        call(&mut store, &same, &[Val::ExternRef(Some(object))], Val::ExternRef(None)).unwrap();
    }
    drop(store);
    assert_eq!(counter.drops(), 1000);
}

fn many_stores_leave_nothing<E: WasmEngine>(engine: &Engine<E>) {
    let counter = Counter::default();
    let module = crate::module(engine, IMPORTS_FUNC).unwrap();
    for index in 0..200 {
        let mut store = Store::new(engine, counter.one());
        let f = capturing(&mut store, counter.one());
        let mut imports = wasm_runtime_layer::Imports::new();
        imports.define("host", "f", Extern::Func(f));
        wasm_runtime_layer::Instance::new(&mut store, &module, &imports).unwrap();
        ExternRef::new(&mut store, counter.one());
        if index % 2 == 0 {
            drop(store.into_data());
        }
    }
    assert_eq!(counter.drops(), 600);
}

/// The store is used while other threads clone and drop what names things in it.
fn handles_are_cloned_and_dropped_on_any_thread<E: WasmEngine>(engine: &Engine<E>) {
    let counter = Counter::default();
    let mut store = Store::new(engine, ());
    let f = capturing(&mut store, counter.one());
    let object = ExternRef::new(&mut store, counter.one());
    let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
    let library = linked(&mut store, IMPORTS_FUNC, &[("f", Extern::Func(f.clone()))]).unwrap();
    let handles = (f.clone(), object, memory.clone(), library);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let handles = handles.clone();
            scope.spawn(move || {
                for _ in 0..500 {
                    drop(handles.clone());
                }
            });
        }
        drop(handles);
        for _ in 0..500 {
            f.call(&mut store, &[], &mut []).unwrap();
            memory.write(&mut store, 0, &[1]).unwrap();
        }
    });
    drop(f);
    drop(store);
    assert_eq!(counter.drops(), 2);
}

fn data_is_dropped_once<E: WasmEngine>(engine: &Engine<E>) {
    let counter = Counter::default();
    drop(Store::new(engine, counter.one()));
    assert_eq!(counter.drops(), 1);
    let data = Store::new(engine, counter.one()).into_data();
    assert_eq!(counter.drops(), 1);
    drop(data);
    assert_eq!(counter.drops(), 2);
}

on_every_backend! {
    captures_are_dropped_with_the_store
    captures_are_dropped_with_the_store_though_functions_are_left
    captures_are_dropped_before_the_data_is_given_back
    captures_of_failed_imports_are_dropped_once
    a_function_that_captures_its_own_store_is_no_cycle
    objects_are_dropped_with_the_store
    objects_that_cross_often_are_dropped_once
    many_stores_leave_nothing
    handles_are_cloned_and_dropped_on_any_thread
    data_is_dropped_once
}
