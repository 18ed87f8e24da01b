// The translator's typed references: calls through them, tail calls, branches on null.
#include "interp/translate/translator.h"

namespace weft::interp {

void Translator::call_ref(const FuncType&, Stack, Stack, Operand) {}

void Translator::return_call(uint32_t, const FuncType&, Stack, Stack) {}

void Translator::return_call_indirect(uint32_t, uint32_t, const FuncType&, Stack, Stack, Operand) {}

void Translator::return_call_ref(const FuncType&, Stack, Stack, Operand) {}

Translator::Operand Translator::ref_as_non_null(ValType, Operand) { return push(Repr::I64); }

Translator::Operand Translator::br_on_null(Frame&, Stack, ValType, Operand) {
  return push(Repr::I64);
}

void Translator::br_on_non_null(Frame&, Stack) {}

}  // namespace weft::interp
