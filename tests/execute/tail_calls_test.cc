// Tail calls: constant space, whoever is called; and that everything which looks at the stack of
// calls gets along with them.
#include "tests/execute/wat_store.h"

namespace weft::interp::testing {
namespace {

const FuncType kStep{{ValType::I64}, {ValType::I64}};

class TailCalls : public ::testing::Test {
 protected:
  explicit TailCalls(StoreConfig config = {.stack_bytes = 64'000, .max_call_depth = 8})
      : s(config) {
    main = &s.add("tail_calls", {{"double", s.host(kStep, [this](Value* values) {
                                    values[0].i64 *= 2;
                                    return host_answer;
                                  })}});
    other = &s.add("tail_calls_other", {{"table", *main->find_export("table")},
                                        {"ping", *main->find_export("ping")},
                                        {"spin_across", *main->find_export("spin_across")}});
  }

  WatStore s;
  TrapCode host_answer = TrapCode::None;
  Instance* main = nullptr;
  Instance* other = nullptr;
};

constexpr uint64_t kMany = 10'000'000;

TEST_F(TailCalls, TakeConstantSpace) {
  EXPECT_EQ(s.call(*main, "even", {kMany}), 1u);
  EXPECT_EQ(s.trap, TrapCode::None);
  EXPECT_EQ(s.call(*main, "even_ref", {kMany + 1}), 0u);
  EXPECT_EQ(s.trap, TrapCode::None);
}

// By a table one way, by an import the other. Called from the host, and from the guest, which finds
// its own globals and memory again.
TEST_F(TailCalls, TakeConstantSpaceAcrossInstances) {
  EXPECT_EQ(s.call(*main, "ping", {kMany}), 1000u);
  EXPECT_EQ(s.trap, TrapCode::None);
  EXPECT_EQ(s.call(*other, "pong", {kMany}), 5u);
  for (const uint64_t n : {uint64_t{0}, uint64_t{1}, uint64_t{2}, kMany, kMany + 1}) {
    EXPECT_EQ(s.call(*main, "run", {n}), (n % 2 == 0 ? 1000u : 5u) + 42 + 1000) << n;
    EXPECT_EQ(s.trap, TrapCode::None) << n;
  }
}

TEST_F(TailCalls, LoopsOfThemAreInterrupted) {
  for (const char* name : {"spin", "spin_indirect", "spin_ref", "spin_across"})
    s.interrupt(*main, name);
  EXPECT_EQ(s.call(*main, "even", {4}), 1u);
}

TEST_F(TailCalls, OfTheHostReturnItsResult) {
  EXPECT_EQ(s.call(*main, "to_host", {20}), 42u);
  EXPECT_EQ(s.call(*main, "around_host", {4}), 10u + 42);
  host_answer = TrapCode::HostError;
  s.call(*main, "around_host", {4});
  EXPECT_EQ(s.trap, TrapCode::HostError);
}

uint32_t func(Instance& instance, std::string_view name) {
  return static_cast<FuncInst*>(instance.find_export(name)->object)->index;
}

TEST_F(TailCalls, LeaveNoFrameInBacktraces) {
  s.call(*main, "traps", {0});
  EXPECT_EQ(s.trap, TrapCode::Unreachable);
  const int traps = static_cast<int>(func(*main, "traps"));
  EXPECT_EQ(s.trace(), (std::vector{traps - 2, traps}));

  s.call(*main, "traps_in_other", {0});
  EXPECT_EQ(s.trap, TrapCode::Unreachable);
  const auto frames = backtrace(*s.store, s.store->state().trap).frames;
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[0].instance, other);
  EXPECT_EQ(frames[1].instance, main);
  EXPECT_EQ(frames[1].func, func(*main, "traps_in_other"));
}

TEST_F(TailCalls, ThroughTablesAndReferencesTrapAsCallsDo) {
  s.call(*main, "bad_index", {8});
  EXPECT_EQ(s.trap, TrapCode::UndefinedElement);
  s.call(*main, "bad_index", {5});
  EXPECT_EQ(s.trap, TrapCode::UninitializedElement);
  s.call(*main, "bad_index", {1});
  EXPECT_EQ(s.trap, TrapCode::IndirectCallTypeMismatch);
  s.call(*main, "null", {1});
  EXPECT_EQ(s.trap, TrapCode::NullFunctionReference);
}

TEST_F(TailCalls, ArgumentsMayBeEachOthersSources) {
  EXPECT_EQ(s.call(*main, "rotate", {7, 2, 3}), 237u);
  EXPECT_EQ(s.call(*main, "swapped", {4, 5}), 547u);
  auto* digits = main->table(0)->elems[7].ref;
  EXPECT_EQ(s.call(*main, "rotate_ref", {8, 9, reinterpret_cast<uintptr_t>(digits)}), 989u - 0u);
  EXPECT_EQ(s.trap, TrapCode::None);
}

class FueledTailCalls : public TailCalls {
 protected:
  FueledTailCalls() : TailCalls({.fuel = true}) {}
  uint64_t used(uint64_t calls) {
    s.store->set_fuel(1'000'000);
    EXPECT_EQ(s.call(*main, "even", {calls}), calls % 2 == 0 ? 1 : 0);
    return 1'000'000 - s.store->fuel();
  }
};

TEST_F(FueledTailCalls, EachTakesItsFunctionsFuel) {
  const uint64_t each = used(1) - used(0);
  EXPECT_GT(each, 0u);
  EXPECT_EQ(used(1000), used(0) + 1000 * each);
  s.store->set_fuel(100'000);
  s.call(*main, "spin");
  EXPECT_EQ(s.trap, TrapCode::OutOfFuel);
  EXPECT_EQ(s.store->fuel(), 0u);
}

}  // namespace
}  // namespace weft::interp::testing
