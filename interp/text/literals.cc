#include "interp/text/literals.h"

#include <bit>
#include <charconv>
#include <concepts>
#include <limits>
#include <string>
#include <system_error>
#include <type_traits>

namespace weft::interp {
namespace {

// 16 if it is none.
constexpr unsigned digit_of(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return 16;
}

// Takes digits with underscores between them; hands each to `digit`. False without any, or if an
// underscore stands elsewhere.
template <class Digit>
bool take_digits(std::string_view& text, unsigned base, Digit&& digit) {
  size_t i = 0;
  bool after_digit = false;
  for (; i < text.size(); ++i) {
    if (text[i] == '_') {
      if (!after_digit) return false;
      after_digit = false;
      continue;
    }
    const unsigned value = digit_of(text[i]);
    if (value >= base) break;
    after_digit = true;
    digit(value);
  }
  text.remove_prefix(i);
  return after_digit;
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// '+', '-', or 0.
char take_sign(std::string_view& text) {
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return 0;
  const char sign = text[0];
  text.remove_prefix(1);
  return sign;
}

// A number without a sign.
Literal read_digits(std::string_view text, uint64_t max, uint64_t& value) {
  const unsigned base = take(text, "0x") ? 16 : 10;
  bool overflows = false;
  value = 0;
  const bool digits = take_digits(text, base, [&](unsigned digit) {
    overflows = overflows || value > (UINT64_MAX - digit) / base;
    value = value * base + digit;
  });
  if (!digits || !text.empty()) return Literal::NoNumber;
  return overflows || value > max ? Literal::OutOfRange : Literal::Ok;
}

// How a float is written, without its sign.
struct FloatForm {
  bool valid = false;
  bool hex = false;
  uint64_t mantissa = 0;  // hex: the first bits that are not zero
  bool sticky = false;    // hex: any bit behind them is set
  int64_t exponent = 0;   // hex: of 2, for the mantissa as an integer
  int64_t magnitude = 0;  // decimal: below 10 to this power
};

int64_t take_exponent(std::string_view& text, bool& valid) {
  constexpr int64_t kMax = 1 << 30;  // beyond what any digits before it could make up for
  const bool negative = take_sign(text) == '-';
  int64_t value = 0;
  valid = take_digits(text, 10, [&](unsigned digit) {
    if (value < kMax) value = value * 10 + digit;
  });
  return negative ? -value : value;
}

FloatForm read_form(std::string_view text) {
  FloatForm form;
  form.hex = take(text, "0x");
  const unsigned base = form.hex ? 16 : 10;
  bool significant = false;
  bool fraction = false;
  const auto digit = [&](unsigned value) {
    significant = significant || value != 0;
    if (!fraction && significant) ++form.magnitude;
    if (fraction && !significant) --form.magnitude;
    if (!form.hex) return;
    if (form.mantissa >> 60 == 0) {
      form.mantissa = form.mantissa << 4 | value;
      if (fraction) form.exponent -= 4;
    } else {
      form.sticky = form.sticky || value != 0;
      if (!fraction) form.exponent += 4;
    }
  };
  if (!take_digits(text, base, digit)) return form;
  if (take(text, ".")) {
    fraction = true;
    if (!text.empty() && digit_of(text[0]) < base && !take_digits(text, base, digit)) return form;
  }
  if (!text.empty() && (text[0] | 0x20) == (form.hex ? 'p' : 'e')) {
    text.remove_prefix(1);
    bool valid = false;
    const int64_t exponent = take_exponent(text, valid);
    if (!valid) return form;
    form.exponent += exponent;
    form.magnitude += exponent;
  }
  if (!significant) form.magnitude = std::numeric_limits<int32_t>::min();
  form.valid = text.empty();
  return form;
}

template <class Float>
struct FloatFormat {
  using Bits = std::conditional_t<sizeof(Float) == 4, uint32_t, uint64_t>;
  static constexpr int kFraction = std::numeric_limits<Float>::digits - 1;
  static constexpr int kMinExponent = std::numeric_limits<Float>::min_exponent - 1;
  static constexpr int kMaxExponent = std::numeric_limits<Float>::max_exponent - 1;
  static constexpr Bits kSign = Bits{1} << (sizeof(Float) * 8 - 1);
  static constexpr Bits kInfinity = Bits{2 * kMaxExponent + 1} << kFraction;
};

template <class Float>
Literal round_hex(const FloatForm& form, typename FloatFormat<Float>::Bits& bits) {
  using Format = FloatFormat<Float>;
  bits = 0;
  if (form.mantissa == 0) return Literal::Ok;
  const int shift = std::countl_zero(form.mantissa);
  const uint64_t mantissa = form.mantissa << shift;
  // The value is 1.xxx times 2 to this power.
  const int64_t exponent = form.exponent - shift + 63;
  if (exponent > Format::kMaxExponent) return Literal::OutOfRange;
  int64_t dropped = 63 - Format::kFraction;
  if (exponent < Format::kMinExponent) dropped += Format::kMinExponent - exponent;
  if (dropped > 64) return Literal::Ok;
  const uint64_t kept = dropped == 64 ? 0 : mantissa >> dropped;
  const uint64_t half = uint64_t{1} << (dropped - 1);
  const uint64_t rest = dropped == 64 ? mantissa : mantissa & (2 * half - 1);
  const bool up = rest > half || (rest == half && (form.sticky || (kept & 1)));
  // A carry out of the fraction goes into the exponent, as it should.
  uint64_t result = kept + up;
  if (exponent >= Format::kMinExponent) {
    result += static_cast<uint64_t>(exponent - Format::kMinExponent) << Format::kFraction;
  }
  bits = static_cast<typename Format::Bits>(result);
  return bits < Format::kInfinity ? Literal::Ok : Literal::OutOfRange;
}

template <class Float>
Literal round_decimal(std::string_view text, const FloatForm& form,
                      typename FloatFormat<Float>::Bits& bits) {
  std::string without_underscores;
  if (text.find('_') != std::string_view::npos) {
    for (const char c : text) {
      if (c != '_') without_underscores += c;
    }
    text = without_underscores;
  }
  Float value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) {
    if (form.magnitude > 0) return Literal::OutOfRange;
    value = 0;
  }
  bits = std::bit_cast<typename FloatFormat<Float>::Bits>(value);
  return bits < FloatFormat<Float>::kInfinity ? Literal::Ok : Literal::OutOfRange;
}

template <class Float>
Literal read_float(std::string_view text, typename FloatFormat<Float>::Bits& bits) {
  using Format = FloatFormat<Float>;
  using Bits = typename Format::Bits;
  const Bits sign = take_sign(text) == '-' ? Format::kSign : Bits{0};
  Literal result = Literal::Ok;
  if (text == "inf") {
    bits = Format::kInfinity;
  } else if (text == "nan") {
    bits = Format::kInfinity | Bits{1} << (Format::kFraction - 1);
  } else if (take(text, "nan:")) {
    if (!text.starts_with("0x")) return Literal::NoNumber;
    uint64_t payload = 0;
    result = read_digits(text, (uint64_t{1} << Format::kFraction) - 1, payload);
    if (result == Literal::Ok && payload == 0) result = Literal::OutOfRange;
    bits = Format::kInfinity | static_cast<Bits>(payload);
  } else {
    const FloatForm form = read_form(text);
    if (!form.valid) return Literal::NoNumber;
    result = form.hex ? round_hex<Float>(form, bits) : round_decimal<Float>(text, form, bits);
  }
  bits |= sign;
  return result;
}

}  // namespace

bool is_number(std::string_view text) {
  uint64_t bits = 0;
  return read_f64(text, bits) != Literal::NoNumber;
}

Literal read_unsigned(std::string_view text, uint64_t max, uint64_t& value) {
  const Literal result = read_digits(text, max, value);
  return result == Literal::NoNumber && is_number(text) ? Literal::OtherKind : result;
}

Literal read_integer(std::string_view text, uint32_t bits, uint64_t& value) {
  const uint64_t max = UINT64_MAX >> (64 - bits);
  std::string_view digits = text;
  const char sign = take_sign(digits);
  const uint64_t limit = sign == '-' ? max / 2 + 1 : sign == '+' ? max / 2 : max;
  const Literal result = read_digits(digits, limit, value);
  if (sign == '-') value = -value & max;
  return result == Literal::NoNumber && is_number(text) ? Literal::OtherKind : result;
}

Literal read_f32(std::string_view text, uint32_t& bits) { return read_float<float>(text, bits); }
Literal read_f64(std::string_view text, uint64_t& bits) { return read_float<double>(text, bits); }

Escape read_escape(std::string_view text) {
  constexpr const char* kIllegal = "illegal escape";
  const char c = text.size() > 1 ? text[1] : '\0';
  const auto one = [](char byte, size_t length) {
    return Escape{.length = length, .bytes = {byte}, .size = 1};
  };
  switch (c) {
    case 't':
      return one('\t', 2);
    case 'n':
      return one('\n', 2);
    case 'r':
      return one('\r', 2);
    case '"':
    case '\'':
    case '\\':
      return one(c, 2);
    case 'u':
      break;
    default: {
      const unsigned high = digit_of(c);
      const unsigned low = text.size() > 2 ? digit_of(text[2]) : 16;
      if (high > 15 || low > 15) return {.error = kIllegal};
      return one(static_cast<char>(high << 4 | low), 3);
    }
  }
  std::string_view rest = text.substr(2);
  uint32_t code = 0;
  if (!take(rest, "{")) return {.error = kIllegal};
  const bool digits = take_digits(rest, 16, [&](unsigned digit) {
    if (code < 0x110000) code = code << 4 | digit;
  });
  if (!digits || !take(rest, "}")) return {.error = kIllegal};
  if (code >= 0x110000 || (code >= 0xd800 && code < 0xe000)) {
    return {.error = "malformed UTF-8 codepoint"};
  }
  Escape escape{.length = text.size() - rest.size()};
  const auto put = [&](uint32_t byte) { escape.bytes[escape.size++] = static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6);
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  }
  return escape;
}

}  // namespace weft::interp
