// Decodes and validates function bodies and constant expressions in one pass and drives a sink with
// what it finds.
//
// The specification's own algorithm (Spec 3.0, Appendix "Validation Algorithm"), with an operand
// and a control stack on the heap whose entries also carry the sink's annotations. Nothing is
// recursive. The stack operations that almost always succeed are inlined with a test for the usual
// case; the specification's literal rule is beside each in a function of its own, `_slow`, out of
// the way.
#pragma once

#include <algorithm>
#include <concepts>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "interp/core/error.h"
#include "interp/core/opcode.h"
#include "interp/core/types.h"
#include "interp/decode/feature_gate.h"
#include "interp/decode/instr_reader.h"
#include "interp/decode/module.h"
#include "interp/decode/reader.h"
#include "interp/validate/body_types.h"
#include "interp/validate/frame_stack.h"
#include "interp/validate/instr_sink.h"
#include "interp/validate/messages.h"
#include "interp/validate/operand_stack.h"
#include "interp/validate/quick_rules.h"
#include "interp/validate/signature_rules.h"
#include "interp/validate/validate_options.h"

namespace weft::interp {

// Reusable: one validator does any number of functions and keeps its storage.
template <InstrSink Sink>
class FunctionValidator {
 public:
  using Operand = typename Sink::Operand;
  using Label = typename Sink::Label;
  using Frame = ControlFrameView<Operand, Label>;
  using Stack = std::span<StackEntry<Operand>>;

  FunctionValidator(const ValidationContext& context, Sink& sink)
      : x_module(context.module),
        x_types(context.types),
        x_limits(context.options.limits),
        x_quick(std::same_as<Sink, NullSink> && context.options.quick),
        x_has_memory(!x_module.memories.empty()),
        x_address_type(x_has_memory ? address_type(0) : ValType()),
        x_sink(sink),
        x_gate{context.options.features, {}},
        x_instrs(x_in, x_gate, x_limits),
        x_body_types(context.module) {}
  FunctionValidator(const FunctionValidator&) = delete;
  FunctionValidator& operator=(const FunctionValidator&) = delete;

  // A defined function of the module, whose module-level rules hold already.
  Result<void> function(uint32_t func);

  // A constant expression that yields `expected` and may read the first `visible_globals` globals.
  Result<void> constant(ByteRange range, ValType expected, uint32_t visible_globals)
    requires ConstantSink<Sink>;

  FeatureSet used_features() const { return x_gate.used; }

 private:
  struct ControlFrame : Frame {
    bool unreachable =
        false;              // the rest of the frame is dead code: its operand stack is polymorphic
    size_t set_locals = 0;  // entries of x_set_locals at the frame's beginning
    bool catches_all = false;  // a legacy try that has had its catch_all
    bool is_plain = false;     // one of the original four blocks, without parameters and results
  };
  using Entry = StackEntry<Operand>;
  using Quick = QuickState<Operand>;

  // --- running
  void begin(ByteRange range, std::span<const ValType> results);
  Result<void> run();
  // Inlined into run(), with the commonest instructions: a fifth fewer host instructions per wasm
  // instruction.
  [[gnu::always_inline]] inline void step();
  [[gnu::always_inline]] inline void custom(Opcode opcode);
  // What version 2.0 doesn't have, out of the way of what is common.
  [[gnu::noinline]] void later(Opcode opcode);
  void locals(const FuncType& type);
  void fail(ErrorKind kind, std::string message) { x_in.fail(kind, x_at, std::move(message)); }
  void invalid(std::string message) { fail(ErrorKind::Invalid, std::move(message)); }
  template <Opcode kOpcode>
  auto read() {
    return x_instrs.template read<info(kOpcode).immediate>();
  }

  // The one place where reachability matters to the sink: events of dead or refused code are
  // dropped.
  template <class Event>
  auto emit(Event&& event) -> decltype(event(std::declval<Sink&>())) {
    using Annotation = decltype(event(x_sink));
    if (x_live && x_in.ok()) [[likely]]
      return event(x_sink);
    if constexpr (!std::is_void_v<Annotation>) return Annotation{};
  }
  template <class Event>
  void push_event(ValType type, Event&& event) {
    push(type, emit(std::forward<Event>(event)));
  }

  // --- operand stack
  void push(ValType type, Operand operand) {
    if (x_stack.full()) [[unlikely]]
      grow();
    x_stack.push(type, operand);
  }
  Operand pop(ValType expected) {
    if (x_stack.above_floor() && x_stack.top().type == expected) [[likely]]
      return x_stack.pop().operand;
    return pop_slow(expected);
  }
  [[gnu::noinline]] Operand pop_slow(ValType expected);
  Entry pop_any();
  Entry pop_ref();
  void check_top(std::span<const ValType> types) { match_top<false>(types); }
  void retype_top(std::span<const ValType> types) { match_top<true>(types); }
  template <bool kRetype>
  void match_top(std::span<const ValType> types);
  void push_all(std::span<const ValType> types);
  void drop_top(size_t count) {
    x_stack.cut(x_stack.height() - std::min(count, x_stack.height_above_floor()));
  }
  void check_frame_end();
  [[gnu::noinline]] void grow();

  // --- control stack
  ControlFrame& frame() { return *x_frame; }
  ControlFrame& label(uint32_t depth);
  void enter(FrameKind kind, BlockSignature signature, Label label);
  [[gnu::always_inline]] inline void push_frame(FrameKind kind, const BlockSignature& signature,
                                                const Label& label);
  void leave();
  void set_unreachable();

  // --- spaces that immediates index
  const FuncType* func_type(uint32_t type);
  bool has_func(uint32_t func);
  bool has_memory(uint32_t memory);
  bool has_data(uint32_t data);
  const TableType* table(uint32_t index);
  const ElemSegment* elem(uint32_t index);
  const TableType* callee_table(uint32_t index);
  const FuncType* tag_type(uint32_t tag);
  const CompositeType* composite(uint32_t type, CompositeType::Kind kind);
  const FieldType* field(IndexPair type_and_field);
  const FieldType* element(uint32_t type);
  const FieldType* mutable_element(uint32_t type);
  TypeId type_id(uint32_t type) const { return x_module.types[type].id; }
  ValType ref_to(uint32_t type, bool nullable) const {
    return ValType::ref(HeapType::of_index(type_id(type)), nullable);
  }
  ValType heap_ref(HeapType heap, bool nullable);
  ValType address_type(uint32_t memory) const {
    return val_type_of(x_module.memories[memory].index);
  }
  [[gnu::always_inline]] inline bool access(const MemArg& memarg, const SignatureRule& rule);

  // --- instructions
  [[gnu::always_inline]] inline void by_signature(Opcode opcode, const SignatureRule& rule);
  void memory_lane(Opcode opcode, const SignatureRule& rule);
  void lane(Opcode opcode, const SignatureRule& rule);
  bool lane_exists(uint8_t lane, uint32_t lanes);
  void shuffle();
  void binary(Opcode opcode, const SignatureRule& rule);
  void constant_value(Opcode opcode);
  void block(FrameKind kind, BlockType type);
  void else_();
  void end();
  template <class Event>
  void end_frame(Event&& event);
  void match_absent_else();
  void br(uint32_t depth);
  void br_if(uint32_t depth);
  void br_table(std::span<const uint32_t> depths);
  void return_();
  void call(uint32_t func);
  void call_indirect(IndexPair type_and_table);
  void push_call_results(const FuncType& type);
  void select();
  void select_t(std::span<const ValType> types);
  [[gnu::always_inline]] inline void local_get(uint32_t index);
  [[gnu::always_inline]] inline void local_set(uint32_t index);
  void local_tee(uint32_t index);
  bool has_local(uint32_t index);
  void mark_set(uint32_t index);
  void reset_set_locals(size_t count);
  void global_get(uint32_t index);
  void global_set(uint32_t index);
  void memory_grow(uint32_t memory);
  void memory_fill(uint32_t memory);
  void memory_copy(IndexPair to_and_from);
  void memory_init(IndexPair data_and_memory);
  void ref_null(HeapType heap);
  void ref_is_null();
  void ref_func(uint32_t func);
  void table_get(uint32_t index);
  void table_set(uint32_t index);
  void table_grow(uint32_t index);
  void table_fill(uint32_t index);
  void table_copy(IndexPair to_and_from);
  void table_init(IndexPair elem_and_table);
  void atomic(Opcode opcode);
  void wide(Opcode opcode);
  // The operands of an instruction with a signature, popped.
  template <class Event>
  void signature_event(size_t count, Event&& event);

  // --- function_validator_references.h
  bool yields_own_results(const FuncType& callee);
  template <class Event>
  void call_event(const FuncType& type, Event&& event);
  void return_call(uint32_t func);
  void return_call_indirect(IndexPair type_and_table);
  void call_ref(uint32_t index);
  void return_call_ref(uint32_t index);
  void ref_as_non_null();
  void br_on_null(uint32_t depth);
  void br_on_non_null(uint32_t depth);
  ValType label_reference(const ControlFrame& target);
  void ref_test(HeapType heap, bool nullable);
  void ref_cast(HeapType heap, bool nullable);
  void br_on_cast(const CastBranch& cast, bool on_fail);
  void ref_convert(Opcode opcode, HeapType from, HeapType to);
  void ref_eq();
  void ref_i31();
  bool reads(const FieldType& field, bool extends);
  void struct_new(uint32_t index);
  void struct_new_default(uint32_t index);
  void struct_get(Opcode opcode, IndexPair type_and_field);
  void struct_set(IndexPair type_and_field);
  void array_new(uint32_t index);
  void array_new_default(uint32_t index);
  void array_new_fixed(IndexPair type_and_count);
  bool takes_data(const FieldType& item, uint32_t data);
  bool takes_elem(const FieldType& item, uint32_t segment);
  void array_new_segment(Opcode opcode, IndexPair type_and_segment);
  void array_get(Opcode opcode, uint32_t type);
  void array_set(uint32_t type);
  void array_len();
  void array_fill(uint32_t type);
  void array_copy(IndexPair to_and_from);
  void array_init_segment(Opcode opcode, IndexPair type_and_segment);

  // --- function_validator_constants.h
  void constant_instr(Opcode opcode, const SignatureRule& rule);

  // --- function_validator_quick.h
  template <class Validator>
  friend struct QuickHandlers;
  void quick_steps();
  [[gnu::noinline]] void leave_quick(const uint8_t* at, Entry* top);
  [[gnu::always_inline]] inline bool quick_step(const QuickRule& rule, Quick& quick);
  [[gnu::always_inline]] inline bool quick_access(const QuickRule& rule, Quick& quick);
  [[gnu::always_inline]] inline bool quick_block(QuickKind kind, Quick& quick);
  [[gnu::always_inline]] inline bool quick_branch(QuickKind kind, Quick& quick);
  [[gnu::always_inline]] inline bool quick_call(Quick& quick);

  // --- function_validator_exceptions.h
  void throw_(uint32_t tag);
  void throw_ref();
  bool clause_matches(const CatchClause& clause, const Frame& target);
  void try_table(const Immediate& immediate);
  void try_(BlockType type);
  template <class Event>
  bool begin_catch(Event&& event);
  void catch_(uint32_t tag);
  void catch_all();
  void rethrow(uint32_t depth);
  void delegate(uint32_t depth);

  const Module& x_module;
  const TypeRegistry& x_types;
  const ImplementationLimits& x_limits;
  const bool x_quick;  // validation alone, and not switched off
  const bool x_has_memory;
  const ValType x_address_type;  // of memory 0
  Sink& x_sink;

  Reader x_in;
  FeatureGate x_gate;
  InstrReader x_instrs;
  BodyTypes x_body_types;

  uint64_t x_at = 0;                // offset of the current instruction
  bool x_live = true;               // the current instruction is not dead code
  ControlFrame* x_frame = nullptr;  // the innermost
  OperandStack<Operand> x_stack;
  FrameStack<ControlFrame> x_frames;
  std::vector<ValType> x_locals;
  std::vector<Frame*> x_targets;   // of a br_table
  std::vector<ValType> x_scratch;  // types put together for one instruction

  // Locals without a default value (Spec 3.0, 3.2.2 "Local Types"); all unused in functions without
  // such.
  bool x_tracks_locals = false;
  std::vector<bool> x_local_is_set;
  std::vector<uint32_t> x_set_locals;  // in order, to be undone at the end of the frame

  uint32_t x_visible_globals = 0;  // to a constant expression
};

// Validates one function again for a sink: what a translator does at the first call, when the
// module is known to be valid.
template <InstrSink Sink>
Result<void> validate_function(const ValidationContext& context, uint32_t func, Sink& sink) {
  return FunctionValidator<Sink>(context, sink).function(func);
}

}  // namespace weft::interp

#include "interp/validate/function_validator_constants.h"     // IWYU pragma: export
#include "interp/validate/function_validator_exceptions.h"    // IWYU pragma: export
#include "interp/validate/function_validator_instructions.h"  // IWYU pragma: export
#include "interp/validate/function_validator_memory.h"        // IWYU pragma: export
#include "interp/validate/function_validator_quick.h"         // IWYU pragma: export
#include "interp/validate/function_validator_references.h"    // IWYU pragma: export
#include "interp/validate/function_validator_stack.h"         // IWYU pragma: export
