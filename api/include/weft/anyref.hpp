// AnyRef and its kin: references to what guests make of structs, arrays and 31-bit integers.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "weft/error.hpp"
#include "weft/export.hpp"
#include "weft/store_ref.hpp"
#include "weft/valtype.hpp"

namespace weft {

class AnyRef;
class ExternRef;

namespace detail {

class RootRegistry;

/// What a host's handle to an object of the guest's holds. Counted: the object is a root of the
/// backend's collector until the last handle is gone and the store has been used again.
struct Root {
  std::atomic<std::uint32_t> count{1};
  std::uint64_t store = 0;
  /// The backend's number for the object: the same for all roots of one object.
  std::uint64_t number = 0;
  /// What the object is: a concrete type, Exn, or Any for a host object.
  HeapType type{};
  /// The backend's index of an exception's tag.
  std::uint64_t tag = 0;
  std::shared_ptr<RootRegistry> registry{};
  Root* next = nullptr;
};

WEFT_API void release_root(Root* root) noexcept;

/// One count of a Root, or null.
class RootHandle {
 public:
  RootHandle() = default;
  /// Takes over a count.
  explicit RootHandle(Root* root) noexcept : root_(root) {}
  RootHandle(const RootHandle& other) noexcept : root_(other.root_) {
    if (root_ != nullptr) root_->count.fetch_add(1, std::memory_order_relaxed);
  }
  RootHandle(RootHandle&& other) noexcept : root_(std::exchange(other.root_, nullptr)) {}
  RootHandle& operator=(RootHandle other) noexcept {
    std::swap(root_, other.root_);
    return *this;
  }
  ~RootHandle() {
    if (root_ != nullptr) release_root(root_);
  }

  explicit operator bool() const noexcept { return root_ != nullptr; }
  [[nodiscard]] const Root* get() const noexcept { return root_; }
  const Root* operator->() const noexcept { return root_; }

  /// Whether both hold the same object, or neither holds one.
  friend bool operator==(const RootHandle& a, const RootHandle& b) noexcept {
    if (a.root_ == nullptr || b.root_ == nullptr) return a.root_ == b.root_;
    return a.root_->store == b.root_->store && a.root_->number == b.root_->number;
  }

 private:
  Root* root_ = nullptr;
};

/// Whose holder has found out that a reference is of the class that it makes.
struct Checked {};

/// The error of a reference asked for as something that it isn't.
[[nodiscard]] WEFT_API std::unexpected<Error> not_a(std::string_view wanted, const HeapType& is);

}  // namespace detail

/// A 31-bit integer that is a reference: the guest's ref.i31. A plain value that belongs to no
/// store. (In signatures, I31 is a non-null i31ref and std::optional<I31> one that may be null.)
class I31 {
 public:
  /// Zero.
  constexpr I31() = default;
  /// Keeps the low 31 bits, as ref.i31 does.
  explicit constexpr I31(std::int32_t value) : bits_(static_cast<std::uint32_t>(value) & kMask) {}

  /// From -2^30 to 2^30-1: i31.get_s.
  [[nodiscard]] constexpr std::int32_t value() const {
    return static_cast<std::int32_t>(bits_ << 1) >> 1;
  }
  /// From 0 to 2^31-1: i31.get_u.
  [[nodiscard]] constexpr std::uint32_t unsigned_value() const { return bits_; }

  friend constexpr bool operator==(I31, I31) = default;

 private:
  static constexpr std::uint32_t kMask = 0x7fff'ffff;
  std::uint32_t bits_ = 0;
};

/// A reference of type anyref: null, an I31, a struct, an array, or a host object that the guest
/// turned into an anyref. A struct or array lives at least as long as a handle to it; handles may
/// be copied and dropped on any thread, and what that frees is freed at the store's next use. Two
/// are equal if they are the same object or the same integer.
class WEFT_API AnyRef {
 public:
  /// The null reference.
  AnyRef() = default;
  AnyRef(I31 value) : i31_(value) {}  // NOLINT(google-explicit-constructor): each I31 is an AnyRef

  [[nodiscard]] bool is_null() const noexcept { return !root_ && !i31_; }
  explicit operator bool() const noexcept { return !is_null(); }

  /// What it points to now: None for null, I31, the concrete type of a struct or an array, or Any
  /// for a host object.
  [[nodiscard]] HeapType heap() const noexcept {
    if (i31_) return HeapKind::I31;
    return root_ ? root_->type : HeapType(HeapKind::None);
  }

  /// Whether it is a T: AnyRef, EqRef, StructRef, ArrayRef or I31. Null is none of them.
  template <class T>
  [[nodiscard]] bool is() const noexcept {
    return !is_null() && is_subtype(heap(), T::kHeap);
  }
  /// The reference as a T; Errc::type_mismatch if it is none.
  template <class T>
  [[nodiscard]] Result<T> as() const {
    if (!is<T>()) return detail::not_a(T::kName, heap());
    return T(detail::Checked{}, *this);
  }
  /// Whether ref.test with this type would succeed, as the guest's or a module's types tell.
  /// Null matches nothing. Errc::wrong_store.
  [[nodiscard]] Result<bool> matches(StoreRef store, const HeapType& type) const;

  /// The externref with the same object: extern.convert_any. Null becomes null. Errc::wrong_store.
  [[nodiscard]] Result<ExternRef> to_extern(StoreRef store) const;
  /// The anyref with the same object: any.convert_extern. Null becomes null. Errc::wrong_store.
  [[nodiscard]] static Result<AnyRef> from_extern(StoreRef store, const ExternRef& object);

  friend bool operator==(const AnyRef&, const AnyRef&) noexcept = default;

  static constexpr HeapType kHeap = HeapKind::Any;
  static constexpr std::string_view kName = "anyref";

  /// For the library's own use.
  explicit AnyRef(detail::RootHandle root) noexcept : root_(std::move(root)) {}
  AnyRef(detail::Checked /*checked*/, const AnyRef& of) : AnyRef(of) {}
  [[nodiscard]] const detail::RootHandle& root() const noexcept { return root_; }
  [[nodiscard]] const std::optional<I31>& i31() const noexcept { return i31_; }

 protected:
  /// What StructRef and ArrayRef work on; Errc::usage for null, Errc::wrong_store.
  [[nodiscard]] Result<std::uint64_t> open(StoreRef store) const;

 private:
  detail::RootHandle root_{};
  std::optional<I31> i31_{};
};

/// A reference of type eqref: as AnyRef, without host objects.
class EqRef : public AnyRef {
 public:
  EqRef() = default;
  EqRef(I31 value) : AnyRef(value) {}  // NOLINT(google-explicit-constructor): each I31 is an EqRef

  static constexpr HeapType kHeap = HeapKind::Eq;
  static constexpr std::string_view kName = "eqref";

  /// For the library's own use.
  EqRef(detail::Checked checked, const AnyRef& of) : AnyRef(checked, of) {}
};

template <>
inline bool AnyRef::is<I31>() const noexcept {
  return i31_.has_value();
}
template <>
inline Result<I31> AnyRef::as<I31>() const {
  if (!i31_) return detail::not_a("i31ref", heap());
  return *i31_;
}

}  // namespace weft
