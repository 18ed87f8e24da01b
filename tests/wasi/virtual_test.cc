// A world without irregularities: clocks, sleep and random numbers of the host's own, for runs that
// can be repeated.
#include <gtest/gtest.h>

#include <chrono>

#include "tests/wasi/shim_guest.h"

namespace weft::wasi {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr Timestamp kSecond = 1'000'000'000;
constexpr Timestamp kHour = 3'600 * kSecond;

class Virtual : public testing::Test {
 protected:
  static constexpr Address kIn = 0x400;
  static constexpr Address kOut = 0x2000;

  // Time passes by sleeping only.
  Config config() {
    Config config;
    or_throw(config.wall_clock([this] { return 1'000'000 * kSecond + now_; }, 7));
    or_throw(config.monotonic_clock([this] { return now_; }, 9));
    config.sleep([this](Timestamp nanoseconds) {
      now_ += nanoseconds;
      slept_.push_back(nanoseconds);
    });
    config.random_seed(42);
    return config;
  }

  static Subscription clock(Flags id, Timestamp timeout, std::uint16_t flags = 0) {
    Subscription subscription;
    subscription.userdata = timeout;
    subscription.clock_or_fd = id;
    subscription.timeout = timeout;
    subscription.clock_flags = flags;
    return subscription;
  }
  /// The timeouts of those that fired.
  static std::vector<Timestamp> poll(ShimGuest& guest, const std::vector<Subscription>& all) {
    for (std::size_t i = 0; i < all.size(); ++i) guest.put(kIn + i * sizeof(Subscription), all[i]);
    EXPECT_EQ(guest.call("poll_oneoff", kIn, kOut, all.size(), ShimGuest::kResult), Errno::Success);
    std::vector<Timestamp> fired;
    for (Size i = 0; i < guest.result(); ++i) {
      const auto event = guest.load<Event>(kOut + i * sizeof(Event));
      EXPECT_EQ(event.error, Errno::Success);
      EXPECT_EQ(event.type, EventType::Clock);
      fired.push_back(event.userdata);
    }
    return fired;
  }
  static Timestamp time(ShimGuest& guest, Flags id) {
    EXPECT_EQ(guest.call("clock_time_get", id, 0, ShimGuest::kResult), Errno::Success);
    return guest.load<Timestamp>(ShimGuest::kResult);
  }

  Timestamp now_ = 5 * kSecond;
  std::vector<Timestamp> slept_;
};

TEST_F(Virtual, ClocksAreTheHosts) {
  ShimGuest guest(config());
  EXPECT_EQ(time(guest, 0), 1'000'005 * kSecond);
  // Processor time would show how fast the host is.
  for (const Flags id : {1u, 2u, 3u}) EXPECT_EQ(time(guest, id), 5 * kSecond);
  for (const auto& [id, resolution] : {std::pair(0u, 7u), {1u, 9u}, {2u, 9u}, {3u, 9u}}) {
    ASSERT_EQ(guest.call("clock_res_get", id, ShimGuest::kResult), Errno::Success);
    EXPECT_EQ(guest.load<Timestamp>(ShimGuest::kResult), resolution);
  }
  EXPECT_EQ(guest.call("clock_time_get", 4, 0, ShimGuest::kResult), Errno::Inval);
}

TEST_F(Virtual, SleepTakesNoTime) {
  ShimGuest guest(config());
  const auto begin = steady_clock::now();
  EXPECT_EQ(poll(guest, {clock(1, kHour)}), std::vector{kHour});
  EXPECT_EQ(now_, 5 * kSecond + kHour);
  const Timestamp later = time(guest, 0) + kHour;
  EXPECT_EQ(poll(guest, {clock(0, later, kClockAbsolute)}), std::vector{later});
  EXPECT_EQ(now_, 5 * kSecond + 2 * kHour);
  const Timestamp soon = time(guest, 1) + kSecond;
  EXPECT_EQ(poll(guest, {clock(1, soon, kClockAbsolute), clock(0, kHour)}), std::vector{soon});
  EXPECT_EQ(now_, 6 * kSecond + 2 * kHour);
  EXPECT_EQ(slept_, (std::vector{kHour, kHour, kSecond}));
  now_ = 0;
  EXPECT_EQ(poll(guest, {clock(1, ~Timestamp{0})}), std::vector{~Timestamp{0}});
  EXPECT_EQ(slept_.back(), ~Timestamp{0});
  EXPECT_LT(steady_clock::now() - begin, milliseconds(1000));
}

TEST_F(Virtual, WhatIsOverOrReadyIsNotSleptFor) {
  ShimGuest guest(config());
  EXPECT_EQ(poll(guest, {clock(1, 0), clock(1, kHour)}), std::vector{Timestamp{0}});
  const Timestamp past = time(guest, 1) - 1;
  EXPECT_EQ(poll(guest, {clock(1, past, kClockAbsolute), clock(0, kHour)}), std::vector{past});
  Subscription output;
  output.userdata = 1;
  output.type = EventType::FdWrite;
  output.clock_or_fd = 1;
  guest.put(kIn, output);
  guest.put(kIn + sizeof(Subscription), clock(1, kHour));
  EXPECT_EQ(guest.call("poll_oneoff", kIn, kOut, 2, ShimGuest::kResult), Errno::Success);
  EXPECT_EQ(guest.result(), 1u);
  EXPECT_EQ(guest.load<Event>(kOut).type, EventType::FdWrite);
  EXPECT_TRUE(slept_.empty());
}

TEST_F(Virtual, ClocksOfOnePollFireTogetherUpToTheFirst) {
  ShimGuest guest(config());
  EXPECT_EQ(poll(guest, {clock(1, 3 * kSecond), clock(0, kSecond), clock(1, kSecond)}),
            (std::vector{kSecond, kSecond}));
  EXPECT_EQ(slept_, std::vector{kSecond});
}

TEST_F(Virtual, AnInterruptEndsALoopOfSleeps) {
  Config interrupting = config();
  std::function<void()> interrupt;
  int sleeps = 0;
  interrupting.sleep([&](Timestamp) {
    if (++sleeps == 3) interrupt();
  });
  ShimGuest guest(std::move(interrupting));
  const InterruptHandle handle = guest.store().interrupt_handle();
  interrupt = [&] { handle.interrupt(); };
  guest.put(kIn, clock(1, 1));
  Result<Errno> done = Errno::Success;
  for (int i = 0; done && i < 100; ++i) {
    done = guest.try_call("poll_oneoff", kIn, kOut, 1, ShimGuest::kResult);
  }
  ASSERT_FALSE(done);
  EXPECT_TRUE(done.error().is(Errc::interrupted));
  EXPECT_EQ(sleeps, 3);
}

TEST_F(Virtual, RunsRepeat) {
  const auto run = [this] {
    now_ = 0;
    slept_.clear();
    ShimGuest guest(config());
    std::string trace;
    for (Timestamp i = 1; i < 50; ++i) {
      EXPECT_EQ(guest.call("random_get", ShimGuest::kBuffer, i), Errno::Success);
      trace += guest.text(ShimGuest::kBuffer, i);
      const auto wait = static_cast<unsigned char>(trace.back()) * kSecond + 1;
      poll(guest, {clock(1, wait), clock(0, wait / 2)});
      for (const Flags id : {0u, 1u, 2u, 3u}) trace += std::to_string(time(guest, id)) + " ";
    }
    return trace;
  };
  const std::string first = run();
  EXPECT_GT(now_, kHour / 2);
  EXPECT_EQ(run(), first);
}

TEST_F(Virtual, WhatTheHostsFunctionsThrowIsAnError) {
  Config throwing;
  or_throw(throwing.monotonic_clock([]() -> Timestamp { throw std::runtime_error("no time"); }));
  throwing.sleep([](Timestamp) { throw std::runtime_error("no sleep"); });
  throwing.random([](std::span<std::uint8_t>) { throw std::runtime_error("no chance"); });
  ShimGuest guest(std::move(throwing));
  guest.put(kIn, clock(0, kHour));
  const auto message = [&](const Result<Errno>& done) {
    return done ? "" : done.error().message();
  };
  EXPECT_NE(message(guest.try_call("clock_time_get", 1, 0, 0x100)).find("no time"),
            std::string::npos);
  EXPECT_NE(message(guest.try_call("poll_oneoff", kIn, kOut, 1, 0x100)).find("no sleep"),
            std::string::npos);
  EXPECT_NE(message(guest.try_call("random_get", kIn, 1)).find("no chance"), std::string::npos);
}

}  // namespace
}  // namespace weft::wasi
