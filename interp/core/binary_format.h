// Numbers of the binary format (Spec 3.0, 5 "Binary Format") that are neither instructions nor
// types.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weft::interp {

inline constexpr uint32_t kMagic = 0x6d736100;  // "\0asm"
inline constexpr uint32_t kBinaryVersion = 1;

enum class SectionId : uint8_t {
  Custom = 0,
  Type = 1,
  Import = 2,
  Function = 3,
  Table = 4,
  Memory = 5,
  Global = 6,
  Export = 7,
  Start = 8,
  Element = 9,
  Code = 10,
  Data = 11,
  DataCount = 12,
  Tag = 13,
};
inline constexpr uint8_t kLastSectionId = 13;

// Type constructors.
inline constexpr uint8_t kRecType = 0x4e;
inline constexpr uint8_t kSubFinalType = 0x4f;
inline constexpr uint8_t kSubType = 0x50;
inline constexpr uint8_t kArrayType = 0x5e;
inline constexpr uint8_t kStructType = 0x5f;
inline constexpr uint8_t kFuncType = 0x60;
inline constexpr uint8_t kPackedI16 = 0x77;
inline constexpr uint8_t kPackedI8 = 0x78;
// The block type of a block that takes and yields nothing.
inline constexpr uint8_t kEmptyBlock = 0x40;

// Bits of limits' flags.
inline constexpr uint8_t kLimitsMax = 1;
inline constexpr uint8_t kLimitsShared = 2;
inline constexpr uint8_t kLimits64 = 4;
inline constexpr uint8_t kLimitsPageSize = 8;

// Instead of a table's type: one with an initial value follows.
inline constexpr uint8_t kTableWithInit = 0x40;

// Bits of an element or data segment's flags.
inline constexpr uint32_t kSegmentNotActive = 1;
inline constexpr uint32_t kSegmentExplicitIndex = 2;  // of an active segment; else: declarative
inline constexpr uint32_t kSegmentExprs = 4;

// Of a memory access's flags, above its alignment: a memory's index follows.
inline constexpr uint32_t kMemArgIndexFlag = 0x40;

// What a name belongs to, by the number of its subsection in the name section. Labels of a function
// count in the order of its blocks.
enum class NameOf : uint8_t {
  Module,
  Func,
  Local,  // of a function
  Label,  // of a function
  Type,
  Table,
  Memory,
  Global,
  Elem,
  Data,
  Field,  // of a type
  Tag,
};
inline constexpr size_t kNameKinds = static_cast<size_t>(NameOf::Tag) + 1;

}  // namespace weft::interp
