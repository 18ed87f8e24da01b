#include "interp/core/opcode.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace weft::interp {
namespace {

TEST(OpcodeTable, EveryRowIsFoundByItsEncoding) {
  for (size_t i = 0; i < kOpcodeCount; ++i) {
    EXPECT_EQ(find_opcode(kInstrs[i].prefix, kInstrs[i].code), static_cast<Opcode>(i))
        << kInstrs[i].text;
  }
}

TEST(OpcodeTable, NothingElseIs) {
  EXPECT_FALSE(find_opcode(0, 0x27));
  EXPECT_FALSE(find_opcode(0xfc, 0x12));
  EXPECT_FALSE(find_opcode(0xfd, 0x1'0000));
  EXPECT_FALSE(find_opcode(0xfd, UINT32_MAX));
  EXPECT_FALSE(find_opcode(0xff, 0));
}

TEST(OpcodeTable, TextsAreUnique) {
  std::set<std::string_view> texts;
  for (const InstrInfo& instr : kInstrs) EXPECT_TRUE(texts.insert(instr.text).second) << instr.text;
}

TEST(OpcodeTable, OneByteInstructionsAreIndexedByTheirByte) {
  for (size_t byte = 0; byte < 256; ++byte) {
    const uint16_t index = kOneByteOpcodes[byte];
    const auto found = find_opcode(0, static_cast<uint32_t>(byte));
    EXPECT_EQ(index == kNoOpcode, !found.has_value());
    if (found) {
      EXPECT_EQ(index, index_of(*found));
    }
  }
}

TEST(OpcodeTable, WasmTwoHas236VectorInstructions) {
  // Spec 2.0, 5.4.8 "Vector Instructions".
  size_t vectors = 0;
  for (const InstrInfo& instr : kInstrs) vectors += instr.feature == Feature::Simd;
  EXPECT_EQ(vectors, 236u);
}

TEST(OpcodeTable, AccessesAreWhatTheTextSays) {
  EXPECT_EQ(access_bytes(Opcode::I32Load8S), 1u);
  EXPECT_EQ(access_bytes(Opcode::I64Load32U), 4u);
  EXPECT_EQ(access_bytes(Opcode::F64Store), 8u);
  EXPECT_EQ(access_bytes(Opcode::V128Load), 16u);
  EXPECT_EQ(access_bytes(Opcode::V128Store), 16u);
  EXPECT_EQ(access_bytes(Opcode::V128Load8x8S), 8u);
  EXPECT_EQ(access_bytes(Opcode::V128Store16Lane), 2u);
  EXPECT_EQ(access_bytes(Opcode::I32Add), 0u);
  for (size_t i = 0; i < kOpcodeCount; ++i) {
    const bool is_access =
        kInstrs[i].immediate == Imm::MemArg || kInstrs[i].immediate == Imm::MemArgLane;
    if (kInstrs[i].feature == Feature::Threads) continue;  // their widths come with their handlers
    EXPECT_EQ(access_bytes(static_cast<Opcode>(i)) != 0, is_access) << kInstrs[i].text;
  }
}

TEST(OpcodeTable, LanesFillAVector) {
  EXPECT_EQ(lane_count(Opcode::I8x16ExtractLaneS), 16u);
  EXPECT_EQ(lane_count(Opcode::F64x2ReplaceLane), 2u);
  EXPECT_EQ(lane_count(Opcode::V128Load32Lane), 4u);
  for (size_t i = 0; i < kOpcodeCount; ++i) {
    const bool has_lane =
        kInstrs[i].immediate == Imm::Lane || kInstrs[i].immediate == Imm::MemArgLane;
    EXPECT_EQ(lane_count(static_cast<Opcode>(i)) != 0, has_lane) << kInstrs[i].text;
  }
}

}  // namespace
}  // namespace weft::interp
