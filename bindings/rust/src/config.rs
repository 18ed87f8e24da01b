//! Settings of an engine.

use crate::error::{check_own, lend, Error};
use crate::object::Owned;
use crate::sys;

/// Settings of an [`Engine`](crate::Engine), each of which has a default.
///
/// A setting that can't be honoured is told by [`Engine::new`](crate::Engine::new).
///
/// ```
/// use weft_runtime_layer::{Config, Engine};
///
/// let engine = Engine::new(Config::new().fuel(true).features("wasm2"))?;
/// # Ok::<(), weft_runtime_layer::Error>(())
/// ```
pub struct Config {
    raw: Owned<sys::wasm_config_t>,
    error: Option<Error>,
}

/// How accesses to memory are kept in bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum MemoryMode {
    /// Guard pages where the system grants them, otherwise checks.
    #[default]
    Auto = sys::WEFT_MEMORY_AUTO,
    /// Guard pages; creating a memory fails where the system refuses them.
    Guard = sys::WEFT_MEMORY_GUARD,
    /// A comparison per access; reserves no address space.
    Explicit = sys::WEFT_MEMORY_EXPLICIT,
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

impl Config {
    /// All defaults.
    pub fn new() -> Self {
        // SAFETY: the config is ours.
        Self { raw: unsafe { Owned::new(sys::wasm_config_new()) }, error: None }
    }

    /// Calls a setter, and keeps the first error.
    fn set(
        mut self,
        setter: impl FnOnce(*mut sys::wasm_config_t) -> *mut sys::weft_error_t,
    ) -> Self {
        // SAFETY: the setter's error is ours.
        if let Err(error) = unsafe { check_own(setter(self.raw.get())) } {
            self.error.get_or_insert(error);
        }
        self
    }

    /// Which engine is behind the API: `interp`, Weft's own, the default; or `wasmtime`, `wasmtime-winch` or
    /// `wasmtime-pulley`, whose library is loaded now: the file that the environment variable `WEFT_WASMTIME_LIB` names, or
    /// the system's.
    pub fn backend(self, name: &str) -> Self {
        // SAFETY: the config is alive, here and below; a text is lent for the call.
        self.set(|raw| unsafe { sys::weft_config_set_backend(raw, lend(name)) })
    }

    /// Count executed instructions against the store's fuel. Off by default.
    pub fn fuel(self, on: bool) -> Self {
        // SAFETY: see `backend`.
        self.set(|raw| unsafe { sys::weft_config_set_fuel(raw, on) })
    }

    /// Let an [`InterruptHandle`](crate::InterruptHandle) stop the guest. On by default.
    pub fn interruption(self, on: bool) -> Self {
        // SAFETY: see `backend`.
        self.set(|raw| unsafe { sys::weft_config_set_interruption(raw, on) })
    }

    /// Give errors the guest's stack. On by default.
    pub fn backtraces(self, on: bool) -> Self {
        // SAFETY: see `backend`.
        self.set(|raw| unsafe { sys::weft_config_set_backtraces(raw, on) })
    }

    /// Translate all functions when the module is made, instead of each at its first call.
    pub fn eager_translation(self, on: bool) -> Self {
        // SAFETY: see `backend`.
        self.set(|raw| unsafe { sys::weft_config_set_eager_translation(raw, on) })
    }

    /// Bytes of guest stack per store; reserved, not committed. 8 MiB by default.
    pub fn max_stack_bytes(self, bytes: usize) -> Self {
        // SAFETY: see `backend`.
        self.set(|raw| unsafe { sys::weft_config_set_max_stack_bytes(raw, bytes) })
    }

    /// Nested guest calls per store. 100,000 by default.
    pub fn max_call_depth(self, calls: u32) -> Self {
        // SAFETY: see `backend`.
        self.set(|raw| unsafe { sys::weft_config_set_max_call_depth(raw, calls) })
    }

    /// Nested calls from guests to the host and back per store, each of which needs native stack. 200 by default.
    pub fn max_host_depth(self, calls: u32) -> Self {
        // SAFETY: see `backend`.
        self.set(|raw| unsafe { sys::weft_config_set_max_host_depth(raw, calls) })
    }

    /// How accesses to memory are kept in bounds.
    pub fn memory_mode(self, mode: MemoryMode) -> Self {
        // SAFETY: see `backend`.
        self.set(|raw| unsafe { sys::weft_config_set_memory_mode(raw, mode as u8) })
    }

    /// Threads that validate a large module; 0, the default, for as many as the machine has cores.
    pub fn validation_threads(self, threads: u32) -> Self {
        // SAFETY: see `backend`.
        self.set(|raw| unsafe { sys::weft_config_set_validation_threads(raw, threads) })
    }

    /// A list of changes to the default, which is WebAssembly 3.0 and legacy exceptions, as `threads,-gc`; or from `wasm1`,
    /// `wasm2`, `wasm3` or `all`, as `wasm2,tail-call`.
    pub fn features(self, list: &str) -> Self {
        // SAFETY: see `backend`.
        self.set(|raw| unsafe { sys::weft_config_set_features(raw, lend(list)) })
    }

    /// Tight limits on what a module may contain, for modules from strangers. The default are those of WebAssembly's
    /// JavaScript API.
    pub fn strict_module_limits(self) -> Self {
        let mut limits = std::mem::MaybeUninit::uninit();
        // SAFETY: see `backend`; the limits are written before they are read.
        self.set(|raw| unsafe {
            sys::weft_module_limits_strict(limits.as_mut_ptr());
            sys::weft_config_set_module_limits(raw, limits.as_ptr())
        })
    }

    /// The C API's object, or the first error of a setter.
    pub(crate) fn into_c(self) -> Result<Owned<sys::wasm_config_t>, Error> {
        self.error.map_or(Ok(self.raw), Err)
    }
}
