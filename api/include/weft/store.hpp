// Store: the owner of everything that runs.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "weft/engine.hpp"
#include "weft/export.hpp"
#include "weft/store_ref.hpp"

namespace weft {

/// Bounds on what a store may hold: store.set_limits({.memory_bytes = 16 << 20, .instances = 1}).
struct StoreLimits {
  static constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t memory_bytes = kUnlimited;    ///< Of each memory.
  std::uint64_t table_elements = kUnlimited;  ///< Of each table.
  std::uint64_t memories = kUnlimited;        ///< In the store, the host's included.
  std::uint64_t tables = kUnlimited;          ///< In the store, the host's included.
  std::uint64_t instances = kUnlimited;       ///< In the store.
  std::uint64_t gc_heap_bytes = kUnlimited;   ///< Of garbage-collected objects together.
};

/// A memory or table that is about to be made (current = 0) or to grow, or the heap of collected
/// objects, which is.
struct GrowthRequest {
  enum class Kind : std::uint8_t { Memory, Table, GcHeap };
  Kind kind = Kind::Memory;
  std::uint64_t current = 0;               ///< Bytes or elements.
  std::uint64_t desired = 0;               ///< Bytes or elements.
  std::optional<std::uint64_t> maximum{};  ///< The type's, in bytes or elements.
};

/// What a store's heap of collected objects is like; zeros where a backend doesn't know.
struct GcStats {
  std::uint64_t heap_bytes = 0;  ///< Taken from the system; what StoreLimits::gc_heap_bytes bounds.
  std::uint64_t live_bytes = 0;  ///< Of objects that survived the last collection.
  std::uint64_t collections = 0;  ///< Since the store was made.
  friend bool operator==(const GcStats&, const GcStats&) = default;
};

/// Says whether the growth may happen. Called on the thread that uses the store; must not use the
/// store. An exception counts as a refusal.
using Limiter = std::move_only_function<bool(const GrowthRequest&)>;

/// Says whether a guest that an InterruptHandle wants stopped goes on nevertheless. Called on the
/// thread that uses the store, wherever the guest is: it must not use the store, and calls are
/// refused with Errc::usage. An exception stops the guest.
using InterruptHook = std::move_only_function<bool()>;

namespace detail {

struct InterruptState {
  /// 1 while an interrupt is pending.
  std::atomic<std::uint32_t> flag{0};
  /// Wakes a backend that doesn't look at the flag; must be async-signal-safe.
  void (*notify)(void*) noexcept = nullptr;
  void* notify_argument = nullptr;
  std::shared_ptr<void> notify_owner{};
};

}  // namespace detail

/// Stops a store's guest from any thread or from a signal handler. Copyable; may outlive its store,
/// and then does nothing. (Copying and dropping is thread-safe, but not async-signal-safe.)
class InterruptHandle {
 public:
  InterruptHandle() = default;

  /// Makes the running guest stop with Errc::interrupted, soon. If none is running, the next one
  /// stops at once: the request stays until it has stopped something or is cleared.
  void interrupt() const noexcept {
    if (state_ == nullptr) return;
    state_->flag.store(1, std::memory_order_release);
    if (state_->notify != nullptr) state_->notify(state_->notify_argument);
  }

  /// For the library's own use.
  explicit InterruptHandle(std::shared_ptr<detail::InterruptState> state)
      : state_(std::move(state)) {}

 private:
  std::shared_ptr<detail::InterruptState> state_;
};

/// Owns instances, functions, memories, tables, globals and host objects. Move-only; may change
/// threads, but one thread uses it at a time. Moving doesn't disturb StoreRefs, even while the
/// guest runs. Destroying it (or assigning over it) from inside a call that it runs takes effect
/// when the outermost call returns.
///
/// On destruction, in order: functions and their captures (last made first), finalisers of
/// externrefs, extensions (last made first), data.
class WEFT_API Store : public StoreRef {
 public:
  /// Throws Exception if the backend can't make one (Errc::limit, Errc::unsupported).
  explicit Store(const Engine& engine);
  [[nodiscard]] static Result<Store> make(const Engine& engine);

  Store(Store&& other) noexcept : StoreRef(std::exchange(other.state_, nullptr)) {}
  Store& operator=(Store&& other) noexcept;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store();

  /// Installs a callback asked before each growth, after the limits; an empty one removes it.
  /// Errc::unsupported where the backend can't ask.
  [[nodiscard]] Result<void> set_limiter(Limiter limiter);

  /// Installs a callback asked before a request of an InterruptHandle stops the guest or fails
  /// StoreRef::check_interrupt; an empty one removes it. With it a host can look up now and then
  /// while a guest runs (at signals, deadlines, other guests): whoever wakes it makes requests.
  /// Errc::usage if the engine's Config turned interruption off.
  [[nodiscard]] Result<void> set_interrupt_hook(InterruptHook hook);

 private:
  explicit Store(detail::StoreState* state) noexcept : StoreRef(state) {}
};

}  // namespace weft
