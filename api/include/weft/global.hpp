// Global: a global variable of a store.
#pragma once

#include "weft/error.hpp"
#include "weft/export.hpp"
#include "weft/store_ref.hpp"
#include "weft/types.hpp"

namespace weft {

/// A handle to a global. All methods answer Errc::wrong_store for another store's global and
/// Errc::usage for a default-made handle.
class WEFT_API Global {
 public:
  Global() = default;

  /// Errc::type_mismatch if init isn't of the content type.
  [[nodiscard]] static Result<Global> create(StoreRef store, const GlobalType& type,
                                             const Val& init);

  [[nodiscard]] Result<GlobalType> type(StoreRef store) const;
  [[nodiscard]] Result<Val> get(StoreRef store) const;
  /// Errc::type_mismatch if the global is constant or the value isn't of its type.
  [[nodiscard]] Result<void> set(StoreRef store, const Val& value) const;

  friend bool operator==(const Global&, const Global&) = default;

 private:
  friend detail::Access;
  explicit Global(detail::Handle handle) : handle_(handle) {}

  detail::Handle handle_{};
};

}  // namespace weft
