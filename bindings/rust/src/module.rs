//! Modules and their instances.

use std::sync::Arc;

use wasm_runtime_layer::backend::{
    AsContext, AsContextMut, Export, Extern, Imports, WasmInstance, WasmModule,
};
use wasm_runtime_layer::{ExportType, ExternType, ImportType};

use crate::engine::Engine;
use crate::error::{check, check_own, lend, utf8, Error};
use crate::externals::{Global, Memory, Table};
use crate::func::Func;
use crate::object::Owned;
use crate::store::{Context, Handle, StoreId};
use crate::sys;
use crate::types::{elements, extern_type_from_c};

/// A validated module. Clones are the same module, which any number of threads may use.
#[derive(Clone)]
pub struct Module(Arc<Inner>);

/// What the clones of a module have in common.
struct Inner {
    raw: Owned<sys::wasm_module_t>,
    engine: Engine,
    imports: Vec<(String, String, ExternType)>,
    exports: Vec<(String, ExternType)>,
}

/// A name of a module's.
///
/// # Safety
///
/// It is alive.
unsafe fn name(name: *const sys::wasm_byte_vec_t) -> String {
    // SAFETY: promised by the caller.
    unsafe { utf8((*name).data, (*name).size) }
}

impl WasmModule<Engine> for Module {
    /// Fails for what is no valid module of the engine's features, and for imports and exports that `wasm_runtime_layer` has
    /// no words for: tags, 64-bit and shared memories, references to other things than functions and externrefs.
    fn new(engine: &Engine, bytes: &[u8]) -> anyhow::Result<Self> {
        let mut raw = std::ptr::null_mut();
        // SAFETY: the engine is alive; the bytes are copied; the module is ours.
        let raw = unsafe {
            check_own(sys::weft_module_new(
                engine.get(),
                bytes.as_ptr().cast(),
                bytes.len(),
                &raw mut raw,
            ))?;
            Owned::new(raw)
        };
        let mut types = sys::wasm_importtype_vec_t { size: 0, data: std::ptr::null_mut() };
        // SAFETY: the module is alive; the vector is ours; names and types in it live as long.
        let imports = unsafe {
            sys::wasm_module_imports(raw.get(), &raw mut types);
            let imports = elements(types.data, types.size).iter().map(|&import| {
                let ty = extern_type_from_c(sys::wasm_importtype_type(import))?;
                Ok((
                    name(sys::wasm_importtype_module(import)),
                    name(sys::wasm_importtype_name(import)),
                    ty,
                ))
            });
            let imports = imports.collect::<Result<_, Error>>();
            sys::wasm_importtype_vec_delete(&raw mut types);
            imports?
        };
        let mut types = sys::wasm_exporttype_vec_t { size: 0, data: std::ptr::null_mut() };
        // SAFETY: as above.
        let exports = unsafe {
            sys::wasm_module_exports(raw.get(), &raw mut types);
            let exports = elements(types.data, types.size).iter().map(|&export| {
                let ty = extern_type_from_c(sys::wasm_exporttype_type(export))?;
                Ok((name(sys::wasm_exporttype_name(export)), ty))
            });
            let exports = exports.collect::<Result<_, Error>>();
            sys::wasm_exporttype_vec_delete(&raw mut types);
            exports?
        };
        Ok(Self(Arc::new(Inner { raw, engine: engine.clone(), imports, exports })))
    }

    /// In the module's order.
    fn exports(&self) -> Box<dyn '_ + Iterator<Item = ExportType<'_>>> {
        Box::new(self.0.exports.iter().map(|(name, ty)| ExportType { name, ty: ty.clone() }))
    }

    fn get_export(&self, name: &str) -> Option<ExternType> {
        self.0.exports.iter().find(|export| export.0 == name).map(|export| export.1.clone())
    }

    /// In the module's order.
    fn imports(&self) -> Box<dyn '_ + Iterator<Item = ImportType<'_>>> {
        Box::new(self.0.imports.iter().map(|(module, name, ty)| ImportType {
            module,
            name,
            ty: ty.clone(),
        }))
    }
}

/// An instance of a module in a store. Clones are the same instance.
#[derive(Clone)]
pub struct Instance(Arc<InstanceInner>);

/// What the clones of an instance have in common.
struct InstanceInner {
    handle: Handle<sys::wasm_instance_t>,
    exports: Vec<Export<Engine>>,
}

/// The C API's name of what is imported, lent.
fn lend_extern(item: &Extern<Engine>, store: StoreId) -> Result<*const sys::wasm_extern_t, Error> {
    // SAFETY: what is behind the handle is alive, and gets another name.
    unsafe {
        Ok(match item {
            Extern::Func(func) => sys::wasm_func_as_extern_const(func.lend(store)?),
            Extern::Global(global) => sys::wasm_global_as_extern_const(global.0.get_in(store)?),
            Extern::Table(table) => sys::wasm_table_as_extern_const(table.0.get_in(store)?),
            Extern::Memory(memory) => sys::wasm_memory_as_extern_const(memory.0.get_in(store)?),
        })
    }
}

/// What the C API gave.
///
/// # Safety
///
/// The item is the caller's, who gives it away, of that store, and of the kind of the type.
unsafe fn take_extern(
    raw: *mut sys::wasm_extern_t,
    ty: &ExternType,
    store: StoreId,
) -> Extern<Engine> {
    // SAFETY: promised by the caller; casts to the item's own kind give the same object.
    unsafe {
        match ty {
            ExternType::Func(_) => {
                Extern::Func(Func::from_raw(sys::wasm_extern_as_func(raw), store))
            }
            ExternType::Global(_) => {
                Extern::Global(Global(Handle::take(sys::wasm_extern_as_global(raw), store)))
            }
            ExternType::Table(_) => {
                Extern::Table(Table(Handle::take(sys::wasm_extern_as_table(raw), store)))
            }
            ExternType::Memory(_) => {
                Extern::Memory(Memory(Handle::take(sys::wasm_extern_as_memory(raw), store)))
            }
        }
    }
}

impl WasmInstance<Engine> for Instance {
    /// Fails with [`ErrorCode::Link`](crate::ErrorCode::Link) and a list of all imports that are missing or of the wrong
    /// type, or with the error of the start function. Of `imports` only those count that the module asks for.
    fn new(
        mut ctx: impl AsContextMut<Engine>,
        module: &Module,
        imports: &Imports<Engine>,
    ) -> anyhow::Result<Self> {
        let ctx = ctx.as_context_mut();
        let store = ctx.id();
        let module = &module.0;
        // SAFETY: the engine is alive; the linker is ours.
        let linker = unsafe { Owned::new(sys::weft_linker_new(module.engine.get())) };
        for (namespace, name, _) in &module.imports {
            // A module may import the same thing twice.
            // SAFETY: the linker is alive; names are lent.
            if unsafe { sys::weft_linker_has(linker.get(), lend(namespace), lend(name)) } {
                continue;
            }
            if let Some(item) = imports.get_export(namespace, name) {
                let item = lend_extern(&item, store)?;
                // SAFETY: the linker is alive; names and item are lent, the item by `imports`.
                unsafe {
                    check_own(sys::weft_linker_define(
                        linker.get(),
                        lend(namespace),
                        lend(name),
                        item,
                    ))?
                };
            }
        }
        let mut raw = std::ptr::null_mut();
        // SAFETY: linker and module are alive, the store is the context's; the instance is ours.
        let handle = unsafe {
            check(sys::weft_linker_instantiate(
                linker.get(),
                ctx.raw(),
                module.raw.get(),
                &raw mut raw,
            ))?;
            Handle::take(raw, store)
        };
        let mut items = sys::wasm_extern_vec_t { size: 0, data: std::ptr::null_mut() };
        // SAFETY: the instance is alive; the vector is ours, and what is taken out of it isn't deleted with it. Exports are as
        // many as the module's, in the same order and of the same kinds.
        let exports = unsafe {
            sys::wasm_instance_exports(handle.get_in(store)?, &raw mut items);
            let exports = module.exports.iter().enumerate().map(|(index, (name, ty))| {
                let item = std::mem::replace(&mut *items.data.add(index), std::ptr::null_mut());
                Export { name: name.clone(), value: take_extern(item, ty, store) }
            });
            let exports = exports.collect();
            sys::wasm_extern_vec_delete(&raw mut items);
            exports
        };
        Ok(Self(Arc::new(InstanceInner { handle, exports })))
    }

    /// In the module's order.
    ///
    /// # Panics
    ///
    /// If the instance is of another store.
    fn exports(&self, ctx: impl AsContext<Engine>) -> Box<dyn Iterator<Item = Export<Engine>>> {
        let ctx = ctx.as_context();
        self.expect_in(&ctx);
        let exports = self.0.clone();
        Box::new((0..exports.exports.len()).map(move |index| exports.exports[index].clone()))
    }

    /// # Panics
    ///
    /// If the instance is of another store.
    fn get_export(&self, ctx: impl AsContext<Engine>, name: &str) -> Option<Extern<Engine>> {
        let ctx = ctx.as_context();
        self.expect_in(&ctx);
        self.0.exports.iter().find(|export| export.name == name).map(|export| export.value.clone())
    }
}

impl Instance {
    /// Panics if the instance is of another store.
    fn expect_in(&self, ctx: &impl Context) {
        if let Err(error) = self.0.handle.get(ctx) {
            panic!("{error}");
        }
    }
}
