// Pages of the operating system: what linear memories, the engine's stack and large arrays are made
// of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <type_traits>
#include <utility>

namespace weft::interp {

namespace pages {

// Address space without memory: any access faults. Null when refused.
uint8_t* reserve(size_t bytes);
// Makes pages of a reservation accessible; they are zero. Both at page boundaries. False when
// memory is refused.
bool commit(uint8_t* at, size_t bytes);
// Zeroed memory, taken from the system page by page as it is touched. Null when refused.
uint8_t* allocate(size_t bytes);
// The same at a multiple of `alignment`, a power of two of at least a page; whole pages.
uint8_t* allocate_aligned(size_t bytes, size_t alignment);
// Gives the memory of whole pages back; they stay accessible, and are zero.
void discard(uint8_t* at, size_t bytes);
size_t page_bytes();
// Grows what allocate() returned; the new bytes are zero. May move it. Null (and the old one is
// untouched) when refused.
uint8_t* grow(uint8_t* base, size_t old_bytes, size_t new_bytes);
// What one of these returned, with its size.
void release(uint8_t* base, size_t bytes);

// Zeroed memory between two inaccessible pages.
class Region {
 public:
  Region() = default;
  // Empty when refused. Rounded up to whole pages.
  static Region make(size_t bytes);
  Region(Region&& other) noexcept
      : x_begin(std::exchange(other.x_begin, nullptr)), x_bytes(std::exchange(other.x_bytes, 0)) {}
  Region& operator=(Region&& other) noexcept {
    std::swap(x_begin, other.x_begin);
    std::swap(x_bytes, other.x_bytes);
    return *this;
  }
  ~Region();

  uint8_t* begin() const { return x_begin; }
  uint8_t* end() const { return x_begin + x_bytes; }
  explicit operator bool() const { return x_begin != nullptr; }

 private:
  uint8_t* x_begin = nullptr;
  size_t x_bytes = 0;
};

}  // namespace pages

// An array of zero bytes. A large one costs nothing until it is touched; a small one shares its
// page with others. For types to which all zeroes are a sound value.
template <class T>
class ZeroedArray {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  ZeroedArray() = default;
  ZeroedArray(const ZeroedArray&) = delete;
  ZeroedArray& operator=(const ZeroedArray&) = delete;
  ~ZeroedArray() {
    if (is_small()) {
      std::free(x_elems);
    } else {
      pages::release(reinterpret_cast<uint8_t*>(x_elems), x_size * sizeof(T));
    }
  }

  // Once. False when memory is refused.
  bool allocate(size_t size) {
    if (size == 0) return true;
    if (size > SIZE_MAX / sizeof(T)) return false;
    x_size = size;
    x_elems = is_small() ? static_cast<T*>(std::calloc(size, sizeof(T)))
                         : reinterpret_cast<T*>(pages::allocate(size * sizeof(T)));
    if (x_elems == nullptr) x_size = 0;
    return x_elems != nullptr;
  }
  size_t size() const { return x_size; }
  T& operator[](size_t index) const { return x_elems[index]; }

 private:
  static constexpr size_t kSmallBytes = 4096;
  bool is_small() const { return x_size <= kSmallBytes / sizeof(T); }

  T* x_elems = nullptr;
  size_t x_size = 0;
};

}  // namespace weft::interp
