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

TrapCode call_with(Context* caller, const HostFunc& host, uint64_t* frame, Value* values) {
  Store& store = *caller->state->store;
  take_from_frame(frame, values, host.layout->params);
  const TrapCode code = host.call(host.env, store, caller->instance, values);
  if (code != TrapCode::None) [[unlikely]]
    return code;
  put_in_frame(frame, values, host.layout->results);
  // The results are safe from a collection now.
  store.gc_if_due();
  return TrapCode::None;
}

}  // namespace

TrapCode call_host_from_wasm(Context* caller, FuncInst* func, uint64_t* frame, const uint8_t* pc,
                             Record* records) {
  StoreState& state = *caller->state;
  const HostFunc& host = *func->host;
  // Results may need more than the red zone that the caller has checked.
  const auto room = static_cast<uint64_t>(reinterpret_cast<uint64_t*>(records) - frame);
  if (host.layout->slots > room) [[unlikely]]
    return TrapCode::CallStackExhausted;

  // Nested activations go above and below this guest; whoever invoked it puts these back when it is
  // done.
  state.live_frame = frame + host.layout->slots;
  state.live_records = records;
  state.waiting = {pc, caller, func};
  Activation* const activation = g_guest_thread.activation;
  TrapCode code;
  {
    const HostScope scope(state);
    if (host.layout->values <= kInlineValues) [[likely]] {
      alignas(Value) std::byte storage[kInlineValues * sizeof(Value)];
      code = call_with(caller, host, frame, reinterpret_cast<Value*>(storage));
    } else {
      const std::unique_ptr<Value[]> values(new (std::nothrow) Value[host.layout->values]);
      code = values != nullptr ? call_with(caller, host, frame, values.get())
                               : TrapCode::AllocationFailure;
    }
  }
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
  // What a nested activation stopped with, if the host went on all the same.
  if (code == TrapCode::None) state.trap.code = TrapCode::None;
  return code;
}

}  // namespace weft::interp
