// Instance: a module brought to life in a store.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/error.hpp"
#include "weft/export.hpp"
#include "weft/extern.hpp"
#include "weft/func.hpp"
#include "weft/global.hpp"
#include "weft/memory.hpp"
#include "weft/module.hpp"
#include "weft/store_ref.hpp"
#include "weft/table.hpp"
#include "weft/tag.hpp"
#include "weft/types.hpp"

namespace weft {

struct Export {
  std::string name{};
  Extern item{};
};

/// A handle to an instance. All methods answer Errc::wrong_store for another store's instance and
/// Errc::usage for a default-made handle. Looking up an export by name: Errc::not_found if there is
/// none, Errc::type_mismatch if it is of another kind.
class WEFT_API Instance {
 public:
  Instance() = default;

  /// Instantiates with one import per entry of module.imports(), in that order, and runs the start
  /// function. Errc::link for wrong imports, Errc::trap if a segment or the start function traps.
  /// Linker::instantiate does the same by name.
  [[nodiscard]] static Result<Instance> create(StoreRef store, const Module& module,
                                               std::span<const Extern> imports = {});

  [[nodiscard]] Result<Module> module(StoreRef store) const;

  /// The export of that name, of any kind.
  [[nodiscard]] Result<Extern> get(StoreRef store, std::string_view name) const;
  /// All exports, in the module's order.
  [[nodiscard]] Result<std::vector<Export>> exports(StoreRef store) const;

  [[nodiscard]] Result<Func> func(StoreRef store, std::string_view name) const;
  [[nodiscard]] Result<Table> table(StoreRef store, std::string_view name) const;
  [[nodiscard]] Result<Memory> memory(StoreRef store, std::string_view name = "memory") const;
  [[nodiscard]] Result<Global> global(StoreRef store, std::string_view name) const;
  [[nodiscard]] Result<Tag> tag(StoreRef store, std::string_view name) const;

  /// The exported function of that name with its signature checked:
  /// instance.func<std::int32_t(std::int32_t, std::int32_t)>(store, "add").
  template <class Signature>
  [[nodiscard]] Result<TypedFunc<Signature>> func(StoreRef store, std::string_view name) const {
    Result<Func> found = func(store, name);
    if (!found) return std::unexpected<Error>(std::move(found).error());
    Result<TypedFunc<Signature>> typed = found->template typed<Signature>(store);
    if (!typed) typed.error().add_context("export \"" + std::string(name) + "\"");
    return typed;
  }

  friend bool operator==(const Instance&, const Instance&) = default;

 private:
  friend detail::Access;
  explicit Instance(detail::Handle handle) : handle_(handle) {}

  detail::Handle handle_{};
};

}  // namespace weft
