// Guests that allocate a GiB of structs and arrays in a heap of 32 MiB: lists, trees, growing
// arrays, a table of boxes with cycles. What they read back is what they wrote.
#include <gtest/gtest.h>

#include <cstdint>
#include <string_view>
#include <vector>
#include <weft/weft.hpp>

namespace weft::testing {
namespace {

constexpr std::uint64_t kHeap = 32 << 20;

class Garbage : public ::testing::Test {
 protected:
  Garbage() : instance_(make()) {}

  Instance make() {
    or_throw(store_.set_limits({.gc_heap_bytes = kHeap}));
    return or_throw(Instance::create(
        store_, or_throw(Module::from_file(engine_, WEFT_FIXTURES_DIR "/garbage.wasm"))));
  }
  template <class Signature>
  TypedFunc<Signature> func(std::string_view name) {
    return or_throw(instance_.func<Signature>(store_, name));
  }
  void expect_small_heap() {
    const GcStats stats = or_throw(StoreRef(store_).gc_stats());
    EXPECT_LE(stats.heap_bytes, kHeap);
    EXPECT_GT(stats.collections, 5u);
  }

  Engine engine_{};
  Store store_{engine_};
  Instance instance_;
};

TEST_F(Garbage, OfLists) {
  // 10 million nodes of 16 bytes and more.
  constexpr std::int64_t kRounds = 1'000;
  constexpr std::int64_t kLength = 10'000;
  std::int64_t expected = 0;
  for (std::int64_t first = 1; first <= kRounds; first++) {
    expected += kLength * (kLength + 1) / 2 + kLength * first;
  }
  EXPECT_EQ(func<std::int64_t(std::int64_t)>("lists")(store_, kRounds), expected);
  expect_small_heap();
}

TEST_F(Garbage, OfTrees) {
  constexpr std::int64_t kRounds = 250;
  EXPECT_EQ(func<std::int64_t(std::int64_t, std::int32_t)>("trees")(store_, kRounds, 14),
            (kRounds + 1) * ((1 << 15) - 1));
  expect_small_heap();
}

TEST_F(Garbage, OfArraysThatGrow) {
  // Up to 2^17 numbers, so 2 MiB a round; 600 MiB in all.
  constexpr std::int64_t kRounds = 300;
  constexpr std::int64_t kLength = 100'000;
  std::int64_t expected = 0;
  for (std::int64_t round = 1; round <= kRounds; round++) {
    expected += kLength * (kLength - 1) / 2 + kLength * round;
  }
  EXPECT_EQ(func<std::int64_t(std::int64_t, std::int32_t)>("arrays")(store_, kRounds, kLength),
            expected);
  expect_small_heap();
}

TEST_F(Garbage, OfBoxesWithCycles) {
  constexpr std::int64_t kRounds = 3'000'000;
  constexpr std::uint64_t kSize = 30'000;
  std::vector<bool> made(kSize);
  std::uint64_t random = 1;
  for (std::int64_t i = 0; i < kRounds; i++) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    made[static_cast<std::uint32_t>(random >> 33) % kSize] = true;
  }
  std::int64_t expected = 0;
  for (std::size_t i = 0; i < kSize; i++) expected += made[i] ? static_cast<std::int64_t>(i) : 0;
  EXPECT_EQ(func<std::int64_t(std::int64_t, std::int32_t)>("boxes")(store_, kRounds, kSize),
            expected);
  expect_small_heap();
}

// What can't be freed ends in an error, after which the store goes on.
TEST_F(Garbage, ThatIsKeptEndsInAnError) {
  const auto hoard = func<void(std::int64_t)>("hoard");
  for (int round = 0; round < 3; round++) {
    const Result<void> result = hoard(store_, std::int64_t{1} << 40);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().trap_code(), TrapCode::OutOfMemory);
    const Global made = or_throw(instance_.global(store_, "made"));
    // The heap was used to a good part, by nodes of at most 64 bytes each.
    EXPECT_GT(or_throw(made.get(store_)).i64(), static_cast<std::int64_t>(kHeap / 64 / 2));
    ASSERT_TRUE(made.set(store_, std::int64_t{0}));
    EXPECT_EQ(func<std::int64_t(std::int64_t)>("lists")(store_, 1), 10'000 * 10'001 / 2 + 10'000);
  }
}

// The collector under pressure: before every object.
TEST(GarbageStress, CollectingBeforeEveryObjectChangesNothing) {
  Config config;
  config.gc_stress = true;
  const Engine engine(config);
  Store store(engine);
  const Instance instance = or_throw(Instance::create(
      store, or_throw(Module::from_file(engine, WEFT_FIXTURES_DIR "/garbage.wasm"))));
  const auto call = [&](std::string_view name, std::int64_t rounds, std::int32_t size) {
    return or_throw(instance.func<std::int64_t(std::int64_t, std::int32_t)>(store, name))(
        store, rounds, size);
  };
  EXPECT_EQ(call("trees", 2, 7), 3 * 255);
  EXPECT_EQ(call("arrays", 2, 300), 2 * (300 * 299 / 2) + 300 * 3);
  EXPECT_TRUE(call("boxes", 2'000, 100));
}

}  // namespace
}  // namespace weft::testing
