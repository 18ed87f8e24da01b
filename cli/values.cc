#include "cli/values.h"

#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>

#include "cli/options.h"

namespace weft::cli {

namespace {

[[noreturn]] void not_a(std::string_view text, const ValType& type) {
  throw UsageError("'" + std::string(text) + "' is not a value of type " + to_string(type));
}

std::optional<std::uint64_t> parse_magnitude(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || text.empty() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Anything from -2^(bits-1) to 2^bits-1, as the text format has it.
std::optional<std::uint64_t> parse_integer(std::string_view text, unsigned bits) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const std::optional<std::uint64_t> magnitude = parse_magnitude(text);
  if (!magnitude) return std::nullopt;
  const std::uint64_t half = std::uint64_t{1} << (bits - 1);
  const std::uint64_t most = negative ? half : half - 1 + half;
  if (*magnitude > most) return std::nullopt;
  return negative ? 0 - *magnitude : *magnitude;
}

template <class Float>
std::optional<Float> parse_float(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  std::chars_format format = std::chars_format::general;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    format = std::chars_format::hex;
    text.remove_prefix(2);
  }
  Float value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, format);
  if (error != std::errc() || text.starts_with('-') || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return negative ? -value : value;
}

std::optional<V128> parse_v128(std::string_view text) {
  if (!text.starts_with("0x") || text.size() < 3 || text.size() > 34) return std::nullopt;
  text.remove_prefix(2);
  const std::size_t low = text.size() > 16 ? text.size() - 16 : 0;
  std::array<std::uint64_t, 2> lanes{};
  const auto low_lane = parse_magnitude("0x" + std::string(text.substr(low)));
  const auto high_lane = low == 0 ? std::optional<std::uint64_t>(0)
                                  : parse_magnitude("0x" + std::string(text.substr(0, low)));
  if (!low_lane || !high_lane) return std::nullopt;
  lanes = {*low_lane, *high_lane};
  return V128::from_lanes(lanes);
}

std::string hex(std::uint64_t value, std::size_t digits) {
  std::array<char, 16> text{};
  const auto end = std::to_chars(text.begin(), text.end(), value, 16).ptr;
  std::string result(text.begin(), end);
  if (result.size() < digits) result.insert(0, digits - result.size(), '0');
  return result;
}

template <class Float>
std::string float_text(Float value) {
  std::array<char, 64> text{};
  return {text.begin(), std::to_chars(text.begin(), text.end(), value).ptr};
}

}  // namespace

Val parse_value(std::string_view text, const ValType& type) {
  switch (type.kind()) {
    case ValType::Kind::I32:
      if (const auto value = parse_integer(text, 32)) return static_cast<std::uint32_t>(*value);
      break;
    case ValType::Kind::I64:
      if (const auto value = parse_integer(text, 64)) return *value;
      break;
    case ValType::Kind::F32:
      if (const auto value = parse_float<float>(text)) return *value;
      break;
    case ValType::Kind::F64:
      if (const auto value = parse_float<double>(text)) return *value;
      break;
    case ValType::Kind::V128:
      if (const auto value = parse_v128(text)) return *value;
      break;
    case ValType::Kind::Ref:
      if (text == "null" && type.is_nullable()) return Ref::null(type.heap());
      break;
  }
  not_a(text, type);
}

std::string format_value(const Val& value) {
  switch (value.kind()) {
    case ValType::Kind::I32:
      return std::to_string(value.i32());
    case ValType::Kind::I64:
      return std::to_string(value.i64());
    case ValType::Kind::F32:
      return float_text(value.f32());
    case ValType::Kind::F64:
      return float_text(value.f64());
    case ValType::Kind::V128: {
      const auto lanes = value.v128().lanes<std::uint64_t>();
      return "0x" + hex(lanes[1], 16) + hex(lanes[0], 16);
    }
    case ValType::Kind::Ref:
      break;
  }
  return value.ref().is_null() ? "null" : to_string(value.type());
}

}  // namespace weft::cli
