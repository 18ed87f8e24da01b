//! What `wasm_runtime_layer` lacks about stores.

use wasm_runtime_layer::backend::AsContextMut;

use crate::engine::Engine;
use crate::error::{check_own, Error};
use crate::object::Owned;
use crate::store::Context;
use crate::sys;

/// Bounds on what a store may hold; `None` is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreLimits {
    /// Bytes of each memory.
    pub memory_bytes: Option<u64>,
    /// Elements of each table.
    pub table_elements: Option<u64>,
    /// Memories in the store, the host's included.
    pub memories: Option<u64>,
    /// Tables in the store, the host's included.
    pub tables: Option<u64>,
    /// Instances in the store.
    pub instances: Option<u64>,
    /// Bytes of garbage-collected objects together.
    pub gc_heap_bytes: Option<u64>,
}

/// Fuel, limits, interrupts and garbage, of `wasm_runtime_layer`'s stores on Weft and of their contexts.
///
/// ```
/// use weft_runtime_layer::{Config, Engine, StoreExt};
///
/// let engine = wasm_runtime_layer::Engine::new(Engine::new(Config::new().fuel(true))?);
/// let mut store = wasm_runtime_layer::Store::new(&engine, ());
/// store.set_fuel(1_000_000)?;
/// assert_eq!(store.fuel()?, 1_000_000);
/// # Ok::<(), weft_runtime_layer::Error>(())
/// ```
pub trait StoreExt: AsContextMut<Engine> + Sized {
    /// Gives the store so much fuel, in units of about an instruction. Fails unless [`Config::fuel`](crate::Config::fuel) is
    /// on.
    fn set_fuel(&mut self, units: u64) -> Result<(), Error> {
        // SAFETY: the store is the context's, here and below.
        unsafe { check_own(sys::weft_store_set_fuel(self.as_context_mut().raw(), units)) }
    }

    /// Adds to the store's fuel, as much as fits. Fails as [`set_fuel`](StoreExt::set_fuel) does.
    fn add_fuel(&mut self, units: u64) -> Result<(), Error> {
        // SAFETY: see `set_fuel`.
        unsafe { check_own(sys::weft_store_add_fuel(self.as_context_mut().raw(), units)) }
    }

    /// What is left. Fails as [`set_fuel`](StoreExt::set_fuel) does.
    fn fuel(&mut self) -> Result<u64, Error> {
        let mut units = 0;
        // SAFETY: see `set_fuel`.
        unsafe { check_own(sys::weft_store_fuel(self.as_context_mut().raw(), &raw mut units))? };
        Ok(units)
    }

    /// Bounds what is made or grown from now on.
    fn set_limits(&mut self, limits: &StoreLimits) -> Result<(), Error> {
        let bound = |limit: Option<u64>| limit.unwrap_or(sys::WEFT_UNLIMITED);
        let limits = sys::weft_store_limits_t {
            memory_bytes: bound(limits.memory_bytes),
            table_elements: bound(limits.table_elements),
            memories: bound(limits.memories),
            tables: bound(limits.tables),
            instances: bound(limits.instances),
            gc_heap_bytes: bound(limits.gc_heap_bytes),
        };
        // SAFETY: see `set_fuel`; the limits are lent.
        unsafe {
            check_own(sys::weft_store_set_limits(self.as_context_mut().raw(), &raw const limits))
        }
    }

    /// What stops this store's guests.
    fn interrupt_handle(&mut self) -> InterruptHandle {
        // SAFETY: see `set_fuel`; the handle is ours.
        InterruptHandle(unsafe {
            Owned::new(sys::weft_store_interrupt(self.as_context_mut().raw()))
        })
    }

    /// For host functions that block: fails with [`ErrorCode::Interrupted`](crate::ErrorCode::Interrupted) if an interrupt is
    /// pending, which it then takes.
    fn check_interrupt(&mut self) -> Result<(), Error> {
        // SAFETY: see `set_fuel`.
        unsafe { check_own(sys::weft_store_check_interrupt(self.as_context_mut().raw())) }
    }

    /// Forgets a pending interrupt.
    fn clear_interrupt(&mut self) {
        // SAFETY: see `set_fuel`.
        unsafe { sys::weft_store_clear_interrupt(self.as_context_mut().raw()) }
    }

    /// Collects garbage now: drops the host objects that neither the host nor the guest can reach.
    fn gc(&mut self) -> Result<(), Error> {
        // SAFETY: see `set_fuel`.
        unsafe { check_own(sys::weft_store_gc(self.as_context_mut().raw())) }
    }
}

impl<C: AsContextMut<Engine>> StoreExt for C {}

/// Stops a store's guests, from any thread. It may outlive the store, and does nothing then.
pub struct InterruptHandle(Owned<sys::weft_interrupt_t>);

impl InterruptHandle {
    /// Makes the guest that runs, or the next one, stop with [`ErrorCode::Interrupted`](crate::ErrorCode::Interrupted).
    pub fn interrupt(&self) {
        // SAFETY: the handle is alive, and may be used on any thread.
        unsafe { sys::weft_interrupt(self.0.get()) }
    }
}

impl Clone for InterruptHandle {
    fn clone(&self) -> Self {
        // SAFETY: the handle is alive; the result is ours.
        Self(unsafe { Owned::new(sys::weft_interrupt_copy(self.0.get())) })
    }
}

impl std::fmt::Debug for InterruptHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("InterruptHandle").field(&self.0.get()).finish()
    }
}
