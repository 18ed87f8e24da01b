#include "interp/core/float_text.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string_view>
#include <type_traits>

namespace weft::interp {

namespace {

// A finite magnitude: digits d and exponent e of d[0].d[1]d[2]... * 10^e.
struct Decimal {
  std::string digits{};
  int exponent = 0;
};

bool reads_as(const char* text, float value) { return std::strtof(text, nullptr) == value; }
bool reads_as(const char* text, double value) { return std::strtod(text, nullptr) == value; }

template <class Float>
Decimal decimal_of(Float magnitude) {
  constexpr int kMostDigits = std::numeric_limits<Float>::max_digits10;
  std::array<char, 40> text{};
  for (int digits = 1; digits <= kMostDigits; ++digits) {
    std::snprintf(text.data(), text.size(), "%.*e", digits - 1, static_cast<double>(magnitude));
    if (reads_as(text.data(), magnitude)) break;
  }
  Decimal decimal;
  const char* at = text.data();
  // The decimal point is the locale's.
  for (; *at != 'e'; ++at) {
    if (*at >= '0' && *at <= '9') decimal.digits += *at;
  }
  decimal.exponent = static_cast<int>(std::strtol(at + 1, nullptr, 10));
  return decimal;
}

std::string with_exponent(const Decimal& decimal) {
  std::string text(1, decimal.digits[0]);
  if (decimal.digits.size() > 1) text.append(".").append(decimal.digits, 1);
  std::array<char, 16> exponent{};
  std::snprintf(exponent.data(), exponent.size(), "e%+03d", decimal.exponent);
  return text + exponent.data();
}

std::string without_exponent(const Decimal& decimal) {
  if (decimal.exponent < 0)
    return "0." + std::string(static_cast<size_t>(-decimal.exponent) - 1, '0') + decimal.digits;
  std::string text = decimal.digits;
  const size_t whole = static_cast<size_t>(decimal.exponent) + 1;
  if (text.size() > whole) return text.insert(whole, ".");
  return text.append(whole - text.size(), '0');
}

// Behind the sign: "nan", or with the payload of one that isn't canonical, "nan:0x200000".
template <class Float>
std::string nan_text(Float value) {
  using Bits = std::conditional_t<sizeof(Float) == 4, uint32_t, uint64_t>;
  constexpr int kPayloadBits = std::numeric_limits<Float>::digits - 1;
  const Bits payload = std::bit_cast<Bits>(value) & ((Bits{1} << kPayloadBits) - 1);
  if (payload == Bits{1} << (kPayloadBits - 1)) return "nan";
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "nan:0x%llx", static_cast<unsigned long long>(payload));
  return text.data();
}

template <class Float>
std::string text_of(Float value) {
  std::string text = std::signbit(value) ? "-" : "";
  if (std::isnan(value)) return text + nan_text(value);
  if (std::isinf(value)) return text + "inf";
  const Decimal decimal = decimal_of(std::fabs(value));
  const std::string plain = without_exponent(decimal);
  const std::string scientific = with_exponent(decimal);
  return text + (plain.size() <= scientific.size() ? plain : scientific);
}

}  // namespace

std::string float_text(float value) { return text_of(value); }
std::string float_text(double value) { return text_of(value); }

}  // namespace weft::interp
