#include "interp/runtime/store.h"

#include <algorithm>

#include "interp/core/small.h"
#include "interp/runtime/frame_values.h"
#include "interp/runtime/sampler.h"
#include "interp/validate/type_registry.h"

namespace weft::interp {

namespace {

// Frames are 8-byte slots, and compilers may assume that vectors on the stack are aligned.
constexpr uint64_t kStackAlignment = 16;
constexpr uint64_t kMaxStackBytes = uint64_t{1} << 40;

uint64_t to_word(const void* ref) { return reinterpret_cast<uintptr_t>(ref); }

}  // namespace

Store::Store(std::shared_ptr<TypeRegistry> types, const StoreConfig& config)
    : x_types(std::move(types)),
      x_config(config),
      x_state(std::make_shared<StoreState>()),
      x_heap(*x_types, [this](uint64_t current, uint64_t wanted) {
        if (wanted > x_config.gc_heap_bytes) return false;
        if (!x_limiter.gc_heap) return true;
        const HostScope scope(*x_state);
        return x_limiter.gc_heap(current, wanted, x_config.gc_heap_bytes);
      }) {
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
  if (!kSmall && config.profile) {
    store->x_sampler = Sampler::make(store->x_state);
    if (store->x_sampler == nullptr) {
      return fail(ErrorKind::Exhausted, "a thread for the profiler could not be had");
    }
  }
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
  return &x_tags.emplace_back(TagInst{type, &func_type, slots_of(func_type.params)});
}

FuncInst* Store::new_host_func(TypeId type, const FuncType& func_type, HostCallback call, void* env,
                               void (*drop)(void* env)) {
  HostFunc& host = x_host_func_impls.emplace_back();
  host.call = call;
  host.env = env;
  host.drop = drop;
  host.type = &func_type;
  host.layout = &x_types->func_layout(type);

  FuncInst& func = x_host_funcs.emplace_back();
  func.type = type;
  func.index = static_cast<uint32_t>(x_host_funcs.size() - 1);
  func.host = &host;
  return &func;
}

HeapObject* Store::new_object_slowly(uint32_t type, uint64_t bytes, const uint64_t* live_end) {
  if (!x_no_collection) collect(live_end, GcHeap::Keep::WorkingSet);
  return x_heap.allocate_anyway(type, bytes);
}

ExnObject* Store::new_exception(TagInst* tag, const uint64_t* live_end) {
  HeapObject* const object =
      new_object(kExnObjectType, sizeof(ExnObject) + tag->slots * sizeof(uint64_t), live_end);
  auto* const exception = reinterpret_cast<ExnObject*>(object);
  if (exception != nullptr) exception->tag = tag;
  return exception;
}

ExnObject* Store::new_exception(TagInst* tag, const Value* values) {
  ExnObject* const exception = new_exception(tag, x_state->live_frame);
  if (exception != nullptr) put_in_frame(exception->slots(), values, tag->func_type->params);
  return exception;
}

void Store::root(uint64_t ref) {
  if (ref != 0 && !is_i31(ref)) ++x_roots[ref];
}

void Store::unroot(uint64_t ref) {
  const auto at = x_roots.find(ref);
  if (at != x_roots.end() && --at->second == 0) x_roots.erase(at);
}

void Store::mark_roots(const uint64_t* live_end) {
  const auto mark_value = [this](const GlobalInst& global) {
    if (holds_collected_refs(global.type.type, *x_types)) x_heap.mark(global.value->bits);
  };
  for (const auto& [ref, holders] : x_roots) x_heap.mark(ref);
  x_heap.mark(to_word(x_state->exception));
  for (const TableInst& table : x_tables) {
    if (!holds_collected_refs(table.type.element, *x_types)) continue;
    for (uint64_t i = 0; i < table.size; ++i) x_heap.mark(to_word(table.elems[i].ref));
  }
  for (const GlobalInst& global : x_globals) mark_value(global);
  for (const auto& instance : x_instances) {
    const Module& module = instance->module();
    const size_t defined = module.globals.size() - module.imported_globals;
    for (size_t i = 0; i < defined; ++i) mark_value(instance->x_globals[i]);
    for (size_t i = 0; i < instance->x_elems.size(); ++i) {
      if (!holds_collected_refs(module.elems[i].type, *x_types)) continue;
      for (void* ref : instance->x_elems[i]) x_heap.mark(to_word(ref));
    }
  }
  // Frames have no maps of their references: any word that is an object's address keeps it.
  for (const uint64_t* at = x_state->stack_base; at < live_end; ++at) {
    if (x_heap.find(*at) != nullptr || x_externs.find(*at) != nullptr) x_heap.mark(*at);
  }
}

// Calls nobody: where a guest runs, no other may run above it.
void Store::collect(const uint64_t* live_end, GcHeap::Keep keep) {
  x_heap.begin_marking();
  mark_roots(std::max<const uint64_t*>(live_end, x_state->live_frame));
  x_heap.finish_marking(keep);
  x_externs.sweep();
}

void Store::gc() {
  if (x_no_collection) return;
  collect(x_state->live_frame, GcHeap::Keep::Little);
  const HostScope scope(*x_state);
  x_externs.finalize_dead();
}

void Store::gc_externs() {
  if (x_externs.has_dead()) {
    const HostScope scope(*x_state);
    x_externs.finalize_dead();
  }
  if (x_externs.attention_due()) gc();
}

}  // namespace weft::interp
