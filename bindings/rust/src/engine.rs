//! The engine.

use wasm_runtime_layer::backend::WasmEngine;

use crate::config::Config;
use crate::error::{check_own, Error};
use crate::object::Owned;
use crate::{externals, externref, func, module, store, sys};

/// Weft, for [`wasm_runtime_layer::Engine::new`]. Clones are handles to the same engine.
pub struct Engine(Owned<sys::wasm_engine_t>);

impl Engine {
    /// An engine with settings. Fails if one can't be honoured.
    pub fn new(config: Config) -> Result<Self, Error> {
        let config = config.into_c()?;
        let mut raw = std::ptr::null_mut();
        // SAFETY: the config changes hands; the engine is ours.
        unsafe {
            check_own(sys::weft_engine_new(config.release(), &raw mut raw))?;
            Ok(Self(Owned::new(raw)))
        }
    }

    /// The C API's engine, lent.
    pub(crate) fn get(&self) -> *const sys::wasm_engine_t {
        self.0.get()
    }
}

impl Default for Engine {
    /// An engine with [`Config::new`].
    fn default() -> Self {
        Self::new(Config::new())
            .unwrap_or_else(|error| panic!("an engine could not be made: {error}"))
    }
}

impl Clone for Engine {
    fn clone(&self) -> Self {
        // SAFETY: the engine is alive; the result is ours.
        Self(unsafe { Owned::new(sys::weft_engine_copy(self.get())) })
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Engine").field(&self.get()).finish()
    }
}

impl WasmEngine for Engine {
    type ExternRef = externref::ExternRef;
    type Func = func::Func;
    type Global = externals::Global;
    type Instance = module::Instance;
    type Memory = externals::Memory;
    type Module = module::Module;
    type Store<T: 'static> = store::Store<T>;
    type StoreContext<'a, T: 'static> = store::StoreContext<'a, T>;
    type StoreContextMut<'a, T: 'static> = store::StoreContextMut<'a, T>;
    type Table = externals::Table;
}
