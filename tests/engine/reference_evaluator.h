// A naive evaluator of validated modules, the opposite of the engine in everything: structured
// control, an operand stack of whole values, one instruction at a time. What the engine computes is
// held against it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "interp/core/numeric.h"
#include "interp/core/trap.h"
#include "interp/core/value.h"
#include "interp/decode/instr_reader.h"
#include "interp/decode/module.h"

namespace weft::interp::testing {

// A function body, decoded.
struct ReferenceInstr {
  Opcode op;
  Immediate imm;                 // without its spans
  std::vector<uint32_t> labels;  // br_table
  std::vector<CatchClause> catches;
  size_t end = 0;        // block, loop, if, try_table: index of the matching end
  size_t otherwise = 0;  // if: index of the else, or of the end
};
struct ReferenceFunc {
  std::vector<ValType> locals;  // parameters first
  std::vector<ReferenceInstr> instrs;
};

// One memory (the last; none other is used), table 0 of funcrefs, imported functions by callback.
// References are function indices plus one. Segments are not applied.
class ReferenceEvaluator {
 public:
  explicit ReferenceEvaluator(const Module& module);

  // Results replace the arguments. None means that it would take too long to find out.
  std::optional<TrapCode> call(uint32_t func, std::vector<Value>& values);

  // One line per instruction, indented.
  std::string listing(uint32_t func) const;

  std::vector<Value> globals;
  std::vector<uint8_t> memory;
  std::vector<uint32_t> table;
  std::function<void(uint32_t func, Value* values)> host;
  uint64_t max_steps = 200'000;

 private:
  struct Label {
    size_t target;  // where branches go on
    size_t arity;
    size_t height;
    size_t end;
    const std::vector<CatchClause>* catches = nullptr;
  };
  struct Activation;
  struct Thrown {
    uint32_t tag;
    std::vector<Value> values;
  };
  struct BlockArity {
    size_t params;
    size_t results;
  };

  ReferenceFunc decode(uint32_t func) const;
  BlockArity arity_of(const BlockType& type) const;
  void invoke(uint32_t func);
  void run(const ReferenceFunc& func, size_t results);
  // Returns whether the instruction was control, which goes on at x_next.
  bool control(const ReferenceInstr& instr, std::vector<Label>& labels, size_t& next);
  bool branch(uint32_t depth, std::vector<Label>& labels, size_t& next);
  // Whether one of the labels catches what was thrown, which goes on at x_next.
  bool catches(const Thrown& thrown, std::vector<Label>& labels, size_t& next);
  uint32_t indirect_callee(const ReferenceInstr& instr);
  void plain(const ReferenceInstr& instr, std::vector<Value>& locals);
  bool numeric(const ReferenceInstr& instr);
  bool access(const ReferenceInstr& instr);
  void vector(const ReferenceInstr& instr);
  void bulk(const ReferenceInstr& instr);
  uint8_t* memory_at(const MemArg& memarg, uint64_t address, size_t bytes);
  void keep_top(size_t count, size_t height);

  Value pop() {
    const Value value = x_stack.back();
    x_stack.pop_back();
    return value;
  }
  bool wide_addresses() const { return x_module.memories.back().index == IndexType::I64; }
  uint64_t pop_address() {
    const Value address = pop();
    return wide_addresses() ? address.i64 : address.i32;
  }
  void push(const Value& value) { x_stack.push_back(value); }
  template <class R, class A>
  void unary(R (*fn)(A));
  template <class R, class A>
  void binary(R (*fn)(A, A));
  template <class... Params>
  void wide(num::Words (*fn)(Params...));

  const Module& x_module;
  std::vector<ReferenceFunc> x_funcs;
  std::vector<Value> x_stack;
  uint64_t x_steps = 0;
  unsigned x_depth = 0;
};

}  // namespace weft::interp::testing
