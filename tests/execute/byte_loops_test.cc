// Loops that copy or fill memory do the same with their cell as without: for every distance of
// what they read from what they write, every length, at the edges of memory and of the addresses,
// when they trap, and when they are stopped.
#include <algorithm>

#include "tests/translate/byte_loop_forms.h"

namespace weft::interp::testing {
namespace {

constexpr uint32_t kPage = 65'536;

CodeOptions options_of(MemoryMode mode, bool on, bool fuel) {
  CodeOptions options{.memory_mode = mode, .fuel = fuel};
  options.optimizations.set(Optimization::ByteLoops, on);
  return options;
}

// One function as it is and without the cell.
class Pair {
 public:
  Pair(const Source& source, MemoryMode mode, bool fuel = false)
      : x_with(source, options_of(mode, true, fuel)),
        x_without(source, options_of(mode, false, fuel)) {
    for (Translated* each : {&x_with, &x_without}) fill(*each, 0, kPage);
  }

  void grow(uint32_t pages) {
    for (Translated* each : {&x_with, &x_without}) each->instance->memory(0)->grow(pages);
  }

  // Runs both and compares what they leave of [from, to) of memory, which is then made as it was.
  void run(const std::vector<uint64_t>& arguments, size_t from, size_t to) {
    const Slots results = x_with.run(arguments);
    EXPECT_EQ(results, x_without.run(arguments));
    EXPECT_EQ(x_with.trap, x_without.trap);
    if (x_with.trap != TrapCode::None) {
      EXPECT_EQ(trap_offset(x_with), trap_offset(x_without));
      EXPECT_EQ(slots(x_with), slots(x_without));
    }
    const uint8_t* const base = x_with.instance->memory(0)->base;
    const uint8_t* const other = x_without.instance->memory(0)->base;
    EXPECT_TRUE(std::equal(base + from, base + to, other + from))
        << "at " << std::mismatch(base + from, base + to, other + from).first - base;
    for (Translated* each : {&x_with, &x_without}) fill(*each, from, to);
  }

  void run_with_fuel(uint64_t fuel, const std::vector<uint64_t>& arguments) {
    x_with.store->set_fuel(fuel);
    x_without.store->set_fuel(fuel);
    run(arguments, 0, kPage);
    EXPECT_EQ(x_with.store->state().fuel, x_without.store->state().fuel);
  }

  Translated& with() { return x_with; }

 private:
  static void fill(Translated& translated, size_t from, size_t to) {
    uint8_t* const base = translated.instance->memory(0)->base;
    for (size_t i = from; i < to; ++i) base[i] = static_cast<uint8_t>(i * 167 ^ i >> 8);
  }
  static uint64_t trap_offset(Translated& translated) {
    return translated.code->positions_of(translated.store->state().trap.pc, false).front().offset;
  }
  // The parameters and locals of the function that trapped.
  static Slots slots(Translated& translated) {
    const uint64_t* const frame = translated.store->state().trap.fp;
    return {frame, frame + 5};
  }

  Translated x_with;
  Translated x_without;
};

// A loop of `count` accesses from its lowest byte: descending loops are given ends.
std::vector<uint64_t> arguments(const ByteLoopForm& form, uint32_t to, uint32_t from,
                                uint32_t count, uint64_t value = 0x9a9a9a9a9a9a9a9a) {
  const uint32_t below = form.down ? count * form.bytes() : 0;
  const uint64_t narrow = form.bytes() == 8 || value_type(form) == kI64 ? ~uint64_t{} : UINT32_MAX;
  return {to + below, from + below, count, value & narrow};
}

// Few enough to take seconds, with each flag in some.
std::vector<ByteLoopForm> some_forms(size_t every) {
  std::vector<ByteLoopForm> some;
  const std::vector<ByteLoopForm> all = byte_loop_forms();
  for (size_t i = 0; i < all.size(); i += every) some.push_back(all[i]);
  return some;
}

TEST(ByteLoopCells, EveryDistanceAndLength) {
  for (const ByteLoopForm& form : some_forms(3)) {
    SCOPED_TRACE(describe(form));
    Pair pair(byte_loop(form), MemoryMode::Guard);
    const uint32_t unit = form.unrolled;
    for (uint32_t count = form.tests_first ? 0 : unit; count <= 100; count += unit) {
      if (count > 40 && count % 12 != 0) continue;
      for (int32_t distance = -70; distance <= 70; ++distance) {
        if (std::abs(distance) > 20 && distance % 7 != 0) continue;
        if (form.fills && distance != 0) continue;
        const uint32_t from = 2'000;
        pair.run(arguments(form, from + static_cast<uint32_t>(distance), from, count), 1'800,
                 3'100);
      }
    }
    EXPECT_EQ(pair.with().trap, TrapCode::None);
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(ByteLoopCells, EveryAlignmentAndValue) {
  for (const ByteLoopForm& form : some_forms(2)) {
    SCOPED_TRACE(describe(form));
    Pair pair(byte_loop(form), MemoryMode::Checked);
    for (uint32_t to = 0; to < 8; ++to) {
      for (uint32_t from = 0; from < 8; from += form.fills ? 8 : 1) {
        for (const uint64_t value : {uint64_t{0}, uint64_t{0x1234567890abcdef}, ~uint64_t{}}) {
          pair.run(arguments(form, 1'000 + to, 3'000 + from, 64, value), 900, 1'700);
          if (!form.fills) break;
        }
      }
    }
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(ByteLoopCells, TrapsHappenWhereTheyWouldWithWhatTheyLeave) {
  for (const MemoryMode mode : {MemoryMode::Guard, MemoryMode::Checked}) {
    for (const ByteLoopForm& form : some_forms(5)) {
      SCOPED_TRACE(describe(form));
      Pair pair(byte_loop(form), mode);
      const uint32_t bytes = 64 * form.bytes();
      for (int32_t beyond = -20; beyond <= 20; beyond += 4) {
        // Over either end of memory, which is also over the end of the addresses.
        const uint32_t high = kPage - bytes + static_cast<uint32_t>(beyond);
        const auto low = static_cast<uint32_t>(-beyond);
        for (const uint32_t place : {high, low}) {
          pair.run(arguments(form, place, 9'000, 64), 0, kPage);
          pair.run(arguments(form, 9'000, place, 64), 0, kPage);
        }
      }
      // More than there is.
      pair.run(arguments(form, 100, 5'000, 0x4000'0000), 0, kPage);
      pair.run(arguments(form, 5'000, 100, 0xffff'fff0), 0, kPage);
      if (::testing::Test::HasFailure()) return;
    }
  }
}

TEST(ByteLoopCells, AnInterruptIsNoticedInTheLoop) {
  for (const bool down : {false, true}) {
    const ByteLoopForm form{.load = Opcode::I64Load,
                            .store = Opcode::I64Store,
                            .unrolled = 2,
                            .fills = true,
                            .down = down};
    Pair pair(byte_loop(form), MemoryMode::Guard);
    pair.grow(300);
    Translated& loop = pair.with();
    MemoryInst& memory = *loop.instance->memory(0);
    const uint32_t count = 2 << 20;  // 16 MiB
    const uint32_t bytes = count * 8;
    std::fill_n(memory.base, memory.bytes, uint8_t{1});
    StoreState& state = loop.store->state();
    state.request->store(1);
    state.interrupt = StoreState::kStop;  // for loops alone: calls still go on
    loop.run(arguments(form, 0, 0, count));
    EXPECT_EQ(loop.trap, TrapCode::Interrupted);
    // A few megabytes at most have been filled, as far as the locals say.
    const uint64_t* const frame = loop.store->state().trap.fp;
    const auto at = static_cast<uint32_t>(frame[0]);
    const uint32_t filled = down ? bytes - at : at;
    EXPECT_GT(filled, 0u);
    EXPECT_LE(filled, 5u << 20);
    EXPECT_EQ(frame[2], count - filled / 8);
    const uint32_t edge = down ? at - 1 : at;
    EXPECT_EQ(memory.base[edge], 1);
    EXPECT_EQ(memory.base[down ? edge + 1 : edge - 1], 0x9a);
  }
}

TEST(ByteLoopCells, LargeLoopsAreTheSame) {
  for (const ByteLoopForm& form :
       {ByteLoopForm{}, ByteLoopForm{.down = true},
        ByteLoopForm{.load = Opcode::I32Load, .store = Opcode::I32Store, .unrolled = 4}}) {
    SCOPED_TRACE(describe(form));
    Pair pair(byte_loop(form), MemoryMode::Guard);
    pair.grow(300);
    const uint32_t count = (9u << 20) / form.bytes();
    pair.run(arguments(form, 3, 1'000, count), 0, 10u << 20);
    pair.run(arguments(form, 1'000, 3, count), 0, 10u << 20);
  }
}

TEST(ByteLoopCells, FuelIsCountedAsWithoutThem) {
  for (const ByteLoopForm& form : some_forms(17)) {
    SCOPED_TRACE(describe(form));
    Pair pair(byte_loop(form), MemoryMode::Guard, true);
    for (uint64_t fuel = 0; fuel < 4'000; fuel += 1 + fuel / 8)
      pair.run_with_fuel(fuel, arguments(form, 1'000, 2'500, 64));
    pair.run_with_fuel(INT64_MAX, arguments(form, 1'000, 2'500, 64));
    EXPECT_EQ(pair.with().trap, TrapCode::None);
  }
}

// From the last byte that a 32-bit address reaches, the next one is the first.
TEST(ByteLoopCells, AddressesWrap) {
  for (const ByteLoopForm& form : some_forms(29)) {
    SCOPED_TRACE(describe(form));
    Pair pair(byte_loop(form), MemoryMode::Guard);
    pair.grow(65'535);
    if (pair.with().instance->memory(0)->bytes != uint64_t{1} << 32)
      GTEST_SKIP() << "no room for 4 GiB";
    const uint32_t bytes = 64 * form.bytes();
    for (uint32_t above = 0; above < bytes; above += form.bytes() * 5) {
      const uint32_t place = 0 - bytes + above;
      pair.run(arguments(form, place, 9'000, 64), 0, kPage);
      pair.run(arguments(form, 9'000, place, 64), 0, kPage);
      pair.run(arguments(form, place, 9'000, 64), (uint64_t{1} << 32) - 1'024, uint64_t{1} << 32);
    }
  }
}

// What the loop leaves to be done is one iteration.
TEST(ByteLoopCells, DoAllButTheLastIteration) {
  CodeOptions options;
  options.count_dispatches = true;
  Translated loop(byte_loop({}), options);
  loop.run({1'000, 2'000, 50'000, 0});
  uint64_t dispatches = 0;
  for (const auto& [key, count] : loop.code->dispatches().handlers) dispatches += count;
  EXPECT_LT(dispatches, 20u);
}

}  // namespace
}  // namespace weft::interp::testing
