#include "interp/translate/inlining.h"

#include <algorithm>

#include "interp/decode/feature_gate.h"
#include "interp/decode/instr_reader.h"
#include "interp/decode/type_reader.h"

namespace weft::interp {

namespace {

bool is_scalar(ValType type) { return type != ValType::V128; }

// Whether the instruction leaves the function in another way than by returning or trapping, can run
// a second time, or says what exceptions do.
bool ends_leaf(Opcode op) {
  using enum Opcode;
  switch (op) {
    case Loop:
    case Call:
    case CallIndirect:
    case CallRef:
    case ReturnCall:
    case ReturnCallIndirect:
    case ReturnCallRef:
    case Try:
    case Catch:
    case CatchAll:
    case Delegate:
    case TryTable:
    case Throw:
    case Rethrow:
    case ThrowRef:
      return true;
    default:
      return false;
  }
}

bool is_branch(Opcode op) {
  using enum Opcode;
  switch (op) {
    case Block:
    case If:
    case Br:
    case BrIf:
    case BrTable:
    case BrOnNull:
    case BrOnNonNull:
    case BrOnCast:
    case BrOnCastFail:
      return true;
    default:
      return false;
  }
}

class LeafScan {
 public:
  LeafScan(const Module& module, uint32_t func)
      : x_type(module.func_type(func)),
        x_in(module.source.bytes, module.funcs[func].body),
        x_instrs(x_in, x_gate, x_limits) {}

  std::optional<Leaf> run() {
    if (!locals()) return std::nullopt;
    for (uint32_t count = 0; x_depth != 0; ++count) {
      const Opcode op = x_instrs.opcode();
      if (count == kLeafInstrs || ends_leaf(op)) return std::nullopt;
      const Immediate immediate = x_instrs.immediate(op);
      if (op == Opcode::Else || op == Opcode::End) end_block();
      if (op == Opcode::Block || op == Opcode::If || op == Opcode::Else) ++x_depth;
      x_leaf.branches |= is_branch(op) || (op == Opcode::Return && x_depth > 1);
      if (info(op).immediate == Imm::LocalIdx) use(op, immediate.index.first);
      if (x_depth != 0) x_leaf.result = op == Opcode::LocalGet ? immediate.index.first : kNoLocal;
    }
    return x_leaf;
  }

 private:
  // Whether all locals fit, and none, nor the result, is a vector: those take two slots.
  bool locals() {
    if (x_type.results.size() > 1) return false;
    size_t count = x_type.params.size();
    if (count > kLeafLocals || !std::ranges::all_of(x_type.params, is_scalar) ||
        !std::ranges::all_of(x_type.results, is_scalar)) {
      return false;
    }
    for (uint32_t groups = x_in.u32(); groups != 0; --groups) {
      const uint32_t members = x_in.u32();
      if (members > kLeafLocals - count) return false;
      count += members;
      if (!is_scalar(TypeReader(x_in, x_gate, x_limits).val_type())) return false;
    }
    return true;
  }

  void use(Opcode op, uint32_t index) {
    Leaf::Local& local = x_leaf.locals[index];
    uint32_t& set_at = x_set_at[index];
    if (op != Opcode::LocalGet) {
      if (set_at == 0) set_at = x_depth;
      ++local.writes;
      return;
    }
    if (local.writes == 0) ++local.reads;
    if (set_at == 0) local.read_unset = true;
  }

  // What a block sets need not be set behind it: branches lead there.
  void end_block() {
    for (uint32_t& set_at : x_set_at) {
      if (set_at == x_depth) set_at = 0;
    }
    --x_depth;
  }

  const FuncType& x_type;
  Reader x_in;
  FeatureGate x_gate{kSupportedFeatures, {}};
  const ImplementationLimits x_limits;
  InstrReader x_instrs;
  Leaf x_leaf;
  uint32_t x_depth = 1;
  // By local: in which open block it was set, so that it is from there on; 0: in none.
  std::array<uint32_t, kLeafLocals> x_set_at{};
};

}  // namespace

std::optional<Leaf> leaf_of(const Module& module, uint32_t func) {
  if (module.funcs[func].body.size() > kLeafBytes) return std::nullopt;
  return LeafScan(module, func).run();
}

}  // namespace weft::interp
