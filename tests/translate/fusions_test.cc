// Two instructions in one cell: where that happens, and where it must not.
#include "interp/debug/disassembler.h"
#include "interp/translate/fusion_rows.h"
#include "tests/translate/translated.h"

namespace weft::interp::testing {
namespace {

using enum Opcode;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

// The cells as the disassembler prints them.
Cells cells(const Source& source, CodeOptions options = {}) {
  Translated translated(source, options);
  const std::vector<const uint8_t*> starts = translated.starts();
  Cells lines;
  for (const uint8_t* const cell : starts) lines.push_back(print_cell(cell, starts.front()));
  return lines;
}
Slots run(const Source& source, const Slots& arguments) {
  return Translated(source).run(arguments);
}

class Fusions : public ::testing::Test {
 protected:
  void SetUp() override {
    if (kSmall) GTEST_SKIP() << "a build for size has few";
  }
};

Bytes load(Opcode opcode, uint32_t offset = 0) { return memory_op(opcode, offset); }

// for (; i < n; ++i) sum += a[i]
const Source kSum = {
    {kI32, kI32},
    {kI32},
    {kI32, kI32},
    join(loop(), get(2), get(0), get(3), i32(2), op(I32Shl), op(I32Add), load(I32Load), op(I32Add),
         set(2), get(3), i32(1), op(I32Add), tee(3), get(1), op(I32LtU), br_if(0), end(), get(2))};

TEST_F(Fusions, ALoopOverAnArrayIsTwoCells) {
  EXPECT_EQ(cells(kSum),
            (Cells{"zero [2..4)", "i32.load, on indexed i32.add scaled [2] := [0], [3], [2]",
                   "i32.add, br_if i32.lt_u [3] := [3], 1, [1], to +0010", "return [2]"}));
}

TEST_F(Fusions, EachFamilyCanBeSwitchedOff) {
  for (size_t i = 0; i < kOptimizationCount; ++i) {
    SCOPED_TRACE(kOptimizationNames[i]);
    CodeOptions options;
    options.optimizations.set(static_cast<Optimization>(i), false);
    Translated without(kSum, options);
    EXPECT_EQ(without.run({0, 16}), (Slots{0}));
  }
  const auto off = [](Optimization optimization) {
    CodeOptions options;
    options.optimizations.set(optimization, false);
    return options;
  };
  EXPECT_THAT(cells(kSum, off(Optimization::OpLoad)), Not(Contains(HasSubstr("i32.load, "))));
  EXPECT_THAT(cells(kSum, off(Optimization::Addresses)), Not(Contains(HasSubstr("indexed"))));
  EXPECT_THAT(cells(kSum, off(Optimization::BranchOp)), Not(Contains(HasSubstr("i32.add, br_if"))));
}

// base + 16 + index * 4, stored after another value has used the temporaries.
TEST_F(Fusions, AnAddressThatIsComputedEarlyLastsUntilTheStore) {
  const Source source = {
      {kI32, kI32, kI32},
      {},
      {},
      join(get(0), i32(16), op(I32Add), get(1), load(I32Load8U), i32(2), op(I32Shl), op(I32Add),
           // The value.
           get(2), load(I32Load8U), i32(5), op(I32Mul), get(2), load(I32Load16U), op(I32Sub),
           load(I32Store))};
  const Cells lines = cells(source);
  EXPECT_THAT(lines, Contains(HasSubstr("indexed i32.store scaled [0], ")));
  EXPECT_THAT(lines, Not(Contains(HasSubstr("i32.shl"))));
  Translated translated(source);
  MemoryInst& memory = *translated.instance->memory(0);
  memory.base[8] = 3;
  memory.base[9] = 7;
  EXPECT_TRUE(translated.run({100, 8, 9}).empty());
  EXPECT_EQ(translated.trap, TrapCode::None);
  EXPECT_EQ(read_unaligned<uint32_t>(memory.base + 100 + 16 + 3 * 4), 7u * 5 - 7);
}

TEST_F(Fusions, LoadsDoNotMovePastStores) {
  // load x; store y; x + 1
  const Source source = {
      {kI32, kI32},
      {kI32},
      {},
      join(get(0), load(I32Load), get(1), i32(9), load(I32Store), get(0), op(I32Add))};
  EXPECT_THAT(cells(source), Not(Contains(HasSubstr("i32.load, i32.add"))));
  EXPECT_EQ(run(source, {8, 8}), (Slots{8}));
}

// i = i + 1; if (i == i) ...: the comparison's other side is the new value, too.
TEST_F(Fusions, ABranchReadsWhatItsComputationWrites) {
  const Source source = {{kI32},
                         {kI32},
                         {},
                         join(block(), get(0), i32(1), op(I32Add), tee(0), get(0), op(I32Eq),
                              br_if(0), i32(77), set(0), end(), get(0))};
  EXPECT_EQ(run(source, {5}), (Slots{6}));
}

// What dies on one way of a branch may be read on the other.
TEST_F(Fusions, AValueThatIsKeptIsWritten) {
  const Source source = {{kI32},
                         {kI32},
                         {kI32},
                         join(block(), get(0), load(I32Load8U), tee(1), i32(10), op(I32GtU),
                              br_if(0), i32(1000), set(1), end(), get(1))};
  EXPECT_THAT(cells(source), Contains(HasSubstr("i32.load8_u, br_if i32.gt_u [1] := [0], 10")));
  Translated translated(source);
  translated.instance->memory(0)->base[4] = 11;
  EXPECT_EQ(translated.run({4}), (Slots{11}));
  EXPECT_EQ(translated.run({5}), (Slots{1000}));
}

TEST_F(Fusions, PairsOfMovesKeepTheirOrder) {
  // t = a; a = b; b = t, by way of the stack.
  const Source source = {
      {kI64, kI64}, {kI64, kI64}, {}, join(get(0), get(1), set(0), set(1), get(0), get(1))};
  EXPECT_EQ(run(source, {3, UINT64_MAX}), (Slots{UINT64_MAX, 3}));
}

// Extending an i32 is nothing at all, as slots hold it so; constants of an i32 are extended
// likewise.
TEST_F(Fusions, ExtensionsWithZerosCostNothing) {
  const Source sum = {{kI32, kI64},
                      {kI64},
                      {},
                      join(get(0), op(I64ExtendI32U), get(1), op(I64Add), get(0), i32(-2),
                           op(I32Add), op(I64ExtendI32U), op(I64Mul))};
  for (const std::string& line : cells(sum)) EXPECT_THAT(line, Not(HasSubstr("extend")));
  EXPECT_EQ(run(sum, {1, 3}), (Slots{4 * uint64_t{UINT32_MAX}}));
  // A local that is overwritten while its extension waits.
  const Source kept = {
      {kI32}, {kI64}, {}, join(get(0), op(I64ExtendI32U), i32(7), set(0), get(0), op(Drop))};
  EXPECT_EQ(run(kept, {UINT32_MAX}), (Slots{UINT32_MAX}));
  const Source source = {{},
                         {kI64},
                         {kI32, kI32},
                         join(i32(INT32_MIN), set(0), i32(-1), set(1), get(0), op(I64ExtendI32U),
                              get(1), op(I64ExtendI32U), op(I64Add))};
  EXPECT_EQ(run(source, {}), (Slots{0x80000000 + uint64_t{UINT32_MAX}}));
}

// for (p, q, n; n; p += 4, q += 8, --n) *p = n: three steps, of which the branch takes in two.
TEST_F(Fusions, LoopsStepWithTheirBranch) {
  const Source source = {{kI32, kI32, kI32},
                         {kI32},
                         {},
                         join(loop(), get(0), get(2), load(I32Store), get(0), i32(4), op(I32Add),
                              set(0), get(1), i32(8), op(I32Add), set(1), get(2), i32(-1),
                              op(I32Add), tee(2), br_if(0), end(), get(0), get(1), op(I32Add))};
  EXPECT_EQ(
      cells(source),
      (Cells{"i32.store [0], [2]", "step [0] := [0] + 4; i32.add [1] := [1], 8",
             "i32.add, br_if i32.ne [2] := [2], -1, 0, to +0000", "i32.add, return [0], [1]"}));
  EXPECT_EQ(run(source, {16, 100, 5}), (Slots{16 + 5 * 4 + 100 + 5 * 8}));
}

TEST_F(Fusions, StepsDoNotPassWhatReadsThem) {
  // i += 1; x = i * 3; if (y) ...
  const Source source = {
      {kI32, kI32},
      {kI32},
      {kI32},
      join(block(), get(0), i32(1), op(I32Add), set(0), get(0), i32(3), op(I32Mul), set(2), get(1),
           i32(9), op(I32LtU), br_if(0), end(), get(2))};
  EXPECT_THAT(cells(source), Not(Contains(HasSubstr("step"))));
  EXPECT_EQ(run(source, {4, 0}), (Slots{15}));
  // x = i; i += 1: the move is a step of the sum's, which writes what the move has read.
  const Source passing = {{kI32, kI32},
                          {kI32, kI32},
                          {kI32},
                          join(block(), get(0), set(2), get(0), i32(1), op(I32Add), set(0), get(1),
                               i32(9), op(I32LtU), br_if(0), end(), get(0), get(2))};
  EXPECT_THAT(cells(passing), Contains(HasSubstr("step64 [2] := [0] + 0; i32.add [0] := [0], 1")));
  EXPECT_EQ(run(passing, {4, 0}), (Slots{5, 4}));
  EXPECT_EQ(run(passing, {UINT32_MAX, 0}), (Slots{0, UINT32_MAX}));
}

// Arguments are moved by the call itself, once: also where the call is made ready first.
TEST_F(Fusions, CallsMoveTheirLastArgument) {
  // f(n, sum) = n == 0 ? sum : f(n - 1, sum), where sum + n is put into a local first.
  const Source source = {
      {kI32, kI32},
      {kI32},
      {},
      join(get(0), op(I32Eqz), if_(), get(1), op(Return), end(), get(1), get(0), op(I32Add), set(1),
           get(0), i32(-1), op(I32Add), get(1), op(Call, 0))};
  EXPECT_THAT(cells(source), Contains(HasSubstr("; call")));
  EXPECT_EQ(run(source, {4, 0}), (Slots{10}));
  EXPECT_EQ(run(source, {1000, 0}), (Slots{500500}));
}

TEST_F(Fusions, ChoicesTakeInTheirComparison) {
  const auto choice = [](const Bytes& if_true, const Bytes& if_false) {
    return Source{
        {kI32, kI32}, {kI32}, {}, join(if_true, if_false, get(0), get(1), op(I32LtS), op(Select))};
  };
  EXPECT_EQ(cells(choice(get(0), get(1))),
            (Cells{"select i32.lt_s acc := [0], [0], [1], [1]", "return acc"}));
  const Source other = choice(i32(7), get(0));
  EXPECT_EQ(cells(other), (Cells{"select i32.ge_s acc := [0], [0], [1], 7", "return acc"}));
  EXPECT_EQ(run(other, {1, 2}), (Slots{7}));
  EXPECT_EQ(run(other, {2, 1}), (Slots{2}));
  EXPECT_THAT(cells(choice(i32(7), i32(8))), Not(Contains(HasSubstr("select i32"))));
}

// switch (*p - 'a')
TEST_F(Fusions, TablesLoadTheirIndexAndSubtract) {
  const Source source = {{kI32},
                         {kI32},
                         {},
                         join(block(), block(), get(0), load(I32Load8U, 4), i32(-97), op(I32Add),
                              br_table({0, 1}), end(), i32(5), op(Return), end(), i32(6))};
  EXPECT_EQ(cells(source).front(),
            "br_table i32.load8_u [0], offset=4, 1 and default, from 97, to +0038 +0048");
  Translated translated(source);
  uint8_t* const base = translated.instance->memory(0)->base;
  base[4] = 97;
  base[5] = 98;
  EXPECT_EQ(translated.run({0}), (Slots{5}));
  EXPECT_EQ(translated.run({1}), (Slots{6}));
  EXPECT_EQ(translated.run({2}), (Slots{6}));
  EXPECT_TRUE(translated.run({UINT32_MAX}).empty());
  EXPECT_EQ(translated.trap, TrapCode::OutOfBoundsMemoryAccess);
  EXPECT_EQ(translated.code->positions_of(translated.store->state().trap.pc, false).front().offset,
            translated.code->origins(0).front().origin.wasm_offset);
}

}  // namespace
}  // namespace weft::interp::testing
