#include "cli/values.h"

#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
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
  if (text.empty() || std::isspace(static_cast<unsigned char>(text[0])) != 0) return std::nullopt;
  // Not std::from_chars, which brings libstdc++'s locales into the command.
  const std::string copy(text);
  char* end = nullptr;
  Float value{};
  errno = 0;
  if constexpr (std::same_as<Float, float>) {
    value = std::strtof(copy.c_str(), &end);
  } else {
    value = std::strtod(copy.c_str(), &end);
  }
  const bool out_of_range = errno == ERANGE && (std::isinf(value) || value == 0);
  if (out_of_range || end != copy.c_str() + copy.size()) return std::nullopt;
  return value;
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
  if (value.kind() == ValType::Kind::Ref && !value.ref().is_null()) return to_string(value.type());
  // "i32:5"
  const std::string text = to_string(value);
  return text.substr(text.find(':') + 1);
}

}  // namespace weft::cli
