// Part of <weft.h>: errors, configurations, engines, modules and stores.
#ifndef WEFT_ENGINE_H
#define WEFT_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <wasm.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The library's version, such as "0.1.0".
WASM_API_EXTERN const char* weft_version(void);

////////////////////////////////////////////////////////////////////////////////////////////////////
// Strings

/// UTF-8 that somebody else owns. It may hold NULs, as WebAssembly's names may.
typedef struct weft_str_t {
  const char* data;
  size_t size;
} weft_str_t;

/// A view of a C string; an empty one of NULL.
static inline weft_str_t weft_str(const char* text) {
  weft_str_t view;
  view.data = text;
  view.size = text == NULL ? 0 : strlen(text);
  return view;
}

////////////////////////////////////////////////////////////////////////////////////////////////////
// Errors

/// What kind of failure an error is.
typedef uint8_t weft_errc_t;
enum weft_errc_enum {
  WEFT_ERRC_MALFORMED,      ///< The bytes are no WebAssembly module; see weft_error_byte_offset.
  WEFT_ERRC_INVALID,        ///< The module breaks a validation rule; see weft_error_byte_offset.
  WEFT_ERRC_UNSUPPORTED,    ///< The engine or its backend lacks what was asked for.
  WEFT_ERRC_LINK,           ///< Imports are missing or of the wrong type; a name is defined twice.
  WEFT_ERRC_NOT_FOUND,      ///< There is nothing of that name.
  WEFT_ERRC_TYPE_MISMATCH,  ///< Values or objects of a wrong type or number.
  WEFT_ERRC_WRONG_STORE,    ///< An object belongs to another store.
  WEFT_ERRC_OUT_OF_BOUNDS,  ///< An access outside a memory, a table or an array.
  WEFT_ERRC_LIMIT,          ///< A limit of the engine, the store or its limiter was reached.
  WEFT_ERRC_TRAP,           ///< The guest trapped; see weft_error_trap_code.
  WEFT_ERRC_EXCEPTION,      ///< The guest threw and nothing caught it; see weft_error_exception.
  WEFT_ERRC_EXIT,           ///< The guest ended itself; see weft_error_exit_status.
  WEFT_ERRC_INTERRUPTED,    ///< The guest was stopped by weft_interrupt.
  WEFT_ERRC_OUT_OF_FUEL,    ///< The store's fuel ran out.
  WEFT_ERRC_HOST,           ///< A host function failed; see weft_error_payload.
  WEFT_ERRC_IO,             ///< The operating system refused; see weft_error_os_error.
  WEFT_ERRC_USAGE           ///< The API was used wrongly.
};

/// Why a guest trapped.
typedef uint8_t weft_trap_code_t;
enum weft_trap_code_enum {
  WEFT_TRAP_UNREACHABLE,
  WEFT_TRAP_INTEGER_DIVIDE_BY_ZERO,
  WEFT_TRAP_INTEGER_OVERFLOW,
  WEFT_TRAP_INVALID_CONVERSION_TO_INTEGER,
  WEFT_TRAP_MEMORY_OUT_OF_BOUNDS,
  WEFT_TRAP_TABLE_OUT_OF_BOUNDS,
  WEFT_TRAP_UNDEFINED_ELEMENT,
  WEFT_TRAP_UNINITIALIZED_ELEMENT,
  WEFT_TRAP_INDIRECT_CALL_TYPE_MISMATCH,
  WEFT_TRAP_NULL_REFERENCE,
  WEFT_TRAP_NULL_FUNCTION_REFERENCE,
  WEFT_TRAP_NULL_STRUCTURE_REFERENCE,
  WEFT_TRAP_NULL_ARRAY_REFERENCE,
  WEFT_TRAP_NULL_I31_REFERENCE,
  WEFT_TRAP_NULL_EXCEPTION_REFERENCE,
  WEFT_TRAP_ARRAY_OUT_OF_BOUNDS,
  WEFT_TRAP_CAST_FAILURE,
  WEFT_TRAP_UNALIGNED_ATOMIC,
  WEFT_TRAP_EXPECTED_SHARED_MEMORY,
  WEFT_TRAP_CALL_STACK_EXHAUSTED,
  WEFT_TRAP_OUT_OF_MEMORY
};

/// The code's name, such as "wrong_store"; empty for a number that isn't one.
WASM_API_EXTERN weft_str_t weft_errc_name(weft_errc_t code);
/// The text of a trap, as "integer divide by zero"; empty for a number that isn't one.
WASM_API_EXTERN weft_str_t weft_trap_text(weft_trap_code_t code);

/// A failure.
typedef struct weft_error_t weft_error_t;

/// One function of the guest's stack when an error arose. The names, empty where the module has no
/// name section, live as long as the error.
typedef struct weft_frame_t {
  uint32_t func_index;     ///< In the module's function index space, imports included.
  weft_str_t func_name;    ///< From the name section.
  weft_str_t module_name;  ///< From the name section.
  uint64_t module_offset;  ///< Bytes from the module's start to the instruction.
  uint64_t func_offset;    ///< Bytes from the function's body to the instruction.
} weft_frame_t;

/// What a callback returns to fail. A code that isn't one becomes WEFT_ERRC_HOST.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_error_new(weft_errc_t code, weft_str_t message);
/// Makes the calling guest trap; the text is the code's, followed by ": " and `detail` if that
/// isn't empty.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_error_new_trap(weft_trap_code_t code,
                                                           weft_str_t detail);
/// Ends the guest, as proc_exit does.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_error_new_exit(int32_t status);
/// WEFT_ERRC_HOST with something of the host's, which comes out of the outermost call with its
/// identity. Finalized, on any thread, with the last copy of the error.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_error_new_host(weft_str_t message,
                                                           WASM_OWN void* payload,
                                                           void (*finalizer)(void* payload));
/// A copy; the payload is shared.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_error_copy(const weft_error_t*);
WASM_API_EXTERN void weft_error_delete(WASM_OWN weft_error_t*);

/// WEFT_ERRC_USAGE for NULL.
WASM_API_EXTERN weft_errc_t weft_error_code(const weft_error_t*);
/// One line, without the frames.
WASM_API_EXTERN weft_str_t weft_error_message(const weft_error_t*);
/// The message, then a line for each frame. For people to read.
WASM_API_EXTERN void weft_error_describe(const weft_error_t*, WASM_OWN wasm_byte_vec_t* out);
/// Puts "<context>: " before the message.
WASM_API_EXTERN void weft_error_add_context(weft_error_t*, weft_str_t context);

// False if the error has no such thing.

WASM_API_EXTERN bool weft_error_trap_code(const weft_error_t*, weft_trap_code_t* out);
WASM_API_EXTERN bool weft_error_exit_status(const weft_error_t*, int32_t* out);
/// In the module's bytes, for WEFT_ERRC_MALFORMED and WEFT_ERRC_INVALID.
WASM_API_EXTERN bool weft_error_byte_offset(const weft_error_t*, uint64_t* out);
/// The errno value.
WASM_API_EXTERN bool weft_error_os_error(const weft_error_t*, int* out);

/// The guest's stack. Frame 0 is the innermost; false beyond the last.
WASM_API_EXTERN size_t weft_error_frame_count(const weft_error_t*);
WASM_API_EXTERN bool weft_error_frame(const weft_error_t*, size_t index, weft_frame_t* out);

/// What weft_error_new_host got with the same finalizer, which so tells whose it is; NULL if the
/// error has no payload or another's.
WASM_API_EXTERN void* weft_error_payload(const weft_error_t*, void (*finalizer)(void* payload));
/// As weft_error_payload, but the payload becomes the caller's, and no copy of the error has it any
/// more.
WASM_API_EXTERN WASM_OWN void* weft_error_take_payload(weft_error_t*,
                                                       void (*finalizer)(void* payload));

/// A trap that carries the error, and back. Callbacks of <wasm.h> can so fail as those here do.
/// NULL if `error` is NULL; `store` may be NULL.
WASM_API_EXTERN WASM_OWN wasm_trap_t* weft_error_to_trap(wasm_store_t* store,
                                                         WASM_OWN weft_error_t* error);
WASM_API_EXTERN WASM_OWN weft_error_t* weft_error_from_trap(const wasm_trap_t*);

////////////////////////////////////////////////////////////////////////////////////////////////////
// Configuration
//
// Setters of a wasm_config_t. What a setting means when nobody sets it is in brackets.

/// Which engine is behind the API: "interp", Weft's own [interp], or "wasmtime", "wasmtime-winch"
/// or "wasmtime-pulley", as weft_config_set_wasmtime without a library's name. WEFT_ERRC_USAGE for
/// another name.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_config_set_backend(wasm_config_t*, weft_str_t name);
/// How Wasmtime makes code of a module.
typedef uint8_t weft_wasmtime_compiler_t;
enum weft_wasmtime_compiler_enum {
  WEFT_WASMTIME_CRANELIFT,  ///< Optimised machine code.
  WEFT_WASMTIME_WINCH,      ///< Machine code in one pass, without some features.
  WEFT_WASMTIME_PULLEY      ///< Cranelift's code for Wasmtime's interpreter.
};
/// Wasmtime, whose library is loaded now and stays loaded: the file `library`, or if that is empty
/// what the environment variable WEFT_WASMTIME_LIB says, or else libwasmtime where the system looks
/// for libraries, or the one of Python's package. WEFT_ERRC_NOT_FOUND with what was tried,
/// WEFT_ERRC_UNSUPPORTED for a version that Weft doesn't know, and in a build for size.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_config_set_wasmtime(wasm_config_t*, weft_str_t library,
                                                                weft_wasmtime_compiler_t);
/// Count executed instructions against the store's fuel [no].
WASM_API_EXTERN WASM_OWN weft_error_t* weft_config_set_fuel(wasm_config_t*, bool on);
/// Let weft_interrupt stop the guest [yes].
WASM_API_EXTERN WASM_OWN weft_error_t* weft_config_set_interruption(wasm_config_t*, bool on);
/// Give errors the guest's stack [yes].
WASM_API_EXTERN WASM_OWN weft_error_t* weft_config_set_backtraces(wasm_config_t*, bool on);
/// Sample where guests spend their time, for weft_store_folded_stacks [no].
WASM_API_EXTERN WASM_OWN weft_error_t* weft_config_set_profile(wasm_config_t*, bool on);
/// Collect garbage before every object that the guest makes, for finding mistakes [no].
WASM_API_EXTERN WASM_OWN weft_error_t* weft_config_set_gc_stress(wasm_config_t*, bool on);
/// Translate all functions when the module is made [each at its first call].
WASM_API_EXTERN WASM_OWN weft_error_t* weft_config_set_eager_translation(wasm_config_t*, bool on);
/// Bytes of guest stack per store; reserved, not committed [8 MiB].
WASM_API_EXTERN WASM_OWN weft_error_t* weft_config_set_max_stack_bytes(wasm_config_t*,
                                                                       size_t bytes);
/// Nested guest calls per store [100,000].
WASM_API_EXTERN WASM_OWN weft_error_t* weft_config_set_max_call_depth(wasm_config_t*,
                                                                      uint32_t calls);
/// Nested guest-to-host-to-guest calls per store, each of which needs native stack [200].
WASM_API_EXTERN WASM_OWN weft_error_t* weft_config_set_max_host_depth(wasm_config_t*,
                                                                      uint32_t calls);

/// How accesses to memory are kept in bounds.
typedef uint8_t weft_memory_mode_t;
enum weft_memory_mode_enum {
  WEFT_MEMORY_AUTO,     ///< Guard pages where the system grants them, otherwise checks.
  WEFT_MEMORY_GUARD,    ///< Guard pages; creating a memory fails where the system refuses them.
  WEFT_MEMORY_EXPLICIT  ///< A comparison per access; reserves no address space.
};
/// [WEFT_MEMORY_AUTO] WEFT_ERRC_USAGE for a number that isn't one.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_config_set_memory_mode(wasm_config_t*,
                                                                   weft_memory_mode_t mode);
/// Highway's name of an instruction set, such as "AVX2" [the machine's best]. weft_engine_new
/// refuses what the machine lacks.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_config_set_simd_target(wasm_config_t*, weft_str_t name);
/// A list such as "-op-op,-moves" [all on]. weft_engine_new refuses names that aren't there.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_config_set_optimizations(wasm_config_t*,
                                                                     weft_str_t list);
/// Threads that validate a large module; 0 for as many as the machine has cores [0].
WASM_API_EXTERN WASM_OWN weft_error_t* weft_config_set_validation_threads(wasm_config_t*,
                                                                          uint32_t threads);
/// A list of changes to the default, as "threads,-gc", or from "wasm1", "wasm2", "wasm3" or "all",
/// as "wasm2,tail-call" [WebAssembly 3.0 and legacy exceptions]. WEFT_ERRC_NOT_FOUND for a name
/// that there isn't.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_config_set_features(wasm_config_t*, weft_str_t list);

/// What a module may contain: numbers of things, and sizes in bytes, elements or pages of 64 KiB.
typedef struct weft_module_limits_t {
  uint64_t module_bytes;
  uint32_t types;
  uint32_t functions;
  uint32_t imports;
  uint32_t exports;
  uint32_t globals;
  uint32_t tags;
  uint32_t tables;
  uint32_t memories;
  uint32_t data_segments;
  uint32_t element_segments;
  uint32_t params;
  uint32_t results;
  uint32_t locals;  ///< Of one function, parameters included.
  uint32_t function_bytes;
  uint32_t name_bytes;
  uint64_t table_elements;
  uint64_t memory_pages;    ///< Of memories with 32-bit addresses.
  uint64_t memory64_pages;  ///< Of memories with 64-bit addresses.
  uint32_t subtyping_depth;
  uint32_t struct_fields;
} weft_module_limits_t;
/// The limits of WebAssembly's JavaScript API, which are the default.
WASM_API_EXTERN void weft_module_limits_default(weft_module_limits_t* out);
/// Tight limits for modules from strangers.
WASM_API_EXTERN void weft_module_limits_strict(weft_module_limits_t* out);
WASM_API_EXTERN WASM_OWN weft_error_t* weft_config_set_module_limits(wasm_config_t*,
                                                                     const weft_module_limits_t*);

////////////////////////////////////////////////////////////////////////////////////////////////////
// Engines

/// What a backend may lack.
typedef uint32_t weft_capability_t;
enum weft_capability_enum {
  WEFT_CAPABILITY_DIRECT_MEMORY = 1 << 0,  ///< weft_memory_data.
  WEFT_CAPABILITY_FUEL = 1 << 1,
  WEFT_CAPABILITY_INTERRUPT = 1 << 2,
  WEFT_CAPABILITY_LIMITS = 1 << 3,
  WEFT_CAPABILITY_LIMIT_CALLBACK = 1 << 4,
  WEFT_CAPABILITY_BACKTRACE = 1 << 5,
  WEFT_CAPABILITY_V128 = 1 << 6,
  WEFT_CAPABILITY_EXTERNREF = 1 << 7,
  WEFT_CAPABILITY_GC = 1 << 8,  ///< weft_store_gc finalizes what can't be reached.
  WEFT_CAPABILITY_MEMORY64 = 1 << 9,
  WEFT_CAPABILITY_SHARED_MEMORY = 1 << 10,
  WEFT_CAPABILITY_EXCEPTIONS = 1 << 11,
  WEFT_CAPABILITY_CUSTOM_SECTIONS = 1 << 12,
  WEFT_CAPABILITY_DUMP = 1 << 13,        ///< weft_module_dump_function.
  WEFT_CAPABILITY_GC_OBJECTS = 1 << 14,  ///< Structs, arrays and i31.
  WEFT_CAPABILITY_PROFILE = 1 << 15
};

/// As wasm_engine_new_with_config, saying why not; a null config is the default. Errors:
/// WEFT_ERRC_UNSUPPORTED, WEFT_ERRC_NOT_FOUND.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_engine_new(WASM_OWN wasm_config_t*,
                                                       WASM_OWN wasm_engine_t** out);
/// Another handle to the same engine.
WASM_API_EXTERN WASM_OWN wasm_engine_t* weft_engine_copy(const wasm_engine_t*);
/// "interp", "wasmtime".
WASM_API_EXTERN weft_str_t weft_engine_backend(const wasm_engine_t*);
WASM_API_EXTERN bool weft_engine_supports(const wasm_engine_t*, weft_capability_t);

////////////////////////////////////////////////////////////////////////////////////////////////////
// Modules

/// Decodes and validates a copy of the bytes. Errors: WEFT_ERRC_MALFORMED, WEFT_ERRC_INVALID,
/// WEFT_ERRC_UNSUPPORTED, WEFT_ERRC_LIMIT.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_module_new(const wasm_engine_t*, const void* bytes,
                                                       size_t size, WASM_OWN wasm_module_t** out);
/// Without the copy: the bytes stay as they are until finalizer(env) is called, on any thread.
/// wasm_module_serialize gives nothing of such a module, nor of one from a file or an instance.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_module_new_borrowed(const wasm_engine_t*,
                                                                const void* bytes, size_t size,
                                                                WASM_OWN void* env,
                                                                void (*finalizer)(void* env),
                                                                WASM_OWN wasm_module_t** out);
/// From a module in the text format, with its names: weft_wat2wasm, and then weft_module_new.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_module_from_wat(const wasm_engine_t*, weft_str_t text,
                                                            WASM_OWN wasm_module_t** out);
/// From a file in the binary or the text format. `map`: a binary one without a copy, for files that
/// nobody changes while the module lives; touching what has been cut off a file ends the process.
/// WEFT_ERRC_IO.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_module_from_file(const wasm_engine_t*, weft_str_t path,
                                                             bool map,
                                                             WASM_OWN wasm_module_t** out);
/// Decodes and validates, and keeps nothing.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_module_validate(const wasm_engine_t*, const void* bytes,
                                                            size_t size);

/// Whether names and branch hints in its custom sections say what they may, for which no module is
/// invalid. WEFT_ERRC_MALFORMED, WEFT_ERRC_INVALID; WEFT_ERRC_UNSUPPORTED in a build for size.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_check_custom_sections(const void* bytes, size_t size);

/// Assembles a module in the text format, (module ...) or its fields alone, which may use any
/// feature and is not validated. `names`: with a name section. WEFT_ERRC_MALFORMED with a message
/// that names line and column and quotes the text; WEFT_ERRC_UNSUPPORTED in a build for size.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_wat2wasm(weft_str_t text, bool names,
                                                     WASM_OWN wasm_byte_vec_t* out);
/// Writes a binary module, which need not be valid, as text that weft_wat2wasm assembles to the
/// same bytes. WEFT_ERRC_MALFORMED; WEFT_ERRC_UNSUPPORTED in a build for size.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_wasm2wat(const void* bytes, size_t size,
                                                     WASM_OWN wasm_byte_vec_t* out);

// Names are those of the name section; empty where there is none. They live as long as the module.

WASM_API_EXTERN weft_str_t weft_module_name(const wasm_module_t*);
WASM_API_EXTERN weft_str_t weft_module_function_name(const wasm_module_t*, uint32_t index);
/// Functions, imported ones included.
WASM_API_EXTERN uint32_t weft_module_function_count(const wasm_module_t*);

/// One section of a module's bytes.
typedef struct weft_section_t {
  uint8_t id;       ///< The binary format's; 0 is custom.
  weft_str_t name;  ///< "type", "code", ...; a custom section's own name.
  uint64_t offset;  ///< Of the contents, from the module's first byte.
  uint64_t size;    ///< Of the contents, in bytes.
  uint32_t count;   ///< Entries; 0 for custom and start sections.
} weft_section_t;
/// Calls `visit` for each section, in the module's order.
WASM_API_EXTERN void weft_module_sections(const wasm_module_t*,
                                          void (*visit)(void* env, const weft_section_t*),
                                          void* env);
/// The contents of the custom section of that name; of several, the one at `index`. They live as
/// long as the module. False if there is none.
WASM_API_EXTERN bool weft_module_custom_section(const wasm_module_t*, weft_str_t name, size_t index,
                                                const uint8_t** data, size_t* size);
/// The features without which the module is invalid, as "simd,bulk-memory".
WASM_API_EXTERN void weft_module_required_features(const wasm_module_t*,
                                                   WASM_OWN wasm_byte_vec_t* out);
/// A function's instructions beside what the backend made of them. WEFT_ERRC_UNSUPPORTED,
/// WEFT_ERRC_NOT_FOUND for an imported or unknown function.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_module_dump_function(const wasm_module_t*,
                                                                 uint32_t index,
                                                                 WASM_OWN wasm_byte_vec_t* out);

////////////////////////////////////////////////////////////////////////////////////////////////////
// Stores

/// As wasm_store_new, saying why not.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_store_new(const wasm_engine_t*,
                                                      WASM_OWN wasm_store_t** out);
/// The store's number, which no other store of the process ever has; 0 for NULL.
WASM_API_EXTERN uint64_t weft_store_id(const wasm_store_t*);
/// The number of the store that a reference belongs to; 0 for NULL, for one whose store is gone,
/// and for what needs no store.
WASM_API_EXTERN uint64_t weft_ref_store_id(const wasm_ref_t*);
/// A handle to its engine; NULL for NULL.
WASM_API_EXTERN WASM_OWN wasm_engine_t* weft_store_engine(const wasm_store_t*);
/// The embedder's data; what was there before is finalized.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_store_set_data(wasm_store_t*, WASM_OWN void* data,
                                                           void (*finalizer)(void* data));
/// NULL if there is none.
WASM_API_EXTERN void* weft_store_data(const wasm_store_t*);

/// Bounds on what a store may hold; WEFT_UNLIMITED for none.
typedef struct weft_store_limits_t {
  uint64_t memory_bytes;    ///< Of each memory.
  uint64_t table_elements;  ///< Of each table.
  uint64_t memories;        ///< In the store, the host's included.
  uint64_t tables;          ///< In the store, the host's included.
  uint64_t instances;       ///< In the store.
  uint64_t gc_heap_bytes;   ///< Of garbage-collected objects together.
} weft_store_limits_t;
#define WEFT_UNLIMITED UINT64_MAX
#define WEFT_STORE_LIMITS_INIT \
  {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}
/// Bounds what is made or grown from now on.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_store_set_limits(wasm_store_t*,
                                                             const weft_store_limits_t*);

/// What is about to be made (current = 0) or to grow.
typedef struct weft_growth_t {
  uint8_t kind;      ///< WEFT_GROWTH_...
  bool has_maximum;  ///< Whether the type has one.
  uint64_t current;  ///< Bytes, or elements of a table.
  uint64_t desired;  ///< Bytes, or elements of a table.
  uint64_t maximum;  ///< The type's.
} weft_growth_t;
enum weft_growth_enum { WEFT_GROWTH_MEMORY, WEFT_GROWTH_TABLE, WEFT_GROWTH_GC_HEAP };
/// Whether it may. Called on the thread that uses the store; must not use the store.
typedef bool (*weft_limiter_t)(void* env, const weft_growth_t*);
/// Installs what is asked before each growth, after the limits; a null limiter removes it.
/// WEFT_ERRC_UNSUPPORTED where the backend can't ask.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_store_set_limiter(wasm_store_t*, weft_limiter_t limiter,
                                                              WASM_OWN void* env,
                                                              void (*finalizer)(void* env));

// Fuel, in units of about an instruction. WEFT_ERRC_USAGE unless the engine's config turned it on.

WASM_API_EXTERN WASM_OWN weft_error_t* weft_store_set_fuel(wasm_store_t*, uint64_t units);
/// Saturates.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_store_add_fuel(wasm_store_t*, uint64_t units);
WASM_API_EXTERN WASM_OWN weft_error_t* weft_store_fuel(const wasm_store_t*, uint64_t* out);

/// Stops a store's guest, from any thread. May outlive the store, and then does nothing.
typedef struct weft_interrupt_t weft_interrupt_t;
WASM_API_EXTERN WASM_OWN weft_interrupt_t* weft_store_interrupt(const wasm_store_t*);
WASM_API_EXTERN WASM_OWN weft_interrupt_t* weft_interrupt_copy(const weft_interrupt_t*);
WASM_API_EXTERN void weft_interrupt_delete(WASM_OWN weft_interrupt_t*);
/// Makes the guest that runs, or the next one, stop with WEFT_ERRC_INTERRUPTED. Safe in a signal
/// handler.
WASM_API_EXTERN void weft_interrupt(const weft_interrupt_t*);
/// Whether a guest that weft_interrupt wants stopped goes on nevertheless. Called on the thread
/// that uses the store, wherever the guest is: must not use the store; calls are refused.
typedef bool (*weft_interrupt_hook_t)(void* env);
/// Installs what is asked before a request stops the guest; a null hook removes it.
/// WEFT_ERRC_USAGE if the engine's config turned interruption off.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_store_set_interrupt_hook(wasm_store_t*,
                                                                     weft_interrupt_hook_t hook,
                                                                     WASM_OWN void* env,
                                                                     void (*finalizer)(void* env));
/// For callbacks that block: WEFT_ERRC_INTERRUPTED if an interrupt is pending, which it then takes.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_store_check_interrupt(wasm_store_t*);
/// Forgets a pending interrupt.
WASM_API_EXTERN void weft_store_clear_interrupt(wasm_store_t*);

/// Collects garbage now: frees and finalizes what neither the host nor the guest can reach.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_store_gc(wasm_store_t*);
/// Zeros where the backend doesn't know.
typedef struct weft_gc_stats_t {
  uint64_t heap_bytes;   ///< Taken from the system.
  uint64_t live_bytes;   ///< Of objects that survived the last collection.
  uint64_t collections;  ///< Since the store was made.
} weft_gc_stats_t;
WASM_API_EXTERN WASM_OWN weft_error_t* weft_store_gc_stats(const wasm_store_t*,
                                                           weft_gc_stats_t* out);
/// Where guests have spent their time, as lines "main;sort;compare 12", which flame-graph tools
/// read. WEFT_ERRC_USAGE unless the engine's config turned profiling on.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_store_folded_stacks(const wasm_store_t*,
                                                                WASM_OWN wasm_byte_vec_t* out);

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // WEFT_ENGINE_H
