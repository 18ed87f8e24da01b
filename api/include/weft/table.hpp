// Table: a table of references of a store.
#pragma once

#include <cstdint>

#include "weft/error.hpp"
#include "weft/export.hpp"
#include "weft/store_ref.hpp"
#include "weft/types.hpp"

namespace weft {

/// A handle to a table. All methods answer Errc::wrong_store for another store's table and
/// Errc::usage for a default-made handle.
class WEFT_API Table {
 public:
  Table() = default;

  /// Makes a table of `type.limits.min` times `init`. Errc::limit; Errc::type_mismatch if init
  /// isn't of the element type or the limits contradict each other.
  [[nodiscard]] static Result<Table> create(StoreRef store, const TableType& type, const Ref& init);

  /// limits.min is the present size.
  [[nodiscard]] Result<TableType> type(StoreRef store) const;
  /// The present number of elements.
  [[nodiscard]] Result<std::uint64_t> size(StoreRef store) const;
  /// Adds elements; gives the size before. Errc::limit if refused.
  [[nodiscard]] Result<std::uint64_t> grow(StoreRef store, std::uint64_t count,
                                           const Ref& init) const;
  /// Errc::out_of_bounds.
  [[nodiscard]] Result<Ref> get(StoreRef store, std::uint64_t index) const;
  /// Errc::out_of_bounds; Errc::type_mismatch if the value isn't of the element type.
  [[nodiscard]] Result<void> set(StoreRef store, std::uint64_t index, const Ref& value) const;

  friend bool operator==(const Table&, const Table&) = default;

 private:
  friend detail::Access;
  explicit Table(detail::Handle handle) : handle_(handle) {}

  detail::Handle handle_{};
};

}  // namespace weft
