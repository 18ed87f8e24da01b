// The translator's garbage-collected objects and casts.
#include "interp/translate/translator.h"

namespace weft::interp {

Translator::Operand Translator::br_on_cast(Frame&, Stack, ValType, ValType, bool) {
  return push(Repr::I64);
}

Translator::Operand Translator::ref_test(ValType, ValType, Operand) { return push(Repr::I64); }

Translator::Operand Translator::ref_cast(ValType, ValType, Operand) { return push(Repr::I64); }

Translator::Operand Translator::ref_eq(Operand, Operand) { return push(Repr::I64); }

Translator::Operand Translator::ref_convert(Opcode, Operand) { return push(Repr::I64); }

Translator::Operand Translator::ref_i31(Operand) { return push(Repr::I64); }

Translator::Operand Translator::i31_get(Opcode, Operand) { return push(Repr::I64); }

Translator::Operand Translator::struct_new(TypeId, Stack) { return push(Repr::I64); }

Translator::Operand Translator::struct_new_default(TypeId) { return push(Repr::I64); }

Translator::Operand Translator::struct_get(Opcode, TypeId, uint32_t, ValType, Operand) {
  return push(Repr::I64);
}

void Translator::struct_set(TypeId, uint32_t, Operand, Operand) {}

Translator::Operand Translator::array_new(TypeId, Operand, Operand) { return push(Repr::I64); }

Translator::Operand Translator::array_new_default(TypeId, Operand) { return push(Repr::I64); }

Translator::Operand Translator::array_new_fixed(TypeId, Stack) { return push(Repr::I64); }

Translator::Operand Translator::array_new_segment(Opcode, TypeId, uint32_t, Operand, Operand) {
  return push(Repr::I64);
}

Translator::Operand Translator::array_get(Opcode, TypeId, ValType, Operand, Operand) {
  return push(Repr::I64);
}

void Translator::array_set(TypeId, Operand, Operand, Operand) {}

Translator::Operand Translator::array_len(Operand) { return push(Repr::I64); }

void Translator::array_fill(TypeId, Operand, Operand, Operand, Operand) {}

void Translator::array_copy(TypeId, TypeId, Operand, Operand, Operand, Operand, Operand) {}

void Translator::array_init_segment(Opcode, TypeId, uint32_t, Operand, Operand, Operand, Operand) {}

}  // namespace weft::interp
