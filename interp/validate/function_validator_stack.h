// FunctionValidator: running, the operand stack, the control stack and the index spaces. Included
// by function_validator.h only.
#pragma once

#include "interp/validate/function_validator.h"

namespace weft::interp {

// --- running

template <InstrSink Sink>
void FunctionValidator<Sink>::begin(ByteRange range, std::span<const ValType> results) {
  x_in = Reader(x_module.source.bytes, range);
  x_at = range.begin;
  x_body_types.clear();
  x_stack.clear();
  x_frames.clear();
  x_locals.clear();
  x_tracks_locals = false;
  x_set_locals.clear();
  x_live = true;
  enter(FrameKind::Function, {{}, results}, Label{});
}

template <InstrSink Sink>
Result<void> FunctionValidator<Sink>::function(uint32_t func) {
  const Func& defined = x_module.funcs[func];
  const FuncType& type = x_module.types[defined.type_index].type.composite.func;
  begin(defined.body, type.results);
  locals(type);
  if (x_in.ok()) x_sink.begin_function(x_locals, static_cast<uint32_t>(type.params.size()));
  return run();
}

template <InstrSink Sink>
Result<void> FunctionValidator<Sink>::constant(ByteRange range, ValType expected,
                                               uint32_t visible_globals)
  requires ConstantSink<Sink>
{
  x_visible_globals = visible_globals;
  begin({range.begin, range.end + 1}, {&expected, 1});  // with the final `end`
  return run();
}

template <InstrSink Sink>
Result<void> FunctionValidator<Sink>::run() {
  while (x_in.ok() && x_frame) {
    if constexpr (std::same_as<Sink, NullSink>) {
      if (x_quick) quick_steps();
    }
    step();
  }
  if (x_in.ok() && !x_in.at_end())
    x_in.malformed("section size mismatch: code after the end of the function");
  if (!x_in.ok()) return std::unexpected(x_in.take_error());
  return {};
}

// The body's local declarations (Spec 3.0, 5.5.13 "Code Section").
template <InstrSink Sink>
void FunctionValidator<Sink>::locals(const FuncType& type) {
  x_locals.assign(type.params.begin(), type.params.end());
  const uint32_t groups = x_in.u32();
  uint64_t total = x_locals.size();
  uint64_t at_limit = 0;
  for (uint32_t i = 0; i < groups && x_in.ok(); ++i) {
    x_at = x_in.offset();
    const uint32_t count = x_in.u32();
    const auto resolved = x_body_types.resolve(TypeReader(x_in, x_gate, x_limits).val_type());
    if (!x_in.ok()) return;
    if (!resolved) return invalid("unknown type");
    if (total <= x_limits.locals) at_limit = x_at;
    total += count;
    // More than the format can number is malformed, whatever our limit: read on to tell.
    if (total > UINT32_MAX) return x_in.malformed(at_limit, "too many locals");
    if (total > x_limits.locals) continue;
    if (!resolved->is_defaultable() && !x_tracks_locals) {
      x_tracks_locals = true;
      x_local_is_set.assign(x_locals.size(), true);
    }
    x_locals.insert(x_locals.end(), count, *resolved);
    if (x_tracks_locals) x_local_is_set.resize(x_locals.size(), resolved->is_defaultable());
  }
  if (!x_in.ok() || total <= x_limits.locals) return;
  x_at = at_limit;
  fail(ErrorKind::Limit, "too many locals");
}

// --- operand stack

template <InstrSink Sink>
auto FunctionValidator<Sink>::pop_slow(ValType expected) -> Operand {
  if (!x_stack.above_floor()) {
    if (!frame().unreachable) invalid(messages::operand_missing(expected));
    return {};
  }
  const Entry actual = x_stack.pop();
  if (!matches(actual.type, expected, x_types))
    invalid(messages::type_mismatch(expected, actual.type));
  return actual.operand;
}

template <InstrSink Sink>
auto FunctionValidator<Sink>::pop_any() -> Entry {
  if (x_stack.above_floor()) [[likely]]
    return x_stack.pop();
  if (!frame().unreachable) invalid(messages::operand_missing());
  return {ValType::Bot, {}};
}

// Requires operands of these types on top; with kRetype, they then have exactly these types (the
// specification's pop_vals() followed by push_vals()). In dead code missing operands count as
// matching.
template <InstrSink Sink>
template <bool kRetype>
void FunctionValidator<Sink>::match_top(std::span<const ValType> types) {
  const size_t present = std::min(types.size(), x_stack.height_above_floor());
  const Stack entries = x_stack.top(present);
  const std::span<const ValType> expected = types.last(present);
  for (size_t i = present; i-- > 0;) {
    if (entries[i].type == expected[i]) [[likely]]
      continue;
    if (!matches(entries[i].type, expected[i], x_types)) {
      return invalid(messages::type_mismatch(expected[i], entries[i].type));
    }
    if constexpr (kRetype) entries[i].type = expected[i];
  }
  if (present == types.size()) [[likely]]
    return;
  if (!frame().unreachable)
    return invalid(messages::operand_missing(types[types.size() - present - 1]));
  if constexpr (kRetype) {
    x_stack.cut(x_stack.floor());
    push_all(types);
  }
}

template <InstrSink Sink>
void FunctionValidator<Sink>::push_all(std::span<const ValType> types) {
  for (const ValType type : types) push(type, {});
}

// The frame's results, and nothing else, are on the stack.
template <InstrSink Sink>
void FunctionValidator<Sink>::check_frame_end() {
  const std::span<const ValType> results = frame().signature.results;
  check_top(results);
  if (x_in.ok() && x_stack.height_above_floor() > results.size()) [[unlikely]] {
    invalid(messages::surplus_values(x_stack.height_above_floor() - results.size()));
  }
}

// After an error the stack still takes what the instruction pushes.
template <InstrSink Sink>
void FunctionValidator<Sink>::grow() {
  if (x_stack.height() >= x_limits.operands) fail(ErrorKind::Limit, "operand stack too high");
  x_stack.grow();
}

// --- control stack

template <InstrSink Sink>
auto FunctionValidator<Sink>::label(uint32_t depth) -> ControlFrame& {
  if (depth < x_frames.depth()) [[likely]]
    return *(x_frame - depth);
  invalid(messages::unknown("label", depth));
  return frame();
}

// The frame's parameters are on the stack already.
template <InstrSink Sink>
void FunctionValidator<Sink>::enter(FrameKind kind, BlockSignature signature, Label label) {
  if (x_frames.depth() >= x_limits.nesting)
    return fail(ErrorKind::Limit, "blocks nested too deeply");
  push_frame(kind, signature, label);
}

template <InstrSink Sink>
void FunctionValidator<Sink>::push_frame(FrameKind kind, const BlockSignature& signature,
                                         const Label& label) {
  ControlFrame& entered = x_frames.push();
  static_cast<Frame&>(entered) = {.kind = kind,
                                  .height = x_stack.height() - signature.params.size(),
                                  .signature = signature,
                                  .label = label,
                                  .reachable = x_live};
  entered.unreachable = false;
  entered.set_locals = x_set_locals.size();
  entered.catches_all = false;
  entered.is_plain = (kind == FrameKind::Block || kind == FrameKind::Loop ||
                      kind == FrameKind::If || kind == FrameKind::Else) &&
                     signature.params.empty() && signature.results.empty();
  x_frame = &entered;
  x_stack.set_floor(entered.height);
}

// Leaves the innermost frame, whose results are on the stack.
template <InstrSink Sink>
void FunctionValidator<Sink>::leave() {
  x_live = frame().reachable;
  reset_set_locals(frame().set_locals);
  x_frames.pop();
  x_frame = x_frames.depth() == 0 ? nullptr : x_frame - 1;
  if (x_frame) x_stack.set_floor(x_frame->height);
}

template <InstrSink Sink>
void FunctionValidator<Sink>::set_unreachable() {
  x_stack.cut(x_stack.floor());
  frame().unreachable = true;
  x_live = false;
}

// --- index spaces

template <InstrSink Sink>
const FuncType* FunctionValidator<Sink>::func_type(uint32_t type) {
  if (type >= x_module.types.size()) {
    invalid(messages::unknown("type", type));
    return nullptr;
  }
  const CompositeType& composite = x_module.types[type].type.composite;
  if (composite.kind == CompositeType::Kind::Func) [[likely]]
    return &composite.func;
  invalid(messages::not_a_func_type(type));
  return nullptr;
}

template <InstrSink Sink>
bool FunctionValidator<Sink>::has_func(uint32_t func) {
  if (func < x_module.funcs.size()) [[likely]]
    return true;
  invalid(messages::unknown("function", func));
  return false;
}

template <InstrSink Sink>
bool FunctionValidator<Sink>::has_memory(uint32_t memory) {
  if (memory < x_module.memories.size()) [[likely]]
    return true;
  invalid(messages::unknown("memory", memory));
  return false;
}

// The data count section announces the segments, which come after the code that names them.
template <InstrSink Sink>
bool FunctionValidator<Sink>::has_data(uint32_t data) {
  if (!x_module.data_count) {
    fail(ErrorKind::Malformed, "data count section required");
    return false;
  }
  if (data < *x_module.data_count) return true;
  invalid(messages::unknown("data segment", data));
  return false;
}

template <InstrSink Sink>
const TableType* FunctionValidator<Sink>::table(uint32_t index) {
  if (index < x_module.tables.size()) [[likely]]
    return &x_module.tables[index].type;
  invalid(messages::unknown("table", index));
  return nullptr;
}

template <InstrSink Sink>
const ElemSegment* FunctionValidator<Sink>::elem(uint32_t index) {
  if (index < x_module.elems.size()) [[likely]]
    return &x_module.elems[index];
  invalid(messages::unknown("elem segment", index));
  return nullptr;
}

// The immediate of a memory access (Spec 3.0, 3.4.9 "Memory Instructions").
template <InstrSink Sink>
bool FunctionValidator<Sink>::access(const MemArg& memarg, const SignatureRule& rule) {
  if (!has_memory(memarg.memory)) [[unlikely]]
    return false;
  if (memarg.align_log2 > rule.align_log2) [[unlikely]] {
    invalid(messages::alignment(memarg.align_log2, rule.align_log2));
    return false;
  }
  if (memarg.offset > UINT32_MAX && x_module.memories[memarg.memory].index == IndexType::I32)
      [[unlikely]] {
    invalid("offset out of range: " + std::to_string(memarg.offset));
    return false;
  }
  return true;
}

}  // namespace weft::interp
