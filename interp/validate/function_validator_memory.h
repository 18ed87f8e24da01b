// FunctionValidator: memories, tables and references to functions, atomics, wide arithmetic (Spec
// 3.0, 3.4.9 "Table Instructions" and 3.4.10 "Memory Instructions"). Included by
// function_validator.h only.
#pragma once

#include "interp/validate/function_validator.h"

namespace weft::interp {

// --- memory

template <InstrSink Sink>
void FunctionValidator<Sink>::memory_grow(uint32_t memory) {
  if (!has_memory(memory)) return;
  const Operand pages = pop(address_type(memory));
  push_event(address_type(memory), [&](Sink& sink) { return sink.memory_grow(memory, pages); });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::memory_fill(uint32_t memory) {
  if (!has_memory(memory)) return;
  const Operand count = pop(address_type(memory));
  const Operand value = pop(ValType::I32);
  const Operand to = pop(address_type(memory));
  emit([&](Sink& sink) { sink.memory_fill(memory, to, value, count); });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::memory_copy(IndexPair to_and_from) {
  if (!has_memory(to_and_from.first) || !has_memory(to_and_from.second)) return;
  const ValType to_type = address_type(to_and_from.first);
  const ValType from_type = address_type(to_and_from.second);
  const Operand count = pop(to_type == from_type ? to_type : ValType(ValType::I32));
  const Operand from = pop(from_type);
  const Operand to = pop(to_type);
  emit([&](Sink& sink) {
    sink.memory_copy(to_and_from.first, to_and_from.second, to, from, count);
  });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::memory_init(IndexPair data_and_memory) {
  if (!has_memory(data_and_memory.second) || !has_data(data_and_memory.first)) return;
  const Operand count = pop(ValType::I32);
  const Operand from = pop(ValType::I32);
  const Operand to = pop(address_type(data_and_memory.second));
  emit([&](Sink& sink) {
    sink.memory_init(data_and_memory.first, data_and_memory.second, to, from, count);
  });
}

// --- references and tables

template <InstrSink Sink>
void FunctionValidator<Sink>::ref_null(HeapType heap) {
  const auto type = x_body_types.resolve(ValType::ref(heap, true));
  if (!type) return invalid(messages::unknown("type", heap.index()));
  push_event(*type, [&](Sink& sink) { return sink.ref_null(*type); });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::ref_is_null() {
  const Entry operand = pop_any();
  if (!operand.type.is_ref() && operand.type != ValType::Bot) {
    return invalid("type mismatch: expected a reference, found " + to_string(operand.type));
  }
  push_event(ValType::I32,
             [&](Sink& sink) { return sink.ref_is_null(operand.type, operand.operand); });
}

// Before function-references every function reference was a nullable funcref.
template <InstrSink Sink>
void FunctionValidator<Sink>::ref_func(uint32_t func) {
  if (!has_func(func)) return;
  if (!ConstantSink<Sink> && !x_module.declared_funcs[func]) {
    return invalid("undeclared function reference " + std::to_string(func));
  }
  const ValType type = x_gate.has(Feature::FunctionReferences)
                           ? ValType::ref(HeapType::of_index(x_module.func_type_id(func)), false)
                           : kFuncRef;
  push_event(type, [&](Sink& sink) { return sink.ref_func(func); });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::table_get(uint32_t index) {
  const TableType* const type = table(index);
  if (!type) return;
  const Operand at = pop(val_type_of(type->index));
  push_event(type->element, [&](Sink& sink) { return sink.table_get(index, type->element, at); });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::table_set(uint32_t index) {
  const TableType* const type = table(index);
  if (!type) return;
  const Operand value = pop(type->element);
  const Operand at = pop(val_type_of(type->index));
  emit([&](Sink& sink) { sink.table_set(index, at, value); });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::table_grow(uint32_t index) {
  const TableType* const type = table(index);
  if (!type) return;
  const Operand count = pop(val_type_of(type->index));
  const Operand value = pop(type->element);
  push_event(val_type_of(type->index),
             [&](Sink& sink) { return sink.table_grow(index, value, count); });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::table_fill(uint32_t index) {
  const TableType* const type = table(index);
  if (!type) return;
  const Operand count = pop(val_type_of(type->index));
  const Operand value = pop(type->element);
  const Operand at = pop(val_type_of(type->index));
  emit([&](Sink& sink) { sink.table_fill(index, at, value, count); });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::table_copy(IndexPair to_and_from) {
  const TableType* const to_table = table(to_and_from.first);
  const TableType* const from_table = table(to_and_from.second);
  if (!to_table || !from_table) return;
  if (!matches(from_table->element, to_table->element, x_types)) {
    return invalid(messages::type_mismatch(to_table->element, from_table->element));
  }
  const ValType to_type = val_type_of(to_table->index);
  const ValType from_type = val_type_of(from_table->index);
  const Operand count = pop(to_type == from_type ? to_type : ValType(ValType::I32));
  const Operand from = pop(from_type);
  const Operand to = pop(to_type);
  emit(
      [&](Sink& sink) { sink.table_copy(to_and_from.first, to_and_from.second, to, from, count); });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::table_init(IndexPair elem_and_table) {
  const TableType* const type = table(elem_and_table.second);
  const ElemSegment* const segment = type ? elem(elem_and_table.first) : nullptr;
  if (!segment) return;
  if (!matches(segment->type, type->element, x_types)) {
    return invalid(messages::type_mismatch(type->element, segment->type));
  }
  const Operand count = pop(ValType::I32);
  const Operand from = pop(ValType::I32);
  const Operand to = pop(val_type_of(type->index));
  emit([&](Sink& sink) {
    sink.table_init(elem_and_table.first, elem_and_table.second, to, from, count);
  });
}

// --- atomics and wide arithmetic, by signature

// Requires `count` operands, which are on the stack during the event and popped after it.
template <InstrSink Sink>
template <class Event>
void FunctionValidator<Sink>::signature_event(size_t count, Event&& event) {
  check_top(x_scratch);
  emit([&](Sink& sink) { event(sink, x_stack.all().last(count)); });
  drop_top(count);
}

template <InstrSink Sink>
void FunctionValidator<Sink>::atomic(Opcode opcode) {
  if (opcode == Opcode::AtomicFence) {
    read<Opcode::AtomicFence>();
    return emit([](Sink& sink) { sink.atomic_fence(); });
  }
  const MemArg memarg = x_instrs.template read<Imm::MemArg>();
  SignatureRule natural;
  natural.align_log2 = natural_align_log2(opcode);
  if (!x_in.ok() || !access(memarg, natural)) return;
  if (memarg.align_log2 != natural.align_log2)
    return invalid("alignment must be natural for atomic instructions");
  x_scratch.clear();
  for (const char letter : info(opcode).params()) {
    x_scratch.push_back(letter == 'a' ? address_type(memarg.memory) : val_type_of_letter(letter));
  }
  const std::string_view results = info(opcode).results();
  const ValType result = results.empty() ? ValType() : val_type_of_letter(results[0]);
  Operand made{};
  signature_event(x_scratch.size(), [&](Sink& sink, Stack operands) {
    made = sink.atomic(opcode, memarg, result, operands);
  });
  if (!results.empty()) push(result, made);
}

template <InstrSink Sink>
void FunctionValidator<Sink>::wide(Opcode opcode) {
  x_scratch.assign(info(opcode).params().size(), ValType::I64);
  signature_event(x_scratch.size(),
                  [&](Sink& sink, Stack operands) { sink.wide(opcode, operands); });
  for (size_t i = 0; i < info(opcode).results().size(); ++i) {
    push_event(ValType::I64, [&](Sink& sink) { return sink.wide_result(i); });
  }
}

}  // namespace weft::interp
