#include "weft/types.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace weft {

namespace {

std::string list(std::span<const ValType> types) {
  std::string text = "(";
  for (const ValType& type : types) {
    if (text.size() > 1) text += ", ";
    text += to_string(type);
  }
  return text + ")";
}

std::string range(const Limits& limits) {
  std::string text = std::to_string(limits.min) + "..";
  if (limits.max) text += std::to_string(*limits.max);
  return text;
}

bool fits(const Limits& given, const Limits& wanted) {
  if (given.min < wanted.min) return false;
  return !wanted.max || (given.max && *given.max <= *wanted.max);
}

// Variance holds for every declared subtype too (Spec 3.0, 3.3.6 "Composite Types"), so it is
// necessary for function imports; that the types are declared subtypes is for the backend to know.
bool fits(const FuncType& given, const FuncType& wanted) {
  constexpr auto kSub = [](const ValType& a, const ValType& b) { return is_subtype(a, b); };
  return std::ranges::equal(wanted.params(), given.params(), kSub) &&
         std::ranges::equal(given.results(), wanted.results(), kSub);
}

bool fits(const TableType& given, const TableType& wanted) {
  return given.element == wanted.element && given.index == wanted.index &&
         fits(given.limits, wanted.limits);
}

bool fits(const MemoryType& given, const MemoryType& wanted) {
  return given.index == wanted.index && given.shared == wanted.shared &&
         given.page_size_log2 == wanted.page_size_log2 && fits(given.limits, wanted.limits);
}

bool fits(const GlobalType& given, const GlobalType& wanted) {
  if (given.mutability != wanted.mutability) return false;
  return given.mutability == Mutability::Var ? given.content == wanted.content
                                             : is_subtype(given.content, wanted.content);
}

bool fits(const TagType& given, const TagType& wanted) { return given == wanted; }

}  // namespace

std::string_view to_string(ExternKind kind) noexcept {
  static constexpr auto kNames =
      std::to_array<std::string_view>({"func", "table", "memory", "global", "tag"});
  return kNames[static_cast<std::size_t>(kind)];
}

std::string to_string(const FuncType& type) {
  const std::span<const ValType> results = type.results();
  return list(type.params()) + " -> " +
         (results.size() == 1 ? to_string(results[0]) : list(results));
}

std::string to_string(const MemoryType& type) {
  std::string text = "memory ";
  if (type.index == IndexType::I64) text += "i64 ";
  text += range(type.limits);
  if (type.page_size_log2 != 16) text += " pagesize " + std::to_string(type.page_size());
  if (type.shared) text += " shared";
  return text;
}

std::string to_string(const TableType& type) {
  return std::string("table ") + (type.index == IndexType::I64 ? "i64 " : "") + range(type.limits) +
         " " + to_string(type.element);
}

std::string to_string(const GlobalType& type) {
  const std::string content = to_string(type.content);
  return type.mutability == Mutability::Var ? "global (mut " + content + ")" : "global " + content;
}

std::string to_string(const TagType& type) { return "tag " + list(type.func.params()); }

std::string to_string(const ExternType& type) {
  if (const FuncType* func = std::get_if<FuncType>(&type)) return "func " + to_string(*func);
  return std::visit([](const auto& item) { return to_string(item); }, type);
}

bool matches(const ExternType& given, const ExternType& wanted) noexcept {
  if (given.index() != wanted.index()) return false;
  return std::visit(
      [&](const auto& item) {
        return fits(item, *std::get_if<std::remove_cvref_t<decltype(item)>>(&wanted));
      },
      given);
}

}  // namespace weft
