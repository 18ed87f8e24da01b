// What is behind a Store, and the helpers that the public classes' sources share.
#pragma once

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

struct StoreState final : backend::LimitCallback {
  explicit StoreState(const Engine& owner);
  ~StoreState() override;
  StoreState(const StoreState&) = delete;
  StoreState& operator=(const StoreState&) = delete;

  bool allow(const GrowthRequest& request) noexcept override;

  const std::uint64_t id;
  /// Null while the store is being destroyed.
  std::unique_ptr<backend::Store> impl{};
  /// `impl` if it is the interpreter's: calls reach it without a virtual call.
  backends::InterpStore* interp = nullptr;
  std::shared_ptr<InterruptState> interrupt;
  /// Calls into the guest that haven't returned.
  std::uint32_t entered = 0;
  std::uint32_t max_entered;
  /// The Store object is gone, but a call runs still: the last one out deletes this.
  bool orphaned = false;
  bool direct_memory;
  Engine engine;
  ErasedObject data{};
  std::vector<ErasedObject> extensions{};
  Limiter limiter{};
  std::shared_ptr<ExternRegistry> externs = std::make_shared<ExternRegistry>();
  /// Functions made of Linkers' host functions, so that each is made once.
  std::unordered_map<const backend::HostFunc*, backend::Index> linked{};
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

/// `what` is "argument" or "result", for the message.
[[nodiscard]] Result<void> lower_vals(StoreState& state, std::span<const Val> values,
                                      std::span<const ValType> types, RawVal* slots,
                                      std::string_view what);

/// A function of the store for a host definition, made at the first request.
[[nodiscard]] Result<backend::Index> link_host(StoreState& state, const HostDefinition& host);

template <class T, class E>
[[nodiscard]] std::unexpected<Error> forward_error(std::expected<T, E>& result) {
  return std::unexpected<Error>(std::move(result).error());
}

}  // namespace weft::detail
