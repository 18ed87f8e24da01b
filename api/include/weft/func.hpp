// Func and TypedFunc: functions of a store, the guest's and the host's.
#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "weft/error.hpp"
#include "weft/export.hpp"
#include "weft/host_func.hpp"
#include "weft/marshal.hpp"
#include "weft/store_ref.hpp"
#include "weft/types.hpp"
#include "weft/value.hpp"

namespace weft {

template <class Signature>
class TypedFunc;

/// A handle to a function. All methods answer Errc::wrong_store for another store's function and
/// Errc::usage for a default-made handle.
class WEFT_API Func {
 public:
  Func() = default;

  /// Makes a host function of any callable: function pointers, and objects with one operator(),
  /// mutable, noexcept and move-only ones included. It may take Caller& first; the other parameters
  /// are types with a Marshal. It returns such a type, void, a tuple of several, or a Result of any
  /// of these. It is stored once, called in place and destroyed with the store. If it throws, the
  /// guest is unwound and the outermost call answers Errc::host with the exception inside.
  template <class F>
  [[nodiscard]] static Result<Func> wrap(StoreRef store, F&& callable) {
    return make(store, detail::make_host_func(std::forward<F>(callable)));
  }
  /// As wrap, for a type known at run time. The results are checked after each call:
  /// Errc::type_mismatch.
  [[nodiscard]] static Result<Func> create(StoreRef store, FuncType type, DynamicCallable callable);
  /// A function that works on a call's slots itself, as backends call it. It answers for the
  /// results being of the types that it is made with. Errc::usage if it is null.
  [[nodiscard]] static Result<Func> create(StoreRef store, FuncType type,
                                           std::shared_ptr<backend::HostFunc> func);

  [[nodiscard]] Result<FuncType> type(StoreRef store) const;

  /// Calls with checked arguments: Errc::type_mismatch before anything runs. Otherwise errors are
  /// what ended the guest: trap, exit, interrupted, out_of_fuel, host.
  [[nodiscard]] Result<std::vector<Val>> call(StoreRef store, std::span<const Val> args) const;
  [[nodiscard]] Result<std::vector<Val>> call(StoreRef store,
                                              std::initializer_list<Val> args = {}) const {
    return call(store, std::span<const Val>(args.begin(), args.size()));
  }
  /// As call, into results of the right number, whose old contents don't matter. Allocates nothing
  /// up to 32 parameters and results.
  [[nodiscard]] Result<void> call_into(StoreRef store, std::span<const Val> args,
                                       std::span<Val> results) const;

  /// Calls with untagged slots, arguments in and results out, both from slots[0]; as many as the
  /// larger of parameters and results. Only the store is checked: what isn't of the parameters'
  /// types is undefined behaviour.
  [[nodiscard]] Result<void> call_raw(StoreRef store, RawVal* slots) const noexcept;

  /// Checks the signature once, for calls without checks or conversions:
  /// f.typed<std::int32_t(std::int32_t, double)>(store). Several results are a tuple. References
  /// may be wider than the function's, as a StructRef for a struct of a certain type: then each
  /// call looks at them, and answers Errc::type_mismatch. So it does here, saying both types.
  template <class Signature>
  [[nodiscard]] Result<TypedFunc<Signature>> typed(StoreRef store) const;

  friend bool operator==(const Func&, const Func&) = default;

 private:
  friend detail::Access;
  template <class Signature>
  friend class TypedFunc;
  explicit Func(detail::Handle handle) : handle_(handle) {}

  static Result<Func> make(StoreRef store, detail::HostDefinition definition);
  /// Whether arguments must be looked at in each call.
  [[nodiscard]] Result<bool> check_type(StoreRef store, const FuncType& wanted) const;

  detail::Handle handle_{};
};

static_assert(sizeof(Func) == 16 && std::is_trivially_copyable_v<Func>);

namespace detail {

/// Calls a function with raw slots; checks the store, not the types.
[[nodiscard]] WEFT_API Result<void> call(StoreRef store, Handle func, RawVal* slots) noexcept;
/// Errc::type_mismatch if a reference isn't of its parameter's type.
[[nodiscard]] WEFT_API Result<void> check_args(StoreRef store, Handle func,
                                               const RawVal* slots) noexcept;

}  // namespace detail

/// A function whose signature has been checked: add(store, 5, 3) gives Result<std::int32_t>.
template <class R, class... Args>
class TypedFunc<R(Args...)> {
 public:
  using Params = std::tuple<std::remove_cvref_t<Args>...>;
  using Results = typename detail::ResultList<R>::Types;

  TypedFunc() = default;

  Result<R> operator()(StoreRef store, Args... args) const {
    constexpr std::size_t kSlots =
        std::max({std::size_t{1}, detail::kSlots<Params>, detail::kSlots<Results>});
    RawVal slots[kSlots];
    MarshalContext context(store);
    Result<void> status;
    const bool lowered = lower(context, slots, status, std::index_sequence_for<Args...>{}, args...);
    if (lowered && check_args_) [[unlikely]]
      status = detail::check_args(store, func_.handle_, slots);
    if (lowered && status) status = detail::call(store, func_.handle_, slots);
    if (!status) return std::unexpected<Error>(std::move(status).error());
    return lift(context, slots, std::make_index_sequence<std::tuple_size_v<Results>>{});
  }

  [[nodiscard]] const Func& func() const noexcept { return func_; }

  /// The Wasm type that the signature stands for.
  [[nodiscard]] static FuncType type() {
    return {detail::val_types(static_cast<Params*>(nullptr)),
            detail::val_types(static_cast<Results*>(nullptr))};
  }

 private:
  friend Func;
  TypedFunc(Func func, bool check_args) : func_(func), check_args_(check_args) {}

  template <std::size_t... I>
  static bool lower([[maybe_unused]] MarshalContext& context, [[maybe_unused]] RawVal* slots,
                    [[maybe_unused]] Result<void>& status, std::index_sequence<I...> /*i*/,
                    Args&... args) {
    return (true && ... &&
            detail::lower_one<std::tuple_element_t<I, Params>>(
                context, std::forward<Args>(args), slots + detail::kSlotOf<Params, I>, status));
  }

  template <std::size_t... I>
  static Result<R> lift([[maybe_unused]] MarshalContext& context,
                        [[maybe_unused]] const RawVal* slots, std::index_sequence<I...> /*i*/) {
    if constexpr (std::is_void_v<R>) {
      return {};
    } else {
      std::tuple<detail::LiftType<std::tuple_element_t<I, Results>>...> lifted{
          Marshal<std::tuple_element_t<I, Results>>::lift(context,
                                                          slots + detail::kSlotOf<Results, I>)...};
      Result<void> status;
      if (!(true && ... && detail::lift_ok(std::get<I>(lifted), status))) {
        return std::unexpected<Error>(std::move(status).error());
      }
      return R(detail::lift_value(std::get<I>(lifted))...);
    }
  }

  Func func_;
  // A parameter's type is narrower than what the C++ type can hold.
  bool check_args_ = false;
};

template <class Signature>
Result<TypedFunc<Signature>> Func::typed(StoreRef store) const {
  Result<bool> check_args = check_type(store, TypedFunc<Signature>::type());
  if (!check_args) return std::unexpected<Error>(std::move(check_args).error());
  return TypedFunc<Signature>(*this, *check_args);
}

}  // namespace weft
