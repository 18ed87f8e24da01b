#include "interp/decode/instr_reader.h"

#include <gtest/gtest.h>

#include "tests/decode/module_bytes.h"

namespace weft::interp::testing {
namespace {

// An immediate of each kind: its bytes, all distinct values where there are several.
Bytes sample(Imm kind) {
  switch (kind) {
    case Imm::None:
      return {};
    case Imm::BlockType:
      return {0x7e};
    case Imm::LabelTable:
      return {2, 5, 6, 7};
    case Imm::LabelIdx:
    case Imm::FuncIdx:
    case Imm::TypeIdx:
    case Imm::LocalIdx:
    case Imm::GlobalIdx:
    case Imm::TableIdx:
    case Imm::MemIdx:
    case Imm::TagIdx:
    case Imm::DataIdx:
    case Imm::ElemIdx:
      return unsigned_leb(300);
    case Imm::TypeTable:
    case Imm::DataMem:
    case Imm::MemMem:
    case Imm::ElemTable:
    case Imm::TableTable:
    case Imm::TypeField:
    case Imm::TypeCount:
    case Imm::TypeData:
    case Imm::TypeElem:
    case Imm::TypeType:
      return join(unsigned_leb(300), unsigned_leb(400));
    case Imm::MemArg:
      return join(Bytes{0x43}, unsigned_leb(300), unsigned_leb(1ull << 40));
    case Imm::MemArgLane:
      return join(Bytes{0x03}, unsigned_leb(70000), Bytes{9});
    case Imm::Lane:
      return {200};
    case Imm::Shuffle:
    case Imm::V128:
      return {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xff};
    case Imm::ZeroByte:
      return {0};
    case Imm::I32:
      return signed_leb(INT32_MIN);
    case Imm::I64:
      return signed_leb(INT64_MIN);
    case Imm::F32:
      return {1, 2, 3, 4};
    case Imm::F64:
      return {1, 2, 3, 4, 5, 6, 7, 8};
    case Imm::HeapType:
      return {HeapType::Extern};
    case Imm::SelectTypes:
      return {1, 0x7f};
    case Imm::BrOnCast:
      return {2, 5, HeapType::Any, HeapType::Eq};
    case Imm::TryTable:
      return {0x40, 2, 0, 3, 4, 2, 5};
  }
  return {};
}

void expect_sample(Imm kind, const Immediate& got) {
  switch (kind) {
    case Imm::None:
    case Imm::ZeroByte:
      break;
    case Imm::BlockType:
      EXPECT_EQ(got.block, (BlockType{BlockType::Kind::Value, ValType::I64, 0}));
      break;
    case Imm::LabelTable:
      EXPECT_EQ(Bytes(got.labels.begin(), got.labels.end()), (Bytes{5, 6, 7}));
      break;
    case Imm::LabelIdx:
    case Imm::FuncIdx:
    case Imm::TypeIdx:
    case Imm::LocalIdx:
    case Imm::GlobalIdx:
    case Imm::TableIdx:
    case Imm::MemIdx:
    case Imm::TagIdx:
    case Imm::DataIdx:
    case Imm::ElemIdx:
      EXPECT_EQ(got.index.first, 300u);
      break;
    case Imm::TypeTable:
    case Imm::DataMem:
    case Imm::MemMem:
    case Imm::ElemTable:
    case Imm::TableTable:
    case Imm::TypeField:
    case Imm::TypeCount:
    case Imm::TypeData:
    case Imm::TypeElem:
    case Imm::TypeType:
      EXPECT_EQ(got.index, (IndexPair{300, 400}));
      break;
    case Imm::MemArg:
      EXPECT_EQ(got.memarg, (MemArg{3, 300, 1ull << 40}));
      break;
    case Imm::MemArgLane:
      EXPECT_EQ(got.memarg, (MemArg{3, 0, 70000}));
      EXPECT_EQ(got.lane, 9);
      break;
    case Imm::Lane:
      EXPECT_EQ(got.lane, 200);
      break;
    case Imm::Shuffle:
    case Imm::V128:
      EXPECT_EQ(got.v128.bytes[1], 1);
      EXPECT_EQ(got.v128.bytes[15], 0xff);
      break;
    case Imm::I32:
      EXPECT_EQ(got.bits, 0x8000'0000u);
      break;
    case Imm::I64:
      EXPECT_EQ(got.bits, 1ull << 63);
      break;
    case Imm::F32:
      EXPECT_EQ(got.bits, 0x04030201u);
      break;
    case Imm::F64:
      EXPECT_EQ(got.bits, 0x0807060504030201u);
      break;
    case Imm::HeapType:
      EXPECT_EQ(got.heap, HeapType(HeapType::Extern));
      break;
    case Imm::SelectTypes:
      ASSERT_EQ(got.types.size(), 1u);
      EXPECT_EQ(got.types[0], ValType(ValType::I32));
      break;
    case Imm::BrOnCast:
      EXPECT_EQ(got.cast, (CastBranch{5, false, true, HeapType::Any, HeapType::Eq}));
      break;
    case Imm::TryTable:
      ASSERT_EQ(got.catches.size(), 2u);
      EXPECT_EQ(got.catches[0], (CatchClause{CatchClause::Kind::Catch, 3, 4}));
      EXPECT_EQ(got.catches[1], (CatchClause{CatchClause::Kind::CatchAll, 0, 5}));
      break;
  }
}

struct Decoder {
  explicit Decoder(const Bytes& bytes, FeatureSet features = all_features())
      : in(bytes), gate{features, {}}, instrs(in, gate, limits) {}
  ImplementationLimits limits;
  Reader in;
  FeatureGate gate;
  InstrReader instrs;
};

TEST(InstrReader, EveryRowOfTheTableRoundTrips) {
  for (size_t i = 0; i < kOpcodeCount; ++i) {
    const auto opcode = static_cast<Opcode>(i);
    SCOPED_TRACE(info(opcode).text);
    const Bytes bytes = join(encode(opcode), sample(info(opcode).immediate));
    Decoder decoder(bytes);
    EXPECT_EQ(decoder.instrs.opcode(), opcode);
    const Immediate immediate = decoder.instrs.immediate(opcode);
    EXPECT_TRUE(decoder.in.ok() && decoder.in.at_end());
    expect_sample(info(opcode).immediate, immediate);
  }
}

TEST(InstrReader, EveryRowCutOffAtAnyByteEndsUnexpectedly) {
  for (size_t i = 0; i < kOpcodeCount; ++i) {
    const auto opcode = static_cast<Opcode>(i);
    SCOPED_TRACE(info(opcode).text);
    const Bytes bytes = join(encode(opcode), sample(info(opcode).immediate));
    for (size_t length = 0; length < bytes.size(); ++length) {
      const Bytes prefix(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(length));
      Decoder decoder(prefix);
      const Opcode got = decoder.instrs.opcode();
      if (decoder.in.ok()) decoder.instrs.immediate(got);
      ASSERT_FALSE(decoder.in.ok()) << length;
      EXPECT_EQ(decoder.in.take_error().message(), "unexpected end");
    }
  }
}

TEST(InstrReader, EncodingsOutsideTheTableAreIllegal) {
  for (uint32_t byte = 0; byte < 256; ++byte) {
    if (byte >= 0xfb && byte <= 0xfe) continue;
    const Bytes bytes = {static_cast<uint8_t>(byte)};
    Decoder decoder(bytes);
    decoder.instrs.opcode();
    EXPECT_EQ(decoder.in.ok(), kOneByteOpcodes[byte] != kNoOpcode) << byte;
  }
  for (const Bytes& bytes :
       {Bytes{0xfc, 0x12}, Bytes{0xfd, 0xff, 0x7f}, Bytes{0xfe, 0x7f},
        Bytes{0xfc, 0x80, 0x80, 0x04}, Bytes{0xfb, 0xff, 0xff, 0xff, 0xff, 0x0f}}) {
    Decoder decoder(bytes);
    decoder.instrs.opcode();
    ASSERT_FALSE(decoder.in.ok());
    EXPECT_TRUE(decoder.in.take_error().message().starts_with("illegal opcode"));
  }
}

TEST(InstrReader, AReservedMemoryIndexIsAZeroByteUntilMultiMemory) {
  const Bytes padded = {0x80, 0x00};
  Decoder before(padded, kWasm2);
  before.instrs.immediate(Opcode::MemorySize);
  EXPECT_EQ(before.in.take_error().message(), "zero byte expected");
  Decoder after(padded);
  EXPECT_EQ(after.instrs.immediate(Opcode::MemorySize).index.first, 0u);
  EXPECT_TRUE(after.in.ok());
  const Bytes second = {0x01};
  Decoder refused(second, kWasm2);
  refused.instrs.immediate(Opcode::MemorySize);
  EXPECT_EQ(refused.in.take_error().kind(), ErrorKind::Unsupported);
}

TEST(InstrReader, OffsetsAreU32UntilMemory64) {
  const Bytes wide = join(Bytes{0x00}, unsigned_leb(1ull << 32));
  Decoder before(wide, kWasm2);
  before.instrs.immediate(Opcode::I32Load);
  EXPECT_EQ(before.in.take_error().message(), "integer too large");
  Decoder after(wide);
  EXPECT_EQ(after.instrs.immediate(Opcode::I32Load).memarg.offset, 1ull << 32);
}

TEST(InstrReader, MemopFlagsBeyondTheIndexBitAreMalformed) {
  const Bytes flags = {0x80, 0x01, 0x00};
  Decoder decoder(flags);
  decoder.instrs.immediate(Opcode::I32Load);
  EXPECT_EQ(decoder.in.take_error().message(), "malformed memop flags");
}

TEST(InstrReader, ALabelTableLongerThanTheInputIsNotAllocated) {
  const Bytes bomb = join(unsigned_leb(UINT32_MAX), Bytes{0});
  Decoder decoder(bomb);
  decoder.instrs.immediate(Opcode::BrTable);
  EXPECT_EQ(decoder.in.take_error().message(), "unexpected end");
}

TEST(InstrReader, BlockTypesAreEmptyAValueOrAnIndex) {
  const auto block_type = [](const Bytes& bytes) {
    Decoder decoder(bytes);
    const BlockType type = decoder.instrs.immediate(Opcode::Block).block;
    EXPECT_TRUE(decoder.in.ok());
    return type;
  };
  EXPECT_EQ(block_type({0x40}), BlockType{});
  EXPECT_EQ(block_type({0x6f}), (BlockType{BlockType::Kind::Value, kExternRef, 0}));
  EXPECT_EQ(block_type({0x63, 0x03}),
            (BlockType{BlockType::Kind::Value, ValType::ref(HeapType::of_index(3), true), 0}));
  EXPECT_EQ(block_type({0x80, 0x01}), (BlockType{BlockType::Kind::Index, {}, 128}));
  const Bytes negative = {0xc0, 0x7f};  // -64 in two bytes
  Decoder decoder(negative);
  decoder.instrs.immediate(Opcode::Block);
  EXPECT_EQ(decoder.in.take_error().message(), "malformed block type");
}

}  // namespace
}  // namespace weft::interp::testing
