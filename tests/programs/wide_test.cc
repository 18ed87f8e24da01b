// A C program with 64-bit addresses in a memory of more than 4 GiB, most of it never touched.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <weft/weft.hpp>

namespace weft::testing {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

class WideProgram : public ::testing::TestWithParam<MemoryMode> {
 protected:
  static Engine engine() {
    Config config;
    config.memory_mode = GetParam();
    return Engine(config);
  }

  void SetUp() override {
    const Module module =
        or_throw(Module::from_file(engine_, WEFT_GUESTS_DIR "/program-wide.wasm"));
    instance_ = or_throw(Instance::create(store_, module));
    // Some machines grant less; then this is about what they grant.
    if (!or_throw(func<std::int32_t(std::uint64_t)>("grow_to")(store_, 6 * kGiB))) {
      GTEST_SKIP() << "no memory of 6 GiB here";
    }
  }

  template <class Signature>
  TypedFunc<Signature> func(std::string_view name) {
    return or_throw(instance_.func<Signature>(store_, name));
  }

  Engine engine_ = engine();
  Store store_{engine_};
  Instance instance_{};
};

INSTANTIATE_TEST_SUITE_P(Auto, WideProgram, ::testing::Values(MemoryMode::Auto));
INSTANTIATE_TEST_SUITE_P(Explicit, WideProgram, ::testing::Values(MemoryMode::Explicit));

std::uint64_t next_random(std::uint64_t& state) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return state >> 11;
}

TEST_P(WideProgram, FollowsListsAllOverItsMemory) {
  constexpr std::uint64_t kCount = 2'000;
  std::uint64_t seed = 99;
  const auto first =
      func<std::uint64_t(std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t)>("scatter")(
          store_, kGiB / 2, 6 * kGiB, kCount, seed);
  ASSERT_TRUE(first);
  EXPECT_GT(*first, 5 * kGiB);
  std::uint64_t expected = 0;
  std::uint64_t last = 0;
  for (std::uint64_t i = 0; i < kCount; i++) {
    next_random(seed);
    last = next_random(seed);
    expected += last;
  }
  EXPECT_EQ(func<std::uint64_t(std::uint64_t)>("sum")(store_, *first), expected);
  // The host sees the same bytes at the same place.
  const Memory memory = or_throw(instance_.memory(store_));
  EXPECT_EQ(memory.load<std::uint64_t>(store_, *first + 8), last);
}

TEST_P(WideProgram, CopiesAcrossTheBorderOf4GiB) {
  EXPECT_EQ(func<std::int32_t(std::uint64_t)>("cross")(store_, 100'001), 1);
}

TEST_P(WideProgram, SortsAnArrayBeyond4GiB) {
  const auto sort =
      func<std::int32_t(std::uint64_t, std::uint64_t, std::int32_t, std::uint64_t)>("sort");
  EXPECT_EQ(sort(store_, 5 * kGiB + 8, 20'000, 1, 5), 1);
  EXPECT_EQ(sort(store_, 4 * kGiB - 80'000, 20'000, 0, 6), 1);
}

TEST_P(WideProgram, TrapsWhereItsMemoryEnds) {
  const auto load = func<std::int32_t(std::uint64_t)>("load");
  const auto load_far = func<std::uint64_t(std::uint64_t)>("load_far");
  const auto store = func<void(std::uint64_t, std::int32_t)>("store");
  const std::uint64_t size = or_throw(or_throw(instance_.memory(store_)).byte_size(store_));
  EXPECT_GE(size, 6 * kGiB);
  EXPECT_TRUE(store(store_, size - 1, 0x5a));
  EXPECT_EQ(load(store_, size - 1), 0x5a);
  EXPECT_EQ(load(store_, (size - 1) & 0xffff'ffff), 0);
  for (const std::uint64_t at : {size, size + (size - 1), std::uint64_t{1} << 40, UINT64_MAX}) {
    EXPECT_EQ(load(store_, at).error().trap_code(), TrapCode::MemoryOutOfBounds) << at;
    EXPECT_EQ(store(store_, at, 1).error().trap_code(), TrapCode::MemoryOutOfBounds) << at;
  }
  // With an offset in the instruction, whose sum with the address may have more than 64 bits.
  EXPECT_EQ(load_far(store_, size - 0x7fff'0000 - 8), std::uint64_t{0x5a} << 56);
  for (const std::uint64_t at : {size - 0x7fff'0000 - 7, UINT64_MAX - 0x7fff'0000, UINT64_MAX}) {
    EXPECT_EQ(load_far(store_, at).error().trap_code(), TrapCode::MemoryOutOfBounds) << at;
  }
}

}  // namespace
}  // namespace weft::testing
