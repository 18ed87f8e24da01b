// 128-bit arithmetic. All is read before anything is written, and the low word last: a guest that
// sets one local to both words means the low one.
#include "interp/core/numeric.h"
#include "interp/execute/abi.h"
#include "interp/execute/families.h"
#include "interp/execute/operands.h"

namespace weft::interp {
namespace {

// D, X := the words of Fn(A, B, C, Y)
template <auto Fn>
WEFT_HANDLER(wide) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout({.shape = Shape::Wide});
  const uint64_t a = read_operand<In::Slot, Repr::I64>(cell.a, WEFT_STATE);
  const uint64_t b = read_operand<In::Slot, Repr::I64>(cell.b, WEFT_STATE);
  const uint64_t c = read_operand<In::Slot, Repr::I64>(cell.c, WEFT_STATE);
  const num::Words result = Fn(a, b, c, fp[read_u32(pc, cell.y)]);
  fp[read_u32(pc, cell.x)] = result.high;
  write_result<Out::Slot, Repr::I64>(result.low, cell.d, WEFT_STATE);
  WEFT_NEXT(cell.size);
}

// D, X := the words of Fn(A, B)
template <auto Fn>
WEFT_HANDLER(mul_wide) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout({.shape = Shape::MulWide});
  const uint64_t a = read_operand<In::Slot, Repr::I64>(cell.a, WEFT_STATE);
  const uint64_t b = read_operand<In::Slot, Repr::I64>(cell.b, WEFT_STATE);
  const num::Words result = Fn(a, b);
  fp[read_u32(pc, cell.x)] = result.high;
  write_result<Out::Slot, Repr::I64>(result.low, cell.d, WEFT_STATE);
  WEFT_NEXT(cell.size);
}

template <auto Fn>
constexpr HandlerFn* handler_of(Shape shape) {
  if constexpr (requires(uint64_t word) { Fn(word, word, word, word); }) {
    return shape == Shape::Wide ? &wide<Fn> : nullptr;
  } else {
    return shape == Shape::MulWide ? &mul_wide<Fn> : nullptr;
  }
}

}  // namespace

HandlerFn* wide_handler(const HandlerKey& key) {
  if (key != HandlerKey{.shape = key.shape, .op = key.op}) return nullptr;
  switch (key.op) {
#define WEFT_OP(...)
#define WEFT_WIDE(prefix, code, Id, text, sig, feature, fn) \
  case Opcode::Id:                                          \
    return handler_of<fn>(key.shape);
#include "interp/core/opcodes.def"
    default:
      return nullptr;
  }
}

}  // namespace weft::interp
