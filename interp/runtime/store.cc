#include "interp/runtime/store.h"

#include <algorithm>

namespace weft::interp {

namespace {

// Frames are 8-byte slots, and compilers may assume that vectors on the stack are aligned.
constexpr uint64_t kStackAlignment = 16;
constexpr uint64_t kMaxStackBytes = uint64_t{1} << 40;

}  // namespace

Store::Store(std::shared_ptr<TypeRegistry> types, const StoreConfig& config)
    : x_types(std::move(types)), x_config(config), x_state(std::make_shared<StoreState>()) {
  x_state->store = this;
}

Result<std::unique_ptr<Store>> Store::make(std::shared_ptr<TypeRegistry> types,
                                           const StoreConfig& config) {
  const uint64_t record_bytes = uint64_t{config.max_call_depth} * sizeof(Record);
  if (config.stack_bytes > kMaxStackBytes || config.stack_bytes + record_bytes > SIZE_MAX / 2) {
    return fail(ErrorKind::Limit, "the guest stack must be smaller");
  }
  std::unique_ptr<Store> store(new Store(std::move(types), config));
  const uint64_t frame_bytes = (config.stack_bytes + kStackAlignment - 1) & ~(kStackAlignment - 1);
  store->x_stack = pages::Region::make(frame_bytes + record_bytes);
  if (!store->x_stack) return fail(ErrorKind::Exhausted, "the guest stack could not be had");

  StoreState& state = *store->x_state;
  state.stack_base = reinterpret_cast<uint64_t*>(store->x_stack.begin());
  state.stack_top = reinterpret_cast<Record*>(store->x_stack.end());
  state.live_frame = state.stack_base;
  state.live_records = state.stack_top;
  state.lowest_record = reinterpret_cast<uintptr_t>(store->x_stack.end()) - record_bytes;
  state.record_limit.store(state.lowest_record);
  return store;
}

Store::~Store() {
  x_host_error.reset();
  // The last made first, as C++ destroys.
  for (auto host = x_host_func_impls.rbegin(); host != x_host_func_impls.rend(); ++host) {
    if (host->drop != nullptr) host->drop(host->env);
  }
  x_externs.finalize_all();
  x_state->store = nullptr;
}

bool Store::allows_memory(IndexType index, uint64_t current_bytes, uint64_t wanted_bytes,
                          std::optional<uint64_t> max_bytes) {
  const Limiter::Ask& ask = index == IndexType::I64 ? x_limiter.memory64 : x_limiter.memory;
  if (!ask) return true;
  const HostScope scope(*x_state);
  return ask(current_bytes, wanted_bytes, max_bytes);
}

bool Store::allows_table(uint64_t current, uint64_t wanted, std::optional<uint64_t> max) {
  if (!x_limiter.table) return true;
  const HostScope scope(*x_state);
  return x_limiter.table(current, wanted, max);
}

void Store::set_fuel(uint64_t units) {
  x_state->fuel = static_cast<int64_t>(std::min<uint64_t>(units, INT64_MAX));
}

uint64_t Store::fuel() const { return static_cast<uint64_t>(std::max<int64_t>(x_state->fuel, 0)); }

GlobalInst* Store::new_global(const GlobalType& type, const Value& init) {
  GlobalInst& global = x_globals.emplace_back();
  global.type = type;
  global.storage = init;
  global.value = &global.storage;
  return &global;
}

TagInst* Store::new_tag(TypeId type, const FuncType& func_type) {
  return &x_tags.emplace_back(TagInst{type, &func_type});
}

FuncInst* Store::new_host_func(TypeId type, const FuncType& func_type, HostCallback call, void* env,
                               void (*drop)(void* env)) {
  const auto slots = [](const std::vector<ValType>& types) {
    uint32_t sum = 0;
    for (ValType t : types) sum += t.slots();
    return sum;
  };
  HostFunc& host = x_host_func_impls.emplace_back();
  host.call = call;
  host.env = env;
  host.drop = drop;
  host.type = &func_type;
  host.values = static_cast<uint32_t>(std::max(func_type.params.size(), func_type.results.size()));
  host.slots = std::max(slots(func_type.params), slots(func_type.results));

  FuncInst& func = x_host_funcs.emplace_back();
  func.type = type;
  func.index = static_cast<uint32_t>(x_host_funcs.size() - 1);
  func.host = &host;
  return &func;
}

void Store::gc() {
  for (const TableInst& table : x_tables) {
    if (!is_extern_ref(table.type.element)) continue;
    for (uint64_t i = 0; i < table.size; ++i) ExternHeap::mark(table.elems[i].ref);
  }
  for (const GlobalInst& global : x_globals) {
    if (is_extern_ref(global.type.type)) ExternHeap::mark(global.value->ref);
  }
  for (const auto& instance : x_instances) {
    const Module& module = instance->module();
    const size_t defined = module.globals.size() - module.imported_globals;
    for (size_t i = 0; i < defined; ++i) {
      const GlobalInst& global = instance->x_globals[i];
      if (is_extern_ref(global.type.type)) ExternHeap::mark(global.value->ref);
    }
    for (size_t i = 0; i < instance->x_elems.size(); ++i) {
      if (!is_extern_ref(module.elems[i].type)) continue;
      for (void* ref : instance->x_elems[i]) ExternHeap::mark(ref);
    }
  }
  // Frames have no maps of their references: any word that is an object's address keeps it.
  x_externs.mark_conservatively(x_state->stack_base, x_state->live_frame);
  const HostScope scope(*x_state);
  x_externs.sweep();
}

}  // namespace weft::interp
