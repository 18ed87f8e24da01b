// The instruction table as data: one InstrInfo per row of opcodes.def. Ordinary code asks info()
// and never sees a macro.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "interp/core/features.h"

namespace weft::interp {

// Dense numbering in table order; the binary encoding lives in InstrInfo.
enum class Opcode : uint16_t {
#define WEFT_OP(prefix, code, Id, ...) Id,
#include "interp/core/opcodes.def"
};

inline constexpr size_t kOpcodeCount = 0
#define WEFT_OP(...) +1
#include "interp/core/opcodes.def"
    ;

constexpr size_t index_of(Opcode opcode) { return static_cast<size_t>(opcode); }

// What follows the opcode in the binary format.
enum class Imm : uint8_t {
  None,
  BlockType,    // s33: a value type, empty, or a type index
  LabelIdx,     // u32
  LabelTable,   // vec(u32) u32
  FuncIdx,      // u32
  TypeIdx,      // u32
  TypeTable,    // u32 type, u32 table
  LocalIdx,     // u32
  GlobalIdx,    // u32
  TableIdx,     // u32
  MemIdx,       // u32
  TagIdx,       // u32
  DataIdx,      // u32
  ElemIdx,      // u32
  DataMem,      // u32 data, u32 memory
  MemMem,       // u32 destination, u32 source
  ElemTable,    // u32 elem, u32 table
  TableTable,   // u32 destination, u32 source
  MemArg,       // u32 alignment and flags, [u32 memory], u64 offset
  MemArgLane,   // memarg, byte
  Lane,         // byte
  Shuffle,      // 16 bytes
  ZeroByte,     // byte, 0
  I32,          // s32
  I64,          // s64
  F32,          // 4 bytes
  F64,          // 8 bytes
  V128,         // 16 bytes
  HeapType,     // s33
  SelectTypes,  // vec(valtype)
  TypeField,    // u32 type, u32 field
  TypeCount,    // u32 type, u32 count
  TypeData,     // u32 type, u32 data
  TypeElem,     // u32 type, u32 elem
  TypeType,     // u32 type, u32 type
  BrOnCast,     // byte flags, u32 label, heap type, heap type
  TryTable,     // block type, vec(catch)
};

struct InstrInfo {
  uint8_t prefix;  // 0 for one-byte instructions
  uint16_t code;
  std::string_view text;
  Imm immediate;
  std::string_view signature;  // "ii:i"; "*" for instructions with a validation rule of their own
  uint8_t colon;               // where it is in the signature; 0 without one: no search
  Feature feature;

  constexpr uint32_t encoding() const { return uint32_t{prefix} << 16 | code; }
  constexpr bool has_signature() const { return signature != "*"; }
  constexpr std::string_view params() const { return signature.substr(0, has_colon() ? colon : 1); }
  constexpr std::string_view results() const {
    return signature.substr(has_colon() ? colon + 1u : 0u);
  }

 private:
  constexpr bool has_colon() const { return signature[colon] == ':'; }
};

inline constexpr std::array<InstrInfo, kOpcodeCount> kInstrs = [] {
  std::array<InstrInfo, kOpcodeCount> instrs{{
#define WEFT_OP(prefix, code, Id, text, imm, sig, feature) \
  {prefix, code, text, Imm::imm, sig, 0, Feature::feature},
#include "interp/core/opcodes.def"
  }};
  for (InstrInfo& instr : instrs) {
    const size_t colon = instr.signature.find(':');
    if (colon != std::string_view::npos) instr.colon = static_cast<uint8_t>(colon);
  }
  return instrs;
}();

// The enumerators as text.
inline constexpr std::array<std::string_view, kOpcodeCount> kInstrIds{{
#define WEFT_OP(prefix, code, Id, ...) #Id,
#include "interp/core/opcodes.def"
}};

namespace detail {

// What info() reads at run time: no pointers, which the loader would have to relocate.
struct PackedInstr {
  uint16_t code;
  uint16_t text;  // in kInstrTexts
  uint8_t prefix;
  uint8_t text_size;
  Imm immediate;
  Feature feature;
  uint8_t sizes;  // of the signature, and above 4 bits where its colon is
  std::array<char, 7> signature;
};

inline constexpr char kInstrTexts[] =
#define WEFT_OP(prefix, code, Id, text, ...) text
#include "interp/core/opcodes.def"
    ;

inline constexpr auto kPackedInstrs = [] {
  std::array<PackedInstr, kOpcodeCount> packed{};
  size_t text = 0;
  for (size_t i = 0; i < kOpcodeCount; ++i) {
    const InstrInfo& instr = kInstrs[i];
    packed[i] = {.code = instr.code,
                 .text = static_cast<uint16_t>(text),
                 .prefix = instr.prefix,
                 .text_size = static_cast<uint8_t>(instr.text.size()),
                 .immediate = instr.immediate,
                 .feature = instr.feature,
                 .sizes = static_cast<uint8_t>(instr.signature.size() | instr.colon << 4),
                 .signature = {}};
    std::ranges::copy(instr.signature, packed[i].signature.begin());
    text += instr.text.size();
  }
  return packed;
}();
static_assert(sizeof(PackedInstr) == 16 && sizeof(kInstrTexts) < 0xffff);

}  // namespace detail

// An instruction's row.
constexpr InstrInfo info(Opcode opcode) {
  const detail::PackedInstr& packed = detail::kPackedInstrs[index_of(opcode)];
  return {.prefix = packed.prefix,
          .code = packed.code,
          .text = {detail::kInstrTexts + packed.text, packed.text_size},
          .immediate = packed.immediate,
          .signature = {packed.signature.data(), packed.sizes & 15u},
          .colon = static_cast<uint8_t>(packed.sizes >> 4),
          .feature = packed.feature};
}

// Bytes that a memory access touches; 0 for instructions that are not one. Also the natural
// alignment.
constexpr uint32_t access_bytes(Opcode opcode) {
  constexpr auto table = [] {
    std::array<uint8_t, kOpcodeCount> bytes{};
#define WEFT_OP(...)
#define WEFT_LOAD(prefix, code, Id, text, sig, feature, Stored, Value) \
  bytes[index_of(Opcode::Id)] = sizeof(Stored);
#define WEFT_STORE(prefix, code, Id, text, sig, feature, Stored, Value) \
  bytes[index_of(Opcode::Id)] = sizeof(Stored);
#define WEFT_V_LOAD(prefix, code, Id, text, sig, feature, fn, size) \
  bytes[index_of(Opcode::Id)] = size;
#define WEFT_V_LOAD_LANE(prefix, code, Id, text, sig, feature, size) \
  bytes[index_of(Opcode::Id)] = size;
#define WEFT_V_STORE_LANE(prefix, code, Id, text, sig, feature, size) \
  bytes[index_of(Opcode::Id)] = size;
#define WEFT_ATOMIC_LOAD(prefix, code, Id, text, sig, feature, Stored, Value) \
  bytes[index_of(Opcode::Id)] = sizeof(Stored);
#define WEFT_ATOMIC_STORE(prefix, code, Id, text, sig, feature, Stored, Value) \
  bytes[index_of(Opcode::Id)] = sizeof(Stored);
#define WEFT_ATOMIC_RMW(prefix, code, Id, text, sig, feature, Stored, Value, fn) \
  bytes[index_of(Opcode::Id)] = sizeof(Stored);
#define WEFT_ATOMIC_CMPXCHG(prefix, code, Id, text, sig, feature, Stored, Value) \
  bytes[index_of(Opcode::Id)] = sizeof(Stored);
#define WEFT_ATOMIC_WAIT(prefix, code, Id, text, sig, feature, Stored) \
  bytes[index_of(Opcode::Id)] = sizeof(Stored);
#define WEFT_ATOMIC_NOTIFY(prefix, code, Id, text, sig, feature, Stored) \
  bytes[index_of(Opcode::Id)] = sizeof(Stored);
#include "interp/core/opcodes.def"
    bytes[index_of(Opcode::V128Store)] = 16;
    return bytes;
  }();
  return table[index_of(opcode)];
}

// Lanes that a lane immediate may name; 0 for instructions without one.
constexpr uint32_t lane_count(Opcode opcode) {
  constexpr auto table = [] {
    std::array<uint8_t, kOpcodeCount> lanes{};
#define WEFT_OP(...)
#define WEFT_V_EXTRACT(prefix, code, Id, text, sig, feature, fn, n) lanes[index_of(Opcode::Id)] = n;
#define WEFT_V_REPLACE(prefix, code, Id, text, sig, feature, fn, n) lanes[index_of(Opcode::Id)] = n;
#define WEFT_V_LOAD_LANE(prefix, code, Id, text, sig, feature, size) \
  lanes[index_of(Opcode::Id)] = 16 / (size);
#define WEFT_V_STORE_LANE(prefix, code, Id, text, sig, feature, size) \
  lanes[index_of(Opcode::Id)] = 16 / (size);
#include "interp/core/opcodes.def"
    return lanes;
  }();
  return table[index_of(opcode)];
}

// The instruction with this encoding, if there is one. `code` is unbounded guest input.
constexpr std::optional<Opcode> find_opcode(uint8_t prefix, uint32_t code) {
  if (code > 0xffff) return std::nullopt;
  const uint32_t encoding = uint32_t{prefix} << 16 | code;
  const auto encoding_of = [](const detail::PackedInstr& instr) {
    return uint32_t{instr.prefix} << 16 | instr.code;
  };
  const auto& instrs = detail::kPackedInstrs;
  const auto at = std::ranges::lower_bound(instrs, encoding, {}, encoding_of);
  if (at == instrs.end() || encoding_of(*at) != encoding) return std::nullopt;
  return static_cast<Opcode>(at - instrs.begin());
}

// One-byte instructions, indexed by their byte: the decoder's fast path. Unassigned bytes hold
// kNoOpcode.
inline constexpr uint16_t kNoOpcode = 0xffff;
inline constexpr std::array<uint16_t, 256> kOneByteOpcodes = [] {
  std::array<uint16_t, 256> table{};
  table.fill(kNoOpcode);
  for (size_t i = 0; i < kOpcodeCount; ++i) {
    if (kInstrs[i].prefix == 0) table[kInstrs[i].code] = static_cast<uint16_t>(i);
  }
  return table;
}();

namespace opcode_table_checks {

constexpr bool id_is_camel_case_of_text(const InstrInfo& instr) {
  const std::string_view id = kInstrIds[static_cast<size_t>(&instr - kInstrs.data())];
  size_t at = 0;
  bool start = true;
  for (char c : instr.text) {
    if (c == '.' || c == '_' || c == ' ') {
      start = true;
      continue;
    }
    const char expected = start && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    if (at >= id.size() || id[at] != expected) return false;
    ++at;
    start = false;
  }
  return at == id.size();
}

static_assert(std::ranges::is_sorted(kInstrs, {}, &InstrInfo::encoding));
static_assert(std::ranges::adjacent_find(kInstrs, {}, &InstrInfo::encoding) == kInstrs.end());
static_assert(std::ranges::all_of(kInstrs, id_is_camel_case_of_text));
static_assert(std::ranges::all_of(kInstrs, [](const InstrInfo& instr) {
  return !instr.has_signature() ||
         (instr.signature.find(':') != std::string_view::npos &&
          instr.signature.find_first_not_of("ilfdva:") == std::string_view::npos);
}));

}  // namespace opcode_table_checks

}  // namespace weft::interp
