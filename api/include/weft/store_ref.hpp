// StoreRef: the store argument of every operation on what a store holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "weft/error.hpp"
#include "weft/export.hpp"

namespace weft {

class Engine;
struct StoreLimits;
class InterruptHandle;
struct GrowthRequest;
struct GcStats;
struct Profile;

namespace wasi {
class Config;
}  // namespace wasi

namespace backend {
class Store;
}  // namespace backend

namespace detail {

struct StoreState;

/// A distinct address per type, as the key of data and extensions.
template <class T>
inline constexpr char kTypeKey = 0;

struct ErasedObject {
  const void* key = nullptr;
  void* object = nullptr;
  void (*destroy)(void*) = nullptr;
};

template <class T, class... Args>
ErasedObject make_erased(Args&&... args) {
  return {&kTypeKey<T>, new T(std::forward<Args>(args)...),
          [](void* object) { delete static_cast<T*>(object); }};
}

}  // namespace detail

/// A reference to a Store: what functions take that act on a store. A Store and a Caller are
/// StoreRefs, so both can be passed. Copying is free; it doesn't keep the store alive. Its methods
/// are const, as those of a pointer are. One store must not be used by two threads at once.
///
/// With an empty reference (a default one, or that of a moved-from Store) operations answer
/// Errc::usage, and lookups answer null.
class WEFT_API StoreRef {
 public:
  StoreRef() = default;

  /// Whether this refers to a store at all.
  explicit operator bool() const noexcept { return state_ != nullptr; }
  /// The store's number, which no other store of this process ever has; 0 for an empty reference.
  [[nodiscard]] std::uint64_t id() const noexcept;
  /// Errc::usage for an empty reference.
  [[nodiscard]] Result<Engine> engine() const;

  // Data: one object of the embedder's, of any type.

  /// Makes the store's data; what was there before is destroyed first. Destroyed with the store,
  /// after everything of the guest's. Throws Exception (Errc::usage) on an empty reference.
  template <class T, class... Args>
  T& emplace_data(Args&&... args) const {
    return *static_cast<T*>(put_data(detail::make_erased<T>(std::forward<Args>(args)...)));
  }
  /// The store's data; null if there is none or it is of another type.
  template <class T>
  [[nodiscard]] T* data() const noexcept {
    return static_cast<T*>(find_data(&detail::kTypeKey<T>));
  }

  // Extensions: state that libraries attach to a store, one object per type, such as WASI's.

  /// Makes the store's extension of type T, replacing an earlier one. Destroyed with the store, in
  /// reverse order of making, after everything of the guest's and before the data. Throws
  /// Exception (Errc::usage) on an empty reference.
  template <class T, class... Args>
  T& emplace_extension(Args&&... args) const {
    // put_extension takes the object over, which the analyser doesn't see.
    // NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDeleteLeaks)
    return *static_cast<T*>(put_extension(detail::make_erased<T>(std::forward<Args>(args)...)));
  }
  /// The store's extension of type T, or null. Costs a few nanoseconds.
  template <class T>
  [[nodiscard]] T* extension() const noexcept {
    return static_cast<T*>(find_extension(&detail::kTypeKey<T>));
  }

  // Limits, fuel, interruption.

  /// Replaces the store's limits; they bound what is made or grown from now on.
  [[nodiscard]] Result<void> set_limits(const StoreLimits& limits) const;

  /// Sets the remaining fuel. Errc::usage unless the engine's Config turned fuel on.
  [[nodiscard]] Result<void> set_fuel(std::uint64_t units) const;
  /// Adds fuel, saturating.
  [[nodiscard]] Result<void> add_fuel(std::uint64_t units) const;
  /// The remaining fuel.
  [[nodiscard]] Result<std::uint64_t> fuel() const;

  /// A handle with which any thread or signal handler can stop this store's guest; one without
  /// effect if the engine's Config turned interruption off.
  [[nodiscard]] InterruptHandle interrupt_handle() const;
  /// For host functions that block: Errc::interrupted if an interrupt is pending, which it then
  /// takes.
  [[nodiscard]] Result<void> check_interrupt() const;
  /// Whether an interrupt is pending; leaves it pending.
  [[nodiscard]] bool interrupt_pending() const noexcept;
  /// Forgets a pending interrupt.
  void clear_interrupt() const noexcept;

  /// Collects garbage now, which otherwise happens by itself: frees the objects and finalises the
  /// externrefs that neither the host nor the guest can reach. Finalisers must not use the store.
  [[nodiscard]] Result<void> gc() const;
  /// Errc::unsupported without backend::Capability::GcObjects. Needs <weft/store.hpp>.
  [[nodiscard]] Result<GcStats> gc_stats() const;

  /// What the store's guests have executed so far, and where they spent their time. Errc::usage
  /// unless the engine's Config turned profiling on. Needs <weft/profile.hpp>.
  [[nodiscard]] Result<Profile> profile() const;

  /// Gives the store its WASI state, which the functions of wasi::add_to_linker use. Needs
  /// <weft/wasi.hpp>. A later call replaces it.
  [[nodiscard]] Result<void> set_wasi(wasi::Config config) const;

  /// For the library's own use.
  [[nodiscard]] detail::StoreState* state() const noexcept { return state_; }
  explicit StoreRef(detail::StoreState* state) noexcept : state_(state) {}

 protected:
  detail::StoreState* state_ = nullptr;

 private:
  void* put_data(detail::ErasedObject object) const;
  [[nodiscard]] void* find_data(const void* key) const noexcept;
  void* put_extension(detail::ErasedObject object) const;
  [[nodiscard]] void* find_extension(const void* key) const noexcept;
};

namespace detail {

/// A handle's identity: the store it belongs to and the backend's number for it.
struct Handle {
  std::uint64_t store = 0;
  std::uint64_t index = 0;
  friend bool operator==(const Handle&, const Handle&) = default;
};

/// The backend's store if `store` is the one that `handle` belongs to; otherwise the error.
[[nodiscard]] WEFT_API Result<backend::Store*> open(StoreRef store, Handle handle) noexcept;
[[nodiscard]] WEFT_API Result<backend::Store*> open(StoreRef store) noexcept;

/// Access to the private constructors of the handles, for the library's own sources.
struct Access;

}  // namespace detail

}  // namespace weft
