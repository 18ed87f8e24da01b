#include "interp/execute/host_call.h"

#include <memory>
#include <new>

namespace weft::interp {

namespace {

// Values for most functions without an allocation.
constexpr size_t kInlineValues = 16;
static_assert(kInlineValues * sizeof(Value) <= kRedZoneSlots * sizeof(uint64_t));

// Whatever the types.
struct AnyValues {
  static void take(const FuncLayout& layout, const uint64_t* frame, Value* values) {
    take_from_frame(frame, values, layout.params);
  }
  static void put(const FuncLayout& layout, uint64_t* frame, const Value* values) {
    put_in_frame(frame, values, layout.results);
  }
};

[[gnu::noinline]] TrapCode call_with_any(Context* caller, FuncInst* func, uint64_t* frame,
                                         const uint8_t* pc, Record* records) {
  const FuncLayout& layout = *func->host->layout;
  // The caller has checked that there is a red zone.
  if (layout.values <= kInlineValues) [[likely]] {
    alignas(Value) std::byte values[kInlineValues * sizeof(Value)];
    return call_host_with<AnyValues>(reinterpret_cast<Value*>(values), caller, func, frame, pc,
                                     records);
  }
  if (layout.slots > static_cast<uint64_t>(reinterpret_cast<uint64_t*>(records) - frame)) {
    return TrapCode::CallStackExhausted;
  }
  const std::unique_ptr<Value[]> values(new (std::nothrow) Value[layout.values]);
  if (values == nullptr) return TrapCode::AllocationFailure;
  return call_host_with<AnyValues>(values.get(), caller, func, frame, pc, records);
}

}  // namespace

TrapCode call_host_from_wasm(Context* caller, FuncInst* func, uint64_t* frame, const uint8_t* pc,
                             Record* records) {
  return func->host->layout->is_short ? call_short_host(caller, func, frame, pc, records)
                                      : call_with_any(caller, func, frame, pc, records);
}

}  // namespace weft::interp
