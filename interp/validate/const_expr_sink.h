// Reduces constant expressions to what instantiation evaluates (Spec 3.0, 3.4.14 "Constant
// Expressions").
#pragma once

#include <cstdint>
#include <vector>

#include "interp/core/opcode.h"
#include "interp/core/types.h"
#include "interp/decode/module.h"
#include "interp/validate/instr_sink.h"

namespace weft::interp {

class ConstExprSink : public NullSink {
 public:
  static constexpr bool kConstant = true;

  explicit ConstExprSink(std::vector<bool>& declared_funcs) : x_declared_funcs(declared_funcs) {}

  // What was seen since the last call.
  std::vector<ConstInstr> take() {
    std::vector<ConstInstr> taken(x_instrs);
    x_instrs.clear();
    return taken;
  }

  Operand constant(ValType type, const Value& value) {
    x_instrs.push_back({opcode_of(type), value});
    return {};
  }
  Operand global_get(uint32_t global, ValType) {
    x_instrs.push_back({Opcode::GlobalGet, {}, global});
    return {};
  }
  Operand ref_null(ValType) {
    x_instrs.push_back({Opcode::RefNull, {}});
    return {};
  }
  Operand ref_func(uint32_t func) {
    x_declared_funcs[func] = true;
    x_instrs.push_back({Opcode::RefFunc, {}, func});
    return {};
  }
  Operand binary(Opcode opcode, ValType, ValType, Operand, Operand) {
    x_instrs.push_back({opcode, {}});
    return {};
  }
  Operand ref_i31(Operand) {
    x_instrs.push_back({Opcode::RefI31, {}});
    return {};
  }
  Operand ref_convert(Opcode opcode, Operand) {
    x_instrs.push_back({opcode, {}});
    return {};
  }
  Operand struct_new(TypeId type, Stack) {
    x_instrs.push_back({Opcode::StructNew, {}, type});
    return {};
  }
  Operand struct_new_default(TypeId type) {
    x_instrs.push_back({Opcode::StructNewDefault, {}, type});
    return {};
  }
  Operand array_new(TypeId type, Operand, Operand) {
    x_instrs.push_back({Opcode::ArrayNew, {}, type});
    return {};
  }
  Operand array_new_default(TypeId type, Operand) {
    x_instrs.push_back({Opcode::ArrayNewDefault, {}, type});
    return {};
  }
  Operand array_new_fixed(TypeId type, Stack elements) {
    const auto count = static_cast<uint32_t>(elements.size());
    x_instrs.push_back({Opcode::ArrayNewFixed, Value::of_i32(count), type});
    return {};
  }

 private:
  static Opcode opcode_of(ValType type) {
    if (type == ValType::I32) return Opcode::I32Const;
    if (type == ValType::I64) return Opcode::I64Const;
    if (type == ValType::F32) return Opcode::F32Const;
    return type == ValType::F64 ? Opcode::F64Const : Opcode::V128Const;
  }

  std::vector<ConstInstr> x_instrs;
  std::vector<bool>& x_declared_funcs;
};

}  // namespace weft::interp
