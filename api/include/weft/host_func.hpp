// How a C++ callable becomes a host function. Included by func.hpp and linker.hpp.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

#include "weft/backend.hpp"
#include "weft/caller.hpp"
#include "weft/error.hpp"
#include "weft/export.hpp"
#include "weft/marshal.hpp"
#include "weft/types.hpp"

namespace weft {

/// A host function whose type is known at run time only. Gets the arguments, and fills in the
/// results, which arrive as zeros and nulls of their types.
using DynamicCallable =
    std::move_only_function<Result<void>(Caller&, std::span<const Val>, std::span<Val>)>;

namespace detail {

template <class R, class... Args>
struct Signature {
  using Return = R;
  using Params = std::tuple<Args...>;
};

// A noexcept function's type converts to the plain one, so it needs no overloads of its own.
template <class R, class... A>
Signature<R, A...> signature_of(R (*)(A...));
template <class R, class C, class... A>
Signature<R, A...> signature_of(R (C::*)(A...));
template <class R, class C, class... A>
Signature<R, A...> signature_of(R (C::*)(A...) const);
template <class R, class C, class... A>
Signature<R, A...> signature_of(R (C::*)(A...) &);
template <class R, class C, class... A>
Signature<R, A...> signature_of(R (C::*)(A...) const&);

template <class F>
struct CallSignature {
  static_assert(
      requires { &F::operator(); },
      "a host function is a function or an object with exactly one operator(); wrap generic "
      "lambdas");
  using Type = decltype(signature_of(&F::operator()));
};
template <class F>
  requires std::is_function_v<std::remove_pointer_t<F>>
struct CallSignature<F> {
  using Type = decltype(signature_of(std::declval<F>()));
};

template <class Params>
struct SplitCaller {
  static constexpr bool kTakesCaller = false;
  using Guest = Params;
};
template <class... Rest>
struct SplitCaller<std::tuple<Caller&, Rest...>> {
  static constexpr bool kTakesCaller = true;
  using Guest = std::tuple<Rest...>;
};

template <class Tuple>
struct DecayTuple;
template <class... T>
struct DecayTuple<std::tuple<T...>> {
  static_assert((!(std::is_lvalue_reference_v<T> && !std::is_const_v<std::remove_reference_t<T>>) &&
                 ...),
                "parameters are values or const references; only Caller& comes first");
  using Type = std::tuple<std::remove_cvref_t<T>...>;
};

/// What Weft needs to know of a callable of type F.
template <class F>
struct HostTraits {
  using Call = typename CallSignature<std::decay_t<F>>::Type;
  using Return = typename Call::Return;
  using Split = SplitCaller<typename Call::Params>;
  using Params = typename DecayTuple<typename Split::Guest>::Type;
  using Value = typename UnwrapResult<Return>::Type;
  using Results = typename ResultList<Value>::Types;

  static FuncType type() {
    return {val_types(static_cast<Params*>(nullptr)), val_types(static_cast<Results*>(nullptr))};
  }
};

/// Holds a callable and calls it in place.
template <class F>
class WrappedFunc final : public backend::HostFunc {
 public:
  using Traits = HostTraits<F>;

  template <class G>
  explicit WrappedFunc(std::in_place_t /*tag*/, G&& callable)
      : callable_(std::forward<G>(callable)) {}

  Result<void> call(const backend::HostCall& call, RawVal* slots) noexcept override {
    try {
      return run(call, slots,
                 std::make_index_sequence<std::tuple_size_v<typename Traits::Params>>{});
    } catch (...) {
      return fail(Error::from_exception(std::current_exception()));
    }
  }

 private:
  template <std::size_t... I>
  Result<void> run(const backend::HostCall& call, RawVal* slots, std::index_sequence<I...> /*i*/) {
    using Params = typename Traits::Params;
    MarshalContext context(call);
    std::tuple<LiftType<std::tuple_element_t<I, Params>>...> args{
        Marshal<std::tuple_element_t<I, Params>>::lift(context, slots + kSlotOf<Params, I>)...};
    Result<void> status;
    if (!(true && ... && lift_ok(std::get<I>(args), status))) return status;

    const auto invoke = [&]() -> typename Traits::Return {
      if constexpr (Traits::Split::kTakesCaller) {
        Caller caller(call);
        return std::invoke(callable_, caller, lift_value(std::get<I>(args))...);
      } else {
        return std::invoke(callable_, lift_value(std::get<I>(args))...);
      }
    };
    return finish(context, slots, invoke);
  }

  template <class Invoke>
  static Result<void> finish(MarshalContext& context, RawVal* slots, const Invoke& invoke) {
    if constexpr (std::is_void_v<typename Traits::Return>) {
      invoke();
      return {};
    } else if constexpr (UnwrapResult<typename Traits::Return>::kFallible) {
      typename Traits::Return result = invoke();
      if (!result) return std::unexpected<Error>(std::move(result).error());
      if constexpr (std::is_void_v<typename Traits::Value>) {
        return {};
      } else {
        return lower(context, slots, std::move(*result));
      }
    } else {
      return lower(context, slots, invoke());
    }
  }

  template <class V>
  static Result<void> lower(MarshalContext& context, RawVal* slots, V value) {
    using Results = typename Traits::Results;
    Result<void> status;
    if constexpr (std::is_same_v<Results, V>) {
      [&]<std::size_t... I>(std::index_sequence<I...>) {
        (void)(true && ... &&
               lower_one<std::tuple_element_t<I, Results>>(context, std::move(std::get<I>(value)),
                                                           slots + kSlotOf<Results, I>, status));
      }(std::make_index_sequence<std::tuple_size_v<Results>>{});
    } else {
      lower_one<V>(context, std::move(value), slots, status);
    }
    return status;
  }

  F callable_;
};

/// A host function with its type, not yet in any store.
struct HostDefinition {
  FuncType type{};
  std::shared_ptr<backend::HostFunc> func{};
};

template <class F>
HostDefinition make_host_func(F&& callable) {
  using Stored = std::decay_t<F>;
  return {HostTraits<Stored>::type(),
          std::make_shared<WrappedFunc<Stored>>(std::in_place, std::forward<F>(callable))};
}

[[nodiscard]] WEFT_API HostDefinition make_dynamic_func(FuncType type, DynamicCallable callable);

/// Host functions under names that are known beforehand, each made when it is asked for: of many a
/// module imports few. Lasts as long as the process.
struct HostTable {
  std::string_view module;
  /// The indices [begin, end) are this module's.
  std::size_t begin;
  std::size_t end;
  /// Empty if there is none at this index.
  std::string_view (*name)(std::size_t index);
  /// With the same HostFunc each time.
  HostDefinition (*make)(std::size_t index);
};

}  // namespace detail

}  // namespace weft
