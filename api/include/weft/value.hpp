// Values and their types.
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

#include "weft/error.hpp"
#include "weft/export.hpp"
#include "weft/externref.hpp"

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

/// What a reference points to.
enum class HeapKind : std::uint8_t {
  Func,
  Extern,
  Any,
  Eq,
  I31,
  Struct,
  Array,
  None,
  NoFunc,
  NoExtern,
  Exn,
  NoExn,
  Concrete,  ///< A type that a module defines; HeapType::index says which.
};

/// A heap type. `index` counts for Concrete only: the type's number in its engine, equal for equal
/// types of different modules. `hierarchy` is then the abstract type it is a subtype of.
struct HeapType {
  HeapKind kind = HeapKind::Func;
  HeapKind hierarchy = HeapKind::Func;
  std::uint32_t index = 0;

  constexpr HeapType() = default;
  constexpr HeapType(HeapKind abstract)  // NOLINT(google-explicit-constructor): kinds name types
      : kind(abstract), hierarchy(abstract) {}
  static constexpr HeapType concrete(std::uint32_t type_index, HeapKind below) {
    HeapType type(HeapKind::Concrete);
    type.hierarchy = below;
    type.index = type_index;
    return type;
  }
  friend constexpr bool operator==(const HeapType&, const HeapType&) = default;
};

/// Whether a value of `sub` is always one of `super`, as far as the abstract types tell: a concrete
/// type is below its own abstract types and equal to itself only. Backends know the rest.
[[nodiscard]] WEFT_API bool is_subtype(HeapType sub, HeapType super) noexcept;

/// The type of a value. Value types compare by identity, not by subtyping.
class ValType {
 public:
  enum class Kind : std::uint8_t { I32, I64, F32, F64, V128, Ref };

  static const ValType I32;        // NOLINT(readability-identifier-naming): named as types are
  static const ValType I64;        // NOLINT(readability-identifier-naming)
  static const ValType F32;        // NOLINT(readability-identifier-naming)
  static const ValType F64;        // NOLINT(readability-identifier-naming)
  static const ValType V128;       // NOLINT(readability-identifier-naming)
  static const ValType FuncRef;    // NOLINT(readability-identifier-naming): (ref null func)
  static const ValType ExternRef;  // NOLINT(readability-identifier-naming): (ref null extern)

  constexpr ValType() = default;
  constexpr ValType(Kind kind) : kind_(kind) {}  // NOLINT(google-explicit-constructor)
  /// The type (ref heap) or (ref null heap).
  static constexpr ValType ref(HeapType heap, bool nullable) {
    ValType type(Kind::Ref);
    type.nullable_ = nullable;
    type.heap_ = heap;
    return type;
  }

  [[nodiscard]] constexpr Kind kind() const { return kind_; }
  [[nodiscard]] constexpr bool is_ref() const { return kind_ == Kind::Ref; }
  [[nodiscard]] constexpr bool is_num() const { return kind_ <= Kind::F64; }
  /// What a reference type points to; HeapKind::Func for other types.
  [[nodiscard]] constexpr HeapType heap() const { return heap_; }
  [[nodiscard]] constexpr bool is_nullable() const { return nullable_; }

  friend constexpr bool operator==(const ValType&, const ValType&) = default;

 private:
  Kind kind_ = Kind::I32;
  bool nullable_ = false;
  HeapType heap_{};
};

inline constexpr ValType ValType::I32{ValType::Kind::I32};
inline constexpr ValType ValType::I64{ValType::Kind::I64};
inline constexpr ValType ValType::F32{ValType::Kind::F32};
inline constexpr ValType ValType::F64{ValType::Kind::F64};
inline constexpr ValType ValType::V128{ValType::Kind::V128};
inline constexpr ValType ValType::FuncRef = ValType::ref(HeapKind::Func, true);
inline constexpr ValType ValType::ExternRef = ValType::ref(HeapKind::Extern, true);

/// The type as the text format writes it: "i32", "funcref", "(ref null 5)".
[[nodiscard]] WEFT_API std::string to_string(const ValType& type);
[[nodiscard]] WEFT_API std::string to_string(const HeapType& type);

/// Whether a value of `sub` can stand where `super` is asked for; see is_subtype(HeapType).
[[nodiscard]] WEFT_API bool is_subtype(const ValType& sub, const ValType& super) noexcept;

/// A reference: null of some heap type, a function or an externref.
class WEFT_API Ref {
 public:
  /// A null funcref.
  Ref() = default;
  static Ref null(HeapType heap) {
    Ref ref;
    ref.heap_ = heap;
    return ref;
  }
  Ref(const Func& func);       // NOLINT(google-explicit-constructor)
  Ref(weft::ExternRef object)  // NOLINT(google-explicit-constructor)
      : heap_(HeapKind::Extern), extern_(std::move(object)) {}

  [[nodiscard]] bool is_null() const { return func_.store == 0 && extern_.is_null(); }
  /// For null, the heap type given; otherwise Func or Extern.
  [[nodiscard]] HeapType heap() const { return heap_; }
  /// The function; nothing for null and for other references.
  [[nodiscard]] std::optional<Func> func() const;
  /// The externref; null for null and for other references.
  [[nodiscard]] const weft::ExternRef& externref() const { return extern_; }

  /// Whether both are the same function, the same object, or both null.
  friend bool operator==(const Ref& a, const Ref& b) {
    return a.func_ == b.func_ && a.extern_ == b.extern_;
  }

 private:
  detail::Handle func_{};
  HeapType heap_ = HeapKind::Func;
  weft::ExternRef extern_{};
};

namespace detail {

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
  Val(const Func& func) : Val(Ref(func)) {}  // NOLINT(google-explicit-constructor)
  Val(weft::ExternRef object)                // NOLINT(google-explicit-constructor)
      : Val(Ref(std::move(object))) {}

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

/// For people: "i32:5", "f64:1.5", "funcref:null".
[[nodiscard]] WEFT_API std::string to_string(const Val& value);

}  // namespace weft
