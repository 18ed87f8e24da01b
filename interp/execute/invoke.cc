#include "interp/execute/invoke.h"

#include <algorithm>
#include <cassert>

#include "interp/execute/abi.h"
#include "interp/execute/trap_signal.h"
#include "interp/runtime/frame_values.h"
#include "interp/translate/code.h"
#include "interp/validate/type_registry.h"

namespace weft::interp {

extern "C" void weft_enter(EntryState* state);  // entry_x86_64.S
#if WEFT_DISPATCH_LOOP && !defined(__x86_64__)
extern "C" void weft_run_loop(EntryState* state);
extern "C" void weft_enter(EntryState* state) { weft_run_loop(state); }
#endif

namespace {

// What a store knows of the guests that wait, as it was before a nested activation.
class Nesting {
 public:
  explicit Nesting(StoreState& state)
      : x_state(state),
        x_live_frame(state.live_frame),
        x_live_records(state.live_records),
        x_waiting(state.waiting),
        x_in_host(state.in_host.load(std::memory_order_relaxed)) {
    ++state.depth;
  }
  ~Nesting() {
    --x_state.depth;
    x_state.live_frame = x_live_frame;
    x_state.live_records = x_live_records;
    x_state.waiting = x_waiting;
    x_state.in_host.store(x_in_host, std::memory_order_relaxed);
  }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;

 private:
  StoreState& x_state;
  uint64_t* const x_live_frame;
  Record* const x_live_records;
  const WaitingGuest x_waiting;
  const uint32_t x_in_host;
};

// Makes faults of this thread the activation's.
class ActivationScope {
 public:
  explicit ActivationScope(Activation& activation) {
    activation.outer = g_guest_thread.activation;
    g_guest_thread.activation = &activation;
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  ~ActivationScope() {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    g_guest_thread.activation = g_guest_thread.activation->outer;
  }
  ActivationScope(const ActivationScope&) = delete;
  ActivationScope& operator=(const ActivationScope&) = delete;
};

TrapCode refuse(StoreState& state, TrapCode code) {
  state.trap = {.code = code};
  return code;
}

TrapCode invoke_host(Store& store, FuncInst& func, Value* values) {
  StoreState& state = store.state();
  state.trap = {};
  const TrapCode code = func.host->call(func.host->env, store, nullptr, values);
  if (code == TrapCode::None) return code;
  return refuse(state, code);
}

}  // namespace

TrapCode invoke(Store& store, FuncInst& func, Value* values) {
  StoreState& state = store.state();
  if (state.depth >= store.config().max_host_depth) [[unlikely]] {
    return refuse(state, TrapCode::CallStackExhausted);
  }
  const Nesting nesting(state);
  if (func.host != nullptr) return invoke_host(store, func, values);
  assert(func.context->state == &state);
  if constexpr (kHasGuardMode) {
    // Stores without guarded memories take no signal handler.
    if (state.guard_memories != nullptr && (!g_guest_thread.prepared || state.check_fault_handler))
        [[unlikely]] {
      state.check_fault_handler = false;
      prepare_guest_faults();
    }
  }

  // Above what waiting guests use, with the red zone that calls count on, and two records below
  // theirs.
  constexpr uintptr_t alignment = 16;
  auto* const frame = reinterpret_cast<uint64_t*>(
      (reinterpret_cast<uintptr_t>(state.live_frame) + alignment - 1) & ~(alignment - 1));
  const FuncLayout& layout = store.types()->func_layout(func.type);
  const uint64_t slots = layout.slots;
  const uintptr_t needed = (slots + kRedZoneSlots) * sizeof(uint64_t) + 2 * sizeof(Record);
  const uintptr_t top = reinterpret_cast<uintptr_t>(state.live_records);
  if (reinterpret_cast<uintptr_t>(frame) > top || top - reinterpret_cast<uintptr_t>(frame) < needed)
      [[unlikely]] {
    return refuse(state, TrapCode::CallStackExhausted);
  }
  Record* records = state.live_records;
  if (records != state.stack_top) {
    // For backtraces: the guest that waits, and for whom.
    *--records = {state.waiting.pc, reinterpret_cast<uint64_t*>(state.waiting.context)};
  }
  *--records = {exit_cell(),
                reinterpret_cast<uint64_t*>(const_cast<FuncInst*>(state.waiting.host))};
  if (reinterpret_cast<uintptr_t>(records) < state.record_limit.load(std::memory_order_relaxed))
      [[unlikely]] {
    const TrapCode code = state.on_record_limit(records);
    if (code != TrapCode::None) return refuse(state, code);
  }

  put_in_frame(frame, values, layout.params);
  // The arguments are safe from a collection now; nothing else may hold them.
  state.live_frame = frame + slots;
  store.gc_if_due();

  Activation activation;
  activation.state = &state;
  activation.entry.ctx = func.context;
  activation.entry.rs = records;
  activation.entry.mem = func.context->memory0 != nullptr ? func.context->memory0->base : nullptr;
  activation.entry.pc = func.code;
  activation.entry.fp = frame;
  activation.entry.acc = reinterpret_cast<uintptr_t>(&func);
  activation.entry.running = 1;
  state.trap.code = TrapCode::None;
  state.in_host.store(0, std::memory_order_relaxed);
  {
    const ActivationScope scope(activation);
    weft_enter(&activation.entry);
  }

  const TrapCode code = state.trap.code;
  if (code == TrapCode::None) [[likely]] {
    take_from_frame(frame, values, layout.results);
  }
  return code;
}

}  // namespace weft::interp
