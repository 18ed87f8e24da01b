// The types of functions, memories, tables, globals and tags, and of imports and exports.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "weft/export.hpp"
#include "weft/value.hpp"

namespace weft {

class FuncType {
 public:
  FuncType() = default;
  FuncType(std::vector<ValType> params, std::vector<ValType> results)
      : params_(std::move(params)), results_(std::move(results)) {}

  [[nodiscard]] std::span<const ValType> params() const { return params_; }
  [[nodiscard]] std::span<const ValType> results() const { return results_; }

  friend bool operator==(const FuncType&, const FuncType&) = default;

 private:
  std::vector<ValType> params_;
  std::vector<ValType> results_;
};

/// How memory and table addresses are counted.
enum class IndexType : std::uint8_t { I32, I64 };

/// A size in pages or elements. 64 bits wide in either index type.
struct Limits {
  std::uint64_t min = 0;
  std::optional<std::uint64_t> max{};
  friend bool operator==(const Limits&, const Limits&) = default;
};

inline constexpr std::uint64_t kPageSize = 65536;

/// Limits are in pages of 2^page_size_log2 bytes. In the type of a live memory, min is its size.
struct MemoryType {
  Limits limits{};
  IndexType index = IndexType::I32;
  bool shared = false;
  std::uint8_t page_size_log2 = 16;

  [[nodiscard]] std::uint64_t page_size() const { return std::uint64_t{1} << page_size_log2; }
  friend bool operator==(const MemoryType&, const MemoryType&) = default;
};

/// Limits are in elements. In the type of a live table, min is its size.
struct TableType {
  ValType element = ValType::FuncRef;
  Limits limits{};
  IndexType index = IndexType::I32;
  friend bool operator==(const TableType&, const TableType&) = default;
};

enum class Mutability : std::uint8_t { Const, Var };

struct GlobalType {
  ValType content = ValType::I32;
  Mutability mutability = Mutability::Const;
  friend bool operator==(const GlobalType&, const GlobalType&) = default;
};

/// The type of an exception's tag: a function type without results.
struct TagType {
  FuncType func{};
  friend bool operator==(const TagType&, const TagType&) = default;
};

/// In the order of the binary format's codes and of ExternType's alternatives.
enum class ExternKind : std::uint8_t { Func, Table, Memory, Global, Tag };

using ExternType = std::variant<FuncType, TableType, MemoryType, GlobalType, TagType>;

[[nodiscard]] inline ExternKind kind_of(const ExternType& type) {
  return static_cast<ExternKind>(type.index());
}

struct ImportType {
  std::string module{};
  std::string name{};
  ExternType type{};
};

struct ExportType {
  std::string name{};
  ExternType type{};
};

/// "func", "table", "memory", "global", "tag".
[[nodiscard]] WEFT_API std::string_view to_string(ExternKind kind) noexcept;
// For people, close to the text format: "(i32, i64) -> f32", "memory 1..4", "global (mut i32)".
[[nodiscard]] WEFT_API std::string to_string(const FuncType& type);
[[nodiscard]] WEFT_API std::string to_string(const MemoryType& type);
[[nodiscard]] WEFT_API std::string to_string(const TableType& type);
[[nodiscard]] WEFT_API std::string to_string(const GlobalType& type);
[[nodiscard]] WEFT_API std::string to_string(const TagType& type);
[[nodiscard]] WEFT_API std::string to_string(const ExternType& type);

/// Whether something of type `given` satisfies an import of type `wanted`, by the spec's "external
/// types" matching, as far as is_subtype can tell.
[[nodiscard]] WEFT_API bool matches(const ExternType& given, const ExternType& wanted) noexcept;

}  // namespace weft
