// Vectors: what passes through their accumulator, and what becomes one cell.
#include <cstring>

#include "interp/debug/disassembler.h"
#include "tests/translate/translated.h"

namespace weft::interp::testing {
namespace {

using enum Opcode;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

Bytes load(uint32_t offset, Opcode opcode = V128Load) {
  return join(get(0), memory_op(opcode, offset));
}
Bytes store(uint32_t offset) { return memory_op(V128Store, offset); }
Bytes shuffle(uint8_t first, uint8_t step) {
  Bytes bytes = op(I8x16Shuffle);
  for (uint8_t i = 0; i < 16; ++i) bytes.push_back(static_cast<uint8_t>(first + i * step % 16));
  return bytes;
}

// Functions of an address and another integer, with locals of their own: 2 is an i32, 3 and 4 are
// vectors.
Source function(const Bytes& code, const Bytes& results = {}) {
  return {{kI32, kI32}, results, {kI32, kV128, kV128}, code};
}

Cells cells(const Bytes& code, const Bytes& results = {}, CodeOptions options = {}) {
  Translated translated(function(code, results), options);
  const std::vector<const uint8_t*> starts = translated.starts();
  Cells lines;
  for (const uint8_t* const cell : starts) lines.push_back(print_cell(cell, starts.front()));
  return lines;
}

CodeOptions without(Optimization optimization) {
  CodeOptions options;
  options.optimizations.set(optimization, false);
  return options;
}
CodeOptions with_nothing() {
  CodeOptions options;
  options.optimizations = Optimizations::none();
  return options;
}

class Vectors : public ::testing::Test {
 protected:
  void SetUp() override {
    if (handler_for({.shape = Shape::VUnary, .op = I8x16Abs, .a = In::Acc}) == nullptr)
      GTEST_SKIP() << "the build or the processor has no such forms";
  }

  // What the function leaves in memory, and its result, is the same with everything switched off.
  // Returns the cells.
  Cells check(const Bytes& code, const Bytes& results = {}, uint32_t other = 5) {
    Translated fused(function(code, results));
    Translated plain(function(code, results), with_nothing());
    for (Translated* each : {&fused, &plain}) {
      for (size_t i = 0; i < 512; ++i)
        each->instance->memory(0)->base[i] = static_cast<uint8_t>(i * 37 + i / 16);
    }
    EXPECT_EQ(fused.run({64, other}), plain.run({64, other}));
    EXPECT_EQ(fused.trap, plain.trap);
    EXPECT_EQ(std::memcmp(fused.instance->memory(0)->base, plain.instance->memory(0)->base, 512),
              0);
    return cells(code, results);
  }
};

TEST_F(Vectors, PassThroughTheirAccumulator) {
  const Cells lines = check(join(get(0), load(0), op(I16x8Abs), op(I16x8Neg), store(32)));
  EXPECT_EQ(lines, (Cells{"v128.load acc := [0]", "i16x8.abs acc := acc", "i16x8.neg acc := acc",
                          "v128.store [0], acc, offset=32", "return"}));
  EXPECT_THAT(cells(join(get(0), load(0), op(I16x8Abs), store(32)), {},
                    without(Optimization::Accumulators)),
              Not(Contains(HasSubstr("acc"))));
}

TEST_F(Vectors, LeaveTheAccumulatorsOfScalarsAlone) {
  // The sum stays in its register while vectors are computed.
  const Cells lines = check(join(get(0), get(1), i32(3), op(I32Sub), tee(2), op(Drop), load(0),
                                 op(I16x8Abs), get(2), op(I32x4Splat), op(V128Andnot), store(32)));
  EXPECT_THAT(lines, Contains(HasSubstr("i32x4.splat acc := acc")));
}

TEST_F(Vectors, ALocalIsWrittenEvenIfTheAccumulatorHoldsIt) {
  check(join(load(0), op(I8x16Popcnt), tee(3), op(I8x16Neg), set(4), get(0), get(3), store(32),
             get(0), get(4), store(48)));
  // Both halves of a swap.
  check(join(load(0), set(3), load(16), set(4), get(3), get(4), set(3), set(4), get(0), get(3),
             store(32), get(0), get(4), store(48)));
}

// The lanes of a vector that is in the accumulator, and of one that isn't.
TEST_F(Vectors, GiveAnyLane) {
  for (uint8_t lane = 0; lane < 16; ++lane) {
    const Bytes extract = join(op(I8x16ExtractLaneS), Bytes{lane});
    check(join(load(0), op(I8x16Abs), extract), {kI32});
    check(join(load(0), set(3), load(16), set(4), get(3), extract), {kI32});
  }
  const Cells lines = check(join(load(0), tee(3), op(I64x2ExtractLane), Bytes{1}, get(3),
                                 op(I64x2ExtractLane), Bytes{0}, op(I64Or)),
                            {kI64});
  EXPECT_THAT(lines, Contains(HasSubstr("i64x2.extract_lane, i64.or acc := acc, acc, lane 0")));
}

TEST_F(Vectors, TakeInConstants) {
  Cells lines = check(join(get(0), load(0), v128(16), op(I8x16LtU), store(32)));
  EXPECT_THAT(lines, Contains("i8x16.lt_u acc := acc, 0x1f1e1d1c1b1a19181716151413121110"));
  // From the left, where the operands can be swapped.
  lines = check(join(get(0), v128(16), load(0), op(I8x16LtU), store(32)));
  EXPECT_THAT(lines, Contains(HasSubstr("i8x16.gt_u acc := ")));
  EXPECT_THAT(lines, Not(Contains(HasSubstr("v128.const"))));
  lines = check(join(get(0), v128(16), load(0), op(I8x16SubSatU), store(32)));
  EXPECT_THAT(lines, Contains(HasSubstr("v128.const")));
  // A constant that somebody else reads, too, stays.
  lines = check(
      join(get(0), load(0), v128(16), tee(3), op(I8x16LtU), store(32), get(0), get(3), store(48)));
  EXPECT_THAT(lines, Contains(HasSubstr("v128.const [3]")));
  lines = check(join(get(0), load(0), i32(35), op(I32x4ShrS), store(32)));
  EXPECT_THAT(lines, Contains("i32x4.shr_s acc := acc, 35"));
}

TEST_F(Vectors, AddressesAreFusedIntoAccesses) {
  const Bytes code = join(get(0), get(1), op(I32Add), get(0), get(1), op(I32Add), i32(16),
                          op(I32Add), memory_op(V128Load, 3), op(I8x16Abs), store(32));
  Cells lines = check(code);
  EXPECT_THAT(lines, Contains(HasSubstr("indexed v128.load acc := 16, ")));
  EXPECT_THAT(lines, Contains(HasSubstr("indexed v128.store [1], [0], acc, offset=32")));
  EXPECT_THAT(cells(code, {}, without(Optimization::Addresses)),
              Not(Contains(HasSubstr("indexed"))));
  // Only guard pages make it worth its while.
  CodeOptions checked;
  checked.memory_mode = MemoryMode::Checked;
  EXPECT_THAT(cells(code, {}, checked), Not(Contains(HasSubstr("indexed"))));
  lines = check(join(i32(64), i32(80), memory_op(V128Load32Splat, 3), store(32)));
  EXPECT_THAT(lines, Contains("v128.load32_splat acc := 80, offset=3"));
  EXPECT_THAT(lines, Contains("v128.store 64, acc, offset=32"));
}

TEST_F(Vectors, TwoComputationsAreOneCell) {
  const Bytes code =
      join(get(0), load(0), load(16), op(I32x4Mul), load(32), op(I32x4Sub), store(48));
  EXPECT_THAT(check(code), Not(Contains(HasSubstr("i32x4.mul, "))));  // no such row
  const Bytes sum = join(get(0), load(0), set(3), load(16), set(4), get(3), get(3), get(4),
                         op(I32x4Mul), op(I32x4Add), store(48));
  Cells lines = check(sum);
  EXPECT_THAT(lines, Contains(HasSubstr("i32x4.mul, i32x4.add acc := acc, [3], [3]")));
  EXPECT_THAT(cells(sum, {}, without(Optimization::OpOp)), Not(Contains(HasSubstr("i32x4.mul, "))));
  lines = check(join(get(0), load(0), load(16), op(V128Xor), store(48)));
  EXPECT_EQ(lines, (Cells{"v128.load acc := [0]", "v128.load, v128.xor acc := [0], acc, offset=16",
                          "v128.store [0], acc, offset=48", "return"}));
  lines = check(join(load(0), set(3), get(0), get(3), get(3), op(V128And), store(48)));
  EXPECT_THAT(lines, Contains(HasSubstr("v128.and, v128.store ")));
}

// A vector's second slot may be overwritten by a scalar.
TEST_F(Vectors, AnOperandLastsUntilTheSecondInstructionOrTheyStayApart) {
  const Cells lines =
      check(join(get(0), load(0), op(I16x8Abs), load(16), op(I16x8Neg), op(I32x4Mul), get(0),
                 get(1), i32(3), op(I32Mul), get(1), op(I32Sub), memory_op(I32Store, 32), load(48),
                 op(I8x16Abs), op(I32x4Add), store(64)));
  EXPECT_THAT(lines, Not(Contains(HasSubstr("i32x4.mul, "))));
}

TEST_F(Vectors, LoadsDoNotMovePastStores) {
  const Cells lines = check(join(get(0), load(0), get(0), v128(1), store(0), load(16), op(I16x8Abs),
                                 op(I8x16Add), store(48)));
  EXPECT_THAT(lines, Not(Contains(HasSubstr("v128.load, i8x16.add"))));
}

TEST_F(Vectors, ShiftsBothWaysAreARotation) {
  const auto rotate = [](int left, int right, uint32_t of) {
    return join(get(0), load(0), set(4), load(16), tee(3), i32(left), op(I32x4Shl), get(of),
                i32(right), op(I32x4ShrU), op(V128Or), store(32));
  };
  EXPECT_THAT(check(rotate(7, 25, 3)), Contains("rotate by i32x4.shl acc := acc, 7, 25"));
  check(rotate(0, 0, 3));
  check(rotate(33, 7, 3));
  EXPECT_THAT(check(rotate(7, 25, 4)), Not(Contains(HasSubstr("rotate"))));
  const Cells lines = check(join(get(0), load(16), tee(3), i32(60), op(I64x2ShrU), get(3), i32(4),
                                 op(I64x2Shl), op(V128Or), store(32)));
  EXPECT_THAT(lines, Contains("rotate by i64x2.shl acc := acc, 4, 60"));
  // What is shifted changes in between.
  check(join(get(0), load(16), tee(3), i32(60), op(I64x2ShrU), load(32), set(3), get(3), i32(4),
             op(I64x2Shl), op(V128Or), store(32)));
}

TEST_F(Vectors, ShufflesOfOneVectorAreSwizzles) {
  const auto both = join(get(0), load(0), set(3), load(16), set(4), get(3), get(4));
  Cells lines = check(join(both, shuffle(0, 3), store(32)));
  EXPECT_THAT(lines, Contains(HasSubstr("i8x16.swizzle acc := [3], 0x")));
  lines = check(join(both, shuffle(16, 5), store(32)));
  EXPECT_THAT(lines, Contains(HasSubstr("i8x16.swizzle acc := acc, 0x")));
  lines = check(join(both, shuffle(5, 1), store(32)));
  EXPECT_THAT(lines, Contains(HasSubstr("i8x16.shuffle")));
  lines = check(join(get(0), load(0), tee(3), get(3), shuffle(5, 1), store(32)));
  EXPECT_THAT(lines, Contains(HasSubstr("i8x16.swizzle")));
}

TEST_F(Vectors, ABranchTakesInTheTest) {
  for (const Opcode test : {V128AnyTrue, I8x16AllTrue, I8x16Bitmask}) {
    for (const bool negated : {false, true}) {
      for (const int byte : {0, 1, 128}) {
        const Bytes code = join(block(), i32(byte), op(I8x16Splat), op(test), tee(2),
                                negated ? op(I32Eqz) : Bytes(), br_if(0), get(2), i32(1000),
                                op(I32Add), set(2), end(), get(2));
        const Cells lines = check(code, {kI32});
        EXPECT_THAT(lines, Contains(HasSubstr(std::string(info(test).text) + ", br_if i32." +
                                              (negated ? "eq" : "ne") + " [2] := acc")));
        EXPECT_THAT(cells(code, {kI32}, without(Optimization::BranchOp)),
                    Not(Contains(HasSubstr(", br_if"))));
      }
    }
  }
}

// A vector in the accumulator does not outlive a call, a label or a value at its place.
TEST_F(Vectors, AreReadFromTheirSlotsBehindLabels) {
  check(join(load(0), op(I16x8Abs), set(3), loop(), get(0), get(3), op(I16x8Neg), tee(3), store(32),
             get(1), i32(-1), op(I32Add), tee(1), br_if(0), end(), get(0), get(3), store(48)));
  check(join(load(0), op(I16x8Abs), i32(1), op(MemoryGrow), Bytes{0}, op(I16x8Splat), op(I16x8Add),
             set(3), get(0), get(3), store(48)));
}

}  // namespace
}  // namespace weft::interp::testing
