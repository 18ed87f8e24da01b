// The translator's garbage-collected objects and casts.
//
// A cell that makes an object may collect: its operands are in their homes, where a collection
// looks for references, as is everything below them.
#include "interp/translate/translator.h"
#include "interp/validate/type_registry.h"

namespace weft::interp {

namespace {

// How a field or element is read: as the memory instruction that reads the same bytes the same way.
Opcode load_of(const FieldType& field, bool is_signed) {
  if (field.packed == FieldType::Packed::I8)
    return is_signed ? Opcode::I32Load8S : Opcode::I32Load8U;
  if (field.packed == FieldType::Packed::I16)
    return is_signed ? Opcode::I32Load16S : Opcode::I32Load16U;
  switch (repr_of_type(field.type)) {
    case Repr::I32:
      return Opcode::I32Load;
    case Repr::F32:
      return Opcode::F32Load;
    case Repr::F64:
      return Opcode::F64Load;
    default:
      return Opcode::I64Load;
  }
}

Opcode store_of(const FieldType& field) {
  if (field.packed == FieldType::Packed::I8) return Opcode::I32Store8;
  if (field.packed == FieldType::Packed::I16) return Opcode::I32Store16;
  switch (repr_of_type(field.type)) {
    case Repr::I32:
      return Opcode::I32Store;
    case Repr::F32:
      return Opcode::F32Store;
    case Repr::F64:
      return Opcode::F64Store;
    default:
      return Opcode::I64Store;
  }
}

bool is_vector(const FieldType& field) { return field.type == ValType::V128; }

}  // namespace

// --- casts

// The fields of a cell that tells whether a reference is of a type.
void Translator::set_cast(IrInstr& instr, ValType to) const {
  const HeapType heap = to.heap();
  instr.p = reinterpret_cast<uint64_t>(&x_types);
  instr.y = to.is_nullable() ? kCastsNull : 0;
  unsigned kind = kCastToClass;
  if (heap.is_index()) {
    const bool is_func = holds_func_refs(to, x_types);
    kind = is_func ? kCastToFunc : kCastToObject;
    instr.x = heap.index();
    instr.y |= x_types.depth(heap.index()) << kCastDepthShift;
  } else {
    switch (heap.abstract()) {
      case HeapType::Eq:
        instr.x = kI31Class | kStructClass | kArrayClass;
        break;
      case HeapType::I31:
        instr.x = kI31Class;
        break;
      case HeapType::Struct:
        instr.x = kStructClass;
        break;
      case HeapType::Array:
        instr.x = kArrayClass;
        break;
      default:
        // All of the hierarchy, or nothing of it.
        kind = kCastToTop;
        instr.x = heap == top_of(heap, x_types) ? 1 : 0;
        break;
    }
  }
  instr.key.flags = static_cast<uint8_t>(instr.key.flags | kind);
}

Translator::Operand Translator::br_on_cast(Frame& frame, Stack stack, ValType, ValType to,
                                           bool on_fail) {
  settle_constant(stack.back().operand);
  Condition condition;
  condition.instr.key = {.shape = Shape::BranchCast};
  condition.instr.a = peek(stack.back().operand);
  condition.instr.wasm_offset = x_offset;
  condition.negate = on_fail;
  set_cast(condition.instr, to);
  branch_on(condition, frame, stack);
  return stack.back().operand;
}

Translator::Operand Translator::ref_test(ValType, ValType to, Operand ref) {
  const IrOperand tested = pop_in_slot(ref);
  IrInstr& instr = emit({.shape = Shape::RefTest});
  instr.a = tested;
  set_cast(instr, to);
  return push_result(instr, Repr::I32);
}

Translator::Operand Translator::ref_cast(ValType, ValType to, Operand ref) {
  settle_constant(ref);
  IrInstr& instr = emit({.shape = Shape::RefCast});
  instr.a = peek(ref);
  set_cast(instr, to);
  return ref;
}

Translator::Operand Translator::ref_eq(Operand a, Operand b) {
  return binary(Opcode::I64Eq, ValType::I64, ValType::I32, a, b);
}

Translator::Operand Translator::ref_convert(Opcode, Operand ref) { return ref; }

// --- i31

// Of the value shifted by 32-bit arithmetic, the upper half of the slot is zero.
Translator::Operand Translator::ref_i31(Operand value) {
  if (value.kind == Operand::Kind::Const) {
    pop(value);
    Operand constant = push(Repr::I64);
    constant.kind = Operand::Kind::Const;
    constant.bits = to_i31(static_cast<uint32_t>(value.bits));
    return constant;
  }
  const auto combine = [&](Opcode op, const Operand& left, uint32_t right) {
    const IrOperand from = pop_in_slot(left);
    IrInstr& instr = emit({.shape = Shape::Binary, .op = op, .b = In::Imm});
    instr.a = from;
    instr.b = IrOperand::constant(right);
    return push_result(instr, Repr::I32);
  };
  Operand made = combine(Opcode::I32Or, combine(Opcode::I32Shl, value, 1), kI31Tag);
  made.repr = Repr::I64;
  return made;
}

Translator::Operand Translator::i31_get(Opcode op, Operand ref) {
  const IrOperand from = pop_in_slot(ref);
  IrInstr& instr = emit({.shape = Shape::I31Get, .op = op});
  instr.a = from;
  return push_result(instr, Repr::I32);
}

// --- making objects

// The object that `call` makes of the operands from `base` on.
Translator::Operand Translator::new_object(ObjectCall call, TypeId type, uint32_t base,
                                           uint32_t y) {
  IrInstr& instr = emit({.shape = Shape::NewObject, .repr = Repr::I64});
  instr.p = object_call_address(call);
  instr.q = reinterpret_cast<uint64_t>(&x_types.layout(type));
  instr.x = base;
  instr.y = y;
  return push_result(instr, Repr::I64);
}

Translator::Operand Translator::struct_new(TypeId type, Stack fields) {
  const uint32_t end = x_top.slot;
  stage_arguments(fields);
  return new_object(ObjectCall::StructNew, type, x_top.slot, end - x_top.slot);
}

Translator::Operand Translator::struct_new_default(TypeId type) {
  return new_object(ObjectCall::StructNewDefault, type, x_top.slot, 0);
}

Translator::Operand Translator::array_new(TypeId type, Operand value, Operand length) {
  pop_home(length);
  return new_object(ObjectCall::ArrayNew, type, pop_home(value), 0);
}

Translator::Operand Translator::array_new_default(TypeId type, Operand length) {
  return new_object(ObjectCall::ArrayNewDefault, type, pop_home(length), 0);
}

Translator::Operand Translator::array_new_fixed(TypeId type, Stack elements) {
  stage_arguments(elements);
  return new_object(ObjectCall::ArrayNewFixed, type, x_top.slot,
                    static_cast<uint32_t>(elements.size()));
}

Translator::Operand Translator::array_new_segment(Opcode op, TypeId type, uint32_t segment,
                                                  Operand from, Operand length) {
  pop_home(length);
  const bool data = op == Opcode::ArrayNewData;
  return new_object(data ? ObjectCall::ArrayNewData : ObjectCall::ArrayNewElem, type,
                    pop_home(from), segment);
}

// --- fields and elements

Translator::Operand Translator::struct_get(Opcode op, TypeId type, uint32_t field, ValType result,
                                           Operand ref) {
  const FieldType& read = x_types.type(type).composite.fields[field];
  const IrOperand from = pop_in_slot(ref);
  IrInstr& instr =
      is_vector(read)
          ? emit({.shape = Shape::VStructGet})
          : emit({.shape = Shape::StructGet, .op = load_of(read, op == Opcode::StructGetS)});
  instr.a = from;
  instr.offset = x_types.layout(type).fields[field].offset;
  return push_result(instr, repr_of_type(result));
}

void Translator::struct_set(TypeId type, uint32_t field, Operand ref, Operand value) {
  const FieldType& written = x_types.type(type).composite.fields[field];
  const bool vector = is_vector(written);
  const IrOperand stored = vector ? pop_in_slot(value) : pop(value);
  const IrOperand to = pop_in_slot(ref);
  IrInstr& instr =
      vector ? emit({.shape = Shape::VStructSet})
             : emit({.shape = Shape::StructSet, .op = store_of(written), .b = place_of(stored)});
  instr.a = to;
  instr.b = stored;
  instr.offset = x_types.layout(type).fields[field].offset;
}

Translator::Operand Translator::array_get(Opcode op, TypeId type, ValType result, Operand ref,
                                          Operand index) {
  const FieldType& read = x_types.type(type).composite.fields[0];
  const bool vector = is_vector(read);
  const IrOperand at = vector ? pop_in_slot(index) : pop(index);
  const IrOperand from = pop_in_slot(ref);
  IrInstr& instr = vector ? emit({.shape = Shape::VArrayGet})
                          : emit({.shape = Shape::ArrayGet,
                                  .op = load_of(read, op == Opcode::ArrayGetS),
                                  .b = place_of(at)});
  instr.a = from;
  instr.b = at;
  return push_result(instr, repr_of_type(result));
}

void Translator::array_set(TypeId type, Operand ref, Operand index, Operand value) {
  const FieldType& written = x_types.type(type).composite.fields[0];
  const bool vector = is_vector(written);
  const IrOperand stored = vector ? pop_in_slot(value) : pop(value);
  const IrOperand at = vector ? pop_in_slot(index) : pop(index);
  const IrOperand to = pop_in_slot(ref);
  IrInstr& instr = vector ? emit({.shape = Shape::VArraySet})
                          : emit({.shape = Shape::ArraySet,
                                  .op = store_of(written),
                                  .b = place_of(at),
                                  .c = place_of(stored)});
  instr.a = to;
  instr.b = at;
  instr.c = stored;
}

Translator::Operand Translator::array_len(Operand ref) {
  const IrOperand from = pop_in_slot(ref);
  IrInstr& instr = emit({.shape = Shape::ArrayLen});
  instr.a = from;
  return push_result(instr, Repr::I32);
}

void Translator::array_fill(TypeId type, Operand ref, Operand index, Operand value, Operand count) {
  pop_home(count);
  pop_home(value);
  pop_home(index);
  emit_runtime(RuntimeCall::ArrayFill, pop_home(ref), x_types.layout(type).element_bytes);
}

void Translator::array_copy(TypeId to_type, TypeId, Operand to, Operand to_index, Operand from,
                            Operand from_index, Operand count) {
  pop_home(count);
  pop_home(from_index);
  pop_home(from);
  pop_home(to_index);
  emit_runtime(RuntimeCall::ArrayCopy, pop_home(to), x_types.layout(to_type).element_bytes);
}

void Translator::array_init_segment(Opcode op, TypeId type, uint32_t segment, Operand ref,
                                    Operand index, Operand from, Operand count) {
  pop_home(count);
  pop_home(from);
  pop_home(index);
  const bool data = op == Opcode::ArrayInitData;
  emit_runtime(data ? RuntimeCall::ArrayInitData : RuntimeCall::ArrayInitElem, pop_home(ref),
               segment, x_types.layout(type).element_bytes);
}

}  // namespace weft::interp
