// Operands: what is folded, what is put where, and when.
#include <bit>

#include "interp/execute/variants.h"
#include "tests/translate/translated.h"

namespace weft::interp::testing {
namespace {

// For expectations of forms that a build for size leaves out.
#define WEFT_NEEDS_ALL_FORMS \
  if (kSmall) GTEST_SKIP() << "a build for size has fewer forms"

using enum Opcode;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

Cells cells(const Source& source) { return Translated(source, kWithoutFusions).cells(); }
Slots run(const Source& source, const Slots& arguments) {
  return Translated(source).run(arguments);
}

TEST(Folding, LocalGetAndConstantsEmitNoCells) {
  WEFT_NEEDS_ALL_FORMS;
  EXPECT_EQ(cells({{kI32, kI32}, {kI32}, {}, join(get(0), get(1), op(I32Add))}),
            (Cells{"i32.add s0 s1 -> acc", "return acc"}));
  EXPECT_EQ(cells({{kI32}, {kI32}, {}, join(get(0), i32(5), op(I32Sub))}),
            (Cells{"i32.sub s0 #5 -> acc", "return acc"}));
  EXPECT_EQ(cells({{kI32}, {}, {}, join(get(0), i32(5), op(Drop), op(Drop))}), (Cells{"return"}));
}

TEST(Folding, AConstantOnTheLeftIsSwappedWhereThatIsTheSame) {
  WEFT_NEEDS_ALL_FORMS;
  EXPECT_EQ(cells({{kI32}, {kI32}, {}, join(i32(5), get(0), op(I32LtS))}),
            (Cells{"i32.gt_s s0 #5 -> acc", "return acc"}));
  EXPECT_EQ(cells({{kI32}, {kI32}, {}, join(i32(5), get(0), op(I32Sub))}),
            (Cells{"i32.sub #5 s0 -> acc", "return acc"}));
}

TEST(Folding, TheProducerWritesIntoTheLocalThatIsSet) {
  EXPECT_EQ(cells({{kI32, kI32}, {}, {}, join(get(0), get(1), op(I32Mul), set(0))}),
            (Cells{"i32.mul s0 s1 -> s0", "return"}));
  // Also when something unrelated stands between, but not when that reads or writes the local.
  EXPECT_EQ(cells({{kI32, kI32},
                   {},
                   {},
                   join(get(0), i32(1), op(I32Add), get(1), i32(2), op(I32Mul), set(1), set(0))}),
            (Cells{"i32.add s0 #1 -> s0", "i32.mul s1 #2 -> s1", "return"}));
  const Source reads = {
      {kI32, kI32},
      {kI32, kI32},
      {},
      join(get(0), i32(1), op(I32Add), get(0), i32(2), op(I32Mul), set(1), set(0), get(0), get(1))};
  EXPECT_EQ(run(reads, {10, 0}), (Slots{11, 20}));
}

TEST(Folding, APendingReadIsKeptBeforeItsLocalIsOverwritten) {
  EXPECT_EQ(cells({{kI32, kI32}, {kI32}, {}, join(get(0), get(1), set(0))}),
            (Cells{"move s0 -> s2", "move s1 -> s0", "return s2"}));
  const auto check = [](const Bytes& code, const Slots& expected) {
    EXPECT_EQ(run({{kI32, kI32}, {kI32, kI32}, {}, code}, {10, 20}), expected);
  };
  check(join(get(0), get(1), tee(0)), {10, 20});
  check(join(get(0), get(0), get(1), set(0), op(I32Add), get(0)), {20, 20});
  check(join(get(0), get(1), get(0), set(1), set(0), get(0), op(I32Add), get(1)), {30, 10});
  // Only what is still pending: the first read was consumed.
  EXPECT_EQ(cells({{kI32, kI32}, {kI32}, {}, join(get(0), op(Drop), i32(3), set(0), get(0))}),
            (Cells{"move #3 -> s0", "return acc"}));
}

TEST(Folding, PendingReadsAreKeptThroughBlocks) {
  const auto check = [](const Bytes& code, const Slots& expected) {
    EXPECT_EQ(run({{kI32, kI32}, {kI32, kI32}, {}, code}, {10, 20}), expected);
  };
  check(join(get(0), block(), get(1), set(0), end(), get(0)), {10, 20});
  check(join(get(0), block(), block(), get(1), set(0), end(), end(), get(0)), {10, 20});
  check(join(get(0), get(1), if_(), i32(5), set(0), else_(), i32(6), set(0), end(), get(0)),
        {10, 5});
  check(join(get(0), i32(0), if_(), i32(5), set(0), else_(), i32(6), set(0), end(), get(0)),
        {10, 6});
  // Twice around: what was pushed before the loop stays.
  check(join(get(0), loop(), get(0), i32(1), op(I32Add), tee(0), i32(13), op(I32LtS), br_if(0),
             end(), get(0)),
        {10, 13});
}

TEST(Folding, BothWordsOfAWideResultGoStraightIntoLocals) {
  const Bytes sum = join(get(0), get(1), get(2), get(3), op(I64Add128), set(1), set(0));
  const Bytes four = {kI64, kI64, kI64, kI64};
  EXPECT_EQ(cells({four, {}, {}, sum}), (Cells{"i64.add128 s0 s1 s2 1 3 -> s0", "return"}));
  EXPECT_EQ(run({four, {kI64, kI64}, {}, join(sum, get(0), get(1))}, {~uint64_t{0}, 7, 2, 1}),
            (Slots{1, 9}));
  // Into one local: the word that is set last stays.
  EXPECT_EQ(
      run({{kI64, kI64}, {kI64}, {}, join(get(0), get(1), op(I64MulWideU), set(0), set(0), get(0))},
          {uint64_t{1} << 60, 48}),
      (Slots{0}));
  EXPECT_EQ(run({{kI64, kI64},
                 {kI64, kI64},
                 {},
                 join(get(0), get(1), op(I64MulWideS), tee(0), set(1), set(0), get(0), get(1))},
                {~uint64_t{0}, 5}),
            (Slots{uint64_t(-5), ~uint64_t{0}}));
}

TEST(Folding, WideOperandsAreReadWhereTheyAre) {
  WEFT_NEEDS_ALL_FORMS;
  // A constant needs a slot, a pending read of an overwritten local is kept.
  EXPECT_EQ(run({{kI64, kI64},
                 {kI64, kI64, kI64},
                 {},
                 join(get(0), get(0), i64(3), get(1), i64(0), op(I64Sub128), set(0), get(0))},
                {5, 2}),
            (Slots{5, 3, 3}));
  // Computed operands, and results that are operands again.
  EXPECT_EQ(run({{kI64, kI64},
                 {kI64, kI64},
                 {},
                 join(get(0), get(1), op(I64Add), get(1), i64(1), op(I64Sub), op(I64MulWideU),
                      get(0), get(1), op(I64MulWideU), op(I64Add128))},
                {~uint64_t{0}, 3}),
            (Slots{1, 3}));
  // The low word is in the accumulator for what comes next.
  EXPECT_EQ(cells({{kI64, kI64},
                   {kI64},
                   {kI64},
                   join(get(0), get(1), op(I64MulWideU), set(2), get(1), op(I64Add))}),
            (Cells{"i64.mul_wide_u s0 s1 2 -> s3", "i64.add acc s1 -> acc", "return acc"}));
}

TEST(Folding, SettingALocalToItselfIsNothing) {
  EXPECT_EQ(cells({{kI32}, {}, {}, join(get(0), set(0))}), (Cells{"return"}));
  EXPECT_EQ(cells({{kI32}, {kI32}, {}, join(get(0), tee(0))}), (Cells{"return s0"}));
}

TEST(Folding, WideConstantsGoThroughASlot) {
  const int64_t wide = 0x123456789abcdef;
  const auto two = [&](Opcode opcode, int64_t constant) {
    return run({{kI64}, {kI64}, {}, join(get(0), i64(constant), op(opcode))}, {3})[0];
  };
  EXPECT_EQ(two(I64Add, wide), uint64_t(wide) + 3);
  EXPECT_EQ(two(I64Sub, INT32_MIN), 3 - uint64_t(int64_t{INT32_MIN}));
  EXPECT_EQ(two(I64Sub, INT64_MIN), 3 - uint64_t(INT64_MIN));
  EXPECT_EQ(run({{}, {kI64}, {}, join(i64(wide), i64(wide), op(I64Xor))}, {}), (Slots{0}));
  EXPECT_EQ(run({{}, {kI64}, {}, i64(wide)}, {}), (Slots{uint64_t(wide)}));
  EXPECT_EQ(run({{}, {kI64}, {kI64}, join(i64(wide), set(0), get(0))}, {}),
            (Slots{uint64_t(wide)}));
  EXPECT_EQ(run({{kI32}, {kI64}, {}, join(i64(wide), i64(~wide), get(0), op(Select))}, {0}),
            (Slots{uint64_t(~wide)}));
  EXPECT_EQ(run({{}, {kI64}, {}, join(i64(wide), op(GlobalSet, 1), op(GlobalGet, 1))}, {}),
            (Slots{uint64_t(wide)}));
  EXPECT_EQ(run({{},
                 {kI64},
                 {},
                 join(i32(8), i64(wide), memory_op(I64Store, 0), i32(0), memory_op(I64Load, 8))},
                {}),
            (Slots{uint64_t(wide)}));
  EXPECT_EQ(run({{},
                 {kI64, kI64},
                 {},
                 join(block(kTypes), i64(wide), i64(-wide), br(0), end()),
                 {{{}, {kI64, kI64}}}},
                {}),
            (Slots{uint64_t(wide), uint64_t(-wide)}));
}

TEST(Folding, VectorsTakeTwoSlots) {
  // The i64 lives above both slots of the pending vector.
  const Bytes lane0 = join(op(I64x2ExtractLane), Bytes{0});
  const Bytes lane1 = join(op(I64x2ExtractLane), Bytes{1});
  const Source source = {{kI64},
                         {kI64, kI64, kI64},
                         {kV128},
                         join(v128(1), set(1), get(1), get(0), v128(0x21), set(1),  //
                              set(0), set(1), get(1), lane0, get(1), lane1, get(0))};
  EXPECT_EQ(run(source, {77}), (Slots{0x0807060504030201, 0x100f0e0d0c0b0a09, 77}));
  EXPECT_EQ(run({{kI32},
                 {kI64},
                 {},
                 join(block(kV128), v128(1), v128(0x41), get(0), br_if(0), op(Drop), end(), lane1)},
                {1}),
            (Slots{0x504f4e4d4c4b4a49}));
  EXPECT_EQ(run({{kI32},
                 {kI64},
                 {},
                 join(block(kV128), v128(1), v128(0x41), get(0), br_if(0), op(Drop), end(), lane1)},
                {0}),
            (Slots{0x100f0e0d0c0b0a09}));
}

TEST(Folding, OnlyLocalsReadBeforeTheyAreSetAreZeroed) {
  EXPECT_THAT(cells({{}, {kI32}, {kI32, kI32}, join(i32(3), set(0), get(0))}),
              Not(Contains(HasSubstr("zero"))));
  EXPECT_THAT(cells({{}, {kI32}, {kI32, kI32, kI32}, join(i32(3), set(0), get(1))}),
              Contains("zero 1 1"));
  // Set on one way only.
  const Source maybe = {{kI32}, {kI32}, {kI32}, join(get(0), if_(), i32(3), set(1), end(), get(1))};
  EXPECT_THAT(cells(maybe), Contains("zero 1 1"));
  EXPECT_EQ(run(maybe, {0}), (Slots{0}));
  EXPECT_EQ(run(maybe, {1}), (Slots{3}));
  // Read again on the way back.
  const Source around = {{kI32},
                         {kI32},
                         {kI32},
                         join(loop(), get(1), get(0), op(I32Add), set(1), get(0), i32(1),
                              op(I32Sub), tee(0), br_if(0), end(), get(1))};
  EXPECT_EQ(run(around, {4}), (Slots{10}));
  EXPECT_EQ(run({{}, {kI32, kI64}, {kV128, kI32, kI64}, join(get(1), get(2))}, {}), (Slots{0, 0}));
}

TEST(Folding, ResultsInAccumulatorsAreNotStored) {
  WEFT_NEEDS_ALL_FORMS;
  EXPECT_EQ(
      cells({{kI32, kI32},
             {kI32},
             {},
             join(get(0), get(1), op(I32Add), i32(3), op(I32Mul), op(I32Eqz))}),
      (Cells{"i32.add s0 s1 -> acc", "i32.mul acc #3 -> acc", "i32.eqz acc -> acc", "return acc"}));
  // f64 and i32 have accumulators of their own.
  EXPECT_EQ(cells({{kI32, kF64},
                   {kF64},
                   {},
                   join(get(1), get(1), op(F64Mul), get(0), i32(1), op(I32Add), op(F64ConvertI32S),
                        op(F64Add))}),
            (Cells{"f64.mul s1 s1 -> s2", "i32.add s0 #1 -> acc", "f64.convert_i32_s acc -> acc",
                   "f64.add s2 acc -> acc", "return acc"}));
}

TEST(Folding, LocalsAreStoredEvenIfTheAccumulatorHoldsThem) {
  WEFT_NEEDS_ALL_FORMS;
  EXPECT_EQ(
      cells({{kI32}, {kI32}, {}, join(get(0), i32(1), op(I32Add), tee(0), i32(2), op(I32Mul))}),
      (Cells{"i32.add s0 #1 -> s0", "i32.mul acc #2 -> acc", "return acc"}));
}

// The fall-through takes the value from the accumulator for good; the branch needs it in its slot.
TEST(Folding, AValueThatABranchTakesAlongIsStored) {
  const Source source = {
      {kI32, kI32},
      {kI32},
      {},
      join(block(kI32), get(0), i32(1), op(I32Add), get(1), br_if(0), op(I32Eqz), end())};
  EXPECT_EQ(run(source, {6, 1}), (Slots{7}));
  EXPECT_EQ(run(source, {6, 0}), (Slots{0}));
  const Source param = {{kI32, kI32},
                        {kI32},
                        {},
                        join(get(0), i32(1), op(I32Add), get(1), if_(kTypes), op(I32Eqz), end()),
                        {{{kI32}, {kI32}}}};
  EXPECT_EQ(run(param, {6, 1}), (Slots{0}));
  EXPECT_EQ(run(param, {6, 0}), (Slots{7}));
}

TEST(Folding, AddressSumsAreFusedIntoAccesses) {
  WEFT_NEEDS_ALL_FORMS;
  EXPECT_EQ(cells({{kI32, kI32},
                   {kI32},
                   {},
                   join(get(0), get(1), i32(2), op(I32Shl), op(I32Add), memory_op(I32Load, 8))}),
            (Cells{"indexed i32.load scaled s0 s1 +8 0 -> acc", "return acc"}));
  // A shift by something else than the access's size stays.
  EXPECT_THAT(cells({{kI32, kI32},
                     {kI32},
                     {},
                     join(get(0), get(1), i32(3), op(I32Shl), op(I32Add), memory_op(I32Load, 8))}),
              Contains(HasSubstr("i32.shl")));
  // The index is overwritten between: its old value counts.
  const Source overwritten = {{kI32, kI32},
                              {kI32},
                              {},
                              join(get(0), get(1), op(I32Add), i32(1000), set(1), i32(42),
                                   memory_op(I32Store, 0), i32(12), memory_op(I32Load, 0))};
  EXPECT_EQ(run(overwritten, {4, 8}), (Slots{42}));
  // Sums wrap before the offset is added.
  const Source wraps = {
      {kI32, kI32}, {kI32}, {}, join(get(0), get(1), op(I32Add), memory_op(I32Load8U, 16))};
  EXPECT_EQ(run(wraps, {UINT32_MAX, 1}), (Slots{0}));
}

}  // namespace
}  // namespace weft::interp::testing
