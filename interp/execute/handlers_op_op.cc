// Two computations in one cell: d := op(inner(a, b), c), and returns of a computed value.
#include "interp/execute/families.h"
#include "interp/execute/shapes_call.h"
#include "interp/execute/shapes_fused.h"

namespace weft::interp {
namespace {

template <HandlerKey Key>
WEFT_HANDLER(op_op) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  constexpr Reprs reprs = reprs_of(Key);
  const auto inner = WEFT_INNER_OF_OPERANDS(Key, cell, reprs);
  const auto c = read_operand<Key.c, reprs.in[2]>(cell.c, WEFT_STATE);
  write_result<Key.d, reprs.out>(apply_outer<Key>(inner, c), cell.d, WEFT_STATE);
  WEFT_NEXT(cell.size);
}

template <HandlerKey Key>
WEFT_HANDLER(return_op) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  constexpr Reprs reprs = reprs_of(Key);
  write_return_value<reprs.out>(WEFT_INNER_OF_OPERANDS(Key, cell, reprs), fp, acc, facc, sacc);
  WEFT_RETURN();
}

struct Make {
  template <HandlerKey Key>
  constexpr HandlerFn* operator()() const {
    if constexpr (Key.shape == Shape::OpOp)
      return &op_op<Key>;
    else
      return &return_op<Key>;
  }
};

}  // namespace

HandlerFn* op_op_handler(const HandlerKey& key) {
  return FusedFamily<Make, Shape::OpOp, Shape::ReturnOp>::find(key);
}

}  // namespace weft::interp
