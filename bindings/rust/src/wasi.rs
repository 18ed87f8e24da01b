//! WASI preview1, which `wasm_runtime_layer` lacks.

use wasm_runtime_layer::backend::{self, AsContextMut, WasmStoreContext};
use wasm_runtime_layer::{Imports, Module};

use crate::engine::Engine;
use crate::error::{check_own, lend, Error};
use crate::func::Func;
use crate::object::Owned;
use crate::store::Context;
use crate::sys;

/// What a guest program sees of the world: nothing at first, apart from the real clocks and random numbers. One of these can
/// serve many stores.
///
/// ```
/// # use weft_runtime_layer::{Engine, Error, ErrorCode, Wasi};
/// # fn main() -> anyhow::Result<()> {
/// # let program = wat::parse_str(r#"(module
/// #     (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
/// #     (memory (export "memory") 1)
/// #     (func (export "_start") (call $exit (i32.const 3))))"#)?;
/// use wasm_runtime_layer::{Imports, Instance, Module, Store};
///
/// let mut wasi = Wasi::new();
/// wasi.arg("program")?.env("LANG", "C")?.inherit_stdio()?;
///
/// let engine = wasm_runtime_layer::Engine::new(Engine::default());
/// let mut store = Store::new(&engine, ());
/// let module = Module::new(&engine, &program)?;
/// let mut imports = Imports::new();
/// wasi.define(&mut store, &module, &mut imports)?;
/// let instance = Instance::new(&mut store, &module, &imports)?;
/// let start = instance.get_export(&store, "_start").unwrap().into_func().unwrap();
/// if let Err(error) = start.call(&mut store, &[], &mut []) {
///     assert_eq!(error.downcast_ref::<Error>().and_then(Error::exit_status), Some(3));
/// }
/// # Ok(())
/// # }
/// ```
pub struct Wasi(Owned<sys::weft_wasi_config_t>);

/// What a guest may do below a directory that is opened for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Access {
    /// Open files for reading, list directories, read links and attributes.
    Read = sys::WEFT_WASI_READ,
    /// All of that, open files for writing, and create, rename, link and remove files and directories.
    All = sys::WEFT_WASI_ALL,
}

/// What a guest wrote to a stream.
pub struct Capture(Owned<sys::weft_capture_t>);

impl Default for Wasi {
    fn default() -> Self {
        Self::new()
    }
}

impl Wasi {
    /// Nothing.
    pub fn new() -> Self {
        // SAFETY: the config is ours.
        Self(unsafe { Owned::new(sys::weft_wasi_config_new()) })
    }

    /// The result of a setter.
    fn set(&mut self, error: *mut sys::weft_error_t) -> Result<&mut Self, Error> {
        // SAFETY: the error is ours.
        unsafe { check_own(error)? };
        Ok(self)
    }

    /// Appends an argument; the first is the program's name. Fails for a NUL inside.
    pub fn arg(&mut self, value: &str) -> Result<&mut Self, Error> {
        // SAFETY: the config is alive, here and below; a text is lent for the call.
        let error = unsafe { sys::weft_wasi_arg(self.0.get(), lend(value)) };
        self.set(error)
    }

    /// A variable of the environment; a later value replaces the earlier. Fails for a NUL inside, an empty name or one with `=`.
    pub fn env(&mut self, name: &str, value: &str) -> Result<&mut Self, Error> {
        // SAFETY: see `arg`.
        let error = unsafe { sys::weft_wasi_env(self.0.get(), lend(name), lend(value)) };
        self.set(error)
    }

    /// The process's own standard streams.
    pub fn inherit_stdio(&mut self) -> Result<&mut Self, Error> {
        // SAFETY: see `arg`.
        let error = unsafe { sys::weft_wasi_inherit_stdio(self.0.get()) };
        self.set(error)
    }

    /// Standard input: a copy of these bytes.
    pub fn stdin_bytes(&mut self, bytes: &[u8]) -> Result<&mut Self, Error> {
        let (data, size) = (bytes.as_ptr().cast(), bytes.len());
        // SAFETY: see `arg`; there are so many bytes.
        let error = unsafe { sys::weft_wasi_stdin_bytes(self.0.get(), data, size) };
        self.set(error)
    }

    /// Keeps what the guest writes to standard output, all of it.
    pub fn capture_stdout(&mut self) -> Result<Capture, Error> {
        self.capture(sys::WEFT_WASI_STDOUT)
    }

    /// Keeps what the guest writes to standard error, all of it.
    pub fn capture_stderr(&mut self) -> Result<Capture, Error> {
        self.capture(sys::WEFT_WASI_STDERR)
    }

    /// Keeps what the guest writes to a stream.
    fn capture(&mut self, stream: u8) -> Result<Capture, Error> {
        let mut raw = std::ptr::null_mut();
        // SAFETY: see `arg`; the capture is ours.
        unsafe {
            check_own(sys::weft_wasi_capture(self.0.get(), stream, usize::MAX, &raw mut raw))?;
            Ok(Capture(Owned::new(raw)))
        }
    }

    /// Lets the guest see a directory of the host's under a name, such as `/data`. Fails if it can't be opened, and for an empty
    /// name or one with a NUL inside.
    pub fn preopen(&mut self, host: &str, guest: &str, access: Access) -> Result<&mut Self, Error> {
        let (config, rights) = (self.0.get(), access as u32);
        // SAFETY: see `arg`.
        let error = unsafe { sys::weft_wasi_preopen(config, lend(host), lend(guest), rights) };
        self.set(error)
    }

    /// Gives a store this world, instead of what it had, and adds to the imports what the module wants of WASI.
    pub fn define(
        &self,
        mut ctx: impl AsContextMut<Engine>,
        module: &Module,
        imports: &mut Imports,
    ) -> Result<(), Error> {
        let ctx = ctx.as_context_mut();
        let engine = ctx.engine().clone();
        let (store, id) = (ctx.raw(), ctx.id());
        // SAFETY: the store is the context's; engine and config are alive; the linker is ours.
        let linker = unsafe {
            check_own(sys::weft_store_set_wasi(store, self.0.get()))?;
            let linker = Owned::new(sys::weft_linker_new(engine.get()));
            check_own(sys::weft_linker_wasi(linker.get()))?;
            linker
        };
        for import in module.imports(&wasm_runtime_layer::Engine::new(engine)) {
            let (namespace, name) = (lend(import.module), lend(import.name));
            let mut raw = std::ptr::null_mut();
            // SAFETY: the linker is alive, and has functions only; names are lent; the function is ours.
            let func = unsafe {
                if !sys::weft_linker_has(linker.get(), namespace, name) {
                    continue;
                }
                check_own(sys::weft_linker_get(
                    linker.get(),
                    store,
                    namespace,
                    name,
                    &raw mut raw,
                ))?;
                Func::from_raw(sys::wasm_extern_as_func(raw), id)
            };
            imports.define(import.module, import.name, &backend::Extern::<Engine>::Func(func));
        }
        Ok(())
    }
}

impl Capture {
    /// A copy of what was written so far.
    pub fn contents(&self) -> Vec<u8> {
        let mut bytes = sys::wasm_byte_vec_t { size: 0, data: std::ptr::null_mut() };
        // SAFETY: the capture is alive; the vector is ours to delete.
        unsafe {
            sys::weft_capture_contents(self.0.get(), &raw mut bytes);
            let copy = crate::types::elements(bytes.data.cast::<u8>(), bytes.size).to_vec();
            sys::wasm_byte_vec_delete(&raw mut bytes);
            copy
        }
    }
}
