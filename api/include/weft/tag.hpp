// Tag: the identity of a kind of exception.
#pragma once

#include "weft/error.hpp"
#include "weft/export.hpp"
#include "weft/store_ref.hpp"

namespace weft {

struct TagType;

/// A handle to a tag. Methods answer Errc::wrong_store for another store's tag, Errc::usage for a
/// default-made handle and Errc::unsupported without backend::Capability::Exceptions.
class WEFT_API Tag {
 public:
  Tag() = default;

  /// Errc::type_mismatch if the type has results.
  [[nodiscard]] static Result<Tag> create(StoreRef store, const TagType& type);
  [[nodiscard]] Result<TagType> type(StoreRef store) const;

  friend bool operator==(const Tag&, const Tag&) = default;

 private:
  friend detail::Access;
  explicit Tag(detail::Handle handle) : handle_(handle) {}

  detail::Handle handle_{};
};

}  // namespace weft
