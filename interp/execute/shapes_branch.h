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

template <HandlerKey Key>
WEFT_HANDLER(branch) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  take_step<Key>(cell, pc, fp);
  WEFT_JUMP(Key, cell);
}

template <HandlerKey Key>
WEFT_HANDLER(branch_if) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  take_step<Key>(cell, pc, fp);
  const bool holds = read_operand<Key.a, Repr::I32>(cell.a, WEFT_STATE) != 0;
  if (holds != ((Key.flags & kNegate) != 0)) WEFT_JUMP(Key, cell);
  WEFT_NEXT(cell.size);
}

template <HandlerKey Key, auto Fn>
WEFT_HANDLER(compare_branch) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  take_step<Key>(cell, pc, fp);
  constexpr Reprs reprs = reprs_of(Key);
  const auto a = read_operand<Key.a, reprs.in[0]>(cell.a, WEFT_STATE);
  const auto b = read_operand<Key.b, reprs.in[1]>(cell.b, WEFT_STATE);
  const bool holds = Fn(a, b) != 0;
  if (holds != ((Key.flags & kNegate) != 0)) WEFT_JUMP(Key, cell);
  WEFT_NEXT(cell.size);
}

template <HandlerKey Key>
WEFT_HANDLER(move_branch) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  take_step<Key>(cell, pc, fp);
  write_result<Key.d, Repr::I64>(read_operand<Key.a, Repr::I64>(cell.a, WEFT_STATE), cell.d,
                                 WEFT_STATE);
  WEFT_JUMP(Key, cell);
}

template <HandlerKey Key, size_t Flags>
inline constexpr HandlerKey kWithBranchFlags = [] {
  HandlerKey key = Key;
  key.flags = static_cast<uint8_t>(Flags);
  return key;
}();

}  // namespace weft::interp
