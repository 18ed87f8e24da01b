#include "tests/layer/layer_test.h"

namespace weft::layer {
namespace {

class TrapLayer : public LayerTest {
 protected:
  Instance instance_ = make("traps");
};
WEFT_ON_EVERY_BACKEND(TrapLayer);

TEST_P(TrapLayer, HaveTheirCodesAndTheSuitesTexts) {
  struct Expected {
    std::string_view func;
    TrapCode code;
    std::string_view text;
  };
  const Expected expected[] = {
      {"unreachable", TrapCode::Unreachable, "unreachable"},
      {"divide", TrapCode::IntegerDivideByZero, "integer divide by zero"},
      {"remainder", TrapCode::IntegerDivideByZero, "integer divide by zero"},
      {"overflow", TrapCode::IntegerOverflow, "integer overflow"},
      {"convert_nan", TrapCode::InvalidConversionToInteger, "invalid conversion to integer"},
      {"convert_large", TrapCode::IntegerOverflow, "integer overflow"},
      {"load", TrapCode::MemoryOutOfBounds, "out of bounds memory access"},
      {"store", TrapCode::MemoryOutOfBounds, "out of bounds memory access"},
      {"init_memory", TrapCode::MemoryOutOfBounds, "out of bounds memory access"},
      {"table_get", TrapCode::TableOutOfBounds, "out of bounds table access"},
      {"init_table", TrapCode::TableOutOfBounds, "out of bounds table access"},
      {"undefined", TrapCode::UndefinedElement, "undefined element"},
      {"uninitialized", TrapCode::UninitializedElement, "uninitialized element"},
      {"mismatch", TrapCode::IndirectCallTypeMismatch, "indirect call type mismatch"},
  };
  for (const Expected& trap : expected) {
    SCOPED_TRACE(trap.func);
    for (int repeat = 0; repeat < 3; ++repeat) {
      const Result<void> result = run(store_, instance_, trap.func);
      ASSERT_FALSE(result);
      EXPECT_EQ(result.error().code(), Errc::trap);
      EXPECT_EQ(result.error().trap_code(), trap.code);
      EXPECT_TRUE(result.error().message().starts_with(trap.text)) << result.error().message();
    }
  }
}

TEST_P(TrapLayer, BacktracesNameFunctionsInnermostFirst) {
  WEFT_NEEDS(engine_, Backtrace);
  const Module module = load("traps");
  const Error error = run(store_, instance_, "deep").error();
  EXPECT_EQ(names_of(error), (std::vector<std::string>{"third", "second", "first"}));
  std::uint64_t before = UINT64_MAX;
  for (const Frame& frame : error.frames()) {
    EXPECT_EQ(frame.module_name, "traps");
    EXPECT_EQ(module.function_name(frame.func_index), frame.func_name);
    EXPECT_GT(frame.func_offset, 0u);
    EXPECT_LT(frame.func_offset, 10u);
    EXPECT_LT(frame.func_offset, frame.module_offset);
    if (before != UINT64_MAX) {
      EXPECT_GT(frame.module_offset, before);
    }
    before = frame.module_offset;
  }
  // i32.div_u, behind the number of locals and two constants.
  EXPECT_EQ(error.frames()[0].func_offset, 5u);
}

TEST_P(TrapLayer, FaultsHaveBacktracesToo) {
  WEFT_NEEDS(engine_, Backtrace);
  const Error error = run(store_, instance_, "load").error();
  ASSERT_EQ(error.frames().size(), 1u);
  EXPECT_EQ(error.frames()[0].func_offset, 3u);
}

TEST_P(TrapLayer, BacktracesCanBeSwitchedOff) {
  const Engine quiet = engine_with([](Config& config) { config.backtraces = false; });
  Store store = store_of(quiet);
  EXPECT_TRUE(run(store, make(store, "traps"), "deep").error().frames().empty());
}

TEST_P(TrapLayer, RunawayRecursionIsCallStackExhausted) {
  const auto recurse = func<std::int32_t(std::int32_t)>(instance_, "recurse");
  for (int repeat = 0; repeat < 3; ++repeat) {
    const Error error = recurse(store_, 0).error();
    EXPECT_EQ(error.trap_code(), TrapCode::CallStackExhausted);
    EXPECT_EQ(error.message(), "call stack exhausted");
    EXPECT_LE(error.frames().size(), 100u);
    if (engine_.supports(backend::Capability::Backtrace)) {
      ASSERT_FALSE(error.frames().empty());
      EXPECT_EQ(error.frames()[0].func_name, "recurse");
    }
  }
  EXPECT_EQ(func<std::int32_t(std::int32_t)>(instance_, "bounded")(store_, 10'000), 10'000);
}

TEST_P(TrapLayer, CallDepthIsBoundedAsConfigured) {
  WEFT_NEEDS(engine_, CallDepth);
  const Engine shallow = engine_with([](Config& config) { config.max_call_depth = 100; });
  Store store = store_of(shallow);
  const auto bounded = func<std::int32_t(std::int32_t)>(store, make(store, "traps"), "bounded");
  EXPECT_EQ(bounded(store, 90), 90);
  EXPECT_EQ(bounded(store, 110).error().trap_code(), TrapCode::CallStackExhausted);
}

TEST_P(TrapLayer, TheStackIsBoundedAsConfigured) {
  const Engine small = engine_with([](Config& config) { config.max_stack_bytes = 64 << 10; });
  Store store = store_of(small);
  const auto bounded = func<std::int32_t(std::int32_t)>(store, make(store, "traps"), "bounded");
  EXPECT_EQ(bounded(store, 200), 200);
  EXPECT_EQ(bounded(store, 8'000).error().trap_code(), TrapCode::CallStackExhausted);
}

}  // namespace
}  // namespace weft::layer
