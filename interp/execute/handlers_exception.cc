// Throwing. The only cells that know of exceptions: what catches them is beside the code.
#include <cstring>

#include "interp/execute/families.h"
#include "interp/execute/operands.h"
#include "interp/execute/unwind.h"
#include "interp/runtime/store.h"

namespace weft::interp {

namespace {

// Goes on where `landing` says; or traps, with the registers as they were at the throw.
#define WEFT_LAND(landing)                      \
  do {                                          \
    const Landing to = (landing);               \
    if (to.trap != TrapCode::None) [[unlikely]] \
      WEFT_TRAP_WITH(to.trap);                  \
    ctx = to.context;                           \
    rs = to.records;                            \
    mem = to.memory;                            \
    pc = to.pc;                                 \
    fp = to.fp;                                 \
    WEFT_DISPATCH();                            \
  } while (false)

// The host's call ended with an exception that the guest who waits for it may catch.
bool is_exception(uint64_t trap) {
  return trap == static_cast<uint64_t>(TrapCode::UncaughtException);
}

WEFT_HANDLER(throw_new) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout({.shape = Shape::Throw});
  TagInst* const tag = ctx->at<TagInst*>(read_u32(pc, cell.y));
  const uint64_t* const values = fp + read_u32(pc, cell.x);
  ExnObject* const exception = ctx->state->store->new_exception(tag, values + tag->slots);
  if (exception == nullptr) [[unlikely]]
    WEFT_TRAP(TrapCode::AllocationFailure);
  std::memcpy(exception->slots(), values, tag->slots * sizeof(uint64_t));
  ctx->state->exception = exception;
  WEFT_TAIL(throw_pending);
}

WEFT_HANDLER(throw_again) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout({.shape = Shape::ThrowRef});
  const auto exception = read_operand<In::Slot, Repr::I64>(cell.a, WEFT_STATE);
  if (exception == 0) [[unlikely]]
    WEFT_TRAP(TrapCode::NullExceptionReference);
  ctx->state->exception = reinterpret_cast<ExnObject*>(exception);
  WEFT_TAIL(throw_pending);
}

}  // namespace

WEFT_HANDLER(throw_pending) {
  WEFT_REGS;
  WEFT_LAND(unwind(ctx, pc, fp, rs));
}

WEFT_HANDLER(host_failed) {
  WEFT_REGS;
  if (is_exception(acc)) WEFT_TAIL(throw_pending);
  WEFT_TAIL(trap_exit_dynamic);
}

WEFT_HANDLER(tail_called_host_failed) {
  WEFT_REGS;
  if (is_exception(acc)) WEFT_LAND(unwind(ctx, nullptr, fp, rs));
  WEFT_TAIL(trap_exit_dynamic);
}

HandlerFn* exception_handler(const HandlerKey& key) {
  if (key.a != In::Slot) return nullptr;
  switch (key.shape) {
    case Shape::Throw:
      return &throw_new;
    case Shape::ThrowRef:
      return &throw_again;
    default:
      return nullptr;
  }
}

}  // namespace weft::interp
