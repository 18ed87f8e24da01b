#include "weft/anyref.hpp"

#include <string>

#include "api/cpp/store_state.h"

namespace weft {

namespace detail {

std::unexpected<Error> not_a(std::string_view wanted, const HeapType& is) {
  return fail(Errc::type_mismatch, "the reference is " + to_string(ValType::ref(is, false)) +
                                       ", not " + std::string(wanted));
}

Result<std::uint64_t> lower_any(StoreState& state, const AnyRef& ref) {
  if (ref.is_null()) return std::uint64_t{0};
  if (ref.i31()) return state.impl->i31_to_ref(*ref.i31());
  if (ref.root()->store != state.id) {
    return fail(Errc::wrong_store,
                "the reference belongs to another store, or to one that is gone");
  }
  return state.impl->ref_of_root(ref.root()->number);
}

Result<AnyRef> lift_any(StoreState& state, std::uint64_t word) {
  if (word == 0) return AnyRef();
  const HeapType type = state.impl->any_type(word);
  if (type.kind == HeapKind::I31) return AnyRef(state.impl->i31_from_ref(word));
  Result<RootHandle> root = state.root(word, type);
  if (!root) return forward_error(root);
  return AnyRef(std::move(*root));
}

bool word_is(StoreState& state, std::uint64_t word, const HeapType& type) noexcept {
  switch (type.kind) {
    case HeapKind::Concrete:
      return state.impl->ref_is(word, type);
    case HeapKind::Func:
    case HeapKind::Extern:
    case HeapKind::Any:
    case HeapKind::Exn:
      return true;
    default:
      return top_of(type) == HeapKind::Any && is_subtype(state.impl->any_type(word), type);
  }
}

Result<void> check_refs(StoreState& state, std::span<const ValType> types, const RawVal* slots,
                        std::string_view what) {
  for (std::size_t i = 0; i < types.size(); ++i) {
    const ValType& type = types[i];
    if (!type.is_ref()) continue;
    const std::uint64_t word = slots[i].ref;
    if (word == 0 ? type.is_nullable() : word_is(state, word, type.heap())) continue;
    return fail(Errc::type_mismatch, std::string(what) + " " + std::to_string(i + 1) +
                                         " is not of type " + to_string(type));
  }
  return {};
}

bool fits_type(const Engine& engine, const ValType& given, const ValType& wanted) {
  if (is_subtype(given, wanted)) return true;
  return given.is_ref() && wanted.is_ref() && given.heap().kind == HeapKind::Concrete &&
         wanted.heap().kind == HeapKind::Concrete &&
         (wanted.is_nullable() || !given.is_nullable()) &&
         engine.impl().is_subtype(given.heap(), wanted.heap());
}

bool may_fit(const Engine& engine, const ValType& given, const ValType& wanted) {
  if (given.is_ref() && wanted.is_ref()) return top_of(given.heap()) == top_of(wanted.heap());
  return fits_type(engine, given, wanted);
}

}  // namespace detail

Result<std::uint64_t> AnyRef::open(StoreRef store) const {
  if (!root_) return fail(Errc::usage, "the reference is null");
  Result<backend::Store*> impl = detail::open(store, {root_->store, 0});
  if (!impl) return detail::forward_error(impl);
  return (*impl)->ref_of_root(root_->number);
}

Result<bool> AnyRef::matches(StoreRef store, const HeapType& type) const {
  return Ref(*this).matches(store, type);
}

Result<ExternRef> AnyRef::to_extern(StoreRef store) const {
  if (auto impl = detail::open(store); !impl) return detail::forward_error(impl);
  detail::StoreState& state = *store.state();
  Result<std::uint64_t> word = detail::lower_any(state, *this);
  if (!word) return detail::forward_error(word);
  if (*word == 0) return ExternRef();
  return detail::lift_extern(state, state.impl->any_to_extern(*word));
}

Result<AnyRef> AnyRef::from_extern(StoreRef store, const ExternRef& object) {
  if (auto impl = detail::open(store); !impl) return detail::forward_error(impl);
  detail::StoreState& state = *store.state();
  if (object.is_null()) return AnyRef();
  Result<std::uint64_t> word = detail::lower_extern(state, object);
  if (!word) return detail::forward_error(word);
  return detail::lift_any(state, state.impl->extern_to_any(*word));
}

}  // namespace weft
