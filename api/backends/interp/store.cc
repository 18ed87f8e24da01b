#include "api/backends/interp/store.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/backends/interp/convert.h"
#include "api/backends/interp/module.h"
#include "interp/execute/backtrace.h"
#include "interp/runtime/instantiate.h"
#include "interp/translate/code.h"

namespace weft::backends {

using backend::Index;
using backend::RawVal;

namespace {

constexpr std::size_t kMaxFrames = 100;

std::unexpected<Error> cant_grow(std::string_view what) {
  return fail(Errc::limit, std::string("the ") + std::string(what) + " can't grow");
}

std::unexpected<Error> out_of_table(std::uint64_t index, std::uint64_t size) {
  return fail(Errc::out_of_bounds,
              "element " + std::to_string(index) + " of a table of " + std::to_string(size));
}

void* pointer_of(const RawVal& raw) { return reinterpret_cast<void*>(raw.ref); }

}  // namespace

struct InterpStore::HostEntry {
  std::shared_ptr<backend::HostFunc> func;
  InterpStore* store;
};

Result<std::unique_ptr<backend::Store>> InterpStore::make(std::shared_ptr<const Settings> settings,
                                                          const backend::StoreInit& init) {
  auto store = interp::Store::make(settings->types, settings->store);
  if (!store) return fail(public_error(store.error()));
  return std::make_unique<InterpStore>(std::move(settings), init, std::move(*store));
}

InterpStore::InterpStore(std::shared_ptr<const Settings> settings, const backend::StoreInit& init,
                         std::unique_ptr<interp::Store> store)
    : settings_(std::move(settings)),
      init_(init),
      store_(std::move(store)),
      state_(store_->state()) {
  // What the public layer takes back or obeys, the guest doesn't obey any more.
  state_.request = &init_.interrupt->flag;
  state_.goes_on = [](void* self) {
    auto& store = *static_cast<InterpStore*>(self);
    const interp::HostScope scope(store.state_);
    return store.init_.callbacks != nullptr && store.init_.callbacks->goes_on();
  };
  state_.goes_on_argument = this;
  auto handle = std::make_shared<interp::InterruptHandle>(store_->interrupt_handle());
  init_.interrupt->notify = [](void* to) noexcept {
    static_cast<const interp::InterruptHandle*>(to)->notice();
  };
  init_.interrupt->notify_argument = handle.get();
  init_.interrupt->notify_owner = std::move(handle);
  apply_limits({});
}

InterpStore::~InterpStore() = default;

// --- Instances ---

Result<Index> InterpStore::instantiate(const backend::Module& module,
                                       std::span<const backend::Extern> imports) noexcept {
  // The public layer gives this engine's modules only. They are owned by shared_ptr.
  const auto& interp_module = static_cast<const InterpModule&>(module);
  std::vector<interp::ExternVal> objects;
  objects.reserve(imports.size());
  for (const backend::Extern& item : imports) {
    objects.push_back({interp_kind(item.kind), at<void>(item.index)});
  }
  auto made = interp::instantiate(*store_, interp_module.shared_from_this(), objects);
  if (!made) return fail(public_error(made.error()));
  interp::Instance& instance = *made->instance;
  if (made->trap != interp::TrapCode::None) return fail(trap_error(made->trap));

  if (settings_->eager_translation && !instance.context().code->translate_all()) {
    return fail(Errc::limit, "memory for the module's code could not be had");
  }
  if (const auto start = instance.module().start) {
    RawVal none;
    if (Result<void> done = invoke(*instance.func(*start), &none); !done) {
      return std::unexpected<Error>(std::move(done).error());
    }
  }
  return index_of(&instance);
}

std::optional<backend::Extern> InterpStore::instance_export(Index instance,
                                                            std::string_view name) noexcept {
  const auto position = InterpModule::of(*at<interp::Instance>(instance)).find_export(name);
  if (!position) return std::nullopt;
  return instance_export_at(instance, *position);
}

backend::Extern InterpStore::instance_export_at(Index instance, std::size_t position) noexcept {
  const interp::ExternVal found = at<interp::Instance>(instance)->export_at(position);
  return {public_kind(found.kind), index_of(found.object)};
}

std::shared_ptr<backend::Module> InterpStore::instance_module(Index instance) noexcept {
  return std::const_pointer_cast<InterpModule>(
      InterpModule::of(*at<interp::Instance>(instance)).shared_from_this());
}

std::optional<Index> InterpStore::instance_memory(Index instance) noexcept {
  const interp::Instance& of = *at<interp::Instance>(instance);
  const std::optional<std::uint32_t> main = InterpModule::of(of).main_memory();
  if (!main) return std::nullopt;
  return index_of(of.memory(*main));
}

// --- Functions ---

Result<Index> InterpStore::func_new(const FuncType& type,
                                    std::shared_ptr<backend::HostFunc> func) noexcept {
  Result<interp::FuncType> converted = interp_type(type, *settings_->types);
  if (!converted) return std::unexpected<Error>(std::move(converted).error());
  const interp::TypeId id = settings_->types->intern(*converted);
  if (id == interp::kNoTypeId) return fail(Errc::limit, "the engine has too many types");
  auto entry = std::make_unique<HostEntry>(HostEntry{std::move(func), this});
  return index_of(store_->new_host_func(id, settings_->types->func_type(id), call_host,
                                        entry.release(), drop_host));
}

void InterpStore::drop_host(void* env) { delete static_cast<HostEntry*>(env); }

interp::TrapCode InterpStore::call_host(void* env, interp::Store& store, interp::Instance* caller,
                                        interp::Value* values) {
  const HostEntry& entry = *static_cast<HostEntry*>(env);
  backend::HostCall call{.owner = entry.store->init_.owner};
  if (caller != nullptr) [[likely]]
    call.instance = index_of(caller);
  // Destroyed only if it holds an error: the compiler would look a second time.
  union Status {
    Result<void> done;
    ~Status() {}
  } status{entry.func->call(call, reinterpret_cast<RawVal*>(values))};
  if (status.done) [[likely]]
    return interp::TrapCode::None;
  const interp::TrapCode code = host_failed(store, status.done.error(), call.owner);
  std::destroy_at(&status.done);
  return code;
}

interp::TrapCode InterpStore::host_failed(interp::Store& store, Error& error, void* owner) {
  if (const std::uint64_t exception = backend::exception_word(error, owner)) {
    return store.throw_exception(at<interp::ExnObject>(exception));
  }
  store.set_host_error(
      {new Error(std::move(error)), [](void* of) { delete static_cast<Error*>(of); }});
  return interp::TrapCode::HostError;
}

const FuncType& InterpStore::func_type(Index func) noexcept {
  const interp::FuncInst& of = *at<interp::FuncInst>(func);
  const auto [found, is_new] = func_types_.try_emplace(of.type);
  if (is_new) found->second = public_type(interp::func_type_of(of), *settings_->types);
  return found->second;
}

Error InterpStore::guest_error(interp::TrapCode code) {
  Error error = trap_error(code);
  if (code == interp::TrapCode::HostError) {
    if (const interp::Store::HostError own = store_->take_host_error()) {
      error = std::move(*static_cast<Error*>(own.get()));
    }
  }
  if (settings_->backtraces) add_frames(error);
  return error;
}

// Those of this activation: an error of a nested one has its own already, and the activations that
// wait add theirs when it comes out of them.
void InterpStore::add_frames(Error& error) {
  const std::size_t had = error.frames().size();
  if (had >= kMaxFrames) return;
  for (const interp::TraceFrame& frame :
       interp::backtrace(*store_, state_.trap, kMaxFrames - had).frames) {
    if (frame.instance == nullptr) break;
    error.add_frame(InterpModule::of(*frame.instance).frame(frame.func, frame.offset));
  }
}

// --- Memories ---

Result<Index> InterpStore::memory_new(const MemoryType& type) noexcept {
  Result<interp::MemoryType> converted = interp_type(type);
  if (!converted) return std::unexpected<Error>(std::move(converted).error());
  auto memory = store_->new_memory(*converted);
  if (!memory) return fail(public_error(memory.error()));
  return index_of(*memory);
}

MemoryType InterpStore::memory_type(Index memory) noexcept {
  const interp::MemoryInst& of = *at<interp::MemoryInst>(memory);
  MemoryType type = public_type(of.type);
  type.limits.min = of.pages();
  return type;
}

std::uint64_t InterpStore::memory_size(Index memory) noexcept {
  return at<interp::MemoryInst>(memory)->byte_size();
}

Result<std::uint64_t> InterpStore::memory_grow(Index memory, std::uint64_t pages) noexcept {
  const std::int64_t before = at<interp::MemoryInst>(memory)->grow(pages);
  if (before < 0) return cant_grow("memory");
  return static_cast<std::uint64_t>(before);
}

backend::MemoryView InterpStore::memory_view(Index memory) noexcept {
  const interp::MemoryInst& of = *at<interp::MemoryInst>(memory);
  const bool pinned = of.mode == interp::MemoryMode::Guard || of.shared != nullptr;
  return {of.base, of.byte_size(), pinned};
}

// --- Tables ---

Result<Index> InterpStore::table_new(const TableType& type, RawVal init) noexcept {
  Result<interp::TableType> converted = interp_type(type, *settings_->types);
  if (!converted) return std::unexpected<Error>(std::move(converted).error());
  auto table = store_->new_table(*converted, pointer_of(init));
  if (!table) return fail(public_error(table.error()));
  return index_of(*table);
}

TableType InterpStore::table_type(Index table) noexcept {
  const interp::TableInst& of = *at<interp::TableInst>(table);
  TableType type = public_type(of.type, *settings_->types);
  type.limits.min = of.size;
  return type;
}

std::uint64_t InterpStore::table_size(Index table) noexcept {
  return at<interp::TableInst>(table)->size;
}

Result<std::uint64_t> InterpStore::table_grow(Index table, std::uint64_t count,
                                              RawVal init) noexcept {
  const std::int64_t before = at<interp::TableInst>(table)->grow(count, pointer_of(init));
  if (before < 0) return cant_grow("table");
  return static_cast<std::uint64_t>(before);
}

Result<RawVal> InterpStore::table_get(Index table, std::uint64_t index) noexcept {
  const interp::TableInst& of = *at<interp::TableInst>(table);
  if (index >= of.size) return out_of_table(index, of.size);
  RawVal raw;
  raw.ref = index_of(of.elems[index].ref);
  return raw;
}

Result<void> InterpStore::table_set(Index table, std::uint64_t index, RawVal value) noexcept {
  interp::TableInst& of = *at<interp::TableInst>(table);
  if (index >= of.size) return out_of_table(index, of.size);
  of.set(index, pointer_of(value));
  return {};
}

// --- Globals ---

namespace {

// An i32's upper half is zero in the interpreter, whatever is in a RawVal's.
interp::Value value_of(const RawVal& raw, interp::ValType type) {
  interp::Value value;
  if (type == interp::ValType::V128) {
    std::memcpy(&value.v128, raw.v128, sizeof raw.v128);
  } else {
    const bool is_half = type == interp::ValType::I32 || type == interp::ValType::F32;
    value.bits = is_half ? raw.u32 : raw.u64;
  }
  return value;
}

}  // namespace

Result<Index> InterpStore::global_new(const GlobalType& type, RawVal init) noexcept {
  Result<interp::GlobalType> converted = interp_type(type, *settings_->types);
  if (!converted) return std::unexpected<Error>(std::move(converted).error());
  return index_of(store_->new_global(*converted, value_of(init, converted->type)));
}

GlobalType InterpStore::global_type(Index global) noexcept {
  return public_type(at<interp::GlobalInst>(global)->type, *settings_->types);
}

RawVal InterpStore::global_get(Index global) noexcept {
  RawVal raw;
  std::memcpy(raw.v128, at<interp::GlobalInst>(global)->value, sizeof raw.v128);
  return raw;
}

void InterpStore::global_set(Index global, RawVal value) noexcept {
  const interp::GlobalInst& of = *at<interp::GlobalInst>(global);
  *of.value = value_of(value, of.type.type);
}

// --- Limits and fuel ---

bool InterpStore::allow(GrowthRequest::Kind kind, std::uint64_t most, std::uint64_t current,
                        std::uint64_t wanted, std::optional<std::uint64_t> maximum) {
  if (wanted > most) return false;
  return init_.callbacks == nullptr || init_.callbacks->allow({kind, current, wanted, maximum});
}

void InterpStore::apply_limits(const StoreLimits& limits) {
  const auto ask = [this](GrowthRequest::Kind kind, std::uint64_t of_store,
                          std::uint64_t of_engine) {
    return [this, kind, most = std::min(of_store, of_engine)](
               std::uint64_t current, std::uint64_t wanted, std::optional<std::uint64_t> maximum) {
      return allow(kind, most, current, wanted, maximum);
    };
  };
  using Kind = GrowthRequest::Kind;
  store_->set_limiter({
      .memory = ask(Kind::Memory, limits.memory_bytes, settings_->memory_bytes),
      .memory64 = ask(Kind::Memory, limits.memory_bytes, settings_->memory64_bytes),
      .table = ask(Kind::Table, limits.table_elements, settings_->table_elements),
      .gc_heap = ask(Kind::GcHeap, limits.gc_heap_bytes, StoreLimits::kUnlimited),
      .max_instances = limits.instances,
      .max_memories = limits.memories,
      .max_tables = limits.tables,
  });
}

Result<void> InterpStore::set_limits(const StoreLimits& limits) noexcept {
  apply_limits(limits);
  return {};
}

Result<void> InterpStore::set_fuel(std::uint64_t units) noexcept {
  store_->set_fuel(units);
  return {};
}

Result<std::uint64_t> InterpStore::fuel() noexcept { return store_->fuel(); }

}  // namespace weft::backends
