// Reads instructions: bytes -> (Opcode, immediate), as the table in opcodes.def says (Spec 3.0, 5.4
// "Instructions"). Knows nothing of types and operands. The validator reads each immediate with its
// static kind; tools that treat all instructions alike (constant expressions' extent, printing)
// read an Immediate.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "interp/core/binary_format.h"
#include "interp/core/opcode.h"
#include "interp/core/types.h"
#include "interp/core/value.h"
#include "interp/decode/feature_gate.h"
#include "interp/decode/limits.h"
#include "interp/decode/reader.h"
#include "interp/decode/type_reader.h"

namespace weft::interp {

struct MemArg {
  uint32_t align_log2 = 0;
  uint32_t memory = 0;
  uint64_t offset = 0;
  bool operator==(const MemArg&) const = default;
};

struct IndexPair {
  uint32_t first = 0;
  uint32_t second = 0;
  bool operator==(const IndexPair&) const = default;
};

struct MemArgLane {
  MemArg memarg;
  uint8_t lane = 0;
  bool operator==(const MemArgLane&) const = default;
};

struct CastBranch {
  uint32_t label = 0;
  bool from_nullable = false;
  bool to_nullable = false;
  HeapType from = HeapType::Any;
  HeapType to = HeapType::Any;
  bool operator==(const CastBranch&) const = default;
};

struct CatchClause {
  enum class Kind : uint8_t { Catch, CatchRef, CatchAll, CatchAllRef };
  Kind kind = Kind::Catch;
  uint32_t tag = 0;  // Catch, CatchRef
  uint32_t label = 0;
  bool operator==(const CatchClause&) const = default;
};

// Any immediate; the instruction's Imm says which members are meant. Spans point into the reader
// that made it, and stay valid until its next instruction.
struct Immediate {
  IndexPair index;    // one index: in `first`
  uint64_t bits = 0;  // numeric constants; i32 zero-extended
  V128 v128{};        // v128.const, shuffle
  MemArg memarg;
  uint8_t lane = 0;
  BlockType block;
  HeapType heap = HeapType::Func;
  CastBranch cast;
  std::span<const uint32_t> labels;      // br_table, the default last
  std::span<const ValType> types;        // select t
  std::span<const CatchClause> catches;  // try_table
};

class InstrReader {
 public:
  InstrReader(Reader& in, FeatureGate& gate, const ImplementationLimits& limits)
      : x_in(in), x_gate(gate), x_limits(limits) {}

  // The opcode, whatever its feature; Unreachable with an error in the reader if there is none.
  Opcode opcode() {
    const uint16_t index = kOneByteOpcodes[x_in.peek()];
    if (x_in.at_end() || index == kNoOpcode) [[unlikely]]
      return opcode_slow();
    x_in.byte();
    return static_cast<Opcode>(index);
  }

  // The immediate of the given kind: uint32_t for an index, the constants as themselves, IndexPair,
  // MemArg, ...
  template <Imm kKind>
  auto read();

  // The immediate of `opcode`, by the table.
  Immediate immediate(Opcode opcode);

 private:
  uint32_t memory_index() {
    if (x_in.peek() == 0) [[likely]]
      return x_in.byte();
    return memory_index_slow();
  }
  MemArg memarg() {
    MemArg result;
    const uint32_t flags = x_in.peek();
    if (flags >= 32) [[unlikely]]  // what every version agrees on lies below
      return memarg_slow();
    result.align_log2 = x_in.byte();
    result.offset = x_gate.enabled.has(Feature::Memory64) ? x_in.u64() : x_in.u32();
    return result;
  }
  IndexPair index_pair() {
    const uint32_t first = x_in.u32();
    return {first, x_in.u32()};
  }
  TypeReader types() { return {x_in, x_gate, x_limits}; }

  Opcode opcode_slow();
  uint32_t memory_index_slow();
  MemArg memarg_slow();
  std::span<const uint32_t> label_table();
  std::span<const ValType> select_types();
  std::span<const CatchClause> catch_clauses();
  CastBranch cast_branch();
  void zero_byte();

  Reader& x_in;
  FeatureGate& x_gate;
  const ImplementationLimits& x_limits;
  // Of the last br_table, select t or try_table; kept to reuse their storage.
  std::vector<uint32_t> x_labels;
  std::vector<ValType> x_types;
  std::vector<CatchClause> x_catches;
};

template <Imm kKind>
auto InstrReader::read() {
  if constexpr (kKind == Imm::BlockType) {
    return types().block_type();
  } else if constexpr (kKind == Imm::LabelTable) {
    return label_table();
  } else if constexpr (kKind == Imm::LabelIdx || kKind == Imm::FuncIdx || kKind == Imm::TypeIdx ||
                       kKind == Imm::LocalIdx || kKind == Imm::GlobalIdx ||
                       kKind == Imm::TableIdx || kKind == Imm::TagIdx || kKind == Imm::DataIdx ||
                       kKind == Imm::ElemIdx) {
    return x_in.u32();
  } else if constexpr (kKind == Imm::MemIdx) {
    return memory_index();
  } else if constexpr (kKind == Imm::TypeTable || kKind == Imm::ElemTable ||
                       kKind == Imm::TableTable || kKind == Imm::TypeField ||
                       kKind == Imm::TypeCount || kKind == Imm::TypeData ||
                       kKind == Imm::TypeElem || kKind == Imm::TypeType) {
    return index_pair();
  } else if constexpr (kKind == Imm::DataMem) {
    const uint32_t data = x_in.u32();
    return IndexPair{data, memory_index()};
  } else if constexpr (kKind == Imm::MemMem) {
    const uint32_t to = memory_index();
    return IndexPair{to, memory_index()};
  } else if constexpr (kKind == Imm::MemArg) {
    return memarg();
  } else if constexpr (kKind == Imm::MemArgLane) {
    const MemArg access = memarg();
    return MemArgLane{access, x_in.byte()};
  } else if constexpr (kKind == Imm::Lane) {
    return x_in.byte();
  } else if constexpr (kKind == Imm::Shuffle || kKind == Imm::V128) {
    return x_in.v128();
  } else if constexpr (kKind == Imm::I32) {
    return static_cast<uint32_t>(x_in.s32());
  } else if constexpr (kKind == Imm::I64) {
    return static_cast<uint64_t>(x_in.s64());
  } else if constexpr (kKind == Imm::F32) {
    return x_in.fixed_u32();
  } else if constexpr (kKind == Imm::F64) {
    return x_in.fixed_u64();
  } else if constexpr (kKind == Imm::HeapType) {
    return types().heap_type();
  } else if constexpr (kKind == Imm::SelectTypes) {
    return select_types();
  } else if constexpr (kKind == Imm::BrOnCast) {
    return cast_branch();
  } else if constexpr (kKind == Imm::ZeroByte) {
    zero_byte();
  } else if constexpr (kKind == Imm::TryTable) {
    Immediate result;
    result.block = types().block_type();
    result.catches = catch_clauses();
    return result;
  } else {
    static_assert(kKind == Imm::None);
  }
}

}  // namespace weft::interp
