// A branch on a value that is computed on the way, and kept.
#pragma once

#include "interp/execute/shapes_branch.h"
#include "interp/execute/shapes_fused.h"

namespace weft::interp {

template <HandlerKey Key>
WEFT_HANDLER(branch_op) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  take_step<Key>(cell, pc, fp);
  constexpr Reprs reprs = reprs_of(Key);
  const auto value = WEFT_INNER_OF_OPERANDS(Key, cell, reprs);
  const auto c = read_operand<Key.c, reprs.in[2]>(cell.c, WEFT_STATE);
  write_result<Key.d, reprs.out>(value, cell.d, WEFT_STATE);
  if (kFunctionOf<Key.op>(value, c) != 0) WEFT_JUMP(Key, cell);
  WEFT_NEXT(cell.size);
}

}  // namespace weft::interp
