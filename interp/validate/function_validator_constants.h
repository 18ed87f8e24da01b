// FunctionValidator: constant expressions, which hold few instructions (Spec 3.0, 3.4.14 "Constant
// Expressions"). Included by function_validator.h only.
#pragma once

#include "interp/validate/function_validator.h"

namespace weft::interp {

// Constant by the proposal extended-const.
constexpr bool is_extended_constant(Opcode opcode) {
  switch (index_of(opcode)) {
    case index_of(Opcode::I32Add):
    case index_of(Opcode::I32Sub):
    case index_of(Opcode::I32Mul):
    case index_of(Opcode::I64Add):
    case index_of(Opcode::I64Sub):
    case index_of(Opcode::I64Mul):
      return true;
    default:
      return false;
  }
}

template <InstrSink Sink>
void FunctionValidator<Sink>::constant_instr(Opcode opcode, const SignatureRule& rule) {
  using enum Opcode;
  if (is_extended_constant(opcode)) {
    if (!x_gate.require(x_in, Feature::ExtendedConst, x_at)) return;
    x_sink.at(x_at);
    return binary(opcode, rule);
  }
  x_sink.at(x_at);
  switch (index_of(opcode)) {
    case index_of(End):
      return end();
    case index_of(I32Const):
    case index_of(I64Const):
    case index_of(F32Const):
    case index_of(F64Const):
    case index_of(V128Const):
      return constant_value(opcode);
    case index_of(RefNull):
      return ref_null(read<RefNull>());
    case index_of(RefFunc):
      return ref_func(read<RefFunc>());
    case index_of(GlobalGet):
      return global_get(read<GlobalGet>());
    case index_of(RefI31):
      return ref_i31();
    case index_of(StructNew):
      return struct_new(read<StructNew>());
    case index_of(StructNewDefault):
      return struct_new_default(read<StructNewDefault>());
    case index_of(ArrayNew):
      return array_new(read<ArrayNew>());
    case index_of(ArrayNewDefault):
      return array_new_default(read<ArrayNewDefault>());
    case index_of(ArrayNewFixed):
      return array_new_fixed(read<ArrayNewFixed>());
    case index_of(AnyConvertExtern):
      return ref_convert(opcode, HeapType::Extern, HeapType::Any);
    case index_of(ExternConvertAny):
      return ref_convert(opcode, HeapType::Any, HeapType::Extern);
    default:
      return invalid("constant expression required");
  }
}

}  // namespace weft::interp
