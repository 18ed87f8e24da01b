// Branches on a value that is computed or loaded on the way, and kept: d := inner(...); if op(d, c)
// go to target.
#include "interp/execute/families.h"
#include "interp/execute/shapes_op_branch.h"

namespace weft::interp {
namespace {

template <HandlerKey Key>
WEFT_HANDLER(branch_load) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  constexpr Reprs reprs = reprs_of(Key);
  using Stored = StoredOf<Key.inner>;
  const uint32_t address = read_operand<Key.a, Repr::I32>(cell.a, WEFT_STATE);
  const uint64_t at = uint64_t{address} + read_u32(pc, cell.offset);
  if (out_of_bounds<Key, sizeof(Stored)>(ctx, at)) [[unlikely]]
    WEFT_TRAP(TrapCode::OutOfBoundsMemoryAccess);
  const auto value = static_cast<ValueOf<Key.inner>>(read_unaligned<Stored>(mem + at));
  keep_until_loaded(pc, value);
  const auto c = read_operand<Key.c, reprs.in[2]>(cell.c, WEFT_STATE);
  write_result<Key.d, reprs.out>(value, cell.d, WEFT_STATE);
  if (kFunctionOf<Key.op>(value, c) != 0) WEFT_JUMP(Key, cell);
  WEFT_NEXT(cell.size);
}

template <HandlerKey Key>
WEFT_HANDLER(branch_load_indexed) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  constexpr Reprs reprs = reprs_of(Key);
  using Stored = StoredOf<Key.inner>;
  const uint64_t at = indexed_address<Key, Stored>(cell, WEFT_STATE);
  const auto value = static_cast<ValueOf<Key.inner>>(read_unaligned<Stored>(mem + at));
  keep_until_loaded(pc, value);
  const auto c = read_operand<Key.c, reprs.in[2]>(cell.c, WEFT_STATE);
  write_result<Key.d, reprs.out>(value, cell.d, WEFT_STATE);
  if (kFunctionOf<Key.op>(value, c) != 0) WEFT_JUMP(Key, cell);
  WEFT_NEXT(cell.size);
}

struct Make {
  template <HandlerKey Key>
  constexpr HandlerFn* operator()() const {
    if constexpr (Key.shape == Shape::BranchOp)
      return &branch_op<Key>;
    else if constexpr (Key.shape == Shape::BranchLoadIndexed)
      return &branch_load_indexed<Key>;
    else
      return &branch_load<Key>;
  }
};

}  // namespace

HandlerFn* op_branch_handler(const HandlerKey& key) {
  return FusedFamily<Make, Shape::BranchOp, Shape::BranchLoad, Shape::BranchLoadIndexed>::find(key);
}

}  // namespace weft::interp
