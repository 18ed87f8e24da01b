// Part of <weft.h>: values, functions, instances, linkers, memories, tables and globals.
#ifndef WEFT_RUNTIME_H
#define WEFT_RUNTIME_H

#include <weft/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

////////////////////////////////////////////////////////////////////////////////////////////////////
// Types

/// Kinds of values beside those of <wasm.h>, whose functions know these, too. A reference's kind is
/// its hierarchy: WASM_FUNCREF, WASM_EXTERNREF or one of these, however narrow its type.
enum weft_valkind_enum {
  WEFT_V128 = 4,
  WEFT_ANYREF = 130,  ///< Structs, arrays, i31, and host objects that became anyrefs.
  WEFT_EXNREF = 131
};
/// The kind of a tag, beside WASM_EXTERN_FUNC and its like.
enum weft_externkind_enum { WEFT_EXTERN_TAG = 4 };

/// What a reference points to.
typedef uint8_t weft_heapkind_t;
enum weft_heapkind_enum {
  WEFT_HEAP_FUNC,
  WEFT_HEAP_EXTERN,
  WEFT_HEAP_ANY,
  WEFT_HEAP_EQ,
  WEFT_HEAP_I31,
  WEFT_HEAP_STRUCT,
  WEFT_HEAP_ARRAY,
  WEFT_HEAP_NONE,
  WEFT_HEAP_NOFUNC,
  WEFT_HEAP_NOEXTERN,
  WEFT_HEAP_EXN,
  WEFT_HEAP_NOEXN,
  WEFT_HEAP_CONCRETE  ///< A type that a module or the host defines.
};
/// A heap type. The other members count for WEFT_HEAP_CONCRETE only.
typedef struct weft_heaptype_t {
  weft_heapkind_t kind;
  weft_heapkind_t hierarchy;  ///< The abstract type that it is a subtype of.
  uint32_t index;  ///< Its number in the engine, equal for equal types of different modules.
} weft_heaptype_t;

/// The type (ref heap) or (ref null heap). NULL for a kind that isn't there.
WASM_API_EXTERN WASM_OWN wasm_valtype_t* weft_valtype_new_ref(const weft_heaptype_t* heap,
                                                              bool nullable);
/// What a reference type points to. False for other types.
WASM_API_EXTERN bool weft_valtype_heap(const wasm_valtype_t*, weft_heaptype_t* out);
WASM_API_EXTERN bool weft_valtype_is_nullable(const wasm_valtype_t*);
/// Whether both are the same type.
WASM_API_EXTERN bool weft_valtype_same(const wasm_valtype_t*, const wasm_valtype_t*);
/// As the text format writes it.
WASM_API_EXTERN void weft_valtype_text(const wasm_valtype_t*, WASM_OWN wasm_byte_vec_t* out);

/// The size of a memory in pages, or of a table in elements, in full.
typedef struct weft_limits_t {
  uint64_t min;  ///< In the type of a live memory or table, its size.
  uint64_t max;  ///< Counts if `has_max`.
  bool has_max;
  bool is64;  ///< Addresses are 64 bits wide.
} weft_limits_t;
/// `page_size_log2` is 16 for pages of 64 KiB. Impossible types are refused when they are used.
WASM_API_EXTERN WASM_OWN wasm_memorytype_t* weft_memorytype_new(const weft_limits_t*, bool shared,
                                                                uint8_t page_size_log2);
WASM_API_EXTERN bool weft_memorytype_limits(const wasm_memorytype_t*, weft_limits_t* out);
WASM_API_EXTERN bool weft_memorytype_is_shared(const wasm_memorytype_t*);
WASM_API_EXTERN uint8_t weft_memorytype_page_size_log2(const wasm_memorytype_t*);
WASM_API_EXTERN WASM_OWN wasm_tabletype_t* weft_tabletype_new(WASM_OWN wasm_valtype_t* element,
                                                              const weft_limits_t*);
WASM_API_EXTERN bool weft_tabletype_limits(const wasm_tabletype_t*, weft_limits_t* out);
/// The type of a tag as a function's without results; NULL for other kinds. Lives as long as it.
WASM_API_EXTERN const wasm_functype_t* weft_externtype_tag(const wasm_externtype_t*);
/// For people: "(i32, i64) -> f32", "memory 1..4".
WASM_API_EXTERN void weft_externtype_text(const wasm_externtype_t*, WASM_OWN wasm_byte_vec_t* out);

////////////////////////////////////////////////////////////////////////////////////////////////////
// Values

/// A value of any type.
typedef struct weft_val_t {
  wasm_valkind_t kind;
  union {
    int32_t i32;
    int64_t i64;
    float32_t f32;
    float64_t f64;
    uint8_t v128[16];  ///< As it lies in memory: byte 0 is lane 0's lowest.
    wasm_ref_t* ref;   ///< NULL is the null reference.
  } of;
} weft_val_t;

static inline weft_val_t weft_i32(int32_t value) {
  weft_val_t val;
  val.kind = WASM_I32;
  val.of.i32 = value;
  return val;
}
static inline weft_val_t weft_i64(int64_t value) {
  weft_val_t val;
  val.kind = WASM_I64;
  val.of.i64 = value;
  return val;
}
static inline weft_val_t weft_f32(float32_t value) {
  weft_val_t val;
  val.kind = WASM_F32;
  val.of.f32 = value;
  return val;
}
static inline weft_val_t weft_f64(float64_t value) {
  weft_val_t val;
  val.kind = WASM_F64;
  val.of.f64 = value;
  return val;
}
/// A reference of a kind, which counts if it is NULL. It stays the caller's.
static inline weft_val_t weft_ref(wasm_valkind_t kind, wasm_ref_t* ref) {
  weft_val_t val;
  val.kind = kind;
  val.of.ref = ref;
  return val;
}
/// Deletes the reference in it, if it is one, and makes it null.
WASM_API_EXTERN void weft_val_delete(WASM_OWN weft_val_t*);
/// With a reference of its own.
WASM_API_EXTERN void weft_val_copy(WASM_OWN weft_val_t* out, const weft_val_t*);

/// An untagged value. What is narrower than 16 bytes leaves the rest unspecified. A reference is a
/// word of the backend's own making: 0 is null, any other is good only until the guest runs or
/// anything is made.
typedef union weft_raw_t {
  int32_t i32;
  int64_t i64;
  uint32_t f32_bits;
  uint64_t f64_bits;
  uint64_t ref;
  uint8_t v128[16];
#if defined(__GNUC__)
  __attribute__((aligned(16)))
#endif
  uint64_t words[2];
} weft_raw_t;
/// The reference behind a word of that kind, NULL for 0; and back. WEFT_ERRC_WRONG_STORE,
/// WEFT_ERRC_TYPE_MISMATCH.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_raw_to_ref(wasm_store_t*, wasm_valkind_t kind,
                                                       const weft_raw_t*,
                                                       WASM_OWN wasm_ref_t** out);
WASM_API_EXTERN WASM_OWN weft_error_t* weft_raw_from_ref(wasm_store_t*, wasm_valkind_t kind,
                                                         const wasm_ref_t*, weft_raw_t* out);

////////////////////////////////////////////////////////////////////////////////////////////////////
// Functions

/// What a callback knows of its call; good until the callback returns.
typedef struct weft_caller_t weft_caller_t;

/// The store that the callback runs in; lives as long as the caller, and isn't to be deleted.
WASM_API_EXTERN wasm_store_t* weft_caller_store(weft_caller_t*);
/// That store's data, at the cost of a few nanoseconds.
WASM_API_EXTERN void* weft_caller_data(weft_caller_t*);
/// The calling instance. WEFT_ERRC_NOT_FOUND when the host itself made the call.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_caller_instance(weft_caller_t*,
                                                            WASM_OWN wasm_instance_t** out);
/// An export of the calling instance; NULL if there is none of that name.
WASM_API_EXTERN WASM_OWN wasm_extern_t* weft_caller_export(weft_caller_t*, weft_str_t name);
/// The memory that the caller's pointers mean: its export "memory", otherwise its first one,
/// exported or not. WEFT_ERRC_NOT_FOUND.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_caller_memory(weft_caller_t*,
                                                          WASM_OWN wasm_memory_t** out);
/// That memory's bytes in place; see weft_memory_data.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_caller_memory_data(weft_caller_t*, uint8_t** data,
                                                               uint64_t* size);

/// A function of the host's. The results arrive as zeros and nulls of their types. An error unwinds
/// the guest, and the outermost call answers it, with the guest's frames; WEFT_ERRC_EXCEPTION
/// throws in the guest.
typedef WASM_OWN weft_error_t* (*weft_func_callback_t)(void* env, weft_caller_t*,
                                                       const weft_val_t args[], size_t arg_count,
                                                       weft_val_t results[], size_t result_count);
/// One that works on the call's slots: arguments in, results out, both from slots[0]. It answers
/// for the results being of their types.
typedef WASM_OWN weft_error_t* (*weft_func_raw_callback_t)(void* env, weft_caller_t*,
                                                           weft_raw_t slots[]);

/// A function of the host's in a store. The results are looked at: WEFT_ERRC_TYPE_MISMATCH.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_func_new(wasm_store_t*, const wasm_functype_t*,
                                                     weft_func_callback_t, WASM_OWN void* env,
                                                     void (*finalizer)(void* env),
                                                     WASM_OWN wasm_func_t** out);
WASM_API_EXTERN WASM_OWN weft_error_t* weft_func_new_raw(wasm_store_t*, const wasm_functype_t*,
                                                         weft_func_raw_callback_t,
                                                         WASM_OWN void* env,
                                                         void (*finalizer)(void* env),
                                                         WASM_OWN wasm_func_t** out);
/// Calls with checked arguments and room for all results: WEFT_ERRC_TYPE_MISMATCH before anything
/// runs. Other errors are what ended the guest.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_func_call(const wasm_func_t*, const weft_val_t args[],
                                                      size_t arg_count, weft_val_t results[],
                                                      size_t result_count);
/// Calls with untagged slots, as many as the larger of parameters and results. Nothing is checked
/// but the store: slots must hold values of the parameters' types.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_func_call_unchecked(const wasm_func_t*,
                                                                weft_raw_t slots[]);

////////////////////////////////////////////////////////////////////////////////////////////////////
// Instances

/// As wasm_instance_new, with one import per import of the module, in order. WEFT_ERRC_LINK for
/// wrong imports; the start function's error.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_instance_new(wasm_store_t*, const wasm_module_t*,
                                                         const wasm_extern_t* const imports[],
                                                         size_t import_count,
                                                         WASM_OWN wasm_instance_t** out);
WASM_API_EXTERN WASM_OWN weft_error_t* weft_instance_module(const wasm_instance_t*,
                                                            WASM_OWN wasm_module_t** out);
/// The export of that name. WEFT_ERRC_NOT_FOUND; in the last three also WEFT_ERRC_TYPE_MISMATCH for
/// an export of another kind.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_instance_export(const wasm_instance_t*, weft_str_t name,
                                                            WASM_OWN wasm_extern_t** out);
WASM_API_EXTERN WASM_OWN weft_error_t* weft_instance_func(const wasm_instance_t*, weft_str_t name,
                                                          WASM_OWN wasm_func_t** out);
WASM_API_EXTERN WASM_OWN weft_error_t* weft_instance_memory(const wasm_instance_t*, weft_str_t name,
                                                            WASM_OWN wasm_memory_t** out);
WASM_API_EXTERN WASM_OWN weft_error_t* weft_instance_global(const wasm_instance_t*, weft_str_t name,
                                                            WASM_OWN wasm_global_t** out);
WASM_API_EXTERN WASM_OWN weft_error_t* weft_instance_table(const wasm_instance_t*, weft_str_t name,
                                                           WASM_OWN wasm_table_t** out);

////////////////////////////////////////////////////////////////////////////////////////////////////
// Linkers

/// Definitions by module and field name, from which modules are instantiated, in any store of the
/// engine.
typedef struct weft_linker_t weft_linker_t;
/// NULL for NULL.
WASM_API_EXTERN WASM_OWN weft_linker_t* weft_linker_new(const wasm_engine_t*);
WASM_API_EXTERN void weft_linker_delete(WASM_OWN weft_linker_t*);
/// Whether a definition may replace an earlier one of the same name [no: WEFT_ERRC_LINK].
WASM_API_EXTERN void weft_linker_allow_shadowing(weft_linker_t*, bool allow);
/// Defines something that exists in a store, and then links in that store only.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_linker_define(weft_linker_t*, weft_str_t module,
                                                          weft_str_t name, const wasm_extern_t*);
/// Defines a function of the host's for all stores; see weft_func_new. If stores run in parallel,
/// so may the callback. `env` is finalized on any thread.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_linker_func(weft_linker_t*, weft_str_t module,
                                                        weft_str_t name, const wasm_functype_t*,
                                                        weft_func_callback_t, WASM_OWN void* env,
                                                        void (*finalizer)(void* env));
WASM_API_EXTERN WASM_OWN weft_error_t* weft_linker_func_raw(weft_linker_t*, weft_str_t module,
                                                            weft_str_t name, const wasm_functype_t*,
                                                            weft_func_raw_callback_t,
                                                            WASM_OWN void* env,
                                                            void (*finalizer)(void* env));
/// Defines all exports of an instance under a module name.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_linker_instance(weft_linker_t*, weft_str_t module,
                                                            const wasm_instance_t*);
/// Defines WASI preview1, and wasi_unstable before it; stores need weft_store_set_wasi.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_linker_wasi(weft_linker_t*);
/// Defines functions that trap for those function imports of the module that have no definition.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_linker_trap_unknown_imports(weft_linker_t*,
                                                                        const wasm_module_t*);
WASM_API_EXTERN bool weft_linker_has(const weft_linker_t*, weft_str_t module, weft_str_t name);
/// The definition of that name; a host function becomes one of the store, always the same.
/// WEFT_ERRC_NOT_FOUND.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_linker_get(const weft_linker_t*, wasm_store_t*,
                                                       weft_str_t module, weft_str_t name,
                                                       WASM_OWN wasm_extern_t** out);
/// Instantiates a module with its imports found by name. WEFT_ERRC_LINK lists all imports that are
/// missing or of the wrong type, one per line.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_linker_instantiate(const weft_linker_t*, wasm_store_t*,
                                                               const wasm_module_t*,
                                                               WASM_OWN wasm_instance_t** out);

////////////////////////////////////////////////////////////////////////////////////////////////////
// Memories. Addresses, lengths and sizes are bytes, unless they are called pages.

/// Makes a memory of zeros. WEFT_ERRC_LIMIT, WEFT_ERRC_TYPE_MISMATCH for an impossible type.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_memory_new(wasm_store_t*, const wasm_memorytype_t*,
                                                       WASM_OWN wasm_memory_t** out);
WASM_API_EXTERN WASM_OWN weft_error_t* weft_memory_byte_size(const wasm_memory_t*, uint64_t* out);
WASM_API_EXTERN WASM_OWN weft_error_t* weft_memory_pages(const wasm_memory_t*, uint64_t* out);
/// Adds pages of zeros; `before`, which may be NULL, gets the number of pages before.
/// WEFT_ERRC_LIMIT.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_memory_grow(wasm_memory_t*, uint64_t pages,
                                                        uint64_t* before);

// WEFT_ERRC_OUT_OF_BOUNDS beyond the end; nothing is changed then.

WASM_API_EXTERN WASM_OWN weft_error_t* weft_memory_read(const wasm_memory_t*, uint64_t address,
                                                        void* to, size_t size);
WASM_API_EXTERN WASM_OWN weft_error_t* weft_memory_write(wasm_memory_t*, uint64_t address,
                                                         const void* from, size_t size);
WASM_API_EXTERN WASM_OWN weft_error_t* weft_memory_fill(wasm_memory_t*, uint64_t address,
                                                        uint8_t value, uint64_t length);
/// Within the memory; the ranges may overlap.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_memory_copy_within(wasm_memory_t*, uint64_t to,
                                                               uint64_t from, uint64_t length);
/// The whole memory in place: good until it grows or the guest runs. WEFT_ERRC_UNSUPPORTED without
/// WEFT_CAPABILITY_DIRECT_MEMORY.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_memory_data(const wasm_memory_t*, uint8_t** data,
                                                        uint64_t* size);

/// A memory that guests of several stores use at once, each in its own thread.
typedef struct weft_shared_memory_t weft_shared_memory_t;
/// WEFT_ERRC_TYPE_MISMATCH for a type that isn't shared, WEFT_ERRC_UNSUPPORTED, WEFT_ERRC_LIMIT.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_shared_memory_new(const wasm_engine_t*,
                                                              const wasm_memorytype_t*,
                                                              WASM_OWN weft_shared_memory_t** out);
/// What is behind a memory of a store. WEFT_ERRC_TYPE_MISMATCH if it isn't shared.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_shared_memory_of(const wasm_memory_t*,
                                                             WASM_OWN weft_shared_memory_t** out);
WASM_API_EXTERN WASM_OWN weft_shared_memory_t* weft_shared_memory_copy(const weft_shared_memory_t*);
WASM_API_EXTERN void weft_shared_memory_delete(WASM_OWN weft_shared_memory_t*);
/// The memory as an object of a store: the same each time. WEFT_ERRC_USAGE for a store of another
/// engine.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_shared_memory_in(const weft_shared_memory_t*,
                                                             wasm_store_t*,
                                                             WASM_OWN wasm_memory_t** out);
WASM_API_EXTERN uint64_t weft_shared_memory_byte_size(const weft_shared_memory_t*);
/// Wakes up to `count` of the guests that wait at an address; `woken`, which may be NULL, gets how
/// many. WEFT_ERRC_OUT_OF_BOUNDS, WEFT_ERRC_USAGE for an address that isn't a multiple of 4.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_shared_memory_notify(const weft_shared_memory_t*,
                                                                 uint64_t address, uint32_t count,
                                                                 uint32_t* woken);

////////////////////////////////////////////////////////////////////////////////////////////////////
// Tables and globals. References may be NULL. WEFT_ERRC_TYPE_MISMATCH for a value that isn't of the
// element or content type.

/// A table of the type's minimum times `init`. WEFT_ERRC_LIMIT.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_table_new(wasm_store_t*, const wasm_tabletype_t*,
                                                      const wasm_ref_t* init,
                                                      WASM_OWN wasm_table_t** out);
/// In elements.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_table_size(const wasm_table_t*, uint64_t* out);
/// `before`, which may be NULL, gets the number of elements before. WEFT_ERRC_LIMIT.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_table_grow(wasm_table_t*, uint64_t count,
                                                       const wasm_ref_t* init, uint64_t* before);
/// Gives NULL for a null element, and WEFT_ERRC_OUT_OF_BOUNDS where there is none.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_table_get(const wasm_table_t*, uint64_t index,
                                                      WASM_OWN wasm_ref_t** out);
/// WEFT_ERRC_OUT_OF_BOUNDS.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_table_set(wasm_table_t*, uint64_t index,
                                                      const wasm_ref_t* value);

WASM_API_EXTERN WASM_OWN weft_error_t* weft_global_new(wasm_store_t*, const wasm_globaltype_t*,
                                                       const weft_val_t* init,
                                                       WASM_OWN wasm_global_t** out);
WASM_API_EXTERN WASM_OWN weft_error_t* weft_global_get(const wasm_global_t*,
                                                       WASM_OWN weft_val_t* out);
/// WEFT_ERRC_TYPE_MISMATCH also if the global is constant.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_global_set(wasm_global_t*, const weft_val_t*);

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // WEFT_RUNTIME_H
