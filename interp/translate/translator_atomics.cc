// The translator's atomic memory instructions.
#include <array>

#include "interp/translate/translator.h"

namespace weft::interp {

Translator::Operand Translator::atomic(Opcode op, const MemArg& memarg, ValType result,
                                       Stack operands) {
  std::array<IrOperand, 3> places;
  for (size_t i = operands.size(); i-- > 0;) places[i] = pop_in_slot(operands[i].operand);
  IrInstr& instr = emit({.shape = Shape::Atomic, .op = op});
  instr.a = places[0];
  instr.b = places[1];
  instr.c = places[2];
  instr.p = memarg.offset;
  instr.y = x_layout.memories + 8 * memarg.memory;
  if (result == ValType::Bot) return {};
  return push_result(instr, repr_of_type(result));
}

void Translator::atomic_fence() { emit({.shape = Shape::Atomic, .op = Opcode::AtomicFence}); }

}  // namespace weft::interp
