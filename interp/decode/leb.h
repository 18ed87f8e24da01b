// LEB128 integers read eight bytes at a time (Spec 3.0, 5.2.2 "Integers").
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "interp/core/value.h"

namespace weft::interp {

inline constexpr size_t kLebWordBytes = 8;

// How many bytes the integer takes whose first eight bytes, or what follows it, are in `word`; 0 if
// it is longer.
constexpr size_t leb_bytes(uint64_t word) {
  const uint64_t last = ~word & 0x8080'8080'8080'8080;
  return last == 0 ? 0 : static_cast<size_t>(std::countr_zero(last)) / 8 + 1;
}

// Seven bits of each of its bytes, of which there are 1 to 8.
constexpr uint64_t leb_bits(uint64_t word, size_t bytes) {
  uint64_t bits = word << (64 - 8 * bytes) >> (64 - 8 * bytes);
  bits = (bits & 0x007f'007f'007f'007f) | (bits & 0x7f00'7f00'7f00'7f00) >> 1;
  bits = (bits & 0x0000'3fff'0000'3fff) | (bits & 0x3fff'0000'3fff'0000) >> 2;
  return (bits & 0x0fff'ffff) | (bits & 0x0fff'ffff'0000'0000) >> 4;
}

// Those bits as a signed integer.
constexpr int64_t leb_signed(uint64_t bits, size_t bytes) {
  const size_t unused = 64 - 7 * bytes;
  return static_cast<int64_t>(bits << unused) >> unused;
}

}  // namespace weft::interp
