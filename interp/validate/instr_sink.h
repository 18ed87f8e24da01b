// What a consumer of validated instructions implements. FunctionValidator drives it with one typed
// event per reachable instruction; the sink annotates the validator's own stacks and needs none of
// its own.
//
// Sink::Operand is stored beside each operand's type on the operand stack, Sink::Label beside each
// control frame. Both are default-constructible and cheap to copy. Callbacks are shapes, not
// opcodes: a new numeric instruction touches no sink. Operands come in stack order (first pushed
// first). Every callback that pushes one value returns its Operand. `at(offset)` is called before
// each event: the instruction's byte offset in the module.
//
// Reachability is the specification's (Spec 3.0, Appendix "Validation Algorithm"): code is dead
// from an unconditional branch, return or unreachable to the `else` or `end` of its frame. Sinks
// never see dead code: no event is emitted in it, and a frame that begins in it has reachable ==
// false and emits neither else_() nor end(). The `else` and `end` of a frame that began in live
// code always are emitted, and the code after such an `end` is live again, whatever its parts did.
// In live code every operand that an event names is on the stack and has an annotation; nothing
// else is promised of entries that dead code pushed, which no event can see.
//
// When a module is refused the events end without end_function(); no event is emitted for the
// refused instruction.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>

#include "interp/core/opcode.h"
#include "interp/core/types.h"
#include "interp/core/value.h"
#include "interp/decode/instr_reader.h"

namespace weft::interp {

// How a label was introduced.
enum class FrameKind : uint8_t { Function, Block, Loop, If, Else, TryTable, Try, Catch };

// The types that a block takes and yields. Spans stay valid until the function is done.
struct BlockSignature {
  std::span<const ValType> params;
  std::span<const ValType> results;
};

// One entry of the operand stack, as the sink sees it.
template <class Operand>
struct StackEntry {
  ValType type;
  [[no_unique_address]] Operand operand;
};

// One entry of the control stack, as the sink sees it. The stacks handed to events are the whole
// operand stack after the instruction's operands were popped, if not said otherwise; entries may be
// re-annotated in place (that is how pending reads are flushed).
template <class Operand, class Label>
struct ControlFrameView {
  FrameKind kind;
  size_t height;  // operand stack entries below the frame's parameters
  BlockSignature signature;
  Label label;
  bool reachable;  // the frame's entry is reachable
  // Types that a branch to this frame takes: params for loops, results otherwise.
  std::span<const ValType> branch_types() const {
    return kind == FrameKind::Loop ? signature.params : signature.results;
  }
};

// A clause of a try_table, resolved.
template <class Operand, class Label>
struct CatchHandler {
  CatchClause::Kind kind;
  uint32_t tag;  // Catch, CatchRef
  ControlFrameView<Operand, Label>* target;
};

// The events, by example of a sink that ignores everything.
template <class OperandType, class LabelType>
struct IgnoringSink {
  using Operand = OperandType;
  using Label = LabelType;
  using Stack = std::span<StackEntry<Operand>>;
  using Frame = ControlFrameView<Operand, Label>;

  // --- function and position
  void begin_function(std::span<const ValType> /*locals, parameters first*/,
                      uint32_t /*param_count*/) {}
  void end_function() {
  }  // after the implicit return at the body's final end was reported by do_return()
  void at(uint64_t /*offset*/) {}

  // --- control. `stack` is the stack below the popped condition; a frame's parameters are its top
  // entries, and stay on the stack as block(), loop() and if_() leave them (re-annotated if the
  // sink likes): param() isn't called there.
  Label block(Stack, BlockSignature) { return {}; }
  Label loop(Stack, BlockSignature) { return {}; }
  Label if_(Stack, BlockSignature, Operand /*condition*/) { return {}; }
  // The `then` part ends. `stack` holds its results on top (meaningless if !then_reachable);
  // afterwards the validator cuts the stack to frame.height and pushes the parameters again with
  // param(frame, i) as their operands.
  void else_(Frame&, Stack, bool /*then_reachable*/) {}
  // A frame ends, with its results on top of `stack` if fallthrough_reachable. An `if` without
  // else: frame.kind is still If, else_() was not called and signature.params == signature.results.
  // Afterwards the stack is cut to frame.height and the results pushed with result(frame, i), i
  // ascending. The function's own frame doesn't come here: its `end` is do_return(), if fallthrough
  // is reachable, then end_function().
  void end(Frame&, Stack, bool /*fallthrough_reachable*/) {}
  Operand param(const Frame&, size_t /*i*/) { return {}; }
  Operand result(const Frame&, size_t /*i*/) { return {}; }
  // Branches: the values that the branch takes are the top entries of `stack` and stay there for
  // br_if. A branch to the outermost frame (kind Function) returns.
  void br(Frame&, Stack) {}
  void br_if(Frame&, Stack, Operand /*condition*/) {}
  // `frames`: one per table entry, the default last.
  void br_table(std::span<Frame* const>, Stack, Operand /*index*/) {}
  void do_return(Stack, std::span<const ValType> /*results*/) {}
  void unreachable() {}
  // Calls: `args` are the popped arguments. The validator pushes the results with call_result(i) as
  // operands.
  void call(uint32_t /*func*/, const FuncType&, Stack /*below the arguments*/, Stack /*args*/) {}
  void call_indirect(uint32_t /*type index*/, uint32_t /*table*/, const FuncType&, Stack,
                     Stack /*args*/, Operand) {}
  Operand call_result(size_t /*i*/) { return {}; }
  // `callee` was popped before the arguments. Null traps.
  void call_ref(const FuncType&, Stack, Stack /*args*/, Operand /*callee*/) {}
  // Tail calls: as their namesakes, but nothing is live after them, and no results are pushed.
  void return_call(uint32_t /*func*/, const FuncType&, Stack, Stack /*args*/) {}
  void return_call_indirect(uint32_t /*type index*/, uint32_t /*table*/, const FuncType&, Stack,
                            Stack /*args*/, Operand) {}
  void return_call_ref(const FuncType&, Stack, Stack /*args*/, Operand /*callee*/) {}

  // --- exceptions
  // A frame of kind TryTable; it ends like a block. Each clause branches to its target with the
  // tag's parameters (all of them on the operand stack after the target's height, as for a branch),
  // and then the exception itself for CatchRef and CatchAllRef.
  Label try_table(Stack, BlockSignature, std::span<const CatchHandler<Operand, Label>>) {
    return {};
  }
  void throw_(uint32_t /*tag*/, const FuncType&, Stack /*below the arguments*/, Stack /*args*/) {}
  void throw_ref(Operand) {}
  // The legacy form: a frame of kind Try, whose `catch` and `catch_all` parts (kind Catch) end it
  // as else_() ends a `then` part: `stack` holds the results of the part that ends, if reachable.
  // A catch's parameters are pushed with catch_param(frame, i). It ends with end(), or with
  // delegate() and then result()s: exceptions of its body go to what encloses `target`'s `try`
  // part, itself included (kind Function: to the caller).
  Label try_(Stack, BlockSignature) { return {}; }
  void catch_(Frame&, Stack, bool /*reachable*/, uint32_t /*tag*/, const FuncType&) {}
  void catch_all(Frame&, Stack, bool /*reachable*/) {}
  Operand catch_param(const Frame&, const FuncType&, size_t /*i*/) { return {}; }
  void delegate(Frame&, Stack, bool /*fallthrough_reachable*/, Frame& /*target*/) {}
  // Throws what the frame, of kind Catch, has caught.
  void rethrow(Frame&) {}

  // --- parametric and variables
  void drop(ValType, Operand) {}
  Operand select(ValType, Operand /*if true*/, Operand /*if false*/, Operand /*condition*/) {
    return {};
  }
  Operand local_get(uint32_t, ValType) { return {}; }
  void local_set(uint32_t, ValType, Operand, Stack) {}
  Operand local_tee(uint32_t, ValType, Operand, Stack) { return {}; }
  Operand global_get(uint32_t, ValType) { return {}; }
  void global_set(uint32_t, ValType, Operand) {}

  // --- numeric, by shape. Vector instructions without immediates come here as well.
  Operand constant(ValType, const Value&) { return {}; }
  Operand unary(Opcode, ValType /*operand*/, ValType /*result*/, Operand) { return {}; }
  Operand binary(Opcode, ValType /*operands: the first one's*/, ValType /*result*/, Operand,
                 Operand) {
    return {};
  }
  Operand ternary(Opcode, Operand, Operand, Operand) { return {}; }  // v128.bitselect
  Operand extract_lane(Opcode, uint8_t /*lane*/, ValType, Operand) { return {}; }
  Operand replace_lane(Opcode, uint8_t /*lane*/, ValType, Operand, Operand) { return {}; }
  Operand shuffle(const V128& /*lanes*/, Operand, Operand) { return {}; }

  // --- memory
  Operand load(Opcode, const MemArg&, ValType, Operand /*address*/) { return {}; }
  void store(Opcode, const MemArg&, ValType, Operand /*address*/, Operand /*value*/) {}
  Operand load_lane(Opcode, const MemArg&, uint8_t /*lane*/, Operand /*address*/,
                    Operand /*vector*/) {
    return {};
  }
  void store_lane(Opcode, const MemArg&, uint8_t /*lane*/, Operand /*address*/,
                  Operand /*vector*/) {}
  Operand memory_size(uint32_t) { return {}; }
  Operand memory_grow(uint32_t, Operand) { return {}; }
  void memory_fill(uint32_t, Operand, Operand, Operand) {}
  void memory_copy(uint32_t /*to*/, uint32_t /*from*/, Operand, Operand, Operand) {}
  void memory_init(uint32_t /*data*/, uint32_t /*memory*/, Operand, Operand, Operand) {}
  void data_drop(uint32_t) {}

  // --- references and tables
  Operand ref_null(ValType) { return {}; }
  Operand ref_is_null(ValType, Operand) { return {}; }
  Operand ref_func(uint32_t) { return {}; }
  Operand table_get(uint32_t, ValType, Operand) { return {}; }
  void table_set(uint32_t, Operand, Operand) {}
  Operand table_size(uint32_t) { return {}; }
  Operand table_grow(uint32_t, Operand /*value*/, Operand /*count*/) { return {}; }
  void table_fill(uint32_t, Operand, Operand, Operand) {}
  void table_copy(uint32_t /*to*/, uint32_t /*from*/, Operand, Operand, Operand) {}
  void table_init(uint32_t /*elem*/, uint32_t /*table*/, Operand, Operand, Operand) {}
  void elem_drop(uint32_t) {}
  // Traps on null; the entry stays where it is.
  Operand ref_as_non_null(ValType, Operand) { return {}; }
  // Branches if null; `stack` is the stack below the reference, which is pushed again.
  Operand br_on_null(Frame&, Stack, ValType, Operand /*reference*/) { return {}; }
  // Branches if not null: the reference is still on top of `stack`, the last value that the branch
  // takes. It is popped afterwards.
  void br_on_non_null(Frame&, Stack) {}
  // Branches if the cast succeeds, or fails: the reference is still on top of `stack`, the last
  // value that the branch takes, and is replaced by the operand that the event returns.
  Operand br_on_cast(Frame&, Stack, ValType /*from*/, ValType /*to*/, bool /*on_fail*/) {
    return {};
  }
  Operand ref_test(ValType /*from*/, ValType /*to*/, Operand) { return {}; }
  // The entry stays where it is.
  Operand ref_cast(ValType /*from*/, ValType /*to*/, Operand) { return {}; }
  Operand ref_eq(Operand, Operand) { return {}; }
  // any.convert_extern, extern.convert_any: the reference is the same.
  Operand ref_convert(Opcode, Operand) { return {}; }

  // --- garbage-collected objects. Types are TypeIds.
  Operand ref_i31(Operand) { return {}; }
  Operand i31_get(Opcode, Operand) { return {}; }
  Operand struct_new(TypeId, Stack /*fields*/) { return {}; }
  Operand struct_new_default(TypeId) { return {}; }
  Operand struct_get(Opcode, TypeId, uint32_t /*field*/, ValType, Operand) { return {}; }
  void struct_set(TypeId, uint32_t /*field*/, Operand, Operand /*value*/) {}
  Operand array_new(TypeId, Operand /*value*/, Operand /*length*/) { return {}; }
  Operand array_new_default(TypeId, Operand /*length*/) { return {}; }
  Operand array_new_fixed(TypeId, Stack /*elements*/) { return {}; }
  // array.new_data, array.new_elem: `segment` of the one or the other.
  Operand array_new_segment(Opcode, TypeId, uint32_t /*segment*/, Operand /*from*/,
                            Operand /*length*/) {
    return {};
  }
  Operand array_get(Opcode, TypeId, ValType, Operand, Operand /*index*/) { return {}; }
  void array_set(TypeId, Operand, Operand /*index*/, Operand /*value*/) {}
  Operand array_len(Operand) { return {}; }
  void array_fill(TypeId, Operand, Operand /*index*/, Operand /*value*/, Operand /*count*/) {}
  void array_copy(TypeId /*to*/, TypeId /*from*/, Operand, Operand /*to index*/, Operand,
                  Operand /*from index*/, Operand /*count*/) {}
  void array_init_segment(Opcode, TypeId, uint32_t /*segment*/, Operand, Operand /*index*/,
                          Operand /*from*/, Operand /*count*/) {}

  // --- atomics. `operands`: the address first; `result` is Bot for stores.
  Operand atomic(Opcode, const MemArg&, ValType /*result*/, Stack /*operands*/) { return {}; }
  void atomic_fence() {}

  // --- wide arithmetic: the results, low word first, are pushed with wide_result(i).
  void wide(Opcode, Stack /*operands*/) {}
  Operand wide_result(size_t /*i*/) { return {}; }
};

struct NoAnnotation {};
// For validation only.
using NullSink = IgnoringSink<NoAnnotation, NoAnnotation>;

// A sink that is compiled with `static constexpr bool kConstant = true` gets constant expressions
// only: every other instruction is refused before it is typed.
template <class Sink>
concept ConstantSink = requires { requires Sink::kConstant; };

template <class S>
concept InstrSink =
    std::default_initializable<typename S::Operand> && std::copyable<typename S::Operand> &&
    std::default_initializable<typename S::Label> && std::copyable<typename S::Label> &&
    requires(S& sink, const typename S::Operand& o,
             std::span<StackEntry<typename S::Operand>> stack,
             ControlFrameView<typename S::Operand, typename S::Label>& frame,
             std::span<ControlFrameView<typename S::Operand, typename S::Label>* const> frames,
             std::span<const ValType> types, BlockSignature signature, const FuncType& func_type,
             ValType type, Opcode op, uint32_t index, uint8_t lane, const MemArg& memarg,
             const Value& value, const V128& vector,
             std::span<const CatchHandler<typename S::Operand, typename S::Label>> handlers) {
      sink.begin_function(types, index);
      sink.end_function();
      sink.at(uint64_t{});
      { sink.block(stack, signature) } -> std::convertible_to<typename S::Label>;
      { sink.loop(stack, signature) } -> std::convertible_to<typename S::Label>;
      { sink.if_(stack, signature, o) } -> std::convertible_to<typename S::Label>;
      sink.else_(frame, stack, true);
      sink.end(frame, stack, true);
      { sink.param(frame, size_t{}) } -> std::convertible_to<typename S::Operand>;
      { sink.result(frame, size_t{}) } -> std::convertible_to<typename S::Operand>;
      sink.br(frame, stack);
      sink.br_if(frame, stack, o);
      sink.br_table(frames, stack, o);
      sink.do_return(stack, types);
      sink.unreachable();
      sink.call(index, func_type, stack, stack);
      sink.call_indirect(index, index, func_type, stack, stack, o);
      { sink.call_result(size_t{}) } -> std::convertible_to<typename S::Operand>;
      sink.drop(type, o);
      { sink.select(type, o, o, o) } -> std::convertible_to<typename S::Operand>;
      { sink.local_get(index, type) } -> std::convertible_to<typename S::Operand>;
      sink.local_set(index, type, o, stack);
      { sink.local_tee(index, type, o, stack) } -> std::convertible_to<typename S::Operand>;
      { sink.global_get(index, type) } -> std::convertible_to<typename S::Operand>;
      sink.global_set(index, type, o);
      { sink.constant(type, value) } -> std::convertible_to<typename S::Operand>;
      { sink.unary(op, type, type, o) } -> std::convertible_to<typename S::Operand>;
      { sink.binary(op, type, type, o, o) } -> std::convertible_to<typename S::Operand>;
      { sink.ternary(op, o, o, o) } -> std::convertible_to<typename S::Operand>;
      { sink.extract_lane(op, lane, type, o) } -> std::convertible_to<typename S::Operand>;
      { sink.replace_lane(op, lane, type, o, o) } -> std::convertible_to<typename S::Operand>;
      { sink.shuffle(vector, o, o) } -> std::convertible_to<typename S::Operand>;
      { sink.load(op, memarg, type, o) } -> std::convertible_to<typename S::Operand>;
      sink.store(op, memarg, type, o, o);
      { sink.load_lane(op, memarg, lane, o, o) } -> std::convertible_to<typename S::Operand>;
      sink.store_lane(op, memarg, lane, o, o);
      { sink.memory_size(index) } -> std::convertible_to<typename S::Operand>;
      { sink.memory_grow(index, o) } -> std::convertible_to<typename S::Operand>;
      sink.memory_fill(index, o, o, o);
      sink.memory_copy(index, index, o, o, o);
      sink.memory_init(index, index, o, o, o);
      sink.data_drop(index);
      { sink.ref_null(type) } -> std::convertible_to<typename S::Operand>;
      { sink.ref_is_null(type, o) } -> std::convertible_to<typename S::Operand>;
      { sink.ref_func(index) } -> std::convertible_to<typename S::Operand>;
      { sink.table_get(index, type, o) } -> std::convertible_to<typename S::Operand>;
      sink.table_set(index, o, o);
      { sink.table_size(index) } -> std::convertible_to<typename S::Operand>;
      { sink.table_grow(index, o, o) } -> std::convertible_to<typename S::Operand>;
      sink.table_fill(index, o, o, o);
      sink.table_copy(index, index, o, o, o);
      sink.table_init(index, index, o, o, o);
      sink.elem_drop(index);
      sink.call_ref(func_type, stack, stack, o);
      sink.return_call(index, func_type, stack, stack);
      sink.return_call_indirect(index, index, func_type, stack, stack, o);
      sink.return_call_ref(func_type, stack, stack, o);
      { sink.try_table(stack, signature, handlers) } -> std::convertible_to<typename S::Label>;
      sink.throw_(index, func_type, stack, stack);
      sink.throw_ref(o);
      { sink.try_(stack, signature) } -> std::convertible_to<typename S::Label>;
      sink.catch_(frame, stack, true, index, func_type);
      sink.catch_all(frame, stack, true);
      { sink.catch_param(frame, func_type, size_t{}) } -> std::convertible_to<typename S::Operand>;
      sink.delegate(frame, stack, true, frame);
      sink.rethrow(frame);
      { sink.ref_as_non_null(type, o) } -> std::convertible_to<typename S::Operand>;
      { sink.br_on_null(frame, stack, type, o) } -> std::convertible_to<typename S::Operand>;
      sink.br_on_non_null(frame, stack);
      {
        sink.br_on_cast(frame, stack, type, type, true)
      } -> std::convertible_to<typename S::Operand>;
      { sink.ref_test(type, type, o) } -> std::convertible_to<typename S::Operand>;
      { sink.ref_cast(type, type, o) } -> std::convertible_to<typename S::Operand>;
      { sink.ref_eq(o, o) } -> std::convertible_to<typename S::Operand>;
      { sink.ref_convert(op, o) } -> std::convertible_to<typename S::Operand>;
      { sink.ref_i31(o) } -> std::convertible_to<typename S::Operand>;
      { sink.i31_get(op, o) } -> std::convertible_to<typename S::Operand>;
      { sink.struct_new(index, stack) } -> std::convertible_to<typename S::Operand>;
      { sink.struct_new_default(index) } -> std::convertible_to<typename S::Operand>;
      { sink.struct_get(op, index, index, type, o) } -> std::convertible_to<typename S::Operand>;
      sink.struct_set(index, index, o, o);
      { sink.array_new(index, o, o) } -> std::convertible_to<typename S::Operand>;
      { sink.array_new_default(index, o) } -> std::convertible_to<typename S::Operand>;
      { sink.array_new_fixed(index, stack) } -> std::convertible_to<typename S::Operand>;
      {
        sink.array_new_segment(op, index, index, o, o)
      } -> std::convertible_to<typename S::Operand>;
      { sink.array_get(op, index, type, o, o) } -> std::convertible_to<typename S::Operand>;
      sink.array_set(index, o, o, o);
      { sink.array_len(o) } -> std::convertible_to<typename S::Operand>;
      sink.array_fill(index, o, o, o, o);
      sink.array_copy(index, index, o, o, o, o, o);
      sink.array_init_segment(op, index, index, o, o, o, o);
      { sink.atomic(op, memarg, type, stack) } -> std::convertible_to<typename S::Operand>;
      sink.atomic_fence();
      sink.wide(op, stack);
      { sink.wide_result(size_t{}) } -> std::convertible_to<typename S::Operand>;
    };
static_assert(InstrSink<NullSink>);

}  // namespace weft::interp
