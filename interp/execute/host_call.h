// How handlers reach host functions.
#pragma once

#include "interp/core/trap.h"
#include "interp/execute/sampling.h"
#include "interp/execute/trap_signal.h"
#include "interp/runtime/context.h"
#include "interp/runtime/frame_values.h"
#include "interp/runtime/objects.h"
#include "interp/runtime/store.h"
#include "interp/validate/type_registry.h"

namespace weft::interp {

// Calls a host function with its arguments in frame[0..) and leaves its results there. `pc` and
// `records` are the calling cell and its innermost return record: what a backtrace, a collection or
// a nested invocation needs to know of the guest that waits here.
TrapCode call_host_from_wasm(Context* caller, FuncInst* func, uint64_t* frame, const uint8_t* pc,
                             Record* records);

// The same with `values` for the host, and with Values::take and put between them and the frame.
template <class Values>
[[gnu::always_inline]] inline TrapCode call_host_with(Value* values, Context* caller,
                                                      FuncInst* func, uint64_t* frame,
                                                      const uint8_t* pc, Record* records) {
  StoreState& state = *caller->state;
  const HostFunc& host = *func->host;
  const FuncLayout& layout = *host.layout;
  // Nested activations go above and below this guest; whoever invoked it puts these back when it is
  // done.
  state.live_frame = frame + layout.slots;
  state.live_records = records;
  state.waiting = {pc, caller, func};
  Activation* const activation = g_guest_thread.activation;
  state.in_host.store(1, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);

  Values::take(layout, frame, values);
  const TrapCode code = host.call(host.env, *state.store, caller->instance, values);
  if (state.interrupt.load(std::memory_order_relaxed) != 0) [[unlikely]]
    take_host_sample(state);  // the time was the host's
  if (code == TrapCode::None) [[likely]] {
    Values::put(layout, frame, values);
    // The results are safe from a collection now.
    state.store->gc_if_due();
    // What a nested activation stopped with, if the host went on all the same.
    state.trap.code = TrapCode::None;
  }

  std::atomic_signal_fence(std::memory_order_seq_cst);
  state.in_host.store(0, std::memory_order_relaxed);
  // The host may have given this guest's tables functions of an instance with the first guarded
  // memory.
  if constexpr (kHasGuardMode) {
    if (state.check_fault_handler) [[unlikely]] {
      state.check_fault_handler = false;
      prepare_guest_faults();
    }
  }
  // A host that switches stacks or threads in between may have left another one.
  g_guest_thread.activation = activation;
  return code;
}

// Between a frame and the values of a host function for which FuncLayout::is_short. What is beyond
// the arguments is nobody's, and copied too, unless there are no values at all.
struct ShortValues {
  static void take(const FuncLayout& layout, const uint64_t* frame, Value* values) {
    if (layout.values == 0) return;
    for (size_t i = 0; i < FuncLayout::kShortParams; ++i) values[i].bits = frame[i];
  }
  static void put(const FuncLayout& layout, uint64_t* frame, const Value* values) {
    if (layout.values == 0) return;
    *frame = values->bits & lower_half_if(layout.results.halves);
  }
};

// Calls a host function for which FuncLayout::is_short, as call_host_from_wasm does any.
[[gnu::always_inline]] inline TrapCode call_short_host(Context* caller, FuncInst* func,
                                                       uint64_t* frame, const uint8_t* pc,
                                                       Record* records) {
  alignas(Value) std::byte values[FuncLayout::kShortParams * sizeof(Value)];
  return call_host_with<ShortValues>(reinterpret_cast<Value*>(values), caller, func, frame, pc,
                                     records);
}

}  // namespace weft::interp
