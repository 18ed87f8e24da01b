// Linker: finds imports by name.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "weft/engine.hpp"
#include "weft/error.hpp"
#include "weft/export.hpp"
#include "weft/func.hpp"
#include "weft/instance.hpp"
#include "weft/module.hpp"
#include "weft/store_ref.hpp"

namespace weft {

class Linker;

namespace wasi {
/// Defines the functions of WASI preview1 under "wasi_snapshot_preview1", and those of its
/// predecessor under "wasi_unstable". Stores that run them need set_wasi. Declared here for
/// Linker::wasi; see <weft/wasi.hpp>.
[[nodiscard]] WEFT_API Result<void> add_to_linker(Linker& linker);
}  // namespace wasi

/// A table of definitions by module and field name, from which modules are instantiated. It belongs
/// to an engine, not a store: host functions are defined once for all stores. Handles of a store
/// can be defined too, and then link in that store only. Copies share the host functions, not the
/// table. Several threads may instantiate from one Linker while none changes it; its host functions
/// are then called from several threads. Captures are destroyed when the Linkers that define them
/// and the stores that imported them are gone.
class WEFT_API Linker {
 public:
  explicit Linker(const Engine& engine) : engine_(engine) {}

  [[nodiscard]] const Engine& engine() const noexcept { return engine_; }

  /// Whether a definition may replace an earlier one of the same name. Off at first: Errc::link.
  Linker& allow_shadowing(bool allow) {
    allow_shadowing_ = allow;
    return *this;
  }

  /// Defines something that exists in a store.
  [[nodiscard]] Result<void> define(std::string_view module, std::string_view name, Extern item);

  /// Defines a host function; see Func::wrap for what a callable may be. It fits imports whose
  /// references are narrower than its own, as those to structs of a certain type where it has
  /// StructRef. Results are looked at then: Errc::type_mismatch.
  template <class F>
  [[nodiscard]] Result<void> func(std::string_view module, std::string_view name, F&& callable) {
    return define_host(module, name, detail::make_host_func(std::forward<F>(callable)));
  }
  /// Defines a host function of a type known at run time.
  [[nodiscard]] Result<void> func(std::string_view module, std::string_view name, FuncType type,
                                  DynamicCallable callable) {
    return define_host(module, name,
                       detail::make_dynamic_func(std::move(type), std::move(callable)));
  }
  /// Defines a host function that works on a call's slots itself, as backends call it. It answers
  /// for arguments and results being of the types that it is defined with. For tables of many
  /// functions: each callable above is a class of its own.
  [[nodiscard]] Result<void> func(std::string_view module, std::string_view name, FuncType type,
                                  std::shared_ptr<backend::HostFunc> func) {
    return define_host(module, name, {std::move(type), std::move(func)});
  }

  /// Defines all exports of an instance under a module name.
  [[nodiscard]] Result<void> instance(StoreRef store, std::string_view module,
                                      const Instance& instance);

  /// Defines functions that trap when called for those function imports of the module that have no
  /// definition yet.
  [[nodiscard]] Result<void> trap_unknown_imports(const Module& module);

  /// Defines WASI preview1; see wasi::add_to_linker.
  [[nodiscard]] Result<void> wasi() { return wasi::add_to_linker(*this); }

  /// Instantiates a module with its imports found by name, and runs its start function. Errc::link
  /// lists all imports that are missing or of the wrong kind or type, one per line.
  [[nodiscard]] Result<Instance> instantiate(StoreRef store, const Module& module) const;

  /// The definition of that name; a host function becomes a Func of the store, always the same one.
  /// Errc::not_found.
  [[nodiscard]] Result<Extern> get(StoreRef store, std::string_view module,
                                   std::string_view name) const;
  /// Whether there is a definition of that name.
  [[nodiscard]] bool has(std::string_view module, std::string_view name) const noexcept;

 private:
  using Definition = std::variant<Extern, detail::HostDefinition>;
  using Key = std::pair<std::string, std::string>;
  using KeyView = std::pair<std::string_view, std::string_view>;
  struct KeyLess {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const noexcept {
      return KeyView(a.first, a.second) < KeyView(b.first, b.second);
    }
  };

  [[nodiscard]] Result<void> define_host(std::string_view module, std::string_view name,
                                         detail::HostDefinition definition);
  [[nodiscard]] Result<void> put(std::string_view module, std::string_view name,
                                 Definition definition);
  friend Result<void> wasi::add_to_linker(Linker& linker);
  [[nodiscard]] Result<void> put(const detail::HostTable& table);
  // Null if there is none. What is not there yet is made in `made`.
  [[nodiscard]] const Definition* find(KeyView key, std::optional<Definition>& made) const;
  // `wanted` is the type that a host function shall have; null for its own.
  [[nodiscard]] static Result<Extern> resolve(StoreRef store, const Definition& definition,
                                              const FuncType* wanted);

  Engine engine_;
  bool allow_shadowing_ = false;
  std::map<Key, Definition, KeyLess> definitions_;
  // Of what definitions_ lacks; of two with one name the later one counts.
  std::vector<const detail::HostTable*> tables_{};
};

}  // namespace weft
