// StructRef and ArrayRef: what guests allocate and the collector frees; and their types.
//
//   auto point = or_throw(StructType::create(engine, {{ValType::F64, Mutability::Var},
//                                                     {ValType::F64, Mutability::Var}}));
//   auto p = or_throw(StructRef::create(store, point, {1.5, 2.0}));
//   or_throw(p.set(store, 0, 4.0));
//   double x = or_throw(p.get(store, 0)).f64();
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "weft/anyref.hpp"
#include "weft/bytes.hpp"
#include "weft/engine.hpp"
#include "weft/error.hpp"
#include "weft/export.hpp"
#include "weft/store_ref.hpp"
#include "weft/types.hpp"
#include "weft/value.hpp"

namespace weft {

/// What a field holds: a value of some type, or an integer packed into one or two bytes, which is
/// an i32 when it is read (zero-extended) or written (its low bits).
class StorageType {
 public:
  static const StorageType I8;   // NOLINT(readability-identifier-naming): named as types are
  static const StorageType I16;  // NOLINT(readability-identifier-naming)

  constexpr StorageType() = default;
  // NOLINTBEGIN(google-explicit-constructor): each type of values is one of storage
  constexpr StorageType(ValType type) : value_(type) {}
  constexpr StorageType(ValType::Kind kind) : value_(kind) {}
  // NOLINTEND(google-explicit-constructor)

  /// 1 for I8, 2 for I16, 0 for what isn't packed.
  [[nodiscard]] constexpr unsigned packed_bytes() const { return packed_; }
  [[nodiscard]] constexpr bool is_packed() const { return packed_ != 0; }
  /// The type of its values: I32 for packed ones.
  [[nodiscard]] constexpr ValType value() const { return value_; }
  /// Bytes of a number or vector; 0 for references.
  [[nodiscard]] constexpr unsigned number_bytes() const {
    if (is_packed()) return packed_;
    constexpr unsigned kBytes[] = {4, 8, 4, 8, 16, 0};
    return kBytes[static_cast<std::size_t>(value_.kind())];
  }

  friend constexpr bool operator==(const StorageType&, const StorageType&) = default;

 private:
  constexpr explicit StorageType(std::uint8_t packed) : packed_(packed) {}

  ValType value_ = ValType::I32;
  std::uint8_t packed_ = 0;
};

inline constexpr StorageType StorageType::I8{std::uint8_t{1}};
inline constexpr StorageType StorageType::I16{std::uint8_t{2}};

/// A field of a struct, or what every element of an array is.
struct FieldType {
  StorageType storage{};
  Mutability mutability = Mutability::Const;
  friend bool operator==(const FieldType&, const FieldType&) = default;
};

/// As in the text format: "i8", "(mut f64)".
[[nodiscard]] WEFT_API std::string to_string(const FieldType& type);

namespace detail {

/// What an engine knows of a concrete type.
struct TypeInfo {
  HeapType heap{};
  std::optional<HeapType> super{};
  bool is_final = true;
  FuncType func{};                  ///< If heap.hierarchy is Func.
  std::vector<FieldType> fields{};  ///< Of a struct; of an array, its elements'.
};

}  // namespace detail

/// Whether others may be declared subtypes of a type, and whose subtype it is.
struct Subtyping {
  bool is_final = true;
  /// A concrete type of the engine, not final, of which the fields repeat those of the new type.
  std::optional<HeapType> super{};
};

/// A type of structs, which belongs to an engine. Types of equal contents are the same type,
/// whether modules or the host made them. An engine keeps its types for good.
class WEFT_API StructType {
 public:
  /// Errc::type_mismatch if the fields or the supertype don't allow it, Errc::limit,
  /// Errc::unsupported without backend::Capability::GcObjects. A type that refers to itself can
  /// only come from a module.
  [[nodiscard]] static Result<StructType> create(const Engine& engine,
                                                 std::vector<FieldType> fields,
                                                 const Subtyping& subtyping = {});
  /// The struct type behind a concrete heap type of the engine, such as one that a module's
  /// function takes. Errc::type_mismatch if it is none.
  [[nodiscard]] static Result<StructType> of(const Engine& engine, const HeapType& type);

  [[nodiscard]] const HeapType& heap() const noexcept { return info_->heap; }
  [[nodiscard]] ValType ref(bool nullable = true) const { return ValType::ref(heap(), nullable); }
  [[nodiscard]] std::span<const FieldType> fields() const noexcept { return info_->fields; }
  [[nodiscard]] bool is_final() const noexcept { return info_->is_final; }
  [[nodiscard]] const std::optional<HeapType>& super() const noexcept { return info_->super; }
  [[nodiscard]] const Engine& engine() const noexcept { return engine_; }

  /// Whether both are the same type of the same engine.
  friend bool operator==(const StructType& a, const StructType& b) noexcept {
    return a.heap() == b.heap() && a.engine_ == b.engine_;
  }

  /// For the library's own use.
  StructType(Engine engine, std::shared_ptr<const detail::TypeInfo> info)
      : engine_(std::move(engine)), info_(std::move(info)) {}

 private:
  Engine engine_;
  std::shared_ptr<const detail::TypeInfo> info_;
};

/// A type of arrays, which belongs to an engine; see StructType.
class WEFT_API ArrayType {
 public:
  [[nodiscard]] static Result<ArrayType> create(const Engine& engine, const FieldType& element,
                                                const Subtyping& subtyping = {});
  [[nodiscard]] static Result<ArrayType> of(const Engine& engine, const HeapType& type);

  [[nodiscard]] const HeapType& heap() const noexcept { return info_->heap; }
  [[nodiscard]] ValType ref(bool nullable = true) const { return ValType::ref(heap(), nullable); }
  [[nodiscard]] const FieldType& element() const noexcept { return info_->fields.front(); }
  [[nodiscard]] bool is_final() const noexcept { return info_->is_final; }
  [[nodiscard]] const std::optional<HeapType>& super() const noexcept { return info_->super; }
  [[nodiscard]] const Engine& engine() const noexcept { return engine_; }

  friend bool operator==(const ArrayType& a, const ArrayType& b) noexcept {
    return a.heap() == b.heap() && a.engine_ == b.engine_;
  }

  /// For the library's own use.
  ArrayType(Engine engine, std::shared_ptr<const detail::TypeInfo> info)
      : engine_(std::move(engine)), info_(std::move(info)) {}

 private:
  Engine engine_;
  std::shared_ptr<const detail::TypeInfo> info_;
};

/// As in the text format: "(struct (mut f64) i8)", "(array (mut i16))".
[[nodiscard]] WEFT_API std::string to_string(const StructType& type);
[[nodiscard]] WEFT_API std::string to_string(const ArrayType& type);

using CompositeType = std::variant<FuncType, StructType, ArrayType>;

/// What a concrete heap type of the engine is. Errc::type_mismatch for abstract types and for
/// numbers that the engine has given to no type.
[[nodiscard]] WEFT_API Result<CompositeType> describe(const Engine& engine, const HeapType& type);

/// A reference to a struct, or null. Methods answer Errc::usage for null and Errc::wrong_store for
/// another store's struct. Fields are counted from 0; Errc::out_of_bounds if there is none.
class WEFT_API StructRef : public EqRef {
 public:
  StructRef() = default;

  /// Makes a struct with a value for each field. Errc::type_mismatch if they don't fit the type,
  /// Errc::usage for a type of another engine, Errc::limit if there is no room for it.
  [[nodiscard]] static Result<StructRef> create(StoreRef store, const StructType& type,
                                                std::span<const Val> fields);
  [[nodiscard]] static Result<StructRef> create(StoreRef store, const StructType& type,
                                                std::initializer_list<Val> fields) {
    return create(store, type, std::span<const Val>(fields.begin(), fields.size()));
  }

  [[nodiscard]] Result<StructType> type(StoreRef store) const;
  [[nodiscard]] Result<std::size_t> field_count(StoreRef store) const;
  /// Packed fields are zero-extended.
  [[nodiscard]] Result<Val> get(StoreRef store, std::size_t field) const;
  /// Errc::type_mismatch if the field is constant or the value isn't of its type.
  [[nodiscard]] Result<void> set(StoreRef store, std::size_t field, const Val& value) const;

  static constexpr HeapType kHeap = HeapKind::Struct;
  static constexpr std::string_view kName = "structref";

  /// For the library's own use.
  StructRef(detail::Checked checked, const AnyRef& of) : EqRef(checked, of) {}
};

namespace detail {

/// What arrays of numbers can be copied as.
template <class T>
concept ArrayElement = (std::is_arithmetic_v<T> && !std::same_as<T, bool>) ||
                       std::same_as<T, V128> || std::same_as<T, std::byte>;

template <class R>
concept ElementRange = std::ranges::contiguous_range<R> && std::ranges::sized_range<R> &&
                       ArrayElement<std::ranges::range_value_t<R>>;
template <class R>
concept MutableElementRange =
    ElementRange<R> && !std::is_const_v<std::remove_reference_t<std::ranges::range_reference_t<R>>>;

}  // namespace detail

/// A reference to an array, or null. Methods answer Errc::usage for null and Errc::wrong_store for
/// another store's array. Elements are counted from 0; Errc::out_of_bounds beyond the end.
class WEFT_API ArrayRef : public EqRef {
 public:
  ArrayRef() = default;

  /// Makes an array of `size` times `init`. Errc::type_mismatch, Errc::usage for a type of another
  /// engine, Errc::limit if there is no room for it.
  [[nodiscard]] static Result<ArrayRef> create(StoreRef store, const ArrayType& type,
                                               std::uint32_t size, const Val& init);
  /// Makes an array of these elements.
  [[nodiscard]] static Result<ArrayRef> create(StoreRef store, const ArrayType& type,
                                               std::span<const Val> elements);
  [[nodiscard]] static Result<ArrayRef> create(StoreRef store, const ArrayType& type,
                                               std::initializer_list<Val> elements) {
    return create(store, type, std::span<const Val>(elements.begin(), elements.size()));
  }

  [[nodiscard]] Result<ArrayType> type(StoreRef store) const;
  [[nodiscard]] Result<std::uint32_t> size(StoreRef store) const;
  /// Packed elements are zero-extended.
  [[nodiscard]] Result<Val> get(StoreRef store, std::uint32_t index) const;
  /// Errc::type_mismatch if the elements are constant or the value isn't of their type.
  [[nodiscard]] Result<void> set(StoreRef store, std::uint32_t index, const Val& value) const;

  /// Copies elements from `index` on out of an array of numbers or vectors, into a vector, span or
  /// the like whose elements have the same size: bytes for I8, float or std::uint32_t for F32.
  /// Errc::type_mismatch.
  template <detail::MutableElementRange R>
  [[nodiscard]] Result<void> read(StoreRef store, std::uint32_t index, R&& to) const {
    const std::span elements(to);
    return read_bytes(store, index, sizeof(elements[0]),
                      {reinterpret_cast<std::uint8_t*>(elements.data()), elements.size_bytes()});
  }
  /// All elements: array.read<float>(store).
  template <detail::ArrayElement T>
  [[nodiscard]] Result<std::vector<T>> read(StoreRef store) const {
    const Result<std::uint32_t> count = size(store);
    if (!count) return std::unexpected<Error>(count.error());
    std::vector<T> elements(*count);
    Result<void> done = read(store, 0, elements);
    if (!done) return std::unexpected<Error>(std::move(done).error());
    return elements;
  }
  /// Copies a vector, span or the like into an array of numbers or vectors; see read.
  template <detail::ElementRange R>
  [[nodiscard]] Result<void> write(StoreRef store, std::uint32_t index, const R& from) const {
    const std::span elements(from);
    return write_bytes(
        store, index, sizeof(elements[0]),
        {reinterpret_cast<const std::uint8_t*>(elements.data()), elements.size_bytes()});
  }

  static constexpr HeapType kHeap = HeapKind::Array;
  static constexpr std::string_view kName = "arrayref";

  /// For the library's own use.
  ArrayRef(detail::Checked checked, const AnyRef& of) : EqRef(checked, of) {}

 private:
  [[nodiscard]] Result<void> read_bytes(StoreRef store, std::uint32_t index,
                                        std::size_t element_bytes, MutableBytes to) const;
  [[nodiscard]] Result<void> write_bytes(StoreRef store, std::uint32_t index,
                                         std::size_t element_bytes, Bytes from) const;
};

}  // namespace weft
