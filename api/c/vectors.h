// The vectors of <wasm.h>: memory of malloc's, so that one made by hand can be handed over, too.
#pragma once

#include <wasm.h>

#include <cstddef>
#include <span>
#include <type_traits>

namespace weft::c {

/// How the elements of a vector are copied and deleted, by overloads for each type of vector.
#define WEFT_C_VECTORS(use)                                                            \
  use(byte) use(val) use(frame) use(extern) use(valtype) use(functype) use(globaltype) \
      use(tabletype) use(memorytype) use(tagtype) use(externtype) use(importtype) use(exporttype)

#define WEFT_C_DELETE_VECTOR(name) \
  inline void delete_vec(wasm_##name##_vec_t* vec) { wasm_##name##_vec_delete(vec); }
WEFT_C_VECTORS(WEFT_C_DELETE_VECTOR)
#undef WEFT_C_DELETE_VECTOR

/// A vector that a function was given to keep: deleted at the end of the scope. Null counts as
/// empty.
template <class Vec>
class Taken {
 public:
  explicit Taken(Vec* vec) noexcept : vec_(vec) {}
  Taken(const Taken&) = delete;
  Taken& operator=(const Taken&) = delete;
  ~Taken() { delete_vec(vec_); }

  [[nodiscard]] auto items() const noexcept {
    return vec_ == nullptr ? std::span<std::remove_pointer_t<decltype(vec_->data)>>()
                           : std::span(vec_->data, vec_->size);
  }

 private:
  Vec* vec_;
};

}  // namespace weft::c
