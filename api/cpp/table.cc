#include "weft/table.hpp"

#include "api/cpp/store_state.h"
#include "weft/func.hpp"

namespace weft {

Result<Table> Table::create(StoreRef store, const TableType& type, const Ref& init) {
  Result<backend::Store*> impl = detail::open(store);
  if (!impl) return detail::forward_error(impl);
  if (!type.element.is_ref()) {
    return fail(Errc::type_mismatch, "a table's elements are references");
  }
  constexpr std::uint64_t kMost32 = 0xffff'ffff;
  if ((type.limits.max && *type.limits.max < type.limits.min) ||
      (type.index == IndexType::I32 &&
       (type.limits.min > kMost32 || type.limits.max.value_or(0) > kMost32))) {
    return fail(Errc::type_mismatch, "impossible limits: " + to_string(type));
  }
  Result<RawVal> raw = detail::lower_ref(*store.state(), init, type.element);
  if (!raw) return detail::forward_error(raw);
  Result<backend::Index> index = (*impl)->table_new(type, *raw);
  if (!index) return detail::forward_error(index);
  return Table({store.id(), *index});
}

Result<TableType> Table::type(StoreRef store) const {
  Result<backend::Store*> impl = detail::open(store, handle_);
  if (!impl) return detail::forward_error(impl);
  return (*impl)->table_type(handle_.index);
}

Result<std::uint64_t> Table::size(StoreRef store) const {
  Result<backend::Store*> impl = detail::open(store, handle_);
  if (!impl) return detail::forward_error(impl);
  return (*impl)->table_size(handle_.index);
}

Result<std::uint64_t> Table::grow(StoreRef store, std::uint64_t count, const Ref& init) const {
  Result<backend::Store*> impl = detail::open(store, handle_);
  if (!impl) return detail::forward_error(impl);
  const ValType element = (*impl)->table_type(handle_.index).element;
  Result<RawVal> raw = detail::lower_ref(*store.state(), init, element);
  if (!raw) return detail::forward_error(raw);
  return (*impl)->table_grow(handle_.index, count, *raw);
}

Result<Ref> Table::get(StoreRef store, std::uint64_t index) const {
  Result<backend::Store*> impl = detail::open(store, handle_);
  if (!impl) return detail::forward_error(impl);
  Result<RawVal> raw = (*impl)->table_get(handle_.index, index);
  if (!raw) return detail::forward_error(raw);
  return detail::lift_ref(*store.state(), raw->ref, (*impl)->table_type(handle_.index).element);
}

Result<void> Table::set(StoreRef store, std::uint64_t index, const Ref& value) const {
  Result<backend::Store*> impl = detail::open(store, handle_);
  if (!impl) return detail::forward_error(impl);
  const ValType element = (*impl)->table_type(handle_.index).element;
  Result<RawVal> raw = detail::lower_ref(*store.state(), value, element);
  if (!raw) return detail::forward_error(raw);
  return (*impl)->table_set(handle_.index, index, *raw);
}

}  // namespace weft
