//! Declarations of Weft's C API (`api/include/wasm.h`, `api/include/weft.h`): what this crate needs of it, by the names there.
//!
//! They are written by hand. The tests make a C program of them, which a compiler compares with the headers: signatures,
//! sizes, offsets and constants.

#![allow(non_camel_case_types)]

use std::ffi::{c_char, c_int, c_void};

/// Types that C knows by pointers only.
macro_rules! opaque {
    ($($name:ident)*) => {$(
        #[repr(C)]
        pub struct $name {
            _opaque: [u8; 0],
            _not_auto: core::marker::PhantomData<(*mut u8, core::marker::PhantomPinned)>,
        }
    )*};
}

opaque! {
    wasm_config_t wasm_engine_t wasm_store_t wasm_module_t wasm_instance_t
    wasm_valtype_t wasm_functype_t wasm_globaltype_t wasm_tabletype_t wasm_memorytype_t
    wasm_externtype_t wasm_importtype_t wasm_exporttype_t
    wasm_ref_t wasm_extern_t wasm_func_t wasm_global_t wasm_table_t wasm_memory_t wasm_foreign_t
    weft_error_t weft_interrupt_t weft_caller_t weft_linker_t weft_wasi_config_t
    weft_capture_t
}

/// Structures, and for the tests their names and fields.
macro_rules! structs {
    ($($(#[$attribute:meta])* $kind:ident $name:ident { $($field:ident: $type:ty,)* })*) => {
        $(
            #[repr(C)]
            #[derive(Clone, Copy)]
            $(#[$attribute])*
            pub $kind $name {
                $(pub $field: $type,)*
            }
        )*

        /// Name, size, and each field's name, offset and size.
        #[cfg(test)]
        pub type Layout = (&'static str, usize, Vec<(&'static str, usize, usize)>);
        #[cfg(test)]
        pub fn layouts() -> Vec<Layout> {
            /// The size of what the function takes out of a structure.
            fn size_of_field<S, F>(_: impl Fn(S) -> F) -> usize {
                size_of::<F>()
            }
            vec![$((
                stringify!($name),
                size_of::<$name>(),
                vec![$((
                    stringify!($field),
                    core::mem::offset_of!($name, $field),
                    // SAFETY: never called.
                    size_of_field(|s: $name| unsafe { s.$field }),
                ),)*],
            ),)*]
        }
    };
}

#[cfg_attr(test, allow(unused_unsafe))]
mod structures {
    use super::*;

    structs! {
        struct weft_str_t {
            data: *const c_char,
            size: usize,
        }
        struct wasm_byte_vec_t {
            size: usize,
            data: *mut c_char,
        }
        struct wasm_valtype_vec_t {
            size: usize,
            data: *mut *mut wasm_valtype_t,
        }
        struct wasm_importtype_vec_t {
            size: usize,
            data: *mut *mut wasm_importtype_t,
        }
        struct wasm_exporttype_vec_t {
            size: usize,
            data: *mut *mut wasm_exporttype_t,
        }
        struct wasm_extern_vec_t {
            size: usize,
            data: *mut *mut wasm_extern_t,
        }
        struct weft_frame_t {
            func_index: u32,
            func_name: weft_str_t,
            module_name: weft_str_t,
            module_offset: u64,
            func_offset: u64,
        }
        struct weft_heaptype_t {
            kind: u8,
            hierarchy: u8,
            index: u32,
        }
        struct weft_limits_t {
            min: u64,
            max: u64,
            has_max: bool,
            is64: bool,
        }
        struct weft_store_limits_t {
            memory_bytes: u64,
            table_elements: u64,
            memories: u64,
            tables: u64,
            instances: u64,
            gc_heap_bytes: u64,
        }
        struct weft_module_limits_t {
            module_bytes: u64,
            types: u32,
            functions: u32,
            imports: u32,
            exports: u32,
            globals: u32,
            tags: u32,
            tables: u32,
            memories: u32,
            data_segments: u32,
            element_segments: u32,
            params: u32,
            results: u32,
            locals: u32,
            function_bytes: u32,
            name_bytes: u32,
            table_elements: u64,
            memory_pages: u64,
            memory64_pages: u64,
            subtyping_depth: u32,
            struct_fields: u32,
        }
        struct weft_val_t {
            kind: u8,
            of: weft_val_of_t,
        }
        /// What is called `of` in a weft_val_t, where it has no name of its own.
        union weft_val_of_t {
            i32: i32,
            i64: i64,
            f32: u32,
            f64: u64,
            v128: [u8; 16],
            r#ref: *mut wasm_ref_t,
        }
    }
}
pub use structures::*;

pub type Finalizer = Option<unsafe extern "C" fn(*mut c_void)>;
pub type weft_func_callback_t = Option<
    unsafe extern "C" fn(
        env: *mut c_void,
        caller: *mut weft_caller_t,
        args: *const weft_val_t,
        arg_count: usize,
        results: *mut weft_val_t,
        result_count: usize,
    ) -> *mut weft_error_t,
>;

/// Constants, and for the tests their names.
macro_rules! constants {
    ($($name:ident = $value:literal: $type:ty;)*) => {
        $(pub const $name: $type = $value;)*

        #[cfg(test)]
        pub const CONSTANTS: &[(&str, u64)] = &[$((stringify!($name), $value),)*];
    };
}

constants! {
    WASM_I32 = 0: u8;
    WASM_I64 = 1: u8;
    WASM_F32 = 2: u8;
    WASM_F64 = 3: u8;
    WEFT_V128 = 4: u8;
    WASM_EXTERNREF = 128: u8;
    WASM_FUNCREF = 129: u8;
    WASM_CONST = 0: u8;
    WASM_VAR = 1: u8;
    WASM_EXTERN_FUNC = 0: u8;
    WASM_EXTERN_GLOBAL = 1: u8;
    WASM_EXTERN_TABLE = 2: u8;
    WASM_EXTERN_MEMORY = 3: u8;
    WEFT_HEAP_FUNC = 0: u8;
    WEFT_HEAP_EXTERN = 1: u8;
    WEFT_MEMORY_AUTO = 0: u8;
    WEFT_MEMORY_GUARD = 1: u8;
    WEFT_MEMORY_EXPLICIT = 2: u8;
    WEFT_WASI_STDOUT = 1: u8;
    WEFT_WASI_STDERR = 2: u8;
    WEFT_WASI_READ = 1: u32;
    WEFT_WASI_ALL = 7: u32;
    WEFT_UNLIMITED = 0xffff_ffff_ffff_ffff: u64;
}

/// Functions, and for the tests what their declarations say.
macro_rules! functions {
    ($(fn $name:ident($($arg:ident: $type:ty),* $(,)?) $(-> $result:ty)?;)*) => {
        extern "C" {
            $(pub fn $name($($arg: $type),*) $(-> $result)?;)*
        }

        /// Name, types of parameters, type of the result, as they are written above.
        #[cfg(test)]
        pub const FUNCTIONS: &[(&str, &[&str], &str)] =
            &[$((stringify!($name), &[$(stringify!($type)),*], concat!($(stringify!($result))?)),)*];
    };
}

functions! {
    fn weft_version() -> *const c_char;

    fn weft_error_new(code: u8, message: weft_str_t) -> *mut weft_error_t;
    fn weft_error_new_trap(code: u8, detail: weft_str_t) -> *mut weft_error_t;
    fn weft_error_new_exit(status: i32) -> *mut weft_error_t;
    fn weft_error_new_host(message: weft_str_t, payload: *mut c_void, finalizer: Finalizer) -> *mut weft_error_t;
    fn weft_error_copy(error: *const weft_error_t) -> *mut weft_error_t;
    fn weft_error_delete(error: *mut weft_error_t);
    fn weft_error_code(error: *const weft_error_t) -> u8;
    fn weft_error_message(error: *const weft_error_t) -> weft_str_t;
    fn weft_error_describe(error: *const weft_error_t, out: *mut wasm_byte_vec_t);
    fn weft_error_trap_code(error: *const weft_error_t, out: *mut u8) -> bool;
    fn weft_error_exit_status(error: *const weft_error_t, out: *mut i32) -> bool;
    fn weft_error_byte_offset(error: *const weft_error_t, out: *mut u64) -> bool;
    fn weft_error_os_error(error: *const weft_error_t, out: *mut c_int) -> bool;
    fn weft_error_frame_count(error: *const weft_error_t) -> usize;
    fn weft_error_frame(error: *const weft_error_t, index: usize, out: *mut weft_frame_t) -> bool;
    fn weft_error_take_payload(error: *mut weft_error_t, finalizer: Finalizer) -> *mut c_void;
    fn weft_errc_name(code: u8) -> weft_str_t;
    fn weft_trap_text(code: u8) -> weft_str_t;
    fn wasm_byte_vec_delete(bytes: *mut wasm_byte_vec_t);

    fn wasm_config_new() -> *mut wasm_config_t;
    fn wasm_config_delete(config: *mut wasm_config_t);
    fn weft_config_set_backend(config: *mut wasm_config_t, name: weft_str_t) -> *mut weft_error_t;
    fn weft_config_set_fuel(config: *mut wasm_config_t, on: bool) -> *mut weft_error_t;
    fn weft_config_set_interruption(config: *mut wasm_config_t, on: bool) -> *mut weft_error_t;
    fn weft_config_set_backtraces(config: *mut wasm_config_t, on: bool) -> *mut weft_error_t;
    fn weft_config_set_eager_translation(config: *mut wasm_config_t, on: bool) -> *mut weft_error_t;
    fn weft_config_set_max_stack_bytes(config: *mut wasm_config_t, bytes: usize) -> *mut weft_error_t;
    fn weft_config_set_max_call_depth(config: *mut wasm_config_t, calls: u32) -> *mut weft_error_t;
    fn weft_config_set_max_host_depth(config: *mut wasm_config_t, calls: u32) -> *mut weft_error_t;
    fn weft_config_set_memory_mode(config: *mut wasm_config_t, mode: u8) -> *mut weft_error_t;
    fn weft_config_set_validation_threads(config: *mut wasm_config_t, threads: u32) -> *mut weft_error_t;
    fn weft_config_set_features(config: *mut wasm_config_t, list: weft_str_t) -> *mut weft_error_t;
    fn weft_module_limits_strict(out: *mut weft_module_limits_t);
    fn weft_config_set_module_limits(
        config: *mut wasm_config_t,
        limits: *const weft_module_limits_t,
    ) -> *mut weft_error_t;

    fn weft_engine_new(config: *mut wasm_config_t, out: *mut *mut wasm_engine_t) -> *mut weft_error_t;
    fn weft_engine_copy(engine: *const wasm_engine_t) -> *mut wasm_engine_t;
    fn wasm_engine_delete(engine: *mut wasm_engine_t);

    fn weft_store_new(engine: *const wasm_engine_t, out: *mut *mut wasm_store_t) -> *mut weft_error_t;
    fn wasm_store_delete(store: *mut wasm_store_t);
    fn weft_store_id(store: *const wasm_store_t) -> u64;
    fn weft_store_set_limits(store: *mut wasm_store_t, limits: *const weft_store_limits_t) -> *mut weft_error_t;
    fn weft_store_set_fuel(store: *mut wasm_store_t, units: u64) -> *mut weft_error_t;
    fn weft_store_add_fuel(store: *mut wasm_store_t, units: u64) -> *mut weft_error_t;
    fn weft_store_fuel(store: *const wasm_store_t, out: *mut u64) -> *mut weft_error_t;
    fn weft_store_gc(store: *mut wasm_store_t) -> *mut weft_error_t;
    fn weft_store_interrupt(store: *const wasm_store_t) -> *mut weft_interrupt_t;
    fn weft_store_check_interrupt(store: *mut wasm_store_t) -> *mut weft_error_t;
    fn weft_store_clear_interrupt(store: *mut wasm_store_t);
    fn weft_interrupt(interrupt: *const weft_interrupt_t);
    fn weft_interrupt_copy(interrupt: *const weft_interrupt_t) -> *mut weft_interrupt_t;
    fn weft_interrupt_delete(interrupt: *mut weft_interrupt_t);

    fn wasm_valtype_new(kind: u8) -> *mut wasm_valtype_t;
    fn wasm_valtype_delete(r#type: *mut wasm_valtype_t);
    fn wasm_valtype_kind(r#type: *const wasm_valtype_t) -> u8;
    fn weft_valtype_heap(r#type: *const wasm_valtype_t, out: *mut weft_heaptype_t) -> bool;
    fn weft_valtype_is_nullable(r#type: *const wasm_valtype_t) -> bool;
    fn weft_valtype_text(r#type: *const wasm_valtype_t, out: *mut wasm_byte_vec_t);
    fn wasm_valtype_vec_new(
        out: *mut wasm_valtype_vec_t,
        size: usize,
        items: *const *mut wasm_valtype_t,
    );
    fn wasm_functype_new(
        params: *mut wasm_valtype_vec_t,
        results: *mut wasm_valtype_vec_t,
    ) -> *mut wasm_functype_t;
    fn wasm_functype_delete(r#type: *mut wasm_functype_t);
    fn wasm_functype_params(r#type: *const wasm_functype_t) -> *const wasm_valtype_vec_t;
    fn wasm_functype_results(r#type: *const wasm_functype_t) -> *const wasm_valtype_vec_t;
    fn wasm_globaltype_new(content: *mut wasm_valtype_t, mutability: u8) -> *mut wasm_globaltype_t;
    fn wasm_globaltype_delete(r#type: *mut wasm_globaltype_t);
    fn wasm_globaltype_content(r#type: *const wasm_globaltype_t) -> *const wasm_valtype_t;
    fn wasm_globaltype_mutability(r#type: *const wasm_globaltype_t) -> u8;
    fn weft_tabletype_new(element: *mut wasm_valtype_t, limits: *const weft_limits_t) -> *mut wasm_tabletype_t;
    fn wasm_tabletype_delete(r#type: *mut wasm_tabletype_t);
    fn wasm_tabletype_element(r#type: *const wasm_tabletype_t) -> *const wasm_valtype_t;
    fn weft_tabletype_limits(r#type: *const wasm_tabletype_t, out: *mut weft_limits_t) -> bool;
    fn weft_memorytype_new(limits: *const weft_limits_t, shared: bool, page_size_log2: u8) -> *mut wasm_memorytype_t;
    fn wasm_memorytype_delete(r#type: *mut wasm_memorytype_t);
    fn weft_memorytype_limits(r#type: *const wasm_memorytype_t, out: *mut weft_limits_t) -> bool;
    fn weft_memorytype_is_shared(r#type: *const wasm_memorytype_t) -> bool;
    fn weft_memorytype_page_size_log2(r#type: *const wasm_memorytype_t) -> u8;
    fn wasm_externtype_kind(r#type: *const wasm_externtype_t) -> u8;
    fn weft_externtype_text(r#type: *const wasm_externtype_t, out: *mut wasm_byte_vec_t);
    fn wasm_externtype_as_functype_const(r#type: *const wasm_externtype_t) -> *const wasm_functype_t;
    fn wasm_externtype_as_globaltype_const(r#type: *const wasm_externtype_t) -> *const wasm_globaltype_t;
    fn wasm_externtype_as_tabletype_const(r#type: *const wasm_externtype_t) -> *const wasm_tabletype_t;
    fn wasm_externtype_as_memorytype_const(r#type: *const wasm_externtype_t) -> *const wasm_memorytype_t;
    fn wasm_importtype_module(import: *const wasm_importtype_t) -> *const wasm_byte_vec_t;
    fn wasm_importtype_name(import: *const wasm_importtype_t) -> *const wasm_byte_vec_t;
    fn wasm_importtype_type(import: *const wasm_importtype_t) -> *const wasm_externtype_t;
    fn wasm_importtype_vec_delete(imports: *mut wasm_importtype_vec_t);
    fn wasm_exporttype_name(export: *const wasm_exporttype_t) -> *const wasm_byte_vec_t;
    fn wasm_exporttype_type(export: *const wasm_exporttype_t) -> *const wasm_externtype_t;
    fn wasm_exporttype_vec_delete(exports: *mut wasm_exporttype_vec_t);

    fn weft_module_new(
        engine: *const wasm_engine_t,
        bytes: *const c_void,
        size: usize,
        out: *mut *mut wasm_module_t,
    ) -> *mut weft_error_t;
    fn wasm_module_delete(module: *mut wasm_module_t);
    fn wasm_module_imports(module: *const wasm_module_t, out: *mut wasm_importtype_vec_t);
    fn wasm_module_exports(module: *const wasm_module_t, out: *mut wasm_exporttype_vec_t);

    fn weft_linker_new(engine: *const wasm_engine_t) -> *mut weft_linker_t;
    fn weft_linker_delete(linker: *mut weft_linker_t);
    fn weft_linker_define(
        linker: *mut weft_linker_t,
        module: weft_str_t,
        name: weft_str_t,
        item: *const wasm_extern_t,
    ) -> *mut weft_error_t;
    fn weft_linker_get(
        linker: *const weft_linker_t,
        store: *mut wasm_store_t,
        module: weft_str_t,
        name: weft_str_t,
        out: *mut *mut wasm_extern_t,
    ) -> *mut weft_error_t;
    fn weft_linker_wasi(linker: *mut weft_linker_t) -> *mut weft_error_t;
    fn weft_linker_has(linker: *const weft_linker_t, module: weft_str_t, name: weft_str_t) -> bool;
    fn weft_linker_instantiate(
        linker: *const weft_linker_t,
        store: *mut wasm_store_t,
        module: *const wasm_module_t,
        out: *mut *mut wasm_instance_t,
    ) -> *mut weft_error_t;
    fn wasm_instance_delete(instance: *mut wasm_instance_t);
    fn wasm_instance_exports(instance: *const wasm_instance_t, out: *mut wasm_extern_vec_t);

    fn wasm_ref_copy(reference: *const wasm_ref_t) -> *mut wasm_ref_t;
    fn wasm_ref_delete(reference: *mut wasm_ref_t);
    fn wasm_ref_as_func(reference: *mut wasm_ref_t) -> *mut wasm_func_t;
    fn wasm_ref_as_foreign_const(reference: *const wasm_ref_t) -> *const wasm_foreign_t;
    fn wasm_foreign_as_ref(foreign: *mut wasm_foreign_t) -> *mut wasm_ref_t;
    fn weft_foreign_new(
        store: *mut wasm_store_t,
        payload: *mut c_void,
        finalizer: Finalizer,
        out: *mut *mut wasm_foreign_t,
    ) -> *mut weft_error_t;
    fn weft_foreign_payload(foreign: *const wasm_foreign_t, finalizer: Finalizer) -> *mut c_void;

    fn wasm_extern_vec_delete(externs: *mut wasm_extern_vec_t);
    fn wasm_extern_as_func(external: *mut wasm_extern_t) -> *mut wasm_func_t;
    fn wasm_extern_as_global(external: *mut wasm_extern_t) -> *mut wasm_global_t;
    fn wasm_extern_as_table(external: *mut wasm_extern_t) -> *mut wasm_table_t;
    fn wasm_extern_as_memory(external: *mut wasm_extern_t) -> *mut wasm_memory_t;
    fn wasm_func_as_extern_const(func: *const wasm_func_t) -> *const wasm_extern_t;
    fn wasm_global_as_extern_const(global: *const wasm_global_t) -> *const wasm_extern_t;
    fn wasm_table_as_extern_const(table: *const wasm_table_t) -> *const wasm_extern_t;
    fn wasm_memory_as_extern_const(memory: *const wasm_memory_t) -> *const wasm_extern_t;

    fn weft_func_new(
        store: *mut wasm_store_t,
        r#type: *const wasm_functype_t,
        callback: weft_func_callback_t,
        env: *mut c_void,
        finalizer: Finalizer,
        out: *mut *mut wasm_func_t,
    ) -> *mut weft_error_t;
    fn wasm_func_delete(func: *mut wasm_func_t);
    fn wasm_func_as_ref(func: *mut wasm_func_t) -> *mut wasm_ref_t;
    fn wasm_func_type(func: *const wasm_func_t) -> *mut wasm_functype_t;
    fn weft_func_call(
        func: *const wasm_func_t,
        args: *const weft_val_t,
        arg_count: usize,
        results: *mut weft_val_t,
        result_count: usize,
    ) -> *mut weft_error_t;

    fn weft_global_new(
        store: *mut wasm_store_t,
        r#type: *const wasm_globaltype_t,
        init: *const weft_val_t,
        out: *mut *mut wasm_global_t,
    ) -> *mut weft_error_t;
    fn wasm_global_delete(global: *mut wasm_global_t);
    fn wasm_global_type(global: *const wasm_global_t) -> *mut wasm_globaltype_t;
    fn weft_global_get(global: *const wasm_global_t, out: *mut weft_val_t) -> *mut weft_error_t;
    fn weft_global_set(global: *mut wasm_global_t, value: *const weft_val_t) -> *mut weft_error_t;

    fn weft_table_new(
        store: *mut wasm_store_t,
        r#type: *const wasm_tabletype_t,
        init: *const wasm_ref_t,
        out: *mut *mut wasm_table_t,
    ) -> *mut weft_error_t;
    fn wasm_table_delete(table: *mut wasm_table_t);
    fn wasm_table_type(table: *const wasm_table_t) -> *mut wasm_tabletype_t;
    fn weft_table_size(table: *const wasm_table_t, out: *mut u64) -> *mut weft_error_t;
    fn weft_table_grow(
        table: *mut wasm_table_t,
        count: u64,
        init: *const wasm_ref_t,
        before: *mut u64,
    ) -> *mut weft_error_t;
    fn weft_table_get(table: *const wasm_table_t, index: u64, out: *mut *mut wasm_ref_t) -> *mut weft_error_t;
    fn weft_table_set(table: *mut wasm_table_t, index: u64, value: *const wasm_ref_t) -> *mut weft_error_t;

    fn weft_memory_new(
        store: *mut wasm_store_t,
        r#type: *const wasm_memorytype_t,
        out: *mut *mut wasm_memory_t,
    ) -> *mut weft_error_t;
    fn wasm_memory_delete(memory: *mut wasm_memory_t);
    fn wasm_memory_type(memory: *const wasm_memory_t) -> *mut wasm_memorytype_t;
    fn weft_memory_pages(memory: *const wasm_memory_t, out: *mut u64) -> *mut weft_error_t;
    fn weft_memory_grow(memory: *mut wasm_memory_t, pages: u64, before: *mut u64) -> *mut weft_error_t;
    fn weft_memory_read(memory: *const wasm_memory_t, address: u64, to: *mut c_void, size: usize) -> *mut weft_error_t;
    fn weft_memory_write(memory: *mut wasm_memory_t, address: u64, from: *const c_void, size: usize) -> *mut weft_error_t;
    fn weft_memory_data(memory: *const wasm_memory_t, data: *mut *mut u8, size: *mut u64) -> *mut weft_error_t;

    fn weft_wasi_config_new() -> *mut weft_wasi_config_t;
    fn weft_wasi_config_delete(config: *mut weft_wasi_config_t);
    fn weft_wasi_arg(config: *mut weft_wasi_config_t, value: weft_str_t) -> *mut weft_error_t;
    fn weft_wasi_env(
        config: *mut weft_wasi_config_t,
        name: weft_str_t,
        value: weft_str_t,
    ) -> *mut weft_error_t;
    fn weft_wasi_inherit_stdio(config: *mut weft_wasi_config_t) -> *mut weft_error_t;
    fn weft_wasi_stdin_bytes(
        config: *mut weft_wasi_config_t,
        bytes: *const c_void,
        size: usize,
    ) -> *mut weft_error_t;
    fn weft_wasi_capture(
        config: *mut weft_wasi_config_t,
        stream: u8,
        limit: usize,
        out: *mut *mut weft_capture_t,
    ) -> *mut weft_error_t;
    fn weft_capture_contents(capture: *const weft_capture_t, out: *mut wasm_byte_vec_t);
    fn weft_capture_delete(capture: *mut weft_capture_t);
    fn weft_wasi_preopen(
        config: *mut weft_wasi_config_t,
        host_directory: weft_str_t,
        guest_path: weft_str_t,
        rights: u32,
    ) -> *mut weft_error_t;
    fn weft_store_set_wasi(
        store: *mut wasm_store_t,
        config: *const weft_wasi_config_t,
    ) -> *mut weft_error_t;
}
