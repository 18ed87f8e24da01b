#include "interp/runtime/const_expr.h"

#include <cassert>
#include <span>
#include <vector>

#include "interp/runtime/gc_objects.h"
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

// extended-const: wrapping arithmetic on two integers. Null for everything else.
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

// What frames have of a value that is stored in this many bytes.
void put_slots(const Value& value, uint8_t bytes, std::vector<uint64_t>& slots) {
  slots.push_back(value.bits);
  if (bytes == 16) slots.push_back(read_unaligned<uint64_t>(value.v128.bytes + 8));
}

class Evaluation {
 public:
  explicit Evaluation(Instance& instance) : x_instance(instance) {}

  Trapping<Value> run(std::span<const ConstInstr> instrs) {
    for (const ConstInstr& instr : instrs) {
      if (!step(instr)) return {Value(), TrapCode::AllocationFailure};
    }
    assert(x_stack.size() == 1);
    return {x_stack.back()};
  }

 private:
  Value pop() {
    const Value value = x_stack.back();
    x_stack.pop_back();
    return value;
  }
  bool push_object(const void* object) {
    x_stack.push_back(Value::of_ref(const_cast<void*>(object)));
    return object != nullptr;
  }
  const ObjectLayout& layout_of(const ConstInstr& instr) const {
    return x_instance.store().types()->layout(instr.index);
  }
  ArrayObject* new_array_of(const ConstInstr& instr, uint32_t length) const {
    return new_array(x_instance.store(), layout_of(instr), length, nullptr);
  }

  // False when an object could not be made.
  bool step(const ConstInstr& instr) {
    switch (instr.opcode) {
      case Opcode::StructNew:
        return struct_new(layout_of(instr));
      case Opcode::StructNewDefault:
        return push_object(new_struct(x_instance.store(), layout_of(instr), nullptr, nullptr));
      case Opcode::ArrayNew: {
        const uint32_t length = pop().i32;
        const Value value = pop();
        ArrayObject* const array = new_array_of(instr, length);
        if (array != nullptr)
          fill_elements(array, layout_of(instr).element_bytes, 0, length, &value.bits);
        return push_object(array);
      }
      case Opcode::ArrayNewDefault: {
        ArrayObject* const array = new_array_of(instr, pop().i32);
        if (array != nullptr) zero_elements(array, layout_of(instr).element_bytes);
        return push_object(array);
      }
      case Opcode::ArrayNewFixed:
        return array_new_fixed(instr);
      case Opcode::RefI31:
        x_stack.back() = Value::of_bits(to_i31(x_stack.back().i32));
        return true;
      case Opcode::AnyConvertExtern:
      case Opcode::ExternConvertAny:
        return true;
      default:
        break;
    }
    if (const Arithmetic operation = arithmetic(instr.opcode)) {
      const Value b = pop();
      x_stack.back() = operation(x_stack.back(), b);
    } else {
      x_stack.push_back(leaf(instr, x_instance));
    }
    return true;
  }

  bool struct_new(const ObjectLayout& layout) {
    const size_t count = layout.fields.size();
    const std::span<const Value> values = std::span<const Value>(x_stack).last(count);
    x_slots.clear();
    for (size_t i = 0; i < count; ++i) put_slots(values[i], layout.fields[i].bytes, x_slots);
    x_stack.resize(x_stack.size() - count);
    return push_object(new_struct(x_instance.store(), layout, x_slots.data(), nullptr));
  }

  bool array_new_fixed(const ConstInstr& instr) {
    const uint32_t count = instr.value.i32;
    const uint8_t bytes = layout_of(instr).element_bytes;
    ArrayObject* const array = new_array_of(instr, count);
    if (array == nullptr) return false;
    const std::span<const Value> values = std::span<const Value>(x_stack).last(count);
    uint8_t* at = elements_of(array);
    for (const Value& value : values) {
      store_place(at, bytes, &value.bits);
      at += bytes;
    }
    x_stack.resize(x_stack.size() - count);
    return push_object(array);
  }

  Instance& x_instance;
  std::vector<Value> x_stack;
  std::vector<uint64_t> x_slots;
};

// Whether an expression of this instruction alone has its value without an evaluation: nearly all
// are.
bool is_leaf(Opcode opcode) {
  return opcode != Opcode::StructNewDefault && opcode != Opcode::ArrayNewFixed &&
         opcode != Opcode::StructNew;
}

}  // namespace

Trapping<Value> evaluate(const ConstExpr& expr, Instance& instance) {
  if (expr.instrs.size() == 1 && is_leaf(expr.instrs[0].opcode)) {
    return {leaf(expr.instrs[0], instance)};
  }
  return Evaluation(instance).run(expr.instrs);
}

}  // namespace weft::interp
