#include "api/c/vectors.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace {

template <class Vec>
using Item = std::remove_pointer_t<decltype(Vec::data)>;

// Room for zeros; empty if there is no memory.
template <class Vec>
void make(Vec* out, std::size_t size) noexcept {
  if (out == nullptr) return;
  *out = {0, nullptr};
  if (size == 0 || size > PTRDIFF_MAX / sizeof(Item<Vec>)) return;
  out->data = static_cast<Item<Vec>*>(std::calloc(size, sizeof(Item<Vec>)));
  if (out->data != nullptr) out->size = size;
}

// The elements of vectors are bytes, values, or pointers to what has a copy and a delete.
void copy_item(wasm_byte_t& to, wasm_byte_t from) noexcept { to = from; }
void delete_item(wasm_byte_t& /*item*/) noexcept {}
void copy_item(wasm_val_t& to, const wasm_val_t& from) noexcept { wasm_val_copy(&to, &from); }
void delete_item(wasm_val_t& item) noexcept { wasm_val_delete(&item); }

#define WEFT_C_ITEM(name)                                                      \
  void copy_item(wasm_##name##_t*& to, const wasm_##name##_t* from) noexcept { \
    to = wasm_##name##_copy(from);                                             \
  }                                                                            \
  void delete_item(wasm_##name##_t* item) noexcept { wasm_##name##_delete(item); }
WEFT_C_ITEM(frame)
WEFT_C_ITEM(extern)
WEFT_C_ITEM(valtype)
WEFT_C_ITEM(functype)
WEFT_C_ITEM(globaltype)
WEFT_C_ITEM(tabletype)
WEFT_C_ITEM(memorytype)
WEFT_C_ITEM(tagtype)
WEFT_C_ITEM(externtype)
WEFT_C_ITEM(importtype)
WEFT_C_ITEM(exporttype)

template <class Vec>
void adopt(Vec* out, std::size_t size, const Item<Vec>* items) noexcept {
  make(out, size);
  if (out == nullptr || size == 0 || items == nullptr) return;
  if (out->data != nullptr) {
    std::memcpy(out->data, items, size * sizeof(*items));
    return;
  }
  // They were handed over all the same.
  for (std::size_t i = 0; i < size; ++i) {
    Item<Vec> item = items[i];
    delete_item(item);
  }
}

template <class Vec>
void copy(Vec* out, const Vec* vec) noexcept {
  make(out, vec == nullptr ? 0 : vec->size);
  if (out == nullptr) return;
  for (std::size_t i = 0; i < out->size; ++i) copy_item(out->data[i], vec->data[i]);
}

template <class Vec>
void destroy(Vec* vec) noexcept {
  if (vec == nullptr) return;
  if constexpr (!std::is_same_v<Item<Vec>, wasm_byte_t>) {
    for (std::size_t i = 0; i < vec->size && vec->data != nullptr; ++i) delete_item(vec->data[i]);
  }
  std::free(vec->data);
  *vec = {0, nullptr};
}

}  // namespace

#define WEFT_C_VECTOR(name)                                                               \
  void wasm_##name##_vec_new_empty(wasm_##name##_vec_t* out) { make(out, 0); }            \
  void wasm_##name##_vec_new_uninitialized(wasm_##name##_vec_t* out, size_t size) {       \
    make(out, size);                                                                      \
  }                                                                                       \
  void wasm_##name##_vec_new(wasm_##name##_vec_t* out, size_t size,                       \
                             std::remove_pointer_t<decltype(out->data)> const items[]) {  \
    adopt(out, size, items);                                                              \
  }                                                                                       \
  void wasm_##name##_vec_copy(wasm_##name##_vec_t* out, const wasm_##name##_vec_t* vec) { \
    copy(out, vec);                                                                       \
  }                                                                                       \
  void wasm_##name##_vec_delete(wasm_##name##_vec_t* vec) { destroy(vec); }

WEFT_C_VECTORS(WEFT_C_VECTOR)
