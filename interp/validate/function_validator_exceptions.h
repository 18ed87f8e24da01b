// FunctionValidator: exceptions, in the standard form (Spec 3.0, 3.4.5 "Control Instructions") and
// in the legacy one (Spec Addendum: Legacy Exception Handling, 3 "Validation"). Included by
// function_validator.h only.
#pragma once

#include "interp/validate/function_validator.h"

namespace weft::interp {

// The type of a tag; null, with an error, if there is none.
template <InstrSink Sink>
const FuncType* FunctionValidator<Sink>::tag_type(uint32_t tag) {
  if (tag < x_module.tags.size())
    return &x_module.types[x_module.tags[tag].type_index].type.composite.func;
  invalid(messages::unknown("tag", tag));
  return nullptr;
}

template <InstrSink Sink>
void FunctionValidator<Sink>::throw_(uint32_t tag) {
  const FuncType* const type = tag_type(tag);
  if (!type) return;
  call_event(*type,
             [&](Sink& sink, Stack below, Stack args) { sink.throw_(tag, *type, below, args); });
  set_unreachable();
}

template <InstrSink Sink>
void FunctionValidator<Sink>::throw_ref() {
  const Operand exception = pop(kExnRef);
  emit([&](Sink& sink) { sink.throw_ref(exception); });
  set_unreachable();
}

// Whether the label takes what the clause hands over: the tag's values, then the exception.
template <InstrSink Sink>
bool FunctionValidator<Sink>::clause_matches(const CatchClause& clause, const Frame& target) {
  using Kind = CatchClause::Kind;
  x_scratch.clear();
  if (clause.kind == Kind::Catch || clause.kind == Kind::CatchRef) {
    const FuncType* const type = tag_type(clause.tag);
    if (!type) return false;
    x_scratch.assign(type->params.begin(), type->params.end());
  }
  if (clause.kind == Kind::CatchRef || clause.kind == Kind::CatchAllRef)
    x_scratch.push_back(ValType::ref(HeapType::Exn, false));
  const std::span<const ValType> wanted = target.branch_types();
  const bool matching =
      std::equal(x_scratch.begin(), x_scratch.end(), wanted.begin(), wanted.end(),
                 [&](ValType given, ValType taken) { return matches(given, taken, x_types); });
  if (!matching) invalid("type mismatch: a catch clause's values are not what its label takes");
  return matching;
}

template <InstrSink Sink>
void FunctionValidator<Sink>::try_table(const Immediate& immediate) {
  if (!x_in.ok()) return;
  const auto signature = x_body_types.signature(immediate.block);
  if (!signature) return invalid(messages::unknown("type", immediate.block.index));
  std::vector<CatchHandler<Operand, Label>> handlers;
  handlers.reserve(immediate.catches.size());
  // Labels count from outside.
  for (const CatchClause& clause : immediate.catches) {
    ControlFrame& target = label(clause.label);
    if (!x_in.ok() || !clause_matches(clause, target)) return;
    handlers.push_back({clause.kind, clause.tag, &target});
  }
  retype_top(signature->params);
  if (!x_in.ok()) return;
  const Label label =
      emit([&](Sink& sink) { return sink.try_table(x_stack.all(), *signature, handlers); });
  enter(FrameKind::TryTable, *signature, label);
}

// --- the legacy form

template <InstrSink Sink>
void FunctionValidator<Sink>::try_(BlockType type) {
  if (!x_in.ok()) return;
  const auto signature = x_body_types.signature(type);
  if (!signature) return invalid(messages::unknown("type", type.index));
  retype_top(signature->params);
  if (!x_in.ok()) return;
  const Label label = emit([&](Sink& sink) { return sink.try_(x_stack.all(), *signature); });
  enter(FrameKind::Try, *signature, label);
}

// Ends the part of a legacy try before a `catch` or `catch_all`; false if none may follow there.
template <InstrSink Sink>
template <class Event>
bool FunctionValidator<Sink>::begin_catch(Event&& event) {
  ControlFrame& ended = frame();
  if (ended.kind != FrameKind::Try && (ended.kind != FrameKind::Catch || ended.catches_all)) {
    fail(ErrorKind::Malformed, "END opcode expected: catch without try");
    return false;
  }
  check_frame_end();
  if (!x_in.ok()) return false;
  const bool reachable = x_live;
  if (ended.reachable) {
    if (!x_live) x_sink.at(x_at);
    event(ended, reachable);
  }
  x_stack.cut(ended.height);
  ended.kind = FrameKind::Catch;
  ended.unreachable = false;
  x_live = ended.reachable;
  reset_set_locals(ended.set_locals);
  return true;
}

template <InstrSink Sink>
void FunctionValidator<Sink>::catch_(uint32_t tag) {
  const FuncType* const type = tag_type(tag);
  if (!type) return;
  const bool begun = begin_catch([&](ControlFrame& ended, bool reachable) {
    x_sink.catch_(ended, x_stack.all(), reachable, tag, *type);
  });
  if (!begun) return;
  for (size_t i = 0; i < type->params.size(); ++i) {
    push_event(type->params[i], [&](Sink& sink) { return sink.catch_param(frame(), *type, i); });
  }
}

template <InstrSink Sink>
void FunctionValidator<Sink>::catch_all() {
  const bool begun = begin_catch([&](ControlFrame& ended, bool reachable) {
    x_sink.catch_all(ended, x_stack.all(), reachable);
  });
  if (begun) frame().catches_all = true;
}

template <InstrSink Sink>
void FunctionValidator<Sink>::rethrow(uint32_t depth) {
  ControlFrame& target = label(depth);
  if (!x_in.ok()) return;
  if (target.kind != FrameKind::Catch) return invalid("invalid rethrow label");
  emit([&](Sink& sink) { sink.rethrow(target); });
  set_unreachable();
}

// Ends a try without catches; its label counts from outside.
template <InstrSink Sink>
void FunctionValidator<Sink>::delegate(uint32_t depth) {
  ControlFrame& ended = frame();
  if (ended.kind != FrameKind::Try)
    return fail(ErrorKind::Malformed, "END opcode expected: delegate without try");
  if (depth >= x_frames.depth() - 1) return invalid(messages::unknown("label", depth));
  ControlFrame& target = label(depth + 1);
  end_frame(
      [&](Stack stack, bool fallthrough) { x_sink.delegate(ended, stack, fallthrough, target); });
}

}  // namespace weft::interp
