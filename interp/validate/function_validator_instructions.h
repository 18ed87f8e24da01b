// FunctionValidator: the rules of the instructions (Spec 3.0, 3.4 "Instructions"). Included by
// function_validator.h only.
#pragma once

#include "interp/validate/function_validator.h"

namespace weft::interp {

template <InstrSink Sink>
void FunctionValidator<Sink>::step() {
  x_at = x_in.offset();
  const Opcode opcode = x_instrs.opcode();
  const SignatureRule& rule = kSignatureRules[index_of(opcode)];
  if (!x_gate.require(x_in, rule.feature, x_at)) [[unlikely]]
    return;
  if constexpr (ConstantSink<Sink>) return constant_instr(opcode, rule);
  if (x_live) x_sink.at(x_at);
  if (rule.shape != InstrShape::None) return by_signature(opcode, rule);
  custom(opcode);
}

// The instructions with a rule of their own. An instruction that isn't here isn't executed yet, and
// is refused.
template <InstrSink Sink>
void FunctionValidator<Sink>::custom(Opcode opcode) {
  using enum Opcode;
  switch (index_of(opcode)) {
    case index_of(Unreachable):
      emit([](Sink& sink) { sink.unreachable(); });
      return set_unreachable();
    case index_of(Nop):
      return;
    case index_of(Block):
      return block(FrameKind::Block, read<Block>());
    case index_of(Loop):
      return block(FrameKind::Loop, read<Loop>());
    case index_of(If):
      return block(FrameKind::If, read<If>());
    case index_of(Else):
      return else_();
    case index_of(End):
      return end();
    case index_of(Br):
      return br(read<Br>());
    case index_of(BrIf):
      return br_if(read<BrIf>());
    case index_of(BrTable):
      return br_table(read<BrTable>());
    case index_of(Return):
      return return_();
    case index_of(Call):
      return call(read<Call>());
    case index_of(CallIndirect):
      return call_indirect(read<CallIndirect>());
    case index_of(Drop): {
      const Entry dropped = pop_any();
      return emit([&](Sink& sink) { sink.drop(dropped.type, dropped.operand); });
    }
    case index_of(Select):
      return select();
    case index_of(SelectT):
      return select_t(read<SelectT>());
    case index_of(LocalGet):
      return local_get(read<LocalGet>());
    case index_of(LocalSet):
      return local_set(read<LocalSet>());
    case index_of(LocalTee):
      return local_tee(read<LocalTee>());
    case index_of(GlobalGet):
      return global_get(read<GlobalGet>());
    case index_of(GlobalSet):
      return global_set(read<GlobalSet>());
    case index_of(I32Const):
    case index_of(I64Const):
    case index_of(F32Const):
    case index_of(F64Const):
    case index_of(V128Const):
      return constant_value(opcode);
    case index_of(I8x16Shuffle):
      return shuffle();
    case index_of(MemorySize): {
      const uint32_t memory = read<MemorySize>();
      if (!has_memory(memory)) return;
      return push_event(address_type(memory), [&](Sink& sink) { return sink.memory_size(memory); });
    }
    case index_of(MemoryGrow):
      return memory_grow(read<MemoryGrow>());
    case index_of(MemoryFill):
      return memory_fill(read<MemoryFill>());
    case index_of(MemoryCopy):
      return memory_copy(read<MemoryCopy>());
    case index_of(MemoryInit):
      return memory_init(read<MemoryInit>());
    case index_of(DataDrop): {
      const uint32_t data = read<DataDrop>();
      if (has_data(data)) emit([&](Sink& sink) { sink.data_drop(data); });
      return;
    }
    case index_of(RefNull):
      return ref_null(read<RefNull>());
    case index_of(RefIsNull):
      return ref_is_null();
    case index_of(RefFunc):
      return ref_func(read<RefFunc>());
    case index_of(TableGet):
      return table_get(read<TableGet>());
    case index_of(TableSet):
      return table_set(read<TableSet>());
    case index_of(TableSize): {
      const uint32_t index = read<TableSize>();
      const TableType* const type = table(index);
      if (!type) return;
      return push_event(val_type_of(type->index),
                        [&](Sink& sink) { return sink.table_size(index); });
    }
    case index_of(TableGrow):
      return table_grow(read<TableGrow>());
    case index_of(TableFill):
      return table_fill(read<TableFill>());
    case index_of(TableCopy):
      return table_copy(read<TableCopy>());
    case index_of(TableInit):
      return table_init(read<TableInit>());
    case index_of(ElemDrop): {
      const uint32_t index = read<ElemDrop>();
      if (elem(index)) emit([&](Sink& sink) { sink.elem_drop(index); });
      return;
    }
    default:
      return later(opcode);
  }
}

template <InstrSink Sink>
void FunctionValidator<Sink>::later(Opcode opcode) {
  using enum Opcode;
  if (info(opcode).feature == Feature::Threads) return atomic(opcode);
  switch (index_of(opcode)) {
    case index_of(ReturnCall):
      return return_call(read<ReturnCall>());
    case index_of(ReturnCallIndirect):
      return return_call_indirect(read<ReturnCallIndirect>());
    case index_of(CallRef):
      return call_ref(read<CallRef>());
    case index_of(ReturnCallRef):
      return return_call_ref(read<ReturnCallRef>());
    case index_of(RefAsNonNull):
      return ref_as_non_null();
    case index_of(BrOnNull):
      return br_on_null(read<BrOnNull>());
    case index_of(BrOnNonNull):
      return br_on_non_null(read<BrOnNonNull>());
    case index_of(Throw):
      return throw_(read<Throw>());
    case index_of(ThrowRef):
      return throw_ref();
    case index_of(TryTable):
      return try_table(read<TryTable>());
    case index_of(Try):
      return try_(read<Try>());
    case index_of(Catch):
      return catch_(read<Catch>());
    case index_of(CatchAll):
      return catch_all();
    case index_of(Rethrow):
      return rethrow(read<Rethrow>());
    case index_of(Delegate):
      return delegate(read<Delegate>());
    case index_of(RefTest):
    case index_of(RefTestNull):
      return ref_test(read<RefTest>(), opcode == RefTestNull);
    case index_of(RefCast):
    case index_of(RefCastNull):
      return ref_cast(read<RefCast>(), opcode == RefCastNull);
    case index_of(BrOnCast):
    case index_of(BrOnCastFail):
      return br_on_cast(read<BrOnCast>(), opcode == BrOnCastFail);
    case index_of(AnyConvertExtern):
      return ref_convert(opcode, HeapType::Extern, HeapType::Any);
    case index_of(ExternConvertAny):
      return ref_convert(opcode, HeapType::Any, HeapType::Extern);
    case index_of(RefEq):
      return ref_eq();
    case index_of(RefI31):
      return ref_i31();
    case index_of(I31GetS):
    case index_of(I31GetU): {
      const Operand ref = pop(kI31Ref);
      return push_event(ValType::I32, [&](Sink& sink) { return sink.i31_get(opcode, ref); });
    }
    case index_of(StructNew):
      return struct_new(read<StructNew>());
    case index_of(StructNewDefault):
      return struct_new_default(read<StructNewDefault>());
    case index_of(StructGet):
    case index_of(StructGetS):
    case index_of(StructGetU):
      return struct_get(opcode, read<StructGet>());
    case index_of(StructSet):
      return struct_set(read<StructSet>());
    case index_of(ArrayNew):
      return array_new(read<ArrayNew>());
    case index_of(ArrayNewDefault):
      return array_new_default(read<ArrayNewDefault>());
    case index_of(ArrayNewFixed):
      return array_new_fixed(read<ArrayNewFixed>());
    case index_of(ArrayNewData):
    case index_of(ArrayNewElem):
      return array_new_segment(opcode, read<ArrayNewData>());
    case index_of(ArrayGet):
    case index_of(ArrayGetS):
    case index_of(ArrayGetU):
      return array_get(opcode, read<ArrayGet>());
    case index_of(ArraySet):
      return array_set(read<ArraySet>());
    case index_of(ArrayLen):
      return array_len();
    case index_of(ArrayFill):
      return array_fill(read<ArrayFill>());
    case index_of(ArrayCopy):
      return array_copy(read<ArrayCopy>());
    case index_of(ArrayInitData):
    case index_of(ArrayInitElem):
      return array_init_segment(opcode, read<ArrayInitData>());
    case index_of(I64Add128):
    case index_of(I64Sub128):
    case index_of(I64MulWideS):
    case index_of(I64MulWideU):
      return wide(opcode);
    default:
      return fail(ErrorKind::Unsupported,
                  "needs " + std::string(info(opcode).text) + ", which this version does not have");
  }
}

// --- by signature

template <InstrSink Sink>
void FunctionValidator<Sink>::by_signature(Opcode opcode, const SignatureRule& rule) {
  switch (rule.shape) {
    case InstrShape::Unary: {
      const Operand a = pop(rule.params[0]);
      return push_event(rule.result, [&](Sink& sink) {
        return sink.unary(opcode, rule.params[0], rule.result, a);
      });
    }
    case InstrShape::Binary:
      return binary(opcode, rule);
    case InstrShape::Ternary: {
      const Operand c = pop(rule.params[2]);
      const Operand b = pop(rule.params[1]);
      const Operand a = pop(rule.params[0]);
      return push_event(rule.result, [&](Sink& sink) { return sink.ternary(opcode, a, b, c); });
    }
    case InstrShape::Load: {
      const MemArg memarg = x_instrs.template read<Imm::MemArg>();
      if (!access(memarg, rule)) return;
      const Operand address = pop(address_type(memarg.memory));
      return push_event(
          rule.result, [&](Sink& sink) { return sink.load(opcode, memarg, rule.result, address); });
    }
    case InstrShape::Store: {
      const MemArg memarg = x_instrs.template read<Imm::MemArg>();
      if (!access(memarg, rule)) return;
      const Operand value = pop(rule.params[0]);
      const Operand address = pop(address_type(memarg.memory));
      return emit([&](Sink& sink) { sink.store(opcode, memarg, rule.params[0], address, value); });
    }
    case InstrShape::LoadLane:
    case InstrShape::StoreLane:
      return memory_lane(opcode, rule);
    case InstrShape::ExtractLane:
    case InstrShape::ReplaceLane:
      return lane(opcode, rule);
    case InstrShape::None:
      break;
  }
}

template <InstrSink Sink>
void FunctionValidator<Sink>::binary(Opcode opcode, const SignatureRule& rule) {
  const Operand b = pop(rule.params[1]);
  const Operand a = pop(rule.params[0]);
  push_event(rule.result,
             [&](Sink& sink) { return sink.binary(opcode, rule.params[0], rule.result, a, b); });
}

template <InstrSink Sink>
bool FunctionValidator<Sink>::lane_exists(uint8_t lane, uint32_t lanes) {
  if (lane < lanes) return true;
  invalid("invalid lane index " + std::to_string(lane));
  return false;
}

template <InstrSink Sink>
void FunctionValidator<Sink>::memory_lane(Opcode opcode, const SignatureRule& rule) {
  const MemArgLane both = x_instrs.template read<Imm::MemArgLane>();
  if (!access(both.memarg, rule) || !lane_exists(both.lane, rule.lanes)) return;
  const Operand vector = pop(ValType::V128);
  const Operand address = pop(address_type(both.memarg.memory));
  if (rule.shape == InstrShape::StoreLane) {
    return emit(
        [&](Sink& sink) { sink.store_lane(opcode, both.memarg, both.lane, address, vector); });
  }
  push_event(ValType::V128, [&](Sink& sink) {
    return sink.load_lane(opcode, both.memarg, both.lane, address, vector);
  });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::lane(Opcode opcode, const SignatureRule& rule) {
  const uint8_t index = x_instrs.template read<Imm::Lane>();
  if (!lane_exists(index, rule.lanes)) return;
  if (rule.shape == InstrShape::ExtractLane) {
    const Operand vector = pop(rule.params[0]);
    return push_event(rule.result, [&](Sink& sink) {
      return sink.extract_lane(opcode, index, rule.result, vector);
    });
  }
  const Operand scalar = pop(rule.params[1]);
  const Operand vector = pop(rule.params[0]);
  push_event(rule.result, [&](Sink& sink) {
    return sink.replace_lane(opcode, index, rule.params[1], vector, scalar);
  });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::shuffle() {
  const V128 lanes = read<Opcode::I8x16Shuffle>();
  for (const uint8_t lane : lanes.bytes) {
    if (!lane_exists(lane, 32)) return;
  }
  const Operand b = pop(ValType::V128);
  const Operand a = pop(ValType::V128);
  push_event(ValType::V128, [&](Sink& sink) { return sink.shuffle(lanes, a, b); });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::constant_value(Opcode opcode) {
  using enum Opcode;
  const auto constant = [this](ValType type, const Value& value) {
    push_event(type, [&](Sink& sink) { return sink.constant(type, value); });
  };
  switch (index_of(opcode)) {
    case index_of(I32Const):
      return constant(ValType::I32, Value::of_i32(read<I32Const>()));
    case index_of(I64Const):
      return constant(ValType::I64, Value::of_i64(read<I64Const>()));
    case index_of(F32Const):
      return constant(ValType::F32, Value::of_bits(read<F32Const>()));
    case index_of(F64Const):
      return constant(ValType::F64, Value::of_bits(read<F64Const>()));
    default:
      return constant(ValType::V128, Value::of_v128(read<V128Const>()));
  }
}

// --- control

template <InstrSink Sink>
void FunctionValidator<Sink>::block(FrameKind kind, BlockType type) {
  if (!x_in.ok()) [[unlikely]]
    return;
  const auto signature = x_body_types.signature(type);
  if (!signature) return invalid(messages::unknown("type", type.index));
  Operand condition{};
  if (kind == FrameKind::If) condition = pop(ValType::I32);
  retype_top(signature->params);
  if (!x_in.ok()) return;
  Label label = emit([&](Sink& sink) {
    const Stack stack = x_stack.all();
    if (kind == FrameKind::If) return sink.if_(stack, *signature, condition);
    return kind == FrameKind::Loop ? sink.loop(stack, *signature) : sink.block(stack, *signature);
  });
  enter(kind, *signature, label);
}

template <InstrSink Sink>
void FunctionValidator<Sink>::else_() {
  ControlFrame& ended = frame();
  if (ended.kind != FrameKind::If)
    return fail(ErrorKind::Malformed, "END opcode expected: else without if");
  check_frame_end();
  if (!x_in.ok()) return;
  const bool then_reachable = x_live;
  if (ended.reachable) {
    if (!x_live) x_sink.at(x_at);
    x_sink.else_(ended, x_stack.all(), then_reachable);
  }
  x_stack.cut(ended.height);
  ended.kind = FrameKind::Else;
  ended.unreachable = false;
  x_live = ended.reachable;
  reset_set_locals(ended.set_locals);
  const std::span<const ValType> params = ended.signature.params;
  for (size_t i = 0; i < params.size(); ++i) {
    push_event(params[i], [&](Sink& sink) { return sink.param(ended, i); });
  }
}

template <InstrSink Sink>
void FunctionValidator<Sink>::end() {
  ControlFrame& ended = frame();
  if (ended.kind != FrameKind::Function) {
    return end_frame([&](Stack stack, bool fallthrough) { x_sink.end(ended, stack, fallthrough); });
  }
  check_frame_end();
  if (!x_in.ok()) return;
  if (x_live) {
    x_sink.do_return(x_stack.all(), ended.signature.results);
  } else {
    x_sink.at(x_at);
  }
  x_sink.end_function();
  leave();
}

// Ends a frame that is not the function's own, with `event(stack, fallthrough)` if it was entered.
template <InstrSink Sink>
template <class Event>
void FunctionValidator<Sink>::end_frame(Event&& event) {
  ControlFrame& ended = frame();
  check_frame_end();
  if (ended.kind == FrameKind::If) match_absent_else();
  if (!x_in.ok()) return;
  const bool fallthrough = x_live;
  if (ended.reachable) {
    if (!x_live) x_sink.at(x_at);
    event(x_stack.all(), fallthrough);
  }
  x_stack.cut(ended.height);
  x_live = ended.reachable;
  const std::span<const ValType> results = ended.signature.results;
  for (size_t i = 0; i < results.size(); ++i) {
    push_event(results[i], [&](Sink& sink) { return sink.result(ended, i); });
  }
  leave();
}

// An `if` without `else` passes its parameters on as results.
template <InstrSink Sink>
void FunctionValidator<Sink>::match_absent_else() {
  const auto [params, results] = frame().signature;
  const bool matching =
      params.size() == results.size() &&
      std::equal(params.begin(), params.end(), results.begin(),
                 [&](ValType param, ValType result) { return matches(param, result, x_types); });
  if (!matching) invalid("type mismatch: an if without else must yield what it takes");
}

template <InstrSink Sink>
void FunctionValidator<Sink>::br(uint32_t depth) {
  ControlFrame& target = label(depth);
  check_top(target.branch_types());
  emit([&](Sink& sink) { sink.br(target, x_stack.all()); });
  set_unreachable();
}

template <InstrSink Sink>
void FunctionValidator<Sink>::br_if(uint32_t depth) {
  ControlFrame& target = label(depth);
  const Operand condition = pop(ValType::I32);
  retype_top(target.branch_types());
  emit([&](Sink& sink) { sink.br_if(target, x_stack.all(), condition); });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::br_table(std::span<const uint32_t> depths) {
  const Operand index = pop(ValType::I32);
  const size_t arity = label(depths.back()).branch_types().size();
  x_targets.clear();
  x_targets.reserve(depths.size());
  const ValType* checked = nullptr;
  for (const uint32_t depth : depths) {
    ControlFrame& target = label(depth);
    const std::span<const ValType> types = target.branch_types();
    if (types.size() != arity)
      invalid("type mismatch: br_table's labels take different numbers of values");
    // Real tables name few labels many times.
    if (types.data() != checked) check_top(types);
    if (!x_in.ok()) return;
    checked = types.data();
    x_targets.push_back(&target);
  }
  emit([&](Sink& sink) { sink.br_table(x_targets, x_stack.all(), index); });
  set_unreachable();
}

template <InstrSink Sink>
void FunctionValidator<Sink>::return_() {
  const std::span<const ValType> results = x_frames.outermost().signature.results;
  check_top(results);
  emit([&](Sink& sink) { sink.do_return(x_stack.all(), results); });
  set_unreachable();
}

template <InstrSink Sink>
void FunctionValidator<Sink>::push_call_results(const FuncType& type) {
  drop_top(type.params.size());
  for (size_t i = 0; i < type.results.size(); ++i) {
    push_event(type.results[i], [&](Sink& sink) { return sink.call_result(i); });
  }
}

template <InstrSink Sink>
void FunctionValidator<Sink>::call(uint32_t func) {
  if (!has_func(func)) return;
  const FuncType& type = x_module.func_type(func);
  check_top(type.params);
  emit([&](Sink& sink) {
    const Stack stack = x_stack.all();
    const size_t below = stack.size() - type.params.size();
    sink.call(func, type, stack.first(below), stack.subspan(below));
  });
  push_call_results(type);
}

// A table of functions.
template <InstrSink Sink>
const TableType* FunctionValidator<Sink>::callee_table(uint32_t index) {
  const TableType* const callees = table(index);
  if (!callees || matches(callees->element, kFuncRef, x_types)) return callees;
  invalid(messages::type_mismatch(kFuncRef, callees->element));
  return nullptr;
}

template <InstrSink Sink>
void FunctionValidator<Sink>::call_indirect(IndexPair type_and_table) {
  const TableType* const callees = callee_table(type_and_table.second);
  const FuncType* const type = callees ? func_type(type_and_table.first) : nullptr;
  if (!type) return;
  const Operand callee = pop(val_type_of(callees->index));
  check_top(type->params);
  emit([&](Sink& sink) {
    const Stack stack = x_stack.all();
    const size_t below = stack.size() - type->params.size();
    sink.call_indirect(type_and_table.first, type_and_table.second, *type, stack.first(below),
                       stack.subspan(below), callee);
  });
  push_call_results(*type);
}

// --- parametric and variables

template <InstrSink Sink>
void FunctionValidator<Sink>::select() {
  const Operand condition = pop(ValType::I32);
  const Entry b = pop_any();
  const Entry a = pop_any();
  const ValType type = a.type == ValType::Bot ? b.type : a.type;
  if (a.type.is_ref() || b.type.is_ref())
    return invalid("type mismatch: select without a type on references");
  if (b.type != type && b.type != ValType::Bot)
    return invalid(messages::type_mismatch(type, b.type));
  push_event(type, [&](Sink& sink) { return sink.select(type, a.operand, b.operand, condition); });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::select_t(std::span<const ValType> types) {
  if (types.size() != 1) return invalid("invalid result arity");
  const auto type = x_body_types.resolve(types[0]);
  if (!type) return invalid("unknown type");
  const Operand condition = pop(ValType::I32);
  const Operand b = pop(*type);
  const Operand a = pop(*type);
  push_event(*type, [&](Sink& sink) { return sink.select(*type, a, b, condition); });
}

template <InstrSink Sink>
bool FunctionValidator<Sink>::has_local(uint32_t index) {
  if (index < x_locals.size()) [[likely]]
    return true;
  invalid(messages::unknown("local", index));
  return false;
}

template <InstrSink Sink>
void FunctionValidator<Sink>::mark_set(uint32_t index) {
  if (!x_tracks_locals || x_local_is_set[index]) [[likely]]
    return;
  x_local_is_set[index] = true;
  x_set_locals.push_back(index);
}

// What a frame set is unset again after it.
template <InstrSink Sink>
void FunctionValidator<Sink>::reset_set_locals(size_t count) {
  if (!x_tracks_locals) [[likely]]
    return;
  while (x_set_locals.size() > count) {
    x_local_is_set[x_set_locals.back()] = false;
    x_set_locals.pop_back();
  }
}

template <InstrSink Sink>
void FunctionValidator<Sink>::local_get(uint32_t index) {
  if (!has_local(index)) [[unlikely]]
    return;
  if (x_tracks_locals && !x_local_is_set[index])
    return invalid(messages::uninitialized_local(index));
  const ValType type = x_locals[index];
  push_event(type, [&](Sink& sink) { return sink.local_get(index, type); });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::local_set(uint32_t index) {
  if (!has_local(index)) [[unlikely]]
    return;
  const ValType type = x_locals[index];
  const Operand value = pop(type);
  mark_set(index);
  emit([&](Sink& sink) { sink.local_set(index, type, value, x_stack.all()); });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::local_tee(uint32_t index) {
  if (!has_local(index)) [[unlikely]]
    return;
  const ValType type = x_locals[index];
  const Operand value = pop(type);
  mark_set(index);
  push_event(type, [&](Sink& sink) { return sink.local_tee(index, type, value, x_stack.all()); });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::global_get(uint32_t index) {
  const size_t visible = ConstantSink<Sink> ? x_visible_globals : x_module.globals.size();
  if (index >= visible) [[unlikely]]
    return invalid(messages::unknown("global", index));
  const GlobalType& global = x_module.globals[index].type;
  if (ConstantSink<Sink> && global.is_mutable)
    return invalid("constant expression required: a mutable global");
  push_event(global.type, [&](Sink& sink) { return sink.global_get(index, global.type); });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::global_set(uint32_t index) {
  if (index >= x_module.globals.size()) [[unlikely]]
    return invalid(messages::unknown("global", index));
  const GlobalType& global = x_module.globals[index].type;
  if (!global.is_mutable) return invalid("immutable global " + std::to_string(index));
  const Operand value = pop(global.type);
  emit([&](Sink& sink) { sink.global_set(index, global.type, value); });
}

}  // namespace weft::interp
