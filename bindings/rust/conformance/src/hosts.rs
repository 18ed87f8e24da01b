//! Functions of the host's: what they may do with their store, and how they fail.

use std::fmt;
use std::panic::{catch_unwind, AssertUnwindSafe};

use anyhow::bail;
use wasm_runtime_layer::backend::WasmEngine;
use wasm_runtime_layer::{
    AsContextMut, Engine, Extern, Func, FuncType, Global, Memory, MemoryType, Store,
    StoreContextMut, Val, ValType,
};

use crate::{call, call_i32, func, i32_of, i32s, instance, linked, run_func};

/// Imports an action, and exports a function that calls it.
const CALLER: &str = r#"(module
    (import "host" "action" (func $action (param i32) (result i32)))
    (func (export "call") (param i32) (result i32) local.get 0 call $action))"#;

/// An instance of CALLER, and its export.
fn caller<T, E: WasmEngine>(store: &mut Store<T, E>, action: Func) -> Func {
    let library = linked(&mut *store, CALLER, &[("action", Extern::Func(action))]).unwrap();
    func(store, &library, "call")
}

fn host_functions_are_called_by_the_host<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let add = Func::new(&mut store, i32s(2, 1), |_, args, results| {
        results[0] = Val::I32(i32_of(&args[0]) + i32_of(&args[1]));
        Ok(())
    });
    assert_eq!(add.ty(&store), i32s(2, 1));
    assert_eq!(call_i32(&mut store, &add, &[Val::I32(5), Val::I32(3)]).unwrap(), 8);
    assert!(call_i32(&mut store, &add, &[Val::I32(5)]).is_err());
    assert!(call_i32(&mut store, &add, &[Val::I32(5), Val::I64(3)]).is_err());
}

fn results_arrive_as_zeros_of_their_types<E: WasmEngine>(engine: &Engine<E>) {
    use ValType::{ExternRef, FuncRef, F32, F64, I32, I64, V128};
    let types = [I32, I64, F32, F64, V128, FuncRef, ExternRef];
    let mut store = Store::new(engine, ());
    let host = Func::new(&mut store, FuncType::new([], types), move |_, _, results| {
        assert_eq!(results.len(), types.len());
        for (result, ty) in results.iter().zip(types) {
            assert_eq!(result.ty(), ty);
        }
        Ok(())
    });
    let library = linked(
        &mut store,
        r#"(module
            (import "host" "zeros" (func $zeros (result i32 i64 f32 f64 v128 funcref externref)))
            (func (export "zeros") (result i32 i64 f32 f64 v128 funcref externref) call $zeros))"#,
        &[("zeros", Extern::Func(host))],
    )
    .unwrap();
    let zeros = func(&mut store, &library, "zeros");
    let mut results = vec![Val::I32(1); 7];
    zeros.call(&mut store, &[], &mut results).unwrap();
    assert_eq!(
        results[..5],
        [Val::I32(0), Val::I64(0), Val::F32(0.0), Val::F64(0.0), Val::V128(0)]
    );
    assert!(matches!(results[5..], [Val::FuncRef(None), Val::ExternRef(None)]));
}

fn results_of_a_wrong_type_are_errors<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let host = Func::new(&mut store, i32s(1, 1), |_, args, results| {
        results[0] = if i32_of(&args[0]) == 0 { Val::I64(0) } else { Val::I32(1) };
        Ok(())
    });
    let run = caller(&mut store, host);
    assert!(call_i32(&mut store, &run, &[Val::I32(0)]).is_err());
    assert_eq!(call_i32(&mut store, &run, &[Val::I32(1)]).unwrap(), 1);
}

/// Host, guest, host, guest: each level of the host changes the store's data.
fn calls_nest<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, Vec::<i32>::new());
    let inner = instance(
        &mut store,
        r#"(module (func (export "twice") (param i32) (result i32) local.get 0 i32.const 2 i32.mul))"#,
    );
    let twice = func(&mut store, &inner, "twice");
    let action = Func::new(
        &mut store,
        i32s(1, 1),
        move |mut ctx: StoreContextMut<'_, Vec<i32>, E>, args, results| {
            ctx.data_mut().push(1);
            twice.call(&mut ctx, args, results)?;
            let doubled = i32_of(&results[0]);
            ctx.data_mut().push(doubled);
            assert_eq!(ctx.data().len() % 2, 0);
            Ok(())
        },
    );
    let run = caller(&mut store, action);
    store.data_mut().extend([10, 20]);
    assert_eq!(call_i32(&mut store, &run, &[Val::I32(21)]).unwrap(), 42);
    assert_eq!(call_i32(&mut store, &run, &[Val::I32(1)]).unwrap(), 2);
    assert_eq!(*store.data(), [10, 20, 1, 42, 1, 2]);
}

/// A guest that calls itself through the host. Few times: what is between takes native stack, much of it without optimisation.
fn calls_recurse_through_the_host<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, None::<Func>);
    let action = Func::new(
        &mut store,
        i32s(1, 1),
        |mut ctx: StoreContextMut<'_, Option<Func>, E>, args, results| {
            let n = i32_of(&args[0]);
            results[0] = Val::I32(0);
            if n == 0 {
                return Ok(());
            }
            let run = ctx.data().clone().unwrap();
            run.call(&mut ctx, &[Val::I32(n - 1)], results)?;
            results[0] = Val::I32(i32_of(&results[0]) + n);
            Ok(())
        },
    );
    let run = caller(&mut store, action);
    *store.data_mut() = Some(run.clone());
    assert_eq!(call_i32(&mut store, &run, &[Val::I32(10)]).unwrap(), 10 * 11 / 2);
}

fn host_functions_grow_and_write_memory<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
    let shared = memory.clone();
    let action = Func::new(&mut store, i32s(1, 1), move |mut ctx, args, results| {
        let before = shared.grow(&mut ctx, i32_of(&args[0]) as u32)?;
        shared.write(&mut ctx, before as usize * 65536 + 4, &[1, 2, 3, 4])?;
        results[0] = Val::I32(before as i32);
        Ok(())
    });
    let library = linked(
        &mut store,
        r#"(module
            (import "host" "memory" (memory 1))
            (import "host" "action" (func $action (param i32) (result i32)))
            (func (export "run") (result i32)
              (i32.store (i32.const 0) (i32.const 7))
              (i32.add
                (i32.load offset=4 (i32.mul (call $action (i32.const 20)) (i32.const 65536)))
                (i32.load (i32.const 0)))))"#,
        &[("memory", Extern::Memory(memory.clone())), ("action", Extern::Func(action))],
    )
    .unwrap();
    let run = func(&mut store, &library, "run");
    assert_eq!(call_i32(&mut store, &run, &[]).unwrap(), 0x04030201 + 7);
    assert_eq!(memory.current_pages(&store), 21);
}

/// Many, so that whatever holds functions and instances moves while a guest runs.
fn host_functions_make_functions_and_instances<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let action =
        Func::new(&mut store, i32s(1, 1), |mut ctx: StoreContextMut<'_, (), E>, args, results| {
            let mut sum = 0;
            for index in 0..i32_of(&args[0]) {
                let made = Func::new(&mut ctx, i32s(1, 1), move |_, args, results| {
                    results[0] = Val::I32(i32_of(&args[0]) + index);
                    Ok(())
                });
                let library =
                    linked(ctx.as_context_mut(), CALLER, &[("action", Extern::Func(made))])?;
                let run = func(&mut ctx, &library, "call");
                sum += call_i32(&mut ctx, &run, &[Val::I32(1)])?;
                Global::new(&mut ctx, Val::I32(sum), true);
            }
            results[0] = Val::I32(sum);
            Ok(())
        });
    let run = caller(&mut store, action);
    assert_eq!(call_i32(&mut store, &run, &[Val::I32(100)]).unwrap(), 100 + 99 * 100 / 2);
}

fn host_functions_answer_with_functions<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let ty = FuncType::new([ValType::I32], [ValType::FuncRef]);
    let make = Func::new(&mut store, ty, |mut ctx: StoreContextMut<'_, (), E>, args, results| {
        let value = args[0].clone();
        let made = Func::new(&mut ctx, i32s(0, 1), move |_, _, results| {
            results[0] = value.clone();
            Ok(())
        });
        results[0] = Val::FuncRef(Some(made));
        Ok(())
    });
    let library = linked(
        &mut store,
        r#"(module
            (type $constant (func (result i32)))
            (import "host" "make" (func $make (param i32) (result funcref)))
            (table 1 funcref)
            (func (export "run") (param i32) (result i32)
              (table.set (i32.const 0) (call $make (local.get 0)))
              (call_indirect (type $constant) (i32.const 0))))"#,
        &[("make", Extern::Func(make))],
    )
    .unwrap();
    let run = func(&mut store, &library, "run");
    for value in [3, 4] {
        assert_eq!(call_i32(&mut store, &run, &[Val::I32(value)]).unwrap(), value);
    }
}

/// An error type of a host's.
#[derive(Debug, PartialEq)]
struct OutOfThread(i32);

impl fmt::Display for OutOfThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "out of thread after {} rows", self.0)
    }
}

impl std::error::Error for OutOfThread {}

fn failing<T, E: WasmEngine>(store: &mut Store<T, E>) -> Func {
    Func::new(store, i32s(1, 1), |_, args, results| match i32_of(&args[0]) {
        0 => Err(OutOfThread(12).into()),
        1 => bail!("a text"),
        n => {
            results[0] = Val::I32(n);
            Ok(())
        }
    })
}

fn errors_of_host_functions_end_the_guest<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let action = failing(&mut store);
    let run = caller(&mut store, action);
    let error = call_i32(&mut store, &run, &[Val::I32(1)]).unwrap_err();
    assert!(format!("{error:?}").contains("a text"), "{error:?}");
    assert_eq!(call_i32(&mut store, &run, &[Val::I32(2)]).unwrap(), 2);
}

fn errors_of_host_functions_come_out_as_themselves<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let action = failing(&mut store);
    let run = caller(&mut store, action);
    let error = call_i32(&mut store, &run, &[Val::I32(0)]).unwrap_err();
    assert_eq!(error.downcast_ref::<OutOfThread>(), Some(&OutOfThread(12)));
}

fn errors_go_through_two_guests<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let action = failing(&mut store);
    let inner = caller(&mut store, action);
    let between = Func::new(&mut store, i32s(1, 1), move |mut ctx, args, results| {
        inner.call(&mut ctx, args, results)
    });
    let outer = caller(&mut store, between);
    let error = call_i32(&mut store, &outer, &[Val::I32(0)]).unwrap_err();
    assert_eq!(error.downcast_ref::<OutOfThread>(), Some(&OutOfThread(12)));
    assert_eq!(call_i32(&mut store, &outer, &[Val::I32(7)]).unwrap(), 7);
}

fn a_host_function_survives_the_guests_trap<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let trapping = instance(&mut store, r#"(module (func (export "trap") unreachable))"#);
    let trap = func(&mut store, &trapping, "trap");
    let action = Func::new(&mut store, i32s(1, 1), move |mut ctx, _, results| {
        results[0] = Val::I32(run_func(&mut ctx, &trap, &[]).is_err().into());
        Ok(())
    });
    let run = caller(&mut store, action);
    assert_eq!(call_i32(&mut store, &run, &[Val::I32(0)]).unwrap(), 1);
}

fn panics_of_host_functions_come_out_as_themselves<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let action = Func::new(&mut store, i32s(1, 1), |_, args, results| {
        if i32_of(&args[0]) == 0 {
            std::panic::panic_any(OutOfThread(3));
        }
        results[0] = args[0].clone();
        Ok(())
    });
    let run = caller(&mut store, action);
    let panic =
        catch_unwind(AssertUnwindSafe(|| call_i32(&mut store, &run, &[Val::I32(0)]))).unwrap_err();
    assert_eq!(panic.downcast_ref::<OutOfThread>(), Some(&OutOfThread(3)));
    assert_eq!(call_i32(&mut store, &run, &[Val::I32(1)]).unwrap(), 1);
}

fn host_functions_have_many_parameters<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let types = vec![ValType::I64; 30];
    let sum = Func::new(&mut store, FuncType::new(types, [ValType::I64]), |_, args, results| {
        let term = |value: &Val| if let Val::I64(x) = value { *x } else { unreachable!() };
        results[0] = Val::I64(args.iter().map(term).sum());
        Ok(())
    });
    let (types, gets): (String, String) =
        (0..30).map(|index| (" i64".to_string(), format!(" (i64.const {index})"))).unzip();
    let text = format!(
        r#"(module
            (import "host" "sum" (func $sum (param{types}) (result i64)))
            (func (export "sum") (result i64) (call $sum{gets})))"#
    );
    let library = linked(&mut store, &text, &[("sum", Extern::Func(sum))]).unwrap();
    let sum = func(&mut store, &library, "sum");
    assert_eq!(call(&mut store, &sum, &[], Val::I64(0)).unwrap(), Val::I64(29 * 30 / 2));
}

on_every_backend! {
    host_functions_are_called_by_the_host
    results_arrive_as_zeros_of_their_types
    results_of_a_wrong_type_are_errors
    calls_nest
    calls_recurse_through_the_host
    host_functions_grow_and_write_memory
    host_functions_make_functions_and_instances
    host_functions_answer_with_functions
    errors_of_host_functions_end_the_guest
    errors_of_host_functions_come_out_as_themselves
    errors_go_through_two_guests
    a_host_function_survives_the_guests_trap
    panics_of_host_functions_come_out_as_themselves
    host_functions_have_many_parameters
}
