// Moves that other cells do on the way.
#pragma once

#include "interp/execute/abi.h"
#include "interp/execute/operands.h"

namespace weft::interp {

// D := A, C := B
template <HandlerKey Key>
WEFT_HANDLER(move_pair) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  take_step<Key>(cell, pc, fp);
  fp[read_unaligned<uint16_t>(pc + cell.d)] = read_operand<Key.a, Repr::I64>(cell.a, WEFT_STATE);
  // After that, as the first may write what the second reads.
  acc = read_operand<Key.b, Repr::I64>(cell.b, WEFT_STATE);
  fp[read_unaligned<uint16_t>(pc + cell.c)] = acc;
  WEFT_NEXT(cell.size);
}

}  // namespace weft::interp
