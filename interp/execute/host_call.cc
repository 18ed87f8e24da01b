#include "interp/execute/host_call.h"

#include <memory>
#include <new>

#include "interp/execute/trap_signal.h"
#include "interp/runtime/frame_values.h"
#include "interp/runtime/store.h"
#include "interp/validate/type_registry.h"

namespace weft::interp {

namespace {

// Values for most functions without an allocation.
constexpr size_t kInlineValues = 16;
static_assert(kInlineValues * sizeof(Value) <= kRedZoneSlots * sizeof(uint64_t));

// Between a frame, `values` and the host, whatever the types.
struct AnyValues {
  static void take(const FuncLayout& layout, const uint64_t* frame, Value* values) {
    take_from_frame(frame, values, layout.params);
  }
  static void put(const FuncLayout& layout, uint64_t* frame, const Value* values) {
    put_in_frame(frame, values, layout.results);
  }
};

// The same for FuncLayout::is_short. What is beyond the arguments is nobody's, and copied too.
struct ShortValues {
  static void take(const FuncLayout& /*layout*/, const uint64_t* frame, Value* values) {
    for (size_t i = 0; i < FuncLayout::kShortParams; ++i) values[i].bits = frame[i];
  }
  static void put(const FuncLayout& layout, uint64_t* frame, const Value* values) {
    *frame = values->bits & lower_half_if(layout.results.halves);
  }
};

template <class Values>
[[gnu::always_inline]] inline TrapCode call_with(Value* values, Context* caller, FuncInst* func,
                                                 uint64_t* frame, const uint8_t* pc,
                                                 Record* records) {
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

[[gnu::noinline]] TrapCode call_with_any(Context* caller, FuncInst* func, uint64_t* frame,
                                         const uint8_t* pc, Record* records) {
  const FuncLayout& layout = *func->host->layout;
  // The caller has checked that there is a red zone.
  if (layout.values <= kInlineValues) [[likely]] {
    alignas(Value) std::byte values[kInlineValues * sizeof(Value)];
    return call_with<AnyValues>(reinterpret_cast<Value*>(values), caller, func, frame, pc, records);
  }
  if (layout.slots > static_cast<uint64_t>(reinterpret_cast<uint64_t*>(records) - frame)) {
    return TrapCode::CallStackExhausted;
  }
  const std::unique_ptr<Value[]> values(new (std::nothrow) Value[layout.values]);
  if (values == nullptr) return TrapCode::AllocationFailure;
  return call_with<AnyValues>(values.get(), caller, func, frame, pc, records);
}

}  // namespace

TrapCode call_host_from_wasm(Context* caller, FuncInst* func, uint64_t* frame, const uint8_t* pc,
                             Record* records) {
  if (!func->host->layout->is_short) return call_with_any(caller, func, frame, pc, records);
  alignas(Value) std::byte values[FuncLayout::kShortParams * sizeof(Value)];
  return call_with<ShortValues>(reinterpret_cast<Value*>(values), caller, func, frame, pc, records);
}

}  // namespace weft::interp
