// The instructions of a decoded module, one by one: of a function's body or a constant expression.
#pragma once

#include <cstdint>

#include "interp/decode/instr_reader.h"
#include "interp/decode/module.h"
#include "interp/decode/type_reader.h"

namespace weft::interp {

class BodyReader {
 public:
  struct Instr {
    uint64_t offset = 0;  // in the module
    Opcode opcode = Opcode::Unreachable;
    Immediate immediate{};  // until the next one is read
  };

  BodyReader(const Module& module, ByteRange range)
      : x_in(module.source.bytes, range),
        x_gate{.enabled = kSupportedFeatures | module.used_features, .used = {}},
        x_types(x_in, x_gate, x_limits),
        x_instrs(x_in, x_gate, x_limits) {}
  BodyReader(const BodyReader&) = delete;
  BodyReader& operator=(const BodyReader&) = delete;

  bool ok() const { return x_in.ok(); }
  bool at_end() const { return x_in.at_end(); }
  Error take_error() { return x_in.take_error(); }
  void fail(ErrorKind kind, uint64_t offset, std::string message) {
    x_in.fail(kind, offset, std::move(message));
  }
  const ImplementationLimits& limits() const { return x_limits; }

  // The groups of locals that a function's body begins with: group(offset, count, type).
  template <class Group>
  void locals(Group&& group) {
    const uint32_t groups = x_in.u32();
    for (uint32_t i = 0; i < groups && x_in.ok(); ++i) {
      const uint64_t offset = x_in.offset();
      const uint32_t count = x_in.u32();
      const ValType type = x_types.val_type();
      if (x_in.ok()) group(offset, count, type);
    }
  }
  // False at the end, or after an error.
  bool next(Instr& instr) {
    if (x_in.at_end()) return false;
    instr.offset = x_in.offset();
    instr.opcode = x_instrs.opcode();
    instr.immediate = x_instrs.immediate(instr.opcode);
    return x_in.ok();
  }

 private:
  Reader x_in;
  FeatureGate x_gate;
  const ImplementationLimits x_limits;
  TypeReader x_types;
  InstrReader x_instrs;
};

constexpr bool opens_block(Opcode opcode) {
  const Imm kind = info(opcode).immediate;
  return kind == Imm::BlockType || kind == Imm::TryTable;
}

}  // namespace weft::interp
