// The types of values.
#pragma once

#include <cstdint>
#include <string>

#include "weft/export.hpp"

namespace weft {

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
  static const ValType AnyRef;     // NOLINT(readability-identifier-naming): (ref null any)
  static const ValType EqRef;      // NOLINT(readability-identifier-naming): (ref null eq)
  static const ValType I31Ref;     // NOLINT(readability-identifier-naming): (ref null i31)
  static const ValType StructRef;  // NOLINT(readability-identifier-naming): (ref null struct)
  static const ValType ArrayRef;   // NOLINT(readability-identifier-naming): (ref null array)
  static const ValType ExnRef;     // NOLINT(readability-identifier-naming): (ref null exn)

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
inline constexpr ValType ValType::AnyRef = ValType::ref(HeapKind::Any, true);
inline constexpr ValType ValType::EqRef = ValType::ref(HeapKind::Eq, true);
inline constexpr ValType ValType::I31Ref = ValType::ref(HeapKind::I31, true);
inline constexpr ValType ValType::StructRef = ValType::ref(HeapKind::Struct, true);
inline constexpr ValType ValType::ArrayRef = ValType::ref(HeapKind::Array, true);
inline constexpr ValType ValType::ExnRef = ValType::ref(HeapKind::Exn, true);

/// The type as the text format writes it: "i32", "funcref", "(ref null 5)".
[[nodiscard]] WEFT_API std::string to_string(const ValType& type);
[[nodiscard]] WEFT_API std::string to_string(const HeapType& type);

/// Whether a value of `sub` can stand where `super` is asked for; see is_subtype(HeapType).
[[nodiscard]] WEFT_API bool is_subtype(const ValType& sub, const ValType& super) noexcept;

}  // namespace weft
