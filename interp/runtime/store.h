// A store: owner of every instance, function, table, memory, global and externref made in it, and
// of the stack that its guests run on. Used by one thread at a time; nothing here locks, except the
// interrupt, which is lock-free.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "interp/core/error.h"
#include "interp/decode/module.h"
#include "interp/runtime/context.h"
#include "interp/runtime/extern_heap.h"
#include "interp/runtime/gc_heap.h"
#include "interp/runtime/objects.h"
#include "interp/runtime/pages.h"
#include "interp/runtime/shared_memory.h"
#include "interp/translate/code.h"

namespace weft::interp {

class CodeSpace;
class Sampler;
class TypeRegistry;
struct CodeOptions;

struct StoreConfig {
  uint64_t stack_bytes =
      uint64_t{1} << 20;  // frames; return records have max_call_depth * 16 bytes of their own
  uint32_t max_call_depth = 20'000;
  // Nested activations (host to guest to host ...): each needs native stack.
  uint32_t max_host_depth = 200;
  // Mode of memories that this store creates. Auto: Guard where a reservation can be had.
  enum class Memories : uint8_t { Auto, Guard, Checked } memories = Memories::Auto;
  bool fuel = false;
  Optimizations optimizations = default_optimizations();
  // Code counts what it executes, and a sampler notes where the guest is.
  bool profile = false;
  // What the store's garbage-collected objects may take from the system.
  uint64_t gc_heap_bytes = uint64_t{4} << 30;
  // For tests: a collection before every object that is made. The default is for tests that make
  // their stores through the API.
  bool collect_always = false;
};

// Asked before a memory or table grows (also at creation, current = 0); `maximum` is the type's, in
// the same unit. False: refused. Must not use the store, nor throw.
struct Limiter {
  using Ask =
      std::function<bool(uint64_t current, uint64_t wanted, std::optional<uint64_t> maximum)>;
  Ask memory{};    // bytes, of memories with 32-bit addresses
  Ask memory64{};  // bytes, of those with 64-bit addresses
  Ask table{};     // elements
  Ask gc_heap{};   // bytes that garbage-collected objects take from the system
  uint64_t max_instances = UINT64_MAX;
  uint64_t max_memories = UINT64_MAX;
  uint64_t max_tables = UINT64_MAX;
};

// An export or import as a runtime object.
struct ExternVal {
  ExternKind kind = ExternKind::Func;
  void* object = nullptr;  // FuncInst, TableInst, MemoryInst, GlobalInst, TagInst
};

// A module together with what all its instances share. Thread-safe; translated code is made on
// demand.
struct CompiledModule {
  std::unique_ptr<const Module> module;
  std::shared_ptr<TypeRegistry> types;
  ContextLayout layout;
  // Code for one combination of options; made on first use. Implemented in translate/.
  CodeSpace& code(const CodeOptions& options) const;

  CompiledModule(std::unique_ptr<const Module> m, std::shared_ptr<TypeRegistry> t);
  ~CompiledModule();

 private:
  struct CodeSpaces;
  std::unique_ptr<CodeSpaces> x_code;
};

class Instance {
 public:
  // With everything it defines unset; instantiate() sets it up. Null when memory could not be had.
  static std::unique_ptr<Instance> make(Store& store,
                                        std::shared_ptr<const CompiledModule> compiled);
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  Store& store() const { return *x_store; }
  const CompiledModule& compiled() const { return *x_module; }
  const std::shared_ptr<const CompiledModule>& shared_compiled() const { return x_module; }
  const Module& module() const { return *x_module->module; }
  Context& context() const { return *x_context; }

  FuncInst* func(
      uint32_t index);  // initialises the FuncInst of a defined function when first asked
  TableInst* table(uint32_t index) const {
    return *context_slot<TableInst>(x_module->layout.tables, index);
  }
  MemoryInst* memory(uint32_t index) const {
    return *context_slot<MemoryInst>(x_module->layout.memories, index);
  }
  GlobalInst* global(uint32_t index);
  TagInst* tag(uint32_t index) const {
    return *context_slot<TagInst>(x_module->layout.tags, index);
  }
  // Exports in the module's order.
  ExternVal export_at(size_t index);
  // By looking through them.
  std::optional<ExternVal> find_export(std::string_view name);

  // Segments: empty once dropped.
  bool data_dropped(uint32_t index) const { return x_dropped_data[index]; }
  void drop_data(uint32_t index) { x_dropped_data[index] = true; }
  std::span<const uint8_t> data(uint32_t index) const;
  // Passive element segments are evaluated once, at instantiation; active and declarative ones are
  // dropped by it.
  std::span<void* const> elem(uint32_t index) const { return x_elems[index]; }
  void drop_elem(uint32_t index) { std::vector<void*>().swap(x_elems[index]); }

 private:
  friend class Instantiator;
  friend class Store;
  struct ContextDeleter {
    void operator()(Context* context) const;
  };

  Instance(Store& store, std::shared_ptr<const CompiledModule> module);
  template <class T>
  T** context_slot(uint32_t array, uint32_t index) const {
    return &x_context->at<T*>(array + index * static_cast<uint32_t>(sizeof(T*)));
  }
  Value* own_global(uint32_t defined_index) const {
    return &x_context->at<Value>(x_module->layout.globals +
                                 defined_index * static_cast<uint32_t>(sizeof(Value)));
  }

  Store* x_store;
  std::shared_ptr<const CompiledModule> x_module;
  std::unique_ptr<Context, ContextDeleter> x_context;
  ZeroedArray<FuncInst> x_funcs;  // defined functions; `code` is null until one is initialised
  std::vector<GlobalInst*> x_imported_globals;
  std::unique_ptr<GlobalInst[]> x_globals;  // defined globals
  std::vector<bool> x_dropped_data;
  std::vector<std::vector<void*>> x_elems;
};

// Stops the guest of a store, from any thread or from a signal handler; may outlive the store. If
// no guest runs, the next activation of the store stops at once. The request is used up by the
// activation that reports TrapCode::Interrupted.
class InterruptHandle {
 public:
  explicit InterruptHandle(std::shared_ptr<StoreState> state) : x_state(std::move(state)) {}
  void interrupt() const noexcept { x_state->request_interrupt(); }
  // The other half of a request that has been made in StoreState::request.
  void notice() const noexcept { x_state->notice_request(); }

 private:
  std::shared_ptr<StoreState> x_state;
};

class Store {
 public:
  // What a host function failed with: opaque here, owned.
  using HostError = std::unique_ptr<void, void (*)(void*)>;

  // ErrorKind::Exhausted when the stack can't be had, ErrorKind::Limit for settings out of range.
  static Result<std::unique_ptr<Store>> make(std::shared_ptr<TypeRegistry> types,
                                             const StoreConfig& config);
  // Not while entered(). Drops, in order: the pending host error, host functions (the last made
  // first), externrefs, everything else. What is dropped must not use the store.
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  const std::shared_ptr<TypeRegistry>& types() const { return x_types; }
  const StoreConfig& config() const { return x_config; }
  StoreState& state() { return *x_state; }
  // Whether an activation is running or waits for a host function.
  bool entered() const { return x_state->depth != 0; }

  InterruptHandle interrupt_handle() const { return InterruptHandle(x_state); }
  void clear_interrupt() { x_state->clear_interrupt(); }

  // Null unless the store profiles.
  Sampler* sampler() const { return x_sampler.get(); }

  void set_limiter(Limiter limiter) { x_limiter = std::move(limiter); }
  const Limiter& limiter() const { return x_limiter; }
  bool allows_memory(IndexType index, uint64_t current_bytes, uint64_t wanted_bytes,
                     std::optional<uint64_t> max_bytes);
  bool allows_table(uint64_t current, uint64_t wanted, std::optional<uint64_t> max);

  // Units above INT64_MAX count as that.
  void set_fuel(uint64_t units);
  uint64_t fuel() const;

  // Objects of the host's. Types' heap indices are TypeIds.
  // ErrorKind::Limit when the limiter or a limit says no, ErrorKind::Exhausted when memory can't be
  // had.
  Result<MemoryInst*> new_memory(const MemoryType& type);
  // A shared memory as an object of this store: the same one each time. ErrorKind::Limit when there
  // are too many memories; the limiter isn't asked for its size, which is there already.
  Result<MemoryInst*> adopt_memory(std::shared_ptr<SharedMemory> shared);
  Result<TableInst*> new_table(const TableType& type, void* init);
  GlobalInst* new_global(const GlobalType& type, const Value& init);
  TagInst* new_tag(TypeId type, const FuncType& func_type);
  // `func_type` outlives the store and is what `type` stands for. `drop(env)` is called when the
  // store dies; may be null.
  FuncInst* new_host_func(TypeId type, const FuncType& func_type, HostCallback call, void* env,
                          void (*drop)(void* env));

  // Garbage-collected objects. What can collect: gc(), making an object of the kinds below, the
  // start of an activation, and the end of a guest's host call, once its results are in the guest's
  // frame. A collection keeps what frames, tables, globals, element segments, living objects and
  // root() refer to; a reference that only C++ code holds must be rooted before anything can
  // collect.
  //
  // Structs, arrays: an object of `bytes`, its header set, the rest undefined (GcHeap::is_zeroed).
  // Set its references before anything can collect. Null: memory or the limiter said no, a trap of
  // TrapCode::AllocationFailure. `live_end` is the end of the running guest's operands: what guests
  // have below it is kept.
  [[gnu::always_inline]] HeapObject* new_object(uint32_t type, uint64_t bytes,
                                                const uint64_t* live_end) {
    if (!x_config.collect_always) [[likely]] {
      if (HeapObject* const object = x_heap.allocate(type, bytes)) [[likely]]
        return object;
    }
    return new_object_slowly(type, bytes, live_end);
  }
  HeapObject* new_object(uint32_t type, uint64_t bytes) {
    return new_object(type, bytes, x_state->live_frame);
  }
  // An exception whose values are undefined.
  ExnObject* new_exception(TagInst* tag, const uint64_t* live_end);
  // With values of the tag's parameter types.
  ExnObject* new_exception(TagInst* tag, const Value* values);
  // Whether the word is a struct, array or exception of this store.
  bool owns_object(uint64_t ref) { return x_heap.find(ref) != nullptr; }
  const GcHeap& heap() const { return x_heap; }
  // Keeps an object (any kind; null and i31s are ignored) until as many unroot().
  void root(uint64_t ref);
  void unroot(uint64_t ref);

  // While one exists, nothing collects, for references where no collection looks.
  class NoCollection {
   public:
    explicit NoCollection(Store& store)
        : x_store(store), x_before(std::exchange(store.x_no_collection, true)) {}
    ~NoCollection() { x_store.x_no_collection = x_before; }
    NoCollection(const NoCollection&) = delete;
    NoCollection& operator=(const NoCollection&) = delete;

   private:
    Store& x_store;
    const bool x_before;
  };

  // Externrefs. Nobody holds a new object: raise host_refs before anything can collect.
  ExternObject* new_extern(void* payload, void (*finalizer)(void* payload)) {
    return x_externs.allocate(payload, finalizer);
  }
  // Whether the reference is an ExternObject of this store.
  bool owns_extern(const void* ref) const {
    return x_externs.find(reinterpret_cast<uintptr_t>(ref)) == ref && ref;
  }
  size_t live_externs() const { return x_externs.live(); }
  // Frees the objects that nothing holds, finalises such externrefs, and gives memory back.
  void gc();
  // Finalises the externrefs that collections in between found dead; gc(), when the number of live
  // ones has doubled since the last one.
  void gc_if_due() {
    if (x_externs.attention_due()) [[unlikely]]
      gc_externs();
  }

  // What TrapCode::UncaughtException is about: the exception that a guest let go, or that a host
  // function throws into the guest that called it. A root of collections until it is taken.
  ExnObject* pending_exception() const { return x_state->exception; }
  ExnObject* take_exception() { return std::exchange(x_state->exception, nullptr); }
  // What a host function returns to throw it.
  TrapCode throw_exception(ExnObject* exception) {
    x_state->exception = exception;
    return TrapCode::UncaughtException;
  }

  void set_host_error(HostError error) { x_host_error = std::move(error); }
  // Null if none is pending.
  HostError take_host_error() { return std::exchange(x_host_error, HostError(nullptr, nullptr)); }

  const std::vector<std::unique_ptr<Instance>>& instances() const { return x_instances; }
  const std::deque<MemoryInst>& memories() const { return x_memories; }
  const std::deque<TableInst>& tables() const { return x_tables; }
  const std::deque<FuncInst>& host_funcs() const { return x_host_funcs; }

 private:
  friend class Instantiator;

  Store(std::shared_ptr<TypeRegistry> types, const StoreConfig& config);
  HeapObject* new_object_slowly(uint32_t type, uint64_t bytes, const uint64_t* live_end);
  void collect(const uint64_t* live_end, GcHeap::Keep keep);
  void mark_roots(const uint64_t* live_end);
  void gc_externs();
  SharedMemory::Pages shared_pages() const;
  Result<MemoryInst*> attach(std::shared_ptr<SharedMemory> shared);
  void link_guarded(MemoryInst& memory);
  // The last made memory and table, for an instantiation that fails before anyone has seen them.
  void drop_last_memory();
  void drop_last_table();

  std::shared_ptr<TypeRegistry> x_types;
  const StoreConfig x_config;
  std::shared_ptr<StoreState> x_state;
  pages::Region x_stack;
  Limiter x_limiter;
  HostError x_host_error{nullptr, nullptr};
  // Deques: references stay good while callbacks make more.
  std::deque<MemoryInst> x_memories;
  std::deque<TableInst> x_tables;
  std::deque<GlobalInst> x_globals;
  std::deque<TagInst> x_tags;
  std::deque<HostFunc> x_host_func_impls;
  std::deque<FuncInst> x_host_funcs;
  std::vector<std::unique_ptr<Instance>> x_instances;
  ExternHeap x_externs;
  GcHeap x_heap;
  std::unordered_map<uint64_t, uint64_t> x_roots;  // to how many hold it
  bool x_no_collection = false;
  std::unique_ptr<Sampler> x_sampler;
};

// The type of any function of a store.
inline const FuncType& func_type_of(const FuncInst& func) {
  return func.host != nullptr ? *func.host->type
                              : func.context->instance->module().func_type(func.index);
}

}  // namespace weft::interp
