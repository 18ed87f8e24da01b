#include "weft/instance.hpp"

#include "api/cpp/store_state.h"
#include "weft/caller.hpp"

namespace weft {

namespace {

using detail::Access;
using detail::Handle;

Extern make_extern_handle(std::uint64_t store, const backend::Extern& item) {
  const Handle handle{store, item.index};
  switch (item.kind) {
    case ExternKind::Func:
      return Access::make<Func>(handle);
    case ExternKind::Table:
      return Access::make<Table>(handle);
    case ExternKind::Memory:
      return Access::make<Memory>(handle);
    case ExternKind::Global:
      return Access::make<Global>(handle);
    case ExternKind::Tag:
      return Access::make<Tag>(handle);
  }
  return {};
}

Handle handle_of(const Extern& item) {
  return std::visit([](const auto& h) { return Access::handle(h); }, item.variant());
}

template <class T>
Result<T> find(const Instance& instance, StoreRef store, std::string_view name,
               std::string_view kind) {
  Result<Extern> item = instance.get(store, name);
  if (!item) return detail::forward_error(item);
  if (const T* found = item->get_if<T>()) return *found;
  return fail(Errc::type_mismatch, "export \"" + std::string(name) + "\" is a " +
                                       std::string(to_string(item->kind())) + ", not a " +
                                       std::string(kind));
}

}  // namespace

Result<ExternType> Extern::type(StoreRef store) const {
  return std::visit(
      [&](const auto& item) -> Result<ExternType> {
        auto type = item.type(store);
        if (!type) return detail::forward_error(type);
        return ExternType(std::move(*type));
      },
      item_);
}

Result<Instance> Instance::create(StoreRef store, const Module& module,
                                  std::span<const Extern> imports) {
  Result<backend::Store*> impl = detail::open(store);
  if (!impl) return detail::forward_error(impl);
  detail::StoreState& state = *store.state();
  if (module.engine() != state.engine) {
    return fail(Errc::usage, "the module was made by another engine than the store");
  }
  if (imports.size() != module.imports().size()) {
    return fail(Errc::link, "the module has " + std::to_string(module.imports().size()) +
                                " imports, " + std::to_string(imports.size()) + " were given");
  }
  std::vector<backend::Extern> raw;
  raw.reserve(imports.size());
  for (const Extern& item : imports) {
    const Handle handle = handle_of(item);
    if (Result<backend::Store*> ok = detail::open(store, handle); !ok) {
      const ImportType& import = module.imports()[raw.size()];
      ok.error().add_context("import \"" + import.module + "\" \"" + import.name + "\"");
      return detail::forward_error(ok);
    }
    raw.push_back({item.kind(), handle.index});
  }
  if (auto ok = detail::check_entry(state); !ok) return detail::forward_error(ok);
  const std::uint64_t id = state.id;
  state.settle_roots();
  detail::Entry entry(state);
  Result<backend::Index> index = (*impl)->instantiate(*module.impl(), raw);
  if (!index) detail::attach_exception(state, index.error());
  if (!entry.leave()) return detail::store_gone();
  if (!index) return detail::forward_error(index);
  return Instance({id, *index});
}

Result<Module> Instance::module(StoreRef store) const {
  Result<backend::Store*> impl = detail::open(store, handle_);
  if (!impl) return detail::forward_error(impl);
  return Module(store.state()->engine, (*impl)->instance_module(handle_.index));
}

Result<Extern> Instance::get(StoreRef store, std::string_view name) const {
  Result<backend::Store*> impl = detail::open(store, handle_);
  if (!impl) return detail::forward_error(impl);
  const std::optional<backend::Extern> item = (*impl)->instance_export(handle_.index, name);
  if (!item) return fail(Errc::not_found, "no export \"" + std::string(name) + "\"");
  return make_extern_handle(handle_.store, *item);
}

Result<std::vector<Export>> Instance::exports(StoreRef store) const {
  Result<backend::Store*> impl = detail::open(store, handle_);
  if (!impl) return detail::forward_error(impl);
  const std::shared_ptr<backend::Module> module = (*impl)->instance_module(handle_.index);
  std::vector<Export> exports;
  exports.reserve(module->exports().size());
  for (const ExportType& type : module->exports()) {
    const backend::Extern item = (*impl)->instance_export_at(handle_.index, exports.size());
    exports.push_back({type.name, make_extern_handle(handle_.store, item)});
  }
  return exports;
}

Result<Func> Instance::func(StoreRef store, std::string_view name) const {
  return find<Func>(*this, store, name, "func");
}
Result<Table> Instance::table(StoreRef store, std::string_view name) const {
  return find<Table>(*this, store, name, "table");
}
Result<Memory> Instance::memory(StoreRef store, std::string_view name) const {
  return find<Memory>(*this, store, name, "memory");
}
Result<Global> Instance::global(StoreRef store, std::string_view name) const {
  return find<Global>(*this, store, name, "global");
}
Result<Tag> Instance::tag(StoreRef store, std::string_view name) const {
  return find<Tag>(*this, store, name, "tag");
}

Result<Instance> Caller::instance() const {
  if (!call_->instance) return fail(Errc::not_found, "the host made this call, not an instance");
  return Access::make<Instance>(Handle{id(), *call_->instance});
}

namespace {

struct CallersMemory {
  backend::Store* store;
  backend::Index index;
};

Result<CallersMemory> memory_of(StoreRef store, const backend::HostCall& call) {
  if (!call.instance) return fail(Errc::not_found, "the host made this call, not an instance");
  Result<backend::Store*> impl = detail::open(store);
  if (!impl) return detail::forward_error(impl);
  const std::optional<backend::Index> memory = (*impl)->instance_memory(*call.instance);
  if (!memory) return fail(Errc::not_found, "the calling instance has no memory");
  return CallersMemory{*impl, *memory};
}

}  // namespace

Result<Memory> Caller::memory() const {
  Result<CallersMemory> memory = memory_of(*this, *call_);
  if (!memory) return detail::forward_error(memory);
  return Access::make<Memory>(Handle{id(), memory->index});
}

Result<std::span<std::uint8_t>> Caller::memory_span() const {
  Result<CallersMemory> memory = memory_of(*this, *call_);
  if (!memory) return detail::forward_error(memory);
  if (!state()->direct_memory) {
    return fail(Errc::unsupported, "this backend gives no access to memory in place");
  }
  const backend::MemoryView view = memory->store->memory_view(memory->index);
  return std::span(view.base, static_cast<std::size_t>(view.size));
}

std::optional<Extern> Caller::get_export(std::string_view name) const {
  Result<Instance> caller = instance();
  if (!caller) return std::nullopt;
  Result<Extern> item = caller->get(*this, name);
  if (!item) return std::nullopt;
  return *item;
}

}  // namespace weft
