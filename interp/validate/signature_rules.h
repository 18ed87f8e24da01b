// The typing of the instructions whose row in opcodes.def has a signature: kSignatureRules, derived
// from the table.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "interp/core/opcode.h"
#include "interp/core/types.h"

namespace weft::interp {

// Which sink callback such an instruction is, and so which immediate it has. None: no callback
// stands for it (yet).
enum class InstrShape : uint8_t {
  None,
  Unary,
  Binary,
  Ternary,
  Load,
  Store,
  LoadLane,
  StoreLane,
  ExtractLane,
  ReplaceLane,
};

struct SignatureRule {
  InstrShape shape = InstrShape::None;
  uint8_t align_log2 = 0;  // natural alignment of a memory access
  uint8_t lanes = 0;
  Feature feature = Feature::Mvp;  // of every instruction, also of those with rules of their own
  // The operands, without the address of a memory access. None is a reference.
  std::array<ValType::Kind, 3> params{};
  ValType::Kind result = ValType::Bot;
};
static_assert(sizeof(SignatureRule) == 8);

constexpr ValType::Kind val_type_of_letter(char letter) {
  switch (letter) {
    case 'i':
      return ValType::I32;
    case 'l':
      return ValType::I64;
    case 'f':
      return ValType::F32;
    case 'd':
      return ValType::F64;
    case 'v':
      return ValType::V128;
    default:
      return ValType::Bot;
  }
}

constexpr InstrShape shape_of(const InstrInfo& instr) {
  if (!instr.has_signature() || instr.feature == Feature::Threads || instr.results().size() > 1)
    return InstrShape::None;
  const bool yields = !instr.results().empty();
  if (instr.immediate == Imm::MemArg) return yields ? InstrShape::Load : InstrShape::Store;
  if (instr.immediate == Imm::MemArgLane)
    return yields ? InstrShape::LoadLane : InstrShape::StoreLane;
  if (instr.immediate == Imm::Lane)
    return instr.params().size() == 1 ? InstrShape::ExtractLane : InstrShape::ReplaceLane;
  if (instr.immediate != Imm::None || !yields) return InstrShape::None;
  switch (instr.params().size()) {
    case 1:
      return InstrShape::Unary;
    case 2:
      return InstrShape::Binary;
    case 3:
      return InstrShape::Ternary;
    default:
      return InstrShape::None;
  }
}

// Of a memory access.
constexpr uint8_t natural_align_log2(Opcode opcode) {
  const uint32_t bytes = access_bytes(opcode);
  return bytes == 0 ? 0 : static_cast<uint8_t>(std::countr_zero(bytes));
}

inline constexpr std::array<SignatureRule, kOpcodeCount> kSignatureRules = [] {
  std::array<SignatureRule, kOpcodeCount> rules{};
  for (size_t i = 0; i < kOpcodeCount; ++i) {
    const InstrInfo& instr = kInstrs[i];
    SignatureRule& rule = rules[i];
    rule.shape = shape_of(instr);
    rule.feature = instr.feature;
    if (rule.shape == InstrShape::None) continue;
    const auto opcode = static_cast<Opcode>(i);
    rule.lanes = static_cast<uint8_t>(lane_count(opcode));
    rule.align_log2 = natural_align_log2(opcode);
    size_t at = 0;
    for (const char letter : instr.params()) {
      if (letter != 'a') rule.params[at++] = val_type_of_letter(letter);
    }
    if (!instr.results().empty()) rule.result = val_type_of_letter(instr.results()[0]);
  }
  return rules;
}();

}  // namespace weft::interp
