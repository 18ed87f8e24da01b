// wasm.h: the C API that engines for WebAssembly have in common, as Weft implements it. C99, C++11.
//
// What these functions can't say is in <weft.h>: linkers, WASI, fuel, interrupts, limits, errors
// with codes, vectors, memories with 64-bit addresses. Both work on the same objects.
//
// WHO OWNS WHAT
//
//  * WASM_OWN marks each pointer or vector that changes hands. As a result, or behind a parameter
//    `out`, it becomes yours: give it to the wasm_..._delete of its type, once, or to a parameter
//    marked WASM_OWN. As a parameter it becomes the library's, also if the function fails.
//  * What isn't marked is lent. A pointer that you pass is used until the function returns; a
//    pointer that you get lives as long as the object that you got it from. So it is with all casts
//    (wasm_func_as_extern, wasm_externtype_as_functype, ...): they give another name to the same
//    object, which is deleted once, under either name.
//  * A vector that you own owns its elements. wasm_..._vec_delete deletes both and leaves the
//  vector
//    empty. wasm_..._vec_new copies the array, not what its pointers point to, which becomes the
//    vector's. Vectors that you pass to wasm_instance_new and wasm_func_call are lent, and may be
//    on your stack (WASM_ARRAY_VEC).
//  * In a callback, the arguments are lent. The results are yours to write: references in them
//    change hands, as does the trap that you return. In wasm_func_call, the other way round: `args`
//    stay yours, and what comes in `results` becomes yours. What was there before isn't deleted.
//  * wasm_config_t becomes wasm_engine_new_with_config's. Engines and stores are deleted in any
//    order: a store keeps its engine.
//
// HOW LONG THINGS LIVE
//
//  * A reference (func, global, table, memory, instance, foreign, and extern and ref, which are any
//    of these) names something in a store. Deleting it only gives up the name: what it names lives
//    until its store is deleted, but foreign objects, which die once nobody can reach them any
//    more. References to the same thing are wasm_..._same; wasm_..._copy makes another one.
//  * After wasm_store_delete, references to what was in the store are stale: every function answers
//    NULL, false, 0 or a trap, and wasm_..._delete works. A store deleted from inside a callback
//    ends when the outermost call returns, which then answers a trap.
//  * Modules and traps don't depend on their store: they can be read, and modules shared, after it
//    is gone.
//  * Host infos belong to the thing, not to the reference: all references to it see the same one. A
//    finalizer runs exactly once: when another info replaces its own, when a foreign object dies,
//    with the last reference to a module or a trap, and for all others when the store is deleted.
//
// WHAT CAN GO WRONG
//
//  * No function here ends the process, and no C++ exception leaves one. Failure is NULL or false
//    where the type allows it, a trap where there is one, and otherwise nothing happens. Out of
//    memory is failure, too. NULL is accepted for every object and vector, and fails or does
//    nothing.
//  * Wrong numbers and types of arguments, imports and results, and references of another store,
//    are failures.
//
// THREADS
//
//  * An engine, a wasm_shared_module_t and types may be used by many threads at once. A store and
//    everything of it is used by one thread at a time. Deleting references is an exception: any
//    thread may do that while another one uses the store, and copies of modules and traps are
//    independent.
#ifndef WASM_H
#define WASM_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Marks the functions that the library exports.
#ifndef WASM_API_EXTERN
#if defined(__GNUC__)
#define WASM_API_EXTERN __attribute__((visibility("default")))
#else
#define WASM_API_EXTERN
#endif
#endif

#define WASM_OWN

#ifdef __cplusplus
extern "C" {
#endif

typedef char byte_t;
typedef float float32_t;
typedef double float64_t;

////////////////////////////////////////////////////////////////////////////////////////////////////
// What many types have

// A type behind a pointer, with wasm_NAME_delete. Deleting NULL does nothing.
#define WASM_API_OPAQUE_(name)                    \
  typedef struct wasm_##name##_t wasm_##name##_t; \
  WASM_API_EXTERN void wasm_##name##_delete(WASM_OWN wasm_##name##_t*);

// wasm_NAME_vec_t, a vector of wasm_NAME_t, or of pointers to it where `star` is one.
//  * new_uninitialized: room for that many; pointers and values are zero. If there is no memory
//    for it, the vector is empty, as with new and copy.
//  * new: takes over the elements of an array.
//  * copy: copies the elements, too.
#define WASM_API_VEC_(name, star)                                                             \
  typedef struct wasm_##name##_vec_t {                                                        \
    size_t size;                                                                              \
    wasm_##name##_t star* data;                                                               \
  } wasm_##name##_vec_t;                                                                      \
  WASM_API_EXTERN void wasm_##name##_vec_new_empty(WASM_OWN wasm_##name##_vec_t* out);        \
  WASM_API_EXTERN void wasm_##name##_vec_new_uninitialized(WASM_OWN wasm_##name##_vec_t* out, \
                                                           size_t size);                      \
  WASM_API_EXTERN void wasm_##name##_vec_new(WASM_OWN wasm_##name##_vec_t* out, size_t size,  \
                                             WASM_OWN wasm_##name##_t star const items[]);    \
  WASM_API_EXTERN void wasm_##name##_vec_copy(WASM_OWN wasm_##name##_vec_t* out,              \
                                              const wasm_##name##_vec_t* vec);                \
  WASM_API_EXTERN void wasm_##name##_vec_delete(WASM_OWN wasm_##name##_vec_t* vec);

#define WASM_API_COPY_(name) \
  WASM_API_EXTERN WASM_OWN wasm_##name##_t* wasm_##name##_copy(const wasm_##name##_t*);

// A type of WebAssembly's: copied as a whole.
#define WASM_API_TYPE_(name) \
  WASM_API_OPAQUE_(name)     \
  WASM_API_VEC_(name, *)     \
  WASM_API_COPY_(name)

// Casts between two names of one object. NULL if it isn't of that kind.
#define WASM_API_CAST_(from, to)                                          \
  WASM_API_EXTERN wasm_##to##_t* wasm_##from##_as_##to(wasm_##from##_t*); \
  WASM_API_EXTERN const wasm_##to##_t* wasm_##from##_as_##to##_const(const wasm_##from##_t*);
#define WASM_API_CASTS_(a, b) \
  WASM_API_CAST_(a, b)        \
  WASM_API_CAST_(b, a)

// A reference to something in a store.
//  * copy: another reference to the same thing.
//  * same: whether both refer to the same thing; i31 references, to the same number. False if one
//    of them is NULL.
//  * host info: a pointer of yours, NULL at first, and what to call with it in the end. Setting one
//    on a stale reference calls its finalizer at once.
#define WASM_API_REF_BASE_(name)                                                                \
  WASM_API_OPAQUE_(name)                                                                        \
  WASM_API_COPY_(name)                                                                          \
  WASM_API_EXTERN bool wasm_##name##_same(const wasm_##name##_t*, const wasm_##name##_t*);      \
  WASM_API_EXTERN void* wasm_##name##_get_host_info(const wasm_##name##_t*);                    \
  WASM_API_EXTERN void wasm_##name##_set_host_info(wasm_##name##_t*, void* info);               \
  WASM_API_EXTERN void wasm_##name##_set_host_info_with_finalizer(wasm_##name##_t*, void* info, \
                                                                  void (*finalizer)(void* info));

#define WASM_API_REF_(name) \
  WASM_API_REF_BASE_(name)  \
  WASM_API_CASTS_(name, ref)

////////////////////////////////////////////////////////////////////////////////////////////////////
// Bytes and names

typedef byte_t wasm_byte_t;
WASM_API_VEC_(byte, )

// UTF-8, without a NUL.
typedef wasm_byte_vec_t wasm_name_t;

#define wasm_name wasm_byte_vec
#define wasm_name_new wasm_byte_vec_new
#define wasm_name_new_empty wasm_byte_vec_new_empty
#define wasm_name_new_uninitialized wasm_byte_vec_new_uninitialized
#define wasm_name_new_new_uninitialized wasm_byte_vec_new_uninitialized
#define wasm_name_copy wasm_byte_vec_copy
#define wasm_name_delete wasm_byte_vec_delete

// A copy of a C string, without its NUL.
static inline void wasm_name_new_from_string(WASM_OWN wasm_name_t* out, const char* string) {
  wasm_name_new(out, strlen(string), string);
}

// A copy of a C string and its NUL, as for a wasm_message_t.
static inline void wasm_name_new_from_string_nt(WASM_OWN wasm_name_t* out, const char* string) {
  wasm_name_new(out, strlen(string) + 1, string);
}

////////////////////////////////////////////////////////////////////////////////////////////////////
// Engines and stores

// Settings of an engine; <weft.h> has functions that change them.
WASM_API_OPAQUE_(config)
WASM_API_EXTERN WASM_OWN wasm_config_t* wasm_config_new(void);

// What compiles modules and makes stores. As many as you like.
WASM_API_OPAQUE_(engine)
WASM_API_EXTERN WASM_OWN wasm_engine_t* wasm_engine_new(void);
// NULL if a setting can't be honoured.
WASM_API_EXTERN WASM_OWN wasm_engine_t* wasm_engine_new_with_config(WASM_OWN wasm_config_t*);

// The owner of everything that runs.
WASM_API_OPAQUE_(store)
WASM_API_EXTERN WASM_OWN wasm_store_t* wasm_store_new(wasm_engine_t*);

////////////////////////////////////////////////////////////////////////////////////////////////////
// Types

typedef uint8_t wasm_mutability_t;
enum wasm_mutability_enum { WASM_CONST, WASM_VAR };

// Of a memory in pages of 64 KiB, of a table in elements.
typedef struct wasm_limits_t {
  uint32_t min;
  uint32_t max;
} wasm_limits_t;

// The maximum that stands for none. Limits beyond 32 bits read as this, too.
static const uint32_t wasm_limits_max_default = 0xffffffff;

// Values

WASM_API_TYPE_(valtype)

// <weft.h> has further kinds: of v128, below WASM_EXTERNREF, and of references, above it.
// References to functions are WASM_FUNCREF, and those to host objects WASM_EXTERNREF, however
// narrow a type a module gives them.
typedef uint8_t wasm_valkind_t;
enum wasm_valkind_enum {
  WASM_I32,
  WASM_I64,
  WASM_F32,
  WASM_F64,
  WASM_EXTERNREF = 128,
  WASM_FUNCREF
};

// NULL for a kind that isn't there. References may be null.
WASM_API_EXTERN WASM_OWN wasm_valtype_t* wasm_valtype_new(wasm_valkind_t);
WASM_API_EXTERN wasm_valkind_t wasm_valtype_kind(const wasm_valtype_t*);

static inline bool wasm_valkind_is_num(wasm_valkind_t kind) { return kind < WASM_EXTERNREF; }
static inline bool wasm_valkind_is_ref(wasm_valkind_t kind) { return kind >= WASM_EXTERNREF; }
static inline bool wasm_valtype_is_num(const wasm_valtype_t* type) {
  return wasm_valkind_is_num(wasm_valtype_kind(type));
}
static inline bool wasm_valtype_is_ref(const wasm_valtype_t* type) {
  return wasm_valkind_is_ref(wasm_valtype_kind(type));
}

// Functions

WASM_API_TYPE_(functype)
WASM_API_EXTERN WASM_OWN wasm_functype_t* wasm_functype_new(WASM_OWN wasm_valtype_vec_t* params,
                                                            WASM_OWN wasm_valtype_vec_t* results);
WASM_API_EXTERN const wasm_valtype_vec_t* wasm_functype_params(const wasm_functype_t*);
WASM_API_EXTERN const wasm_valtype_vec_t* wasm_functype_results(const wasm_functype_t*);

// Globals

WASM_API_TYPE_(globaltype)
WASM_API_EXTERN WASM_OWN wasm_globaltype_t* wasm_globaltype_new(WASM_OWN wasm_valtype_t* content,
                                                                wasm_mutability_t);
WASM_API_EXTERN const wasm_valtype_t* wasm_globaltype_content(const wasm_globaltype_t*);
WASM_API_EXTERN wasm_mutability_t wasm_globaltype_mutability(const wasm_globaltype_t*);

// Tables

WASM_API_TYPE_(tabletype)
// NULL for an element type that is no reference.
WASM_API_EXTERN WASM_OWN wasm_tabletype_t* wasm_tabletype_new(WASM_OWN wasm_valtype_t* element,
                                                              const wasm_limits_t*);
WASM_API_EXTERN const wasm_valtype_t* wasm_tabletype_element(const wasm_tabletype_t*);
WASM_API_EXTERN const wasm_limits_t* wasm_tabletype_limits(const wasm_tabletype_t*);

// Memories

WASM_API_TYPE_(memorytype)
WASM_API_EXTERN WASM_OWN wasm_memorytype_t* wasm_memorytype_new(const wasm_limits_t*);
WASM_API_EXTERN const wasm_limits_t* wasm_memorytype_limits(const wasm_memorytype_t*);

// Tags of exceptions

WASM_API_TYPE_(tagtype)
WASM_API_EXTERN WASM_OWN wasm_tagtype_t* wasm_tagtype_new(WASM_OWN wasm_functype_t*);
WASM_API_EXTERN const wasm_functype_t* wasm_tagtype_functype(const wasm_tagtype_t*);

// Any of them

WASM_API_TYPE_(externtype)

typedef uint8_t wasm_externkind_t;
enum wasm_externkind_enum {
  WASM_EXTERN_FUNC,
  WASM_EXTERN_GLOBAL,
  WASM_EXTERN_TABLE,
  WASM_EXTERN_MEMORY,
  WASM_EXTERN_TAG
};

WASM_API_EXTERN wasm_externkind_t wasm_externtype_kind(const wasm_externtype_t*);
WASM_API_CASTS_(functype, externtype)
WASM_API_CASTS_(globaltype, externtype)
WASM_API_CASTS_(tabletype, externtype)
WASM_API_CASTS_(memorytype, externtype)
WASM_API_CASTS_(tagtype, externtype)

// Imports and exports

WASM_API_TYPE_(importtype)
WASM_API_EXTERN WASM_OWN wasm_importtype_t* wasm_importtype_new(WASM_OWN wasm_name_t* module,
                                                                WASM_OWN wasm_name_t* name,
                                                                WASM_OWN wasm_externtype_t*);
WASM_API_EXTERN const wasm_name_t* wasm_importtype_module(const wasm_importtype_t*);
WASM_API_EXTERN const wasm_name_t* wasm_importtype_name(const wasm_importtype_t*);
WASM_API_EXTERN const wasm_externtype_t* wasm_importtype_type(const wasm_importtype_t*);

WASM_API_TYPE_(exporttype)
WASM_API_EXTERN WASM_OWN wasm_exporttype_t* wasm_exporttype_new(WASM_OWN wasm_name_t*,
                                                                WASM_OWN wasm_externtype_t*);
WASM_API_EXTERN const wasm_name_t* wasm_exporttype_name(const wasm_exporttype_t*);
WASM_API_EXTERN const wasm_externtype_t* wasm_exporttype_type(const wasm_exporttype_t*);

////////////////////////////////////////////////////////////////////////////////////////////////////
// Values and references

// A reference to anything below: what a wasm_val_t holds, or NULL for null.
WASM_API_REF_BASE_(ref)

// A value. `of` is read as `kind` says. Where one of your references is asked for, it may be of
// any of the kinds of references, and counts as what it refers to; NULL counts as a null of the
// wanted type. A v128 doesn't fit: <weft.h> has other functions for it.
typedef struct wasm_val_t {
  wasm_valkind_t kind;
  union {
    int32_t i32;
    int64_t i64;
    float32_t f32;
    float64_t f64;
    struct wasm_ref_t* ref;
  } of;
} wasm_val_t;

// Deletes the reference in it, if it holds one; not the wasm_val_t.
WASM_API_EXTERN void wasm_val_delete(WASM_OWN wasm_val_t*);
WASM_API_EXTERN void wasm_val_copy(WASM_OWN wasm_val_t* out, const wasm_val_t*);
WASM_API_VEC_(val, )

// Frames: the functions of the guest's that were on the stack

WASM_API_OPAQUE_(frame)
WASM_API_VEC_(frame, *)
WASM_API_COPY_(frame)
// Always NULL: a frame doesn't keep its instance.
WASM_API_EXTERN struct wasm_instance_t* wasm_frame_instance(const wasm_frame_t*);
// In the module's function index space.
WASM_API_EXTERN uint32_t wasm_frame_func_index(const wasm_frame_t*);
// Bytes from the function's body to the instruction.
WASM_API_EXTERN size_t wasm_frame_func_offset(const wasm_frame_t*);
// Bytes from the module's first byte to the instruction.
WASM_API_EXTERN size_t wasm_frame_module_offset(const wasm_frame_t*);

// Traps: why the guest ended

// Ends with a NUL, which counts.
typedef wasm_name_t wasm_message_t;

WASM_API_REF_(trap)
// A trap that a callback may return; its message comes out of the outermost call as it is. The
// message may lack its NUL.
WASM_API_EXTERN WASM_OWN wasm_trap_t* wasm_trap_new(wasm_store_t*, const wasm_message_t*);
WASM_API_EXTERN void wasm_trap_message(const wasm_trap_t*, WASM_OWN wasm_message_t* out);
// The innermost frame; NULL if the guest didn't run.
WASM_API_EXTERN WASM_OWN wasm_frame_t* wasm_trap_origin(const wasm_trap_t*);
// All frames, innermost first.
WASM_API_EXTERN void wasm_trap_trace(const wasm_trap_t*, WASM_OWN wasm_frame_vec_t* out);

// Foreign objects: references to what you have in mind, told by their host infos. They are
// externrefs.

WASM_API_REF_(foreign)
WASM_API_EXTERN WASM_OWN wasm_foreign_t* wasm_foreign_new(wasm_store_t*);

////////////////////////////////////////////////////////////////////////////////////////////////////
// Modules

WASM_API_REF_(module)
// From the binary format; NULL if it is no valid module, or needs a feature that is off.
WASM_API_EXTERN WASM_OWN wasm_module_t* wasm_module_new(wasm_store_t*,
                                                        const wasm_byte_vec_t* binary);
// Whether wasm_module_new would succeed.
WASM_API_EXTERN bool wasm_module_validate(wasm_store_t*, const wasm_byte_vec_t* binary);
// In the module's order.
WASM_API_EXTERN void wasm_module_imports(const wasm_module_t*, WASM_OWN wasm_importtype_vec_t* out);
WASM_API_EXTERN void wasm_module_exports(const wasm_module_t*, WASM_OWN wasm_exporttype_vec_t* out);

// To bytes and back. They are Weft's own: a header, the module, and a checksum. What isn't that, or
// was damaged, gives NULL; so does what the store's engine refuses, since it validates the module
// as wasm_module_new does.
WASM_API_EXTERN void wasm_module_serialize(const wasm_module_t*, WASM_OWN wasm_byte_vec_t* out);
WASM_API_EXTERN WASM_OWN wasm_module_t* wasm_module_deserialize(wasm_store_t*,
                                                                const wasm_byte_vec_t*);

// For other threads: share here, obtain in a store there, of the same engine.
WASM_API_OPAQUE_(shared_module)
WASM_API_EXTERN WASM_OWN wasm_shared_module_t* wasm_module_share(const wasm_module_t*);
// NULL in a store of another engine.
WASM_API_EXTERN WASM_OWN wasm_module_t* wasm_module_obtain(wasm_store_t*,
                                                           const wasm_shared_module_t*);

////////////////////////////////////////////////////////////////////////////////////////////////////
// Functions

WASM_API_REF_(func)

// A function of yours. `args` has one value for each parameter, `results` room for each result,
// which are nulls and zeros at first. A trap that it returns ends the guest and comes out of the
// outermost call. It may call functions, make and grow things, in its own store. A C++ exception
// that it throws comes out of the outermost call as a trap.
typedef WASM_OWN wasm_trap_t* (*wasm_func_callback_t)(const wasm_val_vec_t* args,
                                                      WASM_OWN wasm_val_vec_t* results);
typedef WASM_OWN wasm_trap_t* (*wasm_func_callback_with_env_t)(void* env,
                                                               const wasm_val_vec_t* args,
                                                               WASM_OWN wasm_val_vec_t* results);

// NULL for a type with a v128.
WASM_API_EXTERN WASM_OWN wasm_func_t* wasm_func_new(wasm_store_t*, const wasm_functype_t*,
                                                    wasm_func_callback_t);
// `finalizer`, if it isn't NULL, is called with `env` once: when the store is deleted, or at once
// if this function fails.
WASM_API_EXTERN WASM_OWN wasm_func_t* wasm_func_new_with_env(wasm_store_t*, const wasm_functype_t*,
                                                             wasm_func_callback_with_env_t,
                                                             void* env,
                                                             void (*finalizer)(void* env));
WASM_API_EXTERN WASM_OWN wasm_functype_t* wasm_func_type(const wasm_func_t*);
WASM_API_EXTERN size_t wasm_func_param_arity(const wasm_func_t*);
WASM_API_EXTERN size_t wasm_func_result_arity(const wasm_func_t*);

// Calls. NULL, and the results are written; or a trap, and they aren't touched. Arguments of the
// wrong number or type, or room for another number of results than there are, are a trap before
// anything runs; an empty vector, for which NULL stands, drops the results.
WASM_API_EXTERN WASM_OWN wasm_trap_t* wasm_func_call(const wasm_func_t*, const wasm_val_vec_t* args,
                                                     wasm_val_vec_t* results);

////////////////////////////////////////////////////////////////////////////////////////////////////
// Globals

WASM_API_REF_(global)
// NULL if the value isn't of the type.
WASM_API_EXTERN WASM_OWN wasm_global_t* wasm_global_new(wasm_store_t*, const wasm_globaltype_t*,
                                                        const wasm_val_t* init);
WASM_API_EXTERN WASM_OWN wasm_globaltype_t* wasm_global_type(const wasm_global_t*);
// A null reference (WASM_INIT_VAL) if it can't be read.
WASM_API_EXTERN void wasm_global_get(const wasm_global_t*, WASM_OWN wasm_val_t* out);
// Does nothing if the global is constant or the value of another type.
WASM_API_EXTERN void wasm_global_set(wasm_global_t*, const wasm_val_t*);

////////////////////////////////////////////////////////////////////////////////////////////////////
// Tables

WASM_API_REF_(table)

// In elements. A table with 64-bit indices that has more of them reads as 2^32 - 1.
typedef uint32_t wasm_table_size_t;

WASM_API_EXTERN WASM_OWN wasm_table_t* wasm_table_new(wasm_store_t*, const wasm_tabletype_t*,
                                                      wasm_ref_t* init);
// The minimum is the present size.
WASM_API_EXTERN WASM_OWN wasm_tabletype_t* wasm_table_type(const wasm_table_t*);
// NULL for a null element, and beyond the end.
WASM_API_EXTERN WASM_OWN wasm_ref_t* wasm_table_get(const wasm_table_t*, wasm_table_size_t index);
// False beyond the end, or for a reference that isn't of the element type.
WASM_API_EXTERN bool wasm_table_set(wasm_table_t*, wasm_table_size_t index, wasm_ref_t*);
WASM_API_EXTERN wasm_table_size_t wasm_table_size(const wasm_table_t*);
WASM_API_EXTERN bool wasm_table_grow(wasm_table_t*, wasm_table_size_t delta, wasm_ref_t* init);

////////////////////////////////////////////////////////////////////////////////////////////////////
// Memories

WASM_API_REF_(memory)

typedef uint32_t wasm_memory_pages_t;

// In bytes.
static const size_t MEMORY_PAGE_SIZE = 0x10000;

WASM_API_EXTERN WASM_OWN wasm_memory_t* wasm_memory_new(wasm_store_t*, const wasm_memorytype_t*);
// The minimum is the present size.
WASM_API_EXTERN WASM_OWN wasm_memorytype_t* wasm_memory_type(const wasm_memory_t*);
// The bytes in place: good until the memory grows, or a guest runs, which may grow it.
WASM_API_EXTERN byte_t* wasm_memory_data(wasm_memory_t*);
WASM_API_EXTERN size_t wasm_memory_data_size(const wasm_memory_t*);
// In pages of the memory's own page size.
WASM_API_EXTERN wasm_memory_pages_t wasm_memory_size(const wasm_memory_t*);
WASM_API_EXTERN bool wasm_memory_grow(wasm_memory_t*, wasm_memory_pages_t delta);

////////////////////////////////////////////////////////////////////////////////////////////////////
// Externs: functions, globals, tables, memories, tags

WASM_API_REF_(extern)
WASM_API_VEC_(extern, *)
WASM_API_EXTERN wasm_externkind_t wasm_extern_kind(const wasm_extern_t*);
WASM_API_EXTERN WASM_OWN wasm_externtype_t* wasm_extern_type(const wasm_extern_t*);
WASM_API_CASTS_(func, extern)
WASM_API_CASTS_(global, extern)
WASM_API_CASTS_(table, extern)
WASM_API_CASTS_(memory, extern)

////////////////////////////////////////////////////////////////////////////////////////////////////
// Instances

WASM_API_REF_(instance)
// Instantiates with one import for each of wasm_module_imports, in that order, and runs the start
// function. NULL if that fails; then *trap, if `trap` isn't NULL, says why: a start function or a
// segment that trapped, or imports that are missing or don't fit. On success *trap is NULL. More
// imports than needed are a failure, too. NULL stands for an empty vector.
WASM_API_EXTERN WASM_OWN wasm_instance_t* wasm_instance_new(wasm_store_t*, const wasm_module_t*,
                                                            const wasm_extern_vec_t* imports,
                                                            WASM_OWN wasm_trap_t** trap);
// In the module's order.
WASM_API_EXTERN void wasm_instance_exports(const wasm_instance_t*, WASM_OWN wasm_extern_vec_t* out);

////////////////////////////////////////////////////////////////////////////////////////////////////
// Short forms

// For initialisers. An array becomes a vector that is lent.
#define WASM_EMPTY_VEC {0, NULL}
#define WASM_ARRAY_VEC(array) {sizeof(array) / sizeof(*(array)), array}

#define WASM_I32_VAL(i)                 \
  {                                     \
    .kind = WASM_I32, .of = {.i32 = i } \
  }
#define WASM_I64_VAL(i)                 \
  {                                     \
    .kind = WASM_I64, .of = {.i64 = i } \
  }
#define WASM_F32_VAL(z)                 \
  {                                     \
    .kind = WASM_F32, .of = {.f32 = z } \
  }
#define WASM_F64_VAL(z)                 \
  {                                     \
    .kind = WASM_F64, .of = {.f64 = z } \
  }
#define WASM_REF_VAL(r)                       \
  {                                           \
    .kind = WASM_EXTERNREF, .of = {.ref = r } \
  }
#define WASM_INIT_VAL                            \
  {                                              \
    .kind = WASM_EXTERNREF, .of = {.ref = NULL } \
  }

static inline WASM_OWN wasm_valtype_t* wasm_valtype_new_i32(void) {
  return wasm_valtype_new(WASM_I32);
}
static inline WASM_OWN wasm_valtype_t* wasm_valtype_new_i64(void) {
  return wasm_valtype_new(WASM_I64);
}
static inline WASM_OWN wasm_valtype_t* wasm_valtype_new_f32(void) {
  return wasm_valtype_new(WASM_F32);
}
static inline WASM_OWN wasm_valtype_t* wasm_valtype_new_f64(void) {
  return wasm_valtype_new(WASM_F64);
}
static inline WASM_OWN wasm_valtype_t* wasm_valtype_new_externref(void) {
  return wasm_valtype_new(WASM_EXTERNREF);
}
static inline WASM_OWN wasm_valtype_t* wasm_valtype_new_funcref(void) {
  return wasm_valtype_new(WASM_FUNCREF);
}

// wasm_functype_new_P_R: from P parameters and R results, which become the type's.
static inline WASM_OWN wasm_functype_t* wasm_functype_new_of_(size_t param_count,
                                                              wasm_valtype_t* const params[],
                                                              size_t result_count,
                                                              wasm_valtype_t* const results[]) {
  wasm_valtype_vec_t param_vec, result_vec;
  wasm_valtype_vec_new(&param_vec, param_count, params);
  wasm_valtype_vec_new(&result_vec, result_count, results);
  return wasm_functype_new(&param_vec, &result_vec);
}
static inline WASM_OWN wasm_functype_t* wasm_functype_new_0_0(void) {
  return wasm_functype_new_of_(0, NULL, 0, NULL);
}
static inline WASM_OWN wasm_functype_t* wasm_functype_new_1_0(WASM_OWN wasm_valtype_t* p) {
  return wasm_functype_new_of_(1, &p, 0, NULL);
}
static inline WASM_OWN wasm_functype_t* wasm_functype_new_2_0(WASM_OWN wasm_valtype_t* p1,
                                                              WASM_OWN wasm_valtype_t* p2) {
  wasm_valtype_t* ps[2];
  ps[0] = p1, ps[1] = p2;
  return wasm_functype_new_of_(2, ps, 0, NULL);
}
static inline WASM_OWN wasm_functype_t* wasm_functype_new_3_0(WASM_OWN wasm_valtype_t* p1,
                                                              WASM_OWN wasm_valtype_t* p2,
                                                              WASM_OWN wasm_valtype_t* p3) {
  wasm_valtype_t* ps[3];
  ps[0] = p1, ps[1] = p2, ps[2] = p3;
  return wasm_functype_new_of_(3, ps, 0, NULL);
}
static inline WASM_OWN wasm_functype_t* wasm_functype_new_0_1(WASM_OWN wasm_valtype_t* r) {
  return wasm_functype_new_of_(0, NULL, 1, &r);
}
static inline WASM_OWN wasm_functype_t* wasm_functype_new_1_1(WASM_OWN wasm_valtype_t* p,
                                                              WASM_OWN wasm_valtype_t* r) {
  return wasm_functype_new_of_(1, &p, 1, &r);
}
static inline WASM_OWN wasm_functype_t* wasm_functype_new_2_1(WASM_OWN wasm_valtype_t* p1,
                                                              WASM_OWN wasm_valtype_t* p2,
                                                              WASM_OWN wasm_valtype_t* r) {
  wasm_valtype_t* ps[2];
  ps[0] = p1, ps[1] = p2;
  return wasm_functype_new_of_(2, ps, 1, &r);
}
static inline WASM_OWN wasm_functype_t* wasm_functype_new_3_1(WASM_OWN wasm_valtype_t* p1,
                                                              WASM_OWN wasm_valtype_t* p2,
                                                              WASM_OWN wasm_valtype_t* p3,
                                                              WASM_OWN wasm_valtype_t* r) {
  wasm_valtype_t* ps[3];
  ps[0] = p1, ps[1] = p2, ps[2] = p3;
  return wasm_functype_new_of_(3, ps, 1, &r);
}
static inline WASM_OWN wasm_functype_t* wasm_functype_new_0_2(WASM_OWN wasm_valtype_t* r1,
                                                              WASM_OWN wasm_valtype_t* r2) {
  wasm_valtype_t* rs[2];
  rs[0] = r1, rs[1] = r2;
  return wasm_functype_new_of_(0, NULL, 2, rs);
}
static inline WASM_OWN wasm_functype_t* wasm_functype_new_1_2(WASM_OWN wasm_valtype_t* p,
                                                              WASM_OWN wasm_valtype_t* r1,
                                                              WASM_OWN wasm_valtype_t* r2) {
  wasm_valtype_t* rs[2];
  rs[0] = r1, rs[1] = r2;
  return wasm_functype_new_of_(1, &p, 2, rs);
}
static inline WASM_OWN wasm_functype_t* wasm_functype_new_2_2(WASM_OWN wasm_valtype_t* p1,
                                                              WASM_OWN wasm_valtype_t* p2,
                                                              WASM_OWN wasm_valtype_t* r1,
                                                              WASM_OWN wasm_valtype_t* r2) {
  wasm_valtype_t* ps[2];
  wasm_valtype_t* rs[2];
  ps[0] = p1, ps[1] = p2;
  rs[0] = r1, rs[1] = r2;
  return wasm_functype_new_of_(2, ps, 2, rs);
}
static inline WASM_OWN wasm_functype_t* wasm_functype_new_3_2(WASM_OWN wasm_valtype_t* p1,
                                                              WASM_OWN wasm_valtype_t* p2,
                                                              WASM_OWN wasm_valtype_t* p3,
                                                              WASM_OWN wasm_valtype_t* r1,
                                                              WASM_OWN wasm_valtype_t* r2) {
  wasm_valtype_t* ps[3];
  wasm_valtype_t* rs[2];
  ps[0] = p1, ps[1] = p2, ps[2] = p3;
  rs[0] = r1, rs[1] = r2;
  return wasm_functype_new_of_(3, ps, 2, rs);
}

// A pointer as an integer value that is as wide, and back.
static inline void wasm_val_init_ptr(WASM_OWN wasm_val_t* out, void* pointer) {
#if UINTPTR_MAX == UINT32_MAX
  out->kind = WASM_I32;
  out->of.i32 = (int32_t)(intptr_t)pointer;
#else
  out->kind = WASM_I64;
  out->of.i64 = (int64_t)(intptr_t)pointer;
#endif
}
static inline void* wasm_val_ptr(const wasm_val_t* value) {
#if UINTPTR_MAX == UINT32_MAX
  return (void*)(intptr_t)value->of.i32;
#else
  return (void*)(intptr_t)value->of.i64;
#endif
}

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // WASM_H
