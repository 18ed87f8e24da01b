//! References to functions and to host objects, and vectors: what calls carry beside numbers.

use std::sync::Arc;

use wasm_runtime_layer::backend::WasmEngine;
use wasm_runtime_layer::{
    AsContext, Engine, Extern, ExternRef, Func, FuncType, Store, Val, ValType,
};

use crate::{call, call_i32, func, i32s, instance, linked, refused, run_func};

/// The object behind a value.
fn object<E: WasmEngine>(store: &Store<(), E>, value: &Val) -> Arc<String> {
    match value {
        Val::ExternRef(Some(object)) => {
            object.downcast::<Arc<String>, _, _>(store.as_context()).unwrap().clone()
        }
        other => panic!("{other:?} is no object"),
    }
}

fn objects_come_back_as_themselves<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let library = instance(
        &mut store,
        r#"(module
            (table $t 3 externref)
            (global $g (mut externref) (ref.null extern))
            (func (export "through") (param externref) (result externref)
              (table.set $t (i32.const 2) (local.get 0))
              (global.set $g (table.get $t (i32.const 2)))
              global.get $g))"#,
    );
    let through = func(&mut store, &library, "through");
    let payload = Arc::new("woven".to_string());
    let reference = ExternRef::new(&mut store, payload.clone());
    let result =
        call(&mut store, &through, &[Val::ExternRef(Some(reference))], Val::ExternRef(None))
            .unwrap();
    assert!(Arc::ptr_eq(&object(&store, &result), &payload));
    let result = call(&mut store, &through, &[Val::ExternRef(None)], Val::ExternRef(None)).unwrap();
    assert!(matches!(result, Val::ExternRef(None)));
}

fn objects_reach_host_functions<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let ty = FuncType::new([ValType::ExternRef], [ValType::ExternRef, ValType::I32]);
    let host = Func::new(&mut store, ty, |ctx, args, results| {
        let length = match &args[0] {
            Val::ExternRef(Some(object)) => {
                object.downcast::<Arc<String>, _, _>(ctx.as_context())?.len()
            }
            _ => 0,
        };
        results[0] = args[0].clone();
        results[1] = Val::I32(length as i32);
        Ok(())
    });
    let library = linked(
        &mut store,
        r#"(module
            (import "host" "length" (func $length (param externref) (result externref i32)))
            (func (export "length") (param externref) (result externref i32) local.get 0 call $length))"#,
        &[("length", Extern::Func(host))],
    )
    .unwrap();
    let length = func(&mut store, &library, "length");
    let payload = Arc::new("1234567".to_string());
    let reference = ExternRef::new(&mut store, payload.clone());
    let mut results = [Val::ExternRef(None), Val::I32(0)];
    length.call(&mut store, &[Val::ExternRef(Some(reference))], &mut results).unwrap();
    assert!(Arc::ptr_eq(&object(&store, &results[0]), &payload));
    assert_eq!(results[1], Val::I32(7));
}

fn objects_of_another_type_are_errors<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let reference = ExternRef::new(&mut store, 7_u32);
    assert!(reference.downcast::<i32, _, _>(store.as_context()).is_err());
    assert_eq!(reference.downcast::<u32, _, _>(store.as_context()).unwrap(), &7);
}

fn clones_refer_to_the_same_object<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let one = ExternRef::new(&mut store, [1_u8; 100]);
    let other = one.clone();
    let address = |reference: &ExternRef| -> *const [u8; 100] {
        reference.downcast::<[u8; 100], _, _>(store.as_context()).unwrap()
    };
    assert_eq!(address(&one), address(&other));
}

fn functions_come_back_as_themselves<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, 0);
    let library = instance(
        &mut store,
        r#"(module
            (type $action (func))
            (table 1 funcref)
            (func $seven (result i32) i32.const 7)
            (elem declare func $seven)
            (func (export "seven") (result funcref) ref.func $seven)
            (func (export "call") (param funcref)
              (table.set 0 (i32.const 0) (local.get 0))
              (call_indirect (type $action) (i32.const 0))))"#,
    );
    let seven = func(&mut store, &library, "seven");
    match call(&mut store, &seven, &[], Val::FuncRef(None)).unwrap() {
        Val::FuncRef(Some(seven)) => {
            assert_eq!(seven.ty(&store), i32s(0, 1));
            assert_eq!(call_i32(&mut store, &seven, &[]).unwrap(), 7);
        }
        other => panic!("{other:?} is no function"),
    }
    let run = func(&mut store, &library, "call");
    let host = Func::new(&mut store, i32s(0, 0), |mut ctx, _, _| {
        *ctx.data_mut() += 1;
        Ok(())
    });
    run_func(&mut store, &run, &[Val::FuncRef(Some(host))]).unwrap();
    assert_eq!(*store.data(), 1);
    assert!(run_func(&mut store, &run, &[Val::FuncRef(None)]).is_err());
}

fn a_null_is_of_its_type<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let library = instance(
        &mut store,
        r#"(module (func (export "f") (param funcref) (result i32) local.get 0 ref.is_null))"#,
    );
    let is_null = func(&mut store, &library, "f");
    assert_eq!(call_i32(&mut store, &is_null, &[Val::FuncRef(None)]).unwrap(), 1);
    assert!(refused(|| call_i32(&mut store, &is_null, &[Val::ExternRef(None)])));
}

fn vectors_keep_their_bits<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let ty = FuncType::new([ValType::V128], [ValType::V128]);
    let host = Func::new(&mut store, ty, |_, args, results| {
        let Val::V128(x) = args[0] else { unreachable!() };
        results[0] = Val::V128(!x);
        Ok(())
    });
    let library = linked(
        &mut store,
        r#"(module
            (import "host" "not" (func $not (param v128) (result v128)))
            (func (export "not") (param v128) (result v128) local.get 0 call $not)
            (func (export "lane") (param v128) (result i32) local.get 0 i32x4.extract_lane 1)
            (func (export "make") (result v128) v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15))"#,
        &[("not", Extern::Func(host))],
    )
    .unwrap();
    let (not, lane, make) = (
        func(&mut store, &library, "not"),
        func(&mut store, &library, "lane"),
        func(&mut store, &library, "make"),
    );
    let bits = 0x0123_4567_89ab_cdef_0f1e_2d3c_4b5a_6978_u128;
    assert_eq!(call(&mut store, &not, &[Val::V128(bits)], Val::V128(0)).unwrap(), Val::V128(!bits));
    assert_eq!(call_i32(&mut store, &lane, &[Val::V128(bits)]).unwrap(), 0x0f1e_2d3c);
    let bytes: [u8; 16] = std::array::from_fn(|index| index as u8);
    assert_eq!(
        call(&mut store, &make, &[], Val::V128(0)).unwrap(),
        Val::V128(u128::from_le_bytes(bytes))
    );
}

fn nans_keep_their_bits<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let ty = FuncType::new([ValType::F32, ValType::F64], [ValType::F32, ValType::F64]);
    let host = Func::new(&mut store, ty, |_, args, results| {
        results.clone_from_slice(args);
        Ok(())
    });
    let library = linked(
        &mut store,
        r#"(module
            (import "host" "same" (func $same (param f32 f64) (result f32 f64)))
            (func (export "same") (param f32 f64) (result f32 f64) local.get 0 local.get 1 call $same))"#,
        &[("same", Extern::Func(host))],
    )
    .unwrap();
    let same = func(&mut store, &library, "same");
    // Signalling ones, with payloads and signs.
    let (single, double) = (0xffa5_5aa5_u32, 0x7ff4_0000_dead_beef_u64);
    let args = [Val::F32(f32::from_bits(single)), Val::F64(f64::from_bits(double))];
    let mut results = [Val::F32(0.0), Val::F64(0.0)];
    same.call(&mut store, &args, &mut results).unwrap();
    match results {
        [Val::F32(x), Val::F64(y)] => assert_eq!((x.to_bits(), y.to_bits()), (single, double)),
        other => panic!("{other:?}"),
    }
}

on_every_backend! {
    objects_come_back_as_themselves
    objects_reach_host_functions
    objects_of_another_type_are_errors
    clones_refer_to_the_same_object
    functions_come_back_as_themselves
    a_null_is_of_its_type
    vectors_keep_their_bits
    nans_keep_their_bits
}
