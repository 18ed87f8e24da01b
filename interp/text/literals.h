// Numbers and the escapes of strings, as the text format writes them (Spec 3.0, 6.3 "Values").
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weft::interp {

enum class Literal : uint8_t {
  Ok,
  OutOfRange,  // "constant out of range"
  OtherKind,   // a number, but no such one: "unexpected token"
  NoNumber,    // "unknown operator"
};

// Whether this is a number of any kind.
bool is_number(std::string_view text);

// Digits, or hexadecimal ones behind 0x, with underscores between them: at most `max`.
Literal read_unsigned(std::string_view text, uint64_t max, uint64_t& value);
// The same with or without a sign: of so many bits, read as signed or unsigned.
Literal read_integer(std::string_view text, uint32_t bits, uint64_t& value);
// The bits of the nearest float; ties go to the even one.
Literal read_f32(std::string_view text, uint32_t& bits);
Literal read_f64(std::string_view text, uint64_t& bits);

// An escape in a string.
struct Escape {
  const char* error = nullptr;
  size_t length = 0;  // in the text
  std::array<char, 4> bytes{};
  size_t size = 0;  // of `bytes`
};
// `text` begins with the backslash.
Escape read_escape(std::string_view text);

}  // namespace weft::interp
