#include "interp/runtime/const_expr.h"

#include <cassert>
#include <vector>

#include "interp/runtime/store.h"

namespace weft::interp {

namespace {

// The value of an instruction without operands.
Value leaf(const ConstInstr& instr, Instance& instance) {
  if (instr.opcode == Opcode::GlobalGet) return *instance.global(instr.index)->value;
  if (instr.opcode == Opcode::RefFunc) return Value::of_ref(instance.func(instr.index));
  if (instr.opcode == Opcode::RefNull) return Value::of_ref(nullptr);
  return instr.value;
}

using Arithmetic = Value (*)(const Value& a, const Value& b);

// extended-const: wrapping arithmetic on two integers. Null for everything else, which has no
// operands.
Arithmetic arithmetic(Opcode opcode) {
  using V = const Value&;
  if (opcode == Opcode::I32Add) return [](V a, V b) { return Value::of_i32(a.i32 + b.i32); };
  if (opcode == Opcode::I32Sub) return [](V a, V b) { return Value::of_i32(a.i32 - b.i32); };
  if (opcode == Opcode::I32Mul) return [](V a, V b) { return Value::of_i32(a.i32 * b.i32); };
  if (opcode == Opcode::I64Add) return [](V a, V b) { return Value::of_i64(a.i64 + b.i64); };
  if (opcode == Opcode::I64Sub) return [](V a, V b) { return Value::of_i64(a.i64 - b.i64); };
  if (opcode == Opcode::I64Mul) return [](V a, V b) { return Value::of_i64(a.i64 * b.i64); };
  return nullptr;
}

}  // namespace

Value evaluate(const ConstExpr& expr, Instance& instance) {
  if (expr.instrs.size() == 1) return leaf(expr.instrs[0], instance);
  std::vector<Value> stack;
  for (const ConstInstr& instr : expr.instrs) {
    const Arithmetic operation = arithmetic(instr.opcode);
    if (operation == nullptr) {
      stack.push_back(leaf(instr, instance));
      continue;
    }
    const Value b = stack.back();
    stack.pop_back();
    stack.back() = operation(stack.back(), b);
  }
  assert(stack.size() == 1);
  return stack.back();
}

}  // namespace weft::interp
