// The translator's atomic memory instructions.
#include "interp/translate/translator.h"

namespace weft::interp {

Translator::Operand Translator::atomic(Opcode, const MemArg&, ValType, Stack) {
  return push(Repr::I64);
}

void Translator::atomic_fence() {}

}  // namespace weft::interp
