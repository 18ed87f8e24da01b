// FunctionValidator: tail calls, typed references, casts and garbage-collected objects (Spec 3.0,
// 3.4.5 "Control Instructions", 3.4.8 "Reference Instructions" and 3.4.11 "Aggregate
// Instructions"). Included by function_validator.h only.
#pragma once

#include "interp/validate/function_validator.h"

namespace weft::interp {

// --- tail calls and calls through references

// What the callee yields is what the function yields.
template <InstrSink Sink>
bool FunctionValidator<Sink>::yields_own_results(const FuncType& callee) {
  const std::span<const ValType> results = x_frames.outermost().signature.results;
  const bool matching =
      std::equal(callee.results.begin(), callee.results.end(), results.begin(), results.end(),
                 [&](ValType given, ValType wanted) { return matches(given, wanted, x_types); });
  if (!matching) invalid("type mismatch: a tail call's results are not the function's");
  return matching;
}

// Requires the arguments on the stack and drives `event(sink, below, args)`.
template <InstrSink Sink>
template <class Event>
void FunctionValidator<Sink>::call_event(const FuncType& type, Event&& event) {
  check_top(type.params);
  emit([&](Sink& sink) {
    const Stack stack = x_stack.all();
    const size_t below = stack.size() - type.params.size();
    event(sink, stack.first(below), stack.subspan(below));
  });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::return_call(uint32_t func) {
  if (!has_func(func)) return;
  const FuncType& type = x_module.func_type(func);
  if (!yields_own_results(type)) return;
  call_event(type, [&](Sink& sink, Stack below, Stack args) {
    sink.return_call(func, type, below, args);
  });
  set_unreachable();
}

template <InstrSink Sink>
void FunctionValidator<Sink>::return_call_indirect(IndexPair type_and_table) {
  const TableType* const callees = callee_table(type_and_table.second);
  const FuncType* const type = callees ? func_type(type_and_table.first) : nullptr;
  if (!type || !yields_own_results(*type)) return;
  const Operand callee = pop(val_type_of(callees->index));
  call_event(*type, [&](Sink& sink, Stack below, Stack args) {
    sink.return_call_indirect(type_and_table.first, type_and_table.second, *type, below, args,
                              callee);
  });
  set_unreachable();
}

template <InstrSink Sink>
void FunctionValidator<Sink>::call_ref(uint32_t index) {
  const FuncType* const type = func_type(index);
  if (!type) return;
  const Operand callee = pop(ref_to(index, true));
  call_event(*type, [&](Sink& sink, Stack below, Stack args) {
    sink.call_ref(*type, below, args, callee);
  });
  push_call_results(*type);
}

template <InstrSink Sink>
void FunctionValidator<Sink>::return_call_ref(uint32_t index) {
  const FuncType* const type = func_type(index);
  if (!type || !yields_own_results(*type)) return;
  const Operand callee = pop(ref_to(index, true));
  call_event(*type, [&](Sink& sink, Stack below, Stack args) {
    sink.return_call_ref(*type, below, args, callee);
  });
  set_unreachable();
}

// --- null

// Any reference; in dead code one of the type below all others.
template <InstrSink Sink>
auto FunctionValidator<Sink>::pop_ref() -> Entry {
  Entry entry = pop_any();
  if (entry.type == ValType::Bot) {
    entry.type = ValType::ref(HeapType::Bot, false);
  } else if (!entry.type.is_ref()) {
    invalid("type mismatch: expected a reference, found " + to_string(entry.type));
  }
  return entry;
}

template <InstrSink Sink>
void FunctionValidator<Sink>::ref_as_non_null() {
  const Entry ref = pop_ref();
  if (!x_in.ok()) return;
  push_event(ValType::ref(ref.type.heap(), false),
             [&](Sink& sink) { return sink.ref_as_non_null(ref.type, ref.operand); });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::br_on_null(uint32_t depth) {
  ControlFrame& target = label(depth);
  const Entry ref = pop_ref();
  retype_top(target.branch_types());
  if (!x_in.ok()) return;
  push_event(ValType::ref(ref.type.heap(), false), [&](Sink& sink) {
    return sink.br_on_null(target, x_stack.all(), ref.type, ref.operand);
  });
}

// The last type that a label takes, which must be of a reference; the others are on the stack below
// the reference that is popped, and are left there. Bot if it isn't so.
template <InstrSink Sink>
ValType FunctionValidator<Sink>::label_reference(const ControlFrame& target) {
  const std::span<const ValType> types = target.branch_types();
  if (types.empty() || !types.back().is_ref()) {
    invalid("type mismatch: the label's last value must be a reference");
    return {};
  }
  return types.back();
}

template <InstrSink Sink>
void FunctionValidator<Sink>::br_on_non_null(uint32_t depth) {
  ControlFrame& target = label(depth);
  if (!x_in.ok()) return;
  const ValType last = label_reference(target);
  if (last == ValType::Bot) return;
  const std::span<const ValType> types = target.branch_types();
  const Operand ref = pop(ValType::ref(last.heap(), true));
  retype_top(types.first(types.size() - 1));
  push(last, ref);
  emit([&](Sink& sink) { sink.br_on_non_null(target, x_stack.all()); });
  x_stack.pop();
}

// --- casts

template <InstrSink Sink>
ValType FunctionValidator<Sink>::heap_ref(HeapType heap, bool nullable) {
  const auto type = x_body_types.resolve(ValType::ref(heap, nullable));
  if (type) return *type;
  invalid(messages::unknown("type", heap.index()));
  return {};
}

template <InstrSink Sink>
void FunctionValidator<Sink>::ref_test(HeapType heap, bool nullable) {
  const ValType to = heap_ref(heap, nullable);
  if (!x_in.ok()) return;
  const ValType from = ValType::ref(top_of(to.heap(), x_types), true);
  const Operand ref = pop(from);
  push_event(ValType::I32, [&](Sink& sink) { return sink.ref_test(from, to, ref); });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::ref_cast(HeapType heap, bool nullable) {
  const ValType to = heap_ref(heap, nullable);
  if (!x_in.ok()) return;
  const ValType from = ValType::ref(top_of(to.heap(), x_types), true);
  const Operand ref = pop(from);
  push_event(to, [&](Sink& sink) { return sink.ref_cast(from, to, ref); });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::br_on_cast(const CastBranch& cast, bool on_fail) {
  ControlFrame& target = label(cast.label);
  const ValType from = heap_ref(cast.from, cast.from_nullable);
  const ValType to = heap_ref(cast.to, cast.to_nullable);
  if (!x_in.ok()) return;
  if (!matches(to, from, x_types)) return invalid(messages::type_mismatch(from, to));
  // Null is of the type that is cast to if that has it, and else stays with the other.
  const ValType other = ValType::ref(from.heap(), from.is_nullable() && !to.is_nullable());
  const ValType taken = on_fail ? other : to;
  const ValType last = label_reference(target);
  if (!x_in.ok()) return;
  if (!matches(taken, last, x_types)) return invalid(messages::type_mismatch(last, taken));
  const std::span<const ValType> types = target.branch_types();
  const Operand ref = pop(from);
  retype_top(types.first(types.size() - 1));
  push(from, ref);
  const Operand left =
      emit([&](Sink& sink) { return sink.br_on_cast(target, x_stack.all(), from, to, on_fail); });
  x_stack.pop();
  push(on_fail ? to : other, left);
}

// The reference is the same, in another hierarchy.
template <InstrSink Sink>
void FunctionValidator<Sink>::ref_convert(Opcode opcode, HeapType from, HeapType to) {
  const Entry ref = pop_ref();
  if (!x_in.ok()) return;
  const ValType expected = ValType::ref(from, true);
  if (!matches(ref.type, expected, x_types))
    return invalid(messages::type_mismatch(expected, ref.type));
  push_event(ValType::ref(to, ref.type.is_nullable()),
             [&](Sink& sink) { return sink.ref_convert(opcode, ref.operand); });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::ref_i31() {
  const Operand value = pop(ValType::I32);
  push_event(ValType::ref(HeapType::I31, false), [&](Sink& sink) { return sink.ref_i31(value); });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::ref_eq() {
  const Operand b = pop(kEqRef);
  const Operand a = pop(kEqRef);
  push_event(ValType::I32, [&](Sink& sink) { return sink.ref_eq(a, b); });
}

// --- structs and arrays

template <InstrSink Sink>
const CompositeType* FunctionValidator<Sink>::composite(uint32_t type, CompositeType::Kind kind) {
  if (type >= x_module.types.size()) {
    invalid(messages::unknown("type", type));
    return nullptr;
  }
  const CompositeType& found = x_module.types[type].type.composite;
  if (found.kind == kind) return &found;
  invalid("type mismatch: type " + std::to_string(type) +
          (kind == CompositeType::Kind::Struct ? " is not a structure" : " is not an array"));
  return nullptr;
}

template <InstrSink Sink>
const FieldType* FunctionValidator<Sink>::element(uint32_t type) {
  const CompositeType* const array = composite(type, CompositeType::Kind::Array);
  return array ? &array->fields[0] : nullptr;
}

template <InstrSink Sink>
const FieldType* FunctionValidator<Sink>::mutable_element(uint32_t type) {
  const FieldType* const field = element(type);
  if (!field || field->is_mutable) return field;
  invalid("immutable array " + std::to_string(type));
  return nullptr;
}

template <InstrSink Sink>
const FieldType* FunctionValidator<Sink>::field(IndexPair type_and_field) {
  const CompositeType* const type = composite(type_and_field.first, CompositeType::Kind::Struct);
  if (!type) return nullptr;
  if (type_and_field.second < type->fields.size()) return &type->fields[type_and_field.second];
  invalid(messages::unknown("field", type_and_field.second));
  return nullptr;
}

// Packed fields are read with the sign or without; others are read as they are.
template <InstrSink Sink>
bool FunctionValidator<Sink>::reads(const FieldType& field, bool extends) {
  if (field.is_packed() == extends) return true;
  invalid(extends ? "type mismatch: field is not packed" : "type mismatch: field is packed");
  return false;
}

template <InstrSink Sink>
void FunctionValidator<Sink>::struct_new(uint32_t index) {
  const CompositeType* const type = composite(index, CompositeType::Kind::Struct);
  if (!type) return;
  std::vector<ValType>& types = x_scratch;
  types.clear();
  for (const FieldType& field : type->fields) types.push_back(field.type);
  check_top(types);
  const Operand made = emit([&](Sink& sink) {
    const Stack stack = x_stack.all();
    return sink.struct_new(type_id(index), stack.last(type->fields.size()));
  });
  drop_top(type->fields.size());
  push(ref_to(index, false), made);
}

template <InstrSink Sink>
void FunctionValidator<Sink>::struct_new_default(uint32_t index) {
  const CompositeType* const type = composite(index, CompositeType::Kind::Struct);
  if (!type) return;
  for (const FieldType& field : type->fields) {
    if (!field.type.is_defaultable())
      return invalid("type mismatch: field type is not defaultable: " + to_string(field.type));
  }
  push_event(ref_to(index, false),
             [&](Sink& sink) { return sink.struct_new_default(type_id(index)); });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::struct_get(Opcode opcode, IndexPair type_and_field) {
  const FieldType* const read = field(type_and_field);
  if (!read || !reads(*read, opcode != Opcode::StructGet)) return;
  const Operand ref = pop(ref_to(type_and_field.first, true));
  push_event(read->type, [&](Sink& sink) {
    return sink.struct_get(opcode, type_id(type_and_field.first), type_and_field.second, read->type,
                           ref);
  });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::struct_set(IndexPair type_and_field) {
  const FieldType* const written = field(type_and_field);
  if (!written) return;
  if (!written->is_mutable)
    return invalid("immutable field " + std::to_string(type_and_field.second));
  const Operand value = pop(written->type);
  const Operand ref = pop(ref_to(type_and_field.first, true));
  emit([&](Sink& sink) {
    sink.struct_set(type_id(type_and_field.first), type_and_field.second, ref, value);
  });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::array_new(uint32_t index) {
  const FieldType* const item = element(index);
  if (!item) return;
  const Operand length = pop(ValType::I32);
  const Operand value = pop(item->type);
  push_event(ref_to(index, false),
             [&](Sink& sink) { return sink.array_new(type_id(index), value, length); });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::array_new_default(uint32_t index) {
  const FieldType* const item = element(index);
  if (!item) return;
  if (!item->type.is_defaultable())
    return invalid("type mismatch: array type is not defaultable: " + to_string(item->type));
  const Operand length = pop(ValType::I32);
  push_event(ref_to(index, false),
             [&](Sink& sink) { return sink.array_new_default(type_id(index), length); });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::array_new_fixed(IndexPair type_and_count) {
  const FieldType* const item = element(type_and_count.first);
  if (!item) return;
  const size_t count = type_and_count.second;
  // As many as other engines allow; in dead code nothing else bounds them.
  if (count > x_limits.fields) return fail(ErrorKind::Limit, "too many elements");
  x_scratch.assign(count, item->type);
  check_top(x_scratch);
  const Operand made = emit([&](Sink& sink) {
    return sink.array_new_fixed(type_id(type_and_count.first), x_stack.all().last(count));
  });
  drop_top(count);
  push(ref_to(type_and_count.first, false), made);
}

// Whether elements of the array may be made from the bytes of a data segment.
template <InstrSink Sink>
bool FunctionValidator<Sink>::takes_data(const FieldType& item, uint32_t data) {
  if (item.type.is_ref()) {
    invalid("array type is not numeric or vector");
    return false;
  }
  return has_data(data);
}

template <InstrSink Sink>
bool FunctionValidator<Sink>::takes_elem(const FieldType& item, uint32_t segment) {
  const ElemSegment* const found = elem(segment);
  if (!found) return false;
  if (matches(found->type, item.type, x_types)) return true;
  invalid(messages::type_mismatch(item.type, found->type));
  return false;
}

template <InstrSink Sink>
void FunctionValidator<Sink>::array_new_segment(Opcode opcode, IndexPair type_and_segment) {
  const FieldType* const item = element(type_and_segment.first);
  if (!item) return;
  const uint32_t segment = type_and_segment.second;
  if (opcode == Opcode::ArrayNewData ? !takes_data(*item, segment) : !takes_elem(*item, segment))
    return;
  const Operand length = pop(ValType::I32);
  const Operand from = pop(ValType::I32);
  push_event(ref_to(type_and_segment.first, false), [&](Sink& sink) {
    return sink.array_new_segment(opcode, type_id(type_and_segment.first), segment, from, length);
  });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::array_get(Opcode opcode, uint32_t type) {
  const FieldType* const item = element(type);
  if (!item || !reads(*item, opcode != Opcode::ArrayGet)) return;
  const Operand index = pop(ValType::I32);
  const Operand ref = pop(ref_to(type, true));
  push_event(item->type, [&](Sink& sink) {
    return sink.array_get(opcode, type_id(type), item->type, ref, index);
  });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::array_set(uint32_t type) {
  const FieldType* const item = mutable_element(type);
  if (!item) return;
  const Operand value = pop(item->type);
  const Operand index = pop(ValType::I32);
  const Operand ref = pop(ref_to(type, true));
  emit([&](Sink& sink) { sink.array_set(type_id(type), ref, index, value); });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::array_len() {
  const Operand ref = pop(ValType::ref(HeapType::Array, true));
  push_event(ValType::I32, [&](Sink& sink) { return sink.array_len(ref); });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::array_fill(uint32_t type) {
  const FieldType* const item = mutable_element(type);
  if (!item) return;
  const Operand count = pop(ValType::I32);
  const Operand value = pop(item->type);
  const Operand index = pop(ValType::I32);
  const Operand ref = pop(ref_to(type, true));
  emit([&](Sink& sink) { sink.array_fill(type_id(type), ref, index, value, count); });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::array_copy(IndexPair to_and_from) {
  const FieldType* const to_item = mutable_element(to_and_from.first);
  const FieldType* const from_item = to_item ? element(to_and_from.second) : nullptr;
  if (!from_item) return;
  if (to_item->packed != from_item->packed || !matches(from_item->type, to_item->type, x_types))
    return invalid("array types do not match");
  const Operand count = pop(ValType::I32);
  const Operand from_index = pop(ValType::I32);
  const Operand from = pop(ref_to(to_and_from.second, true));
  const Operand to_index = pop(ValType::I32);
  const Operand to = pop(ref_to(to_and_from.first, true));
  emit([&](Sink& sink) {
    sink.array_copy(type_id(to_and_from.first), type_id(to_and_from.second), to, to_index, from,
                    from_index, count);
  });
}

template <InstrSink Sink>
void FunctionValidator<Sink>::array_init_segment(Opcode opcode, IndexPair type_and_segment) {
  const FieldType* const item = mutable_element(type_and_segment.first);
  if (!item) return;
  const uint32_t segment = type_and_segment.second;
  if (opcode == Opcode::ArrayInitData ? !takes_data(*item, segment) : !takes_elem(*item, segment))
    return;
  const Operand count = pop(ValType::I32);
  const Operand from = pop(ValType::I32);
  const Operand index = pop(ValType::I32);
  const Operand ref = pop(ref_to(type_and_segment.first, true));
  emit([&](Sink& sink) {
    sink.array_init_segment(opcode, type_id(type_and_segment.first), segment, ref, index, from,
                            count);
  });
}

}  // namespace weft::interp
