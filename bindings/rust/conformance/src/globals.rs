//! Globals.

use wasm_runtime_layer::backend::WasmEngine;
use wasm_runtime_layer::{
    AsContext, Engine, Extern, ExternRef, Func, Global, GlobalType, Store, Val, ValType,
};

use crate::{call, call_i32, func, global, i32s, instance, linked, refused, run_func};

fn globals_hold_numbers_of_all_types<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    for (value, other) in [
        (Val::I32(i32::MIN), Val::I32(-1)),
        (Val::I64(i64::MIN), Val::I64(-1)),
        (Val::F32(-0.5), Val::F32(f32::INFINITY)),
        (Val::F64(-0.5), Val::F64(f64::MIN_POSITIVE)),
        (Val::V128(u128::MAX - 1), Val::V128(1 << 100)),
    ] {
        let global = Global::new(&mut store, value.clone(), true);
        assert_eq!(global.ty(&store), GlobalType::new(value.ty(), true));
        assert_eq!(global.get(&mut store), value);
        global.set(&mut store, other.clone()).unwrap();
        assert_eq!(global.get(&mut store), other);
    }
}

fn globals_keep_the_bits_of_nans<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let single = Global::new(&mut store, Val::F32(f32::from_bits(0xffa0_0001)), false);
    assert!(matches!(single.get(&mut store), Val::F32(x) if x.to_bits() == 0xffa0_0001));
    let double = Global::new(&mut store, Val::F64(f64::from_bits(0x7ff4_0000_0000_0001)), false);
    assert!(matches!(double.get(&mut store), Val::F64(x) if x.to_bits() == 0x7ff4_0000_0000_0001));
}

fn constant_globals_are_not_set<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let constant = Global::new(&mut store, Val::I32(1), false);
    assert_eq!(constant.ty(&store), GlobalType::new(ValType::I32, false));
    assert!(constant.set(&mut store, Val::I32(2)).is_err());
    assert_eq!(constant.get(&mut store), Val::I32(1));
    let library = instance(&mut store, r#"(module (global (export "g") i64 (i64.const 5)))"#);
    let constant = global(&mut store, &library, "g");
    assert!(constant.set(&mut store, Val::I64(6)).is_err());
    assert_eq!(constant.get(&mut store), Val::I64(5));
}

fn values_of_another_type_are_not_set<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let number = Global::new(&mut store, Val::I32(1), true);
    for value in [Val::I64(2), Val::F32(2.0), Val::FuncRef(None), Val::V128(2)] {
        assert!(number.set(&mut store, value).is_err());
    }
    assert_eq!(number.get(&mut store), Val::I32(1));
}

fn nulls_are_of_one_type<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let funcs = Global::new(&mut store, Val::FuncRef(None), true);
    assert!(refused(|| funcs.set(&mut store, Val::ExternRef(None))));
    assert!(matches!(funcs.get(&mut store), Val::FuncRef(None)));
}

fn guest_and_host_share_globals<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let shared = Global::new(&mut store, Val::I32(1), true);
    let library = linked(
        &mut store,
        r#"(module
            (import "host" "shared" (global $shared (mut i32)))
            (global $own (export "own") (mut v128) (v128.const i64x2 1 2))
            (func (export "add") (param i32) (result i32)
              (global.set $shared (i32.add (global.get $shared) (local.get 0))) global.get $shared)
            (func (export "get") (result v128) global.get $own))"#,
        &[("shared", Extern::Global(shared.clone()))],
    )
    .unwrap();
    let add = func(&mut store, &library, "add");
    assert_eq!(call_i32(&mut store, &add, &[Val::I32(4)]).unwrap(), 5);
    assert_eq!(shared.get(&mut store), Val::I32(5));
    shared.set(&mut store, Val::I32(40)).unwrap();
    assert_eq!(call_i32(&mut store, &add, &[Val::I32(2)]).unwrap(), 42);
    let own = global(&mut store, &library, "own");
    assert_eq!(own.get(&mut store), Val::V128(2 << 64 | 1));
    own.set(&mut store, Val::V128(3)).unwrap();
    let get = func(&mut store, &library, "get");
    assert_eq!(call(&mut store, &get, &[], Val::V128(0)).unwrap(), Val::V128(3));
}

fn globals_hold_references<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, 0);
    let host = Func::new(&mut store, i32s(0, 0), |mut ctx, _, _| {
        *ctx.data_mut() += 1;
        Ok(())
    });
    let holder = Global::new(&mut store, Val::FuncRef(Some(host)), true);
    match holder.get(&mut store) {
        Val::FuncRef(Some(func)) => run_func(&mut store, &func, &[]).unwrap(),
        other => panic!("{other:?} is no function"),
    }
    assert_eq!(*store.data(), 1);
    let object = ExternRef::new(&mut store, 77_u64);
    let holder = Global::new(&mut store, Val::ExternRef(Some(object)), false);
    match holder.get(&mut store) {
        Val::ExternRef(Some(object)) => {
            assert_eq!(object.downcast::<u64, _, _>(store.as_context()).unwrap(), &77)
        }
        other => panic!("{other:?} is no object"),
    }
}

on_every_backend! {
    globals_hold_numbers_of_all_types
    globals_keep_the_bits_of_nans
    constant_globals_are_not_set
    values_of_another_type_are_not_set
    nulls_are_of_one_type
    guest_and_host_share_globals
    globals_hold_references
}
