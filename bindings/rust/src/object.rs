//! Ownership of the C API's objects.

use std::ptr::NonNull;

use crate::sys;

/// A type of the C API whose objects somebody owns.
///
/// # Safety
///
/// `delete` takes over an object, and may do so on any thread.
pub unsafe trait Object {
    /// Deletes an object.
    ///
    /// # Safety
    ///
    /// The object is the caller's, who forgets it.
    unsafe fn delete(object: *mut Self);
}

/// Objects and what deletes them.
macro_rules! objects {
    ($($name:ident $delete:ident,)*) => {$(
        // SAFETY: the headers say so, under "THREADS".
        unsafe impl Object for sys::$name {
            unsafe fn delete(object: *mut Self) {
                // SAFETY: promised by the caller.
                unsafe { sys::$delete(object) }
            }
        }
    )*};
}

objects! {
    weft_error_t weft_error_delete,
    weft_interrupt_t weft_interrupt_delete,
    weft_linker_t weft_linker_delete,
    weft_wasi_config_t weft_wasi_config_delete,
    weft_capture_t weft_capture_delete,
    wasm_config_t wasm_config_delete,
    wasm_engine_t wasm_engine_delete,
    wasm_store_t wasm_store_delete,
    wasm_module_t wasm_module_delete,
    wasm_instance_t wasm_instance_delete,
    wasm_valtype_t wasm_valtype_delete,
    wasm_functype_t wasm_functype_delete,
    wasm_globaltype_t wasm_globaltype_delete,
    wasm_tabletype_t wasm_tabletype_delete,
    wasm_memorytype_t wasm_memorytype_delete,
    wasm_ref_t wasm_ref_delete,
    wasm_func_t wasm_func_delete,
    wasm_global_t wasm_global_delete,
    wasm_table_t wasm_table_delete,
    wasm_memory_t wasm_memory_delete,
}

/// An object that is deleted with this.
pub struct Owned<T: Object>(NonNull<T>);

// SAFETY: whoever has an Owned may delete it on any thread. What is done with it beyond that is this crate's business:
// functions, memories and their like are touched only by who holds the context of their store, which stays on one thread;
// engines, modules, errors, interrupts and captures are thread-safe, and a linker or a config of WASI is changed by who borrows
// it mutably.
unsafe impl<T: Object> Send for Owned<T> {}
// SAFETY: as above.
unsafe impl<T: Object> Sync for Owned<T> {}

impl<T: Object> Owned<T> {
    /// Takes over what the C API gave.
    ///
    /// # Panics
    ///
    /// If that is null, which means that there was no memory.
    ///
    /// # Safety
    ///
    /// The object is the caller's, or null.
    pub unsafe fn new(object: *mut T) -> Self {
        Self(NonNull::new(object).expect("out of memory"))
    }

    /// The object, lent.
    pub fn get(&self) -> *mut T {
        self.0.as_ptr()
    }

    /// The object, which is the caller's from now on.
    pub fn release(self) -> *mut T {
        std::mem::ManuallyDrop::new(self).0.as_ptr()
    }
}

impl<T: Object> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: it is ours, and nobody sees it again.
        unsafe { T::delete(self.0.as_ptr()) }
    }
}
