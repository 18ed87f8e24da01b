// The translator's typed references: calls through them, tail calls, branches on null.
#include <array>

#include "interp/translate/translator.h"

namespace weft::interp {

void Translator::call_ref(const FuncType& type, Stack, Stack args, Operand callee) {
  const IrOperand func = pop_in_slot(callee);
  stage_arguments(args);
  IrInstr& instr = emit({.shape = Shape::CallRef, .repr = Repr::I64});
  instr.a = func;
  take_results(instr, type);
}

// --- tail calls: the arguments go to the beginning of the frame, which becomes the callee's

// Whether a local begins at this slot and takes just this one.
bool Translator::is_scalar_local(uint32_t slot) const {
  const auto at = std::ranges::lower_bound(x_locals, slot, {}, &Local::slot);
  return at != x_locals.end() && at->slot == slot && at->repr != Repr::V128;
}

// Each argument straight to its place. Moving in ascending order overwrites no argument that has
// its own slot, as that lies at or above its place; reads of locals that others overwrite come
// first.
void Translator::lower_few_arguments(Stack args) {
  std::array<IrOperand, kFewValues> values;
  for (size_t i = args.size(); i-- > 0;) values[i] = pop(args[i].operand);
  uint32_t slots = 0;
  for (const Entry& arg : args) slots += arg.type.slots();
  touch(slots);

  uint32_t to = 0;
  for (size_t i = 0; i < args.size(); ++i) {
    const Operand& operand = args[i].operand;
    const bool overwritten =
        operand.kind == Operand::Kind::Local && values[i].slot < slots && !values[i].is_slot(to);
    if (overwritten) {
      move(operand.home.slot, operand.repr, values[i]);
      values[i] = IrOperand::at(operand.home.slot, true);
    }
    to += args[i].type.slots();
  }
  to = 0;
  for (size_t i = 0; i < args.size(); ++i) {
    const Operand& operand = args[i].operand;
    const bool in_place = values[i].is_slot(to) || (operand.repr != Repr::V128 &&
                                                    is_scalar_local(to) && retarget(operand, to));
    if (!in_place) move(to, operand.repr, values[i]);
    to += args[i].type.slots();
  }
}

// Many arguments go to their homes first, so that one cell moves them all.
void Translator::move_arguments_down(Stack args) {
  if (args.size() <= kFewValues) return lower_few_arguments(args);
  stage_arguments(args);
  const uint32_t from = args.front().operand.home.slot;
  if (from == 0) return;
  IrInstr& instr = emit({.shape = Shape::MoveMany});
  instr.x = from;
  instr.y = 0;
  for (const Entry& arg : args) instr.z += arg.type.slots();
  touch(instr.z);
}

// What a tail call calls, popped as `callee`, out of the way of its arguments: its home lies above
// theirs, so no argument's place reaches it.
IrOperand Translator::clear_of_arguments(const Operand& operand, const IrOperand& callee,
                                         uint32_t argument_slots) {
  const bool overwritten =
      callee.kind == IrOperand::Kind::Slot && !callee.dies && callee.slot < argument_slots;
  if (!overwritten) return callee;
  move(operand.home.slot, operand.repr, callee);
  return IrOperand::at(operand.home.slot, true);
}

void Translator::return_call(uint32_t func, const FuncType&, Stack, Stack args) {
  move_arguments_down(args);
  const bool imported = func < x_module.imported_funcs;
  IrInstr& instr = emit({.shape = imported ? Shape::ReturnCallImport : Shape::ReturnCallLazy});
  instr.y = imported ? x_layout.imported_funcs + 8 * func : func;
  leave();
}

void Translator::return_call_indirect(uint32_t type_index, uint32_t table, const FuncType& type,
                                      Stack, Stack args, Operand index) {
  const IrOperand selected = clear_of_arguments(index, pop(index), slots_of(type.params));
  move_arguments_down(args);
  const In place = place_of(selected);
  IrInstr& instr = emit({.shape = Shape::ReturnCallIndirect, .a = place, .repr = index.repr});
  instr.a = selected;
  instr.y = type_key(x_module.types[type_index].id);
  instr.z = x_layout.tables + 8 * table;
  leave();
}

void Translator::return_call_ref(const FuncType& type, Stack, Stack args, Operand callee) {
  const IrOperand func = clear_of_arguments(callee, pop_in_slot(callee), slots_of(type.params));
  move_arguments_down(args);
  emit({.shape = Shape::ReturnCallRef, .repr = Repr::I64}).a = func;
  leave();
}

// --- null

Translator::Operand Translator::ref_as_non_null(ValType, Operand ref) {
  settle_constant(ref);
  emit({.shape = Shape::RefAsNonNull, .repr = Repr::I64}).a = peek(ref);
  return ref;
}

// The comparison of a reference, which stays on the stack, with null.
Translator::Condition Translator::null_test(const Operand& ref) {
  Condition condition;
  condition.instr.key = {.shape = Shape::CompareBranch, .op = Opcode::I64Eq, .b = In::Imm};
  condition.instr.a = peek(ref);
  condition.instr.b = IrOperand::constant(0);
  condition.instr.wasm_offset = x_offset;
  return condition;
}

Translator::Operand Translator::br_on_null(Frame& frame, Stack stack, ValType, Operand ref) {
  settle_constant(ref);
  branch_on(null_test(ref), frame, stack);
  return ref;
}

void Translator::br_on_non_null(Frame& frame, Stack stack) {
  Operand& ref = stack.back().operand;
  settle_constant(ref);
  Condition condition = null_test(ref);
  condition.negate = true;
  branch_on(condition, frame, stack);
  pop(ref);
}

}  // namespace weft::interp
