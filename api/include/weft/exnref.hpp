// ExnRef: an exception of the guest's.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "weft/anyref.hpp"
#include "weft/error.hpp"
#include "weft/export.hpp"
#include "weft/store_ref.hpp"
#include "weft/tag.hpp"

namespace weft {

class Val;

/// A reference to an exception, or null: a tag and a value for each of the tag's parameters. The
/// exception lives at least as long as a handle to it; handles may be copied and dropped on any
/// thread. An exception that leaves the outermost guest function is the exnref() of an Error with
/// Errc::exception.
class WEFT_API ExnRef {
 public:
  /// The null reference.
  ExnRef() = default;

  /// Makes an exception that nobody has thrown yet; see throw_exception. Errc::type_mismatch if the
  /// values don't fit the tag's type, Errc::wrong_store, Errc::limit if there is no room for it.
  [[nodiscard]] static Result<ExnRef> create(StoreRef store, const Tag& tag,
                                             std::span<const Val> values);
  [[nodiscard]] static Result<ExnRef> create(StoreRef store, const Tag& tag,
                                             std::initializer_list<Val> values = {});

  [[nodiscard]] bool is_null() const noexcept { return !root_; }
  explicit operator bool() const noexcept { return !is_null(); }

  /// The exception's tag: compare it with those that you know. An empty handle for null.
  [[nodiscard]] Tag tag() const noexcept;
  /// What was thrown with it, in the order of the tag's parameters. Errc::usage for null,
  /// Errc::wrong_store.
  [[nodiscard]] Result<std::vector<Val>> values(StoreRef store) const;

  /// Whether both are the same exception, or both null.
  friend bool operator==(const ExnRef&, const ExnRef&) noexcept = default;

  /// For the library's own use.
  explicit ExnRef(detail::RootHandle root) noexcept : root_(std::move(root)) {}
  [[nodiscard]] const detail::RootHandle& root() const noexcept { return root_; }

 private:
  detail::RootHandle root_{};
};

/// `return throw_exception(store, tag, {5});` from a host function that returns a Result throws in
/// the guest that called it, which may catch it. What ExnRef::create refuses fails as its error.
/// Returning the Error of a guest's call unchanged throws the same exception on.
[[nodiscard]] WEFT_API std::unexpected<Error> throw_exception(StoreRef store, const Tag& tag,
                                                              std::span<const Val> values);
[[nodiscard]] WEFT_API std::unexpected<Error> throw_exception(
    StoreRef store, const Tag& tag, std::initializer_list<Val> values = {});
/// Throws an exception that is there already: throw_ref. Null is the trap "null exception
/// reference".
[[nodiscard]] WEFT_API std::unexpected<Error> throw_exception(const ExnRef& exception);

}  // namespace weft
