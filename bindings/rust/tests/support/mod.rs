//! What the tests have in common.
#![allow(dead_code)]

use wasm_runtime_layer::{
    AsContextMut, Extern, Func, FuncType, Imports, Instance, Module, Val, ValType,
};

pub type Engine = wasm_runtime_layer::Engine<weft_runtime_layer::Engine>;
pub type Store<T = ()> = wasm_runtime_layer::Store<T, weft_runtime_layer::Engine>;

pub fn engine() -> Engine {
    Engine::new(weft_runtime_layer::Engine::default())
}

pub fn store() -> Store {
    Store::new(&engine(), ())
}

pub fn module(engine: &Engine, text: &str) -> anyhow::Result<Module> {
    Module::new(engine, &wat::parse_str(text).unwrap_or_else(|error| panic!("{error}")))
}

/// An instance of a module without imports.
pub fn instance<T>(store: &mut Store<T>, text: &str) -> Instance {
    linked(store, text, &[]).unwrap()
}

/// An instance of a module whose imports are of the namespace `host`.
pub fn linked<T>(
    store: &mut Store<T>,
    text: &str,
    items: &[(&str, Extern)],
) -> anyhow::Result<Instance> {
    let module = module(store.engine(), text)?;
    let mut imports = Imports::new();
    for (name, item) in items {
        imports.define("host", name, item.clone());
    }
    Instance::new(store, &module, &imports)
}

/// An exported function.
pub fn func<T>(store: &Store<T>, instance: &Instance, name: &str) -> Func {
    instance.get_export(store, name).unwrap().into_func().unwrap()
}

/// Calls a function without results.
pub fn call(ctx: impl AsContextMut, func: &Func, args: &[Val]) -> anyhow::Result<()> {
    func.call(ctx, args, &mut [])
}

/// A function type of i32s.
pub fn i32s(params: usize, results: usize) -> FuncType {
    FuncType::new(vec![ValType::I32; params], vec![ValType::I32; results])
}
