#include <atomic>
#include <chrono>
#include <csignal>
#include <ctime>
#include <thread>

#include "interp/core/sanitizers.h"
#include "tests/layer/layer_test.h"

namespace weft::layer {
namespace {

using Clock = std::chrono::steady_clock;

class FuelLayer : public LayerTest {
 protected:
  void SetUp() override { WEFT_NEEDS(engine_, Fuel); }
  Engine fueled_ = engine_with([](Config& config) {
    config.fuel = Engine(Config{}, GetParam().backend).supports(backend::Capability::Fuel);
  });
};
WEFT_ON_EVERY_BACKEND(FuelLayer);

TEST_P(FuelLayer, IsUsedUpTheSameWayEachTime) {
  const auto used_by = [&](std::int32_t rounds) {
    Store store(fueled_);
    or_throw(store.set_fuel(1'000'000));
    const Instance instance = make(store, "loops", {or_throw(Func::wrap(store, [] {}))});
    EXPECT_TRUE((func<std::int32_t(std::int32_t)>(store, instance, "count")(store, rounds)));
    return 1'000'000 - or_throw(store.fuel());
  };
  const std::uint64_t once = used_by(1);
  const std::uint64_t many = used_by(1001);
  EXPECT_GT(once, 0u);
  EXPECT_GE(many, 1000u);
  EXPECT_EQ(used_by(1), once);
  EXPECT_EQ(used_by(1001), many);
  // Every round costs the same.
  EXPECT_EQ(used_by(2001) - many, many - once);
}

TEST_P(FuelLayer, RunningOutStopsTheGuest) {
  Store store(fueled_);
  const Instance instance = make(store, "loops", {or_throw(Func::wrap(store, [] {}))});
  const auto count = func<std::int32_t(std::int32_t)>(store, instance, "count");
  for (const std::uint64_t fuel : {0, 1, 10, 1000}) {
    or_throw(store.set_fuel(fuel));
    EXPECT_EQ(run(store, instance, "forever").error().code(), Errc::out_of_fuel) << fuel;
    // What is left is less than the next stretch of instructions costs.
    EXPECT_LT(or_throw(store.fuel()), 10u);
    EXPECT_EQ(count(store, 100).error().code(), Errc::out_of_fuel);
  }
  or_throw(store.add_fuel(1'000'000));
  EXPECT_EQ(count(store, 100), 5050);
}

class InterruptLayer : public LayerTest {
 protected:
  void SetUp() override { WEFT_NEEDS(engine_, Interrupt); }

  // Expects the request to stop the call before its thread has run for ten milliseconds more; the
  // time that other programs take doesn't count.
  template <class Run>
  static void expect_stops_soon(const Store& store, Run guest) {
    clockid_t guest_clock{};
    ASSERT_EQ(pthread_getcpuclockid(pthread_self(), &guest_clock), 0);
    double asked = 0;
    std::jthread watchdog([&, handle = store.interrupt_handle()] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      asked = milliseconds_of(guest_clock);
      handle.interrupt();
    });
    const Result<void> result = guest();
    const double ended = milliseconds_of(guest_clock);
    watchdog.join();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), Errc::interrupted) << result.error().message();
    EXPECT_LT(ended - asked, 10.0) << "milliseconds";
    EXPECT_FALSE(store.interrupt_pending());
  }

  static double milliseconds_of(clockid_t clock) {
    timespec time{};
    clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
  }

  Instance instance_ = make("loops", {wrap([] {})});
};
WEFT_ON_EVERY_BACKEND(InterruptLayer);

TEST_P(InterruptLayer, StopsALoopWithinTenMilliseconds) {
  expect_stops_soon(store_, [&] { return run(store_, instance_, "forever"); });
  EXPECT_EQ((func<std::int32_t(std::int32_t)>(instance_, "count")(store_, 4)), 10);
}

TEST_P(InterruptLayer, StopsARecursionWithinTenMilliseconds) {
  const auto spiral = func<void(std::int32_t)>(instance_, "spiral");
  expect_stops_soon(store_, [&] { return spiral(store_, 60); });
}

TEST_P(InterruptLayer, StopsALoopOfHostCallsWithinTenMilliseconds) {
  expect_stops_soon(store_, [&] { return run(store_, instance_, "ticking"); });
}

TEST_P(InterruptLayer, ARequestStopsOneCallOnly) {
  store_.interrupt_handle().interrupt();
  EXPECT_EQ(run(store_, instance_, "forever").error().code(), Errc::interrupted);
  EXPECT_FALSE(store_.interrupt_pending());
  const auto count = func<std::int32_t(std::int32_t)>(instance_, "count");
  EXPECT_EQ(count(store_, 4), 10);
  store_.interrupt_handle().interrupt();
  store_.clear_interrupt();
  EXPECT_EQ(count(store_, 4), 10);
}

TEST_P(InterruptLayer, AHostFunctionMayMakeTakeOrClearTheRequest) {
  int mode = 0;
  int ticks = 0;
  const Instance instance = make("loops", {wrap([&](Caller& caller) -> Result<void> {
                                   if (++ticks == 100) return fail(Errc::host, "enough");
                                   caller.interrupt_handle().interrupt();
                                   if (mode == 1) caller.clear_interrupt();
                                   if (mode == 2) return caller.check_interrupt();
                                   return {};
                                 })});
  EXPECT_EQ(run(store_, instance, "ticking").error().code(), Errc::interrupted);
  EXPECT_EQ(ticks, 1);
  mode = 1;
  EXPECT_EQ(run(store_, instance, "ticking").error().message(), "enough");
  mode = 2;
  ticks = 0;
  EXPECT_EQ(run(store_, instance, "ticking").error().code(), Errc::interrupted);
  EXPECT_EQ(ticks, 1);
  EXPECT_EQ((func<std::int32_t(std::int32_t)>(instance, "count")(store_, 4)), 10);
}

TEST_P(InterruptLayer, CallsOfTheHostNoticeWithoutALoop) {
  if (engine_.backend_name() != "interp") GTEST_SKIP() << "only loops and the guest's calls do";
  int ticks = 0;
  const Instance instance = make("loops", {wrap([&](Caller& caller) {
                                   ++ticks;
                                   caller.interrupt_handle().interrupt();
                                 })});
  const Result<void> stopped = run(store_, instance, "ticks");
  EXPECT_EQ(ticks, 1);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code(), Errc::interrupted);
}

TEST_P(InterruptLayer, AHookMayLetTheGuestGoOn) {
  int asked = 0;
  or_throw(store_.set_interrupt_hook([&] { return ++asked < 5; }));
  std::jthread pest([handle = store_.interrupt_handle()](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      handle.interrupt();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  for (const char* loop : {"forever", "ticking"}) {
    asked = 0;
    EXPECT_EQ(run(store_, instance_, loop).error().code(), Errc::interrupted);
    EXPECT_EQ(asked, 5);
  }
  pest = {};
  asked = 0;
  store_.interrupt_handle().interrupt();
  EXPECT_TRUE(store_.check_interrupt());
  EXPECT_EQ(asked, 1);
  or_throw(store_.set_interrupt_hook({}));
  store_.interrupt_handle().interrupt();
  EXPECT_EQ(run(store_, instance_, "forever").error().code(), Errc::interrupted);
}

TEST_P(InterruptLayer, AHookCannotCallTheGuest) {
  const auto count = func<std::int32_t(std::int32_t)>(instance_, "count");
  std::vector<Errc> said;
  or_throw(store_.set_interrupt_hook([&]() -> bool {
    said.push_back(count(store_, 4).error().code());
    said.push_back(store_.set_interrupt_hook({}).error().code());
    if (said.size() > 2) throw std::runtime_error("enough");
    return true;
  }));
  store_.interrupt_handle().interrupt();
  EXPECT_EQ(count(store_, 4), 10);
  EXPECT_EQ(said, (std::vector<Errc>{Errc::usage, Errc::usage}));
  store_.interrupt_handle().interrupt();
  EXPECT_EQ(count(store_, 4).error().code(), Errc::interrupted);
  EXPECT_EQ(count(store_, 4), 10);
  const Engine without(Config{.interruption = false});
  Store store(without);
  EXPECT_EQ(store.set_interrupt_hook([] { return true; }).error().code(), Errc::usage);
}

TEST_P(InterruptLayer, ASignalHandlerMayRequestIt) {
#if WEFT_TSAN
  GTEST_SKIP() << "ThreadSanitizer delivers signals at calls of the C library only";
#endif
  static InterruptHandle handle;
  handle = store_.interrupt_handle();
  const auto before = std::signal(SIGUSR1, [](int) { handle.interrupt(); });
  const pthread_t guest = pthread_self();
  std::jthread sender([guest] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    pthread_kill(guest, SIGUSR1);
  });
  EXPECT_EQ(run(store_, instance_, "forever").error().code(), Errc::interrupted);
  sender.join();
  std::signal(SIGUSR1, before);
  handle = {};
}

TEST_P(InterruptLayer, NoRequestStopsTwoCalls) {
  const auto count = func<std::int32_t(std::int32_t)>(instance_, "count");
  std::atomic<bool> stop = false;
  std::atomic<std::int64_t> requests = 0;
  std::jthread pest([&, handle = store_.interrupt_handle()] {
    while (!stop) {
      ++requests;
      handle.interrupt();
      std::this_thread::yield();
    }
  });
  std::int64_t stopped = 0;
  const Clock::time_point begin = Clock::now();
  const auto time = [&] { return Clock::now() - begin; };
  while (time() < std::chrono::milliseconds(200) ||
         (stopped == 0 && time() < std::chrono::seconds(30))) {
    if (!count(store_, 10)) ++stopped;
  }
  stop = true;
  pest.join();
  if (!count(store_, 10)) ++stopped;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(count(store_, 10), 55);
  EXPECT_GT(stopped, 0);
  EXPECT_LE(stopped, requests);
}

class StoreLimitsLayer : public LayerTest {
 protected:
  void SetUp() override { WEFT_NEEDS(engine_, Limits); }
};
WEFT_ON_EVERY_BACKEND(StoreLimitsLayer);

TEST_P(StoreLimitsLayer, BoundWhatIsMadeAndGrown) {
  or_throw(store_.set_limits({.memory_bytes = 2 * kPageSize,
                              .table_elements = 6,
                              .memories = 2,
                              .tables = 1,
                              .instances = 2}));
  const Instance memory = make("memory");
  const auto grow = func<std::int32_t(std::int32_t)>(memory, "grow");
  EXPECT_EQ(grow(store_, 2), -1);
  EXPECT_EQ(grow(store_, 1), 1);
  const Instance tables = make("tables");
  const auto grow_table = func<std::int32_t(std::int32_t)>(tables, "grow");
  EXPECT_EQ(grow_table(store_, 3), -1);
  EXPECT_EQ(grow_table(store_, 2), 4);
  EXPECT_EQ(Instance::create(store_, load("empty")).error().code(), Errc::limit);
  EXPECT_EQ(Memory::create(store_, {.limits = {3, {}}}).error().code(), Errc::limit);
  EXPECT_EQ(Table::create(store_, {}, Ref()).error().code(), Errc::limit);
  EXPECT_TRUE(Memory::create(store_, {.limits = {2, {}}}));
  EXPECT_EQ(Memory::create(store_, {.limits = {1, {}}}).error().code(), Errc::limit);
}

TEST_P(StoreLimitsLayer, TheLimiterIsAskedFirst) {
  WEFT_NEEDS(engine_, LimitCallback);
  std::vector<GrowthRequest> asked;
  or_throw(store_.set_limiter([&](const GrowthRequest& request) {
    asked.push_back(request);
    return request.desired <= 2 * kPageSize;
  }));
  const Instance memory = make("memory");
  const auto grow = func<std::int32_t(std::int32_t)>(memory, "grow");
  EXPECT_EQ(grow(store_, 1), 1);
  EXPECT_EQ(grow(store_, 1), -1);
  ASSERT_EQ(asked.size(), 3u);
  EXPECT_EQ(asked[0].current, 0u);
  EXPECT_EQ(asked[0].desired, kPageSize);
  EXPECT_EQ(asked[2].current, 2 * kPageSize);
  EXPECT_EQ(asked[2].desired, 3 * kPageSize);
  EXPECT_EQ(asked[2].maximum, 5 * kPageSize);
  EXPECT_EQ(asked[2].kind, GrowthRequest::Kind::Memory);
}

TEST_P(StoreLimitsLayer, TheEnginesLimitsCountToo) {
  const Engine engine = engine_with([](Config& config) {
    config.limits.memory_pages = 2;
    config.limits.table_elements = 5;
  });
  Store store = store_of(engine);
  const auto grow = func<std::int32_t(std::int32_t)>(store, make(store, "memory"), "grow");
  EXPECT_EQ(grow(store, 2), -1);
  EXPECT_EQ(grow(store, 1), 1);
  const auto grow_table = func<std::int32_t(std::int32_t)>(store, make(store, "tables"), "grow");
  EXPECT_EQ(grow_table(store, 2), -1);
  EXPECT_EQ(grow_table(store, 1), 4);
}

TEST_P(StoreLimitsLayer, MemoriesWithWideAddressesHaveLimitsOfTheirOwn) {
  WEFT_NEEDS(engine_, Memory64);
  const Engine engine = engine_with([](Config& config) {
    config.limits.memory_pages = 2;
    config.limits.memory64_pages = 70'000;
  });
  Store store = store_of(engine);
  const Memory narrow = or_throw(Memory::create(store, {}));
  const Memory wide = or_throw(Memory::create(store, {.index = IndexType::I64}));
  EXPECT_FALSE(narrow.grow(store, 3));
  EXPECT_FALSE(wide.grow(store, 70'001));
  EXPECT_EQ(wide.grow(store, 70'000), 0u);
  or_throw(store.set_limits({.memory_bytes = kPageSize}));
  EXPECT_FALSE(or_throw(Memory::create(store, {.index = IndexType::I64})).grow(store, 2));
}

}  // namespace
}  // namespace weft::layer
