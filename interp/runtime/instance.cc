#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "interp/runtime/store.h"
#include "interp/translate/code.h"

namespace weft::interp {

void Instance::ContextDeleter::operator()(Context* context) const {
  context->~Context();
  std::free(context);
}

Instance::Instance(Store& store, std::shared_ptr<const CompiledModule> module)
    : x_store(&store), x_module(std::move(module)) {}

Instance::~Instance() = default;

std::unique_ptr<Instance> Instance::make(Store& store,
                                         std::shared_ptr<const CompiledModule> compiled) {
  std::unique_ptr<Instance> instance(new Instance(store, std::move(compiled)));
  const Module& module = instance->module();
  // Aligned for the v128 globals in it, and a multiple of that, as aligned_alloc wants.
  constexpr uint64_t alignment = 16;
  const uint64_t bytes = (instance->x_module->layout.size + alignment - 1) & ~(alignment - 1);
  void* const at = std::aligned_alloc(alignment, bytes);
  if (at == nullptr) return nullptr;
  std::memset(at, 0, bytes);
  instance->x_context.reset(new (at) Context);
  if (!instance->x_funcs.allocate(module.defined_funcs())) return nullptr;

  Context& context = *instance->x_context;
  context.state = &store.state();
  context.instance = instance.get();
  const size_t defined_globals = module.globals.size() - module.imported_globals;
  instance->x_globals.reset(new (std::nothrow) GlobalInst[defined_globals]);
  if (instance->x_globals == nullptr) return nullptr;
  instance->x_imported_globals.resize(module.imported_globals);
  instance->x_dropped_data.resize(module.datas.size());
  instance->x_elems.resize(module.elems.size());
  return instance;
}

FuncInst* Instance::func(uint32_t index) {
  const Module& m = module();
  if (index < m.imported_funcs)
    return *context_slot<FuncInst>(x_module->layout.imported_funcs, index);
  FuncInst& func = x_funcs[index - m.imported_funcs];
  if (func.code == nullptr) {
    func.code = enter_lazy_cell();
    func.context = x_context.get();
    func.type = m.func_type_id(index);
    func.index = index;
  }
  return &func;
}

GlobalInst* Instance::global(uint32_t index) {
  const uint32_t imported = module().imported_globals;
  return index < imported ? x_imported_globals[index] : &x_globals[index - imported];
}

ExternVal Instance::export_at(size_t index) {
  const Export& exported = module().exports[index];
  switch (exported.kind) {
    case ExternKind::Func:
      return {exported.kind, func(exported.index)};
    case ExternKind::Table:
      return {exported.kind, table(exported.index)};
    case ExternKind::Memory:
      return {exported.kind, memory(exported.index)};
    case ExternKind::Global:
      return {exported.kind, global(exported.index)};
    case ExternKind::Tag:
      return {exported.kind, tag(exported.index)};
  }
  return {exported.kind, nullptr};
}

std::optional<ExternVal> Instance::find_export(std::string_view name) {
  const auto& exports = module().exports;
  const auto found = std::ranges::find(exports, name, &Export::name);
  if (found == exports.end()) return std::nullopt;
  return export_at(static_cast<size_t>(found - exports.begin()));
}

std::span<const uint8_t> Instance::data(uint32_t index) const {
  if (x_dropped_data[index]) return {};
  return module().bytes(module().datas[index].bytes);
}

}  // namespace weft::interp
