// Leaves (inlining.h) translated where they are called.
//
// The validator drives the translator over the leaf's body, with a stack of its own. The frame that
// a call would have made begins at the arguments' homes; here it is the top of the caller's. An
// argument that is a constant or one of the caller's locals stays what it is until the leaf sets
// the parameter: nothing in a leaf can change a caller's local.
#include <cassert>
#include <utility>

#include "interp/translate/inlining.h"
#include "interp/translate/translator.h"
#include "interp/validate/function_validator.h"

namespace weft::interp {

bool Translator::function(uint32_t func) {
  const uint64_t size = x_module.funcs[func].body.size();
  x_inline_budget = kInlinedBytes + kInlinedGrowth * size;
  return body(func);
}

// The module is valid: only memory can fail.
bool Translator::body(uint32_t func) {
  const ValidateOptions options;
  return validate_function(ValidationContext{x_module, x_types, options}, func, *this).has_value();
}

// Code with fuel pays for the instructions of a region at its beginning, whoever calls it.
bool Translator::inline_call(uint32_t func, const FuncType& type, Stack stack, Stack args) {
  if (!x_options.optimizations.has(Optimization::Inlining) || x_options.fuel || x_inlined ||
      func < x_module.imported_funcs) {
    return false;
  }
  const uint64_t size = x_module.funcs[func].body.size();
  // A frame in the red zone stays there.
  if (size > x_inline_budget || x_top.slot + kLeafSlots > kRedZoneSlots) return false;
  const std::optional<Leaf> leaf = leaf_of(x_module, func);
  if (!leaf) return false;
  x_inline_budget -= size;

  Inlined inlined;
  inlined.leaf = *leaf;
  inlined.first_local = static_cast<uint32_t>(x_locals.size());
  x_inlined = &inlined;
  bind_arguments(args);
  inlined.base = x_top;
  if (leaf->branches) {
    flush_pending(stack);
    inlined.exit = new_label();
  }
  const uint32_t pending = std::exchange(x_pending, 0);
  x_origin.inlined_at = x_origin.wasm_offset;

  [[maybe_unused]] const bool valid = body(func);
  assert(valid);

  x_origin = {.wasm_offset = x_origin.inlined_at};
  x_pending = pending;
  x_top = inlined.base;
  touch(x_top.slot + std::max(slots_of(type.params), slots_of(type.results)));
  if (leaf->branches) {
    place_exit();
  } else {
    take_inlined_result();
  }
  x_locals.erase(x_locals.begin() + inlined.first_local, x_locals.end());
  x_inlined_result = inlined.result;
  x_inlined = nullptr;
  x_called = &type;
  return true;
}

// Pops the arguments. What the leaf's parameters are at first, in reverse.
void Translator::bind_arguments(Stack args) {
  Inlined& inlined = *x_inlined;
  for (size_t i = args.size(); i-- > 0;) {
    const Operand& operand = args[i].operand;
    const Leaf::Local& use = inlined.leaf.locals[i];
    Binding& binding = inlined.bindings[i];
    binding.own_slot = operand.home.slot;
    const IrOperand value = pop(operand);
    const bool movable = !inlined.leaf.branches || use.writes == 0;
    if (operand.kind == Operand::Kind::Temp) {
      binding.read_once = movable && use.reads == 1;
    } else if (!movable) {
      move(operand.home.slot, operand.repr, value);
    } else if (operand.kind == Operand::Kind::Const) {
      binding.kind = Binding::Kind::Const;
      binding.bits = operand.bits;
    } else {
      binding.kind = Binding::Kind::Caller;
      binding.local = operand.local;
    }
  }
}

// The leaf's own locals are 0. The one that is its result has its slot where that belongs, if no
// parameter has.
void Translator::begin_inlined(std::span<const ValType> locals, uint32_t param_count) {
  Inlined& inlined = *x_inlined;
  const uint32_t base = inlined.base.slot;
  uint32_t end = base;  // of the slots that are used
  bool base_is_free = true;
  for (uint32_t i = 0; i < locals.size(); ++i) {
    const Leaf::Local& use = inlined.leaf.locals[i];
    Binding& binding = inlined.bindings[i];
    const Repr repr = repr_of_type(locals[i]);
    if (i >= param_count) {
      const bool at_base = i == inlined.leaf.result && base_is_free;
      binding.own_slot = at_base ? base : std::max(end, base + 1);
      if (inlined.leaf.branches && use.writes != 0 && use.read_unset) {
        move(binding.own_slot, repr, IrOperand::constant(0));
      } else {
        binding.kind = Binding::Kind::Const;
      }
    }
    if (binding.kind == Binding::Kind::Own || use.writes != 0) {
      end = std::max(end, binding.own_slot + 1);
      base_is_free &= binding.own_slot != base;
    }
    const bool is_callers = binding.kind == Binding::Kind::Caller;
    x_locals.push_back(
        {.slot = is_callers ? x_locals[binding.local].slot : binding.own_slot, .repr = repr});
  }
  // Operands are above what is in slots.
  x_top = {end, 0};
  touch(end);
}

Translator::Operand Translator::get_inlined_local(uint32_t index) {
  const Binding& binding = x_inlined->bindings[index];
  const uint32_t local = x_inlined->first_local + index;
  if (binding.kind == Binding::Kind::Const) {
    Operand operand = push(x_locals[local].repr);
    operand.kind = Operand::Kind::Const;
    operand.bits = binding.bits;
    return operand;
  }
  Operand operand = read_local(local);
  operand.read_once = binding.read_once;
  return operand;
}

void Translator::set_inlined_local(uint32_t index, const Operand& value, Stack stack) {
  Binding& binding = x_inlined->bindings[index];
  const uint32_t local = x_inlined->first_local + index;
  const bool is_same = value.kind == Operand::Kind::Local && value.local == local;
  if (!is_same) {
    if (binding.kind == Binding::Kind::Caller) {
      flush_local(local, stack);
      x_locals[local].slot = binding.own_slot;
    }
    binding.kind = Binding::Kind::Own;
  }
  binding.read_once = false;
  assign_local(local, value, stack);
}

// --- leaving

// A value that nothing else reads any more goes to where the leaf's result belongs.
void Translator::move_to_base(uint32_t slot, Repr repr) {
  const uint32_t base = x_inlined->base.slot;
  if (slot == base) return;
  const Operand value{.repr = repr, .home = {slot, 0}};
  if (!retarget(value, base)) move(base, repr, IrOperand::at(slot, true));
}

void Translator::leave_inlined(Stack stack, std::span<const ValType> results) {
  Inlined& inlined = *x_inlined;
  if (!inlined.leaf.branches) {
    if (!results.empty()) {
      inlined.result = stack.back().operand;
      inlined.returns = true;
    }
    return;
  }
  if (!results.empty()) {
    const Operand& top = stack.back().operand;
    const IrOperand from = peek(top);
    if (top.kind == Operand::Kind::Temp) {
      move_to_base(from.slot, top.repr);
    } else if (!from.is_slot(inlined.base.slot)) {
      move(inlined.base.slot, top.repr, from);
    }
  }
  emit_jump(inlined.exit);
  ++inlined.jumps;
}

// The last way out needs no jump.
void Translator::place_exit() {
  const LabelId exit = x_inlined->exit;
  auto& instrs = x_function.instrs;
  const IrInstr& last = instrs.back();
  if (last.key.shape == Shape::Branch && last.label == exit) {
    instrs.pop_back();
    x_barrier = std::min(x_barrier, instrs.size());
    if (--x_inlined->jumps == 0) {
      x_set_locals &= x_labels[exit].set_locals;
      x_labels[exit].used = false;
    }
  }
  forget_pending();
  place(exit);
}

// Of a leaf that is a straight line, what the caller finds as the call's result: a constant or a
// local of its own, or what is in the slot where a call would have left it.
void Translator::take_inlined_result() {
  Operand& result = x_inlined->result;
  if (!x_inlined->returns || result.kind == Operand::Kind::Const) return;
  if (result.kind == Operand::Kind::Local) {
    const uint32_t index = result.local - x_inlined->first_local;
    const Binding& binding = x_inlined->bindings[index];
    if (binding.kind == Binding::Kind::Caller) {
      result.local = binding.local;
      return;
    }
  }
  move_to_base(peek(result).slot, result.repr);
  result = {};
}

Translator::Operand Translator::inlined_result() {
  const Operand result = std::exchange(x_inlined_result, {});
  if (result.kind == Operand::Kind::Local) return push_read(result.local, result.repr);
  Operand operand = push(result.repr);
  operand.kind = Operand::Kind::Const;
  operand.bits = result.bits;
  return operand;
}

}  // namespace weft::interp
