// The translator's operand stack: where operands are, and when they are put where.
#include "interp/translate/translator.h"

namespace weft::interp {

namespace {

constexpr uint32_t slots_of(Repr repr) { return repr == Repr::V128 ? 2 : 1; }

// How far back a result may be redirected into a local: far enough for what compilers put between.
constexpr size_t kRetargetWindow = 12;

// Whether `d` is a result that the instruction may write anywhere.
bool has_free_result(const IrInstr& instr) {
  switch (instr.key.shape) {
    case Shape::Call:
    case Shape::CallLazy:
    case Shape::CallImport:
    case Shape::CallIndirect:
    case Shape::CallRef:
      return false;
    default:
      return instr.has_result();
  }
}

// Whether `x` is a second result, likewise.
bool has_high_result(const IrInstr& instr) {
  return instr.key.shape == Shape::Wide || instr.key.shape == Shape::MulWide;
}

// Whether the instruction reads or writes slots that its operands don't name.
bool has_hidden_operands(const IrInstr& instr) {
  switch (instr.key.shape) {
    case Shape::Call:
    case Shape::CallLazy:
    case Shape::CallImport:
    case Shape::CallIndirect:
    case Shape::CallRef:
    case Shape::ReturnCall:
    case Shape::ReturnCallLazy:
    case Shape::ReturnCallImport:
    case Shape::ReturnCallIndirect:
    case Shape::ReturnCallRef:
    case Shape::Wide:
    case Shape::MulWide:
    case Shape::Throw:
    case Shape::NewObject:
    case Shape::Runtime:
    case Shape::MoveMany:
      return true;
    default:
      return false;
  }
}

}  // namespace

IrOperand Translator::peek(const Operand& operand) const {
  switch (operand.kind) {
    case Operand::Kind::Temp:
      return IrOperand::at(operand.home.slot);
    case Operand::Kind::Local:
      return IrOperand::at(x_locals[operand.local].slot);
    case Operand::Kind::Const:
      return IrOperand::constant(operand.bits);
  }
  return {};
}

IrOperand Translator::pop(const Operand& operand) {
  x_top = operand.home;
  if (operand.was_pending) {
    x_pending = operand.previous_pending;
    Local& local = x_locals[operand.local];
    if (local.epoch == x_epoch && local.youngest_read == operand.home.index + 1) {
      local.youngest_read = operand.previous_of_local;
    }
  }
  IrOperand popped = peek(operand);
  popped.dies = operand.kind == Operand::Kind::Temp || operand.read_once;
  return popped;
}

IrOperand Translator::pop_in_slot(const Operand& operand) {
  const IrOperand popped = pop(operand);
  if (popped.kind != IrOperand::Kind::Const) return popped;
  move(operand.home.slot, operand.repr, popped);
  return IrOperand::at(operand.home.slot, true);
}

IrOperand Translator::pop_for(const HandlerKey& key, const Operand& operand) {
  return handler_for(key) != nullptr ? pop(operand) : pop_in_slot(operand);
}

uint32_t Translator::pop_home(const Operand& operand) {
  const IrOperand popped = pop(operand);
  if (operand.kind != Operand::Kind::Temp) move(operand.home.slot, operand.repr, popped);
  return operand.home.slot;
}

Translator::Operand Translator::push(Repr repr) {
  Operand operand{.repr = repr, .home = x_top};
  x_top = {x_top.slot + slots_of(repr), x_top.index + 1};
  touch(x_top.slot);
  return operand;
}

Translator::Operand Translator::push_result(IrInstr& instr, Repr repr) {
  const Operand operand = push(repr);
  instr.d = operand.home.slot;
  return operand;
}

void Translator::move(uint32_t to, Repr repr, const IrOperand& from) {
  touch(to + slots_of(repr));
  if (repr == Repr::V128) {
    IrInstr& instr = emit({.shape = Shape::VMove});
    instr.a = from;
    instr.d = to;
    return;
  }
  IrInstr& instr = emit({.shape = Shape::Move, .a = place_of(from), .repr = repr});
  instr.a = from;
  instr.d = to;
}

void Translator::settle(Operand& operand) {
  if (operand.kind == Operand::Kind::Temp) return;
  move(operand.home.slot, operand.repr, peek(operand));
  operand.kind = Operand::Kind::Temp;
}

void Translator::settle_constant(Operand& operand) {
  if (operand.kind == Operand::Kind::Const) settle(operand);
}

void Translator::settle_top(Stack stack, size_t count) {
  for (Entry& entry : stack.last(count)) settle(entry.operand);
}

// Each pending entry is visited once: afterwards none is linked.
void Translator::flush_pending(Stack stack) {
  while (x_pending != 0) {
    Operand& operand = stack[x_pending - 1].operand;
    settle(operand);
    operand.was_pending = false;
    x_pending = operand.previous_pending;
  }
  forget_pending();
}

void Translator::forget_pending() {
  x_pending = 0;
  ++x_epoch;
}

void Translator::flush_local(uint32_t index, Stack stack) {
  Local& local = x_locals[index];
  if (local.epoch != x_epoch) return;
  while (local.youngest_read != 0) {
    Operand& operand = stack[local.youngest_read - 1].operand;
    settle(operand);
    local.youngest_read = operand.previous_of_local;
  }
}

Translator::Operand Translator::local_get(uint32_t index, ValType) {
  return x_inlined ? get_inlined_local(index) : read_local(index);
}

Translator::Operand Translator::read_local(uint32_t index) {
  Local& local = x_locals[index];
  const bool is_leafs = x_inlined && index >= x_inlined->first_local;
  if (!is_leafs && index >= x_param_count && !x_set_locals.has(index - x_param_count)) {
    x_zero_begin = std::min(x_zero_begin, local.slot);
    x_zero_end = std::max(x_zero_end, local.slot + slots_of(local.repr));
  }
  return push_read(index, local.repr);
}

Translator::Operand Translator::push_read(uint32_t index, Repr repr) {
  Local& local = x_locals[index];
  Operand operand = push(repr);
  operand.kind = Operand::Kind::Local;
  operand.was_pending = true;
  operand.local = index;
  operand.previous_pending = x_pending;
  operand.previous_of_local = local.epoch == x_epoch ? local.youngest_read : 0;
  x_pending = operand.home.index + 1;
  local.youngest_read = x_pending;
  local.epoch = x_epoch;
  return operand;
}

// An i32 as the i64 that it is already: slots and the accumulator hold it zero-extended.
Translator::Operand Translator::extend_u(const Operand& operand) {
  pop(operand);
  if (operand.kind == Operand::Kind::Local) return push_read(operand.local, Repr::I64);
  Operand extended = push(Repr::I64);
  extended.kind = operand.kind;
  extended.bits = operand.bits;
  return extended;
}

// Makes the instruction that computed `value` write into `slot` instead, if nothing in between can
// tell.
bool Translator::retarget(const Operand& value, uint32_t slot) {
  if (value.kind != Operand::Kind::Temp) return false;
  auto& instrs = x_function.instrs;
  const uint32_t home = value.home.slot;
  const size_t end = instrs.size() > kRetargetWindow ? instrs.size() - kRetargetWindow : 0;
  for (size_t i = instrs.size(); i-- > std::max(end, x_barrier);) {
    IrInstr& instr = instrs[i];
    if (instr.writes_slot(home) && has_free_result(instr)) {
      instr.d = slot;
      return true;
    }
    if (has_high_result(instr) && instr.x == home) {
      instr.x = slot;
      return true;
    }
    if (has_hidden_operands(instr) || instr.writes_slot(home) || instr.reads_slot(home) ||
        instr.writes_slot(slot) || instr.reads_slot(slot)) {
      return false;
    }
  }
  return false;
}

// Pops `value` into a local.
void Translator::assign_local(uint32_t index, const Operand& value, Stack stack) {
  Local& local = x_locals[index];
  const IrOperand popped = pop(value);
  if (index >= x_param_count) x_set_locals.add(index - x_param_count);
  if (value.kind == Operand::Kind::Local && value.local == index) return;
  const size_t before = x_function.instrs.size();
  flush_local(index, stack);
  const bool flushed = x_function.instrs.size() != before;
  if (flushed || !retarget(value, local.slot)) move(local.slot, local.repr, popped);
}

void Translator::local_set(uint32_t index, ValType, Operand value, Stack stack) {
  if (x_inlined) return set_inlined_local(index, value, stack);
  assign_local(index, value, stack);
}

Translator::Operand Translator::local_tee(uint32_t index, ValType type, Operand value,
                                          Stack stack) {
  local_set(index, type, value, stack);
  return local_get(index, type);
}

}  // namespace weft::interp
