//! [Weft](https://crates.io/crates/weft_runtime_layer), a WebAssembly engine with a fast interpreter, as a backend of
//! [`wasm_runtime_layer`]. It generates no machine code while it runs.
//!
//! ```
//! use wasm_runtime_layer::{Engine, Imports, Instance, Module, Store, Val};
//!
//! # fn main() -> anyhow::Result<()> {
//! let wasm = wat::parse_str(
//!     r#"(module (func (export "add") (param i32 i32) (result i32)
//!          local.get 0 local.get 1 i32.add))"#,
//! )?;
//! let engine = Engine::new(weft_runtime_layer::Engine::default());
//! let module = Module::new(&engine, &wasm)?;
//! let mut store = Store::new(&engine, ());
//! let instance = Instance::new(&mut store, &module, &Imports::new())?;
//! let add = instance.get_export(&store, "add").unwrap().into_func().unwrap();
//! let mut sum = [Val::I32(0)];
//! add.call(&mut store, &[Val::I32(5), Val::I32(3)], &mut sum)?;
//! assert_eq!(sum[0], Val::I32(8));
//! # Ok(())
//! # }
//! ```
//!
//! # Beyond the traits
//!
//! [`Config`] has the settings of an engine. [`StoreExt`] gives stores fuel, limits, interrupts and garbage collection,
//! [`Wasi`] a world. [`Memory`] has its bytes in place.
//! Errors can be downcast to [`Error`], which has a code, the trap's code, the guest's stack and its exit status.
//!
//! # What lives how long
//!
//! A store owns its functions, memories, tables, globals and instances; handles to them only name them, may be dropped on any
//! thread, and are errors with another store. What a host function captured is dropped with the store, or before that with
//! the last handle of the function if no guest got hold of it. Host objects are dropped when nobody can reach them and the
//! store collects its garbage, at the latest with the store. The store's data is dropped last. A host function that captures
//! a handle of its own store is no cycle: the store ends it.
//!
//! # What can go wrong
//!
//! Everything that returns a `Result` answers misuse with an error. Those functions of the traits that return none panic: for
//! an object of another store, and where there is no room. Each constructor among them has a `try_new` that doesn't.
//!
//! A panic of a host function goes through the guest and comes out of the outermost call, after which the store is as usable
//! as after a trap.

#![warn(missing_docs)]
#![deny(unsafe_op_in_unsafe_fn)]
#![deny(clippy::undocumented_unsafe_blocks)]

mod config;
mod engine;
mod error;
mod externals;
mod externref;
mod func;
mod module;
mod object;
mod store;
mod store_ext;
mod sys;
#[cfg(test)]
mod sys_test;
mod types;
mod value;
mod wasi;

pub use config::{Config, MemoryMode};
pub use engine::Engine;
pub use error::{Error, ErrorCode, Frame, TrapCode};
pub use externals::{Global, Memory, Table};
pub use externref::ExternRef;
pub use func::Func;
pub use module::{Instance, Module};
pub use store::{Store, StoreContext, StoreContextMut};
pub use store_ext::{InterruptHandle, StoreExt, StoreLimits};
pub use wasi::{Access, Capture, Wasi};

/// The version of the engine, such as `0.1.0`.
pub fn version() -> &'static str {
    // SAFETY: a static string that ends with a NUL.
    let version = unsafe { std::ffi::CStr::from_ptr(sys::weft_version()) };
    version.to_str().unwrap_or_default()
}
