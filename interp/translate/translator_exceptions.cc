// The translator's exceptions. A try is no code: the function's list of tries says which clauses
// apply from which instruction on, and CatchTable makes of it what an exception is looked up in.
#include "interp/translate/translator.h"

namespace weft::interp {

// --- tries

// Exceptions may leave the try before a local is set in it.
void Translator::enter_try(Label& label) {
  label.try_ = static_cast<TryId>(x_function.tries.size());
  label.set_locals = x_set_locals;
  x_function.tries.push_back({.parent = x_try});
  set_try(label.try_);
}

// The barrier keeps later passes over the end of the code from moving it across the border.
void Translator::set_try(TryId innermost) {
  x_try = innermost;
  barrier();
  auto& changes = x_function.try_changes;
  if (!changes.empty() && changes.back().from == x_function.instrs.size()) changes.pop_back();
  changes.push_back({x_function.instrs.size(), innermost});
}

void Translator::add_catch(TryId to, const IrCatch& clause) {
  IrTry& tried = x_function.tries[to];
  const auto index = static_cast<uint32_t>(x_function.catches.size());
  (tried.first == kNoCatch ? tried.first : x_function.catches[tried.last].next) = index;
  tried.last = index;
  x_function.catches.push_back(clause);
  use(clause.target);
}

// A clause whose target is the function itself finds its values at the frame's beginning, where
// results go. One place behind the function's code returns for all of them.
LabelId Translator::return_landing(std::span<const ValType> results) {
  if (x_return_landing == kNoLabel) {
    x_return_landing = new_label();
    x_landing_results = results;
  }
  return x_return_landing;
}

void Translator::place_return_landing() {
  if (x_return_landing == kNoLabel) return;
  place(x_return_landing);
  // A single scalar also has to be in its accumulator, which is for the cell to do.
  if (x_landing_results.size() == 1 && x_landing_results[0] != ValType::V128) {
    emit({.shape = Shape::Return, .repr = repr_of_type(x_landing_results[0])}).a = IrOperand::at(0);
  } else {
    emit({.shape = Shape::ReturnVoid});
  }
}

Translator::Label Translator::try_table(Stack stack, BlockSignature signature,
                                        std::span<const CatchHandler<Operand, Label>> handlers) {
  using Kind = CatchClause::Kind;
  Label label = new_frame(stack, signature);
  enter_try(label);
  for (const auto& handler : handlers) {
    const Frame& target = *handler.target;
    IrCatch clause{.values = target.label.base.slot};
    uint32_t end = clause.values;
    if (handler.kind == Kind::Catch || handler.kind == Kind::CatchRef) {
      clause.tag = x_layout.tags + 8 * handler.tag;
      const uint32_t type = x_module.tags[handler.tag].type_index;
      end += slots_of(x_module.types[type].type.composite.func.params);
    }
    if (handler.kind == Kind::CatchRef || handler.kind == Kind::CatchAllRef)
      clause.reference = end++;
    touch(end);
    clause.target = target.kind == FrameKind::Function ? return_landing(target.signature.results)
                                                       : target.label.target;
    add_catch(label.try_, clause);
  }
  return label;
}

// --- the legacy form

Translator::Label Translator::try_(Stack stack, BlockSignature signature) {
  Label label = new_frame(stack, signature);
  enter_try(label);
  return label;
}

// A catch part begins with the exception in the frame's first slot, for `rethrow`; its operands are
// above that.
void Translator::begin_catch(Frame& frame, Stack stack, bool reachable, uint32_t tag,
                             std::span<const ValType> values) {
  Label& label = frame.label;
  if (reachable) br(frame, stack);
  if (frame.kind == FrameKind::Try) set_try(x_function.tries[label.try_].parent);
  const LabelId landing = new_label();
  x_set_locals = label.set_locals;
  const uint32_t exception = label.base.slot;
  add_catch(label.try_,
            {.tag = tag, .values = exception + 1, .reference = exception, .target = landing});
  place(landing);
  forget_pending();
  x_top = {exception + 1, label.base.index};
  touch(x_top.slot + slots_of(values));
}

void Translator::catch_(Frame& frame, Stack stack, bool reachable, uint32_t tag,
                        const FuncType& type) {
  begin_catch(frame, stack, reachable, x_layout.tags + 8 * tag, type.params);
}

void Translator::catch_all(Frame& frame, Stack stack, bool reachable) {
  begin_catch(frame, stack, reachable, kAnyTag, {});
}

Translator::Operand Translator::catch_param(const Frame&, const FuncType& type, size_t i) {
  return push(repr_of_type(type.params[i]));
}

// The try, which has no clauses, passes its exceptions on to the target's instead of to the try
// around it.
void Translator::delegate(Frame& frame, Stack stack, bool fallthrough_reachable, Frame& target) {
  const TryId own = frame.label.try_;
  end(frame, stack, fallthrough_reachable);
  const TryId of_target = target.label.try_;
  x_function.tries[own].parent =
      target.kind == FrameKind::Catch ? x_function.tries[of_target].parent : of_target;
}

void Translator::rethrow(Frame& frame) {
  emit({.shape = Shape::ThrowRef}).a = IrOperand::at(frame.label.base.slot);
  leave();
}

// --- throwing

void Translator::throw_(uint32_t tag, const FuncType&, Stack, Stack args) {
  stage_arguments(args);
  IrInstr& instr = emit({.shape = Shape::Throw});
  instr.x = x_top.slot;
  instr.y = x_layout.tags + 8 * tag;
  leave();
}

void Translator::throw_ref(Operand exception) {
  const IrOperand thrown = pop_in_slot(exception);
  emit({.shape = Shape::ThrowRef}).a = thrown;
  leave();
}

}  // namespace weft::interp
