//! Values, to the C API's and back.

use smallvec::SmallVec;
use wasm_runtime_layer::backend::{Ref, Val};

use crate::engine::Engine;
use crate::error::{Error, ErrorCode};
use crate::externref::ExternRef;
use crate::func::Func;
use crate::object::Owned;
use crate::store::StoreId;
use crate::sys::{self, weft_val_of_t, weft_val_t};
use crate::types::kind_of;

/// Values of a call, a few of which need no memory.
pub type Values = SmallVec<[weft_val_t; 4]>;

/// A zero, for the C API to write over.
pub const ZERO: weft_val_t = weft_val_t { kind: sys::WASM_I64, of: weft_val_of_t { i64: 0 } };

/// The reference of a value, lent as long as the value is. What is lent may come to stay in the store.
pub fn lend_ref(value: &Ref<Engine>, store: StoreId) -> Result<*mut sys::wasm_ref_t, Error> {
    match value {
        // SAFETY: the function is alive, and gets another name.
        Ref::FuncRef(Some(func)) => Ok(unsafe { sys::wasm_func_as_ref(func.lend(store)?) }),
        Ref::ExternRef(Some(object)) => object.lend_ref(store),
        Ref::FuncRef(None) | Ref::ExternRef(None) => Ok(std::ptr::null_mut()),
    }
}

/// A value, lent as long as the original is. References to what is in another store are errors.
pub fn lend(value: &Val<Engine>, store: StoreId) -> Result<weft_val_t, Error> {
    let reference = |r: Ref<Engine>| Ok(weft_val_of_t { r#ref: lend_ref(&r, store)? });
    let of = match value {
        Val::I32(x) => weft_val_of_t { i32: *x },
        Val::I64(x) => weft_val_of_t { i64: *x },
        Val::F32(x) => weft_val_of_t { f32: x.to_bits() },
        Val::F64(x) => weft_val_of_t { f64: x.to_bits() },
        Val::V128(x) => weft_val_of_t { v128: x.to_le_bytes() },
        Val::FuncRef(x) => reference(Ref::FuncRef(x.clone()))?,
        Val::ExternRef(x) => reference(Ref::ExternRef(x.clone()))?,
    };
    Ok(weft_val_t { kind: kind_of(value.ty()), of })
}

/// As [`lend`], for who takes over the references.
pub fn give(value: &Val<Engine>, store: StoreId) -> Result<weft_val_t, Error> {
    let mut lent = lend(value, store)?;
    if lent.kind >= sys::WASM_EXTERNREF {
        // SAFETY: a value of such a kind has a reference, which is alive, or null; the copy is the taker's.
        unsafe { lent.of.r#ref = sys::wasm_ref_copy(lent.of.r#ref) };
    }
    Ok(lent)
}

/// A value of the C API's, whose reference becomes the result's.
///
/// # Safety
///
/// A reference in it is the caller's, and of that store.
pub unsafe fn take(value: &weft_val_t, store: StoreId) -> Result<Val<Engine>, Error> {
    // SAFETY: the kind says which member counts; references are the caller's, who gives them away.
    unsafe {
        Ok(match value.kind {
            sys::WASM_I32 => Val::I32(value.of.i32),
            sys::WASM_I64 => Val::I64(value.of.i64),
            sys::WASM_F32 => Val::F32(f32::from_bits(value.of.f32)),
            sys::WASM_F64 => Val::F64(f64::from_bits(value.of.f64)),
            sys::WEFT_V128 => Val::V128(u128::from_le_bytes(value.of.v128)),
            sys::WASM_FUNCREF => Val::FuncRef(Func::take(value.of.r#ref, store)),
            sys::WASM_EXTERNREF => Val::ExternRef(ExternRef::take(value.of.r#ref, store)),
            _ => {
                if !value.of.r#ref.is_null() {
                    drop(Owned::new(value.of.r#ref));
                }
                return Err(Error::new(
                    ErrorCode::Unsupported,
                    "wasm_runtime_layer has no values of this type",
                ));
            }
        })
    }
}

/// A copy of a value that the C API lends.
///
/// # Safety
///
/// A reference in it is alive, and of that store.
pub unsafe fn copy(value: &weft_val_t, store: StoreId) -> Result<Val<Engine>, Error> {
    let mut value = *value;
    if value.kind >= sys::WASM_EXTERNREF {
        // SAFETY: promised by the caller.
        unsafe { value.of.r#ref = sys::wasm_ref_copy(value.of.r#ref) };
    }
    // SAFETY: the copy is ours.
    unsafe { take(&value, store) }
}
