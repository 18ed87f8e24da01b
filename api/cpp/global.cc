#include "weft/global.hpp"

#include "api/cpp/store_state.h"

namespace weft {

Result<Global> Global::create(StoreRef store, const GlobalType& type, const Val& init) {
  Result<backend::Store*> impl = detail::open(store);
  if (!impl) return detail::forward_error(impl);
  Result<RawVal> raw = detail::lower_val(*store.state(), init, type.content);
  if (!raw) return detail::forward_error(raw);
  Result<backend::Index> index = (*impl)->global_new(type, *raw);
  if (!index) return detail::forward_error(index);
  return Global({store.id(), *index});
}

Result<GlobalType> Global::type(StoreRef store) const {
  Result<backend::Store*> impl = detail::open(store, handle_);
  if (!impl) return detail::forward_error(impl);
  return (*impl)->global_type(handle_.index);
}

Result<Val> Global::get(StoreRef store) const {
  Result<backend::Store*> impl = detail::open(store, handle_);
  if (!impl) return detail::forward_error(impl);
  const ValType content = (*impl)->global_type(handle_.index).content;
  return detail::lift_val(*store.state(), (*impl)->global_get(handle_.index), content);
}

Result<void> Global::set(StoreRef store, const Val& value) const {
  Result<backend::Store*> impl = detail::open(store, handle_);
  if (!impl) return detail::forward_error(impl);
  const GlobalType type = (*impl)->global_type(handle_.index);
  if (type.mutability != Mutability::Var) {
    return fail(Errc::type_mismatch, "the global is constant");
  }
  Result<RawVal> raw = detail::lower_val(*store.state(), value, type.content);
  if (!raw) return detail::forward_error(raw);
  (*impl)->global_set(handle_.index, *raw);
  return {};
}

}  // namespace weft
