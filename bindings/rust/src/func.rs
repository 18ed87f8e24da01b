//! Functions, of guests and of the host.

use std::ffi::c_void;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::sync::Arc;

use smallvec::{smallvec, SmallVec};
use wasm_runtime_layer::backend::{AsContext, AsContextMut, Val, WasmFunc};
use wasm_runtime_layer::FuncType;

use crate::engine::Engine;
use crate::error::{check, check_own, drop_quietly, to_c, Error};
use crate::object::Owned;
use crate::store::{Context, Handle, Inner, StoreContextMut, StoreId};
use crate::sys;
use crate::types::{elements, func_type_from_c, func_type_to_c};
use crate::value::{copy, give, lend, take, Values, ZERO};

/// A function in a store. Clones are the same function.
///
/// What a host function captured is dropped with its store, or before that with the last clone of the `Func`, unless a guest
/// got hold of the function: as an import, in a table or a global, as an argument or a result.
#[derive(Clone)]
pub struct Func {
    handle: Handle<sys::wasm_func_t>,
    host: Option<Arc<Host>>,
}

/// What the clones of a host function have in common.
struct Host {
    closure: Arc<dyn Captures>,
    /// Whether a guest may have it.
    escaped: AtomicBool,
}

impl Drop for Host {
    fn drop(&mut self) {
        if !self.escaped.load(Ordering::Relaxed) {
            self.closure.clear();
        }
    }
}

/// The closure of a host function. Its store and the last clone of its `Func` both end it, whichever comes first, on any
/// thread.
struct Closure<F>(AtomicPtr<F>);

/// A closure of any type.
trait Captures: Send + Sync {
    /// Drops the closure, if that wasn't done yet. Nobody is in it.
    fn clear(&self);
}

impl<F: Send + Sync> Closure<F> {
    fn new(func: F) -> Self {
        Self(AtomicPtr::new(Box::into_raw(Box::new(func))))
    }

    /// The closure; null if it is gone.
    fn get(&self) -> *const F {
        self.0.load(Ordering::Acquire)
    }
}

impl<F: Send + Sync> Captures for Closure<F> {
    fn clear(&self) {
        let func = self.0.swap(std::ptr::null_mut(), Ordering::AcqRel);
        if !func.is_null() {
            // SAFETY: it is from `new`, and who swapped it out has it alone: while it runs, its store is borrowed, and either
            // a clone of the `Func` is, too, or a guest got hold of it.
            drop(unsafe { Box::from_raw(func) });
        }
    }
}

/// What the C API keeps for a host function, as long as the store lives.
struct Env<T, F> {
    closure: Arc<Closure<F>>,
    store: NonNull<Inner<T>>,
    id: StoreId,
}

/// The C API's callback: runs a host function.
///
/// # Safety
///
/// `env` is an `Env<T, F>`; arguments and results are as weft_func_callback_t says.
unsafe extern "C" fn run<T, F>(
    env: *mut c_void,
    _: *mut sys::weft_caller_t,
    args: *const sys::weft_val_t,
    arg_count: usize,
    results: *mut sys::weft_val_t,
    result_count: usize,
) -> *mut sys::weft_error_t
where
    T: 'static,
    F: Send
        + Sync
        + Fn(StoreContextMut<'_, T>, &[Val<Engine>], &mut [Val<Engine>]) -> anyhow::Result<()>,
{
    let call = || {
        // SAFETY: promised by the caller. The closure is there: see `Captures::clear`.
        let (env, func) = unsafe {
            let env = &*env.cast::<Env<T, F>>();
            (env, &*env.closure.get())
        };
        type Copies = SmallVec<[Val<Engine>; 4]>;
        // SAFETY: there are so many arguments and results, all of this store.
        let (args, mut values) = unsafe {
            let copies = |values: &[sys::weft_val_t]| -> Result<Copies, Error> {
                values.iter().map(|value| copy(value, env.id)).collect()
            };
            (copies(elements(args, arg_count))?, copies(elements(results, result_count))?)
        };
        // SAFETY: this store is the one that runs, borrowed by who called the guest, and used through this context only.
        func(unsafe { StoreContextMut::new(env.store) }, &args, &mut values)?;
        for (index, value) in values.iter().enumerate() {
            // SAFETY: there is a place for each result. What was there before isn't ours.
            unsafe { results.add(index).write(give(value, env.id)?) };
        }
        Ok(())
    };
    to_c(catch_unwind(AssertUnwindSafe(call)))
}

/// The C API's finalizer: the store is gone.
///
/// # Safety
///
/// `env` is an `Env<T, F>`, and the caller's.
unsafe extern "C" fn finalize<T, F: Send + Sync>(env: *mut c_void) {
    drop_quietly(|| {
        // SAFETY: promised by the caller.
        let env = unsafe { Box::from_raw(env.cast::<Env<T, F>>()) };
        env.closure.clear();
    });
}

impl Func {
    /// A function of the host's. Fails if the store has no room for it.
    ///
    /// A panic of the function goes through the guest and comes out of the outermost call.
    pub fn try_new<T: 'static>(
        mut ctx: impl AsContextMut<Engine, UserState = T>,
        ty: &FuncType,
        func: impl 'static
            + Send
            + Sync
            + Fn(StoreContextMut<'_, T>, &[Val<Engine>], &mut [Val<Engine>]) -> anyhow::Result<()>,
    ) -> Result<Self, Error> {
        /// The functions for a closure's type, which has no name.
        fn callbacks<T: 'static, F>(_: &Env<T, F>) -> (sys::weft_func_callback_t, sys::Finalizer)
        where
            F: Send
                + Sync
                + Fn(StoreContextMut<'_, T>, &[Val<Engine>], &mut [Val<Engine>]) -> anyhow::Result<()>,
        {
            (Some(run::<T, F>), Some(finalize::<T, F>))
        }

        let ctx = ctx.as_context_mut();
        let closure = Arc::new(Closure::new(func));
        let id = ctx.id();
        let env = Env { closure: closure.clone(), store: ctx.inner(), id };
        let (callback, finalizer) = callbacks(&env);
        let ty = func_type_to_c(ty);
        let env = Box::into_raw(Box::new(env)).cast();
        let mut raw = std::ptr::null_mut();
        // SAFETY: the store is the context's; the type is lent; the environment goes with its finalizer; the function is ours.
        let handle = unsafe {
            check_own(sys::weft_func_new(
                ctx.raw(),
                ty.get(),
                callback,
                env,
                finalizer,
                &raw mut raw,
            ))?;
            Handle::take(raw, id)
        };
        let host = Host { closure, escaped: AtomicBool::new(false) };
        Ok(Self { handle, host: Some(Arc::new(host)) })
    }

    /// A function that the C API gave.
    ///
    /// # Safety
    ///
    /// As for [`Handle::take`].
    pub(crate) unsafe fn from_raw(raw: *mut sys::wasm_func_t, store: StoreId) -> Self {
        // SAFETY: promised by the caller.
        Self { handle: unsafe { Handle::take(raw, store) }, host: None }
    }

    /// A reference of the C API's; `None` for null.
    ///
    /// # Safety
    ///
    /// The reference is to a function, the caller's, who gives it away, and of that store.
    pub(crate) unsafe fn take(raw: *mut sys::wasm_ref_t, store: StoreId) -> Option<Self> {
        // SAFETY: promised by the caller; the cast gives the same object another name.
        (!raw.is_null()).then(|| unsafe { Self::from_raw(sys::wasm_ref_as_func(raw), store) })
    }

    /// The C API's function, lent to a guest of that store.
    pub(crate) fn lend(&self, store: StoreId) -> Result<*mut sys::wasm_func_t, Error> {
        let raw = self.handle.get_in(store)?;
        if let Some(host) = &self.host {
            host.escaped.store(true, Ordering::Relaxed);
        }
        Ok(raw)
    }
}

impl WasmFunc<Engine> for Func {
    /// # Panics
    ///
    /// If [`Func::try_new`] fails.
    fn new<T: 'static>(
        ctx: impl AsContextMut<Engine, UserState = T>,
        ty: FuncType,
        func: impl 'static
            + Send
            + Sync
            + Fn(StoreContextMut<'_, T>, &[Val<Engine>], &mut [Val<Engine>]) -> anyhow::Result<()>,
    ) -> Self {
        Self::try_new(ctx, &ty, func)
            .unwrap_or_else(|error| panic!("a function could not be made: {error}"))
    }

    /// # Panics
    ///
    /// If the function is of another store, or `wasm_runtime_layer` has no words for its type.
    fn ty(&self, ctx: impl AsContext<Engine>) -> FuncType {
        let ctx = ctx.as_context();
        let ty = self.handle.get(&ctx).and_then(|raw| {
            // SAFETY: the function is alive; the type is ours.
            unsafe {
                let ty = Owned::new(sys::wasm_func_type(raw));
                func_type_from_c(ty.get())
            }
        });
        ty.unwrap_or_else(|error| panic!("{error}"))
    }

    fn call<T>(
        &self,
        mut ctx: impl AsContextMut<Engine>,
        args: &[Val<Engine>],
        results: &mut [Val<Engine>],
    ) -> anyhow::Result<()> {
        let ctx = ctx.as_context_mut();
        let store = ctx.id();
        let raw = self.handle.get_in(store)?;
        let args = args.iter().map(|value| lend(value, store)).collect::<Result<Values, _>>()?;
        let mut out: Values = smallvec![ZERO; results.len()];
        // SAFETY: the function is alive, and its store borrowed mutably; arguments are lent.
        unsafe {
            check(sys::weft_func_call(
                raw,
                args.as_ptr(),
                args.len(),
                out.as_mut_ptr(),
                out.len(),
            ))?;
        }
        let mut error = None;
        for (result, value) in results.iter_mut().zip(&out) {
            // SAFETY: references in the results are ours.
            match unsafe { take(value, store) } {
                Ok(value) => *result = value,
                Err(unsupported) => error = Some(unsupported),
            }
        }
        error.map_or(Ok(()), |error| Err(error.into()))
    }
}

impl std::fmt::Debug for Func {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Func").field(&self.handle).finish()
    }
}
