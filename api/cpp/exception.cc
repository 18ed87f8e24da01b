// Tags and exceptions.
#include "api/cpp/store_state.h"
#include "weft/exnref.hpp"
#include "weft/tag.hpp"

namespace weft {

namespace detail {

Result<ExnRef> lift_exn(StoreState& state, std::uint64_t word) {
  if (word == 0) return ExnRef();
  Result<RootHandle> root = state.root(word, HeapKind::Exn, state.impl->exception_tag(word));
  if (!root) return forward_error(root);
  return ExnRef(std::move(*root));
}

void attach_exception(StoreState& state, Error& error) noexcept {
  if (!error.is(Errc::exception)) return;
  const std::uint64_t word = state.impl->take_exception();
  if (word == 0) return;
  if (Result<ExnRef> exception = lift_exn(state, word)) error.set_exnref(*exception);
}

}  // namespace detail

std::uint64_t backend::exception_word(const Error& error, void* owner) noexcept {
  const auto& state = *static_cast<detail::StoreState*>(owner);
  const detail::RootHandle& root = error.exnref().root();
  if (!error.is(Errc::exception) || !root || root->store != state.id) return 0;
  return state.impl->ref_of_root(root->number);
}

Result<Tag> Tag::create(StoreRef store, const TagType& type) {
  Result<backend::Store*> impl = detail::open(store);
  if (!impl) return detail::forward_error(impl);
  if (!type.func.results().empty()) {
    return fail(Errc::type_mismatch, "a tag's type has no results");
  }
  Result<backend::Index> index = (*impl)->tag_new(type);
  if (!index) return detail::forward_error(index);
  return Tag({store.id(), *index});
}

Result<TagType> Tag::type(StoreRef store) const {
  Result<backend::Store*> impl = detail::open(store, handle_);
  if (!impl) return detail::forward_error(impl);
  return (*impl)->tag_type(handle_.index);
}

Result<ExnRef> ExnRef::create(StoreRef store, const Tag& tag, std::span<const Val> values) {
  const detail::Handle handle = detail::Access::handle(tag);
  Result<backend::Store*> impl = detail::open(store, handle);
  if (!impl) return detail::forward_error(impl);
  const TagType type = (*impl)->tag_type(handle.index);
  detail::Slots slots(type.func.params().size());
  detail::StoreState& state = *store.state();
  if (auto ok = detail::lower_vals(state, values, type.func.params(), slots.data(), "value"); !ok) {
    return detail::forward_error(ok);
  }
  Result<std::uint64_t> word = (*impl)->exception_new(handle.index, slots.data());
  if (!word) return detail::forward_error(word);
  return detail::lift_exn(state, *word);
}

Result<ExnRef> ExnRef::create(StoreRef store, const Tag& tag, std::initializer_list<Val> values) {
  return create(store, tag, std::span<const Val>(values.begin(), values.size()));
}

Tag ExnRef::tag() const noexcept {
  if (!root_) return {};
  return detail::Access::make<Tag>(detail::Handle{root_->store, root_->tag});
}

Result<std::vector<Val>> ExnRef::values(StoreRef store) const {
  if (!root_) return fail(Errc::usage, "the exception is null");
  Result<backend::Store*> impl = detail::open(store, {root_->store, 0});
  if (!impl) return detail::forward_error(impl);
  const TagType type = (*impl)->tag_type(root_->tag);
  const std::span<const ValType> types = type.func.params();
  detail::Slots slots(types.size());
  (*impl)->exception_values((*impl)->ref_of_root(root_->number), slots.data());
  std::vector<Val> values;
  values.reserve(types.size());
  for (std::size_t i = 0; i < types.size(); ++i) {
    Result<Val> value = detail::lift_val(*store.state(), slots.data()[i], types[i]);
    if (!value) return detail::forward_error(value);
    values.push_back(std::move(*value));
  }
  return values;
}

std::unexpected<Error> throw_exception(const ExnRef& exception) {
  if (exception.is_null()) return fail(TrapCode::NullExceptionReference);
  return fail(Error::from_exnref(exception));
}

std::unexpected<Error> throw_exception(StoreRef store, const Tag& tag,
                                       std::span<const Val> values) {
  Result<ExnRef> exception = ExnRef::create(store, tag, values);
  if (!exception) return detail::forward_error(exception);
  return throw_exception(*exception);
}

std::unexpected<Error> throw_exception(StoreRef store, const Tag& tag,
                                       std::initializer_list<Val> values) {
  return throw_exception(store, tag, std::span<const Val>(values.begin(), values.size()));
}

}  // namespace weft
