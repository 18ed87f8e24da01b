// Values: numbers, vectors and references, each with its type.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "weft/anyref.hpp"
#include "weft/error.hpp"
#include "weft/exnref.hpp"
#include "weft/export.hpp"
#include "weft/externref.hpp"
#include "weft/store_ref.hpp"
#include "weft/valtype.hpp"

namespace weft {

class Func;

/// 128 bits, as v128 lies in memory: byte 0 is lane 0's lowest.
struct V128 {
  std::array<std::uint8_t, 16> bytes{};

  /// From lanes of any arithmetic type, such as std::array<float, 4>.
  template <class T, std::size_t N>
    requires(std::is_arithmetic_v<T> && sizeof(T) * N == 16)
  static V128 from_lanes(const std::array<T, N>& lanes) {
    return std::bit_cast<V128>(lanes);
  }
  /// As lanes of any arithmetic type: v.lanes<std::int32_t>().
  template <class T>
    requires std::is_arithmetic_v<T>
  [[nodiscard]] std::array<T, 16 / sizeof(T)> lanes() const {
    return std::bit_cast<std::array<T, 16 / sizeof(T)>>(bytes);
  }
  friend bool operator==(const V128&, const V128&) = default;
};

namespace detail {

/// Which classes a Ref may be asked for, and how: a specialisation for each that isn't an AnyRef.
template <class T>
struct RefAs;

}  // namespace detail

/// A reference of any type: null of some heap type, a function, an ExternRef, an AnyRef (and so a
/// StructRef, an ArrayRef or an I31), or an ExnRef.
class WEFT_API Ref {
 public:
  /// A null funcref.
  Ref() = default;
  static Ref null(HeapType heap) {
    Ref ref;
    ref.heap_ = heap;
    return ref;
  }
  Ref(const Func& func);              // NOLINT(google-explicit-constructor)
  Ref(const weft::ExternRef& object)  // NOLINT(google-explicit-constructor)
      : heap_(HeapKind::Extern) {
    if (!object.is_null()) item_ = object;
  }
  Ref(const AnyRef& object) : heap_(object.heap()) {  // NOLINT(google-explicit-constructor)
    if (!object.is_null()) item_ = object;
  }
  Ref(I31 value) : Ref(AnyRef(value)) {}  // NOLINT(google-explicit-constructor)
  Ref(const ExnRef& exception)            // NOLINT(google-explicit-constructor)
      : heap_(HeapKind::Exn) {
    if (!exception.is_null()) item_ = exception;
  }

  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(item_); }
  /// What it points to: Func, Extern, Exn, or what AnyRef::heap says; for null, the heap type
  /// given.
  [[nodiscard]] HeapType heap() const { return heap_; }

  /// Whether it is a T: Func, ExternRef, AnyRef, EqRef, StructRef, ArrayRef, I31 or ExnRef. Null is
  /// none of them.
  template <class T>
  [[nodiscard]] bool is() const noexcept {
    return detail::RefAs<T>::is(*this);
  }
  /// The reference as a T; Errc::type_mismatch if it is none.
  template <class T>
  [[nodiscard]] Result<T> as() const {
    if (!is<T>()) return detail::not_a(detail::RefAs<T>::kName, heap_);
    return detail::RefAs<T>::get(*this);
  }
  /// Whether ref.test with this type would succeed, as the guest's or a module's types tell.
  /// Null matches nothing. Errc::wrong_store.
  [[nodiscard]] Result<bool> matches(StoreRef store, const HeapType& type) const;

  /// The function; nothing for null and for other references.
  [[nodiscard]] std::optional<Func> func() const;
  /// The externref; null for null and for other references.
  [[nodiscard]] weft::ExternRef externref() const { return get_or_null<weft::ExternRef>(); }
  /// The anyref; null for null and for other references.
  [[nodiscard]] AnyRef anyref() const { return get_or_null<AnyRef>(); }
  /// The exception; null for null and for other references.
  [[nodiscard]] ExnRef exnref() const { return get_or_null<ExnRef>(); }

  /// Whether both are the same function, object or integer, or both null.
  friend bool operator==(const Ref& a, const Ref& b) { return a.item_ == b.item_; }

 private:
  template <class T>
  friend struct detail::RefAs;

  template <class T>
  [[nodiscard]] T get_or_null() const {
    const T* item = std::get_if<T>(&item_);
    return item != nullptr ? *item : T();
  }

  // Whatever is in it isn't null.
  std::variant<std::monostate, detail::Handle, weft::ExternRef, AnyRef, ExnRef> item_{};
  HeapType heap_ = HeapKind::Func;
};

namespace detail {

template <>
struct RefAs<Func> {
  static constexpr std::string_view kName = "funcref";
  static bool is(const Ref& ref) { return std::holds_alternative<Handle>(ref.item_); }
  // Dependent, since Func is incomplete here.
  template <class R>
  static auto get(const R& ref) {
    return *ref.func();
  }
};
template <>
struct RefAs<ExternRef> {
  static constexpr std::string_view kName = "externref";
  static bool is(const Ref& ref) { return std::holds_alternative<ExternRef>(ref.item_); }
  static ExternRef get(const Ref& ref) { return ref.externref(); }
};
template <>
struct RefAs<ExnRef> {
  static constexpr std::string_view kName = "exnref";
  static bool is(const Ref& ref) { return std::holds_alternative<ExnRef>(ref.item_); }
  static ExnRef get(const Ref& ref) { return ref.exnref(); }
};
template <>
struct RefAs<I31> {
  static constexpr std::string_view kName = "i31ref";
  static bool is(const Ref& ref) { return ref.anyref().is<I31>(); }
  static I31 get(const Ref& ref) { return *ref.anyref().i31(); }
};
template <class T>
  requires std::derived_from<T, AnyRef>
struct RefAs<T> {
  static constexpr std::string_view kName = T::kName;
  static bool is(const Ref& ref) { return ref.anyref().is<T>(); }
  static T get(const Ref& ref) { return T(Checked{}, ref.anyref()); }
};

/// The types that convert to a Val without saying so. Narrow and boolean ones don't: which Wasm
/// type they mean would be a guess.
template <class T>
concept ValScalar = (std::integral<T> && (sizeof(T) == 4 || sizeof(T) == 8) &&
                     !std::same_as<T, char32_t> && !std::same_as<T, wchar_t>) ||
                    std::same_as<T, float> || std::same_as<T, double>;

template <class T>
inline constexpr ValType::Kind kScalarKind =
    std::floating_point<T> ? (sizeof(T) == 4 ? ValType::Kind::F32 : ValType::Kind::F64)
                           : (sizeof(T) == 4 ? ValType::Kind::I32 : ValType::Kind::I64);

}  // namespace detail

/// A value with its type, for dynamic calls, globals and tests. Typed functions need none.
class WEFT_API Val {
 public:
  /// i32 0.
  Val() = default;
  template <detail::ValScalar T>
  Val(T value)  // NOLINT(google-explicit-constructor): call(store, {5, 3.0}) is the point
      : kind_(detail::kScalarKind<T>) {
    std::memcpy(bits_.bytes.data(), &value, sizeof value);
  }
  Val(V128 value)  // NOLINT(google-explicit-constructor)
      : kind_(ValType::Kind::V128), bits_(value) {}
  Val(Ref value)  // NOLINT(google-explicit-constructor)
      : kind_(ValType::Kind::Ref), ref_(std::move(value)) {}
  Val(const Func& func) : Val(Ref(func)) {}                 // NOLINT(google-explicit-constructor)
  Val(const weft::ExternRef& object) : Val(Ref(object)) {}  // NOLINT(google-explicit-constructor)
  Val(const AnyRef& object) : Val(Ref(object)) {}           // NOLINT(google-explicit-constructor)
  Val(I31 value) : Val(Ref(value)) {}                       // NOLINT(google-explicit-constructor)
  Val(const ExnRef& exception) : Val(Ref(exception)) {}     // NOLINT(google-explicit-constructor)

  /// From the bits of a float: keeps the payload of NaNs.
  static Val f32_bits(std::uint32_t bits);
  static Val f64_bits(std::uint64_t bits);
  /// The zero or null of a type: what a fresh local holds.
  static Val zero(const ValType& type);

  /// A reference's type is non-null unless it is null.
  [[nodiscard]] ValType type() const;
  [[nodiscard]] ValType::Kind kind() const { return kind_; }

  /// The value as T, one of the types a Val is made from; Errc::type_mismatch if it is another.
  template <class T>
  [[nodiscard]] Result<T> get() const {
    if constexpr (detail::ValScalar<T>) {
      if (kind_ != detail::kScalarKind<T>) return wrong_kind();
      T value;
      std::memcpy(&value, bits_.bytes.data(), sizeof value);
      return value;
    } else if constexpr (std::same_as<T, V128>) {
      if (kind_ != ValType::Kind::V128) return wrong_kind();
      return bits_;
    } else {
      static_assert(std::same_as<T, Ref>, "a Val holds 4- and 8-byte numbers, V128 and Ref");
      if (kind_ != ValType::Kind::Ref) return wrong_kind();
      return ref_;
    }
  }

  // As get, but they throw Exception (Errc::type_mismatch) for a value of another type.
  [[nodiscard]] std::int32_t i32() const { return or_throw(get<std::int32_t>()); }
  [[nodiscard]] std::int64_t i64() const { return or_throw(get<std::int64_t>()); }
  [[nodiscard]] float f32() const { return or_throw(get<float>()); }
  [[nodiscard]] double f64() const { return or_throw(get<double>()); }
  [[nodiscard]] V128 v128() const { return or_throw(get<V128>()); }
  [[nodiscard]] Ref ref() const { return or_throw(get<Ref>()); }

  /// The value's bits, low bytes first; zero for references.
  [[nodiscard]] V128 bits() const { return bits_; }

  /// Same type and same bits: a NaN equals itself, and 0.0 differs from -0.0.
  friend bool operator==(const Val&, const Val&) = default;

 private:
  [[nodiscard]] std::unexpected<Error> wrong_kind() const;

  ValType::Kind kind_ = ValType::Kind::I32;
  V128 bits_{};
  Ref ref_{};
};

/// For people: "i32:5", "f64:1.5", "funcref:null", "(ref i31):7".
[[nodiscard]] WEFT_API std::string to_string(const Val& value);

}  // namespace weft
