//! References to the host's objects.

use std::any::Any;
use std::ffi::c_void;

use wasm_runtime_layer::backend::{AsContextMut, WasmExternRef};

use crate::engine::Engine;
use crate::error::{check_own, drop_quietly, Error, ErrorCode};
use crate::store::{Context, Handle, StoreContext, StoreId};
use crate::sys;

/// A reference to an object of the host's. Clones refer to the same object.
///
/// The object is dropped when neither the host nor the guest can reach it any more and the store collects its garbage
/// ([`StoreExt::gc`](crate::StoreExt::gc) does), at the latest with the store.
#[derive(Clone, Debug)]
pub struct ExternRef(Handle<sys::wasm_ref_t>);

/// What a host object consists of.
type Object = Box<dyn Any + Send + Sync>;

/// Drops an object, and tells by its address that it is one of ours.
unsafe extern "C" fn drop_object(payload: *mut c_void) {
    // SAFETY: it is the payload that `try_new` gave.
    drop_quietly(|| drop(unsafe { Box::from_raw(payload.cast::<Object>()) }));
}

/// The one address of the function above.
static OBJECT: sys::Finalizer = Some(drop_object);

impl ExternRef {
    /// A reference to a new object. Fails if the store has no room for it, and drops the object then.
    pub fn try_new<T: 'static + Send + Sync>(
        mut ctx: impl AsContextMut<Engine>,
        object: T,
    ) -> Result<Self, Error> {
        let ctx = ctx.as_context_mut();
        let payload: *mut Object = Box::into_raw(Box::new(Box::new(object)));
        let mut raw = std::ptr::null_mut();
        // SAFETY: the store is the context's; the payload goes with the function that drops it; the reference is ours, under
        // either name.
        unsafe {
            check_own(sys::weft_foreign_new(ctx.raw(), payload.cast(), OBJECT, &raw mut raw))?;
            Ok(Self(Handle::take(sys::wasm_foreign_as_ref(raw), ctx.id())))
        }
    }

    /// A reference of the C API's; `None` for null.
    ///
    /// # Safety
    ///
    /// The reference is the caller's, who gives it away, and of that store.
    pub(crate) unsafe fn take(raw: *mut sys::wasm_ref_t, store: StoreId) -> Option<Self> {
        // SAFETY: promised by the caller.
        (!raw.is_null()).then(|| Self(unsafe { Handle::take(raw, store) }))
    }

    /// The C API's reference, lent to what is of that store.
    pub(crate) fn lend_ref(&self, store: StoreId) -> Result<*mut sys::wasm_ref_t, Error> {
        self.0.get_in(store)
    }
}

impl WasmExternRef<Engine> for ExternRef {
    /// # Panics
    ///
    /// If [`ExternRef::try_new`] fails.
    fn new<T: 'static + Send + Sync>(ctx: impl AsContextMut<Engine>, object: T) -> Self {
        Self::try_new(ctx, object)
            .unwrap_or_else(|error| panic!("an externref could not be made: {error}"))
    }

    fn downcast<'a, 's: 'a, T: 'static, S: 'static>(
        &'a self,
        store: StoreContext<'s, S>,
    ) -> anyhow::Result<&'a T> {
        let raw = self.0.get(&store)?;
        // SAFETY: the reference is alive, and its store borrowed. An externref may also be one that a guest made of another
        // reference, which is no foreign object, and whose payload is null.
        let payload = unsafe {
            let foreign = sys::wasm_ref_as_foreign_const(raw);
            sys::weft_foreign_payload(foreign, OBJECT)
        };
        // SAFETY: a payload with our finalizer is `try_new`'s. It is alive as long as this reference and the store, and both
        // are borrowed for `'a`.
        let object = unsafe { payload.cast::<Object>().as_ref() };
        let object = object.ok_or_else(|| {
            Error::new(ErrorCode::TypeMismatch, "the externref is no object of the host's")
        })?;
        Ok(object.downcast_ref::<T>().ok_or_else(|| {
            Error::new(ErrorCode::TypeMismatch, "the externref is an object of another type")
        })?)
    }
}
