// What blocks: it ends when the store is interrupted, costs no processor time while it waits, and
// loses and repeats nothing.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include <chrono>
#include <functional>
#include <numeric>
#include <thread>

#include "tests/wasi/shim_guest.h"
#include "tests/wasi/temp_dir.h"

namespace weft::wasi {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

nanoseconds cpu_time() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + nanoseconds(now.tv_nsec);
}

struct Pipe {
  UniqueFd reading;
  UniqueFd writing;
};

Pipe make_pipe() {
  int fds[2];
  EXPECT_EQ(::pipe2(fds, O_CLOEXEC), 0);
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

// Puts bytes into a pipe until it takes no more.
void fill(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  ::fcntl(fd, F_SETFL, flags | O_NONBLOCK);
  const std::string bytes(4096, 'x');
  for (const std::size_t size : {bytes.size(), std::size_t{1}}) {
    while (::write(fd, bytes.data(), size) > 0) continue;
  }
  ::fcntl(fd, F_SETFL, flags);
}

class Blocking : public testing::Test {
 protected:
  static constexpr Address kIn = 0x400;
  static constexpr Address kOut = 0x800;

  // The test's file as one that the host lends.
  static std::string path_of(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

  static Subscription sleep(Timestamp timeout, Flags clock = 1, std::uint16_t flags = 0) {
    Subscription subscription;
    subscription.clock_or_fd = clock;
    subscription.timeout = timeout;
    subscription.clock_flags = flags;
    return subscription;
  }
  static Subscription readable(Fd fd) {
    Subscription subscription;
    subscription.type = EventType::FdRead;
    subscription.clock_or_fd = fd;
    return subscription;
  }
  static Result<Errno> poll(ShimGuest& guest, const Subscription& subscription) {
    guest.put(kIn, subscription);
    return guest.try_call("poll_oneoff", kIn, kOut, 1, ShimGuest::kResult);
  }
  static Result<Errno> read(ShimGuest& guest, Fd fd) {
    guest.put(ShimGuest::kList, GuestIovec{ShimGuest::kBuffer, 10});
    return guest.try_call("fd_read", fd, ShimGuest::kList, 1, ShimGuest::kResult);
  }
  static Result<Errno> write(ShimGuest& guest, Fd fd) {
    guest.put(ShimGuest::kList, GuestIovec{ShimGuest::kBuffer, 10});
    return guest.try_call("fd_write", fd, ShimGuest::kList, 1, ShimGuest::kResult);
  }

  // Interrupts the call from another thread once it blocks.
  static void expect_interruptible(ShimGuest& guest, const std::function<Result<Errno>()>& call) {
    const InterruptHandle handle = guest.store().interrupt_handle();
    constexpr milliseconds kDelay(100);
    const auto begin = steady_clock::now();
    std::thread thread([&] {
      std::this_thread::sleep_for(kDelay);
      handle.interrupt();
    });
    const nanoseconds cpu = cpu_time();
    const Result<Errno> done = call();
    const nanoseconds used = cpu_time() - cpu;
    const auto elapsed = steady_clock::now() - begin;
    thread.join();
    guest.store().clear_interrupt();
    ASSERT_FALSE(done) << static_cast<int>(*done);
    EXPECT_TRUE(done.error().is(Errc::interrupted)) << done.error().message();
    EXPECT_GE(elapsed, kDelay);
    EXPECT_LT(elapsed, kDelay + milliseconds(500));
    EXPECT_LT(used, kDelay / 4);
  }

  TempDir dir_;
};

TEST_F(Blocking, SleepsAreInterruptible) {
  ShimGuest guest{Config()};
  constexpr Timestamp kHour = 3'600'000'000'000;
  constexpr Timestamp kNever = ~Timestamp{0};
  expect_interruptible(guest, [&] { return poll(guest, sleep(kHour)); });
  expect_interruptible(guest, [&] { return poll(guest, sleep(kNever)); });
  expect_interruptible(guest, [&] { return poll(guest, sleep(kHour, 0)); });
  expect_interruptible(guest, [&] { return poll(guest, sleep(kNever, 0, kClockAbsolute)); });
}

TEST_F(Blocking, ReadsAreInterruptible) {
  const Pipe pipe = make_pipe();
  const UniqueFd terminal(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  ASSERT_EQ(::grantpt(terminal.get()), 0);
  ASSERT_EQ(::unlockpt(terminal.get()), 0);
  const std::string slave = ::ptsname(terminal.get());
  for (const std::string& path : {path_of(pipe.reading.get()), slave}) {
    Config config;
    or_throw(config.stdin_file(path));
    ShimGuest guest(std::move(config));
    expect_interruptible(guest, [&] { return read(guest, 0); });
    expect_interruptible(guest, [&] { return poll(guest, readable(0)); });
  }
}

TEST_F(Blocking, FifosAreOpenedAtOnceAndReadInterruptibly) {
  ASSERT_EQ(::mkfifo((dir_.box() / "fifo").c_str(), 0600), 0);
  Config config;
  or_throw(config.preopen(dir_.box(), "/"));
  ShimGuest guest(std::move(config));
  EXPECT_EQ(guest.open(3, "fifo", right::kFdWrite), Errno::Nxio);
  ASSERT_EQ(guest.open(3, "fifo", right::kFdRead), Errno::Success);
  const Fd reading = guest.opened;
  expect_interruptible(guest, [&] { return read(guest, reading); });
  expect_interruptible(guest, [&] { return poll(guest, readable(reading)); });
  // Now somebody reads: what it is opened for is waited for, and full it is as a full pipe.
  ASSERT_EQ(guest.open(3, "fifo", right::kFdWrite), Errno::Success);
  const Fd writing = guest.opened;
  ASSERT_EQ(guest.write(writing, "text"), Errno::Success);
  std::string text;
  ASSERT_EQ(guest.read(reading, 10, text), Errno::Success);
  EXPECT_EQ(text, "text");
  fill(guest.state().fds.find(writing)->host_fd());
  expect_interruptible(guest, [&] { return write(guest, writing); });
  ASSERT_EQ(guest.call("fd_fdstat_set_flags", writing, fdflag::kNonblock), Errno::Success);
  EXPECT_EQ(or_throw(write(guest, writing)), Errno::Again);
  // Taking the flag back must not make the host's descriptor block.
  ASSERT_EQ(guest.call("fd_fdstat_set_flags", writing, 0), Errno::Success);
  expect_interruptible(guest, [&] { return write(guest, writing); });
}

TEST_F(Blocking, WritesToAFullPipeAreInterruptible) {
  const Pipe pipe = make_pipe();
  fill(pipe.writing.get());
  Config config;
  or_throw(config.stdout_file(path_of(pipe.writing.get()), true));
  ShimGuest guest(std::move(config));
  expect_interruptible(guest, [&] { return write(guest, 1); });
  ASSERT_EQ(guest.call("fd_fdstat_set_flags", 1, fdflag::kAppend | fdflag::kNonblock),
            Errno::Success);
  EXPECT_EQ(or_throw(write(guest, 1)), Errno::Again);
}

TEST_F(Blocking, AWriteThatBlocksWritesEverything) {
  for (const auto capabilities : {fake::kAll, fake::kRemote}) {
    Pipe pipe = make_pipe();
    Config config;
    or_throw(config.stdout_file(path_of(pipe.writing.get()), true));
    pipe.writing = UniqueFd();
    constexpr std::size_t kBytes = 200'000;  // more than a pipe holds
    std::string sent(kBytes, '\0');
    std::iota(sent.begin(), sent.end(), '\0');
    std::string got;
    std::thread reader([&] {
      char buffer[3000];
      while (got.size() < kBytes) {
        const ssize_t size = ::read(pipe.reading.get(), buffer, sizeof buffer);
        if (size <= 0) break;
        got.append(buffer, static_cast<std::size_t>(size));
      }
    });
    ShimGuest guest(std::move(config), capabilities);
    guest.put_text(ShimGuest::kBuffer, sent);
    // Buffers of all kinds: empty ones, some that end in the middle of a piece.
    const Size sizes[] = {1, 0, 4096, 5000, 0, 90'001, kBytes - 1 - 4096 - 5000 - 90'001};
    Address at = ShimGuest::kBuffer;
    Address list = ShimGuest::kList;
    for (const Size size : sizes) {
      guest.put(list, GuestIovec{at, size});
      list += sizeof(GuestIovec);
      at += size;
    }
    EXPECT_EQ(guest.call("fd_write", 1, ShimGuest::kList, std::size(sizes), ShimGuest::kResult),
              Errno::Success);
    EXPECT_EQ(guest.result(), kBytes);
    reader.join();
    EXPECT_EQ(got, sent);
  }
}

TEST_F(Blocking, AWriteThatMayNotBlockWritesWhatFits) {
  const Pipe pipe = make_pipe();
  Config config;
  or_throw(config.stdout_file(path_of(pipe.writing.get()), true));
  ShimGuest guest(std::move(config));
  ASSERT_EQ(guest.call("fd_fdstat_set_flags", 1, fdflag::kAppend | fdflag::kNonblock),
            Errno::Success);
  constexpr Size kBytes = 200'000;
  guest.put(ShimGuest::kList, GuestIovec{ShimGuest::kBuffer, kBytes});
  EXPECT_EQ(guest.call("fd_write", 1, ShimGuest::kList, 1, ShimGuest::kResult), Errno::Success);
  EXPECT_GE(guest.result(), 4096u);
  EXPECT_LT(guest.result(), kBytes);
  EXPECT_EQ(guest.call("fd_write", 1, ShimGuest::kList, 1, ShimGuest::kResult), Errno::Again);
  // The open file is the host's too.
  EXPECT_EQ(::fcntl(pipe.writing.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(Blocking, APipeWithoutReadersIsAnErrnoWhateverTheHostDoesWithSignals) {
  ASSERT_EQ(::mkfifo((dir_.box() / "fifo").c_str(), 0600), 0);
  Pipe pipe = make_pipe();
  Config config;
  or_throw(config.stdout_file(path_of(pipe.writing.get()), true));
  or_throw(config.preopen(dir_.box(), "/"));
  ShimGuest guest(std::move(config));
  ASSERT_EQ(guest.open(3, "fifo", right::kFdRead), Errno::Success);
  const Fd reading = guest.opened;
  ASSERT_EQ(guest.open(3, "fifo", right::kFdWrite), Errno::Success);
  const Fd writing = guest.opened;
  ASSERT_EQ(guest.call("fd_close", reading), Errno::Success);
  pipe.reading = UniqueFd();
  sigset_t before;
  ASSERT_EQ(::pthread_sigmask(SIG_SETMASK, nullptr, &before), 0);
  struct sigaction usual{};
  usual.sa_handler = SIG_DFL;
  struct sigaction old{};
  ASSERT_EQ(::sigaction(SIGPIPE, &usual, &old), 0);
  EXPECT_EQ(guest.write(1, "text"), Errno::Pipe);
  EXPECT_EQ(guest.write(writing, "text"), Errno::Pipe);
  sigset_t after;
  sigset_t pending;
  ASSERT_EQ(::pthread_sigmask(SIG_SETMASK, nullptr, &after), 0);
  ASSERT_EQ(::sigpending(&pending), 0);
  EXPECT_EQ(::sigismember(&after, SIGPIPE), ::sigismember(&before, SIGPIPE));
  EXPECT_EQ(::sigismember(&pending, SIGPIPE), 0);
  ASSERT_EQ(::sigaction(SIGPIPE, &old, nullptr), 0);
}

TEST_F(Blocking, OnlyWhatSomebodyElseFillsOrEmptiesIsWaitedFor) {
  const Pipe pipe = make_pipe();
  EXPECT_TRUE(can_wait_for(pipe.reading.get()));
  EXPECT_TRUE(can_wait_for(pipe.writing.get()));
  dir_.write("box/file", "");
  for (const std::string& path : {std::string("/dev/null"), std::string("/dev/zero"),
                                  (dir_.box() / "file").string(), dir_.box().string()}) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    EXPECT_FALSE(can_wait_for(fd.get())) << path;
  }
}

TEST_F(Blocking, ManySleepsOfANanosecondAreQuick) {
  ShimGuest guest{Config()};
  const auto begin = steady_clock::now();
  for (int i = 0; i < 10'000; ++i) ASSERT_EQ(or_throw(poll(guest, sleep(1))), Errno::Success);
  EXPECT_LT(steady_clock::now() - begin, milliseconds(500));
}

TEST_F(Blocking, SleepsAreNotShorterThanAsked) {
  ShimGuest guest{Config()};
  for (const Timestamp timeout : {1u, 900u, 4'000u, 6'000u, 60'000u, 4'000'000u, 12'000'000u}) {
    const auto begin = steady_clock::now();
    ASSERT_EQ(or_throw(poll(guest, sleep(timeout))), Errno::Success);
    EXPECT_GE(steady_clock::now() - begin, nanoseconds(timeout));
    EXPECT_EQ(guest.result(), 1u);
  }
}

}  // namespace
}  // namespace weft::wasi
