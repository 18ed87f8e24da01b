// Control transfer inside a function. Conditional branches have two exits, each with a dispatch of
// its own: a conditional move of the next cell's address would make every dispatch wait for the
// condition (0.6x measured).
#pragma once

#include "interp/execute/abi.h"
#include "interp/execute/operands.h"
#include "interp/execute/sampling.h"
#include "interp/execute/variants.h"

namespace weft::interp {

// Out of line: a back edge found that the guest is to stop, or to be sampled. `pc` is where it goes
// on.
[[gnu::cold, gnu::noinline]] inline WEFT_HANDLER(interrupted) {
  WEFT_REGS;
  if (ctx->state->stop_requested()) WEFT_TRAP(TrapCode::Interrupted);
  take_sample(*ctx, pc, rs);
  WEFT_DISPATCH();
}

// Goes to the cell `target` bytes from this one. Backward branches look at the interrupt flag, so
// that every loop does; when they have left this cell, which may have changed what it reads.
#define WEFT_JUMP(key, cell)                                                       \
  do {                                                                             \
    pc += read_unaligned<int32_t>(pc + (cell).target);                             \
    if constexpr (((key).flags & kBack) != 0) {                                    \
      if (ctx->state->interrupt.load(std::memory_order_relaxed) != 0) [[unlikely]] \
        WEFT_TAIL(interrupted);                                                    \
    }                                                                              \
    WEFT_DISPATCH();                                                               \
  } while (false)

inline constexpr size_t kBranchFlags = 4;  // kNegate | kBack

template <HandlerKey Key, size_t Flags>
inline constexpr HandlerKey kWithBranchFlags = [] {
  HandlerKey key = Key;
  key.flags = static_cast<uint8_t>(Flags);
  return key;
}();

}  // namespace weft::interp
