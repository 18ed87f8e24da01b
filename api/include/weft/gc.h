// Part of <weft.h>: references and what they point to: host objects, i31, structs, arrays,
// exceptions and their tags.
#ifndef WEFT_GC_H
#define WEFT_GC_H

#include <weft/runtime.h>

#ifdef __cplusplus
extern "C" {
#endif

////////////////////////////////////////////////////////////////////////////////////////////////////
// References

/// The kind of a reference: WASM_FUNCREF, WASM_EXTERNREF, WEFT_ANYREF or WEFT_EXNREF. False for
/// NULL and for what is no value, such as a memory.
WASM_API_EXTERN bool weft_ref_kind(const wasm_ref_t*, wasm_valkind_t* out);
/// What it points to: the concrete type of a struct or array, otherwise an abstract one. False as
/// above.
WASM_API_EXTERN bool weft_ref_heap(const wasm_ref_t*, weft_heaptype_t* out);
/// Whether ref.test with this type would succeed; false for NULL. WEFT_ERRC_WRONG_STORE.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_ref_matches(const wasm_ref_t*, const weft_heaptype_t*,
                                                        bool* out);
/// The same object as an externref (extern.convert_any), and as an anyref (any.convert_extern).
/// NULL gives NULL.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_ref_to_extern(const wasm_ref_t*,
                                                          WASM_OWN wasm_ref_t** out);
WASM_API_EXTERN WASM_OWN weft_error_t* weft_ref_to_any(const wasm_ref_t*,
                                                       WASM_OWN wasm_ref_t** out);

/// A host object, which guests hold as an externref. Its payload is the host info of
/// wasm_foreign_t, and finalized, on any thread, when neither the host nor the guest can reach the
/// object any more, at the latest with the store.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_foreign_new(wasm_store_t*, WASM_OWN void* payload,
                                                        void (*finalizer)(void* payload),
                                                        WASM_OWN wasm_foreign_t** out);
/// The payload, if it was given with the same finalizer, which so tells whose it is; otherwise
/// NULL.
WASM_API_EXTERN void* weft_foreign_payload(const wasm_foreign_t*, void (*finalizer)(void* payload));

/// A 31-bit integer as a reference: keeps the low 31 bits. It belongs to no store; NULL if memory
/// ran out.
WASM_API_EXTERN WASM_OWN wasm_ref_t* weft_i31_new(int32_t value);
/// From -2^30 to 2^30-1. False for what is no i31.
WASM_API_EXTERN bool weft_i31_get(const wasm_ref_t*, int32_t* out);

////////////////////////////////////////////////////////////////////////////////////////////////////
// Types of structs and arrays. They belong to an engine, which keeps them for good: a
// weft_heaptype_t of kind WEFT_HEAP_CONCRETE names one, and there is nothing to delete.

/// A field of a struct, or what every element of an array is.
typedef struct weft_field_t {
  const wasm_valtype_t* type;  ///< NULL if it is packed.
  uint8_t packed_bytes;        ///< 1 or 2 for integers of that size, which are read as i32; else 0.
  wasm_mutability_t mutability;
} weft_field_t;

/// `super` is a type that isn't final, of which the fields repeat those of the new type, or NULL.
/// WEFT_ERRC_TYPE_MISMATCH, WEFT_ERRC_LIMIT, WEFT_ERRC_UNSUPPORTED without
/// WEFT_CAPABILITY_GC_OBJECTS.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_struct_type(const wasm_engine_t*,
                                                        const weft_field_t fields[], size_t count,
                                                        bool is_final, const weft_heaptype_t* super,
                                                        weft_heaptype_t* out);
WASM_API_EXTERN WASM_OWN weft_error_t* weft_array_type(const wasm_engine_t*,
                                                       const weft_field_t* element, bool is_final,
                                                       const weft_heaptype_t* super,
                                                       weft_heaptype_t* out);
/// The number of a struct type's fields; 1 for an array type. WEFT_ERRC_TYPE_MISMATCH for others.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_type_field_count(const wasm_engine_t*,
                                                             const weft_heaptype_t*, size_t* out);
/// A field of a struct type, or an array type's element (0). `type` gets a copy of the field's
/// type, i32 for packed ones. WEFT_ERRC_OUT_OF_BOUNDS.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_type_field(const wasm_engine_t*, const weft_heaptype_t*,
                                                       size_t index, WASM_OWN wasm_valtype_t** type,
                                                       uint8_t* packed_bytes,
                                                       wasm_mutability_t* mutability);

////////////////////////////////////////////////////////////////////////////////////////////////////
// Structs and arrays. WEFT_ERRC_TYPE_MISMATCH for a reference to something else, WEFT_ERRC_USAGE
// for NULL, WEFT_ERRC_OUT_OF_BOUNDS beyond the end.

/// A struct with a value for each field. WEFT_ERRC_LIMIT if there is no room for it.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_struct_new(wasm_store_t*, const weft_heaptype_t*,
                                                       const weft_val_t fields[], size_t count,
                                                       WASM_OWN wasm_ref_t** out);
WASM_API_EXTERN WASM_OWN weft_error_t* weft_struct_field_count(const wasm_ref_t*, size_t* out);
/// Packed fields are zero-extended.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_struct_get(const wasm_ref_t*, size_t field,
                                                       WASM_OWN weft_val_t* out);
/// WEFT_ERRC_TYPE_MISMATCH also if the field is constant.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_struct_set(const wasm_ref_t*, size_t field,
                                                       const weft_val_t* value);

/// An array of these elements.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_array_new(wasm_store_t*, const weft_heaptype_t*,
                                                      const weft_val_t elements[], uint32_t count,
                                                      WASM_OWN wasm_ref_t** out);
/// An array of `count` times `init`.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_array_new_filled(wasm_store_t*, const weft_heaptype_t*,
                                                             const weft_val_t* init, uint32_t count,
                                                             WASM_OWN wasm_ref_t** out);
WASM_API_EXTERN WASM_OWN weft_error_t* weft_array_size(const wasm_ref_t*, uint32_t* out);
/// Packed elements are zero-extended.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_array_get(const wasm_ref_t*, uint32_t index,
                                                      WASM_OWN weft_val_t* out);
/// WEFT_ERRC_TYPE_MISMATCH also if the elements are constant.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_array_set(const wasm_ref_t*, uint32_t index,
                                                      const weft_val_t* value);
/// Copies `count` elements of numbers or vectors, of `element_bytes` each, out of the array and
/// into it. WEFT_ERRC_TYPE_MISMATCH if the elements aren't of that size.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_array_read(const wasm_ref_t*, uint32_t index,
                                                       size_t element_bytes, void* to,
                                                       size_t count);
WASM_API_EXTERN WASM_OWN weft_error_t* weft_array_write(const wasm_ref_t*, uint32_t index,
                                                        size_t element_bytes, const void* from,
                                                        size_t count);

////////////////////////////////////////////////////////////////////////////////////////////////////
// Tags and exceptions

/// The identity of a kind of exception: an extern of kind WEFT_EXTERN_TAG, by which name it is
/// copied, compared and deleted. The type is a function's without results.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_tag_new(wasm_store_t*, const wasm_functype_t*,
                                                    WASM_OWN wasm_extern_t** out);
/// WEFT_ERRC_TYPE_MISMATCH for an extern that is no tag.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_tag_type(const wasm_extern_t*,
                                                     WASM_OWN wasm_functype_t** out);

/// An exception with a value for each of the tag's parameters, which nobody has thrown yet.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_exception_new(wasm_store_t*, const wasm_extern_t* tag,
                                                          const weft_val_t values[], size_t count,
                                                          WASM_OWN wasm_ref_t** out);
WASM_API_EXTERN WASM_OWN weft_error_t* weft_exception_tag(const wasm_ref_t*,
                                                          WASM_OWN wasm_extern_t** out);
/// Room for a value for each of the tag's parameters: WEFT_ERRC_TYPE_MISMATCH otherwise.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_exception_values(const wasm_ref_t*,
                                                             WASM_OWN weft_val_t values[],
                                                             size_t count);
/// The error by which a callback throws the exception in the guest; NULL, which is no exception, is
/// the trap "null exception reference".
WASM_API_EXTERN WASM_OWN weft_error_t* weft_error_new_exception(const wasm_ref_t*);
/// What the guest threw; `store` is that of the call which failed. WEFT_ERRC_NOT_FOUND if the error
/// is of another kind.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_error_exception(const weft_error_t*, wasm_store_t*,
                                                            WASM_OWN wasm_ref_t** out);

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // WEFT_GC_H
