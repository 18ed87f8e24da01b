//! Stores and their contexts.

use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::Arc;

use wasm_runtime_layer::backend::{
    AsContext, AsContextMut, WasmStore, WasmStoreContext, WasmStoreContextMut,
};

use crate::engine::Engine;
use crate::error::{check_own, Error, ErrorCode};
use crate::object::{Object, Owned};
use crate::sys;

/// What a store consists of, at an address that doesn't change. Fields are dropped in this order: what is in the store, host
/// functions included, goes before the data.
pub(crate) struct Inner<T> {
    raw: Owned<sys::wasm_store_t>,
    id: u64,
    engine: Engine,
    data: T,
}

/// The owner of all that guests consist of, and of data of the host's.
///
/// A store may move to another thread, but isn't shared: it is `Send` if its data is, and never `Sync`.
pub struct Store<T> {
    /// From a `Box`, which this owns. A `Box` would claim to be the only pointer, which isn't so while host functions run.
    inner: NonNull<Inner<T>>,
    _owner: PhantomData<Inner<T>>,
}

// SAFETY: the C API's store may be used by any one thread at a time. What else is in it are host functions and host objects,
// which are `Send`.
unsafe impl<T: Send> Send for Store<T> {}

impl<T> Store<T> {
    /// A store with data of the host's. Fails if there is no address space for the guest's stack.
    pub fn try_new(engine: &Engine, data: T) -> Result<Self, Error> {
        let mut raw = std::ptr::null_mut();
        // SAFETY: the engine is alive; the store is ours.
        let (raw, id) = unsafe {
            check_own(sys::weft_store_new(engine.get(), &raw mut raw))?;
            (Owned::new(raw), sys::weft_store_id(raw))
        };
        let inner = Box::new(Inner { raw, id, engine: engine.clone(), data });
        let inner = NonNull::from(Box::leak(inner));
        Ok(Self { inner, _owner: PhantomData })
    }
}

impl<T> Drop for Store<T> {
    fn drop(&mut self) {
        // SAFETY: it came from a `Box`, and nobody sees it again.
        drop(unsafe { Box::from_raw(self.inner.as_ptr()) });
    }
}

impl<T: 'static> WasmStore<T, Engine> for Store<T> {
    /// # Panics
    ///
    /// If [`Store::try_new`] fails.
    fn new(engine: &Engine, data: T) -> Self {
        Self::try_new(engine, data)
            .unwrap_or_else(|error| panic!("a store could not be made: {error}"))
    }

    fn engine(&self) -> &Engine {
        // SAFETY: the store is alive as long as it is borrowed.
        unsafe { &(*self.inner.as_ptr()).engine }
    }

    fn data(&self) -> &T {
        // SAFETY: as above; whoever changes the data borrows the store mutably.
        unsafe { &(*self.inner.as_ptr()).data }
    }

    fn data_mut(&mut self) -> &mut T {
        // SAFETY: as above.
        unsafe { &mut (*self.inner.as_ptr()).data }
    }

    fn into_data(self) -> T {
        let this = std::mem::ManuallyDrop::new(self);
        // SAFETY: it came from a `Box`, and nobody sees it again.
        let inner = *unsafe { Box::from_raw(this.inner.as_ptr()) };
        drop(inner.raw);
        inner.data
    }
}

impl<T: 'static> AsContext<Engine> for Store<T> {
    type UserState = T;

    fn as_context(&self) -> StoreContext<'_, T> {
        StoreContext { inner: self.inner, _borrow: PhantomData }
    }
}

impl<T: 'static> AsContextMut<Engine> for Store<T> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut { inner: self.inner, _borrow: PhantomData }
    }
}

/// A store, borrowed for reading.
pub struct StoreContext<'a, T> {
    inner: NonNull<Inner<T>>,
    _borrow: PhantomData<&'a Inner<T>>,
}

impl<T> Clone for StoreContext<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for StoreContext<'_, T> {}

/// A store, borrowed for all that can be done with it. Host functions get one.
pub struct StoreContextMut<'a, T> {
    inner: NonNull<Inner<T>>,
    _borrow: PhantomData<&'a mut Inner<T>>,
}

impl<'a, T: 'static> StoreContextMut<'a, T> {
    /// # Safety
    ///
    /// The store lives as long as `'a`, and is used only through this context meanwhile.
    pub(crate) unsafe fn new(inner: NonNull<Inner<T>>) -> Self {
        Self { inner, _borrow: PhantomData }
    }

    /// Where the store is. It stays there.
    pub(crate) fn inner(&self) -> NonNull<Inner<T>> {
        self.inner
    }
}

/// Both contexts borrow a store in the same way.
macro_rules! contexts {
    ($($name:ident)*) => {$(
        impl<'a, T: 'static> WasmStoreContext<'a, T, Engine> for $name<'a, T> {
            fn engine(&self) -> &Engine {
                // SAFETY: the store outlives the context.
                unsafe { &(*self.inner.as_ptr()).engine }
            }

            fn data(&self) -> &T {
                // SAFETY: as above; whoever changes the data borrows the only mutable context mutably.
                unsafe { &(*self.inner.as_ptr()).data }
            }
        }

        impl<T: 'static> Context for $name<'_, T> {
            fn id(&self) -> StoreId {
                // SAFETY: the store outlives the context.
                StoreId(unsafe { (*self.inner.as_ptr()).id })
            }

            fn raw(&self) -> *mut sys::wasm_store_t {
                // SAFETY: as above.
                unsafe { (*self.inner.as_ptr()).raw.get() }
            }
        }

        impl<T: 'static> AsContext<Engine> for $name<'_, T> {
            type UserState = T;

            fn as_context(&self) -> StoreContext<'_, T> {
                StoreContext { inner: self.inner, _borrow: PhantomData }
            }
        }
    )*};
}

contexts! { StoreContext StoreContextMut }

impl<T: 'static> AsContextMut<Engine> for StoreContextMut<'_, T> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut { inner: self.inner, _borrow: PhantomData }
    }
}

impl<'a, T: 'static> WasmStoreContextMut<'a, T, Engine> for StoreContextMut<'a, T> {
    fn data_mut(&mut self) -> &mut T {
        // SAFETY: the store outlives the context, which is borrowed mutably.
        unsafe { &mut (*self.inner.as_ptr()).data }
    }
}

/// Which store something belongs to: a number that no other store of the process ever has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StoreId(u64);

/// A context of this crate's own. Other types that have the layer's traits may answer with another store each time they are
/// asked: everything asks them once, at first, and goes on with the answer.
pub(crate) trait Context {
    /// Which store it is.
    fn id(&self) -> StoreId;
    /// The C API's store, lent.
    fn raw(&self) -> *mut sys::wasm_store_t;
}

/// Something in a store. Clones are the same thing.
pub(crate) struct Handle<T: Object> {
    raw: Arc<Owned<T>>,
    store: StoreId,
}

impl<T: Object> Handle<T> {
    /// Takes over what the C API gave.
    ///
    /// # Safety
    ///
    /// The reference is the caller's, not null, and of that store.
    pub unsafe fn take(raw: *mut T, store: StoreId) -> Self {
        // SAFETY: promised by the caller.
        Self { raw: Arc::new(unsafe { Owned::new(raw) }), store }
    }

    /// The C API's reference, lent to who holds the context of its store.
    pub fn get(&self, ctx: &impl Context) -> Result<*mut T, Error> {
        self.get_in(ctx.id())
    }

    /// The same, where the store is known by its number. Everything asks before it touches the C API, for things of other
    /// stores may be in use on other threads.
    pub fn get_in(&self, store: StoreId) -> Result<*mut T, Error> {
        if store == self.store {
            return Ok(self.raw.get());
        }
        Err(Error::new(ErrorCode::WrongStore, "an object was used with another store than its own"))
    }
}

impl<T: Object> Clone for Handle<T> {
    fn clone(&self) -> Self {
        Self { raw: self.raw.clone(), store: self.store }
    }
}

impl<T: Object> std::fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} in store {}", self.raw.get(), self.store.0)
    }
}
