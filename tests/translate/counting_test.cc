// Code that counts what it executes: the counts, and that it is the same code otherwise.
#include "interp/debug/disassembler.h"
#include "tests/translate/translated.h"

namespace weft::interp::testing {
namespace {

using enum Opcode;

constexpr CodeOptions kCounting = [] {
  CodeOptions options = kWithoutFusions;
  options.count_dispatches = true;
  return options;
}();

using Counts = std::map<std::string, uint64_t>;

Counts handlers(const DispatchCounts& counts) {
  Counts named;
  for (const auto& [key, count] : counts.handlers) named[print_handler(key)] += count;
  return named;
}
Counts pairs(const DispatchCounts& counts) {
  Counts named;
  for (const auto& [keys, count] : counts.pairs) {
    named[print_handler(keys.first) + "; " + print_handler(keys.second)] += count;
  }
  return named;
}

// while (--n != 0) sum += n, entered at the head of the loop.
const Source kLoop = {{kI32},
                      {kI32},
                      {kI32},
                      join(loop(), get(0), get(1), op(I32Add), set(1), get(0), i32(1), op(I32Sub),
                           tee(0), br_if(0), end(), get(1))};

class Counting : public ::testing::Test {
 protected:
  void SetUp() override {
    if (kSmall) GTEST_SKIP() << "a build for size counts nothing";
  }
};

TEST_F(Counting, KnowsHowOftenEachCellOfALoopRan) {
  Translated loop(kLoop, kCounting);
  EXPECT_EQ(loop.run({10}), (Slots{55}));
  EXPECT_EQ(loop.run({5}), (Slots{15}));
  const DispatchCounts counts = loop.code->dispatches();
  EXPECT_EQ(handlers(counts), (Counts{{"zero", 2},
                                      {"i32.add slot := slot, slot", 15},
                                      {"i32.sub slot := slot, const", 15},
                                      {"br_if back acc", 15},
                                      {"return slot", 2}}));
  EXPECT_EQ(pairs(counts), (Counts{{"zero; i32.add slot := slot, slot", 2},
                                   {"i32.add slot := slot, slot; i32.sub slot := slot, const", 15},
                                   {"i32.sub slot := slot, const; br_if back acc", 15},
                                   {"br_if back acc; i32.add slot := slot, slot", 13},
                                   {"br_if back acc; return slot", 2}}));
}

TEST_F(Counting, CountsNothingUnlessItIsToldTo) {
  Translated loop(kLoop);
  loop.run({10});
  EXPECT_TRUE(loop.code->dispatches().handlers.empty());
}

// fib(n) = n < 2 ? n : fib(n - 1) + fib(n - 2)
const Source kFib = {
    {kI32},
    {kI32},
    {},
    join(get(0), i32(2), op(I32LtU), if_(), get(0), op(Return), end(), get(0), i32(1), op(I32Sub),
         op(Call, 0), get(0), i32(2), op(I32Sub), op(Call, 0), op(I32Add))};

TEST_F(Counting, FollowsRecursionThroughLinkedCalls) {
  Translated fib(kFib, kCounting);
  EXPECT_EQ(fib.run({10}), (Slots{55}));
  // fib(10) calls fib 177 times in all, 89 of them with n < 2.
  const DispatchCounts counts = fib.code->dispatches();
  EXPECT_EQ(handlers(counts), (Counts{{"br_if i32.ge_u slot, const", 177},
                                      {"return slot", 89},
                                      {"i32.sub slot := slot, const", 176},
                                      {"call", 176},
                                      {"i32.add acc := slot, acc", 88},
                                      {"return acc", 88}}));
  EXPECT_EQ(pairs(counts), (Counts{{"br_if i32.ge_u slot, const; return slot", 89},
                                   {"br_if i32.ge_u slot, const; i32.sub slot := slot, const", 88},
                                   {"i32.sub slot := slot, const; call", 176},
                                   {"call; br_if i32.ge_u slot, const", 176},
                                   {"i32.add acc := slot, acc; return acc", 88}}));
}

TEST_F(Counting, TellsTheWaysOutOfABranchTableApart) {
  // 0 and 2 go to the inner label, 1 to the outer one, others leave with a result of their own.
  Translated table({{kI32},
                    {kI32},
                    {},
                    join(block(), block(), block(), get(0), br_table({0, 1, 0, 2}), end(), get(0),
                         i32(7), op(I32Mul), op(Return), end(), get(0), i32(3), op(I32Xor),
                         op(Return), end(), get(0), i32(1), op(I32ShrU))},
                   kCounting);
  for (const uint64_t n : {0, 1, 2, 2, 3, 4, 5, 6}) {
    const uint64_t expected = n == 1 ? 2 : n <= 2 ? n * 7 : n / 2;
    EXPECT_EQ(table.run({n}), (Slots{expected})) << n;
  }
  const Counts found = pairs(table.code->dispatches());
  EXPECT_EQ(found, (Counts{{"br_table slot; i32.mul acc := slot, const", 3},
                           {"br_table slot; i32.xor acc := slot, const", 1},
                           {"br_table slot; i32.shr_u acc := slot, const", 4},
                           {"i32.mul acc := slot, const; return acc", 3},
                           {"i32.xor acc := slot, const; return acc", 1},
                           {"i32.shr_u acc := slot, const; return acc", 4}}));
}

TEST_F(Counting, CountsBothWaysOfABranchToWhereItFallsThrough) {
  // Both ways of the `if` meet at one label, which has a counter of its own.
  Translated join_point(
      {{kI32, kI32},
       {kI32},
       {},
       join(get(0), if_(), get(1), i32(1), op(I32Add), set(1), end(), get(1), i32(5), op(I32Mul))},
      kCounting);
  for (const uint64_t taken : {0, 1, 1}) join_point.run({taken, 2});
  const Counts found = pairs(join_point.code->dispatches());
  EXPECT_EQ(found, (Counts{{"br_if not slot; i32.add slot := slot, const", 2},
                           {"br_if not slot; i32.mul acc := slot, const", 1},
                           {"i32.add slot := slot, const; i32.mul acc := slot, const", 2},
                           {"i32.mul acc := slot, const; return acc", 3}}));
}

TEST_F(Counting, ABlockThatATrapLeavesCountsWhole) {
  Translated divide(
      {{kI32, kI32}, {kI32}, {}, join(get(0), get(1), op(I32DivU), i32(1), op(I32Add))}, kCounting);
  EXPECT_EQ(divide.run({6, 2}), (Slots{4}));
  divide.run({6, 0});
  EXPECT_EQ(divide.trap, TrapCode::IntegerDivideByZero);
  EXPECT_EQ(handlers(divide.code->dispatches()), (Counts{{"i32.div_u acc := slot, slot", 2},
                                                         {"i32.add acc := acc, const", 2},
                                                         {"return acc", 2}}));
}

// The cells without those that count, and the instructions that all are from.
std::vector<std::pair<std::string, uint64_t>> own_cells(Translated& function) {
  std::vector<std::pair<std::string, uint64_t>> cells;
  const std::vector<const uint8_t*> starts = function.starts();
  for (const uint8_t* const cell : starts) {
    const uint64_t offset = function.code->positions_of(cell, false).at(0).offset;
    const std::string handler = print_handler(*key_of(read_unaligned<Handler>(cell)));
    if (handler != "count") cells.emplace_back(handler, offset);
  }
  return cells;
}

TEST_F(Counting, TheCodeIsTheSameBesidesAndKnowsItsInstructions) {
  for (const Source& source : {kLoop, kFib}) {
    Translated plain(source);
    Translated counting(source, {.count_dispatches = true});
    EXPECT_EQ(own_cells(counting), own_cells(plain));
    EXPECT_GT(counting.starts().size(), plain.starts().size());
  }
}

TEST_F(Counting, CodeForBothIsKeptApart) {
  Translated loop(kLoop);
  CodeSpace& counting = loop.compiled->code(kCounting);
  EXPECT_NE(&counting, loop.code);
  EXPECT_EQ(&loop.compiled->code(kCounting), &counting);
}

}  // namespace
}  // namespace weft::interp::testing
