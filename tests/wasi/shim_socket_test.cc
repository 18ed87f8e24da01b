// sock_*, and fd_* on sockets and pipes, with direct memory and without.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <chrono>
#include <thread>

#include "tests/wasi/shim_guest.h"
#include "tests/wasi/sockets.h"
#include "tests/wasi/temp_dir.h"
#include "wasi/sigpipe.h"

namespace weft::wasi {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// The first descriptor after the standard streams.
constexpr Fd kSocket = 3;

class ShimSocket : public testing::TestWithParam<bool> {
 protected:
  void TearDown() override { EXPECT_EQ(open_descriptors(), before_); }

  static constexpr Address kFlags = 0x180;

  static ShimGuest guest(Config config) {
    return ShimGuest(std::move(config), GetParam() ? fake::kAll : fake::kRemote);
  }
  static ShimGuest guest_with(std::shared_ptr<HostFile> socket) {
    Config config;
    or_throw(config.socket(std::move(socket)));
    return guest(std::move(config));
  }
  static Errno receive(ShimGuest& guest, Fd fd, Size length, std::string& text, Flags flags = 0) {
    guest.put(ShimGuest::kList, GuestIovec{ShimGuest::kBuffer, length});
    guest.put(kFlags, std::uint32_t{0xeeee'eeee});
    const Errno error =
        guest.call("sock_recv", fd, ShimGuest::kList, 1, flags, ShimGuest::kResult, kFlags);
    if (error == Errno::Success) text = guest.text(ShimGuest::kBuffer, guest.result());
    return error;
  }
  static Errno send(ShimGuest& guest, Fd fd, std::string_view text) {
    guest.put_text(ShimGuest::kBuffer, text);
    guest.put(ShimGuest::kList, GuestIovec{ShimGuest::kBuffer, static_cast<Size>(text.size())});
    return guest.call("sock_send", fd, ShimGuest::kList, 1, 0, ShimGuest::kResult);
  }
  static void host_sends(const UniqueFd& socket, std::string_view text) {
    EXPECT_EQ(::send(socket.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }
  static std::string host_receives(const UniqueFd& socket) {
    std::string text(1000, '\0');
    const ssize_t size = ::recv(socket.get(), text.data(), text.size(), 0);
    EXPECT_GE(size, 0);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return text;
  }
  static Fdstat fdstat(ShimGuest& guest, Fd fd) {
    EXPECT_EQ(guest.call("fd_fdstat_get", fd, ShimGuest::kBuffer), Errno::Success);
    return guest.load<Fdstat>(ShimGuest::kBuffer);
  }
  std::ptrdiff_t before_ = open_descriptors();

  // Calls what must wait; an interrupt ends it.
  template <class... Args>
  static void expect_interrupted(ShimGuest& guest, std::string_view name, Args... args) {
    const InterruptHandle handle = guest.store().interrupt_handle();
    std::thread thread([&] {
      std::this_thread::sleep_for(milliseconds(20));
      handle.interrupt();
    });
    const auto begin = steady_clock::now();
    const Result<Errno> done = guest.try_call(name, args...);
    const auto elapsed = steady_clock::now() - begin;
    thread.join();
    ASSERT_FALSE(done) << name << ": " << static_cast<int>(*done);
    EXPECT_TRUE(done.error().is(Errc::interrupted)) << name;
    EXPECT_GE(elapsed, milliseconds(15)) << name;
    EXPECT_LT(elapsed, milliseconds(2000)) << name;
  }
};

TEST_P(ShimSocket, StreamsCarryBytesBothWays) {
  Pair pair(SOCK_STREAM);
  ShimGuest guest = guest_with(std::move(pair.guests));
  std::string text;
  host_sends(pair.host, "to the guest");
  EXPECT_EQ(receive(guest, kSocket, 6, text, riflag::kPeek), Errno::Success);
  EXPECT_EQ(text, "to the");
  EXPECT_EQ(receive(guest, kSocket, 6, text), Errno::Success);
  EXPECT_EQ(text, "to the");
  EXPECT_EQ(guest.load<std::uint16_t>(kFlags), 0u);
  EXPECT_EQ(guest.load<std::uint16_t>(kFlags + 2), 0xeeeeu);
  EXPECT_EQ(guest.read(kSocket, 100, text), Errno::Success);
  EXPECT_EQ(text, " guest");
  EXPECT_EQ(send(guest, kSocket, "one "), Errno::Success);
  EXPECT_EQ(guest.result(), 4u);
  EXPECT_EQ(guest.write(kSocket, "two"), Errno::Success);
  EXPECT_EQ(guest.result(), 3u);
  EXPECT_EQ(host_receives(pair.host), "one two");
  pair.host = UniqueFd();
  EXPECT_EQ(receive(guest, kSocket, 6, text), Errno::Success);
  EXPECT_EQ(text, "");
}

TEST_P(ShimSocket, WaitsForAllThatWasAskedFor) {
  Pair pair(SOCK_STREAM);
  ShimGuest guest = guest_with(std::move(pair.guests));
  host_sends(pair.host, "abc");
  std::thread sender([&] {
    for (const std::string_view text : {"de", "fgh", "ijkl"}) {
      std::this_thread::sleep_for(milliseconds(10));
      host_sends(pair.host, text);
    }
  });
  guest.put(ShimGuest::kList, GuestIovec{ShimGuest::kBuffer, 4});
  guest.put(ShimGuest::kList + 8, GuestIovec{ShimGuest::kBuffer + 0x100, 0});
  guest.put(ShimGuest::kList + 16, GuestIovec{ShimGuest::kBuffer + 0x200, 6});
  EXPECT_EQ(guest.call("sock_recv", kSocket, ShimGuest::kList, 3, riflag::kWaitall,
                       ShimGuest::kResult, kFlags),
            Errno::Success);
  EXPECT_EQ(guest.result(), 10u);
  EXPECT_EQ(guest.text(ShimGuest::kBuffer, 4), "abcd");
  EXPECT_EQ(guest.text(ShimGuest::kBuffer + 0x200, 7), std::string("efghij\0", 7));
  sender.join();
  // The end of the stream ends the wait, and so does having been told not to.
  std::string text;
  EXPECT_EQ(guest.call("fd_fdstat_set_flags", kSocket, fdflag::kNonblock), Errno::Success);
  EXPECT_EQ(receive(guest, kSocket, 6, text, riflag::kWaitall), Errno::Success);
  EXPECT_EQ(text, "kl");
  EXPECT_EQ(receive(guest, kSocket, 6, text, riflag::kWaitall), Errno::Again);
  EXPECT_EQ(guest.call("fd_fdstat_set_flags", kSocket, 0), Errno::Success);
  host_sends(pair.host, "end");
  pair.host = UniqueFd();
  EXPECT_EQ(receive(guest, kSocket, 6, text, riflag::kWaitall), Errno::Success);
  EXPECT_EQ(text, "end");
}

TEST_P(ShimSocket, MessagesStayWhole) {
  Pair pair(SOCK_DGRAM);
  ShimGuest guest = guest_with(std::move(pair.guests));
  EXPECT_EQ(fdstat(guest, kSocket).filetype, FileType::SocketDgram);
  host_sends(pair.host, "first message");
  host_sends(pair.host, "second");
  std::string text;
  EXPECT_EQ(receive(guest, kSocket, 5, text, riflag::kPeek), Errno::Success);
  EXPECT_EQ(guest.load<std::uint16_t>(kFlags), kDataTruncated);
  EXPECT_EQ(receive(guest, kSocket, 5, text, riflag::kWaitall), Errno::Success);
  EXPECT_EQ(text, "first");
  EXPECT_EQ(guest.load<std::uint16_t>(kFlags), kDataTruncated);
  EXPECT_EQ(receive(guest, kSocket, 100, text, riflag::kWaitall), Errno::Success);
  EXPECT_EQ(text, "second");
  EXPECT_EQ(guest.load<std::uint16_t>(kFlags), 0u);
  EXPECT_EQ(send(guest, kSocket, "a"), Errno::Success);
  EXPECT_EQ(send(guest, kSocket, "b"), Errno::Success);
  EXPECT_EQ(host_receives(pair.host), "a");
  EXPECT_EQ(host_receives(pair.host), "b");
  // More than there is room for, and much more.
  for (const Size size : {Size{0x2'0000}, static_cast<Size>(ShimGuest::kMemoryBytes)}) {
    guest.put(ShimGuest::kList, GuestIovec{0, size});
    const int room = 1;
    EXPECT_EQ(::setsockopt(guest.state().fds.find(kSocket)->host_fd(), SOL_SOCKET, SO_SNDBUF, &room,
                           sizeof room),
              0);
    EXPECT_EQ(guest.call("sock_send", kSocket, ShimGuest::kList, 1, 0, ShimGuest::kResult),
              Errno::MsgSize);
  }
}

TEST_P(ShimSocket, ComeAfterTheDirectories) {
  TempDir dir;
  Pair stream(SOCK_STREAM);
  Pair messages(SOCK_DGRAM);
  Config config;
  or_throw(config.socket(stream.guests));
  or_throw(config.socket(messages.guests));
  or_throw(config.preopen(dir.box(), "/"));
  ShimGuest guest = this->guest(std::move(config));
  EXPECT_EQ(guest.call("fd_prestat_get", 3, ShimGuest::kBuffer), Errno::Success);
  EXPECT_EQ(guest.call("fd_prestat_get", 4, ShimGuest::kBuffer), Errno::Badf);
  EXPECT_EQ(guest.call("fd_prestat_get", 5, ShimGuest::kBuffer), Errno::Badf);
  EXPECT_EQ(fdstat(guest, 4).filetype, FileType::SocketStream);
  EXPECT_EQ(fdstat(guest, 5).filetype, FileType::SocketDgram);
  EXPECT_EQ(guest.call("fd_filestat_get", 5, ShimGuest::kBuffer), Errno::Success);
  EXPECT_EQ(guest.load<Filestat>(ShimGuest::kBuffer).filetype, FileType::SocketDgram);
}

TEST_P(ShimSocket, ConnectionsAreAccepted) {
  const Listener listener;
  ShimGuest guest = guest_with(listener.socket);
  EXPECT_EQ(fdstat(guest, kSocket).filetype, FileType::SocketStream);
  EXPECT_EQ(guest.call("sock_accept", kSocket, fdflag::kAppend, ShimGuest::kResult), Errno::Inval);
  EXPECT_EQ(
      guest.call("sock_accept", kSocket, 0, static_cast<Address>(ShimGuest::kMemoryBytes - 3)),
      Errno::Fault);
  UniqueFd client = listener.connect();
  ASSERT_EQ(guest.call("sock_accept", kSocket, 0, ShimGuest::kResult), Errno::Success);
  const Fd connection = guest.result();
  EXPECT_EQ(connection, kSocket + 1);
  EXPECT_EQ(fdstat(guest, connection).filetype, FileType::SocketStream);
  EXPECT_EQ(fdstat(guest, connection).rights_base, kConnectionAll);
  const int host_fd = guest.state().fds.find(connection)->host_fd();
  EXPECT_NE(::fcntl(host_fd, F_GETFD) & FD_CLOEXEC, 0);
  host_sends(client, "ping");
  std::string text;
  EXPECT_EQ(receive(guest, connection, 100, text), Errno::Success);
  EXPECT_EQ(text, "ping");
  EXPECT_EQ(send(guest, connection, "pong"), Errno::Success);
  EXPECT_EQ(host_receives(client), "pong");
  EXPECT_EQ(guest.call("fd_close", connection), Errno::Success);
  EXPECT_EQ(host_receives(client), "");
  // Flags are those of the connection, not of the listener.
  client = listener.connect();
  ASSERT_EQ(guest.call("sock_accept", kSocket, fdflag::kNonblock, ShimGuest::kResult),
            Errno::Success);
  EXPECT_EQ(fdstat(guest, guest.result()).flags, fdflag::kNonblock);
  EXPECT_EQ(receive(guest, connection, 100, text), Errno::Again);
  EXPECT_EQ(guest.call("fd_fdstat_set_flags", kSocket, fdflag::kNonblock), Errno::Success);
  EXPECT_EQ(guest.call("sock_accept", kSocket, 0, ShimGuest::kResult), Errno::Again);
}

TEST_P(ShimSocket, NoConnectionIsLostForWantOfANumber) {
  const Listener listener;
  Config config;
  config.max_open_files(4);
  or_throw(config.socket(listener.socket));
  ShimGuest guest = this->guest(std::move(config));
  const UniqueFd client = listener.connect();
  EXPECT_EQ(guest.call("sock_accept", kSocket, 0, ShimGuest::kResult), Errno::Mfile);
  EXPECT_EQ(guest.call("fd_close", 0), Errno::Success);
  EXPECT_EQ(guest.call("sock_accept", kSocket, 0, ShimGuest::kResult), Errno::Success);
  EXPECT_EQ(guest.result(), 0u);
  EXPECT_EQ(send(guest, 0, "here"), Errno::Success);
  EXPECT_EQ(host_receives(client), "here");
}

TEST_P(ShimSocket, NoConnectionIsLostForWantOfADescriptorOfTheHosts) {
  const Listener listener;
  ShimGuest guest = guest_with(listener.socket);
  const UniqueFd client = listener.connect();
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit none{0, limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const Errno error = guest.call("sock_accept", kSocket, 0, ShimGuest::kResult);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(error, Errno::Mfile);
  EXPECT_EQ(guest.call("sock_accept", kSocket, 0, ShimGuest::kResult), Errno::Success);
  EXPECT_EQ(send(guest, guest.result(), "here"), Errno::Success);
  EXPECT_EQ(host_receives(client), "here");
}

TEST_P(ShimSocket, RightsOfAListenerBoundThoseOfItsConnections) {
  const Listener listener;
  ShimGuest guest = guest_with(listener.socket);
  const Fdstat all = fdstat(guest, kSocket);
  EXPECT_EQ(guest.call("fd_fdstat_set_rights", kSocket, all.rights_base,
                       all.rights_inheriting & ~right::kFdWrite),
            Errno::Success);
  const UniqueFd client = listener.connect();
  ASSERT_EQ(guest.call("sock_accept", kSocket, 0, ShimGuest::kResult), Errno::Success);
  const Fd connection = guest.result();
  EXPECT_EQ(send(guest, connection, "x"), Errno::NotCapable);
  EXPECT_EQ(guest.call("fd_fdstat_set_rights", kSocket, all.rights_base & ~right::kSockAccept, 0),
            Errno::Success);
  EXPECT_EQ(guest.call("sock_accept", kSocket, 0, ShimGuest::kResult), Errno::NotCapable);
}

TEST_P(ShimSocket, AreShutDownByDirections) {
  Pair pair(SOCK_STREAM);
  ShimGuest guest = guest_with(std::move(pair.guests));
  for (const Flags how : {0u, 4u, 7u, 0xffff'ffffu}) {
    EXPECT_EQ(guest.call("sock_shutdown", kSocket, how), Errno::Inval) << how;
  }
  EXPECT_EQ(guest.call("sock_shutdown", kSocket, sdflag::kWr), Errno::Success);
  EXPECT_EQ(host_receives(pair.host), "");
  EXPECT_EQ(send(guest, kSocket, "x"), Errno::Pipe);
  host_sends(pair.host, "still");
  std::string text;
  EXPECT_EQ(receive(guest, kSocket, 100, text), Errno::Success);
  EXPECT_EQ(text, "still");
  EXPECT_EQ(guest.call("sock_shutdown", kSocket, sdflag::kRd | sdflag::kWr), Errno::Success);
  EXPECT_EQ(receive(guest, kSocket, 100, text), Errno::Success);
  EXPECT_EQ(text, "");
}

TEST_P(ShimSocket, TheGuestsCloseIsTheConnectionsEnd) {
  Pair pair(SOCK_STREAM);
  ShimGuest guest = guest_with(std::move(pair.guests));
  EXPECT_EQ(guest.call("fd_close", kSocket), Errno::Success);
  EXPECT_EQ(host_receives(pair.host), "");
}

TEST_P(ShimSocket, WhatIsNoSocketIsRefused) {
  TempDir dir;
  dir.write("box/f", "");
  const Listener listener;
  Pair pair(SOCK_STREAM);
  Config config;
  or_throw(config.preopen(dir.box(), "/"));
  or_throw(config.socket(listener.socket));
  or_throw(config.socket(pair.guests));
  ShimGuest guest = this->guest(std::move(config));
  ASSERT_EQ(guest.open(3, "f"), Errno::Success);
  const auto all = [&](Fd fd, Errno expected) {
    std::string text;
    EXPECT_EQ(guest.call("sock_accept", fd, 0, ShimGuest::kResult), expected) << fd;
    EXPECT_EQ(receive(guest, fd, 1, text), expected) << fd;
    EXPECT_EQ(send(guest, fd, "x"), expected) << fd;
    EXPECT_EQ(guest.call("sock_shutdown", fd, sdflag::kRd), expected) << fd;
  };
  for (const Fd fd : {Fd{0}, Fd{1}, Fd{3}, guest.opened}) all(fd, Errno::NotSock);
  for (const Fd fd : {99u, 0x8000'0000u, 0xffff'ffffu}) all(fd, Errno::Badf);
  constexpr Fd kListener = 4;
  constexpr Fd kConnected = 5;
  std::string text;
  EXPECT_EQ(guest.call("sock_accept", kConnected, 0, ShimGuest::kResult), Errno::NotCapable);
  EXPECT_EQ(send(guest, kListener, "x"), Errno::NotCapable);
  EXPECT_EQ(receive(guest, kListener, 1, text), Errno::NotConn);
  EXPECT_EQ(guest.call("fd_seek", kConnected, 0, 0, ShimGuest::kResult), Errno::Spipe);
  EXPECT_EQ(guest.call("fd_pread", kConnected, ShimGuest::kList, 1, 0, ShimGuest::kResult),
            Errno::Spipe);
  EXPECT_EQ(guest.call("fd_pwrite", kConnected, ShimGuest::kList, 1, 0, ShimGuest::kResult),
            Errno::Spipe);
  EXPECT_NE(guest.call("fd_allocate", kConnected, 0, 1), Errno::Success);
}

TEST_P(ShimSocket, BadAddressesAndFlagsTransferNothing) {
  Pair pair(SOCK_STREAM);
  ShimGuest guest = guest_with(std::move(pair.guests));
  host_sends(pair.host, "kept");
  constexpr std::uint64_t kEnd = ShimGuest::kMemoryBytes;
  constexpr Address kList = ShimGuest::kList;
  guest.put(kList, GuestIovec{ShimGuest::kBuffer, 4});
  guest.put(kList + 8, GuestIovec{static_cast<Address>(kEnd - 1), 2});
  const auto recv = [&](std::uint64_t list, Size count, Flags flags, std::uint64_t length,
                        std::uint64_t result_flags) {
    return guest.call("sock_recv", kSocket, list, count, flags, length, result_flags);
  };
  EXPECT_EQ(recv(kList, 1, 4, ShimGuest::kResult, kFlags), Errno::Inval);
  EXPECT_EQ(recv(kList, 1, 1u << 31, ShimGuest::kResult, kFlags), Errno::Inval);
  EXPECT_EQ(recv(kList, 1, 0, kEnd - 3, kFlags), Errno::Fault);
  EXPECT_EQ(recv(kList, 1, 0, ShimGuest::kResult, kEnd - 1), Errno::Fault);
  EXPECT_EQ(recv(kEnd - 7, 1, 0, ShimGuest::kResult, kFlags), Errno::Fault);
  EXPECT_EQ(recv(kList, 2, 0, ShimGuest::kResult, kFlags), Errno::Fault);
  EXPECT_EQ(recv(kList, 0x2000'0001, 0, ShimGuest::kResult, kFlags), Errno::Fault);
  EXPECT_EQ(recv(kList, 1025, 0, ShimGuest::kResult, kFlags), Errno::Inval);
  const auto send = [&](std::uint64_t list, Size count, Flags flags, std::uint64_t length) {
    return guest.call("sock_send", kSocket, list, count, flags, length);
  };
  EXPECT_EQ(send(kList, 1, 1, ShimGuest::kResult), Errno::Inval);
  EXPECT_EQ(send(kList, 1, 0, kEnd - 3), Errno::Fault);
  EXPECT_EQ(send(kList, 2, 0, ShimGuest::kResult), Errno::Fault);
  EXPECT_EQ(send(kList, 0x2000'0001, 0, ShimGuest::kResult), Errno::Fault);
  std::string text;
  EXPECT_EQ(receive(guest, kSocket, 100, text), Errno::Success);
  EXPECT_EQ(text, "kept");
  char byte = 0;
  EXPECT_EQ(::recv(pair.host.get(), &byte, 1, MSG_DONTWAIT), -1);
}

TEST_P(ShimSocket, NothingWaitsThatWasToldNotTo) {
  Pair pair(SOCK_STREAM);
  const int host_fd = pair.guests->fd();
  ShimGuest guest = guest_with(pair.guests);
  EXPECT_EQ(guest.call("fd_fdstat_set_flags", kSocket, fdflag::kNonblock), Errno::Success);
  EXPECT_EQ(::fcntl(host_fd, F_GETFL) & O_NONBLOCK, 0);
  std::string text;
  EXPECT_EQ(receive(guest, kSocket, 1, text), Errno::Again);
  EXPECT_EQ(guest.read(kSocket, 1, text), Errno::Again);
  const std::string much(0x1'0000, 'x');
  Errno error = Errno::Success;
  for (int i = 0; i < 1000 && error == Errno::Success; ++i) error = send(guest, kSocket, much);
  EXPECT_EQ(error, Errno::Again);
  EXPECT_EQ(guest.write(kSocket, "x"), Errno::Again);
}

TEST_P(ShimSocket, AnInterruptEndsEveryWait) {
  const Listener listener;
  Pair pair(SOCK_STREAM);
  Config config;
  or_throw(config.socket(listener.socket));
  or_throw(config.socket(pair.guests));
  ShimGuest guest = this->guest(std::move(config));
  constexpr Fd kConnected = 4;
  constexpr Address kList = ShimGuest::kList;
  expect_interrupted(guest, "sock_accept", kSocket, 0, ShimGuest::kResult);
  guest.put(kList, GuestIovec{ShimGuest::kBuffer, 100});
  expect_interrupted(guest, "sock_recv", kConnected, kList, 1, 0, ShimGuest::kResult, kFlags);
  expect_interrupted(guest, "fd_read", kConnected, kList, 1, ShimGuest::kResult);
  host_sends(pair.host, "not all");
  expect_interrupted(guest, "sock_recv", kConnected, kList, 1, riflag::kWaitall, ShimGuest::kResult,
                     kFlags);
  EXPECT_EQ(guest.call("fd_fdstat_set_flags", kConnected, fdflag::kNonblock), Errno::Success);
  while (send(guest, kConnected, std::string(0x1'0000, 'x')) == Errno::Success) {
  }
  EXPECT_EQ(guest.call("fd_fdstat_set_flags", kConnected, 0), Errno::Success);
  expect_interrupted(guest, "sock_send", kConnected, kList, 1, 0, ShimGuest::kResult);
  expect_interrupted(guest, "fd_write", kConnected, kList, 1, ShimGuest::kResult);
}

// SIGPIPE's disposition is the default here: one would end the test.
TEST_P(ShimSocket, WritingToNobodyIsAnErrorAndNoSignal) {
  Pair pair(SOCK_STREAM);
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  UniqueFd reading(ends[0]);
  const UniqueFd writing(ends[1]);
  Config config;
  or_throw(config.stdout_file("/proc/self/fd/" + std::to_string(writing.get())));
  or_throw(config.socket(std::move(pair.guests)));
  ShimGuest guest = this->guest(std::move(config));
  pair.host = UniqueFd();
  EXPECT_EQ(guest.write(1, "heard"), Errno::Success);
  EXPECT_EQ(guest.result(), 5u);
  reading = UniqueFd();
  EXPECT_EQ(send(guest, kSocket, "x"), Errno::Pipe);
  EXPECT_EQ(guest.write(kSocket, "x"), Errno::Pipe);
  EXPECT_EQ(guest.write(1, "x"), Errno::Pipe);
}

TEST(Sigpipe, IsLeftToTheHostAsItWas) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  UniqueFd reading(ends[0]);
  const UniqueFd writing(ends[1]);
  char text[] = "text";
  const iovec buffer{text, 4};
  sigset_t sigpipe;
  sigemptyset(&sigpipe);
  sigaddset(&sigpipe, SIGPIPE);
  const auto blocked = [] {
    sigset_t set;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &set);
    return sigismember(&set, SIGPIPE) == 1;
  };
  const auto pending = [] {
    sigset_t set;
    ::sigpending(&set);
    return sigismember(&set, SIGPIPE) == 1;
  };
  EXPECT_EQ(write_without_sigpipe(writing.get(), std::span(&buffer, 1)), 4);
  reading = UniqueFd();
  for (const auto write : {write_to_pipe, write_without_sigpipe}) {
    EXPECT_EQ(write(writing.get(), std::span(&buffer, 1)), -1);
    EXPECT_EQ(errno, EPIPE);
    EXPECT_FALSE(blocked());

    // A host that keeps the signal back finds its own one, and no other.
    ::pthread_sigmask(SIG_BLOCK, &sigpipe, nullptr);
    EXPECT_EQ(write(writing.get(), std::span(&buffer, 1)), -1);
    EXPECT_FALSE(pending());
    ::raise(SIGPIPE);
    EXPECT_EQ(write(writing.get(), std::span(&buffer, 1)), -1);
    EXPECT_TRUE(blocked());
    EXPECT_TRUE(pending());
    int signal = 0;
    EXPECT_EQ(::sigwait(&sigpipe, &signal), 0);
    ::pthread_sigmask(SIG_UNBLOCK, &sigpipe, nullptr);
  }
}

TEST_P(ShimSocket, CanBePolled) {
  const Listener listener;
  Pair pair(SOCK_STREAM);
  Config config;
  or_throw(config.socket(listener.socket));
  or_throw(config.socket(pair.guests));
  ShimGuest guest = this->guest(std::move(config));
  const auto poll = [&](EventType type, Fd fd) {
    Subscription subscription;
    subscription.type = type;
    subscription.clock_or_fd = fd;
    guest.put(0x400, subscription);
    subscription.type = EventType::Clock;
    subscription.clock_or_fd = 1;
    subscription.timeout = 1'000'000;
    guest.put(0x400 + sizeof subscription, subscription);
    EXPECT_EQ(guest.call("poll_oneoff", 0x400, 0x2000, 2, ShimGuest::kResult), Errno::Success);
    return guest.load<Event>(0x2000);
  };
  EXPECT_EQ(poll(EventType::FdRead, 3).type, EventType::Clock);
  EXPECT_EQ(poll(EventType::FdRead, 4).type, EventType::Clock);
  EXPECT_EQ(poll(EventType::FdWrite, 4).type, EventType::FdWrite);
  const UniqueFd client = listener.connect();
  host_sends(pair.host, "12345");
  EXPECT_EQ(poll(EventType::FdRead, 3).type, EventType::FdRead);
  EXPECT_EQ(poll(EventType::FdRead, 4).nbytes, 5u);
  pair.host = UniqueFd();
  EXPECT_EQ(poll(EventType::FdRead, 4).flags, kHangup);
}

// As inetd starts programs.
TEST_P(ShimSocket, StandardStreamsMayBeSockets) {
  const Pair pair(SOCK_STREAM);
  const int before = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 100);
  ASSERT_EQ(::dup2(pair.guests->fd(), STDIN_FILENO), STDIN_FILENO);
  {
    Config config;
    config.inherit_stdin();
    ShimGuest guest = this->guest(std::move(config));
    EXPECT_EQ(fdstat(guest, 0).filetype, FileType::SocketStream);
    host_sends(pair.host, "line");
    std::string text;
    EXPECT_EQ(guest.read(0, 100, text), Errno::Success);
    EXPECT_EQ(text, "line");
    EXPECT_EQ(send(guest, 0, "x"), Errno::NotCapable);
    // The host's own: not for the guest to end.
    EXPECT_EQ(guest.call("sock_shutdown", 0, sdflag::kRd), Errno::NotCapable);
  }
  ::dup2(before, STDIN_FILENO);
  ::close(before);
}

INSTANTIATE_TEST_SUITE_P(Memories, ShimSocket, testing::Bool(),
                         [](const auto& info) { return info.param ? "InPlace" : "Copied"; });

}  // namespace
}  // namespace weft::wasi
