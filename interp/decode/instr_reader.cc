#include "interp/decode/instr_reader.h"

#include <cstdio>
#include <optional>

namespace weft::interp {
namespace {

constexpr bool is_prefix(uint8_t byte) { return byte >= 0xfb && byte <= 0xfe; }

std::string hex(uint32_t value) {
  char text[16];
  std::snprintf(text, sizeof text, "%02x", value);
  return text;
}

}  // namespace

Opcode InstrReader::opcode_slow() {
  const uint64_t at = x_in.offset();
  const uint8_t first = x_in.byte();
  if (!x_in.ok()) return Opcode::Unreachable;
  if (!is_prefix(first)) {
    x_in.malformed(at, "illegal opcode " + hex(first));
    return Opcode::Unreachable;
  }
  const uint32_t code = x_in.u32();
  if (const std::optional<Opcode> opcode = find_opcode(first, code)) return *opcode;
  x_in.malformed(at, "illegal opcode " + hex(first) + " " + hex(code));
  return Opcode::Unreachable;
}

// Before multi-memory this was a reserved byte, and a longer encoding of zero still counts as that
// byte being wrong where the proposal is off.
uint32_t InstrReader::memory_index_slow() {
  const uint64_t at = x_in.offset();
  const uint32_t index = x_in.u32();
  if (x_in.ok() && index == 0 && !x_gate.enabled.has(Feature::MultiMemory)) {
    x_in.malformed(at, "zero byte expected");
  } else if (index != 0) {
    x_gate.require(x_in, Feature::MultiMemory, at);
  }
  return index;
}

MemArg InstrReader::memarg_slow() {
  MemArg result;
  const uint64_t at = x_in.offset();
  const uint32_t flags = x_in.u32();
  // Wasm 2.0 knows no flags: there an exponent beyond 31 is malformed, where 3.0 finds it invalid.
  const bool exponent_only =
      (flags & kMemArgIndexFlag) == 0 && !x_gate.enabled.has(Feature::MultiMemory);
  if (flags >= 2 * kMemArgIndexFlag || (exponent_only && flags >= 32)) {
    x_in.malformed(at, "malformed memop flags");
    return result;
  }
  result.align_log2 = flags & (kMemArgIndexFlag - 1);
  if (flags & kMemArgIndexFlag) {
    x_gate.require(x_in, Feature::MultiMemory, at);
    result.memory = x_in.u32();
  }
  result.offset = x_gate.enabled.has(Feature::Memory64) ? x_in.u64() : x_in.u32();
  return result;
}

std::span<const uint32_t> InstrReader::label_table() {
  const uint32_t count = x_in.u32();
  x_labels.clear();
  x_labels.reserve(x_in.reservable(count, 1) + 1);
  for (uint32_t i = 0; i < count && x_in.ok(); ++i) x_labels.push_back(x_in.u32());
  x_labels.push_back(x_in.u32());
  return x_labels;
}

std::span<const ValType> InstrReader::select_types() {
  const uint64_t at = x_in.offset();
  const uint32_t count = x_in.u32();
  x_types.clear();
  if (count > x_limits.results) x_in.fail(ErrorKind::Limit, at, "too many results");
  for (uint32_t i = 0; i < count && x_in.ok(); ++i) x_types.push_back(types().val_type());
  return x_types;
}

std::span<const CatchClause> InstrReader::catch_clauses() {
  const uint32_t count = x_in.u32();
  x_catches.clear();
  x_catches.reserve(x_in.reservable(count, 2));
  for (uint32_t i = 0; i < count && x_in.ok(); ++i) {
    const uint64_t at = x_in.offset();
    const uint8_t kind = x_in.byte();
    if (kind > 3) x_in.malformed(at, "malformed catch clause");
    CatchClause clause{.kind = static_cast<CatchClause::Kind>(kind)};
    if (kind < 2) clause.tag = x_in.u32();
    clause.label = x_in.u32();
    x_catches.push_back(clause);
  }
  return x_catches;
}

CastBranch InstrReader::cast_branch() {
  CastBranch result;
  const uint64_t at = x_in.offset();
  const uint8_t flags = x_in.byte();
  if (flags > 3) x_in.malformed(at, "malformed br_on_cast flags");
  result.from_nullable = flags & 1;
  result.to_nullable = flags & 2;
  result.label = x_in.u32();
  result.from = types().heap_type();
  result.to = types().heap_type();
  return result;
}

void InstrReader::zero_byte() {
  const uint64_t at = x_in.offset();
  if (x_in.byte() != 0) x_in.malformed(at, "zero byte expected");
}

Immediate InstrReader::immediate(Opcode opcode) {
  Immediate result;
  switch (info(opcode).immediate) {
    case Imm::None:
      break;
    case Imm::BlockType:
      result.block = read<Imm::BlockType>();
      break;
    case Imm::LabelTable:
      result.labels = read<Imm::LabelTable>();
      break;
    case Imm::LabelIdx:
    case Imm::FuncIdx:
    case Imm::TypeIdx:
    case Imm::LocalIdx:
    case Imm::GlobalIdx:
    case Imm::TableIdx:
    case Imm::TagIdx:
    case Imm::DataIdx:
    case Imm::ElemIdx:
      result.index.first = read<Imm::LabelIdx>();
      break;
    case Imm::MemIdx:
      result.index.first = read<Imm::MemIdx>();
      break;
    case Imm::TypeTable:
    case Imm::ElemTable:
    case Imm::TableTable:
    case Imm::TypeField:
    case Imm::TypeCount:
    case Imm::TypeData:
    case Imm::TypeElem:
    case Imm::TypeType:
      result.index = read<Imm::TypeTable>();
      break;
    case Imm::DataMem:
      result.index = read<Imm::DataMem>();
      break;
    case Imm::MemMem:
      result.index = read<Imm::MemMem>();
      break;
    case Imm::MemArg:
      result.memarg = read<Imm::MemArg>();
      break;
    case Imm::MemArgLane: {
      const MemArgLane both = read<Imm::MemArgLane>();
      result.memarg = both.memarg;
      result.lane = both.lane;
      break;
    }
    case Imm::Lane:
      result.lane = read<Imm::Lane>();
      break;
    case Imm::Shuffle:
    case Imm::V128:
      result.v128 = read<Imm::V128>();
      break;
    case Imm::ZeroByte:
      read<Imm::ZeroByte>();
      break;
    case Imm::I32:
      result.bits = read<Imm::I32>();
      break;
    case Imm::I64:
      result.bits = read<Imm::I64>();
      break;
    case Imm::F32:
      result.bits = read<Imm::F32>();
      break;
    case Imm::F64:
      result.bits = read<Imm::F64>();
      break;
    case Imm::HeapType:
      result.heap = read<Imm::HeapType>();
      break;
    case Imm::SelectTypes:
      result.types = read<Imm::SelectTypes>();
      break;
    case Imm::BrOnCast:
      result.cast = read<Imm::BrOnCast>();
      break;
    case Imm::TryTable:
      result = read<Imm::TryTable>();
      break;
  }
  return result;
}

}  // namespace weft::interp
