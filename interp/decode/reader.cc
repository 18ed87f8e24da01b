#include "interp/decode/reader.h"

#include <type_traits>

#include "interp/core/bytes.h"
#include "interp/decode/leb.h"

namespace weft::interp {

void Reader::fail(ErrorKind kind, uint64_t offset, std::string message) {
  if (!x_error) x_error.emplace(kind, offset, std::move(message));
  x_end = x_pos;
}

void Reader::fail(Error error) {
  if (!x_error) x_error.emplace(std::move(error));
  x_end = x_pos;
}

uint8_t Reader::end_of_input() {
  const uint64_t at = static_cast<uint64_t>(x_end - x_module);
  malformed(at, x_is_part ? "unexpected end of section or function" : "unexpected end");
  return 0;
}

template <class T, unsigned kBits>
T Reader::leb() {
  if (remaining() >= kLebWordBytes) [[likely]] {
    const auto word = read_unaligned<uint64_t>(x_pos);
    const size_t bytes = leb_bytes(word);
    // No more than the type can take; none of its bits lost.
    if (bytes != 0 && bytes <= (kBits + 6) / 7) [[likely]] {
      constexpr unsigned kUnused = 64 - kBits;
      const uint64_t bits = leb_bits(word, bytes);
      const uint64_t value =
          std::is_signed_v<T> ? static_cast<uint64_t>(leb_signed(bits, bytes)) : bits;
      const uint64_t narrowed =
          std::is_signed_v<T>
              ? static_cast<uint64_t>(static_cast<int64_t>(value << kUnused) >> kUnused)
              : value << kUnused >> kUnused;
      if (narrowed == value) [[likely]] {
        x_pos += bytes;
        return static_cast<T>(value);
      }
    }
  }
  return static_cast<T>(leb_slow(kBits, std::is_signed_v<T>));
}

// Rejections in the order of the specification's grammar: unused bits of the last byte first, then
// a continuation.
uint64_t Reader::leb_slow(unsigned bits, bool is_signed) {
  const unsigned last_shift = (bits - 1) / 7 * 7;
  const unsigned last_bits = bits - last_shift;
  const uint64_t begin = offset();
  uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    if (x_pos == x_end) [[unlikely]] {
      end_of_input();
      return 0;
    }
    const uint8_t byte = *x_pos++;
    if (shift == last_shift) {
      // What the bits beyond the type's width, and for signed types its sign bit, must all be.
      const unsigned all = 0x7fu << (is_signed ? last_bits - 1 : last_bits) & 0x7f;
      const unsigned unused = byte & all;
      if (unused != 0 && !(is_signed && unused == all)) [[unlikely]] {
        malformed(begin, "integer too large");
        return 0;
      }
      if (byte & 0x80) [[unlikely]] {
        malformed(begin, "integer representation too long");
        return 0;
      }
    }
    value |= uint64_t{byte & 0x7fu} << shift;
    if (byte & 0x80) continue;
    if (is_signed && shift + 7 < 64 && (byte & 0x40)) value |= ~uint64_t{0} << (shift + 7);
    return value;
  }
}

uint32_t Reader::leb_u32() { return leb<uint32_t, 32>(); }
uint64_t Reader::leb_u64() { return leb<uint64_t, 64>(); }
int32_t Reader::leb_s32() { return leb<int32_t, 32>(); }
int64_t Reader::leb_s64() { return leb<int64_t, 64>(); }
int64_t Reader::leb_s33() { return leb<int64_t, 33>(); }

uint32_t Reader::length() {
  const uint64_t at = offset();
  const uint32_t count = u32();
  if (count > remaining()) [[unlikely]] {
    malformed(at, "length out of bounds: " + std::to_string(count) + " bytes, but only " +
                      std::to_string(remaining()) + " are left");
    return 0;
  }
  return count;
}

std::span<const uint8_t> Reader::bytes(uint64_t count) {
  if (count > remaining()) [[unlikely]] {
    end_of_input();
    return {};
  }
  const std::span<const uint8_t> result(x_pos, static_cast<size_t>(count));
  x_pos += count;
  return result;
}

std::string_view Reader::name(uint32_t max_bytes) {
  const uint64_t at = offset();
  const std::span<const uint8_t> text = bytes(length());
  if (text.size() > max_bytes) [[unlikely]] {
    fail(ErrorKind::Limit, at, "name too long: " + std::to_string(text.size()) + " bytes");
    return {};
  }
  if (!is_valid_utf8(text)) [[unlikely]] {
    malformed(at, "malformed UTF-8 encoding");
    return {};
  }
  return {reinterpret_cast<const char*>(text.data()), text.size()};
}

Reader Reader::sub(uint64_t count) {
  Reader part;
  part.x_module = x_module;
  part.x_is_part = true;
  part.x_pos = x_pos;
  bytes(count);
  part.x_end = x_pos;
  return part;
}

}  // namespace weft::interp
