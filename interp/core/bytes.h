// Bulk operations on bytes: what memory.copy, memory.fill, memory.init and the decoder use.
// Compiled by Google Highway for several targets, of which the best is chosen at the first call.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "interp/core/sanitizers.h"

namespace weft::interp {

namespace detail {

// Up to this size bytes are copied and filled in place, without a call.
inline constexpr size_t kInPlaceBytes = 32;

// One target's functions. copy and fill expect more than kInPlaceBytes.
struct BytesTable {
  void (*copy)(uint8_t* to, const uint8_t* from, size_t n);
  void (*fill)(uint8_t* to, uint8_t value, size_t n);
  bool (*is_valid_utf8)(const uint8_t* bytes, size_t n);
};

extern std::atomic<const BytesTable*> g_bytes;
inline const BytesTable& bytes_table() { return *g_bytes.load(std::memory_order_relaxed); }

// The functions for one of Highway's targets, for tests and benchmarks.
const BytesTable& bytes_table_for(int64_t target);

// A type of 16 bytes that compilers keep in one vector register.
using Bytes16 [[gnu::vector_size(16)]] = uint64_t;

// Between sizeof(T) and twice as many bytes: a head and a tail that may overlap. Both are loaded
// before either is stored, so the ranges may overlap too.
template <class T>
[[gnu::always_inline]] inline void copy_head_and_tail(uint8_t* to, const uint8_t* from, size_t n) {
  T head;
  T tail;
  std::memcpy(&head, from, sizeof(T));
  std::memcpy(&tail, from + n - sizeof(T), sizeof(T));
  std::memcpy(to, &head, sizeof(T));
  std::memcpy(to + n - sizeof(T), &tail, sizeof(T));
}

template <class T>
[[gnu::always_inline]] inline void fill_head_and_tail(uint8_t* to, T pattern, size_t n) {
  std::memcpy(to, &pattern, sizeof(T));
  std::memcpy(to + n - sizeof(T), &pattern, sizeof(T));
}

}  // namespace detail

// Copies n bytes; the ranges may overlap.
WEFT_GUEST_ACCESS inline void copy_bytes(void* to, const void* from, size_t n) {
  auto* const t = static_cast<uint8_t*>(to);
  const auto* const f = static_cast<const uint8_t*>(from);
  if (n > detail::kInPlaceBytes) return detail::bytes_table().copy(t, f, n);
  if (n >= 16) return detail::copy_head_and_tail<detail::Bytes16>(t, f, n);
  if (n >= 8) return detail::copy_head_and_tail<uint64_t>(t, f, n);
  if (n >= 4) return detail::copy_head_and_tail<uint32_t>(t, f, n);
  if (n >= 2) return detail::copy_head_and_tail<uint16_t>(t, f, n);
  if (n == 1) *t = *f;
}

// Sets n bytes to value.
WEFT_GUEST_ACCESS inline void fill_bytes(void* to, uint8_t value, size_t n) {
  auto* const t = static_cast<uint8_t*>(to);
  if (n > detail::kInPlaceBytes) return detail::bytes_table().fill(t, value, n);
  const uint64_t pattern = value * uint64_t{0x0101010101010101};
  if (n >= 16) return detail::fill_head_and_tail(t, detail::Bytes16{pattern, pattern}, n);
  if (n >= 8) return detail::fill_head_and_tail(t, pattern, n);
  if (n >= 4) return detail::fill_head_and_tail(t, static_cast<uint32_t>(pattern), n);
  if (n >= 2) return detail::fill_head_and_tail(t, static_cast<uint16_t>(pattern), n);
  if (n == 1) *t = value;
}

// Whether the bytes are UTF-8: without overlong forms, surrogates and code points above U+10FFFF.
inline bool is_valid_utf8(std::span<const uint8_t> bytes) {
  return detail::bytes_table().is_valid_utf8(bytes.data(), bytes.size());
}

}  // namespace weft::interp
