// Random programs' accesses, moved to another memory than the one that they were generated for.
#include "interp/core/opcode.h"
#include "interp/decode/instr_reader.h"
#include "tests/engine/random_program.h"

namespace weft::interp::testing {
namespace {

Bytes local(Opcode opcode, uint32_t index) { return join(encode(opcode), unsigned_leb(index)); }

class Rewriter {
 public:
  Rewriter(RandomMemory memory, uint32_t scratch)
      : x_index(memory == RandomMemory::Second || memory == RandomMemory::Second64 ? 1 : 0),
        x_is_wide(memory == RandomMemory::First64 || memory == RandomMemory::Second64),
        x_scratch(scratch) {}

  Bytes run(const Bytes& instr) {
    Reader in(instr);
    FeatureGate gate{all_features(), {}};
    const ImplementationLimits limits;
    InstrReader reader(in, gate, limits);
    const Opcode op = reader.opcode();
    const Imm kind = info(op).immediate;
    if (kind == Imm::MemArg || kind == Imm::MemArgLane) {
      const Immediate imm = reader.immediate(op);
      Bytes moved = join(encode(op), unsigned_leb(imm.memarg.align_log2 | (x_index << 6)));
      if (x_index != 0) append(moved, unsigned_leb(x_index));
      append(moved, unsigned_leb(imm.memarg.offset));
      if (kind == Imm::MemArgLane) moved.push_back(imm.lane);
      return join(widened_below(values_above_address(op)), moved);
    }
    const auto place = static_cast<uint8_t>(x_index);
    switch (op) {
      case Opcode::MemorySize:
        return join(encode(op), Bytes{place}, narrowed());
      case Opcode::MemoryGrow:
        return join(widened_below(""), encode(op), Bytes{place}, narrowed());
      case Opcode::MemoryFill:
        return join(widened_below("ii"), widened_below(""), encode(op), Bytes{place});
      case Opcode::MemoryCopy:
        return join(widened_below("ii"), widened_below("i"), widened_below(""), encode(op),
                    Bytes{place, place});
      default:
        return instr;
    }
  }

 private:
  // The operands that lie above an access's address.
  static std::string values_above_address(Opcode op) {
    switch (op) {
      case Opcode::V128Store:
        return "v";
#define WEFT_OP(...)
#define WEFT_STORE(prefix, code, Id, text, sig, ...) \
  case Opcode::Id:                                   \
    return std::string(1, (sig)[1]);
#define WEFT_V_LOAD_LANE(prefix, code, Id, ...) \
  case Opcode::Id:                              \
    return "v";
#define WEFT_V_STORE_LANE(prefix, code, Id, ...) \
  case Opcode::Id:                               \
    return "v";
#include "interp/core/opcodes.def"
      default:
        return "";
    }
  }

  Bytes narrowed() const { return x_is_wide ? encode(Opcode::I32WrapI64) : Bytes{}; }

  // Makes the i32 below these operands an i64.
  Bytes widened_below(const std::string& types) const {
    if (!x_is_wide) return {};
    Bytes before;
    Bytes after;
    for (size_t i = 0; i < types.size(); ++i) {
      const auto at = kRandomScratch.find(types[i]) + (types[i] == 'i' ? i : 0);
      const uint32_t scratch = x_scratch + static_cast<uint32_t>(at);
      before = join(local(Opcode::LocalSet, scratch), before);
      append(after, local(Opcode::LocalGet, scratch));
    }
    return join(before, encode(Opcode::I64ExtendI32U), after);
  }

  const uint32_t x_index;
  const bool x_is_wide;
  const uint32_t x_scratch;
};

}  // namespace

Bytes with_memory(const Bytes& instr, RandomMemory memory, uint32_t scratch) {
  return memory == RandomMemory::First ? instr : Rewriter(memory, scratch).run(instr);
}

}  // namespace weft::interp::testing
