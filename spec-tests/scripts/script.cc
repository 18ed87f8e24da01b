#include "spec-tests/scripts/script.h"

#include <bit>
#include <string_view>

#include "interp/core/float_text.h"

namespace weft::spectest {

namespace {

// In double quotes, with what is not printable ASCII as \xx.
std::string quote(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\') {
      result += c;
    } else {
      result += {'\\', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return result + '"';
}

std::string lane_text(const Lane& lane, bool is_float, std::size_t lane_bits) {
  if (lane.kind == Lane::Kind::CanonicalNan) return "nan:canonical";
  if (lane.kind == Lane::Kind::ArithmeticNan) return "nan:arithmetic";
  if (is_float && lane_bits == 32) {
    return interp::float_text(std::bit_cast<float>(static_cast<uint32_t>(lane.bits)));
  }
  if (is_float) return interp::float_text(std::bit_cast<double>(lane.bits));
  const int shift = 64 - static_cast<int>(lane_bits);
  return std::to_string(static_cast<int64_t>(lane.bits << shift) >> shift);
}

}  // namespace

std::string to_string(const Pattern& pattern) {
  const std::string heap = pattern.heap.empty() ? "" : " " + pattern.heap;
  switch (pattern.kind) {
    case Pattern::Kind::Null:
      return "null" + heap;
    case Pattern::Kind::Host:
      return "host" + heap + " " + std::to_string(pattern.host);
    case Pattern::Kind::NonNull:
      return "any" + heap + " but null";
    case Pattern::Kind::Either: {
      std::string text = "one of";
      for (const Pattern& choice : pattern.choices) text += " (" + to_string(choice) + ")";
      return text;
    }
    case Pattern::Kind::V128: {
      const std::size_t count = pattern.lanes.size();
      std::string text = std::string("v128 ") + (pattern.float_lanes ? "f" : "i") +
                         std::to_string(128 / count) + "x" + std::to_string(count);
      for (const Lane& lane : pattern.lanes) {
        text += " " + lane_text(lane, pattern.float_lanes, 128 / count);
      }
      return text;
    }
    case Pattern::Kind::I32:
    case Pattern::Kind::I64:
    case Pattern::Kind::F32:
    case Pattern::Kind::F64:
      break;
  }
  const bool wide = pattern.kind == Pattern::Kind::I64 || pattern.kind == Pattern::Kind::F64;
  std::string type = std::string(pattern.float_lanes ? "f" : "i") + (wide ? "64" : "32");
  if (pattern.lanes.empty()) return type;
  return type + " " + lane_text(pattern.lanes.front(), pattern.float_lanes, wide ? 64 : 32);
}

std::string to_string(const std::vector<Pattern>& patterns) {
  std::string text = "(";
  for (const Pattern& pattern : patterns) {
    if (text.size() > 1) text += ", ";
    text += to_string(pattern);
  }
  return text + ")";
}

std::string to_string(const Action& action) {
  std::string text = action.kind == Action::Kind::Get ? "get " : "invoke ";
  if (!action.module.empty()) text += action.module + " ";
  text += quote(action.field);
  if (action.kind == Action::Kind::Invoke) text += " " + to_string(action.args);
  return text;
}

}  // namespace weft::spectest
