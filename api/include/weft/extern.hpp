// Extern: anything that can be imported and exported.
#pragma once

#include <concepts>
#include <variant>

#include "weft/error.hpp"
#include "weft/export.hpp"
#include "weft/func.hpp"
#include "weft/global.hpp"
#include "weft/memory.hpp"
#include "weft/store_ref.hpp"
#include "weft/table.hpp"
#include "weft/tag.hpp"
#include "weft/types.hpp"

namespace weft {

/// One of the importable handles.
class WEFT_API Extern {
 public:
  /// In the order of ExternKind.
  using Variant = std::variant<Func, Table, Memory, Global, Tag>;

  Extern() = default;
  template <class T>
    requires(std::same_as<T, Func> || std::same_as<T, Table> || std::same_as<T, Memory> ||
             std::same_as<T, Global> || std::same_as<T, Tag>)
  Extern(T item) : item_(item) {}  // NOLINT(google-explicit-constructor): each is an Extern

  [[nodiscard]] ExternKind kind() const noexcept { return static_cast<ExternKind>(item_.index()); }
  /// The handle if it is a T, otherwise null: e.get_if<Memory>().
  template <class T>
  [[nodiscard]] const T* get_if() const noexcept {
    return std::get_if<T>(&item_);
  }
  [[nodiscard]] const Variant& variant() const noexcept { return item_; }

  /// Errc::wrong_store, Errc::usage.
  [[nodiscard]] Result<ExternType> type(StoreRef store) const;

  friend bool operator==(const Extern&, const Extern&) = default;

 private:
  Variant item_;
};

}  // namespace weft
