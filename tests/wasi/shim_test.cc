// The table of functions, arguments, clocks, random numbers, polling, the end of a program.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "tests/wasi/shim_guest.h"
#include "tests/wasi/temp_dir.h"

namespace weft::wasi {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST(Shim, DefinesAll46FunctionsWithTheirTypes) {
  EXPECT_EQ(preview1_signatures().size(), 46u);
  // Instantiation checks every type.
  ShimGuest guest{Config()};
  EXPECT_EQ(guest.call("sched_yield"), Errno::Success);
}

TEST(Shim, DefinesTheFirstSnapshotsFunctionsToo) {
  Engine engine({}, std::make_shared<fake::FakeBackend>());
  Linker linker(engine);
  or_throw(linker.wasi());
  for (const auto& [name, parameters] : preview1_signatures()) {
    EXPECT_EQ(linker.has("wasi_unstable", name), name != "sock_accept") << name;
  }
}

// They are made when they are asked for, and yet definitions like others.
TEST(Shim, IsDefinedOnceUnlessShadowingIsAllowed) {
  constexpr std::string_view kModule = "wasi_snapshot_preview1";
  Engine engine({}, std::make_shared<fake::FakeBackend>());
  Store store(engine);
  const auto get = [&](const Linker& linker, std::string_view name) {
    return or_throw(linker.get(store, kModule, name));
  };
  const auto own = [] { return 3; };

  Linker linker(engine);
  EXPECT_FALSE(linker.has(kModule, "sched_yield"));
  or_throw(linker.wasi());
  EXPECT_FALSE(linker.has(kModule, ""));
  EXPECT_FALSE(linker.has("env", "sched_yield"));
  EXPECT_EQ(get(linker, "sched_yield"), get(linker, "sched_yield"));
  const auto twice = linker.wasi();
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().message(), "\"wasi_snapshot_preview1\" \"args_get\" is defined already");
  EXPECT_EQ(linker.func(kModule, "sched_yield", own).error().code(), Errc::link);

  Linker first(engine);
  or_throw(first.func(kModule, "sched_yield", own));
  EXPECT_EQ(first.wasi().error().code(), Errc::link);
  EXPECT_FALSE(first.has(kModule, "args_get"));
  first.allow_shadowing(true);
  or_throw(first.wasi());
  EXPECT_EQ(get(first, "sched_yield"), get(linker, "sched_yield"));
  or_throw(first.func(kModule, "sched_yield", own));
  EXPECT_NE(get(first, "sched_yield"), get(linker, "sched_yield"));
  EXPECT_EQ(get(first, "args_get"), get(linker, "args_get"));
}

TEST(Shim, NeedsAStateInTheStore) {
  Engine engine({}, std::make_shared<fake::FakeBackend>());
  Store store(engine);
  Linker linker(engine);
  or_throw(linker.wasi());
  const Extern item = or_throw(linker.get(store, "wasi_snapshot_preview1", "sched_yield"));
  const auto func = std::get<Func>(item.variant());
  const Result<std::vector<Val>> done = func.call(store, {});
  ASSERT_FALSE(done);
  EXPECT_TRUE(done.error().is(Errc::usage));
}

TEST(Shim, ExitsWithTheGuestsStatus) {
  ShimGuest guest{Config()};
  for (const ExitCode status : {0u, 1u, 42u, 255u, 256u}) {
    const Result<Errno> done = guest.try_call("proc_exit", status);
    ASSERT_FALSE(done);
    EXPECT_TRUE(done.error().is(Errc::exit));
    EXPECT_EQ(done.error().exit_status(), static_cast<std::int32_t>(status));
  }
}

TEST(Shim, EndsTheGuestByTheSignalsThatEndAProcess) {
  ShimGuest guest{Config()};
  // WASI has no SIGSTKFLT, which shifts what follows.
  for (const auto& [signal, name] : std::map<Flags, std::string>{{1, "SIGHUP"},
                                                                 {6, "SIGABRT"},
                                                                 {9, "SIGKILL"},
                                                                 {15, "SIGTERM"},
                                                                 {23, "SIGXCPU"},
                                                                 {30, "SIGSYS"}}) {
    const Result<Errno> done = guest.try_call("proc_raise", signal);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().trap_code(), TrapCode::Unreachable);
    EXPECT_EQ(done.error().message(), "unreachable: the guest raised " + name);
  }
  for (const Flags ignored : {0u, 16u, 17u, 22u, 27u}) {
    EXPECT_EQ(guest.call("proc_raise", ignored), Errno::Success) << ignored;
  }
  for (const Flags stop : {18u, 19u, 20u, 21u}) {
    EXPECT_EQ(guest.call("proc_raise", stop), Errno::NotSup) << stop;
  }
  for (const Flags none : {31u, 0x106u, 0xffff'ffffu}) {
    EXPECT_EQ(guest.call("proc_raise", none), Errno::Inval) << none;
  }
}

TEST(Shim, HandsOverArgumentsAndVariables) {
  Config config;
  or_throw(config.args({"prog", "", "last one"}));
  or_throw(config.env("A", "1=2"));
  or_throw(config.env("EMPTY", ""));
  for (const auto capabilities : {fake::kAll, fake::kRemote}) {
    ShimGuest guest(config, capabilities);
    ASSERT_EQ(guest.call("args_sizes_get", 0x100, 0x104), Errno::Success);
    EXPECT_EQ(guest.load<Size>(0x100), 3u);
    EXPECT_EQ(guest.load<Size>(0x104), 15u);
    ASSERT_EQ(guest.call("args_get", 0x200, 0x300), Errno::Success);
    EXPECT_EQ(guest.text(0x300, 15), std::string("prog\0\0last one\0", 15));
    EXPECT_EQ(guest.load<Address>(0x200), 0x300u);
    EXPECT_EQ(guest.load<Address>(0x204), 0x305u);
    EXPECT_EQ(guest.load<Address>(0x208), 0x306u);
    ASSERT_EQ(guest.call("environ_sizes_get", 0x100, 0x104), Errno::Success);
    EXPECT_EQ(guest.load<Size>(0x100), 2u);
    EXPECT_EQ(guest.load<Size>(0x104), 13u);
    ASSERT_EQ(guest.call("environ_get", 0x200, 0x300), Errno::Success);
    EXPECT_EQ(guest.text(0x300, 13), std::string("A=1=2\0EMPTY=\0", 13));
    constexpr std::uint64_t kEnd = ShimGuest::kMemoryBytes;
    EXPECT_EQ(guest.call("args_get", 0x200, kEnd - 14), Errno::Fault);
    EXPECT_EQ(guest.call("args_get", kEnd - 11, 0x300), Errno::Fault);
    EXPECT_EQ(guest.call("args_sizes_get", 0x100, kEnd - 3), Errno::Fault);
  }
}

TEST(Shim, TellsTheTime) {
  ShimGuest guest{Config()};
  for (const Flags id : {0u, 1u, 2u, 3u}) {
    EXPECT_EQ(guest.call("clock_time_get", id, 0, 0x100), Errno::Success);
    const auto first = guest.load<Timestamp>(0x100);
    EXPECT_EQ(guest.call("clock_time_get", id, 0, 0x100), Errno::Success);
    EXPECT_GE(guest.load<Timestamp>(0x100), first);
    EXPECT_EQ(guest.call("clock_res_get", id, 0x100), Errno::Success);
    EXPECT_GT(guest.load<Timestamp>(0x100), 0u);
  }
  for (const Flags id : {4u, 0xffff'ffffu}) {
    EXPECT_EQ(guest.call("clock_time_get", id, 0, 0x100), Errno::Inval);
    EXPECT_EQ(guest.call("clock_res_get", id, 0x100), Errno::Inval);
  }
}

TEST(Shim, TimeAndChanceCanBeVirtual) {
  Config config;
  Timestamp now = 1'000;
  or_throw(config.wall_clock([] { return Timestamp{77}; }, 5));
  or_throw(config.monotonic_clock([&] { return now; }));
  config.sleep([&](Timestamp nanoseconds) { now += nanoseconds; });
  config.random_seed(1);
  ShimGuest guest(config);
  EXPECT_EQ(guest.call("clock_time_get", 0, 0, 0x100), Errno::Success);
  EXPECT_EQ(guest.load<Timestamp>(0x100), 77u);
  EXPECT_EQ(guest.call("clock_res_get", 0, 0x100), Errno::Success);
  EXPECT_EQ(guest.load<Timestamp>(0x100), 5u);
  Subscription hour;
  hour.clock_or_fd = 1;
  hour.timeout = 3'600'000'000'000;
  guest.put(0x400, hour);
  const auto begin = steady_clock::now();
  EXPECT_EQ(guest.call("poll_oneoff", 0x400, 0x800, 1, 0x100), Errno::Success);
  EXPECT_LT(steady_clock::now() - begin, milliseconds(1000));
  EXPECT_EQ(now, 3'600'000'001'000u);
  EXPECT_EQ(guest.result(), 1u);
  EXPECT_EQ(guest.call("random_get", 0x400, 100), Errno::Success);
  ShimGuest other([] {
    Config same;
    same.random_seed(1);
    return same;
  }());
  EXPECT_EQ(other.call("random_get", 0x400, 100), Errno::Success);
  EXPECT_EQ(guest.text(0x400, 100), other.text(0x400, 100));
}

TEST(Shim, RandomBytesFillTheBufferAndNoMore) {
  for (const auto capabilities : {fake::kAll, fake::kRemote}) {
    ShimGuest guest(Config(), capabilities);
    EXPECT_EQ(guest.call("random_get", 0x1000, 100'000), Errno::Success);
    EXPECT_EQ(guest.load<std::uint64_t>(0x1000 - 8), 0u);
    EXPECT_EQ(guest.load<std::uint64_t>(0x1000 + 100'000), 0u);
    EXPECT_NE(guest.load<std::uint64_t>(0x1000 + 100'000 - 8), 0u);
    EXPECT_NE(guest.load<std::uint64_t>(0x1000), guest.load<std::uint64_t>(0x1008));
    EXPECT_EQ(guest.call("random_get", 0, 0), Errno::Success);
  }
}

class ShimPoll : public testing::Test {
 protected:
  static constexpr Address kIn = 0x400;
  static constexpr Address kOut = 0x2000;

  // Gives the events.
  std::vector<Event> poll(ShimGuest& guest, const std::vector<Subscription>& subscriptions) {
    for (std::size_t i = 0; i < subscriptions.size(); ++i) {
      guest.put(kIn + i * sizeof(Subscription), subscriptions[i]);
    }
    EXPECT_EQ(guest.call("poll_oneoff", kIn, kOut, subscriptions.size(), ShimGuest::kResult),
              Errno::Success);
    std::vector<Event> events;
    for (Size i = 0; i < guest.result(); ++i) {
      events.push_back(guest.load<Event>(kOut + i * sizeof(Event)));
    }
    return events;
  }
  static Subscription clock(Flags id, Timestamp timeout, std::uint16_t flags = 0) {
    Subscription subscription;
    subscription.userdata = 0xc10c;
    subscription.clock_or_fd = id;
    subscription.timeout = timeout;
    subscription.clock_flags = flags;
    return subscription;
  }
  static Subscription descriptor(EventType type, Fd fd) {
    Subscription subscription;
    subscription.userdata = 0xfd00 + fd;
    subscription.type = type;
    subscription.clock_or_fd = fd;
    return subscription;
  }
};

TEST_F(ShimPoll, Sleeps) {
  ShimGuest guest{Config()};
  const auto begin = steady_clock::now();
  std::vector<Event> events = poll(guest, {clock(1, 20'000'000), clock(0, 3'600'000'000'000)});
  EXPECT_GE(steady_clock::now() - begin, milliseconds(20));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].userdata, 0xc10cu);
  EXPECT_EQ(events[0].error, Errno::Success);
  EXPECT_EQ(events[0].type, EventType::Clock);
  // A moment that is over.
  events = poll(guest, {clock(0, 1000, kClockAbsolute)});
  EXPECT_EQ(events.size(), 1u);
}

TEST_F(ShimPoll, ReportsBadSubscriptionsAsEvents) {
  ShimGuest guest{Config()};
  Subscription unknown;
  unknown.type = static_cast<EventType>(9);
  const std::vector<Event> events =
      poll(guest, {descriptor(EventType::FdRead, 99), clock(7, 0), clock(1, 0, 2), unknown,
                   descriptor(EventType::FdWrite, 0), clock(1, 3'600'000'000'000)});
  ASSERT_EQ(events.size(), 5u);
  EXPECT_EQ(events[0].error, Errno::Badf);
  EXPECT_EQ(events[0].userdata, 0xfd00u + 99);
  EXPECT_EQ(events[1].error, Errno::Inval);
  EXPECT_EQ(events[2].error, Errno::Inval);
  EXPECT_EQ(events[3].error, Errno::Inval);
  EXPECT_EQ(events[4].error, Errno::NotCapable);
}

TEST_F(ShimPoll, RefusesNoneAndTooMany) {
  ShimGuest guest{Config()};
  EXPECT_EQ(guest.call("poll_oneoff", kIn, kOut, 0, ShimGuest::kResult), Errno::Inval);
  EXPECT_EQ(guest.call("poll_oneoff", 0, 0, 5000, ShimGuest::kResult), Errno::Inval);
  EXPECT_EQ(guest.call("poll_oneoff", 0, 0, 0xffff'ffff, ShimGuest::kResult), Errno::Fault);
}

TEST_F(ShimPoll, FilesAndStreamsInMemoryAreReady) {
  TempDir dir;
  dir.write("box/f", "12345");
  Config config;
  config.stdin_bytes("abc");
  config.capture_stdout();
  or_throw(config.preopen(dir.box(), "/"));
  ShimGuest guest(std::move(config));
  ASSERT_EQ(guest.open(3, "f"), Errno::Success);
  const std::vector<Event> events =
      poll(guest, {descriptor(EventType::FdRead, 0), descriptor(EventType::FdWrite, 1),
                   descriptor(EventType::FdRead, guest.opened), clock(1, 3'600'000'000'000)});
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].nbytes, 3u);
  EXPECT_EQ(events[1].type, EventType::FdWrite);
  EXPECT_EQ(events[2].nbytes, 5u);
}

TEST_F(ShimPoll, AnEmptyPipeDoesNotDelayATimeout) {
  int pipe[2];
  ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
  const UniqueFd reading(pipe[0]);
  UniqueFd writing(pipe[1]);
  Config config;
  or_throw(config.stdin_file("/proc/self/fd/" + std::to_string(reading.get())));
  ShimGuest guest(std::move(config));
  std::vector<Event> events = poll(guest, {descriptor(EventType::FdRead, 0), clock(1, 10'000'000)});
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].type, EventType::Clock);
  ASSERT_EQ(::write(writing.get(), "data", 4), 4);
  events = poll(guest, {descriptor(EventType::FdRead, 0), clock(1, 3'600'000'000'000)});
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].nbytes, 4u);
  std::string text;
  EXPECT_EQ(guest.read(0, 10, text), Errno::Success);
  writing = UniqueFd();
  events = poll(guest, {descriptor(EventType::FdRead, 0)});
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].flags, kHangup);
}

TEST_F(ShimPoll, AnInterruptEndsSleepingAndReading) {
  int pipe[2];
  ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
  const UniqueFd reading(pipe[0]);
  const UniqueFd writing(pipe[1]);
  Config config;
  or_throw(config.stdin_file("/proc/self/fd/" + std::to_string(reading.get())));
  ShimGuest guest(std::move(config));
  const InterruptHandle handle = guest.store().interrupt_handle();
  const auto interrupted = [&](auto&& call) {
    std::thread thread([&] {
      std::this_thread::sleep_for(milliseconds(20));
      handle.interrupt();
    });
    const auto begin = steady_clock::now();
    const Result<Errno> done = call();
    const auto elapsed = steady_clock::now() - begin;
    thread.join();
    ASSERT_FALSE(done);
    EXPECT_TRUE(done.error().is(Errc::interrupted));
    EXPECT_LT(elapsed, milliseconds(2000));
  };
  guest.put(kIn, clock(1, 3'600'000'000'000));
  interrupted([&] { return guest.try_call("poll_oneoff", kIn, kOut, 1, ShimGuest::kResult); });
  guest.put(kIn, descriptor(EventType::FdRead, 0));
  interrupted([&] { return guest.try_call("poll_oneoff", kIn, kOut, 1, ShimGuest::kResult); });
  guest.put(ShimGuest::kList, GuestIovec{ShimGuest::kBuffer, 10});
  interrupted(
      [&] { return guest.try_call("fd_read", 0, ShimGuest::kList, 1, ShimGuest::kResult); });
}

}  // namespace
}  // namespace weft::wasi
