// Control transfer inside a function. Conditional branches have two exits, each with a dispatch of
// its own: a conditional move of the next cell's address would make every dispatch wait for the
// condition (0.6x measured).
#pragma once

#include "interp/execute/abi.h"
#include "interp/execute/operands.h"
#include "interp/execute/variants.h"

namespace weft::interp {

// Out of line: a back edge found the interrupt flag set.
[[gnu::cold, gnu::noinline]] inline WEFT_HANDLER(interrupted) {
  WEFT_REGS;
  WEFT_TRAP(TrapCode::Interrupted);
}

// Goes to the cell `target` bytes from this one. Backward branches look at the interrupt flag, so
// that every loop does.
#define WEFT_JUMP(key, cell)                                                       \
  do {                                                                             \
    if constexpr (((key).flags & kBack) != 0) {                                    \
      if (ctx->state->interrupt.load(std::memory_order_relaxed) != 0) [[unlikely]] \
        WEFT_TAIL(interrupted);                                                    \
    }                                                                              \
    pc += read_unaligned<int32_t>(pc + (cell).target);                             \
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
