// Tags and exceptions.
#include <utility>
#include <vector>

#include "api/backends/interp/convert.h"
#include "api/backends/interp/store.h"
#include "interp/runtime/frame_values.h"

namespace weft::backends {

using backend::Index;
using backend::RawVal;

Result<Index> InterpStore::tag_new(const TagType& type) noexcept {
  Result<interp::FuncType> converted = interp_type(type.func, *settings_->types);
  if (!converted) return std::unexpected<Error>(std::move(converted).error());
  const interp::TypeId id = settings_->types->intern(*converted);
  if (id == interp::kNoTypeId) return fail(Errc::limit, "the engine has too many types");
  return index_of(store_->new_tag(id, settings_->types->func_type(id)));
}

TagType InterpStore::tag_type(Index tag) noexcept {
  return TagType{public_type(*at<interp::TagInst>(tag)->func_type, *settings_->types)};
}

Result<std::uint64_t> InterpStore::exception_new(Index tag, const RawVal* values) noexcept {
  auto* const kind = at<interp::TagInst>(tag);
  const std::vector<interp::ValType>& types = kind->func_type->params;
  for (std::size_t i = 0; i < types.size(); ++i) hold(types[i], values[i]);
  interp::ExnObject* const made =
      store_->new_exception(kind, reinterpret_cast<const interp::Value*>(values));
  for (std::size_t i = 0; i < types.size(); ++i) let_go(types[i], values[i]);
  if (made == nullptr) return fail(Errc::limit, "there is no room for the exception");
  return index_of(made);
}

Index InterpStore::exception_tag(std::uint64_t exception) noexcept {
  return index_of(at<interp::ExnObject>(exception)->tag);
}

void InterpStore::exception_values(std::uint64_t exception, RawVal* values) noexcept {
  interp::ExnObject& of = *at<interp::ExnObject>(exception);
  interp::take_from_frame(of.slots(), reinterpret_cast<interp::Value*>(values),
                          of.tag->func_type->params);
}

std::uint64_t InterpStore::take_exception() noexcept { return index_of(store_->take_exception()); }

}  // namespace weft::backends
