// The translator's plain instructions: everything but control and the operand stack itself.
#include "interp/translate/translator.h"

#include <array>

#include "interp/core/op_facts.h"
#include "interp/translate/op_shape.h"

namespace weft::interp {

namespace {

constexpr Repr index_repr(IndexType index) {
  return index == IndexType::I64 ? Repr::I64 : Repr::I32;
}

}  // namespace

void Translator::begin_function(std::span<const ValType> locals, uint32_t param_count) {
  if (x_inlined) return begin_inlined(locals, param_count);
  uint32_t slot = 0;
  x_param_count = param_count;
  x_locals.reserve(locals.size());
  for (const ValType local : locals) {
    x_locals.push_back({.slot = slot, .repr = repr_of_type(local)});
    slot += local.slots();
  }
  x_function.local_slots = slot;
  x_top = {slot, 0};
  touch(slot);
  emit({.shape = Shape::CheckStack});  // both are dropped at the end if there is no need for them
  emit({.shape = Shape::Zero});
  begin_fuel_region();
  barrier();
}

void Translator::end_function() {
  if (x_inlined) return;
  constexpr size_t kCheck = 0, kZero = 1;
  place_return_landing();
  auto& instrs = x_function.instrs;
  instrs[kCheck].x = x_function.frame_slots;
  if (x_function.frame_slots <= kRedZoneSlots) instrs[kCheck].key.shape = Shape::kCount;
  instrs[kZero].x = x_zero_begin;
  instrs[kZero].y = x_zero_end - x_zero_begin;
  if (x_zero_end == 0) instrs[kZero].key.shape = Shape::kCount;
}

void Translator::at(uint64_t offset) {
  x_origin.wasm_offset = static_cast<uint32_t>(offset);  // modules are at most 1 GiB
  if (x_options.fuel) ++x_function.instrs[x_fuel_region].x;
}

IrInstr& Translator::emit(const HandlerKey& key) {
  IrInstr& instr = x_function.instrs.emplace_back();
  instr.key = key;
  instr.origin = x_origin;
  return instr;
}

IrInstr& Translator::emit_vector(Shape shape, Opcode op) {
  return emit({.shape = shape, .op = op});
}

void Translator::emit_runtime(RuntimeCall call, uint32_t base, uint32_t y, uint32_t z) {
  IrInstr& instr = emit({.shape = Shape::Runtime});
  instr.p = runtime_call_address(call);
  instr.x = base;
  instr.y = y;
  instr.z = z;
}

// --- numeric
// ---------------------------------------------------------------------------------------------------------

Translator::Operand Translator::constant(ValType type, const Value& value) {
  const Repr repr = repr_of_type(type);
  if (repr == Repr::V128) {
    IrInstr& instr = emit_vector(Shape::VConst, Opcode::Nop);
    instr.p = read_unaligned<uint64_t>(value.v128.bytes);
    instr.q = read_unaligned<uint64_t>(value.v128.bytes + 8);
    return push_result(instr, repr);
  }
  Operand operand = push(repr);
  operand.kind = Operand::Kind::Const;
  operand.bits = repr == Repr::I32 || repr == Repr::F32 ? value.i32 : value.bits;
  return operand;
}

Translator::Operand Translator::unary(Opcode op, ValType operand, ValType result, Operand a) {
  if (op == Opcode::I64ExtendI32U) return extend_u(a);
  const IrOperand from = pop_in_slot(a);
  const bool vector = operand == ValType::V128 || result == ValType::V128;
  IrInstr& instr =
      vector ? emit_vector(vector_shape_of(op), op) : emit({.shape = Shape::Unary, .op = op});
  instr.a = from;
  return push_result(instr, repr_of_type(result));
}

Translator::Operand Translator::binary(Opcode op, ValType operands, ValType result, Operand a,
                                       Operand b) {
  if (operands == ValType::V128) {
    HandlerKey key{.shape = vector_shape_of(op), .op = op, .b = In::Imm};
    const IrOperand right = key.shape == Shape::VShift ? pop_for(key, b) : pop_in_slot(b);
    const IrOperand left = pop_in_slot(a);
    key.b = place_of(right);
    IrInstr& instr = emit(key);
    instr.a = left;
    instr.b = right;
    return push_result(instr, repr_of_type(result));
  }
  IrOperand right = pop(b);
  const bool both_constant = a.kind == Operand::Kind::Const && right.kind == IrOperand::Kind::Const;
  IrOperand left = both_constant ? pop_in_slot(a) : pop(a);
  if (left.kind == IrOperand::Kind::Const) {
    if (const auto other = swapped(op)) {
      std::swap(left, right);
      op = *other;
    }
  }
  IrInstr& instr =
      emit({.shape = Shape::Binary, .op = op, .a = place_of(left), .b = place_of(right)});
  instr.a = left;
  instr.b = right;
  return push_result(instr, repr_of_type(result));
}

Translator::Operand Translator::ternary(Opcode op, Operand a, Operand b, Operand c) {
  const IrOperand third = pop_in_slot(c);
  const IrOperand second = pop_in_slot(b);
  const IrOperand first = pop_in_slot(a);
  IrInstr& instr = emit_vector(vector_shape_of(op), op);
  instr.a = first;
  instr.b = second;
  instr.c = third;
  return push_result(instr, Repr::V128);
}

Translator::Operand Translator::extract_lane(Opcode op, uint8_t lane, ValType result, Operand a) {
  const IrOperand from = pop_in_slot(a);
  IrInstr& instr = emit_vector(Shape::VExtract, op);
  instr.a = from;
  instr.x = lane;
  return push_result(instr, repr_of_type(result));
}

Translator::Operand Translator::replace_lane(Opcode op, uint8_t lane, ValType, Operand a,
                                             Operand b) {
  const IrOperand scalar = pop_in_slot(b);
  const IrOperand vector = pop_in_slot(a);
  IrInstr& instr = emit_vector(Shape::VReplace, op);
  instr.a = vector;
  instr.b = scalar;
  instr.x = lane;
  return push_result(instr, Repr::V128);
}

Translator::Operand Translator::shuffle(const V128& lanes, Operand a, Operand b) {
  const IrOperand right = pop_in_slot(b);
  const IrOperand left = pop_in_slot(a);
  IrInstr& instr = emit_vector(Shape::VShuffle, Opcode::I8x16Shuffle);
  instr.a = left;
  instr.b = right;
  instr.p = read_unaligned<uint64_t>(lanes.bytes);
  instr.q = read_unaligned<uint64_t>(lanes.bytes + 8);
  return push_result(instr, Repr::V128);
}

Translator::Operand Translator::select(ValType type, Operand if_true, Operand if_false,
                                       Operand condition) {
  const Repr repr = repr_of_type(type);
  const IrOperand c = pop_in_slot(condition);
  const bool vector = repr == Repr::V128;
  const IrOperand b = vector ? pop_in_slot(if_false) : pop(if_false);
  const IrOperand a = vector ? pop_in_slot(if_true) : pop(if_true);
  IrInstr& instr =
      vector ? emit_vector(Shape::VSelect, Opcode::Nop)
             : emit({.shape = Shape::Select, .a = place_of(a), .b = place_of(b), .repr = repr});
  instr.a = a;
  instr.b = b;
  instr.c = c;
  return push_result(instr, repr);
}

void Translator::wide(Opcode op, Stack operands) {
  std::array<IrOperand, 4> from;
  for (size_t i = operands.size(); i-- > 0;) from[i] = pop_in_slot(operands[i].operand);
  IrInstr& instr = emit({.shape = operands.size() == 4 ? Shape::Wide : Shape::MulWide, .op = op});
  instr.a = from[0];
  instr.b = from[1];
  instr.c = from[2];
  instr.y = from[3].slot;
  instr.d = x_top.slot;
  instr.x = x_top.slot + 1;
}

Translator::Operand Translator::wide_result(size_t) { return push(Repr::I64); }

// --- globals
// ---------------------------------------------------------------------------------------------------------

Translator::Operand Translator::global_get(uint32_t global, ValType type) {
  const Repr repr = repr_of_type(type);
  const bool far = global < x_module.imported_globals;
  IrInstr& instr =
      repr == Repr::V128
          ? emit_vector(far ? Shape::VGlobalGetFar : Shape::VGlobalGet, Opcode::Nop)
          : emit({.shape = far ? Shape::GlobalGetFar : Shape::GlobalGet, .repr = repr});
  instr.x = far ? x_layout.imported_globals + 8 * global
                : x_layout.globals + 16 * (global - x_module.imported_globals);
  return push_result(instr, repr);
}

void Translator::global_set(uint32_t global, ValType type, Operand value) {
  const Repr repr = repr_of_type(type);
  const bool far = global < x_module.imported_globals;
  const IrOperand from = pop(value);
  IrInstr& instr = repr == Repr::V128
                       ? emit_vector(far ? Shape::VGlobalSetFar : Shape::VGlobalSet, Opcode::Nop)
                       : emit({.shape = far ? Shape::GlobalSetFar : Shape::GlobalSet,
                               .a = place_of(from),
                               .repr = repr});
  instr.a = from;
  instr.x = far ? x_layout.imported_globals + 8 * global
                : x_layout.globals + 16 * (global - x_module.imported_globals);
}

// --- memory
// ----------------------------------------------------------------------------------------------------------

namespace {

// An offset that no memory reaches stands for all such: with the access's size added it doesn't
// wrap.
uint64_t far_offset(uint64_t offset) { return std::min(offset, uint64_t{1} << 62); }

}  // namespace

Translator::Operand Translator::load(Opcode op, const MemArg& memarg, ValType type,
                                     Operand address) {
  const Repr repr = repr_of_type(type);
  const bool vector = repr == Repr::V128;
  if (is_far(memarg.memory)) {
    const IrOperand from = vector ? pop_in_slot(address) : pop(address);
    IrInstr& instr =
        emit({.shape = vector ? Shape::VLoadFar : Shape::LoadFar, .op = op, .a = place_of(from)});
    instr.a = from;
    set_far_place(instr, memarg);
    return push_result(instr, repr);
  }
  HandlerKey key{.shape = vector ? Shape::VLoad : Shape::Load,
                 .op = op,
                 .a = In::Imm,
                 .flags = memory_flags()};
  const IrOperand from = vector ? pop_for(key, address) : pop(address);
  key.a = place_of(from);
  IrInstr& instr = emit(key);
  instr.a = from;
  instr.offset = static_cast<uint32_t>(memarg.offset);
  return push_result(instr, repr);
}

void Translator::store(Opcode op, const MemArg& memarg, ValType type, Operand address,
                       Operand value) {
  const bool vector = type == ValType::V128;
  const IrOperand stored = vector ? pop_in_slot(value) : pop(value);
  if (is_far(memarg.memory)) {
    const IrOperand to = vector ? pop_in_slot(address) : pop(address);
    IrInstr& instr = emit(
        vector ? HandlerKey{.shape = Shape::VStoreFar}
               : HandlerKey{
                     .shape = Shape::StoreFar, .op = op, .a = place_of(to), .b = place_of(stored)});
    instr.a = to;
    instr.b = stored;
    set_far_place(instr, memarg);
    return;
  }
  HandlerKey key{.shape = vector ? Shape::VStore : Shape::Store,
                 .op = vector ? Opcode::Nop : op,
                 .a = In::Imm,
                 .b = place_of(stored),
                 .flags = memory_flags()};
  const IrOperand to = vector ? pop_for(key, address) : pop(address);
  key.a = place_of(to);
  IrInstr& instr = emit(key);
  instr.a = to;
  instr.b = stored;
  instr.offset = static_cast<uint32_t>(memarg.offset);
}

Translator::Operand Translator::load_lane(Opcode op, const MemArg& memarg, uint8_t lane,
                                          Operand address, Operand vector) {
  const IrOperand old = pop_in_slot(vector);
  const IrOperand from = pop_in_slot(address);
  IrInstr& instr = emit_lane_access(Shape::VLoadLane, Shape::VLoadLaneFar, op, memarg, lane);
  instr.a = from;
  instr.b = old;
  return push_result(instr, Repr::V128);
}

void Translator::store_lane(Opcode op, const MemArg& memarg, uint8_t lane, Operand address,
                            Operand vector) {
  const IrOperand stored = pop_in_slot(vector);
  const IrOperand to = pop_in_slot(address);
  IrInstr& instr = emit_lane_access(Shape::VStoreLane, Shape::VStoreLaneFar, op, memarg, lane);
  instr.a = to;
  instr.b = stored;
}

// The access without its operands.
IrInstr& Translator::emit_lane_access(Shape near, Shape far, Opcode op, const MemArg& memarg,
                                      uint8_t lane) {
  const bool named = is_far(memarg.memory);
  IrInstr& instr = named ? emit({.shape = far, .op = op})
                         : emit({.shape = near, .op = op, .flags = memory_flags()});
  instr.x = lane;
  if (named) {
    set_far_place(instr, memarg);
  } else {
    instr.offset = static_cast<uint32_t>(memarg.offset);
  }
  return instr;
}

// The memory goes where no lane does.
void Translator::set_far_place(IrInstr& instr, const MemArg& memarg) {
  const bool is_scalar = instr.key.shape == Shape::LoadFar || instr.key.shape == Shape::StoreFar;
  (is_scalar ? instr.x : instr.y) = memory_place(memarg.memory);
  instr.p = far_offset(memarg.offset);
}

Translator::Operand Translator::memory_size(uint32_t memory) {
  const Operand result = push(index_repr(x_module.memories[memory].index));
  emit_runtime(RuntimeCall::MemorySize, result.home.slot, memory);
  return result;
}

Translator::Operand Translator::memory_grow(uint32_t memory, Operand delta) {
  emit_runtime(RuntimeCall::MemoryGrow, pop_home(delta), memory);
  return push(index_repr(x_module.memories[memory].index));
}

void Translator::memory_fill(uint32_t memory, Operand to, Operand value, Operand count) {
  pop_home(count);
  pop_home(value);
  emit_runtime(RuntimeCall::MemoryFill, pop_home(to), memory);
}

void Translator::memory_copy(uint32_t to_memory, uint32_t from_memory, Operand to, Operand from,
                             Operand count) {
  pop_home(count);
  pop_home(from);
  emit_runtime(RuntimeCall::MemoryCopy, pop_home(to), to_memory, from_memory);
}

void Translator::memory_init(uint32_t data, uint32_t memory, Operand to, Operand from,
                             Operand count) {
  pop_home(count);
  pop_home(from);
  emit_runtime(RuntimeCall::MemoryInit, pop_home(to), data, memory);
}

void Translator::data_drop(uint32_t data) { emit_runtime(RuntimeCall::DataDrop, x_top.slot, data); }

// --- references and tables
// -------------------------------------------------------------------------------------------

Translator::Operand Translator::ref_null(ValType) {
  Operand operand = push(Repr::I64);
  operand.kind = Operand::Kind::Const;
  return operand;
}

Translator::Operand Translator::ref_is_null(ValType, Operand ref) {
  return unary(Opcode::I64Eqz, ValType::I64, ValType::I32, ref);
}

Translator::Operand Translator::ref_func(uint32_t func) {
  const Operand result = push(Repr::I64);
  emit_runtime(RuntimeCall::RefFunc, result.home.slot, func);
  return result;
}

Translator::Operand Translator::table_get(uint32_t table, ValType, Operand index) {
  emit_runtime(RuntimeCall::TableGet, pop_home(index), table);
  return push(Repr::I64);
}

void Translator::table_set(uint32_t table, Operand index, Operand value) {
  pop_home(value);
  emit_runtime(RuntimeCall::TableSet, pop_home(index), table);
}

Translator::Operand Translator::table_size(uint32_t table) {
  const Operand result = push(index_repr(x_module.tables[table].type.index));
  emit_runtime(RuntimeCall::TableSize, result.home.slot, table);
  return result;
}

Translator::Operand Translator::table_grow(uint32_t table, Operand value, Operand count) {
  pop_home(count);
  emit_runtime(RuntimeCall::TableGrow, pop_home(value), table);
  return push(index_repr(x_module.tables[table].type.index));
}

void Translator::table_fill(uint32_t table, Operand index, Operand value, Operand count) {
  pop_home(count);
  pop_home(value);
  emit_runtime(RuntimeCall::TableFill, pop_home(index), table);
}

void Translator::table_copy(uint32_t to_table, uint32_t from_table, Operand to, Operand from,
                            Operand count) {
  pop_home(count);
  pop_home(from);
  emit_runtime(RuntimeCall::TableCopy, pop_home(to), to_table, from_table);
}

void Translator::table_init(uint32_t elem, uint32_t table, Operand to, Operand from,
                            Operand count) {
  pop_home(count);
  pop_home(from);
  emit_runtime(RuntimeCall::TableInit, pop_home(to), elem, table);
}

void Translator::elem_drop(uint32_t elem) { emit_runtime(RuntimeCall::ElemDrop, x_top.slot, elem); }

}  // namespace weft::interp
