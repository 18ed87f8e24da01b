// Tail calls need no space: ten million of each kind, with a stack for a few calls only.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <weft/weft.hpp>

namespace weft::testing {
namespace {

constexpr std::int64_t kRounds = 10'000'000;

using Step = std::int64_t(std::int64_t, std::int64_t);

class TailCalls : public ::testing::TestWithParam<bool> {
 protected:
  static Engine engine() {
    Config config;
    config.max_call_depth = 8;
    config.max_stack_bytes = 64 << 10;
    config.eager_translation = GetParam();
    return Engine(config);
  }

  Instance make(std::string_view fixture) {
    const Module module = or_throw(Module::from_file(
        engine_, std::string(WEFT_FIXTURES_DIR "/").append(fixture).append(".wasm")));
    const Instance instance = or_throw(linker_.instantiate(store_, module));
    or_throw(linker_.instance(store_, fixture, instance));
    return instance;
  }

  void expect_all_rounds(const Instance& instance, std::string_view function) {
    const auto loop = or_throw(instance.func<Step>(store_, function));
    const Result<std::int64_t> rounds = loop(store_, kRounds, 0);
    ASSERT_TRUE(rounds) << rounds.error().message();
    EXPECT_EQ(*rounds, kRounds);
  }

  Engine engine_ = engine();
  Store store_{engine_};
  Linker linker_{engine_};
};

INSTANTIATE_TEST_SUITE_P(Lazy, TailCalls, ::testing::Values(false));
INSTANTIATE_TEST_SUITE_P(Eager, TailCalls, ::testing::Values(true));

TEST_P(TailCalls, ToTheFunctionItselfNeedNoSpace) {
  expect_all_rounds(make("tail_calls"), "direct");
}

TEST_P(TailCalls, AmongFunctionsOfOtherAritiesNeedNoSpace) {
  expect_all_rounds(make("tail_calls"), "mutual");
}

TEST_P(TailCalls, ThroughATableNeedNoSpace) { expect_all_rounds(make("tail_calls"), "indirect"); }

TEST_P(TailCalls, ThroughAReferenceNeedNoSpace) { expect_all_rounds(make("tail_calls"), "ref"); }

TEST_P(TailCalls, BetweenInstancesNeedNoSpace) {
  const Instance instance = make("tail_calls");
  make("pong");
  expect_all_rounds(instance, "ping");
}

}  // namespace
}  // namespace weft::testing
