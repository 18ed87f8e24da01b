// The translator's control instructions: frames and labels, branches, calls, returns.
#include "interp/core/op_facts.h"
#include "interp/translate/translator.h"
#include "interp/validate/type_registry.h"

namespace weft::interp {

LabelId Translator::new_label() {
  x_labels.emplace_back();
  return x_function.label_count++;
}

// Labels that nothing branches to would only stand in the way of later passes.
void Translator::place(LabelId label) {
  LabelState& state = x_labels[label];
  state.placed = true;
  if (!state.used) return;
  x_function.add_label(label);
  x_set_locals &= state.set_locals;
  barrier();
}

void Translator::use(LabelId label) {
  x_labels[label].used = true;
  x_labels[label].set_locals &= x_set_locals;
}

void Translator::leave() {
  x_set_locals = LocalSet::all();
  barrier();
}

// --- frames
// ----------------------------------------------------------------------------------------------------------

// Everything pending goes to its home before a block, parameters too: all ways through the block
// leave it there.
Translator::Label Translator::new_frame(Stack stack, BlockSignature signature) {
  flush_pending(stack);
  settle_top(stack, signature.params.size());
  Label label;
  label.target = new_label();
  label.base = {x_top.slot - slots_of(signature.params),
                x_top.index - static_cast<uint32_t>(signature.params.size())};
  label.try_ = x_try;
  return label;
}

Translator::Label Translator::block(Stack stack, BlockSignature signature) {
  return new_frame(stack, signature);
}

Translator::Label Translator::loop(Stack stack, BlockSignature signature) {
  Label label = new_frame(stack, signature);
  use(label.target);
  if (x_finds_byte_loops) emit({.shape = Shape::ByteLoop});  // dropped unless it is one
  place(label.target);
  label.fuel_region = x_fuel_region;
  begin_fuel_region();
  barrier();
  return label;
}

Translator::Label Translator::if_(Stack stack, BlockSignature signature, Operand condition) {
  const Condition taken = take_condition(condition);
  Label label = new_frame(stack, signature);
  label.else_target = new_label();
  emit_branch(taken, true, label.else_target);
  return label;
}

void Translator::else_(Frame& frame, Stack stack, bool then_reachable) {
  if (then_reachable) {
    settle_top(stack, frame.signature.results.size());
    emit_jump(frame.label.target);
  }
  place(frame.label.else_target);
  frame.label.else_target = kNoLabel;
  forget_pending();
  x_top = frame.label.base;
}

void Translator::end(Frame& frame, Stack stack, bool fallthrough_reachable) {
  if (fallthrough_reachable) {
    if (frame.kind == FrameKind::Catch) {  // its values are not yet where the frame's are
      gather_values(frame, stack);
      place_values(frame, stack);
    } else {
      settle_top(stack, frame.signature.results.size());
    }
  }
  if (frame.label.else_target != kNoLabel) place(frame.label.else_target);
  if (frame.kind == FrameKind::TryTable || frame.kind == FrameKind::Try)
    set_try(x_function.tries[frame.label.try_].parent);
  if (frame.kind == FrameKind::Loop) {
    x_fuel_region = frame.label.fuel_region;
  } else {
    place(frame.label.target);
  }
  forget_pending();
  x_top = frame.label.base;
}

Translator::Operand Translator::param(const Frame& frame, size_t i) {
  return push(repr_of_type(frame.signature.params[i]));
}

Translator::Operand Translator::result(const Frame& frame, size_t i) {
  return push(repr_of_type(frame.signature.results[i]));
}

// Code translated with fuel pays for a region, a loop's body or the function's outside of loops,
// when it is entered.
void Translator::begin_fuel_region() {
  if (!x_options.fuel) return;
  x_fuel_region = x_function.instrs.size();
  emit({.shape = Shape::Fuel});
}

// --- branches
// --------------------------------------------------------------------------------------------------------

// Pops a condition. If the instruction just emitted computed it and nothing else, the branch takes
// that one in.
Translator::Condition Translator::take_condition(const Operand& operand) {
  auto& instrs = x_function.instrs;
  Condition condition;
  IrOperand tested = pop_in_slot(operand);
  while (tested.dies && instrs.size() > x_barrier && instrs.back().writes_slot(tested.slot)) {
    IrInstr& last = instrs.back();
    if (last.key.shape == Shape::Unary && last.key.op == Opcode::I32Eqz) {
      tested = last.a;
      condition.negate = !condition.negate;
      instrs.pop_back();
      continue;
    }
    if (last.key.shape == Shape::Unary && last.key.op == Opcode::I64Eqz) {
      condition.instr = last;
      condition.instr.key = {.shape = Shape::CompareBranch, .op = Opcode::I64Eq, .b = In::Imm};
      condition.instr.b = IrOperand::constant(0);
    } else if (last.key.shape == Shape::Binary && fuses_with_branch(last.key.op) &&
               last.key.a == In::Slot && x_options.optimizations.has(Optimization::CompareBranch)) {
      condition.instr = last;
      condition.instr.key.shape = Shape::CompareBranch;
    } else {
      break;
    }
    condition.instr.d = kNoSlot;
    instrs.pop_back();
    return condition;
  }
  condition.instr.key = {.shape = Shape::BranchIf};
  condition.instr.a = tested;
  condition.instr.origin = x_origin;
  return condition;
}

void Translator::emit_branch(Condition condition, bool negate, LabelId target) {
  IrInstr& instr = condition.instr;
  if (condition.negate != negate) {
    if (const auto opposite =
            instr.key.shape == Shape::CompareBranch ? negated(instr.key.op) : std::nullopt) {
      instr.key.op = *opposite;
    } else {
      instr.key.flags |= kNegate;
    }
  }
  if (x_labels[target].placed) instr.key.flags |= kBack;
  instr.label = target;
  use(target);
  x_function.instrs.push_back(instr);
  barrier();
}

void Translator::emit_jump(LabelId target) {
  const bool back = x_labels[target].placed;
  emit({.shape = Shape::Branch, .flags = static_cast<uint8_t>(back ? kBack : 0)}).label = target;
  use(target);
  leave();
}

bool Translator::needs_moves(const Frame& frame, Stack stack) const {
  const auto types = frame.branch_types();
  uint32_t to = frame.label.base.slot;
  for (const Entry& entry : stack.last(types.size())) {
    if (entry.operand.kind != Operand::Kind::Temp || entry.operand.home.slot != to) return true;
    to += entry.type.slots();
  }
  return false;
}

// Many values of a branch go to their homes before it, so that one cell moves them all: else a
// branch of a few bytes could become a thousand cells.
void Translator::gather_values(const Frame& frame, Stack stack) {
  const size_t count = frame.branch_types().size();
  if (count > kFewValues) settle_top(stack, count);
}

// Puts the values that a branch takes where its frame expects them; the operand stack stays as it
// is. Moving in ascending order overwrites no source: each lies at or above its destination.
void Translator::place_values(const Frame& frame, Stack stack) {
  uint32_t to = frame.label.base.slot;
  const auto types = frame.branch_types();
  if (types.size() > kFewValues) {
    const uint32_t from = stack.last(types.size()).front().operand.home.slot;
    if (from == to) return;
    IrInstr& instr = emit({.shape = Shape::MoveMany});
    instr.x = from;
    instr.y = to;
    instr.z = slots_of(types);
    return;
  }
  for (const Entry& entry : stack.last(types.size())) {
    const IrOperand from = peek(entry.operand);
    if (!from.is_slot(to)) move(to, entry.operand.repr, from);
    to += entry.type.slots();
  }
}

void Translator::leave_to(Frame& frame, Stack stack) {
  if (frame.kind == FrameKind::Function) {
    emit_return(stack, frame.signature.results);
    return;
  }
  place_values(frame, stack);
  emit_jump(frame.label.target);
}

void Translator::br(Frame& frame, Stack stack) {
  gather_values(frame, stack);
  leave_to(frame, stack);
}

void Translator::br_if(Frame& frame, Stack stack, Operand condition) {
  branch_on(take_condition(condition), frame, stack);
}

// Branches to the frame if the condition holds, with the values on top of the stack, which stay.
void Translator::branch_on(Condition condition, Frame& frame, Stack stack) {
  gather_values(frame, stack);
  if (frame.kind != FrameKind::Function && !needs_moves(frame, stack)) {
    emit_branch(condition, false, frame.label.target);
    return;
  }
  const LabelId skip = new_label();
  emit_branch(condition, true, skip);
  leave_to(frame, stack);
  place(skip);
}

void Translator::br_table(std::span<Frame* const> frames, Stack stack, Operand index) {
  const IrOperand tested = pop_in_slot(index);
  gather_values(*frames.back(), stack);  // all frames take as many values as the default
  ++x_table_mark;
  IrInstr& table = emit({.shape = Shape::BranchTable});
  table.a = tested;
  table.x = static_cast<uint32_t>(frames.size() - 1);
  table.label = static_cast<LabelId>(x_function.tables.size());
  for (Frame* frame : frames) {
    Label& label = frame->label;
    if (label.table_mark != x_table_mark) {
      label.table_mark = x_table_mark;
      const bool direct = frame->kind != FrameKind::Function && !needs_moves(*frame, stack);
      label.trampoline = direct ? kNoLabel : new_label();
    }
    const LabelId target = label.trampoline == kNoLabel ? label.target : label.trampoline;
    use(target);
    x_function.tables.push_back(target);
  }
  leave();
  for (Frame* frame : frames) {
    Label& label = frame->label;
    if (label.trampoline == kNoLabel || x_labels[label.trampoline].placed) continue;
    place(label.trampoline);
    leave_to(*frame, stack);
  }
}

void Translator::emit_return(Stack stack, std::span<const ValType> results) {
  if (x_inlined) return leave_inlined(stack, results);
  if (results.empty()) {
    emit({.shape = Shape::ReturnVoid});
    leave();
    return;
  }
  if (results.size() == 1 && results[0] != ValType::V128) {
    const Operand& top = stack.back().operand;
    IrOperand value = peek(top);
    // On this way; what a conditional return leaves on the other was stored before its branch.
    value.dies = top.kind == Operand::Kind::Temp;
    const In place = place_of(value);
    emit({.shape = Shape::Return, .a = place, .repr = top.repr}).a = value;
    leave();
    return;
  }
  const Stack values = stack.last(results.size());
  for (const Entry& entry : values) {
    if (entry.operand.kind != Operand::Kind::Temp) {
      move(entry.operand.home.slot, entry.operand.repr, peek(entry.operand));
    }
  }
  IrInstr& instr = emit({.shape = Shape::ReturnMany});
  instr.x = values.front().operand.home.slot;
  instr.y = slots_of(results);
  touch(instr.y);
  leave();
}

void Translator::do_return(Stack stack, std::span<const ValType> results) {
  emit_return(stack, results);
}

void Translator::unreachable() {
  emit({.shape = Shape::Trap}).x = static_cast<uint32_t>(TrapCode::Unreachable);
  leave();
}

// --- calls
// -----------------------------------------------------------------------------------------------------------

// Arguments go to their homes, which are consecutive: the callee's frame begins there.
void Translator::stage_arguments(Stack args) {
  for (size_t i = args.size(); i-- > 0;) pop_home(args[i].operand);
}

void Translator::take_results(IrInstr& call, const FuncType& type) {
  x_called = &type;
  call.x = x_top.slot;
  touch(x_top.slot + std::max(slots_of(type.params), slots_of(type.results)));
  if (type.results.size() == 1 && type.results[0] != ValType::V128) {
    call.d = x_top.slot;
    call.result = repr_of_type(type.results[0]);
  }
}

void Translator::call(uint32_t func, const FuncType& type, Stack stack, Stack args) {
  if (inline_call(func, type, stack, args)) return;
  stage_arguments(args);
  const bool imported = func < x_module.imported_funcs;
  IrInstr& instr = emit({.shape = imported ? Shape::CallImport : Shape::CallLazy});
  instr.y = imported ? x_layout.imported_funcs + 8 * func : func;
  take_results(instr, type);
  // Short arguments are copied for the host with what is beyond them.
  if (imported) touch(x_top.slot + FuncLayout::kShortParams);
}

void Translator::call_indirect(uint32_t type_index, uint32_t table, const FuncType& type, Stack,
                               Stack args, Operand index) {
  const IrOperand selected = pop(index);
  stage_arguments(args);
  const In place = place_of(selected);
  IrInstr& instr = emit({.shape = Shape::CallIndirect, .a = place, .repr = index.repr});
  instr.a = selected;
  instr.y = type_key(x_module.types[type_index].id);
  instr.z = x_layout.tables + 8 * table;
  take_results(instr, type);
}

Translator::Operand Translator::call_result(size_t i) {
  if (x_inlined_result.kind != Operand::Kind::Temp) return inlined_result();
  return push(repr_of_type(x_called->results[i]));
}

}  // namespace weft::interp
