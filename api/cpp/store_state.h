// What is behind a Store, and the helpers that the public classes' sources share.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "weft/backend.hpp"
#include "weft/engine.hpp"
#include "weft/error.hpp"
#include "weft/externref.hpp"
#include "weft/host_func.hpp"
#include "weft/store.hpp"
#include "weft/types.hpp"
#include "weft/value.hpp"

namespace weft::backends {
class InterpStore;
}  // namespace weft::backends

namespace weft::detail {

/// Makes and opens the handles, whose constructors are private.
struct Access {
  template <class H>
  static H make(Handle handle) {
    return H(handle);
  }
  template <class H>
  static Handle handle(const H& handle) {
    return handle.handle_;
  }
};

/// The live extern objects of a store. Shared with them, since they may outlive the store, and
/// locked, since the last handle of one may be dropped on any thread.
class ExternRegistry {
 public:
  void add(ExternObject* object);
  /// Takes the object out and gives its payload, which is empty after close().
  ErasedObject remove(ExternObject* object);
  /// Takes all objects out and destroys their payloads; later lookups find none.
  void close();

 private:
  std::mutex mutex_;
  ExternObject* first_ = nullptr;
};

/// The roots that host handles have given up. Shared with those that are left, which may outlive
/// the store, and locked, since the last handle of one may be dropped on any thread.
class RootRegistry {
 public:
  /// Keeps the root for take(), or deletes it after close().
  void give_up(Root* root) noexcept;
  /// Whether take() would give anything.
  [[nodiscard]] bool any() const noexcept { return any_.load(std::memory_order_acquire); }
  /// A list of roots, linked by `next`, that are the caller's to delete.
  [[nodiscard]] Root* take() noexcept;
  void close() noexcept;

 private:
  std::mutex mutex_;
  std::atomic<bool> any_ = false;
  bool closed_ = false;
  Root* first_ = nullptr;
};

/// A function made of a host definition, and the type that it was made with.
struct LinkedFunc {
  FuncType type{};
  backend::Index index = 0;
};

struct StoreState final : backend::StoreCallbacks {
  explicit StoreState(const Engine& owner);
  ~StoreState() override;
  StoreState(const StoreState&) = delete;
  StoreState& operator=(const StoreState&) = delete;

  bool allow(const GrowthRequest& request) noexcept override;
  bool goes_on() noexcept override;
  /// Errc::interrupted if a request is pending, which it takes, and the guest isn't to go on.
  Result<void> take_interrupt() noexcept;

  /// A handle to an object or an exception, given its word. Errc::limit.
  Result<RootHandle> root(std::uint64_t word, const HeapType& type, std::uint64_t tag = 0);
  /// Tells the backend of the roots that handles have given up.
  void settle_roots() noexcept {
    if (roots != nullptr && roots->any()) [[unlikely]]
      settle_pending_roots();
  }
  void settle_pending_roots() noexcept;
  /// What the engine knows of a concrete type. Kept here: it is asked for at each access.
  Result<std::shared_ptr<const TypeInfo>> type_info(const HeapType& type);

  const std::uint64_t id;
  /// Null while the store is being destroyed.
  std::unique_ptr<backend::Store> impl{};
  /// `impl` if it is the interpreter's: calls reach it without a virtual call.
  backends::InterpStore* interp = nullptr;
  std::shared_ptr<InterruptState> interrupt;
  /// Calls into the guest that haven't returned.
  std::uint32_t entered = 0;
  std::uint32_t max_entered;
  /// The interrupt hook runs: nothing may enter the guest, which is in the middle of something.
  bool asking = false;
  /// The Store object is gone, but a call runs still: the last one out deletes this.
  bool orphaned = false;
  bool direct_memory;
  Engine engine;
  ErasedObject data{};
  std::vector<ErasedObject> extensions{};
  Limiter limiter{};
  InterruptHook interrupt_hook{};
  std::shared_ptr<ExternRegistry> externs = std::make_shared<ExternRegistry>();
  /// Null until the first handle.
  std::shared_ptr<RootRegistry> roots{};
  std::unordered_map<std::uint32_t, std::shared_ptr<const TypeInfo>> types{};
  /// Functions made of Linkers' host functions, so that each is made once per type.
  std::unordered_map<const backend::HostFunc*, std::vector<LinkedFunc>> linked{};
};

/// Slots for values whose number is known at run time: on the stack as long as they are few.
class Slots {
 public:
  explicit Slots(std::size_t count) {
    if (count > inline_.size()) heap_ = std::make_unique<RawVal[]>(count);
  }
  RawVal* data() { return heap_ ? heap_.get() : inline_.data(); }

 private:
  std::array<RawVal, 32> inline_;
  std::unique_ptr<RawVal[]> heap_{};
};

/// Counts a call into the guest, in its scope.
class Entry {
 public:
  explicit Entry(StoreState& state) noexcept : state_(&state) { ++state.entered; }
  ~Entry() {
    if (state_ != nullptr) --state_->entered;
  }
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

  /// Ends the scope. False if the store was destroyed meanwhile and this was its last call: nothing
  /// of it may be touched any more.
  [[nodiscard]] bool leave() noexcept;

 private:
  StoreState* state_;
};

/// Refuses to enter the guest: an interrupt is pending, or calls are nested too deep.
[[nodiscard]] Result<void> check_entry(StoreState& state) noexcept;
[[nodiscard]] std::unexpected<Error> store_gone();

/// Deletes the state, or leaves that to the call that runs.
void drop_store(StoreState* state) noexcept;

/// The topmost heap type above one: Func, Extern, Exn or Any.
[[nodiscard]] HeapKind top_of(HeapType type) noexcept;

// Between Ref, Val and slots. The store is open already.

/// Errc::type_mismatch if the value isn't of the type, Errc::wrong_store if it refers elsewhere.
[[nodiscard]] Result<RawVal> lower_ref(StoreState& state, const Ref& ref, const ValType& type);
[[nodiscard]] Result<RawVal> lower_val(StoreState& state, const Val& value, const ValType& type);
[[nodiscard]] Result<Ref> lift_ref(StoreState& state, std::uint64_t raw, const ValType& type);
[[nodiscard]] Result<Val> lift_val(StoreState& state, const RawVal& raw, const ValType& type);

// Their parts.
[[nodiscard]] Result<std::uint64_t> lower_any(StoreState& state, const AnyRef& ref);
[[nodiscard]] Result<AnyRef> lift_any(StoreState& state, std::uint64_t word);
[[nodiscard]] Result<std::uint64_t> lower_extern(StoreState& state, const ExternRef& ref);
[[nodiscard]] Result<ExternRef> lift_extern(StoreState& state, std::uint64_t word);
[[nodiscard]] Result<ExnRef> lift_exn(StoreState& state, std::uint64_t word);

/// Whether a non-null word of the hierarchy is of the type, as far as its present type tells.
[[nodiscard]] bool word_is(StoreState& state, std::uint64_t word, const HeapType& type) noexcept;
/// Errc::type_mismatch if a slot that holds a reference isn't of its type; numbers aren't looked
/// at.
[[nodiscard]] Result<void> check_refs(StoreState& state, std::span<const ValType> types,
                                      const RawVal* slots, std::string_view what);

/// Whether a value of type `given` can always stand where `wanted` is asked for. Knows the engine's
/// types.
[[nodiscard]] bool fits_type(const Engine& engine, const ValType& given, const ValType& wanted);
/// As fits_type, or if both are references of one hierarchy, so that a look at each tells.
[[nodiscard]] bool may_fit(const Engine& engine, const ValType& given, const ValType& wanted);

/// Gives an Error with Errc::exception that a backend made the exception behind it.
void attach_exception(StoreState& state, Error& error) noexcept;

/// `what` is "argument" or "result", for the message.
[[nodiscard]] Result<void> lower_vals(StoreState& state, std::span<const Val> values,
                                      std::span<const ValType> types, RawVal* slots,
                                      std::string_view what);

/// Errc::type_mismatch for the type of a memory that can't be.
[[nodiscard]] Result<void> check_memory_type(const MemoryType& type);

/// Whether a host function of one type can stand for one of another: parameters fit, and results
/// may fit.
[[nodiscard]] bool adapts(const Engine& engine, const FuncType& host, const FuncType& wanted);
/// A function of the store for a host definition, made at the first request. `wanted` is a type
/// that it adapts to.
[[nodiscard]] Result<backend::Index> link_host(StoreState& state, const HostDefinition& host,
                                               const FuncType& wanted);

template <class T, class E>
[[nodiscard]] std::unexpected<Error> forward_error(std::expected<T, E>& result) {
  return std::unexpected<Error>(std::move(result).error());
}

}  // namespace weft::detail
