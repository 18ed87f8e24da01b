// A cursor over a range of a module's bytes that can't leave it (Spec 3.0, 5.2 "Values").
//
// Errors are sticky: the first one is kept, the range shrinks to nothing, and every later read
// yields zero. Callers test ok() once per loop or instruction instead of once per read; measured,
// that is what lets validation run at memory speed. Since the cursor only moves forward, the first
// error is also the one with the earliest offset.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "interp/core/error.h"
#include "interp/core/value.h"
#include "interp/decode/module.h"

namespace weft::interp {

class Reader {
 public:
  Reader() = default;
  // Reads `range` of `module`; offsets count from the module's first byte.
  Reader(std::span<const uint8_t> module, ByteRange range)
      : x_module(module.data()),
        x_pos(module.data() + range.begin),
        x_end(module.data() + range.end),
        x_is_part(range.size() != module.size()) {}
  explicit Reader(std::span<const uint8_t> module) : Reader(module, {0, module.size()}) {}

  uint64_t offset() const { return static_cast<uint64_t>(x_pos - x_module); }
  size_t remaining() const { return static_cast<size_t>(x_end - x_pos); }
  // For a loop that reads by itself what it knows to lie in the range, and then skips it.
  const uint8_t* position() const { return x_pos; }
  const uint8_t* end_position() const { return x_end; }
  void skip_to(const uint8_t* position) { x_pos = position; }
  bool at_end() const { return x_pos == x_end; }

  bool ok() const { return !x_error.has_value(); }
  Error take_error() { return *std::move(x_error); }
  // Keeps the error if it is the first, and ends the range.
  [[gnu::cold, gnu::noinline]] void fail(ErrorKind kind, uint64_t offset, std::string message);
  [[gnu::cold, gnu::noinline]] void malformed(uint64_t offset, std::string message) {
    fail(ErrorKind::Malformed, offset, std::move(message));
  }
  [[gnu::cold, gnu::noinline]] void malformed(std::string message) {
    fail(ErrorKind::Malformed, offset(), std::move(message));
  }
  // Fails with the error of a reader of a part of this range.
  [[gnu::cold]] void fail(Error error);

  // Fails because there are no more bytes.
  [[gnu::cold, gnu::noinline]] uint8_t end_of_input();

  uint8_t byte() {
    if (x_pos == x_end) [[unlikely]]
      return end_of_input();
    return *x_pos++;
  }
  // The next byte without consuming it; 0 at the end.
  uint8_t peek() const { return x_pos == x_end ? 0 : *x_pos; }

  // LEB128 (Spec 3.0, 5.2.2 "Integers"). Most integers in real modules take one byte.
  uint32_t u32() {
    if (one_byte_next()) [[likely]]
      return *x_pos++;
    return leb_u32();
  }
  uint64_t u64() {
    if (one_byte_next()) [[likely]]
      return *x_pos++;
    return leb_u64();
  }
  int32_t s32() {
    if (one_byte_next()) [[likely]]
      return sign_extend_7(*x_pos++);
    return leb_s32();
  }
  int64_t s64() {
    if (one_byte_next()) [[likely]]
      return sign_extend_7(*x_pos++);
    return leb_s64();
  }
  int64_t s33() {
    if (one_byte_next()) [[likely]]
      return sign_extend_7(*x_pos++);
    return leb_s33();
  }

  uint32_t fixed_u32() { return fixed<uint32_t>(); }
  uint64_t fixed_u64() { return fixed<uint64_t>(); }
  V128 v128() { return fixed<V128>(); }

  // A u32 length that the remaining bytes can hold.
  uint32_t length();
  // `count` bytes, which are skipped.
  std::span<const uint8_t> bytes(uint64_t count);
  // A name: length and UTF-8 (Spec 3.0, 5.2.4 "Names"). Points into the module.
  std::string_view name(uint32_t max_bytes);
  // A reader of the next `count` bytes, which are skipped here.
  Reader sub(uint64_t count);

  // Elements of a vector that may be reserved for: no more than the remaining bytes can hold.
  size_t reservable(uint64_t count, size_t min_bytes_each) const {
    const size_t possible = remaining() / min_bytes_each;
    return count < possible ? static_cast<size_t>(count) : possible;
  }

 private:
  bool one_byte_next() const { return x_pos != x_end && *x_pos < 0x80; }
  static int32_t sign_extend_7(uint8_t byte) { return static_cast<int32_t>(byte ^ 0x40) - 0x40; }
  template <class T>
  T fixed() {
    if (remaining() < sizeof(T)) [[unlikely]] {
      end_of_input();
      return T{};
    }
    const T value = read_unaligned<T>(x_pos);
    x_pos += sizeof(T);
    return value;
  }
  template <class T, unsigned kBits>
  T leb();
  [[gnu::noinline]] uint64_t leb_slow(unsigned bits, bool is_signed);
  uint32_t leb_u32();
  uint64_t leb_u64();
  int32_t leb_s32();
  int64_t leb_s64();
  int64_t leb_s33();

  const uint8_t* x_module = nullptr;
  const uint8_t* x_pos = nullptr;
  const uint8_t* x_end = nullptr;
  bool x_is_part = false;  // of the module; else all of it
  std::optional<Error> x_error;
};

}  // namespace weft::interp
