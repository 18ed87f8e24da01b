// Marshal<T>: how a C++ type crosses between host and guest. A specialisation says which Wasm
// values a T is, how one is made from them ("lift", for parameters of host functions and results of
// guest functions) and how one becomes them ("lower", for the other direction). A type needs only
// the direction it is used in. For a type of your own:
//
//   struct Point { float x, y; };
//
//   template <>
//   struct weft::Marshal<Point> {
//     static constexpr std::array kTypes{weft::ValType::F32, weft::ValType::F32};
//     static Point lift(weft::MarshalContext&, const weft::RawVal* slots) {
//       return {std::bit_cast<float>(slots[0].f32_bits), std::bit_cast<float>(slots[1].f32_bits)};
//     }
//     static void lower(weft::MarshalContext&, Point p, weft::RawVal* slots) {
//       slots[0].f32_bits = std::bit_cast<std::uint32_t>(p.x);
//       slots[1].f32_bits = std::bit_cast<std::uint32_t>(p.y);
//     }
//   };
//
// A lift or lower that can fail returns Result<T> or Result<void>.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <forward_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "weft/anyref.hpp"
#include "weft/backend.hpp"
#include "weft/bytes.hpp"
#include "weft/error.hpp"
#include "weft/exnref.hpp"
#include "weft/export.hpp"
#include "weft/externref.hpp"
#include "weft/store_ref.hpp"
#include "weft/types.hpp"
#include "weft/value.hpp"

namespace weft {

using backend::RawVal;

/// What lifting and lowering may need: the store, and the memory that pointers mean.
class WEFT_API MarshalContext {
 public:
  /// For a call of the host's: pointers mean nothing, there is no calling instance.
  explicit MarshalContext(StoreRef store) noexcept : store_(store) {}
  /// `call` outlives it.
  explicit MarshalContext(const backend::HostCall& call) noexcept
      : store_(static_cast<detail::StoreState*>(call.owner)), call_(&call) {}

  [[nodiscard]] StoreRef store() const noexcept { return store_; }

  /// A range of the calling instance's memory. Traps with "out of bounds memory access" if it isn't
  /// inside. Valid until the memory grows or the guest runs; on backends without direct memory it
  /// is a copy that lives as long as the context.
  [[nodiscard]] Result<Bytes> bytes(std::uint64_t address, std::uint64_t length);
  /// As bytes, writable. Errc::unsupported on backends without direct memory.
  [[nodiscard]] Result<MutableBytes> mutable_bytes(std::uint64_t address, std::uint64_t length);

  MarshalContext(const MarshalContext&) = delete;
  MarshalContext& operator=(const MarshalContext&) = delete;

 private:
  StoreRef store_;
  const backend::HostCall* call_ = nullptr;
  std::forward_list<std::unique_ptr<std::uint8_t[]>> copies_{};
};

template <class T>
struct Marshal;

/// Integers of up to 4 bytes are i32, of 8 bytes i64. Narrow ones keep the low bits of what the
/// guest passes. (Enumerations: see below.)
template <class T>
  requires(std::integral<T> && !std::same_as<T, bool> && sizeof(T) <= 8)
struct Marshal<T> {
  static constexpr std::array kTypes{sizeof(T) <= 4 ? ValType::I32 : ValType::I64};
  static T lift(MarshalContext& /*context*/, const RawVal* slots) noexcept {
    if constexpr (sizeof(T) <= 4) {
      return static_cast<T>(slots->u32);
    } else {
      return static_cast<T>(slots->u64);
    }
  }
  static void lower(MarshalContext& /*context*/, T value, RawVal* slots) noexcept {
    if constexpr (sizeof(T) <= 4) {
      slots->u64 = static_cast<std::uint32_t>(static_cast<std::int32_t>(value));
    } else {
      slots->u64 = static_cast<std::uint64_t>(value);
    }
  }
};

/// bool is an i32; any value but 0 is true.
template <>
struct Marshal<bool> {
  static constexpr std::array kTypes{ValType::I32};
  static bool lift(MarshalContext& /*context*/, const RawVal* slots) noexcept {
    return slots->u32 != 0;
  }
  static void lower(MarshalContext& /*context*/, bool value, RawVal* slots) noexcept {
    slots->u64 = value ? 1 : 0;
  }
};

/// An enumeration crosses as its underlying type. Values that it doesn't name come through.
template <class T>
  requires std::is_enum_v<T>
struct Marshal<T> {
  using Underlying = std::underlying_type_t<T>;
  static constexpr std::array kTypes = Marshal<Underlying>::kTypes;
  static T lift(MarshalContext& context, const RawVal* slots) noexcept {
    return static_cast<T>(Marshal<Underlying>::lift(context, slots));
  }
  static void lower(MarshalContext& context, T value, RawVal* slots) noexcept {
    Marshal<Underlying>::lower(context, static_cast<Underlying>(value), slots);
  }
};

template <>
struct Marshal<float> {
  static constexpr std::array kTypes{ValType::F32};
  static float lift(MarshalContext& /*context*/, const RawVal* slots) noexcept {
    return std::bit_cast<float>(slots->f32_bits);
  }
  static void lower(MarshalContext& /*context*/, float value, RawVal* slots) noexcept {
    slots->u64 = std::bit_cast<std::uint32_t>(value);
  }
};

template <>
struct Marshal<double> {
  static constexpr std::array kTypes{ValType::F64};
  static double lift(MarshalContext& /*context*/, const RawVal* slots) noexcept {
    return std::bit_cast<double>(slots->f64_bits);
  }
  static void lower(MarshalContext& /*context*/, double value, RawVal* slots) noexcept {
    slots->f64_bits = std::bit_cast<std::uint64_t>(value);
  }
};

template <>
struct Marshal<V128> {
  static constexpr std::array kTypes{ValType::V128};
  static V128 lift(MarshalContext& /*context*/, const RawVal* slots) noexcept {
    V128 value;
    std::memcpy(value.bytes.data(), slots->v128, sizeof slots->v128);
    return value;
  }
  static void lower(MarshalContext& /*context*/, const V128& value, RawVal* slots) noexcept {
    std::memcpy(slots->v128, value.bytes.data(), sizeof slots->v128);
  }
};

/// An externref; the null ExternRef is null.
template <>
struct WEFT_API Marshal<ExternRef> {
  static constexpr std::array kTypes{ValType::ExternRef};
  static Result<ExternRef> lift(MarshalContext& context, const RawVal* slots);
  static Result<void> lower(MarshalContext& context, const ExternRef& value, RawVal* slots);
};

namespace detail {

[[nodiscard]] WEFT_API Result<AnyRef> lift_any(MarshalContext& context, const RawVal* slots);
[[nodiscard]] WEFT_API Result<void> lower_any(MarshalContext& context, const AnyRef& value,
                                              RawVal* slots);

}  // namespace detail

/// AnyRef, EqRef, StructRef and ArrayRef are the references of those names, null included.
template <class T>
  requires std::derived_from<T, AnyRef>
struct Marshal<T> {
  static constexpr std::array kTypes{ValType::ref(T::kHeap, true)};
  static Result<T> lift(MarshalContext& context, const RawVal* slots) {
    if (slots->ref == 0) return T();
    Result<AnyRef> any = detail::lift_any(context, slots);
    if (!any) return std::unexpected<Error>(std::move(any).error());
    return any->template as<T>();
  }
  static Result<void> lower(MarshalContext& context, const T& value, RawVal* slots) {
    return detail::lower_any(context, value, slots);
  }
};

/// An i31ref; nothing is null.
template <>
struct Marshal<std::optional<I31>> {
  static constexpr std::array kTypes{ValType::ref(HeapKind::I31, true)};
  static Result<std::optional<I31>> lift(MarshalContext& context, const RawVal* slots) {
    if (slots->ref == 0) return std::optional<I31>();
    Result<AnyRef> any = detail::lift_any(context, slots);
    if (!any) return std::unexpected<Error>(std::move(any).error());
    Result<I31> value = any->as<I31>();
    if (!value) return std::unexpected<Error>(std::move(value).error());
    return std::optional(*value);
  }
  static Result<void> lower(MarshalContext& context, const std::optional<I31>& value,
                            RawVal* slots) {
    return detail::lower_any(context, value ? AnyRef(*value) : AnyRef(), slots);
  }
};

/// An i31ref that traps with "null i31 reference" if the guest passes null.
template <>
struct Marshal<I31> {
  static constexpr std::array kTypes{ValType::ref(HeapKind::I31, true)};
  static Result<I31> lift(MarshalContext& context, const RawVal* slots) {
    Result<std::optional<I31>> value = Marshal<std::optional<I31>>::lift(context, slots);
    if (!value) return std::unexpected<Error>(std::move(value).error());
    if (!*value) return fail(TrapCode::NullI31Reference);
    return **value;
  }
  static Result<void> lower(MarshalContext& context, I31 value, RawVal* slots) {
    return detail::lower_any(context, AnyRef(value), slots);
  }
};

/// An exnref; the null ExnRef is null.
template <>
struct WEFT_API Marshal<ExnRef> {
  static constexpr std::array kTypes{ValType::ref(HeapKind::Exn, true)};
  static Result<ExnRef> lift(MarshalContext& context, const RawVal* slots);
  static Result<void> lower(MarshalContext& context, const ExnRef& value, RawVal* slots);
};

/// A funcref; nothing is null.
template <>
struct WEFT_API Marshal<std::optional<Func>> {
  static constexpr std::array kTypes{ValType::FuncRef};
  static Result<std::optional<Func>> lift(MarshalContext& context, const RawVal* slots);
  static Result<void> lower(MarshalContext& context, const std::optional<Func>& value,
                            RawVal* slots);
};

/// A funcref that traps with "null function reference" if the guest passes null.
template <>
struct WEFT_API Marshal<Func> {
  static constexpr std::array kTypes{ValType::FuncRef};
  static Result<Func> lift(MarshalContext& context, const RawVal* slots);
  static Result<void> lower(MarshalContext& context, const Func& value, RawVal* slots);
};

/// An address and a length in bytes, both i32, read in place. What the view may be used for, and
/// how long: see MarshalContext::bytes.
template <>
struct WEFT_API Marshal<std::string_view> {
  static constexpr std::array kTypes{ValType::I32, ValType::I32};
  static Result<std::string_view> lift(MarshalContext& context, const RawVal* slots);
};

/// As std::string_view, copied.
template <>
struct WEFT_API Marshal<std::string> {
  static constexpr std::array kTypes{ValType::I32, ValType::I32};
  static Result<std::string> lift(MarshalContext& context, const RawVal* slots);
};

/// An address and a number of elements, both i32, in place. Errc::host if the address isn't aligned
/// for T.
template <class T>
  requires std::is_trivially_copyable_v<T>
struct Marshal<std::span<T>> {
  static constexpr std::array kTypes{ValType::I32, ValType::I32};
  static Result<std::span<T>> lift(MarshalContext& context, const RawVal* slots) {
    const std::uint64_t address = slots[0].u32;
    const std::size_t count = slots[1].u32;
    if constexpr (std::is_const_v<T>) {
      Result<Bytes> bytes = context.bytes(address, std::uint64_t{count} * sizeof(T));
      return view<T>(bytes, address, count);
    } else {
      Result<MutableBytes> bytes = context.mutable_bytes(address, std::uint64_t{count} * sizeof(T));
      return view<T>(bytes, address, count);
    }
  }

 private:
  template <class U, class B>
  static Result<std::span<U>> view(Result<B>& bytes, std::uint64_t address, std::size_t count) {
    if (!bytes) return std::unexpected<Error>(std::move(bytes).error());
    if (count == 0) return std::span<U>();
    if (reinterpret_cast<std::uintptr_t>(bytes->data()) % alignof(U) != 0) {
      return fail(Errc::host, "guest address " + std::to_string(address) + " is not aligned to " +
                                  std::to_string(alignof(U)) + " bytes");
    }
    return std::span<U>(reinterpret_cast<U*>(bytes->data()), count);
  }
};

namespace detail {

template <class T>
struct UnwrapResult {
  using Type = T;
  static constexpr bool kFallible = false;
};
template <class T>
struct UnwrapResult<Result<T>> {
  using Type = T;
  static constexpr bool kFallible = true;
};

template <class T>
using LiftType =
    decltype(Marshal<T>::lift(std::declval<MarshalContext&>(), std::declval<const RawVal*>()));

/// What a function returns, as a list of types: void is none, a tuple is its elements, and a Result
/// counts as what it holds.
template <class R>
struct ResultList {
  using Types = std::tuple<R>;
};
template <>
struct ResultList<void> {
  using Types = std::tuple<>;
};
template <class... R>
struct ResultList<std::tuple<R...>> {
  using Types = std::tuple<R...>;
};

template <class... T>
constexpr std::size_t slot_count(std::tuple<T...>* /*types*/) {
  return (std::size_t{0} + ... + Marshal<T>::kTypes.size());
}
template <class Tuple>
inline constexpr std::size_t kSlots = slot_count(static_cast<Tuple*>(nullptr));

template <class... T>
std::vector<ValType> val_types(std::tuple<T...>* /*types*/) {
  std::vector<ValType> types;
  types.reserve(kSlots<std::tuple<T...>>);
  (types.insert(types.end(), Marshal<T>::kTypes.begin(), Marshal<T>::kTypes.end()), ...);
  return types;
}

/// The first slot of element I.
template <class Tuple, std::size_t I>
inline constexpr std::size_t kSlotOf = []<std::size_t... J>(std::index_sequence<J...>) {
  return (std::size_t{0} + ... + Marshal<std::tuple_element_t<J, Tuple>>::kTypes.size());
}(std::make_index_sequence<I>{});

/// Lowers one value; true if it worked, otherwise `error` is set.
template <class T, class V>
bool lower_one(MarshalContext& context, V&& value, RawVal* slots, Result<void>& status) {
  using Returned = decltype(Marshal<T>::lower(context, std::forward<V>(value), slots));
  if constexpr (std::is_void_v<Returned>) {
    Marshal<T>::lower(context, std::forward<V>(value), slots);
    return true;
  } else {
    status = Marshal<T>::lower(context, std::forward<V>(value), slots);
    return status.has_value();
  }
}

template <class Lifted>
bool lift_ok(Lifted& lifted, Result<void>& status) {
  if constexpr (UnwrapResult<Lifted>::kFallible) {
    if (lifted) return true;
    status = std::unexpected<Error>(std::move(lifted).error());
    return false;
  } else {
    return true;
  }
}
template <class Lifted>
decltype(auto) lift_value(Lifted& lifted) {
  if constexpr (UnwrapResult<Lifted>::kFallible) {
    return std::move(*lifted);
  } else {
    return std::move(lifted);
  }
}

}  // namespace detail

}  // namespace weft
