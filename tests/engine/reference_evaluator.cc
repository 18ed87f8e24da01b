#include "tests/engine/reference_evaluator.h"

#include <algorithm>
#include <cstring>
#include <tuple>
#include <type_traits>

#include "interp/decode/reader.h"
#include "tests/execute/simd_reference.h"

namespace weft::interp::testing {
namespace {

struct Trapped {
  TrapCode code;
};
struct GaveUp {};

constexpr unsigned kMaxDepth = 100;

// Whether what such a call throws is thrown where this function was called.
bool leaves_frame(Opcode op) {
  return op == Opcode::ReturnCall || op == Opcode::ReturnCallIndirect;
}

template <class T>
T as(const Value& value) {
  if constexpr (std::is_same_v<T, float>) {
    return value.f32;
  } else if constexpr (std::is_same_v<T, double>) {
    return value.f64;
  } else if constexpr (sizeof(T) == 8) {
    return value.i64;
  } else {
    return value.i32;
  }
}
Value of(uint32_t v) { return Value::of_i32(v); }
Value of(uint64_t v) { return Value::of_i64(v); }
Value of(float v) { return Value::of_f32(v); }
Value of(double v) { return Value::of_f64(v); }
template <class T>
Value of(Trapping<T> result) {
  if (result.trap != TrapCode::None) throw Trapped{result.trap};
  return of(result.value);
}

}  // namespace

template <class R, class A>
void ReferenceEvaluator::unary(R (*fn)(A)) {
  const A a = as<A>(pop());
  push(of(fn(a)));
}
template <class R, class A>
void ReferenceEvaluator::binary(R (*fn)(A, A)) {
  const A b = as<A>(pop());
  const A a = as<A>(pop());
  push(of(fn(a, b)));
}

template <class... Params>
void ReferenceEvaluator::wide(num::Words (*fn)(Params...)) {
  std::array<uint64_t, sizeof...(Params)> words;
  for (size_t i = words.size(); i-- > 0;) words[i] = pop().bits;
  const auto [low, high] = std::apply(fn, words);
  push(Value::of_bits(low));
  push(Value::of_bits(high));
}

ReferenceEvaluator::ReferenceEvaluator(const Module& module) : x_module(module) {
  for (uint32_t func = 0; func < module.funcs.size(); ++func)
    x_funcs.push_back(func < module.imported_funcs ? ReferenceFunc{} : decode(func));
}

ReferenceFunc ReferenceEvaluator::decode(uint32_t index) const {
  ReferenceFunc func;
  func.locals = x_module.func_type(index).params;
  Reader in(x_module.source.bytes, x_module.funcs[index].body);
  FeatureGate gate{kSupportedFeatures, {}};
  const ImplementationLimits limits;
  for (uint32_t groups = in.u32(); groups != 0; --groups) {
    const uint32_t count = in.u32();
    func.locals.insert(func.locals.end(), count, TypeReader(in, gate, limits).val_type());
  }
  InstrReader reader(in, gate, limits);
  std::vector<size_t> open;
  while (!in.at_end()) {
    ReferenceInstr instr;
    instr.op = reader.opcode();
    instr.imm = reader.immediate(instr.op);
    instr.labels.assign(instr.imm.labels.begin(), instr.imm.labels.end());
    instr.catches.assign(instr.imm.catches.begin(), instr.imm.catches.end());
    const size_t at = func.instrs.size();
    func.instrs.push_back(std::move(instr));
    switch (func.instrs.back().op) {
      case Opcode::Block:
      case Opcode::Loop:
      case Opcode::If:
      case Opcode::TryTable:
        open.push_back(at);
        break;
      case Opcode::Else:
        func.instrs[open.back()].otherwise = at;
        break;
      case Opcode::End:
        if (open.empty()) break;
        func.instrs[open.back()].end = at;
        if (func.instrs[open.back()].otherwise == 0) func.instrs[open.back()].otherwise = at;
        open.pop_back();
        break;
      default:
        break;
    }
  }
  return func;
}

ReferenceEvaluator::BlockArity ReferenceEvaluator::arity_of(const BlockType& type) const {
  if (type.kind == BlockType::Kind::Empty) return {0, 0};
  if (type.kind == BlockType::Kind::Value) return {0, 1};
  const FuncType& func = x_module.types[type.index].type.composite.func;
  return {func.params.size(), func.results.size()};
}

std::optional<TrapCode> ReferenceEvaluator::call(uint32_t func, std::vector<Value>& values) {
  x_stack = values;
  x_steps = 0;
  x_depth = 0;
  try {
    invoke(func);
  } catch (const Trapped& trapped) {
    return trapped.code;
  } catch (const Thrown&) {
    return TrapCode::UncaughtException;
  } catch (const GaveUp&) {
    return std::nullopt;
  }
  values = x_stack;
  return TrapCode::None;
}

// Arguments are on the stack, results come there.
void ReferenceEvaluator::invoke(uint32_t func) {
  const FuncType& type = x_module.func_type(func);
  if (func < x_module.imported_funcs) {
    std::vector<Value> values(std::max(type.params.size(), type.results.size()));
    for (size_t i = type.params.size(); i-- > 0;) values[i] = pop();
    host(func, values.data());
    x_stack.insert(x_stack.end(), values.begin(),
                   values.begin() + static_cast<ptrdiff_t>(type.results.size()));
    return;
  }
  if (++x_depth > kMaxDepth) throw GaveUp{};
  try {
    run(x_funcs[func], type.results.size());
  } catch (const Thrown&) {
    --x_depth;
    throw;
  }
  --x_depth;
}

void ReferenceEvaluator::run(const ReferenceFunc& func, size_t results) {
  std::vector<Value> locals(func.locals.size());
  const size_t params = static_cast<size_t>(
      x_module.func_type(static_cast<uint32_t>(&func - x_funcs.data())).params.size());
  for (size_t i = params; i-- > 0;) locals[i] = pop();
  std::vector<Label> labels;
  labels.push_back({func.instrs.size(), results, x_stack.size(), func.instrs.size() - 1});
  size_t next = 0;
  while (next < func.instrs.size()) {
    if (++x_steps > max_steps) throw GaveUp{};
    const size_t at = next++;
    const ReferenceInstr& instr = func.instrs[at];
    switch (instr.op) {
      case Opcode::TryTable: {
        const BlockArity arity = arity_of(instr.imm.block);
        labels.push_back({instr.end + 1, arity.results, x_stack.size() - arity.params, instr.end,
                          &instr.catches});
        break;
      }
      case Opcode::Block: {
        const BlockArity arity = arity_of(instr.imm.block);
        labels.push_back({instr.end + 1, arity.results, x_stack.size() - arity.params, instr.end});
        break;
      }
      case Opcode::Loop: {
        const BlockArity arity = arity_of(instr.imm.block);
        labels.push_back({at, arity.params, x_stack.size() - arity.params, instr.end});
        break;
      }
      case Opcode::If: {
        const bool holds = pop().i32 != 0;
        const BlockArity arity = arity_of(instr.imm.block);
        labels.push_back({instr.end + 1, arity.results, x_stack.size() - arity.params, instr.end});
        // At the else's or the end's instruction; an end takes its label away.
        if (!holds) next = instr.otherwise + (instr.otherwise == instr.end ? 0 : 1);
        break;
      }
      case Opcode::Else:
        next = labels.back().end;
        break;
      case Opcode::End:
        labels.pop_back();
        break;
      default:
        try {
          if (!control(instr, labels, next)) plain(instr, locals);
        } catch (const Thrown& thrown) {
          if (leaves_frame(instr.op) || !catches(thrown, labels, next)) throw;
        }
    }
  }
}

bool ReferenceEvaluator::catches(const Thrown& thrown, std::vector<Label>& labels, size_t& next) {
  for (size_t i = labels.size(); i-- > 0;) {
    if (labels[i].catches == nullptr) continue;
    for (const CatchClause& clause : *labels[i].catches) {
      const bool all = clause.kind == CatchClause::Kind::CatchAll;
      if (!all && clause.tag != thrown.tag) continue;
      x_stack.resize(labels[i].height);
      if (!all) x_stack.insert(x_stack.end(), thrown.values.begin(), thrown.values.end());
      labels.resize(i, Label{});
      return branch(clause.label, labels, next);
    }
  }
  return false;
}

void ReferenceEvaluator::keep_top(size_t count, size_t height) {
  x_stack.erase(x_stack.begin() + static_cast<ptrdiff_t>(height),
                x_stack.end() - static_cast<ptrdiff_t>(count));
}

bool ReferenceEvaluator::branch(uint32_t depth, std::vector<Label>& labels, size_t& next) {
  const Label label = labels[labels.size() - 1 - depth];
  keep_top(label.arity, label.height);
  labels.resize(labels.size() - 1 - depth, Label{});
  next = label.target;
  return true;
}

bool ReferenceEvaluator::control(const ReferenceInstr& instr, std::vector<Label>& labels,
                                 size_t& next) {
  switch (instr.op) {
    case Opcode::Br:
      return branch(instr.imm.index.first, labels, next);
    case Opcode::BrIf:
      if (pop().i32 != 0) branch(instr.imm.index.first, labels, next);
      return true;
    case Opcode::BrTable: {
      const size_t index = std::min<size_t>(pop().i32, instr.labels.size() - 1);
      return branch(instr.labels[index], labels, next);
    }
    case Opcode::Return:
      return branch(static_cast<uint32_t>(labels.size() - 1), labels, next);
    case Opcode::Unreachable:
      throw Trapped{TrapCode::Unreachable};
    case Opcode::Throw: {
      const uint32_t tag = instr.imm.index.first;
      const uint32_t type = x_module.tags[tag].type_index;
      const size_t count = x_module.types[type].type.composite.func.params.size();
      throw Thrown{tag, {x_stack.end() - static_cast<ptrdiff_t>(count), x_stack.end()}};
    }
    case Opcode::Call:
      invoke(instr.imm.index.first);
      return true;
    case Opcode::CallIndirect:
      invoke(indirect_callee(instr));
      return true;
    case Opcode::ReturnCall:
      invoke(instr.imm.index.first);
      return branch(static_cast<uint32_t>(labels.size() - 1), labels, next);
    case Opcode::ReturnCallIndirect:
      invoke(indirect_callee(instr));
      return branch(static_cast<uint32_t>(labels.size() - 1), labels, next);
    default:
      return false;
  }
}

uint32_t ReferenceEvaluator::indirect_callee(const ReferenceInstr& instr) {
  const uint32_t index = pop().i32;
  if (index >= table.size()) throw Trapped{TrapCode::UndefinedElement};
  if (table[index] == 0) throw Trapped{TrapCode::UninitializedElement};
  if (x_module.func_type_id(table[index] - 1) != x_module.types[instr.imm.index.first].id)
    throw Trapped{TrapCode::IndirectCallTypeMismatch};
  return table[index] - 1;
}

void ReferenceEvaluator::plain(const ReferenceInstr& instr, std::vector<Value>& locals) {
  const uint32_t index = instr.imm.index.first;
  switch (instr.op) {
    case Opcode::Nop:
      return;
    case Opcode::Drop:
      pop();
      return;
    case Opcode::Select:
    case Opcode::SelectT: {
      const bool first = pop().i32 != 0;
      const Value b = pop();
      if (!first) x_stack.back() = b;
      return;
    }
    case Opcode::LocalGet:
      push(locals[index]);
      return;
    case Opcode::LocalSet:
      locals[index] = pop();
      return;
    case Opcode::LocalTee:
      locals[index] = x_stack.back();
      return;
    case Opcode::GlobalGet:
      push(globals[index]);
      return;
    case Opcode::GlobalSet:
      globals[index] = pop();
      return;
    case Opcode::I32Const:
    case Opcode::F32Const:
    case Opcode::I64Const:
    case Opcode::F64Const:
      push(Value::of_bits(instr.imm.bits));
      return;
    case Opcode::V128Const:
      push(Value::of_v128(instr.imm.v128));
      return;
    case Opcode::RefNull:
      push(Value::of_bits(0));
      return;
    case Opcode::RefIsNull:
      push(Value::of_i32(pop().bits == 0));
      return;
    case Opcode::RefFunc:
      push(Value::of_bits(index + 1));
      return;
    default:
      break;
  }
  if (numeric(instr) || access(instr)) return;
  if (const Feature feature = info(instr.op).feature;
      feature == Feature::Simd || feature == Feature::RelaxedSimd) {
    vector(instr);
  } else {
    bulk(instr);
  }
}

bool ReferenceEvaluator::numeric(const ReferenceInstr& instr) {
  switch (instr.op) {
#define WEFT_OP(...)
#define WEFT_UNARY(prefix, code, Id, text, sig, feature, ...) \
  case Opcode::Id:                                            \
    unary(&__VA_ARGS__);                                      \
    return true;
#define WEFT_BINARY(prefix, code, Id, text, sig, feature, ...) \
  case Opcode::Id:                                             \
    binary(&__VA_ARGS__);                                      \
    return true;
#define WEFT_WIDE(prefix, code, Id, text, sig, feature, fn) \
  case Opcode::Id:                                          \
    wide(fn);                                               \
    return true;
#include "interp/core/opcodes.def"
    default:
      return false;
  }
}

uint8_t* ReferenceEvaluator::memory_at(const MemArg& memarg, uint64_t address, size_t bytes) {
  const uint64_t at = address + memarg.offset;
  if (at + bytes > memory.size()) throw Trapped{TrapCode::OutOfBoundsMemoryAccess};
  return memory.data() + at;
}

bool ReferenceEvaluator::access(const ReferenceInstr& instr) {
  switch (instr.op) {
#define WEFT_OP(...)
#define WEFT_LOAD(prefix, code, Id, text, sig, feature, Stored, Carried)                       \
  case Opcode::Id:                                                                             \
    push(of(static_cast<Carried>(                                                              \
        read_unaligned<Stored>(memory_at(instr.imm.memarg, pop_address(), sizeof(Stored)))))); \
    return true;
#define WEFT_STORE(prefix, code, Id, text, sig, feature, Stored, Carried)               \
  case Opcode::Id: {                                                                    \
    const auto value = static_cast<Stored>(as<Carried>(pop()));                         \
    write_unaligned(memory_at(instr.imm.memarg, pop_address(), sizeof(Stored)), value); \
    return true;                                                                        \
  }
#include "interp/core/opcodes.def"
    default:
      return false;
  }
}

void ReferenceEvaluator::vector(const ReferenceInstr& instr) {
  simd_reference::Inputs in{};
  const InstrInfo& row = info(instr.op);
  const size_t bytes = access_bytes(instr.op);
  switch (instr.op) {
    case Opcode::V128Store: {
      const V128 value = pop().v128;
      std::memcpy(memory_at(instr.imm.memarg, pop_address(), 16), &value, 16);
      return;
    }
    case Opcode::V128Load8Lane:
    case Opcode::V128Load16Lane:
    case Opcode::V128Load32Lane:
    case Opcode::V128Load64Lane: {
      V128 value = pop().v128;
      std::memcpy(value.bytes + instr.imm.lane * bytes,
                  memory_at(instr.imm.memarg, pop_address(), bytes), bytes);
      push(Value::of_v128(value));
      return;
    }
    case Opcode::V128Store8Lane:
    case Opcode::V128Store16Lane:
    case Opcode::V128Store32Lane:
    case Opcode::V128Store64Lane: {
      const V128 value = pop().v128;
      std::memcpy(memory_at(instr.imm.memarg, pop_address(), bytes),
                  value.bytes + instr.imm.lane * bytes, bytes);
      return;
    }
    default:
      break;
  }
  in.lane = instr.imm.lane;
  if (bytes != 0) {
    std::memcpy(&in.a, memory_at(instr.imm.memarg, pop_address(), bytes), bytes);
  } else {
    V128* const vectors[] = {&in.a, &in.b, &in.c};
    size_t next_vector = static_cast<size_t>(std::ranges::count(row.params(), 'v'));
    for (size_t i = row.params().size(); i-- > 0;) {
      const Value value = pop();
      if (row.params()[i] == 'v') {
        *vectors[--next_vector] = value.v128;
      } else {
        in.scalar = value.bits;
      }
    }
    if (instr.op == Opcode::I8x16Shuffle) in.c = instr.imm.v128;
  }
  const V128 result = simd_reference::reference_of(instr.op).fn(in);
  push(row.results() == "v" ? Value::of_v128(result)
                            : Value::of_bits(read_unaligned<uint64_t>(result.bytes)));
}

void ReferenceEvaluator::bulk(const ReferenceInstr& instr) {
  switch (instr.op) {
    case Opcode::MemorySize:
      push(Value::of_bits(memory.size() / kPageBytes));
      return;
    case Opcode::MemoryGrow: {
      const uint64_t pages = memory.size() / kPageBytes;
      const uint64_t wanted = pages + pop_address();
      const bool fits = wanted <= x_module.memories.back().limits.max.value_or(65'536);
      if (fits) memory.resize(wanted * kPageBytes);
      push(Value::of_bits(fits ? pages : wide_addresses() ? UINT64_MAX : UINT32_MAX));
      return;
    }
    case Opcode::MemoryFill: {
      const uint64_t count = pop_address();
      const auto byte = static_cast<uint8_t>(pop().i32);
      uint8_t* const to = memory_at({}, pop_address(), count);
      std::fill_n(to, count, byte);
      return;
    }
    case Opcode::MemoryCopy: {
      const uint64_t count = pop_address();
      const uint8_t* const from = memory_at({}, pop_address(), count);
      uint8_t* const to = memory_at({}, pop_address(), count);
      std::memmove(to, from, count);
      return;
    }
    case Opcode::TableSize:
      push(Value::of_i32(static_cast<uint32_t>(table.size())));
      return;
    case Opcode::TableGet: {
      const uint32_t index = pop().i32;
      if (index >= table.size()) throw Trapped{TrapCode::OutOfBoundsTableAccess};
      push(Value::of_bits(table[index]));
      return;
    }
    case Opcode::TableSet: {
      const Value value = pop();
      const uint32_t index = pop().i32;
      if (index >= table.size()) throw Trapped{TrapCode::OutOfBoundsTableAccess};
      table[index] = static_cast<uint32_t>(value.bits);
      return;
    }
    default:
      throw std::string("the reference does not know ") + std::string(info(instr.op).text);
  }
}

std::string ReferenceEvaluator::listing(uint32_t func) const {
  const ReferenceFunc& body = x_funcs[func];
  const FuncType& type = x_module.func_type(func);
  std::string text = "func " + std::to_string(func) + " " + to_string(type) + " locals";
  for (size_t i = type.params.size(); i < body.locals.size(); ++i)
    text += " " + std::to_string(i) + ":" + to_string(body.locals[i]);
  text += "\n";
  size_t indent = 1;
  for (const ReferenceInstr& instr : body.instrs) {
    if ((instr.op == Opcode::End || instr.op == Opcode::Else) && indent > 0) --indent;
    text += std::string(2 * indent, ' ') + std::string(info(instr.op).text);
    switch (info(instr.op).immediate) {
      case Imm::None:
        break;
      case Imm::I32:
        text += " " + std::to_string(static_cast<int32_t>(instr.imm.bits));
        break;
      case Imm::I64:
        text += " " + std::to_string(static_cast<int64_t>(instr.imm.bits));
        break;
      case Imm::F32:
        text += " " + std::to_string(Value::of_bits(instr.imm.bits).f32);
        break;
      case Imm::F64:
        text += " " + std::to_string(Value::of_bits(instr.imm.bits).f64);
        break;
      case Imm::MemArg:
        text += " offset=" + std::to_string(instr.imm.memarg.offset);
        break;
      case Imm::Lane:
        text += " " + std::to_string(instr.imm.lane);
        break;
      case Imm::BlockType:
        if (instr.imm.block.kind == BlockType::Kind::Value)
          text += " -> " + to_string(instr.imm.block.type);
        if (instr.imm.block.kind == BlockType::Kind::Index)
          text += " " + to_string(x_module.types[instr.imm.block.index].type.composite.func);
        break;
      case Imm::TryTable:
        for (const CatchClause& clause : instr.catches) {
          const bool all = clause.kind == CatchClause::Kind::CatchAll;
          text += " " + (all ? "all" : std::to_string(clause.tag)) + "->" +
                  std::to_string(clause.label);
        }
        break;
      case Imm::LabelTable:
        for (const uint32_t label : instr.labels) text += " " + std::to_string(label);
        break;
      default:
        text += " " + std::to_string(instr.imm.index.first);
    }
    text += "\n";
    if (instr.op == Opcode::Block || instr.op == Opcode::Loop || instr.op == Opcode::If ||
        instr.op == Opcode::TryTable || instr.op == Opcode::Else)
      ++indent;
  }
  return text;
}

}  // namespace weft::interp::testing
