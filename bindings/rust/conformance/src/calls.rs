//! Calls of guests, and how they end.

use wasm_runtime_layer::backend::WasmEngine;
use wasm_runtime_layer::{Engine, FuncType, Store, Val, ValType};

use crate::{call, call_i32, func, i32s, instance, refused, run_func};

const LIBRARY: &str = r#"(module
    (type $result (func (result i32)))
    (memory 1)
    (table 2 funcref)
    (elem (i32.const 0) $div)
    (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
    (func $div (export "div") (param i32 i32) (result i32) local.get 0 local.get 1 i32.div_s)
    (func (export "unreachable") (result i32) unreachable)
    (func (export "load") (param i32) (result i32) local.get 0 i32.load)
    (func (export "trunc") (param f32) (result i32) local.get 0 i32.trunc_f32_s)
    (func (export "indirect") (param i32) (result i32) local.get 0 call_indirect (type $result))
    (func $forever (export "forever") (result i32) call $forever)
    (func (export "swap") (param i32 i64 f32 f64) (result f64 f32 i64 i32)
      local.get 3 local.get 2 local.get 1 local.get 0))"#;

fn functions_tell_their_types<E: WasmEngine>(engine: &Engine<E>) {
    use ValType::{F32, F64, I32, I64};
    let mut store = Store::new(engine, ());
    let library = instance(&mut store, LIBRARY);
    let (add, swap) = (func(&mut store, &library, "add"), func(&mut store, &library, "swap"));
    assert_eq!(add.ty(&store), i32s(2, 1));
    assert_eq!(swap.ty(&store), FuncType::new([I32, I64, F32, F64], [F64, F32, I64, I32]));
}

fn values_of_all_number_types_go_in_and_out<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let library = instance(&mut store, LIBRARY);
    let swap = func(&mut store, &library, "swap");
    let args = [Val::I32(-1), Val::I64(i64::MIN), Val::F32(0.5), Val::F64(-0.25)];
    let mut results = [Val::F64(0.0), Val::F32(0.0), Val::I64(0), Val::I32(0)];
    swap.call(&mut store, &args, &mut results).unwrap();
    let swapped: Vec<_> = args.into_iter().rev().collect();
    assert_eq!(results[..], swapped[..]);
}

fn many_values_go_in_and_out<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let (types, gets): (String, String) =
        (0..20).map(|index| (" i32".to_string(), format!(" local.get {}", 19 - index))).unzip();
    let text =
        format!(r#"(module (func (export "reverse") (param{types}) (result{types}){gets}))"#);
    let library = instance(&mut store, &text);
    let reverse = func(&mut store, &library, "reverse");
    let args: Vec<_> = (0..20).map(Val::I32).collect();
    let mut results = vec![Val::I32(0); 20];
    reverse.call(&mut store, &args, &mut results).unwrap();
    assert_eq!(results, args.into_iter().rev().collect::<Vec<_>>());
}

fn wrong_numbers_of_values_are_errors<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let library = instance(&mut store, LIBRARY);
    let add = func(&mut store, &library, "add");
    let one = Val::I32(1);
    for (args, results) in [(0, 1), (1, 1), (3, 1), (2, 0), (2, 2)] {
        let (args, mut results) = (vec![one.clone(); args], vec![one.clone(); results]);
        assert!(add.call(&mut store, &args, &mut results).is_err(), "{args:?} {results:?}");
    }
    assert_eq!(call_i32(&mut store, &add, &[Val::I32(5), Val::I32(3)]).unwrap(), 8);
}

fn arguments_of_a_wrong_type_are_errors<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let library = instance(&mut store, LIBRARY);
    let add = func(&mut store, &library, "add");
    for wrong in [Val::I64(1), Val::F32(1.0), Val::F64(1.0), Val::V128(1), Val::FuncRef(None)] {
        assert!(refused(|| call_i32(&mut store, &add, &[Val::I32(1), wrong.clone()])), "{wrong:?}");
    }
    assert_eq!(call_i32(&mut store, &add, &[Val::I32(5), Val::I32(3)]).unwrap(), 8);
}

fn results_have_the_functions_types<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let library = instance(&mut store, LIBRARY);
    let add = func(&mut store, &library, "add");
    // What was there before doesn't matter.
    let sum = call(&mut store, &add, &[Val::I32(5), Val::I32(3)], Val::F64(1.5)).unwrap();
    assert_eq!(sum, Val::I32(8));
}

fn traps_are_errors_and_the_store_goes_on<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let library = instance(&mut store, LIBRARY);
    let add = func(&mut store, &library, "add");
    for (name, args) in [
        ("unreachable", vec![]),
        ("div", vec![Val::I32(1), Val::I32(0)]),
        ("div", vec![Val::I32(i32::MIN), Val::I32(-1)]),
        ("load", vec![Val::I32(65533)]),
        ("load", vec![Val::I32(-1)]),
        ("trunc", vec![Val::F32(f32::NAN)]),
        ("trunc", vec![Val::F32(3e9)]),
        ("indirect", vec![Val::I32(0)]),
        ("indirect", vec![Val::I32(1)]),
        ("indirect", vec![Val::I32(2)]),
        ("forever", vec![]),
    ] {
        let trapping = func(&mut store, &library, name);
        assert!(call_i32(&mut store, &trapping, &args).is_err(), "{name} {args:?}");
        assert_eq!(call_i32(&mut store, &add, &[Val::I32(5), Val::I32(3)]).unwrap(), 8);
    }
}

fn traps_say_why<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let library = instance(&mut store, LIBRARY);
    let div = func(&mut store, &library, "div");
    let error = call_i32(&mut store, &div, &[Val::I32(1), Val::I32(0)]).unwrap_err();
    assert!(format!("{error:?}").contains("divide by zero"), "{error:?}");
}

fn what_a_guest_changed_before_a_trap_stays<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let library = instance(
        &mut store,
        r#"(module
            (memory (export "memory") 1)
            (func (export "fail") (i32.store8 (i32.const 5) (i32.const 9)) unreachable))"#,
    );
    let fail = func(&mut store, &library, "fail");
    assert!(run_func(&mut store, &fail, &[]).is_err());
    let mut byte = [0];
    crate::memory(&mut store, &library, "memory").read(&store, 5, &mut byte).unwrap();
    assert_eq!(byte, [9]);
}

on_every_backend! {
    functions_tell_their_types
    values_of_all_number_types_go_in_and_out
    many_values_go_in_and_out
    wrong_numbers_of_values_are_errors
    arguments_of_a_wrong_type_are_errors
    results_have_the_functions_types
    traps_are_errors_and_the_store_goes_on
    traps_say_why
    what_a_guest_changed_before_a_trap_stays
}
