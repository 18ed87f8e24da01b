// What translated code touches while it runs: one Context per instance, one StoreState per store.
//
// A Context is followed in the same allocation by arrays whose offsets are functions of the module
// alone (ContextLayout), so that translated code, which all instances of a module share, reaches
// its globals, tables and imports by a constant offset from one register.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "interp/core/trap.h"
#include "interp/core/value.h"
#include "interp/decode/module.h"
#include "interp/runtime/parker.h"

namespace weft::interp {

class Store;
class Instance;
class CodeSpace;
struct MemoryInst;
struct TableInst;
struct FuncInst;
struct TagInst;
struct Catch;
struct ExnObject;

// A return record: where a caller continues. Records grow down from the end of the store's stack
// region.
struct Record {
  const uint8_t* pc;
  uint64_t* fp;
};

// Where and why the guest stopped; written by trap paths, read at the edge.
struct TrapState {
  TrapCode code = TrapCode::None;
  const uint8_t* pc = nullptr;  // the cell that trapped; null if no guest code ran at all
  uint64_t* fp = nullptr;
  Record* records = nullptr;  // innermost return record
  struct Context* context = nullptr;
};

// A guest that waits for a host function: its calling cell and Context, and the function.
struct WaitingGuest {
  const uint8_t* pc = nullptr;
  struct Context* context = nullptr;
  const FuncInst* host = nullptr;
};

// What the unwinder found out about a cell: the first clause for its exceptions, or null.
struct CatchSite {
  const uint8_t* cell = nullptr;
  const Catch* first = nullptr;
};

// Per-store state that handlers read, at one address for as long as anyone holds it: interrupt
// handles may outlive the store. Only `interrupt`, `request` and `record_limit` are touched by
// other threads.
struct StoreState {
  // Calls trap (or look closer: on_record_limit) when the record pointer would go below this: the
  // depth limit. An interrupt raises it to UINTPTR_MAX, so that calls notice without a check of
  // their own.
  std::atomic<uintptr_t> record_limit{0};
  // Read at loop back edges. Non-zero: `request` is to be looked at (bit kStop), or it is to be
  // noted where the guest is (the number above it: ticks of the sampler that are due).
  std::atomic<uint32_t> interrupt{0};
  // Non-zero while somebody wants the guest stopped; whoever is to stop it for that puts it back
  // first, and so stops nothing else. An embedder that stops guests by itself, too, puts its own
  // here.
  std::atomic<uint32_t>* request = &own_request;
  std::atomic<uint32_t> own_request{0};
  // Asked about a request, which is taken back already: whether the guest goes on. Null: it
  // doesn't.
  bool (*goes_on)(void*) = nullptr;
  void* goes_on_argument = nullptr;
  static constexpr uint32_t kStop = 1;
  static constexpr uint32_t kTick = 2;
  int64_t fuel = 0;  // used only by code translated with fuel
  TrapState trap;
  Store* store = nullptr;

  // The stack region: frames grow up from stack_base, records grow down from stack_top.
  uint64_t* stack_base = nullptr;
  Record* stack_top = nullptr;
  uintptr_t lowest_record = 0;  // record_limit while no interrupt is pending
  // What guests that wait for a host call occupy: a nested activation goes above and below it.
  uint64_t* live_frame = nullptr;
  Record* live_records = nullptr;
  // Activations that are running or wait for a host call, direct calls of host functions included.
  uint32_t depth = 0;
  // Non-zero while code of the host runs for the guest: faults are the host's own then. Read by the
  // signal handler of the same thread.
  std::atomic<uint32_t> in_host{0};
  WaitingGuest waiting;  // the innermost one
  // Memories with reservations, linked by MemoryInst::next_guard: what the signal handler looks at.
  MemoryInst* guard_memories = nullptr;
  // Shared memories, linked by MemoryInst::next_shared.
  MemoryInst* shared_memories = nullptr;
  // An instance with guarded memories was made since the signal handler was last looked at.
  bool check_fault_handler = false;
  // Thrown and not caught yet, or null: what TrapCode::UncaughtException is about. A root of
  // collections.
  ExnObject* exception = nullptr;
  // Recently looked up cells, each at a place that depends on its address.
  std::array<CatchSite, 64> catch_sites{};
  // Where the guest sleeps in memory.atomic.wait.
  Parker parker;

  // Stops the running guest, or the next one if none runs. Thread-safe and async-signal-safe.
  void request_interrupt() noexcept {
    request->store(1);
    notice_request();
  }
  // Has the guest look at `request`, which is set. Thread-safe and async-signal-safe.
  void notice_request() noexcept {
    interrupt.fetch_or(kStop);
    record_limit.store(UINTPTR_MAX);
    parker.wake();
  }
  // Whether the guest is to stop: takes the request.
  bool stop_requested() noexcept {
    while ((interrupt.load() & kStop) != 0) {
      const bool requested = request->exchange(0) != 0;
      forget_notice();
      if (requested && (goes_on == nullptr || !goes_on(goes_on_argument))) return true;
    }
    return false;
  }

  // Has the guest note where it is, `ticks` times. Thread-safe.
  void request_samples(uint32_t ticks) noexcept {
    interrupt.fetch_add(ticks * kTick);
    record_limit.store(UINTPTR_MAX);
  }
  // How often it was asked to since the last time.
  uint32_t take_ticks() noexcept { return interrupt.fetch_and(kStop) / kTick; }

  // Takes a request back.
  void clear_interrupt() noexcept {
    request->store(0);
    forget_notice();
  }
  // For a request that is gone. One that arrives meanwhile is kept: it was made before its notice.
  void forget_notice() noexcept {
    interrupt.fetch_and(~kStop);
    if (request->load() != 0) interrupt.fetch_or(kStop);
    record_limit.store(lowest_record);
    if (interrupt.load() != 0) record_limit.store(UINTPTR_MAX);
  }

  // For a call that found `record` below record_limit: None if it may go on after all (a late
  // writer left the limit raised), Interrupted, or CallStackExhausted.
  TrapCode on_record_limit(const Record* record) noexcept {
    if (stop_requested()) return TrapCode::Interrupted;
    record_limit.store(lowest_record);
    if (interrupt.load() != 0) record_limit.store(UINTPTR_MAX);
    if (stop_requested()) return TrapCode::Interrupted;
    return reinterpret_cast<uintptr_t>(record) < lowest_record ? TrapCode::CallStackExhausted
                                                               : TrapCode::None;
  }
};

// Marks that code of the host runs (a host function, a limiter, a finaliser).
class HostScope {
 public:
  explicit HostScope(StoreState& state)
      : x_state(state), x_before(state.in_host.load(std::memory_order_relaxed)) {
    x_state.in_host.store(1, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  ~HostScope() {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    x_state.in_host.store(x_before, std::memory_order_relaxed);
  }
  HostScope(const HostScope&) = delete;
  HostScope& operator=(const HostScope&) = delete;

 private:
  StoreState& x_state;
  const uint32_t x_before;
};

struct Context {
  StoreState* state = nullptr;
  MemoryInst* memory0 = nullptr;  // null when the module has no memory
  Instance* instance = nullptr;
  CodeSpace* code = nullptr;
  // Followed by ContextLayout's arrays.

  template <class T>
  T& at(uint32_t offset) {
    return *reinterpret_cast<T*>(reinterpret_cast<uint8_t*>(this) + offset);
  }
};

// Byte offsets from a Context. Globals are 16 bytes each, everything else is an array of pointers.
struct ContextLayout {
  uint32_t globals;           // Value[defined globals]
  uint32_t imported_globals;  // Value*[]
  uint32_t tables;            // TableInst*[all tables]
  uint32_t memories;          // MemoryInst*[all memories]
  uint32_t imported_funcs;    // FuncInst*[]
  uint32_t tags;              // TagInst*[all tags]
  uint64_t size;

  explicit ContextLayout(const Module& module) {
    uint64_t at = (sizeof(Context) + 15) & ~uint64_t{15};
    const auto take = [&at](uint64_t bytes) {
      const uint64_t offset = at;
      at += bytes;
      return static_cast<uint32_t>(offset);  // limits keep each array far below 4 GiB
    };
    globals = take(16 * (module.globals.size() - module.imported_globals));
    imported_globals = take(8 * uint64_t{module.imported_globals});
    tables = take(8 * module.tables.size());
    memories = take(8 * module.memories.size());
    imported_funcs = take(8 * uint64_t{module.imported_funcs});
    tags = take(8 * module.tags.size());
    size = at;
  }
};

}  // namespace weft::interp
