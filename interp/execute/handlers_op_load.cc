// Computations on a value from memory, and stores of a computed value.
#include "interp/execute/families.h"
#include "interp/execute/shapes_fused.h"

namespace weft::interp {
namespace {

template <HandlerKey Key>
WEFT_HANDLER(op_load) {
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
  write_result<Key.d, reprs.out>(apply_outer<Key>(value, c), cell.d, WEFT_STATE);
  WEFT_NEXT(cell.size);
}

template <HandlerKey Key>
WEFT_HANDLER(op_load_indexed) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  constexpr Reprs reprs = reprs_of(Key);
  using Stored = StoredOf<Key.inner>;
  const uint64_t at = indexed_address<Key, Stored>(cell, WEFT_STATE);
  if (out_of_bounds<Key, sizeof(Stored)>(ctx, at)) [[unlikely]]
    WEFT_TRAP(TrapCode::OutOfBoundsMemoryAccess);
  const auto value = static_cast<ValueOf<Key.inner>>(read_unaligned<Stored>(mem + at));
  keep_until_loaded(pc, value);
  const auto c = read_operand<Key.c, reprs.in[2]>(cell.c, WEFT_STATE);
  write_result<Key.d, reprs.out>(apply_outer<Key>(value, c), cell.d, WEFT_STATE);
  WEFT_NEXT(cell.size);
}

template <HandlerKey Key>
WEFT_HANDLER(store_op) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  constexpr Reprs reprs = reprs_of(Key);
  using Stored = StoredOf<Key.op>;
  const uint32_t address = read_operand<Key.c, Repr::I32>(cell.c, WEFT_STATE);
  const auto value = WEFT_INNER_OF_OPERANDS(Key, cell, reprs);
  const uint64_t at = uint64_t{address} + read_u32(pc, cell.offset);
  if (out_of_bounds<Key, sizeof(Stored)>(ctx, at)) [[unlikely]]
    WEFT_TRAP(TrapCode::OutOfBoundsMemoryAccess);
  write_unaligned<Stored>(mem + at, static_cast<Stored>(value));
  keep_until_stored(pc);
  WEFT_NEXT(cell.size);
}

struct Make {
  template <HandlerKey Key>
  constexpr HandlerFn* operator()() const {
    if constexpr (Key.shape == Shape::OpLoad)
      return &op_load<Key>;
    else if constexpr (Key.shape == Shape::OpLoadIndexed)
      return &op_load_indexed<Key>;
    else
      return &store_op<Key>;
  }
};

}  // namespace

HandlerFn* op_load_handler(const HandlerKey& key) {
  return FusedFamily<Make, Shape::OpLoad, Shape::OpLoadIndexed, Shape::StoreOp>::find(key);
}

}  // namespace weft::interp
