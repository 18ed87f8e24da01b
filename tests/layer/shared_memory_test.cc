#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "tests/layer/layer_test.h"

namespace weft::layer {
namespace {

constexpr MemoryType kType{.limits = {1, 8}, .shared = true};

class SharedMemoryLayer : public LayerTest {
 protected:
  void SetUp() override { WEFT_NEEDS(engine_, SharedMemory); }

  SharedMemory create() const { return or_throw(SharedMemory::create(threaded_, kType)); }
  Instance instance(StoreRef store, const SharedMemory& memory) const {
    return make(store, "shared", {or_throw(memory.in(store))});
  }

  Engine threaded_ = engine_with([](Config& config) { config.features.threads = true; });
};
WEFT_ON_EVERY_BACKEND(SharedMemoryLayer);

TEST_P(SharedMemoryLayer, GuestsOfSeveralStoresCountTogether) {
  const SharedMemory memory = create();
  const Module module = load(threaded_, "shared");
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      Store store = store_of(threaded_);
      const Instance guest =
          or_throw(Instance::create(store, module, {{or_throw(memory.in(store))}}));
      EXPECT_TRUE((func<void(std::int32_t)>(store, guest, "count")(store, 5'000)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  Store store = store_of(threaded_);
  EXPECT_EQ(or_throw(memory.in(store)).load<std::uint32_t>(store, 0), 15'000u);
}

TEST_P(SharedMemoryLayer, TheHostWakesAGuestThatWaits) {
  const SharedMemory memory = create();
  std::int32_t answer = -1;
  std::thread guest([&] {
    Store store = store_of(threaded_);
    answer = or_throw(func<std::int32_t()>(store, instance(store, memory), "wait")(store));
  });
  while (or_throw(memory.notify(64)) == 0) std::this_thread::yield();
  guest.join();
  EXPECT_EQ(answer, 0);
  EXPECT_EQ(memory.notify(65).error().code(), Errc::usage);
  EXPECT_EQ(memory.notify(kPageSize).error().code(), Errc::out_of_bounds);
  EXPECT_EQ(memory.notify(~std::uint64_t{0} - 3).error().code(), Errc::out_of_bounds);
}

TEST_P(SharedMemoryLayer, AnInterruptStopsAGuestThatWaits) {
  const SharedMemory memory = create();
  Store store = store_of(threaded_);
  const Instance guest = instance(store, memory);
  std::thread other([handle = store.interrupt_handle()] {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    handle.interrupt();
  });
  EXPECT_EQ(func<std::int32_t()>(store, guest, "wait")(store).error().code(), Errc::interrupted);
  other.join();
}

TEST_P(SharedMemoryLayer, GrowthIsSeenByEveryStoreAndAsksTheOneThatGrows) {
  const SharedMemory memory = create();
  Store a = store_of(threaded_);
  Store b = store_of(threaded_);
  const Instance in_a = instance(a, memory);
  const Instance in_b = instance(b, memory);
  ASSERT_TRUE(a.set_limits({.memory_bytes = 3 * kPageSize}));
  const auto load_b = func<std::int32_t(std::uint32_t)>(b, in_b, "load");
  EXPECT_EQ(load_b(b, 2 * kPageSize).error().trap_code(), TrapCode::MemoryOutOfBounds);
  EXPECT_EQ(func<std::int32_t(std::int32_t)>(a, in_a, "grow")(a, 2), 1);
  EXPECT_EQ(func<std::int32_t(std::int32_t)>(a, in_a, "grow")(a, 1), -1);
  EXPECT_EQ(load_b(b, 2 * kPageSize), 0);
  EXPECT_EQ(memory.byte_size(), 3 * kPageSize);
  EXPECT_EQ(memory.type().limits, (Limits{3, 8}));
  const Memory of_b = or_throw(in_b.memory(b));
  EXPECT_EQ(of_b.size(b), 3u);
  EXPECT_EQ(of_b.grow(b, 5), 3u);
  EXPECT_EQ(or_throw(in_a.memory(a)).byte_size(a), 8 * kPageSize);
}

TEST_P(SharedMemoryLayer, IsOneObjectOfAStoreAndOutlivesIt) {
  Store a = store_of(threaded_);
  const Memory made = or_throw(Memory::create(a, kType));
  const SharedMemory memory = or_throw(SharedMemory::of(a, made));
  EXPECT_EQ(or_throw(memory.in(a)), made);
  ASSERT_TRUE(made.store<std::uint32_t>(a, 4, 99));
  a = store_of(threaded_);
  EXPECT_EQ(or_throw(memory.in(a)).load<std::uint32_t>(a, 4), 99u);
}

TEST_P(SharedMemoryLayer, MistakesAreErrors) {
  MemoryType type = kType;
  type.shared = false;
  EXPECT_EQ(SharedMemory::create(threaded_, type).error().code(), Errc::type_mismatch);
  EXPECT_EQ(SharedMemory::create(threaded_, {.limits = {1, {}}, .shared = true}).error().code(),
            Errc::type_mismatch);
  Store store = store_of(threaded_);
  const Memory unshared = or_throw(Memory::create(store, type));
  EXPECT_EQ(SharedMemory::of(store, unshared).error().code(), Errc::type_mismatch);
  EXPECT_EQ(create().in(StoreRef()).error().code(), Errc::usage);
  const SharedMemory foreign = or_throw(SharedMemory::create(engine_, kType));
  EXPECT_EQ(foreign.in(store).error().code(), Errc::usage);
}

TEST_P(SharedMemoryLayer, ModulesNeedTheFeatureSwitchedOn) {
  const auto refused = Module::from_file(engine_, std::string(WEFT_FIXTURES_DIR "/shared.wasm"));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("threads"), std::string::npos)
      << refused.error().message();
}

}  // namespace
}  // namespace weft::layer
