// What calls, tail calls and returns share.
#pragma once

#include <atomic>

#include "interp/execute/abi.h"
#include "interp/execute/handlers.h"
#include "interp/execute/host_call.h"
#include "interp/execute/operands.h"
#include "interp/execute/sampling.h"
#include "interp/execute/unwind.h"
#include "interp/runtime/store.h"
#include "interp/translate/code.h"
#include "interp/validate/type_registry.h"

namespace weft::interp {

// A call found the record limit raised: by an interrupt, by the sampler, or because the depth is
// used up. If it is none of these, a late writer left it so. The calling cell goes on from its
// start.
[[gnu::cold, gnu::noinline]] inline WEFT_HANDLER(record_limit_hit) {
  WEFT_REGS;
  take_sample(*ctx, pc, rs);
  const TrapCode trap = ctx->state->on_record_limit(rs - 2);
  if (trap != TrapCode::None) WEFT_TRAP_WITH(trap);
  WEFT_DISPATCH();
}

// Values grow up, records grow down, in one region: one compare, with a red zone that spares most
// functions a check of their frame's size, bounds both. The record limit bounds the depth, and is
// where an interrupt makes itself felt.
#define WEFT_CHECK_ROOM(frame, record)                                                    \
  do {                                                                                    \
    if ((frame) + kRedZoneSlots > reinterpret_cast<const uint64_t*>(record)) [[unlikely]] \
      WEFT_TRAP(TrapCode::CallStackExhausted);                                            \
    if (reinterpret_cast<uintptr_t>(record) <                                             \
        ctx->state->record_limit.load(std::memory_order_relaxed)) [[unlikely]]            \
      WEFT_TAIL(record_limit_hit);                                                        \
  } while (false)

#define WEFT_RETURN() \
  do {                \
    pc = rs->pc;      \
    fp = rs->fp;      \
    ++rs;             \
    WEFT_DISPATCH();  \
  } while (false)

// A single result: at the frame's beginning, and in its accumulator.
template <Repr R>
[[gnu::always_inline]] inline void write_return_value(CType<R> value, uint64_t* fp, uint64_t& acc,
                                                      double& facc, float& sacc) {
  if constexpr (R == Repr::F64) {
    facc = value;
    write_unaligned<double>(fp, value);
  } else if constexpr (R == Repr::F32) {
    sacc = value;
    write_unaligned<float>(fp, value);
  } else {
    acc = value;
    fp[0] = value;
  }
}

[[gnu::always_inline]] inline uint8_t* memory_base(const Context* ctx) {
  return ctx->memory0 != nullptr ? ctx->memory0->base : nullptr;
}

// A word of a cell that threads may replace while others run it.
inline std::atomic_ref<uint64_t> word_of(const uint8_t* cell, size_t at = 0) {
  return std::atomic_ref(*reinterpret_cast<uint64_t*>(const_cast<uint8_t*>(cell) + at));
}

// A cell's handler as others may keep it: not one that a later call replaces.
inline Handler lasting_handler(const uint8_t* cell) {
  const auto handler = reinterpret_cast<Handler>(word_of(cell).load(std::memory_order_relaxed));
  return replaces_itself(handler) ? handler_for({.shape = Shape::Redispatch}) : handler;
}

// Makes a CallLazy cell into a Call, a ReturnCallLazy into a ReturnCall: `Linked`. Code is shared
// by threads: whoever sees the new handler sees the new operands. Handlers read cells as plain
// words: aligned ones are read whole, and x86 reorders neither these stores nor the loads of a
// handler and then its operands.
template <HandlerKey Linked>
void link_call(const uint8_t* cell, const uint8_t* entry) {
  constexpr CellLayout layout = cell_layout(Linked);
  word_of(cell, layout.p).store(reinterpret_cast<uint64_t>(entry), std::memory_order_relaxed);
  word_of(cell, layout.q)
      .store(reinterpret_cast<uint64_t>(lasting_handler(entry)), std::memory_order_relaxed);
  word_of(cell).store(reinterpret_cast<uint64_t>(handler_for(Linked)), std::memory_order_release);
}

// In the handlers that link_call puts in: the operands are read after the handler.
#if defined(__x86_64__)
#define WEFT_AFTER_LINKING() static_assert(true)
#else
#define WEFT_AFTER_LINKING() std::atomic_thread_fence(std::memory_order_acquire)
#endif

template <HandlerKey Key>
WEFT_HANDLER(call) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  WEFT_AFTER_LINKING();
  uint64_t* frame = fp + read_u32(pc, cell.x);
  Record* record = rs - 1;
  WEFT_CHECK_ROOM(frame, record);
  take_step<Key>(cell, pc, fp);
  record->pc = pc + cell.size;
  record->fp = fp;
  const auto handler = read_unaligned<HandlerFn*>(pc + cell.q);
  pc = read_unaligned<const uint8_t*>(pc + cell.p);
  fp = frame;
  rs = record;
  WEFT_DISPATCH_TO(handler);
}

template <HandlerKey Key>
WEFT_HANDLER(call_lazy) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  constexpr HandlerKey linked{.shape = Shape::Call, .flags = Key.flags};
  const uint8_t* entry = ctx->code->entry(read_u32(pc, cell.y));
  if (entry == nullptr) [[unlikely]]
    WEFT_TRAP(TrapCode::AllocationFailure);
  link_call<linked>(pc, entry);
  WEFT_DISPATCH();
}

// Goes on after a host function with this frame, or to `failed`. The guest's memory may lie
// elsewhere. Nobody counts on the accumulators of before: emptied on both ways, they need not be
// saved around the call.
#define WEFT_AFTER_HOST(trap, frame, failed)     \
  do {                                           \
    facc = 0;                                    \
    sacc = 0;                                    \
    vacc = VectorAcc{};                          \
    if ((trap) != TrapCode::None) [[unlikely]] { \
      acc = static_cast<uint64_t>(trap);         \
      WEFT_TAIL(failed);                         \
    }                                            \
    mem = memory_base(ctx);                      \
    acc = (frame)[0];                            \
    facc = read_unaligned<double>(frame);        \
    sacc = read_unaligned<float>(frame);         \
  } while (false)

// Calls the function that the accumulator holds, of another instance or of the host. `pc` is the
// calling cell. Out of line, for calls that seldom go there.
template <HandlerKey Key>
[[gnu::noinline]] WEFT_HANDLER(call_far) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  auto* func = reinterpret_cast<FuncInst*>(acc);
  uint64_t* frame = fp + read_u32(pc, cell.x);
  if (frame + kRedZoneSlots > reinterpret_cast<const uint64_t*>(rs - 2)) [[unlikely]] {
    WEFT_TRAP(TrapCode::CallStackExhausted);
  }
  if (reinterpret_cast<uintptr_t>(rs - 2) <
      ctx->state->record_limit.load(std::memory_order_relaxed)) [[unlikely]] {
    // Not by going on from the cell's start: the accumulator no longer holds what it did there.
    take_sample(*ctx, pc, rs);
    const TrapCode refused = ctx->state->on_record_limit(rs - 2);
    if (refused != TrapCode::None) WEFT_TRAP_WITH(refused);
  }
  if (func->context == nullptr) [[likely]] {
    const TrapCode trap = call_host_from_wasm(ctx, func, frame, pc, rs);
    WEFT_AFTER_HOST(trap, frame, host_failed);
    WEFT_NEXT(cell.size);
  }
  rs -= 2;
  rs[1] = {pc + cell.size, fp};
  rs[0] = {switch_back_cell(), reinterpret_cast<uint64_t*>(ctx)};
  ctx = func->context;
  mem = memory_base(ctx);
  fp = frame;
  pc = func->code;
  WEFT_DISPATCH();
}

// Whether an indirect call may go to `callee`, a FuncInst whose type is not the one with the key
// `expected`. None if it may.
inline TrapCode check_callee(const Context* ctx, uint64_t callee, uint32_t expected) {
  const auto* func = reinterpret_cast<const FuncInst*>(callee);
  if (func == nullptr) return TrapCode::UninitializedElement;
  const TypeRegistry& types = *ctx->state->store->types();
  return types.is_subtype(func->type, type_of_key(expected)) ? TrapCode::None
                                                             : TrapCode::IndirectCallTypeMismatch;
}

}  // namespace weft::interp
