// The instructions that validation alone has a quick way for (function_validator_quick.h), by their
// byte, and what that way works on.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "interp/core/opcode.h"
#include "interp/core/seldom.h"
#include "interp/core/types.h"
#include "interp/core/value.h"
#include "interp/decode/leb.h"
#include "interp/validate/instr_sink.h"
#include "interp/validate/signature_rules.h"

namespace weft::interp {

enum class QuickKind : uint8_t {
  None,
  Constant,       // LEB128, whatever its value
  FixedConstant,  // f32, f64
  Unary,
  Binary,
  Load,
  Store,
  LocalGet,
  LocalSet,
  LocalTee,
  GlobalGet,
  GlobalSet,
  Drop,
  Select,
  Block,
  Loop,
  If,
  Else,
  End,
  Br,
  BrIf,
  Call,
};

struct alignas(8) QuickRule {
  QuickKind kind = QuickKind::None;
  uint8_t align_log2 = 0;  // of a memory access, at most
  uint8_t bytes = 1;       // the instruction's, if that is fixed
  ValType::Kind a = ValType::Bot;
  ValType::Kind b = ValType::Bot;
  ValType::Kind result = ValType::Bot;
};

constexpr QuickRule quick_rule(Opcode opcode) {
  const auto special = [](QuickKind kind) { return QuickRule{.kind = kind}; };
  switch (opcode) {
    case Opcode::I32Const:
      return {.kind = QuickKind::Constant, .result = ValType::I32};
    case Opcode::I64Const:
      return {.kind = QuickKind::Constant, .result = ValType::I64};
    case Opcode::F32Const:
      return {.kind = QuickKind::FixedConstant, .bytes = 5, .result = ValType::F32};
    case Opcode::F64Const:
      return {.kind = QuickKind::FixedConstant, .bytes = 9, .result = ValType::F64};
    case Opcode::LocalGet:
      return special(QuickKind::LocalGet);
    case Opcode::LocalSet:
      return special(QuickKind::LocalSet);
    case Opcode::LocalTee:
      return special(QuickKind::LocalTee);
    case Opcode::GlobalGet:
      return special(QuickKind::GlobalGet);
    case Opcode::GlobalSet:
      return special(QuickKind::GlobalSet);
    case Opcode::Drop:
      return special(QuickKind::Drop);
    case Opcode::Select:
      return special(QuickKind::Select);
    case Opcode::Block:
      return special(QuickKind::Block);
    case Opcode::Loop:
      return special(QuickKind::Loop);
    case Opcode::If:
      return special(QuickKind::If);
    case Opcode::Else:
      return special(QuickKind::Else);
    case Opcode::End:
      return special(QuickKind::End);
    case Opcode::Br:
      return special(QuickKind::Br);
    case Opcode::BrIf:
      return special(QuickKind::BrIf);
    case Opcode::Call:
      return special(QuickKind::Call);
    default:
      break;
  }
  const SignatureRule& rule = kSignatureRules[index_of(opcode)];
  if (rule.feature != Feature::Mvp) return {};
  QuickRule quick{.align_log2 = rule.align_log2,
                  .a = rule.params[0],
                  .b = rule.params[1],
                  .result = rule.result};
  switch (rule.shape) {
    case InstrShape::Unary:
      quick.kind = QuickKind::Unary;
      break;
    case InstrShape::Binary:
      quick.kind = QuickKind::Binary;
      break;
    case InstrShape::Load:
      quick.kind = QuickKind::Load;
      break;
    case InstrShape::Store:
      quick.kind = QuickKind::Store;
      break;
    default:
      break;
  }
  return quick;
}

// By an instruction's byte.
inline constexpr std::array<QuickRule, 256> kQuickRules = [] {
  std::array<QuickRule, 256> rules{};
  for (size_t i = 0; i < rules.size(); ++i) {
    if (kOneByteOpcodes[i] != kNoOpcode)
      rules[i] = quick_rule(static_cast<Opcode>(kOneByteOpcodes[i]));
  }
  return rules;
}();

// The type of both operands and the result of the instruction with this byte, Bot if it has no
// such.
inline constexpr std::array<ValType::Kind, 256> kQuickOperations = [] {
  std::array<ValType::Kind, 256> types{};
  for (size_t i = 0; i < types.size(); ++i) {
    const QuickRule& rule = kQuickRules[i];
    const bool is_one = rule.kind == QuickKind::Binary && rule.a == rule.b && rule.a == rule.result;
    types[i] = is_one ? rule.result : ValType::Bot;
  }
  return types;
}();

// The most that is read of one of these instructions: of a constant its byte and ten of a number;
// an access takes two bytes and has eight of its offset looked at.
inline constexpr size_t kQuickBytes = 11;
static_assert(kQuickBytes >= 2 + kLebWordBytes);

// Bytes of an LEB128 integer, or 0 if that takes a closer look. Linkers leave numbers of five
// bytes, whatever their values.
inline size_t quick_long_signed(const uint8_t* at, ValType::Kind type) {
  const size_t bytes = leb_bytes(read_unaligned<uint64_t>(at));
  if (type == ValType::I64) {
    if (bytes != 0) return bytes;
    if (at[8] < 0x80) return 9;
    return at[9] == 0 || at[9] == 0x7f ? 10 : 0;  // the sign
  }
  const unsigned sign = at[4] >> 3;  // and unused bits, which must be like it
  return bytes == 5 && (sign == 0 || sign == 0xf) ? bytes : 0;
}
inline size_t quick_long_unsigned(const uint8_t* at) { return at[4] < 0x10 ? 5 : 0; }
// Of at most four, or 0.
inline size_t quick_short_bytes(const uint8_t* at) {
  const uint32_t last = ~read_unaligned<uint32_t>(at) & 0x8080'8080;
  return last == 0 ? 0 : static_cast<size_t>(__builtin_ctz(last)) / 8 + 1;
}
inline size_t quick_signed_bytes(const uint8_t* at, ValType::Kind type) {
  const size_t bytes = quick_short_bytes(at);
  return bytes != 0 ? bytes : quick_long_signed(at, type);
}
inline size_t quick_unsigned_bytes(const uint8_t* at) {
  const size_t bytes = quick_short_bytes(at);
  return bytes != 0 ? bytes : quick_long_unsigned(at);
}

struct QuickIndex {
  uint32_t value;  // UINT32_MAX, which no index space holds, if it takes a closer look
  uint32_t bytes;
};
WEFT_SELDOM inline QuickIndex quick_long_index(const uint8_t* at) {
  const size_t bytes = quick_unsigned_bytes(at);
  if (bytes == 0) return {UINT32_MAX, 0};
  const uint64_t bits = leb_bits(read_unaligned<uint64_t>(at), bytes);
  return {static_cast<uint32_t>(bits), static_cast<uint32_t>(bytes)};
}
inline QuickIndex quick_index(const uint8_t* at) {
  if (at[0] < 0x80) [[likely]]
    return {at[0], 1};
  return quick_long_index(at);
}

// The place in the body and on the operand stack, in registers.
template <class Operand>
struct QuickState {
  using Entry = StackEntry<Operand>;

  const uint8_t* at;
  const uint8_t* last;  // where an instruction may begin
  Entry* top;
  Entry* floor;  // of the frame, in dead code too: operands that are missing there are for step()
  Entry* limit;
  const ValType* locals;
  size_t local_count;  // 0 if the function's locals are tracked

  bool has(ptrdiff_t count) const { return top - floor >= count; }
  bool has_room(size_t count) const { return static_cast<size_t>(limit - top) >= count; }
  bool has_any() const { return top != floor; }
  bool top_is(ValType type) const { return has_any() && top[-1].type == type; }
  bool top_are(ValType second, ValType first) const {
    return has(2) && top[-1].type == first && top[-2].type == second;
  }
};

}  // namespace weft::interp
