#include "interp/debug/identifiers.h"

#include <algorithm>

#include "interp/text/lexer.h"

namespace weft::interp {
namespace {

std::string quoted(std::string_view bytes, bool is_utf8) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "\"";
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    if (c == '"' || c == '\\') {
      text += {'\\', c};
    } else if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !is_utf8)) {
      text += {'\\', kDigits[byte >> 4], kDigits[byte & 15]};
    } else {
      text += c;
    }
  }
  return text + "\"";
}

}  // namespace

std::string quoted_bytes(std::string_view bytes) { return quoted(bytes, false); }
std::string quoted_name(std::string_view name) { return quoted(name, true); }

std::string identifier_of(std::string_view name) {
  if (std::ranges::all_of(name, is_id_char)) return "$" + std::string(name);
  return "$" + quoted_name(name);
}

void Identifiers::add(uint32_t index, std::string_view name) {
  if (name.empty()) return;
  x_names.emplace(index, Name{name, x_taken.insert(name).second});
}

void Identifiers::clear() {
  x_names.clear();
  x_taken.clear();
}

std::string Identifiers::reference(uint32_t index) const {
  const auto found = x_names.find(index);
  if (found == x_names.end() || !found->second.is_identifier) return std::to_string(index);
  return identifier_of(found->second.text);
}

std::string Identifiers::definition(uint32_t index) const {
  const auto found = x_names.find(index);
  if (found == x_names.end()) return {};
  const Name& name = found->second;
  if (name.is_identifier) return " " + identifier_of(name.text);
  return " (@name " + quoted_name(name.text) + ")";
}

std::string Identifiers::numbered_definition(uint32_t index) const {
  std::string text = definition(index);
  if (text.starts_with(" $")) return text;
  return " (;" + std::to_string(index) + ";)" + text;
}

}  // namespace weft::interp
