// Every system call of every function fails, one after the other, with every error that matters:
// what the guest is told, what it finds afterwards, and that nothing is lost, repeated or leaked.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <map>
#include <numeric>
#include <ostream>

#include "tests/wasi/faults.h"
#include "tests/wasi/shim_guest.h"
#include "tests/wasi/sockets.h"
#include "tests/wasi/temp_dir.h"
#include "wasi/sigpipe.h"

namespace weft::wasi {
namespace {

constexpr Fd kBox = 3;
constexpr Fd kListener = 4;   // with a connection to accept
constexpr Fd kSocket = 5;     // with kMessage to receive
constexpr Fd kFile = 6;       // "file", for reading and writing, at position 3
constexpr Fd kAppending = 7;  // "log", for appending
constexpr Fd kDirectory = 8;  // "dir"

constexpr std::string_view kMessage = "message";

// The same small world for each call.
class World {
 public:
  explicit World(PathResolver::Strategy strategy) : guest_(make(), fake::kAll, strategy) {
    EXPECT_EQ(::send(pair_.host.get(), kMessage.data(), kMessage.size(), 0),
              static_cast<ssize_t>(kMessage.size()));
    EXPECT_EQ(guest_.open(kBox, "file", right::kFdRead | right::kFdWrite), Errno::Success);
    EXPECT_EQ(guest_.open(kBox, "log", right::kFdWrite, 0, 0, fdflag::kAppend), Errno::Success);
    EXPECT_EQ(guest_.open(kBox, "dir"), Errno::Success);
    EXPECT_EQ(guest_.opened, kDirectory);
    EXPECT_EQ(guest_.call("fd_seek", kFile, 3, 0, ShimGuest::kResult), Errno::Success);
    // Two buffers, of four bytes and six.
    guest_.put_text(ShimGuest::kBuffer, "abcdefghij");
    guest_.put(ShimGuest::kList, GuestIovec{ShimGuest::kBuffer, 4});
    guest_.put(ShimGuest::kList + 8, GuestIovec{ShimGuest::kBuffer + 4, 6});
    clear_results();
  }

  ShimGuest& guest() { return guest_; }

  void clear_results() {
    for (Address at = 0; at < 0x40; at += 8) {
      guest_.put(ShimGuest::kResult + at, std::uint64_t{0xeeee});
    }
  }

  /// Everything that a function can change: files, positions, numbers, flags, results.
  std::string snapshot() {
    std::map<std::string, std::string> entries;
    const std::filesystem::path box = dir_.box();
    for (const auto& entry : std::filesystem::recursive_directory_iterator(box)) {
      const std::string name = std::filesystem::relative(entry.path(), box).string();
      std::string& value = entries[name];
      if (entry.is_symlink()) {
        value = "-> " + std::filesystem::read_symlink(entry.path()).string();
      } else if (entry.is_directory()) {
        value = "/";
      } else {
        value = std::to_string(entry.hard_link_count()) + " " + dir_.read("box/" + name);
        if (is_old(entry.path())) value += " (old)";
      }
    }
    std::string text;
    for (const auto& [name, value] : entries) text += name + ": " + value + "\n";
    for (Fd fd = 0; fd < 12; ++fd) {
      const Descriptor* descriptor = guest_.state().fds.find(fd);
      if (descriptor == nullptr) continue;
      text += std::to_string(fd) + ": flags " + std::to_string(descriptor->flags) + ", rights " +
              std::to_string(descriptor->base);
      if (descriptor->type == FileType::RegularFile) {
        text += " at " + std::to_string(::lseek(descriptor->host_fd(), 0, SEEK_CUR));
      }
      text += "\n";
    }
    if (const Descriptor* socket = guest_.state().fds.find(kSocket)) {
      text += "to receive: " + peek(socket->host_fd()) + "\n";
    }
    return text + "sent: " + peek(pair_.host.get()) + "\n";
  }
  std::string results() {
    return guest_.text(ShimGuest::kResult, 0x40) + guest_.text(ShimGuest::kBuffer, 0x40);
  }

 private:
  Config make() {
    dir_.write("box/file", "0123456789");
    dir_.write("box/log", "log");
    dir_.make_dir("box/dir");
    dir_.make_dir("box/empty");
    dir_.write("box/dir/inner", "inner");
    dir_.link("file", "box/link");
    dir_.link("dir", "box/dirlink");
    Config config;
    or_throw(config.preopen(dir_.box(), "/"));
    or_throw(config.socket(listener_.socket));
    or_throw(config.socket(pair_.guests));
    return config;
  }
  static bool is_old(const std::filesystem::path& path) {
    struct stat status{};
    EXPECT_EQ(::lstat(path.c_str(), &status), 0);
    return status.st_mtim.tv_sec == 1;
  }
  // What a socket would give: text, its end, or nothing yet.
  static std::string peek(int socket) {
    char text[64];
    const ssize_t size = ::recv(socket, text, sizeof text, MSG_PEEK | MSG_DONTWAIT);
    if (size == 0) return "end";
    return size < 0 ? std::to_string(errno) : std::string(text, static_cast<std::size_t>(size));
  }

  TempDir dir_;
  Listener listener_;
  UniqueFd connection_ = listener_.connect();
  Pair pair_{SOCK_STREAM};
  ShimGuest guest_;
};

// What an error means for a function: by default what it is called, and that nothing has happened.
struct Exception {
  const char* system_call;
  int error;  // 0: all but EINTR
  Errno expected;
};

struct Function {
  const char* name;
  std::function<Errno(ShimGuest&)> call;
  std::vector<Exception> exceptions{};
  /// A call that fails may have had its effect, or a part of it.
  bool has_effect_if_it_fails = false;
};

void PrintTo(const Function& function, std::ostream* out) { *out << function.name; }

Subscription readable(Fd fd) {
  Subscription subscription;
  subscription.type = EventType::FdRead;
  subscription.clock_or_fd = fd;
  return subscription;
}

constexpr Address kResult = ShimGuest::kResult;
constexpr Address kList = ShimGuest::kList;
constexpr Address kBuffer = ShimGuest::kBuffer;
constexpr Timestamp kSecond = 1'000'000'000;

const std::vector<Function>& functions() {
  using G = ShimGuest;
  // A race with renaming looks like this to openat2, and is tried again.
  const Exception again{"openat2", EAGAIN, Errno::Success};
  static const std::vector<Function> all{
      {"fd_allocate", [](G& g) { return g.call("fd_allocate", kFile, 0, 20); }},
      {"fd_advise", [](G& g) { return g.call("fd_advise", kFile, 0, 0, 0); }},
      {"fd_close", [](G& g) { return g.call("fd_close", kFile); }, {}, true},
      {"fd_datasync", [](G& g) { return g.call("fd_datasync", kFile); }},
      {"fd_sync", [](G& g) { return g.call("fd_sync", kFile); }},
      {"fd_fdstat_get", [](G& g) { return g.call("fd_fdstat_get", kFile, kResult); }},
      {"fd_fdstat_set_flags",
       [](G& g) { return g.call("fd_fdstat_set_flags", kFile, fdflag::kAppend); }},
      {"fd_fdstat_set_rights",
       [](G& g) { return g.call("fd_fdstat_set_rights", kFile, right::kFdRead, 0); }},
      {"fd_filestat_get",
       [](G& g) {
         const Errno error = g.call("fd_filestat_get", kFile, kBuffer);
         g.put_text(kBuffer, std::string(16, '\0'));  // device and number are another world's
         g.put_text(kBuffer + 40, std::string(24, '\0'));
         return error;
       }},
      {"fd_filestat_set_size", [](G& g) { return g.call("fd_filestat_set_size", kFile, 5); }},
      {"fd_filestat_set_times",
       [](G& g) {
         return g.call("fd_filestat_set_times", kFile, 0, kSecond, fstflag::kAtim | fstflag::kMtim);
       }},
      {"fd_pread", [](G& g) { return g.call("fd_pread", kFile, kList, 2, 1, kResult); }},
      {"fd_pwrite", [](G& g) { return g.call("fd_pwrite", kFile, kList, 2, 1, kResult); }},
      {"fd_pwrite appending",
       [](G& g) { return g.call("fd_pwrite", kAppending, kList, 2, 1, kResult); }},
      {"fd_read", [](G& g) { return g.call("fd_read", kFile, kList, 2, kResult); }},
      {"fd_read of one buffer", [](G& g) { return g.call("fd_read", kFile, kList, 1, kResult); }},
      {"fd_write", [](G& g) { return g.call("fd_write", kFile, kList, 2, kResult); }},
      {"fd_write of one buffer", [](G& g) { return g.call("fd_write", kFile, kList, 1, kResult); }},
      {"fd_readdir",
       [](G& g) {
         const Errno error = g.call("fd_readdir", kDirectory, kBuffer, 0x400, 0, kResult);
         g.put_text(kBuffer, std::string(0x40, '\0'));
         return error;
       },
       {{"fstatat", 0, Errno::Success}}},  // as for an entry that was removed meanwhile
      {"fd_renumber", [](G& g) { return g.call("fd_renumber", kFile, kAppending); }},
      {"fd_seek", [](G& g) { return g.call("fd_seek", kFile, 1, 1, kResult); }},
      {"fd_tell", [](G& g) { return g.call("fd_tell", kFile, kResult); }},
      {"path_create_directory",
       [](G& g) { return g.path_call("path_create_directory", kBox, "dirlink/new"); },
       {again}},
      {"path_filestat_get",
       [](G& g) {
         g.put_text(ShimGuest::kPath, "dirlink/inner");
         const Errno error =
             g.call("path_filestat_get", kBox, kSymlinkFollow, ShimGuest::kPath, 13, kBuffer);
         g.put_text(kBuffer, std::string(64, '\0'));
         return error;
       },
       {again}},
      {"path_filestat_set_times",
       [](G& g) {
         g.put_text(ShimGuest::kPath, "dirlink/inner");
         return g.call("path_filestat_set_times", kBox, kSymlinkFollow, ShimGuest::kPath, 13, 0,
                       kSecond, fstflag::kMtim);
       },
       {again}},
      {"path_link",
       [](G& g) { return g.two_paths("path_link", kBox, "dirlink/inner", kBox, "dir/new"); },
       {again}},
      {"path_open", [](G& g) { return g.open(kBox, "dirlink/inner"); }, {again}},
      {"path_open of a link", [](G& g) { return g.open(kBox, "link"); }, {again}},
      {"path_open that creates",
       [](G& g) { return g.open(kBox, "dirlink/new", right::kFdWrite, oflag::kCreat); },
       {again},
       true},
      {"path_open that truncates",
       [](G& g) { return g.open(kBox, "file", right::kFdWrite, oflag::kTrunc); },
       {again},
       true},
      {"path_open of a directory", [](G& g) { return g.open(kBox, "dir/"); }, {again}},
      {"path_readlink",
       [](G& g) {
         g.put_text(ShimGuest::kPath, "dirlink/../link");
         return g.call("path_readlink", kBox, ShimGuest::kPath, 15, kBuffer, 64, kResult);
       },
       {again}},
      {"path_remove_directory",
       [](G& g) { return g.path_call("path_remove_directory", kBox, "dir/../empty/"); },
       {again}},
      {"path_rename",
       [](G& g) { return g.two_paths("path_rename", kBox, "dirlink/inner", kBox, "dir/new"); },
       {again}},
      {"path_rename of a directory",
       [](G& g) { return g.two_paths("path_rename", kBox, "empty/", kBox, "dir/new/"); },
       {again}},
      {"path_symlink", [](G& g) { return g.symlink("text", kBox, "dirlink/new"); }, {again}},
      {"path_unlink_file",
       [](G& g) { return g.path_call("path_unlink_file", kBox, "dir/inner"); },
       {again}},
      {"poll_oneoff",
       [](G& g) {
         g.put(0x400, readable(kFile));
         g.put(0x400 + sizeof(Subscription), Subscription{});  // a clock that is over at once
         return g.call("poll_oneoff", 0x400, 0x800, 2, kResult);
       },
       {{"lseek", 0, Errno::Success}, {"fstat", 0, Errno::Success}}},  // how much is left: unknown
      {"random_get",
       [](G& g) {
         const Errno error = g.call("random_get", kBuffer, 64);
         g.put_text(kBuffer, std::string(64, '\0'));
         return error;
       }},
      {"sock_accept",
       [](G& g) { return g.call("sock_accept", kListener, 0, kResult); },
       {{"accept4", EAGAIN, Errno::Success}}},
      {"sock_recv",
       [](G& g) { return g.call("sock_recv", kSocket, kList, 2, 0, kResult, kResult + 8); },
       {{"recvmsg", EAGAIN, Errno::Success}}},
      {"sock_recv that looks",
       [](G& g) {
         return g.call("sock_recv", kSocket, kList, 2, riflag::kPeek, kResult, kResult + 8);
       },
       {{"recvmsg", EAGAIN, Errno::Success}}},
      {"sock_send",
       [](G& g) { return g.call("sock_send", kSocket, kList, 2, 0, kResult); },
       {{"sendmsg", EAGAIN, Errno::Success}}},
      {"sock_shutdown", [](G& g) { return g.call("sock_shutdown", kSocket, sdflag::kWr); }},
      {"fd_read of a socket",
       [](G& g) { return g.call("fd_read", kSocket, kList, 2, kResult); },
       {{"recvmsg", EAGAIN, Errno::Success}}},
      {"fd_write of a socket",
       [](G& g) { return g.call("fd_write", kSocket, kList, 2, kResult); },
       {{"sendmsg", EAGAIN, Errno::Success}}},
  };
  return all;
}

class Fault : public testing::TestWithParam<std::tuple<PathResolver::Strategy, Function>> {
 protected:
  static const Function& function() { return std::get<1>(GetParam()); }
  static PathResolver::Strategy strategy() { return std::get<0>(GetParam()); }

  void SetUp() override {
    if (strategy() == PathResolver::Strategy::Kernel && !PathResolver::kernel_supported()) {
      GTEST_SKIP() << "this kernel has no openat2";
    }
    World world(strategy());
    const std::ptrdiff_t before = open_descriptors();
    {
      const Faults faults;
      ASSERT_EQ(function().call(world.guest()), Errno::Success);
      calls_ = faults.calls();
    }
    opened_ = open_descriptors() - before;
    snapshot_ = world.snapshot();
    results_ = world.results();
  }

  static Errno expected(const std::string& system_call, int error) {
    for (const Exception& exception : function().exceptions) {
      if (exception.system_call == system_call &&
          (exception.error == 0 || exception.error == error))
        return exception.expected;
    }
    // A descriptor that was in use only within the call.
    if (system_call == "close" && std::string_view(function().name) != "fd_close") {
      return Errno::Success;
    }
    return from_host_errno(error);
  }

  std::vector<std::string> calls_;  ///< What the function calls when nothing fails.
  std::string snapshot_;            ///< What it then leaves behind.
  std::string results_;
  std::ptrdiff_t opened_ = 0;  ///< Descriptors of the host's, or less than 0 if it closes some.
};

TEST_P(Fault, IsPossible) {
  const std::string_view name = function().name;
  EXPECT_EQ(calls_.empty(), name == "fd_fdstat_get" || name == "fd_fdstat_set_rights");
}

TEST_P(Fault, ASignalIsNoBusinessOfTheGuests) {
  for (std::size_t k = 0; k < calls_.size(); ++k) {
    for (const std::size_t times : {1, 3}) {
      SCOPED_TRACE(calls_[k] + ", call " + std::to_string(k));
      World world(strategy());
      const std::ptrdiff_t before = open_descriptors();
      Errno error{};
      {
        const Faults faults(k, EINTR, calls_[k] == "close" ? 1 : times);
        error = function().call(world.guest());
      }
      EXPECT_EQ(error, Errno::Success);
      EXPECT_EQ(world.snapshot(), snapshot_);
      EXPECT_EQ(world.results(), results_);
      EXPECT_EQ(open_descriptors() - before, opened_);
    }
  }
}

TEST_P(Fault, AnErrorIsNamedAndNothingElseHappens) {
  for (std::size_t k = 0; k < calls_.size(); ++k) {
    for (const int fault : {EIO, ENOSPC, EMFILE, EAGAIN, EACCES}) {
      SCOPED_TRACE(calls_[k] + ", call " + std::to_string(k) + ", errno " + std::to_string(fault));
      World world(strategy());
      const std::string untouched = world.snapshot();
      const std::ptrdiff_t before = open_descriptors();
      Errno error{};
      {
        const Faults faults(k, fault);
        error = function().call(world.guest());
      }
      EXPECT_EQ(error, expected(calls_[k], fault));
      if (error == Errno::Success) {
        EXPECT_EQ(world.snapshot(), snapshot_);
        continue;
      }
      if (function().has_effect_if_it_fails) continue;
      EXPECT_EQ(world.snapshot(), untouched);
      EXPECT_EQ(open_descriptors(), before);
      // The guest tries again, and all is as if nothing had been.
      world.clear_results();
      EXPECT_EQ(function().call(world.guest()), Errno::Success);
      EXPECT_EQ(world.snapshot(), snapshot_);
      EXPECT_EQ(world.results(), results_);
    }
  }
}

std::string test_name(const testing::TestParamInfo<Fault::ParamType>& info) {
  std::string name = std::get<1>(info.param).name;
  std::ranges::replace(name, ' ', '_');
  const bool kernel = std::get<0>(info.param) == PathResolver::Strategy::Kernel;
  return name + (kernel ? "_kernel" : "_walk");
}

INSTANTIATE_TEST_SUITE_P(Functions, Fault,
                         testing::Combine(testing::Values(PathResolver::Strategy::Kernel,
                                                          PathResolver::Strategy::Walk),
                                          testing::ValuesIn(functions())),
                         test_name);

// Streams of bytes, which are compared from end to end.
class StreamFault : public testing::TestWithParam<bool> {
 protected:
  static constexpr std::string_view kText = "the quick brown fox jumps over the lazy dog";

  StreamFault() {
    int fds[2];
    EXPECT_EQ(::pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    reading_ = UniqueFd(fds[0]);
    writing_ = UniqueFd(fds[1]);
    // What the kernel knows is found out once, by calls of its own.
    EXPECT_EQ(write_to_pipe(writing_.get(), {}), 0);
  }

  static backend::Capabilities capabilities() { return GetParam() ? fake::kAll : fake::kRemote; }

  /// A guest with the pipe's ends as standard streams, and a file.
  ShimGuest make() {
    const auto path = [](const UniqueFd& fd) {
      return "/proc/self/fd/" + std::to_string(fd.get());
    };
    Config config;
    or_throw(config.stdin_file(path(reading_)));
    or_throw(config.stdout_file(path(writing_), true));
    dir_.write("box/file", kText);
    or_throw(config.preopen(dir_.box(), "/"));
    return ShimGuest(std::move(config), capabilities());
  }
  /// Lays out a list of buffers over the bytes from `at` on.
  static Size buffers(ShimGuest& guest, std::size_t at, std::size_t size) {
    Size count = 0;
    for (const std::size_t part : {std::size_t{1}, std::size_t{0}, std::size_t{10}, size}) {
      const auto taken = static_cast<Size>(std::min(part, size));
      guest.put(kList + count++ * 8, GuestIovec{static_cast<Address>(kBuffer + at), taken});
      at += taken;
      size -= taken;
    }
    return count;
  }
  // The k-th system call is interrupted by a signal whose handler interrupts the store.
  void guest_interrupted(const char* function, Fd fd) {
    for (std::size_t k = 0; k < 2; ++k) {
      ShimGuest guest = make();
      guest.put_text(kBuffer, kText);
      if (fd == 0) {
        ASSERT_EQ(::write(writing_.get(), "in", 2), 2);
      }
      const Size count = buffers(guest, 0, kText.size());
      const InterruptHandle handle = guest.store().interrupt_handle();
      Result<Errno> done = Errno::Success;
      {
        Faults faults(k, EINTR);
        faults.on_fault = [&] { handle.interrupt(); };
        done = guest.try_call(function, fd, kList, count, kResult);
      }
      ASSERT_FALSE(done);
      EXPECT_TRUE(done.error().is(Errc::interrupted));
      // What was not read is there still; nothing was written.
      EXPECT_EQ(drain(), fd == 0 ? "in" : "");
    }
  }
  std::string drain() {
    char buffer[256];
    const ssize_t size = ::read(reading_.get(), buffer, sizeof buffer);
    return size <= 0 ? std::string() : std::string(buffer, static_cast<std::size_t>(size));
  }

  TempDir dir_;
  UniqueFd reading_;
  UniqueFd writing_;
};

TEST_P(StreamFault, ShortTransfersOfFilesLoseAndRepeatNothing) {
  for (const std::size_t most : {1, 3, 10, 11, 42}) {
    for (const bool positioned : {false, true}) {
      ShimGuest guest = make();
      ASSERT_EQ(guest.open(3, "file", right::kFdRead | right::kFdWrite), Errno::Success);
      const Fd fd = guest.opened;
      const auto transfer = [&](std::string_view name, std::size_t at) {
        const Size count = buffers(guest, at, kText.size() - at);
        const std::string function = std::string(positioned ? "fd_p" : "fd_") + std::string(name);
        const Errno error = positioned ? guest.call(function, fd, kList, count, at, kResult)
                                       : guest.call(function, fd, kList, count, kResult);
        EXPECT_EQ(error, Errno::Success);
        EXPECT_LE(guest.result(), most);
        EXPECT_GT(guest.result(), 0u);
        return at + guest.result();
      };
      const Faults faults(most);
      for (std::size_t at = 0; at < kText.size();) at = transfer("read", at);
      EXPECT_EQ(guest.text(kBuffer, kText.size()), kText);
      const std::string capitals = "THE QUICK BROWN FOX JUMPS OVER THE LAZY DOG";
      guest.put_text(kBuffer, capitals);
      ASSERT_EQ(guest.call("fd_seek", fd, 0, 0, kResult), Errno::Success);
      for (std::size_t at = 0; at < kText.size();) at = transfer("write", at);
      EXPECT_EQ(dir_.read("box/file"), capitals);
    }
  }
}

TEST_P(StreamFault, AWriteThatBlocksGoesOnAfterAShortOne) {
  for (const std::size_t most : {1, 2, 10, 11, 12, 42}) {
    ShimGuest guest = make();
    guest.put_text(kBuffer, kText);
    const Size count = buffers(guest, 0, kText.size());
    const Faults faults(most);
    EXPECT_EQ(guest.call("fd_write", 1, kList, count, kResult), Errno::Success);
    EXPECT_EQ(guest.result(), kText.size());
    EXPECT_EQ(drain(), most < kText.size() ? kText.substr(0, most) : kText);
    std::string rest;
    for (std::string piece = drain(); !piece.empty(); piece = drain()) rest += piece;
    EXPECT_EQ(rest, kText.substr(std::min(most, kText.size())));
  }
}

TEST_P(StreamFault, AnErrorAmidAStreamWaitsUntilWhatWasWrittenIsReported) {
  for (std::size_t k = 0; k < 6; ++k) {
    for (const int fault : {EINTR, EAGAIN, EIO, ENOSPC}) {
      // Calls alternate: ppoll, which has no EAGAIN, and pwritev2.
      if (k % 2 == 0 && fault == EAGAIN) continue;
      SCOPED_TRACE("call " + std::to_string(k) + ", errno " + std::to_string(fault));
      ShimGuest guest = make();
      guest.put_text(kBuffer, kText);
      std::string got;
      std::size_t at = 0;
      bool failed = false;
      {
        Faults faults(k, fault);
        faults.set_most(15);
        while (at < kText.size()) {
          const Size count = buffers(guest, at, kText.size() - at);
          const Errno error = guest.call("fd_write", 1, kList, count, kResult);
          if (error == Errno::Success) {
            EXPECT_GT(guest.result(), 0u);
            at += guest.result();
          } else {
            EXPECT_FALSE(failed);
            EXPECT_NE(error, Errno::Intr);
            EXPECT_EQ(error, from_host_errno(fault));
            failed = true;
          }
        }
      }
      for (std::string piece = drain(); !piece.empty(); piece = drain()) got += piece;
      EXPECT_EQ(got, kText);
      // Only an error of the first of each is told at once.
      EXPECT_EQ(failed, k < 2 && fault != EINTR && fault != EAGAIN);
    }
  }
}

TEST_P(StreamFault, AReadWaitsAgainWhenAnotherReaderWasQuicker) {
  // Of its two calls, ppoll has no EAGAIN.
  for (const auto& [k, fault] :
       std::vector<std::pair<std::size_t, int>>{{0, EINTR}, {1, EINTR}, {1, EAGAIN}}) {
    ShimGuest guest = make();
    ASSERT_EQ(::write(writing_.get(), kText.data(), kText.size()),
              static_cast<ssize_t>(kText.size()));
    const Size count = buffers(guest, 0, kText.size());
    const Faults faults(k, fault);
    EXPECT_EQ(guest.call("fd_read", 0, kList, count, kResult), Errno::Success);
    EXPECT_EQ(guest.result(), kText.size());
    EXPECT_EQ(guest.text(kBuffer, kText.size()), kText);
  }
}

TEST_P(StreamFault, ASignalThatInterruptsTheStoreEndsTheCall) {
  if (!GetParam()) GTEST_SKIP() << "this backend knows no interrupts";
  guest_interrupted("fd_read", 0);
  guest_interrupted("fd_write", 1);
}

INSTANTIATE_TEST_SUITE_P(Memories, StreamFault, testing::Bool(),
                         [](const auto& info) { return info.param ? "direct" : "copied"; });

TEST(FaultAtTheStart, NoDescriptorIsLostWhenPreopensCannotBeOpened) {
  TempDir dir;
  Config config;
  or_throw(config.preopen(dir.box(), "/a"));
  or_throw(config.preopen(dir.box(), "/b"));
  Engine engine({}, std::make_shared<fake::FakeBackend>());
  Store store(engine);
  const std::ptrdiff_t before = open_descriptors();
  (void)PathResolver::kernel_supported();  // found out once, by a call of its own
  for (std::size_t k = 0; k < 2; ++k) {
    const Faults faults(k, EMFILE);
    const Result<void> done = store.set_wasi(config);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().os_error(), EMFILE);
    EXPECT_EQ(open_descriptors(), before);
  }
  EXPECT_TRUE(store.set_wasi(config));
}

}  // namespace
}  // namespace weft::wasi
