// What a consumer of validated instructions implements. FunctionValidator drives it with one typed event per reachable
// instruction; the sink annotates the validator's own stacks and needs none of its own.
//
// Sink::Operand is stored beside each operand's type on the operand stack, Sink::Label beside each control frame.
// Both are default-constructible and cheap to copy. Callbacks are shapes, not opcodes: a new numeric instruction
// touches no sink. Operands come in stack order (first pushed first). Every callback that pushes one value returns its
// Operand. Sinks never see dead code. `pos` (sink.at(offset), called before each event) is the instruction's byte
// offset in the module.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>

#include "interp/core/opcode.h"
#include "interp/core/types.h"
#include "interp/core/value.h"

namespace weft::interp {

struct MemArg {
  uint32_t align_log2 = 0;
  uint32_t memory = 0;
  uint64_t offset = 0;
};

// How a label was introduced.
enum class FrameKind : uint8_t { Function, Block, Loop, If, Else, TryTable, Try, Catch };

// The types that a block takes and yields. Spans stay valid while the module does.
struct BlockSignature {
  std::span<const ValType> params;
  std::span<const ValType> results;
};

// One entry of the operand stack, as the sink sees it.
template <class Operand>
struct StackEntry {
  ValType type;
  Operand operand;
};

// The view of the validator that a sink is constructed with. `stack()` is the whole operand stack after the current
// instruction's operands were popped; entries may be re-annotated in place (that is how pending reads are flushed).
// frame(0) is the innermost control frame.
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

// The events, by example of a sink that ignores everything (validation only).
struct NullSink {
  struct Operand {};
  struct Label {};
  using Stack = std::span<StackEntry<Operand>>;
  using Frame = ControlFrameView<Operand, Label>;

  // --- function and position
  void begin_function(std::span<const ValType> /*locals, parameters first*/, uint32_t /*param_count*/) {}
  void end_function() {}  // after the implicit return at the body's final end was reported by do_return()
  void at(uint64_t /*offset*/) {}

  // --- control. `stack` is the stack below the popped condition; a frame's parameters are its top entries.
  Label block(Stack, BlockSignature) { return {}; }
  Label loop(Stack, BlockSignature) { return {}; }
  Label if_(Stack, BlockSignature, Operand /*condition*/) { return {}; }
  // The `then` part ends. `stack` holds its results on top (meaningless if !then_reachable); afterwards the validator
  // cuts the stack to frame.height and pushes the parameters again with param(frame, i) as their operands.
  void else_(Frame&, Stack, bool /*then_reachable*/) {}
  // A frame ends; an `if` without else: else_() was not called and signature.params == signature.results.
  // Afterwards the stack is cut to frame.height and the results pushed with result(frame, i).
  void end(Frame&, Stack, bool /*fallthrough_reachable*/) {}
  Operand param(const Frame&, size_t /*i*/) { return {}; }
  Operand result(const Frame&, size_t /*i*/) { return {}; }
  // Branches: the values that the branch takes are the top entries of `stack` and stay there for br_if.
  void br(Frame&, Stack) {}
  void br_if(Frame&, Stack, Operand /*condition*/) {}
  // `frames`: one per table entry, the default last.
  void br_table(std::span<Frame* const>, Stack, Operand /*index*/) {}
  void do_return(Stack, std::span<const ValType> /*results*/) {}
  void unreachable() {}
  // Calls: `args` are the popped arguments. The validator pushes the results with call_result(i) as operands.
  void call(uint32_t /*func*/, const FuncType&, Stack /*below the arguments*/, Stack /*args*/) {}
  void call_indirect(uint32_t /*type index*/, uint32_t /*table*/, const FuncType&, Stack, Stack /*args*/, Operand) {}
  Operand call_result(size_t /*i*/) { return {}; }

  // --- parametric and variables
  void drop(ValType, Operand) {}
  Operand select(ValType, Operand /*if true*/, Operand /*if false*/, Operand /*condition*/) { return {}; }
  Operand local_get(uint32_t, ValType) { return {}; }
  void local_set(uint32_t, ValType, Operand, Stack) {}
  Operand local_tee(uint32_t, ValType, Operand, Stack) { return {}; }
  Operand global_get(uint32_t, ValType) { return {}; }
  void global_set(uint32_t, ValType, Operand) {}

  // --- numeric, by shape. Vector instructions without immediates come here as well.
  Operand constant(ValType, const Value&) { return {}; }
  Operand unary(Opcode, ValType /*operand*/, ValType /*result*/, Operand) { return {}; }
  Operand binary(Opcode, ValType /*operands: the first one's*/, ValType /*result*/, Operand, Operand) { return {}; }
  Operand ternary(Opcode, Operand, Operand, Operand) { return {}; }        // v128.bitselect
  Operand extract_lane(Opcode, uint8_t /*lane*/, ValType, Operand) { return {}; }
  Operand replace_lane(Opcode, uint8_t /*lane*/, ValType, Operand, Operand) { return {}; }
  Operand shuffle(const V128& /*lanes*/, Operand, Operand) { return {}; }

  // --- memory
  Operand load(Opcode, const MemArg&, ValType, Operand /*address*/) { return {}; }
  void store(Opcode, const MemArg&, ValType, Operand /*address*/, Operand /*value*/) {}
  Operand load_lane(Opcode, const MemArg&, uint8_t /*lane*/, Operand /*address*/, Operand /*vector*/) { return {}; }
  void store_lane(Opcode, const MemArg&, uint8_t /*lane*/, Operand /*address*/, Operand /*vector*/) {}
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
};

}  // namespace weft::interp
