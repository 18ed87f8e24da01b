#include "api/backends/wasmtime/store.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "api/backends/interp/convert.h"

namespace weft::backends {

using backend::Index;

WasmtimeStore::WasmtimeStore(std::shared_ptr<const WasmtimeState> engine,
                             const backend::StoreInit& init)
    : engine_(std::move(engine)),
      api_(&engine_->api()),
      init_(init),
      store_(api().wasmtime_store_new(engine_->engine, nullptr, nullptr)),
      context_(api().wasmtime_store_context(store_)) {
  apply_limits();
  if (!engine_->interruption) return;
  api().wasmtime_store_epoch_deadline_callback(store_, on_epoch, this, nullptr);
  api().wasmtime_context_set_epoch_deadline(context_, 1);
  init_.interrupt->notify = [](void* state) noexcept {
    const auto& of = *static_cast<const WasmtimeState*>(state);
    of.api().wasmtime_engine_increment_epoch(of.engine);
  };
  init_.interrupt->notify_argument = const_cast<WasmtimeState*>(engine_.get());
  init_.interrupt->notify_owner = std::const_pointer_cast<WasmtimeState>(engine_);
}

// Functions' captures go first, then externrefs, whatever the guest held.
WasmtimeStore::~WasmtimeStore() {
  for (auto& [ref, record] : funcs_) record.host.reset();
  if (thrown_) api().wasmtime_exnref_unroot(&*thrown_);
  for (const auto& exception : exceptions_) api().wasmtime_exnref_unroot(&exception->ref);
  api().wasmtime_store_delete(store_);
  while (!host_funcs_.empty()) host_funcs_.pop_back();  // Wasmtime would begin with the first
  sweep();
}

// --- Records ---

WasmtimeStore::Key WasmtimeStore::key_of(const c::Extern& item) {
  if (item.kind == c::kFunc) return {0, index_of(item.func.ref)};
  if (item.kind == c::kGlobal) {
    return {std::uint64_t{item.global.kind} << 32 | item.global.instance, item.global.index};
  }
  return {item.memory.instance, item.memory.index};
}

backend::Extern WasmtimeStore::record(const c::Extern& item, const ExternType& type) {
  const Key key = key_of(item);
  switch (kind_of(type)) {
    case ExternKind::Func:
      return {ExternKind::Func, index_of(&func_record(item.func, std::get_if<FuncType>(&type)))};
    case ExternKind::Table:
      return {ExternKind::Table,
              index_of(&table_records_.try_emplace(key, item.memory, std::get<TableType>(type))
                            .first->second)};
    case ExternKind::Memory:
      return {ExternKind::Memory,
              index_of(&memory_records_.try_emplace(key, item.memory, std::get<MemoryType>(type))
                            .first->second)};
    case ExternKind::Global:
      return {ExternKind::Global,
              index_of(&global_records_.try_emplace(key, item.global, std::get<GlobalType>(type))
                            .first->second)};
    case ExternKind::Tag:
      break;
  }
  return {
      ExternKind::Tag,
      index_of(&tag_records_.try_emplace(key, item.memory, std::get<TagType>(type)).first->second)};
}

c::Extern WasmtimeStore::handle_of(const backend::Extern& item) {
  c::Extern handle;
  switch (item.kind) {
    case ExternKind::Func:
      handle.func = at<FuncRecord>(item.index)->handle;
      break;
    case ExternKind::Table:
      handle.kind = c::kTable;
      handle.memory = at<TableRecord>(item.index)->handle;
      break;
    case ExternKind::Memory:
      handle.kind = c::kMemory;
      handle.memory = at<MemoryRecord>(item.index)->handle;
      break;
    case ExternKind::Global:
      handle.kind = c::kGlobal;
      handle.global = at<GlobalRecord>(item.index)->handle;
      break;
    case ExternKind::Tag:
      handle.kind = c::kTag;
      handle.memory = at<TagRecord>(item.index)->handle;
      break;
  }
  return handle;
}

ExternType WasmtimeStore::type_of(const backend::Extern& item) {
  switch (item.kind) {
    case ExternKind::Func:
      return func_type(item.index);
    case ExternKind::Table:
      return table_type(item.index);
    case ExternKind::Memory:
      return memory_type(item.index);
    case ExternKind::Global:
      return global_type(item.index);
    case ExternKind::Tag:
      break;
  }
  return tag_type(item.index);
}

// --- Instances ---

// Wasmtime checks more: types that a module defines. Here is the text for what is wrong.
Result<void> WasmtimeStore::check_links(const WasmtimeModule& module,
                                        std::span<const backend::Extern> imports) {
  for (std::size_t i = 0; i < imports.size(); ++i) {
    const ImportType& import = module.imports()[i];
    const ExternType given = type_of(imports[i]);
    if (matches(given, import.type)) continue;
    return fail(Errc::link, "incompatible import type: \"" + import.module + "\" \"" + import.name +
                                "\": expected " + to_string(import.type) + ", found " +
                                to_string(given));
  }
  return {};
}

Result<void> WasmtimeStore::check_memory(const MemoryType& type) const {
  const std::uint64_t most = most_bytes(type) / type.page_size();
  if (type.limits.min <= most) return {};
  return fail(Errc::limit, "a memory of " + std::to_string(type.limits.min) +
                               " pages is more than the " + std::to_string(most) + " allowed");
}

Result<void> WasmtimeStore::check_table(const TableType& type) const {
  const std::uint64_t most = std::min(limits_.table_elements, engine_->table_elements);
  if (type.limits.min <= most) return {};
  return fail(Errc::limit, "a table of " + std::to_string(type.limits.min) +
                               " elements is more than the " + std::to_string(most) + " allowed");
}

// Whether the module's instance may be made.
Result<void> WasmtimeStore::check_limits(const WasmtimeModule& module) const {
  if (instances_ >= limits_.instances) return fail(Errc::limit, "too many instances in the store");
  const std::span<const MemoryType> memories = module.own_memories();
  const std::span<const TableType> tables = module.own_tables();
  if (memories.size() > limits_.memories - std::min(memories_, limits_.memories)) {
    return fail(Errc::limit, "too many memories in the store");
  }
  if (tables.size() > limits_.tables - std::min(tables_, limits_.tables)) {
    return fail(Errc::limit, "too many tables in the store");
  }
  for (const MemoryType& type : memories) {
    if (Result<void> ok = check_memory(type); !ok) return ok;
  }
  for (const TableType& type : tables) {
    if (Result<void> ok = check_table(type); !ok) return ok;
  }
  return {};
}

Result<Index> WasmtimeStore::instantiate(const backend::Module& module,
                                         std::span<const backend::Extern> imports) noexcept {
  // The public layer gives this engine's modules only. They are owned by shared_ptr.
  const auto& of = static_cast<const WasmtimeModule&>(module);
  if (Result<void> ok = check_limits(of); !ok) return std::unexpected(std::move(ok).error());
  for (const MemoryType& type : of.own_memories()) note_memory(type);

  InstanceRecord& instance = instance_records_.emplace_back();
  instance.module = of.shared_from_this();
  instance.number = instance_records_.size();
  if (std::ranges::find(modules_, &of) == modules_.end()) modules_.push_back(&of);
  instance.exports.resize(of.decoded().exports.size());
  std::vector<c::Extern> handles;
  handles.reserve(imports.size());
  for (std::size_t i = 0; i < imports.size(); ++i) {
    handles.push_back(handle_of(imports[i]));
    if (imports[i].kind != ExternKind::Func ||
        of.decoded().imports[i].kind != interp_kind(ExternKind::Func)) {
      continue;
    }
    const FuncRecord& func = *at<FuncRecord>(imports[i].index);
    if (func.host != nullptr && of.is_private_import(of.decoded().imports[i].index)) {
      handles.back().func = bind(*func.host, *func.type, &instance);
    }
  }
  for (std::size_t i = 0; i < instance.exports.size(); ++i) {
    if (const auto import = of.import_behind(of.decoded().exports[i])) {
      instance.exports[i] = imports[*import];
    }
  }
  if (const auto main = of.main_memory(); main && *main < of.decoded().imported_memories) {
    const auto import = std::ranges::find_if(of.decoded().imports, [&](const auto& item) {
      return item.kind == interp_kind(ExternKind::Memory) && item.index == *main;
    });
    instance.memory =
        imports[static_cast<std::size_t>(import - of.decoded().imports.begin())].index;
  }

  c::Instance handle{};
  c::Trap* trap = nullptr;
  starting_.push_back(&instance);
  ++depth_;
  c::Error* const error = api().wasmtime_instance_new(context_, of.code(), handles.data(),
                                                      handles.size(), &handle, &trap);
  --depth_;
  starting_.pop_back();
  const bool ran = error == nullptr || failure_ || trap != nullptr;
  if (!ran) {
    if (Result<void> linked = check_links(of, imports); !linked) {
      api().wasmtime_error_delete(error);
      return std::unexpected(std::move(linked).error());
    }
  } else {
    ++instances_;
    memories_ += of.own_memories().size();
    tables_ += of.own_tables().size();
  }
  if (error != nullptr || trap != nullptr) return fail(take_error(error, trap));
  set_ready(instance, handle);
  return index_of(&instance);
}

void WasmtimeStore::set_ready(InstanceRecord& instance, const c::Instance& handle) {
  instance.handle = handle;
  instance.ready = true;
  const WasmtimeModule& module = *instance.module;
  find_memory(instance);
  const interp::Export* const own = module.own_export();
  c::Extern item;
  if (own != nullptr && get_export(instance, own->name, item)) {
    owners_.emplace(key_of(item), &instance);
  }
}

bool WasmtimeStore::get_export(const InstanceRecord& instance, std::string_view name,
                               c::Extern& item) {
  if (instance.ready) {
    return api().wasmtime_instance_export_get(context_, &instance.handle, name.data(), name.size(),
                                              &item);
  }
  return instance.caller != nullptr &&
         api().wasmtime_caller_export_get(instance.caller, name.data(), name.size(), &item);
}

void WasmtimeStore::find_export(InstanceRecord& instance, std::size_t position) {
  std::optional<backend::Extern>& found = instance.exports[position];
  if (found) return;
  const ExportType& type = instance.module->exports()[position];
  c::Extern item;
  if (get_export(instance, type.name, item)) found = record(item, type.type);
}

void WasmtimeStore::find_memory(InstanceRecord& instance) {
  const WasmtimeModule& module = *instance.module;
  c::Extern item;
  if (instance.memory || module.memory_name().empty()) return;
  if (!get_export(instance, module.memory_name(), item)) return;
  const std::size_t own = *module.main_memory() - module.decoded().imported_memories;
  instance.memory = record(item, module.own_memories()[own]).index;
}

std::optional<backend::Extern> WasmtimeStore::instance_export(Index instance,
                                                              std::string_view name) noexcept {
  InstanceRecord& of = *at<InstanceRecord>(instance);
  const std::optional<std::size_t> position = of.module->find_export(name);
  if (!position) return std::nullopt;
  find_export(of, *position);
  return of.exports[*position];
}

backend::Extern WasmtimeStore::instance_export_at(Index instance, std::size_t position) noexcept {
  InstanceRecord& of = *at<InstanceRecord>(instance);
  find_export(of, position);
  return of.exports[position].value_or(backend::Extern{});
}

std::shared_ptr<backend::Module> WasmtimeStore::instance_module(Index instance) noexcept {
  return std::const_pointer_cast<WasmtimeModule>(at<InstanceRecord>(instance)->module);
}

std::optional<Index> WasmtimeStore::instance_memory(Index instance) noexcept {
  return at<InstanceRecord>(instance)->memory;
}

// --- Limits and fuel ---

// Wasmtime bounds memories of both kinds by one number: the larger one, once a memory with 64-bit
// addresses is there.
void WasmtimeStore::apply_limits() {
  const auto number = [](std::uint64_t value) {
    constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
    return static_cast<std::int64_t>(std::min<std::uint64_t>(value, kMost));
  };
  const std::uint64_t of_engine = has_wide_memory_
                                      ? std::max(engine_->memory_bytes, engine_->memory64_bytes)
                                      : engine_->memory_bytes;
  const std::int64_t unlimited = number(StoreLimits::kUnlimited);
  api().wasmtime_store_limiter(store_, number(std::min(limits_.memory_bytes, of_engine)),
                               number(std::min(limits_.table_elements, engine_->table_elements)),
                               unlimited, unlimited, unlimited);
}

void WasmtimeStore::note_memory(const MemoryType& type) {
  if (type.index == IndexType::I32 || has_wide_memory_) return;
  has_wide_memory_ = true;
  apply_limits();
}

Result<void> WasmtimeStore::set_limits(const StoreLimits& limits) noexcept {
  if (limits.gc_heap_bytes != StoreLimits::kUnlimited) {
    return fail(Errc::unsupported, "Wasmtime's C API has no bound on the heap of objects");
  }
  limits_ = limits;
  apply_limits();
  return {};
}

Result<void> WasmtimeStore::set_fuel(std::uint64_t units) noexcept {
  if (c::Error* error = api().wasmtime_context_set_fuel(context_, units)) {
    return fail(Errc::unsupported, "Wasmtime: " + take_message(api(), error));
  }
  return {};
}

Result<std::uint64_t> WasmtimeStore::fuel() noexcept {
  std::uint64_t units = 0;
  if (c::Error* error = api().wasmtime_context_get_fuel(context_, &units)) {
    return fail(Errc::unsupported, "Wasmtime: " + take_message(api(), error));
  }
  return units;
}

}  // namespace weft::backends
