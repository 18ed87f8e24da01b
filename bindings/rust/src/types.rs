//! Types of values and of what is imported and exported, to the C API's and back.

use wasm_runtime_layer::{
    ExternType, FuncType, GlobalType, MemoryType, RefType, TableType, ValType,
};

use crate::error::{take_bytes, Error, ErrorCode};
use crate::object::Owned;
use crate::sys;

/// What is said of types that `wasm_runtime_layer` has no words for.
fn unsupported(what: &str) -> Error {
    Error::new(ErrorCode::Unsupported, &format!("wasm_runtime_layer has no {what}"))
}

/// The C API's kind of a type.
pub fn kind_of(ty: ValType) -> u8 {
    match ty {
        ValType::I32 => sys::WASM_I32,
        ValType::I64 => sys::WASM_I64,
        ValType::F32 => sys::WASM_F32,
        ValType::F64 => sys::WASM_F64,
        ValType::V128 => sys::WEFT_V128,
        ValType::FuncRef => sys::WASM_FUNCREF,
        ValType::ExternRef => sys::WASM_EXTERNREF,
    }
}

/// A new type of the C API's.
fn val_type_to_c(ty: ValType) -> Owned<sys::wasm_valtype_t> {
    // SAFETY: the result is ours.
    unsafe { Owned::new(sys::wasm_valtype_new(kind_of(ty))) }
}

/// # Safety
///
/// The type is alive.
unsafe fn val_type_from_c(ty: *const sys::wasm_valtype_t) -> Result<ValType, Error> {
    // SAFETY: promised by the caller.
    let kind = unsafe { sys::wasm_valtype_kind(ty) };
    let of_kind = match kind {
        sys::WASM_I32 => return Ok(ValType::I32),
        sys::WASM_I64 => return Ok(ValType::I64),
        sys::WASM_F32 => return Ok(ValType::F32),
        sys::WASM_F64 => return Ok(ValType::F64),
        sys::WEFT_V128 => return Ok(ValType::V128),
        sys::WASM_FUNCREF => Some((sys::WEFT_HEAP_FUNC, ValType::FuncRef)),
        sys::WASM_EXTERNREF => Some((sys::WEFT_HEAP_EXTERN, ValType::ExternRef)),
        _ => None,
    };
    // Of references, those to any function or any host object, null included.
    let mut heap = sys::weft_heaptype_t { kind: 0, hierarchy: 0, index: 0 };
    // SAFETY: promised by the caller; `heap` is a place for the result.
    let plain =
        unsafe { sys::weft_valtype_heap(ty, &raw mut heap) && sys::weft_valtype_is_nullable(ty) };
    match of_kind {
        Some((expected, ty)) if plain && heap.kind == expected => Ok(ty),
        // SAFETY: promised by the caller.
        _ => Err(unsupported(&take_bytes(|out| unsafe { sys::weft_valtype_text(ty, out) }))),
    }
}

/// # Safety
///
/// The vector and its types are alive.
unsafe fn val_types_from_c(types: *const sys::wasm_valtype_vec_t) -> Result<Vec<ValType>, Error> {
    // SAFETY: promised by the caller.
    unsafe { elements((*types).data, (*types).size) }
        .iter()
        // SAFETY: promised by the caller.
        .map(|&ty| unsafe { val_type_from_c(ty) })
        .collect()
}

/// The elements of a vector of the C API's, whose pointer may be null if there are none.
///
/// # Safety
///
/// There are so many, and they live as long as `'a`.
pub unsafe fn elements<'a, T>(data: *const T, size: usize) -> &'a [T] {
    if size == 0 {
        return &[];
    }
    // SAFETY: promised by the caller.
    unsafe { std::slice::from_raw_parts(data, size) }
}

/// A vector of new types, which is the callee's.
fn val_types_to_c(types: &[ValType]) -> sys::wasm_valtype_vec_t {
    let items: Vec<_> = types.iter().map(|&ty| val_type_to_c(ty).release()).collect();
    let mut out = sys::wasm_valtype_vec_t { size: 0, data: std::ptr::null_mut() };
    // SAFETY: the types become the vector's.
    unsafe { sys::wasm_valtype_vec_new(&raw mut out, items.len(), items.as_ptr()) };
    out
}

/// A new type of the C API's.
pub fn func_type_to_c(ty: &FuncType) -> Owned<sys::wasm_functype_t> {
    let (mut params, mut results) = (val_types_to_c(ty.params()), val_types_to_c(ty.results()));
    // SAFETY: both vectors change hands; the result is ours.
    unsafe { Owned::new(sys::wasm_functype_new(&raw mut params, &raw mut results)) }
}

/// # Safety
///
/// The type is alive.
pub unsafe fn func_type_from_c(ty: *const sys::wasm_functype_t) -> Result<FuncType, Error> {
    // SAFETY: promised by the caller; the vectors live as long as the type.
    unsafe {
        Ok(FuncType::new(
            val_types_from_c(sys::wasm_functype_params(ty))?,
            val_types_from_c(sys::wasm_functype_results(ty))?,
        ))
    }
}

/// A new type of the C API's.
pub fn global_type_to_c(ty: GlobalType) -> Owned<sys::wasm_globaltype_t> {
    let mutability = if ty.mutable() { sys::WASM_VAR } else { sys::WASM_CONST };
    // SAFETY: the type of the content changes hands; the result is ours.
    unsafe {
        Owned::new(sys::wasm_globaltype_new(val_type_to_c(ty.content()).release(), mutability))
    }
}

/// # Safety
///
/// The type is alive.
pub unsafe fn global_type_from_c(ty: *const sys::wasm_globaltype_t) -> Result<GlobalType, Error> {
    // SAFETY: promised by the caller; the type of the content lives as long.
    unsafe {
        let content = val_type_from_c(sys::wasm_globaltype_content(ty))?;
        Ok(GlobalType::new(content, sys::wasm_globaltype_mutability(ty) == sys::WASM_VAR))
    }
}

/// Sizes with 32 bits.
fn limits_to_c(min: u32, max: Option<u32>) -> sys::weft_limits_t {
    sys::weft_limits_t {
        min: min.into(),
        max: max.unwrap_or(0).into(),
        has_max: max.is_some(),
        is64: false,
    }
}

/// Sizes with 32 bits, of what is called `what`.
fn limits_from_c(limits: &sys::weft_limits_t, what: &str) -> Result<(u32, Option<u32>), Error> {
    let narrow = |size: u64| {
        u32::try_from(size).ok().filter(|_| !limits.is64).ok_or_else(|| unsupported(what))
    };
    let max = limits.has_max.then(|| narrow(limits.max)).transpose()?;
    Ok((narrow(limits.min)?, max))
}

/// The type in which a table's elements are values.
fn ref_type_from(ty: ValType) -> RefType {
    match ty {
        ValType::FuncRef => RefType::FuncRef,
        _ => RefType::ExternRef,
    }
}

/// Limits that a function of the C API writes.
fn ask_limits(function: impl FnOnce(*mut sys::weft_limits_t) -> bool) -> sys::weft_limits_t {
    let mut limits = limits_to_c(0, None);
    function(&raw mut limits);
    limits
}

/// A new type of the C API's.
pub fn table_type_to_c(ty: TableType) -> Owned<sys::wasm_tabletype_t> {
    let limits = limits_to_c(ty.minimum(), ty.maximum());
    // SAFETY: the type of the elements changes hands; the result is ours.
    unsafe {
        let element = val_type_to_c(ty.element().into());
        Owned::new(sys::weft_tabletype_new(element.release(), &raw const limits))
    }
}

/// # Safety
///
/// The type is alive.
pub unsafe fn table_type_from_c(ty: *const sys::wasm_tabletype_t) -> Result<TableType, Error> {
    // SAFETY: promised by the caller; the type of the elements lives as long.
    let (element, limits) = unsafe {
        (
            val_type_from_c(sys::wasm_tabletype_element(ty))?,
            ask_limits(|out| sys::weft_tabletype_limits(ty, out)),
        )
    };
    let (min, max) = limits_from_c(&limits, "tables with 64-bit indices")?;
    Ok(TableType::new(ref_type_from(element), min, max))
}

/// A new type of the C API's.
pub fn memory_type_to_c(ty: MemoryType) -> Owned<sys::wasm_memorytype_t> {
    let limits = limits_to_c(ty.initial_pages(), ty.maximum_pages());
    // SAFETY: the result is ours.
    unsafe { Owned::new(sys::weft_memorytype_new(&raw const limits, false, PAGE_SIZE_LOG2)) }
}

/// Pages of 64 KiB.
const PAGE_SIZE_LOG2: u8 = 16;

/// # Safety
///
/// The type is alive.
pub unsafe fn memory_type_from_c(ty: *const sys::wasm_memorytype_t) -> Result<MemoryType, Error> {
    // SAFETY: promised by the caller.
    let (limits, shared, page_size) = unsafe {
        (
            ask_limits(|out| sys::weft_memorytype_limits(ty, out)),
            sys::weft_memorytype_is_shared(ty),
            sys::weft_memorytype_page_size_log2(ty),
        )
    };
    if shared {
        return Err(unsupported("shared memories"));
    }
    if page_size != PAGE_SIZE_LOG2 {
        return Err(unsupported("memories with other page sizes than 64 KiB"));
    }
    let (min, max) = limits_from_c(&limits, "memories with 64-bit addresses")?;
    Ok(MemoryType::new(min, max))
}

/// # Safety
///
/// The type is alive.
pub unsafe fn extern_type_from_c(ty: *const sys::wasm_externtype_t) -> Result<ExternType, Error> {
    // SAFETY: promised by the caller; casts to the type's own kind give the same object.
    unsafe {
        Ok(match sys::wasm_externtype_kind(ty) {
            sys::WASM_EXTERN_FUNC => {
                func_type_from_c(sys::wasm_externtype_as_functype_const(ty))?.into()
            }
            sys::WASM_EXTERN_GLOBAL => {
                global_type_from_c(sys::wasm_externtype_as_globaltype_const(ty))?.into()
            }
            sys::WASM_EXTERN_TABLE => {
                table_type_from_c(sys::wasm_externtype_as_tabletype_const(ty))?.into()
            }
            sys::WASM_EXTERN_MEMORY => {
                memory_type_from_c(sys::wasm_externtype_as_memorytype_const(ty))?.into()
            }
            _ => return Err(unsupported(&take_bytes(|out| sys::weft_externtype_text(ty, out)))),
        })
    }
}
