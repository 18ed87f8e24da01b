// Leaves instead of calls: which functions are leaves, what becomes of their arguments, locals and
// results, and where traps in them are.
#include <string>

#include "interp/execute/backtrace.h"
#include "interp/execute/variants.h"
#include "interp/translate/inlining.h"
#include "tests/translate/translated.h"

namespace weft::interp::testing {
namespace {

#define WEFT_NEEDS_ALL_FORMS \
  if (kSmall) GTEST_SKIP() << "a build for size has fewer forms"

using enum Opcode;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

// Not fused, so that cells are those of instructions.
constexpr CodeOptions kInlining = [] {
  CodeOptions options = kWithoutFusions;
  options.optimizations.set(Optimization::Inlining, true);
  return options;
}();
constexpr CodeOptions kNotInlining = [] {
  CodeOptions options;
  options.optimizations.set(Optimization::Inlining, false);
  return options;
}();

Bytes call(uint32_t callee) { return op(Call, callee); }
Cells cells(const Source& source, CodeOptions options = kInlining) {
  return Translated(source, options).cells();
}
bool calls(const Source& source, CodeOptions options = kInlining) {
  const Cells all = cells(source, options);
  return std::ranges::any_of(all, [](const std::string& cell) { return cell.starts_with("call"); });
}
// A function that does nothing but call the callee.
Source caller_of(const Source& callee) {
  Bytes code;
  for (uint32_t i = 0; i < callee.params.size(); ++i) append(code, get(i));
  return {callee.params, callee.results, {}, join(code, call(1)), {}, {callee}};
}
// The results, which must be the same without inlining.
Slots run(const Source& source, const Slots& arguments) {
  Translated plain(source, kNotInlining);
  const Slots expected = plain.run(arguments);
  Translated inlining(source);
  EXPECT_EQ(inlining.run(arguments), expected);
  EXPECT_EQ(inlining.trap, plain.trap);
  return expected;
}

// (i32 a, i32 b) -> i32: a - b * 3
const Source kLeaf = {
    {kI32, kI32}, {kI32}, {}, join(get(0), get(1), i32(3), op(I32Mul), op(I32Sub))};
// (i32 a) -> i32: a or 100, whichever is less
const Source kLeast = {{kI32},
                       {kI32},
                       {kI32},
                       join(i32(100), set(1), block(), get(0), i32(100), op(I32GeU), br_if(0),
                            get(0), set(1), end(), get(1))};

TEST(Inlining, ArgumentsThatAreLocalsOrConstantsAreOperands) {
  WEFT_NEEDS_ALL_FORMS;
  Source source = {{kI32, kI32}, {kI32}, {}, join(get(1), get(0), call(1)), {}, {kLeaf}};
  EXPECT_EQ(cells(source), (Cells{"i32.mul s0 #3 -> acc", "i32.sub s1 acc -> acc", "return acc"}));
  EXPECT_EQ(run(source, {5, 50}), (Slots{35}));
  source.code = join(get(1), i32(7), call(1));
  EXPECT_THAT(cells(source), Not(Contains(HasSubstr("call"))));
  EXPECT_EQ(run(source, {5, 50}), (Slots{29}));
}

TEST(Inlining, AComputedArgumentThatIsReadOnceStaysInTheAccumulator) {
  WEFT_NEEDS_ALL_FORMS;
  const Source source = {
      {kI32, kI32}, {kI32}, {}, join(get(0), get(0), get(1), op(I32Xor), call(1)), {}, {kLeaf}};
  EXPECT_EQ(cells(source), (Cells{"i32.xor s0 s1 -> acc", "i32.mul acc #3 -> acc",
                                  "i32.sub s0 acc -> acc", "return acc"}));
  EXPECT_EQ(run(source, {100, 97}), (Slots{85}));
}

TEST(Inlining, AnArgumentThatIsReadTwiceIsKept) {
  const Source square = {{kI32}, {kI32}, {}, join(get(0), get(0), op(I32Mul))};
  EXPECT_EQ(run({{kI32}, {kI32}, {}, join(get(0), i32(1), op(I32Add), call(1)), {}, {square}}, {6}),
            (Slots{49}));
}

TEST(Inlining, ResultsThatAreLocalsOrConstantsStayOperands) {
  WEFT_NEEDS_ALL_FORMS;
  const Source second = {{kI32, kI32}, {kI32}, {}, get(1)};
  const Source seven = {{}, {kI32}, {}, i32(7)};
  const Source source = {{kI32, kI32}, {kI32},
                         {},           join(get(0), get(1), call(1), call(2), op(I32Add)),
                         {},           {second, seven}};
  EXPECT_EQ(cells(source), (Cells{"i32.add s1 #7 -> acc", "return acc"}));
  // The local may be overwritten before its value is used.
  const Source later = {
      {kI32, kI32}, {kI32},
      {},           join(get(0), get(1), call(1), i32(5), set(1), get(1), op(I32Sub)),
      {},           {second, seven}};
  EXPECT_EQ(run(later, {1, 30}), (Slots{25}));
}

TEST(Inlining, TheResultGoesStraightIntoTheLocalThatIsSet) {
  WEFT_NEEDS_ALL_FORMS;
  const Source source = {{kI32, kI32}, {}, {}, join(get(0), get(1), call(1), set(0)), {}, {kLeaf}};
  EXPECT_EQ(cells(source), (Cells{"i32.mul s1 #3 -> acc", "i32.sub s0 acc -> s0", "return"}));
}

TEST(Inlining, ParametersThatTheLeafSetsAreTheLeafsOwn) {
  // a += 1; b = a + b; a = b * a; result a + b, with old values on the stack meanwhile.
  const Source sets = {
      {kI32, kI32},
      {kI32},
      {},
      join(get(0), get(0), i32(1), op(I32Add), set(0), get(0), get(1), op(I32Add), set(1), get(1),
           get(0), op(I32Mul), set(0), get(0), op(I32Sub), get(1), op(I32Add))};
  for (const Bytes& arguments : {join(get(0), get(1)), join(get(0), get(0)), join(i32(5), get(0)),
                                 join(get(0), i32(1), op(I32Shl), i32(9))}) {
    const Source source = {
        {kI32, kI32}, {kI32, kI32, kI32}, {}, join(arguments, call(1), get(0), get(1)), {}, {sets}};
    EXPECT_FALSE(calls(source));
    const Slots results = run(source, {3, 4});
    EXPECT_EQ((Slots{results[1], results[2]}), (Slots{3, 4}));
  }
  // To what it is already, before it is read more than once.
  const Source same = {
      {kI32}, {kI32}, {}, join(get(0), set(0), get(0), get(0), op(I32Mul), get(0), op(I32Add))};
  EXPECT_EQ(run({{kI32}, {kI32}, {}, join(get(0), i32(1), op(I32Sub), call(1)), {}, {same}}, {8}),
            (Slots{56}));
}

TEST(Inlining, TheLeafsLocalsAreZeroEachTime) {
  const Source reads = {
      {kI64}, {kI64}, {kI64, kI64}, join(get(0), get(1), op(I64Add), tee(1), set(2), get(2))};
  // Set in one arm only.
  const Source maybe = {
      {kI64},
      {kI64},
      {kI64},
      join(get(0), i64(10), op(I64GtS), if_(), get(0), set(1), end(), get(1), get(0), op(I64Add))};
  for (const Source& leaf : {reads, maybe}) {
    const Source source = {{kI64},
                           {kI64},
                           {},
                           join(get(0), call(1), i64(20), call(1), i64(2), call(1), i64(3), call(1),
                                op(I64Mul), op(I64Mul), op(I64Mul)),
                           {},
                           {leaf}};
    EXPECT_FALSE(calls(source));
    run(source, {30});
    run(source, {1});
  }
  EXPECT_EQ(run(caller_of(maybe), {30}), (Slots{60}));
  EXPECT_EQ(run(caller_of(maybe), {3}), (Slots{3}));
}

TEST(Inlining, ALeafMayBranch) {
  WEFT_NEEDS_ALL_FORMS;
  const Source source = {{kI32, kI32}, {kI32},  {}, join(get(1), call(1), set(0), get(0)),
                         {},           {kLeast}};
  // The result is computed where it belongs.
  EXPECT_EQ(cells(source), (Cells{"move #100 -> s2", "br i32.ge_u s1 #100 @3", "move s1 -> s2",
                                  "move s2 -> s0", "return acc"}));
  EXPECT_EQ(run(source, {0, 99}), (Slots{99}));
  EXPECT_EQ(run(source, {0, 101}), (Slots{100}));
  // It may return early, from within a block, with something on the stack.
  const Source early = {{kI32},
                        {kI32},
                        {},
                        join(i32(1), get(0), if_(), get(0), i32(2), op(I32Mul), op(Return), end(),
                             i32(40), get(0), br_table({0, 0}))};
  for (const uint64_t value : {0, 1, 6}) run(caller_of(early), {value});
  EXPECT_FALSE(calls(caller_of(early)));
  EXPECT_EQ(run(caller_of(early), {6}), (Slots{12}));
  EXPECT_EQ(run(caller_of(early), {0}), (Slots{40}));
}

TEST(Inlining, WhatTheCallerHasOnTheStackOutlivesALeafThatBranches) {
  const Source source = {{kI32, kI32},
                         {kI32},
                         {},
                         join(get(0), get(1), i32(3), get(0), call(1), op(I32Add), set(0),
                              op(I32Sub), get(0), op(I32Mul)),
                         {},
                         {kLeast}};
  EXPECT_EQ(run(source, {20, 7}), (Slots{13 * 23}));
  EXPECT_EQ(run(source, {200, 7}), (Slots{193 * 103}));
}

TEST(Inlining, OtherFunctionsAreCalled) {
  const auto is_called = [](const Source& callee) { return calls(caller_of(callee)); };
  EXPECT_FALSE(is_called(kLeaf));
  EXPECT_FALSE(is_called(kLeast));
  EXPECT_TRUE(is_called({{}, {}, {}, join(loop(), end())}));
  EXPECT_TRUE(is_called({{}, {}, {}, call(1)}));
  EXPECT_TRUE(is_called({{}, {}, {}, op(ReturnCall, 1)}));
  EXPECT_TRUE(is_called({{}, {}, {}, join(block(), op(TryTable), Bytes{kVoid, 0}, end(), end())}));
  EXPECT_TRUE(is_called({{}, {kI32, kI32}, {}, join(i32(1), i32(2))}));
  EXPECT_TRUE(is_called({{}, {kV128}, {}, v128(0)}));
  EXPECT_TRUE(is_called({{kV128}, {}, {}, {}}));
  EXPECT_TRUE(is_called({{}, {}, {kV128}, {}}));
  EXPECT_FALSE(is_called({{}, {}, Bytes(kLeafLocals, kI32), {}}));
  EXPECT_TRUE(is_called({{}, {}, Bytes(kLeafLocals + 1, kI32), {}}));
  EXPECT_TRUE(is_called({Bytes(kLeafLocals, kI64), {}, {kI32}, {}}));
  EXPECT_TRUE(is_called({Bytes(kLeafLocals + 1, kI64), {}, {}, {}}));
  EXPECT_FALSE(is_called({{}, {}, {}, repeat(kLeafInstrs - 1, op(Nop))}));
  EXPECT_TRUE(is_called({{}, {}, {}, repeat(kLeafInstrs, op(Nop))}));
  const Bytes wide = join(i64(INT64_MIN), op(Drop));  // 12 bytes
  EXPECT_FALSE(is_called({{}, {}, {}, repeat((kLeafBytes - 2) / wide.size(), wide)}));
  EXPECT_TRUE(is_called({{}, {}, {}, repeat(kLeafBytes / wide.size(), wide)}));
}

TEST(Inlining, CanBeSwitchedOffAndIsNotForFuel) {
  EXPECT_FALSE(calls(caller_of(kLeaf), {}));
  EXPECT_TRUE(calls(caller_of(kLeaf), kNotInlining));
  EXPECT_TRUE(calls(caller_of(kLeaf), {.fuel = true}));
  EXPECT_FALSE(calls(caller_of(kLeaf), {.count_dispatches = true}));
}

TEST(Inlining, AFunctionTakesInNotMuchMoreThanItsOwnSize) {
  const Source leaf = {
      {}, {}, {}, repeat(5, join(i64(INT64_MIN), op(Drop)))};  // 62 bytes, no cells
  const Source source = {{}, {}, {}, repeat(1'000, call(1)), {}, {leaf}};
  const auto count = static_cast<size_t>(std::ranges::count_if(
      cells(source), [](const auto& cell) { return cell.starts_with("call"); }));
  const size_t most = (kInlinedBytes + kInlinedGrowth * (source.code.size() + 2)) / 62;
  EXPECT_EQ(count, 1'000 - most);
  EXPECT_LT(most, 100u);
}

TEST(Inlining, AFrameStaysInTheRedZone) {
  // Operands up to near the limit, then a call.
  const auto at_height = [](uint32_t height) {
    return Source{
        {}, {kI32},
        {}, join(repeat(height, i32(1)), i32(2), i32(3), call(1), repeat(height, op(I32Add))),
        {}, {kLeaf}};
  };
  const uint32_t highest = kRedZoneSlots - kLeafSlots;
  EXPECT_FALSE(calls(at_height(highest - 2)));
  EXPECT_TRUE(calls(at_height(highest + 1)));
  for (const uint32_t height : {highest - 2, highest + 1}) run(at_height(height), {});
}

TEST(Inlining, AResultMayNeverCome) {
  const Source traps = {{kI32}, {kI32}, {}, op(Unreachable)};
  const Source source = {{kI32}, {kI32}, {}, join(get(0), get(0), call(1), op(I32Add)),
                         {},     {traps}};
  EXPECT_FALSE(calls(source));
  Translated translated(source);
  translated.run({1});
  EXPECT_EQ(translated.trap, TrapCode::Unreachable);
}

// --- where traps are

struct Trace {
  std::vector<std::pair<uint32_t, uint64_t>> frames;
  uint64_t depth;
  bool operator==(const Trace&) const = default;
};
Trace trace_of(Translated& translated, const Slots& arguments) {
  translated.run(arguments);
  const Backtrace found = backtrace(*translated.store, translated.store->state().trap);
  Trace trace{{}, found.depth};
  for (const TraceFrame& frame : found.frames) trace.frames.emplace_back(frame.func, frame.offset);
  return trace;
}

TEST(Inlining, BacktracesAreThoseOfCalls) {
  const Source divides = {
      {kI32, kI32}, {kI32}, {}, join(get(0), i32(1), op(I32Add), get(1), op(I32DivU))};
  const Source loads = {
      {kI32}, {kI32}, {}, join(get(0), memory_op(I32Load, 4), i32(1), op(I32Add))};
  const Source stops = {
      {kI32}, {}, {}, join(get(0), i32(9), op(I32Eq), if_(), op(Unreachable), end())};
  const Source source = {
      {kI32, kI32},
      {kI32},
      {},
      join(get(0), call(3), get(1), call(2), get(1), get(0), call(1), op(I32Xor), get(0), call(4),
           op(I32Xor)),
      {},
      {divides,
       loads,
       stops,
       // A leaf in a function that is called.
       {{kI32}, {kI32}, {kI32}, join(loop(), end(), get(0), i32(7), op(I32Sub), call(2))}}};
  for (const MemoryMode mode : {MemoryMode::Guard, MemoryMode::Checked}) {
    CodeOptions with{.memory_mode = mode};
    CodeOptions without = kNotInlining;
    without.memory_mode = mode;
    for (const auto& [arguments, trap, depth] : std::vector<std::tuple<Slots, TrapCode, uint64_t>>{
             {{9, 0}, TrapCode::Unreachable, 2},
             {{10, 65'536}, TrapCode::OutOfBoundsMemoryAccess, 2},
             {{0, 4}, TrapCode::IntegerDivideByZero, 2},
             {{3, 4}, TrapCode::OutOfBoundsMemoryAccess, 3}}) {
      Translated inlining(source, with);
      Translated plain(source, without);
      const Trace trace = trace_of(inlining, arguments);
      EXPECT_EQ(inlining.trap, trap);
      EXPECT_EQ(trace.depth, depth);
      EXPECT_EQ(trace.frames.size(), depth);
      EXPECT_EQ(trace, trace_of(plain, arguments));
    }
  }
}

TEST(Inlining, BacktracesAreCutWhereTheyShouldBe) {
  const Source source = caller_of({{}, {}, {}, op(Unreachable)});
  Translated translated(source);
  EXPECT_FALSE(calls(source));
  translated.run();
  const TrapState& trap = translated.store->state().trap;
  const Backtrace one = backtrace(*translated.store, trap, 1);
  ASSERT_EQ(one.frames.size(), 1u);
  EXPECT_EQ(one.frames[0].func, 1u);
  EXPECT_EQ(one.depth, 2u);
}

}  // namespace
}  // namespace weft::interp::testing
