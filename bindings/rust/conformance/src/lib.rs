//! What users of `wasm_runtime_layer` may expect of a backend, run on Weft, Wasmi and Wasmtime by the same code.
//!
//! A scenario is a function of an engine that panics if the backend does something else. Where a backend does, by a bug or a
//! limit of its own, [`DIFFERENCES`] says why, and the test insists that it still does. Without the feature `peers` there is only
//! Weft.
#![cfg(test)]

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::process::Command;

use anyhow::Result;
use wasm_runtime_layer::backend::WasmEngine;
use wasm_runtime_layer::{
    AsContextMut, Engine, Extern, Func, FuncType, Global, Imports, Instance, Memory, Module, Store,
    Table, Val, ValType,
};

/// Runs scenarios on each backend.
macro_rules! on_every_backend {
    ($($scenario:ident)*) => {
        mod weft {
            $(#[test]
            fn $scenario() {
                let engine = weft_runtime_layer::Engine::default();
                crate::run("weft", stringify!($scenario), engine, super::$scenario);
            })*
        }
        #[cfg(feature = "peers")]
        mod wasmi {
            $(#[test]
            fn $scenario() {
                let engine = wasmi_runtime_layer::Engine::default();
                crate::run("wasmi", stringify!($scenario), engine, super::$scenario);
            })*
        }
        #[cfg(feature = "peers")]
        mod wasmtime {
            $(#[test]
            fn $scenario() {
                let engine = wasmtime_runtime_layer::Engine::default();
                crate::run("wasmtime", stringify!($scenario), engine, super::$scenario);
            })*
        }
    };
}

mod calls;
mod drops;
mod globals;
mod hosts;
mod memories;
mod modules;
#[cfg(feature = "peers")]
mod published;
mod references;
mod stores;
mod tables;

/// How a backend differs.
#[derive(PartialEq)]
enum Outcome {
    Fails,
    EndsTheProcess,
}
use Outcome::{EndsTheProcess, Fails};

/// Backend, scenario, what the backend does instead of passing, and why.
const DIFFERENCES: &[(&str, &str, Outcome, &str)] = &[
    ("wasmi", "grown_memory_has_a_grown_type", Fails, "it tells the type the memory was made of"),
    (
        "wasmtime",
        "grown_memory_has_a_grown_type",
        Fails,
        "it tells the type the memory was made of",
    ),
    ("wasmi", "results_of_a_wrong_type_are_errors", Fails, "it takes the bits of any type"),
    ("wasmtime", "results_arrive_as_zeros_of_their_types", Fails, "they are null funcrefs"),
    (
        "wasmi",
        "errors_of_host_functions_come_out_as_themselves",
        Fails,
        "it wraps them in an error of its own",
    ),
    ("wasmi", "errors_go_through_two_guests", Fails, "it wraps them in an error of its own"),
    (
        "wasmtime",
        "errors_of_host_functions_come_out_as_themselves",
        Fails,
        "anyhow sees wasmtime::Error only",
    ),
    ("wasmtime", "errors_go_through_two_guests", Fails, "anyhow sees wasmtime::Error only"),
    (
        "wasmtime",
        "what_the_layer_has_no_words_for_is_an_error",
        Fails,
        "64-bit memories pass while they are small",
    ),
    (
        "wasmi",
        "panics_of_host_functions_come_out_as_themselves",
        EndsTheProcess,
        "its handlers don't unwind",
    ),
];

/// Says to a test that it may end the process: it runs in one of its own.
const ALONE: &str = "WEFT_CONFORMANCE_ALONE";

/// Runs a scenario, which is to pass unless the table says that it doesn't.
fn run<E: WasmEngine>(backend: &str, scenario: &str, engine: E, body: fn(&Engine<E>)) {
    let engine = Engine::new(engine);
    let differs = DIFFERENCES.iter().find(|known| (known.0, known.1) == (backend, scenario));
    let (fails, reason) = match differs {
        Some((.., EndsTheProcess, reason)) if std::env::var_os(ALONE).is_none() => {
            let test = std::thread::current().name().expect("tests have names").to_string();
            let mut alone = Command::new(std::env::current_exe().unwrap());
            let output = alone.args(["--exact", &test]).env(ALONE, "1").output().unwrap();
            (output.status.code().is_none(), reason)
        }
        Some((.., Fails, reason)) => {
            (catch_unwind(AssertUnwindSafe(|| body(&engine))).is_err(), reason)
        }
        _ => return body(&engine),
    };
    assert!(fails, "{backend} passes, though it is said not to: {reason}");
}

/// A module from its text.
fn module<E: WasmEngine>(engine: &Engine<E>, text: &str) -> Result<Module> {
    Module::new(engine, &wat::parse_str(text).expect("the test's own module"))
}

/// An instance of a module without imports.
fn instance<T, E: WasmEngine>(store: &mut Store<T, E>, text: &str) -> Instance {
    linked(store, text, &[]).unwrap()
}

/// An instance of a module whose imports are of the namespace `host`.
fn linked<C: AsContextMut>(mut ctx: C, text: &str, items: &[(&str, Extern)]) -> Result<Instance> {
    let engine = ctx.as_context_mut().engine().clone();
    let module = module(&engine, text)?;
    let mut imports = Imports::new();
    for (name, item) in items {
        imports.define("host", name, item.clone());
    }
    Instance::new(ctx, &module, &imports)
}

/// An export.
fn export<C: AsContextMut>(mut ctx: C, instance: &Instance, name: &str) -> Extern {
    instance.get_export(ctx.as_context_mut(), name).unwrap_or_else(|| panic!("an export {name}"))
}

fn func<C: AsContextMut>(ctx: C, instance: &Instance, name: &str) -> Func {
    export(ctx, instance, name).into_func().unwrap()
}

fn memory<C: AsContextMut>(ctx: C, instance: &Instance, name: &str) -> Memory {
    export(ctx, instance, name).into_memory().unwrap()
}

fn table<C: AsContextMut>(ctx: C, instance: &Instance, name: &str) -> Table {
    export(ctx, instance, name).into_table().unwrap()
}

fn global<C: AsContextMut>(ctx: C, instance: &Instance, name: &str) -> Global {
    export(ctx, instance, name).into_global().unwrap()
}

/// Calls a function that has one result.
fn call<C: AsContextMut>(ctx: C, func: &Func, args: &[Val], zero: Val) -> Result<Val> {
    let mut results = [zero];
    func.call(ctx, args, &mut results)?;
    let [result] = results;
    Ok(result)
}

/// Calls a function that has an i32 as its result.
fn call_i32<C: AsContextMut>(ctx: C, func: &Func, args: &[Val]) -> Result<i32> {
    call(ctx, func, args, Val::I32(0)).map(|result| i32_of(&result))
}

/// Calls a function without results.
fn run_func<C: AsContextMut>(ctx: C, func: &Func, args: &[Val]) -> Result<()> {
    func.call(ctx, args, &mut [])
}

fn i32_of(value: &Val) -> i32 {
    match value {
        Val::I32(x) => *x,
        other => panic!("{other:?} is no i32"),
    }
}

/// A function type of i32s.
fn i32s(params: usize, results: usize) -> FuncType {
    FuncType::new(vec![ValType::I32; params], vec![ValType::I32; results])
}

/// What to expect of misuse where a function has no result to say so in: an error or a panic, but no success.
fn refused<R>(misuse: impl FnOnce() -> Result<R>) -> bool {
    !matches!(catch_unwind(AssertUnwindSafe(misuse)), Ok(Ok(_)))
}
