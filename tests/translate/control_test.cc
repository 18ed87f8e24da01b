// Branches, their values, and what a function needs as a whole.
#include <bit>
#include <chrono>
#include <cmath>

#include "tests/translate/translated.h"

namespace weft::interp::testing {
namespace {

using enum Opcode;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Cells cells(const Source& source) { return Translated(source, kWithoutFusions).cells(); }
Slots run(const Source& source, const Slots& arguments) {
  return Translated(source).run(arguments);
}

// 1 if the branch is taken.
Source branch_on(const Bytes& params, const Bytes& condition) {
  return {
      params, {kI32}, {}, join(block(), condition, br_if(0), i32(0), op(Return), end(), i32(1))};
}

TEST(Branches, TakeInTheirComparison) {
  EXPECT_EQ(cells(branch_on({kI32, kI32}, join(get(0), get(1), op(I32LtU)))),
            (Cells{"br i32.lt_u s0 s1 @2", "return #0", "return #1"}));
  EXPECT_EQ(cells(branch_on({kI32, kI32}, join(get(0), i32(12), op(I32And)))),
            (Cells{"br i32.and s0 #12 @2", "return #0", "return #1"}));
  EXPECT_EQ(cells(branch_on({kI64}, join(get(0), op(I64Eqz)))),
            (Cells{"br i64.eq s0 #0 @2", "return #0", "return #1"}));
  EXPECT_EQ(cells(branch_on({kI32}, get(0))), (Cells{"br_if s0 @2", "return #0", "return #1"}));
}

TEST(Branches, CountTheNegationsOfTheirCondition) {
  Bytes condition = join(get(0), get(1), op(I32LtS));
  for (int eqz = 0; eqz < 5; ++eqz) {
    const Source source = branch_on({kI32, kI32}, condition);
    EXPECT_THAT(cells(source), Not(Contains(HasSubstr("eqz"))));
    for (const uint64_t a : {1, 2, 3})
      EXPECT_EQ(run(source, {a, 2}), (Slots{(a < 2) != (eqz % 2 == 1) ? 1u : 0u})) << eqz << a;
    append(condition, op(I32Eqz));
  }
  condition = get(0);
  for (int eqz = 0; eqz < 4; ++eqz) {
    const Source source = branch_on({kI32}, condition);
    for (const uint64_t a : {uint64_t{0}, uint64_t{1}, uint64_t{0x80000000}})
      EXPECT_EQ(run(source, {a}), (Slots{(a != 0) != (eqz % 2 == 1) ? 1u : 0u})) << eqz;
    append(condition, op(I32Eqz));
  }
}

TEST(Branches, NegatedFloatComparisonsHoldForNaN) {
  const double values[] = {1.0, 2.0, std::nan("")};
  for (const Opcode compare : {F64Eq, F64Ne, F64Lt, F64Gt, F64Le, F64Ge}) {
    const Bytes plain = join(get(0), get(1), op(compare));
    for (const bool negate : {false, true}) {
      const Source source = branch_on({kF64, kF64}, negate ? join(plain, op(I32Eqz)) : plain);
      const Source computed = {{kF64, kF64}, {kI32}, {}, plain};
      for (const double a : values) {
        for (const double b : values) {
          const Slots arguments = {std::bit_cast<uint64_t>(a), std::bit_cast<uint64_t>(b)};
          const bool holds = run(computed, arguments)[0] != 0;
          EXPECT_EQ(run(source, arguments), (Slots{holds != negate ? 1u : 0u}))
              << info(compare).text << " " << a << " " << b << " " << negate;
        }
      }
    }
  }
}

// A comparison whose result is also kept is not taken away.
TEST(Branches, LeaveAComparisonThatOthersRead) {
  const Source source = {{kI32},
                         {kI32},
                         {kI32},
                         join(block(), get(0), i32(5), op(I32LtS), tee(1), br_if(0), get(1),
                              op(Return), end(), get(1), i32(10), op(I32Add))};
  EXPECT_EQ(run(source, {4}), (Slots{11}));
  EXPECT_EQ(run(source, {5}), (Slots{0}));
}

TEST(Branches, BackwardOnesAreFlagged) {
  const Cells loops =
      cells({{kI32}, {}, {}, join(loop(), get(0), i32(1), op(I32Sub), tee(0), br_if(0), end())});
  EXPECT_THAT(loops, Contains(HasSubstr("back")));
  EXPECT_THAT(cells({{kI32}, {}, {}, join(loop(), get(0), op(I32Eqz), if_(), br(1), end(), end())}),
              Contains(HasSubstr("br back")));
  EXPECT_THAT(cells({{kI32}, {}, {}, join(block(), get(0), br_if(0), end())}),
              Not(Contains(HasSubstr("back"))));
}

TEST(Branches, CarryValuesPastWhatIsDropped) {
  // 7 lies below the result and goes.
  const Source carries = {{kI32, kI32},
                          {kI32},
                          {},
                          join(block(kI32), i32(7), get(0), get(1), br_if(0), op(I32Add), end())};
  EXPECT_EQ(run(carries, {5, 1}), (Slots{5}));
  EXPECT_EQ(run(carries, {5, 0}), (Slots{12}));
  const Source two = {{kI32, kI32},
                      {kI32, kI32},
                      {},
                      join(block(kTypes), i32(7), get(0), i32(9), get(1), br_if(0),  //
                           op(I32Add), end()),
                      {{{}, {kI32, kI32}}}};
  EXPECT_EQ(run(two, {5, 1}), (Slots{5, 9}));
  EXPECT_EQ(run(two, {5, 0}), (Slots{7, 14}));
}

TEST(Branches, TablesCarryValuesToBlocksOfDifferentHeights) {
  const Source source = {
      {kI32},
      {kI32},
      {},
      join(i32(1000),                                                            //
           block(kI32),                                                          //
           i32(200), block(kI32),                                                //
           i32(30), block(kI32), i32(4), get(0), br_table({0, 1, 2, 3}), end(),  //
           op(I32Add), end(),                                                    //
           op(I32Add), end(), op(I32Add))};
  EXPECT_EQ(run(source, {0}), (Slots{1000 + 200 + 30 + 4}));
  EXPECT_EQ(run(source, {1}), (Slots{1000 + 200 + 4}));
  EXPECT_EQ(run(source, {2}), (Slots{1000 + 4}));
  EXPECT_EQ(run(source, {3}), (Slots{4}));
  EXPECT_EQ(run(source, {UINT32_MAX}), (Slots{4}));
}

// A label that occurs often in tables has one trampoline in each.
TEST(Branches, TablesShareTrampolines) {
  const Cells lines =
      cells({{kI32},
             {kI32},
             {},
             join(block(kI32), i32(1), i32(2), get(0), br_table({0, 0, 0, 1, 1}), end())});
  EXPECT_EQ(std::ranges::count_if(lines,
                                  [](const std::string& line) { return line.starts_with("move"); }),
            1);
  EXPECT_EQ(std::ranges::count_if(
                lines, [](const std::string& line) { return line.starts_with("return"); }),
            2);
}

TEST(Blocks, TakeAndLeaveSeveralValues) {
  const std::vector<std::pair<Bytes, Bytes>> types = {{{kI32, kI64}, {kI64, kI32}}};
  const Source swaps = {{kI32, kI64},
                        {kI64, kI32},
                        {kI32, kI64},
                        join(get(0), get(1), block(kTypes), set(3), set(2), get(3), get(2), end()),
                        types};
  EXPECT_EQ(run(swaps, {5, 6}), (Slots{6, 5}));
  const Source either = {{kI32, kI64},
                         {kI64, kI32},
                         {},
                         join(get(0), get(1), get(0), if_(kTypes), op(Drop), op(Drop), get(1),
                              get(0), else_(), op(Drop), op(Drop), i64(-1), i32(9), end()),
                         types};
  EXPECT_EQ(run(either, {5, 6}), (Slots{6, 5}));
  EXPECT_EQ(run(either, {0, 6}), (Slots{UINT64_MAX, 9}));
  // A loop's parameters are its branch's values: sum and counter.
  const Source sum = {{kI32},
                      {kI32},
                      {kI32},
                      join(i32(0), get(0), loop(kTypes), tee(0), op(I32Add), get(0), i32(1),
                           op(I32Sub), tee(0), get(0), br_if(0), op(Drop), end()),
                      {{{kI32, kI32}, {kI32}}}};
  EXPECT_EQ(run(sum, {4}), (Slots{10}));
}

// --- the function as a whole

TEST(Frames, BeyondTheRedZoneAreChecked) {
  EXPECT_THAT(cells({{}, {}, Bytes(1000, kI64), {}}), Not(Contains(HasSubstr("check_stack"))));
  EXPECT_THAT(cells({{}, {}, Bytes(1025, kI64), {}}), Contains("check_stack 1025"));
  // Temporaries count.
  EXPECT_THAT(cells({{}, {}, Bytes(1000, kI64), join(repeat(50, get(0)), repeat(50, op(Drop)))}),
              Contains("check_stack 1050"));
}

// A host function's arguments are copied with what is beyond them, which must be the stack's.
TEST(Frames, HaveRoomForWhatTheHostsCallCopies) {
  ModuleBuilder builder;
  builder.type({kI64}, {});
  builder.type({}, {});
  builder.item(ModuleBuilder::kImport, {1, 'm', 1, 'f', 0, 0});
  builder.func(1, join(get(0), op(Call), Bytes{0}),
               join(Bytes{1}, unsigned_leb(1024), Bytes{kI64}));
  auto module = decode(builder.build());
  ASSERT_TRUE(module);
  auto types = std::make_shared<TypeRegistry>();
  ASSERT_TRUE(validate_module(**module, *types));
  const CompiledModule compiled(*std::move(module), types);
  EXPECT_THAT(Translated::cells_of(compiled.code({}), 1),
              Contains("check_stack " + std::to_string(1024 + FuncLayout::kShortParams)));
}

TEST(Frames, BeyondSixteenBitsAreExhaustion) {
  Translated most({{}, {kI64}, Bytes(50'000, kI64), get(49'999)});
  EXPECT_EQ(most.run(), (Slots{0}));
  Translated vectors({{}, {}, Bytes(40'000, kV128), {}});
  vectors.run();
  EXPECT_EQ(vectors.trap, TrapCode::CallStackExhausted);
  Translated deep({{}, {}, {}, join(repeat(70'000, i32(1)), repeat(70'000, op(Drop)))});
  deep.run();
  EXPECT_EQ(deep.trap, TrapCode::CallStackExhausted);
}

const Source kTraps = {{kI32, kI32},
                       {kI32},
                       {},
                       join(get(0), i32(1), op(I32Add), set(0),   //
                            get(0), get(1), op(I32DivS), tee(0),  //
                            memory_op(I32Load, 65'533), get(1), op(I32Xor))};

TEST(Offsets, NameTheInstructionThatACellWasMadeFrom) {
  Translated translated(kTraps);
  const ByteRange body = translated.compiled->module->funcs[0].body;
  const auto offset_of = [&](Opcode opcode) {
    const auto bytes = translated.compiled->module->bytes(body);
    const auto at = std::ranges::find(bytes, encode(opcode)[0]);
    return body.begin + static_cast<uint64_t>(at - bytes.begin());
  };
  translated.run({1, 0});
  ASSERT_EQ(translated.trap, TrapCode::IntegerDivideByZero);
  const auto positions = [&] {
    return translated.code->positions_of(translated.store->state().trap.pc, false);
  };
  EXPECT_THAT(positions(), ElementsAre(CodePosition{0, offset_of(I32DivS)}));
  translated.run({1, 1});
  ASSERT_EQ(translated.trap, TrapCode::OutOfBoundsMemoryAccess);
  EXPECT_THAT(positions(), ElementsAre(CodePosition{0, offset_of(I32Load)}));
}

TEST(Offsets, AreTheSameHoweverOftenAFunctionIsTranslated) {
  for (const bool fuel : {false, true}) {
    Translated first(kTraps, {.fuel = fuel});
    Translated second(kTraps, {.fuel = fuel});
    EXPECT_EQ(first.cells(), second.cells());
    uint64_t before = 0;
    for (const uint8_t* const cell : first.starts()) {
      const auto positions = first.code->positions_of(cell, false);
      const uint8_t* const same = second.starts()[0] + (cell - first.starts()[0]);
      EXPECT_EQ(positions, second.code->positions_of(same, false));
      ASSERT_EQ(positions.size(), 1u);
      EXPECT_GE(positions[0].offset, before);
      before = positions[0].offset;
    }
    EXPECT_THAT(first.code->positions_of(reinterpret_cast<const uint8_t*>(&first), false),
                IsEmpty());
  }
}

TEST(Fuel, IsTakenAtEntryAndAtLoops) {
  const Source source = {
      {kI32}, {}, {}, join(loop(), get(0), i32(1), op(I32Sub), tee(0), br_if(0), end())};
  Translated without(source);
  EXPECT_THAT(without.cells(), Not(Contains(HasSubstr("fuel"))));
  Translated with(source, {.fuel = true});
  EXPECT_EQ(std::ranges::count_if(with.cells(),
                                  [](const auto& line) { return line.starts_with("fuel"); }),
            2);
  const uint64_t before = with.store->fuel();
  with.run({1});
  const uint64_t one = before - with.store->fuel();
  with.run({11});
  const uint64_t eleven = before - one - with.store->fuel();
  EXPECT_GT(eleven, one);
  EXPECT_EQ((eleven - one) % 10, 0u);
  with.run({11});
  EXPECT_EQ(before - one - 2 * eleven, with.store->fuel()) << "deterministic";
}

TEST(Modes, ChooseTheHandlersOfAccesses) {
  const Source source = {{kI32}, {kI32}, {}, join(get(0), memory_op(I32Load, 65'532))};
  for (const MemoryMode mode : {MemoryMode::Guard, MemoryMode::Checked}) {
    Translated translated(source, {.memory_mode = mode});
    EXPECT_EQ(translated.run({0}), (Slots{0}));
    translated.run({1});
    EXPECT_EQ(translated.trap, TrapCode::OutOfBoundsMemoryAccess);
  }
}

// --- time

// Seconds to make a module of this source and to translate it.
double seconds(const Source& source) {
  const auto begin = std::chrono::steady_clock::now();
  Translated translated(source);
  EXPECT_NE(translated.code->entry(0), nullptr);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// All of these would take minutes in quadratic time; the bound leaves room for slow machines.
constexpr double kLinear = 10;

TEST(Time, IsLinearInNesting) {
  const size_t n = 100'000;
  EXPECT_LT(seconds({{}, {}, {}, join(repeat(n, block()), repeat(n, end()))}), kLinear);
  EXPECT_LT(seconds({{kI32}, {}, {}, join(repeat(n, join(get(0), if_())), repeat(n, end()))}),
            kLinear);
  EXPECT_LT(
      seconds({{kI32}, {}, {}, join(repeat(n, loop()), get(0), br_if(n - 1), repeat(n, end()))}),
      kLinear);
  // With an entry pending around each.
  EXPECT_LT(seconds({{kI32},
                     {},
                     {},
                     join(repeat(n, join(get(0), block())), repeat(n, join(end(), op(Drop))))}),
            kLinear);
}

TEST(Time, IsLinearInPendingOperands) {
  const size_t n = 1'000'000;
  EXPECT_LT(seconds({{kI32}, {}, {}, join(repeat(n, get(0)), repeat(n, op(Drop)))}), kLinear);
  EXPECT_LT(
      seconds({{kI32},
               {},
               {},
               join(repeat(n, get(0)), repeat(1000, join(block(), end())), repeat(n, op(Drop)))}),
      kLinear);
  EXPECT_LT(
      seconds({{kI32},
               {},
               {},
               join(repeat(n, get(0)), repeat(n / 4, join(i32(1), set(0))), repeat(n, op(Drop)))}),
      kLinear);
  EXPECT_LT(seconds({{kI32},
                     {},
                     {},
                     join(repeat(n / 4, join(get(0), i32(1), set(0))), repeat(n / 4, op(Drop)))}),
            kLinear);
  EXPECT_LT(
      seconds({{kI32},
               {},
               {},
               join(repeat(n, i32(7)), repeat(1000, join(block(), end())), repeat(n, op(Drop)))}),
      kLinear);
}

TEST(Time, IsLinearInTheEntriesOfTables) {
  const size_t n = 50'000;
  EXPECT_LT(seconds({{kI32},
                     {kI32},
                     {},
                     join(block(kI32), i32(1), i32(2), get(0),
                          br_table(std::vector<uint32_t>(n, 0)), end())}),
            kLinear);
  std::vector<uint32_t> all(n);
  for (size_t i = 0; i < n; ++i) all[i] = static_cast<uint32_t>(i);
  EXPECT_LT(
      seconds({{kI32}, {}, {}, join(repeat(n, block()), get(0), br_table(all), repeat(n, end()))}),
      kLinear);
}

// A local is zeroed at the function's entry if some way to a read of it has not set it.
TEST(Locals, AreZeroedWhereSomeWayHasNotSetThem) {
  const auto zeroes = [](const Bytes& code) {
    const Cells lines = Translated({{kI32}, {kI32}, {kI32}, code}).cells();
    return lines.front() == "zero 1 1";
  };
  const Bytes assign = join(i32(7), set(1));
  EXPECT_TRUE(zeroes(get(1)));
  EXPECT_FALSE(zeroes(join(assign, get(1))));
  EXPECT_FALSE(zeroes(join(get(0), if_(), assign, else_(), assign, end(), get(1))));
  EXPECT_TRUE(zeroes(join(get(0), if_(), assign, end(), get(1))));
  EXPECT_TRUE(zeroes(join(get(0), if_(), assign, else_(), end(), get(1))));
  // One way does not come here.
  EXPECT_FALSE(zeroes(join(get(0), if_(), assign, else_(), i32(1), op(Return), end(), get(1))));
  EXPECT_FALSE(zeroes(join(get(0), if_(), op(Unreachable), else_(), assign, end(), get(1))));
  EXPECT_FALSE(zeroes(join(block(), assign, get(0), br_if(0), assign, end(), get(1))));
  EXPECT_TRUE(zeroes(join(block(), get(0), br_if(0), assign, end(), get(1))));
  EXPECT_TRUE(
      zeroes(join(block(), block(), get(0), br_table({0, 1, 0}), end(), assign, end(), get(1))));
  EXPECT_FALSE(zeroes(join(loop(), assign, get(0), br_if(0), end(), get(1))));
  // The loop's second turn is later than its first.
  EXPECT_TRUE(zeroes(join(loop(), get(1), set(0), assign, get(0), br_if(0), end(), get(0))));
}

}  // namespace
}  // namespace weft::interp::testing
