// ExternRef: a C++ object that a guest can hold but not look into.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "weft/anyref.hpp"
#include "weft/error.hpp"
#include "weft/export.hpp"
#include "weft/store_ref.hpp"

namespace weft {

namespace detail {

class ExternRegistry;

/// The object behind an externref. Counted: each host handle holds one count, and the backend one
/// for as long as the guest may reach it. The payload dies with the last count or with the store,
/// whichever is first; this block dies with the last count.
struct ExternObject {
  std::atomic<std::uint32_t> count{1};
  std::uint64_t store = 0;
  /// The backend's word for this object while the guest may reach it, otherwise 0. Only the thread
  /// that uses the store touches it.
  std::uint64_t raw = 0;
  ErasedObject payload{};
  /// Instead of a payload, for an externref that a guest made of a reference of its own.
  AnyRef guest{};
  ExternObject* next = nullptr;
  ExternObject* previous = nullptr;
  std::shared_ptr<ExternRegistry> registry{};
};

[[nodiscard]] WEFT_API Result<ExternObject*> make_extern(StoreRef store, ErasedObject payload);
WEFT_API void release_extern(ExternObject* object) noexcept;
[[nodiscard]] WEFT_API bool same_extern(const ExternObject& a, const ExternObject& b) noexcept;
[[nodiscard]] WEFT_API Result<void*> extern_payload(const ExternObject* object, StoreRef store,
                                                    const void* key) noexcept;

}  // namespace detail

/// A counted handle to a host object, or null. The object's destructor is its finaliser: it runs
/// once no host handle is left and the guest can't reach the object any more (seen by gc), at the
/// latest when the store dies. Handles may be copied and dropped on any thread.
///
/// Guests can make externrefs of their own references (extern.convert_any). Such a one holds no
/// object of the host's: AnyRef::from_extern tells what it is.
class ExternRef {
 public:
  /// The null reference.
  ExternRef() = default;

  /// Makes an object of type T in the store. Throws Exception (Errc::usage) on an empty StoreRef,
  /// and whatever T's constructor throws.
  template <class T, class... Args>
  [[nodiscard]] static ExternRef make(StoreRef store, Args&&... args) {
    return ExternRef(
        or_throw(detail::make_extern(store, detail::make_erased<T>(std::forward<Args>(args)...))));
  }

  ExternRef(const ExternRef& other) noexcept : object_(other.object_) {
    if (object_ != nullptr) object_->count.fetch_add(1, std::memory_order_relaxed);
  }
  ExternRef(ExternRef&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  ExternRef& operator=(ExternRef other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~ExternRef() {
    if (object_ != nullptr) detail::release_extern(object_);
  }

  explicit operator bool() const noexcept { return object_ != nullptr; }
  [[nodiscard]] bool is_null() const noexcept { return object_ == nullptr; }

  /// The object; never null. Errc::type_mismatch if it isn't a T or the reference is null,
  /// Errc::wrong_store if it was made in another store. The pointer is good as long as a handle or
  /// the guest holds the object and the store lives.
  template <class T>
  [[nodiscard]] Result<T*> get(StoreRef store) const noexcept {
    Result<void*> object = detail::extern_payload(object_, store, &detail::kTypeKey<T>);
    if (!object) return std::unexpected<Error>(std::move(object).error());
    return static_cast<T*>(*object);
  }

  /// Whether both are the same object, or both null.
  friend bool operator==(const ExternRef& a, const ExternRef& b) noexcept {
    if (a.object_ == nullptr || b.object_ == nullptr) return a.object_ == b.object_;
    return detail::same_extern(*a.object_, *b.object_);
  }

  /// For the library's own use: takes over one count.
  explicit ExternRef(detail::ExternObject* object) noexcept : object_(object) {}
  [[nodiscard]] detail::ExternObject* object() const noexcept { return object_; }

 private:
  detail::ExternObject* object_ = nullptr;
};

}  // namespace weft
