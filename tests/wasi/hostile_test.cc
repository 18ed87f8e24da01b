// All functions with arguments of a guest that means harm: by chance, but near what makes each
// function do something, and from values at the edges of everything. No fault (the memory is a heap
// block of its size, for AddressSanitizer to guard), no escape, no descriptor left open, no call
// that takes long.
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/wasi/shim_guest.h"
#include "tests/wasi/sockets.h"
#include "tests/wasi/temp_dir.h"

namespace weft::wasi {
namespace {

using Strategy = PathResolver::Strategy;

// What each argument of a function is, so that most calls get far:
//   d directory   f descriptor  p path (its length follows)  l lookup flags  o oflags  F fdflags
//   a address     b buffer (its length follows)  v list of buffers (its count follows)
//   s list of subscriptions  c count of them  e small enumeration  t any 64 bits  R rights
struct Plan {
  std::string_view name;
  std::string_view arguments;
};
constexpr auto kPlans = std::to_array<Plan>({
    {"args_get", "aa"},
    {"args_sizes_get", "aa"},
    {"environ_get", "aa"},
    {"environ_sizes_get", "aa"},
    {"clock_res_get", "ea"},
    {"clock_time_get", "eta"},
    {"fd_advise", "ftte"},
    {"fd_allocate", "ftt"},
    {"fd_close", "f"},
    {"fd_datasync", "f"},
    {"fd_fdstat_get", "fa"},
    {"fd_fdstat_set_flags", "fF"},
    {"fd_fdstat_set_rights", "fRR"},
    {"fd_filestat_get", "fa"},
    {"fd_filestat_set_size", "ft"},
    {"fd_filestat_set_times", "ftte"},
    {"fd_pread", "fv_ta"},
    {"fd_prestat_get", "fa"},
    {"fd_prestat_dir_name", "fb_"},
    {"fd_pwrite", "fv_ta"},
    {"fd_read", "fv_a"},
    {"fd_readdir", "fb_ta"},
    {"fd_renumber", "ff"},
    {"fd_seek", "ftea"},
    {"fd_sync", "f"},
    {"fd_tell", "fa"},
    {"fd_write", "fv_a"},
    {"path_create_directory", "dp_"},
    {"path_filestat_get", "dlp_a"},
    {"path_filestat_set_times", "dlp_tte"},
    {"path_link", "dlp_dp_"},
    {"path_open", "dlp_oRRFa"},
    {"path_readlink", "dp_b_a"},
    {"path_remove_directory", "dp_"},
    {"path_rename", "dp_dp_"},
    {"path_symlink", "p_dp_"},
    {"path_unlink_file", "dp_"},
    {"poll_oneoff", "saca"},
    {"proc_exit", "e"},
    {"proc_raise", "e"},
    {"sched_yield", ""},
    {"random_get", "b_"},
    {"sock_accept", "fFa"},
    {"sock_recv", "fv_eaa"},
    {"sock_send", "fv_ea"},
    {"sock_shutdown", "fe"},
});

// Of which the first lead to what is there, or might be.
constexpr std::size_t kGoodPaths = 6;
constexpr std::string_view kPaths[] = {"in.txt",
                                       "a",
                                       "b",
                                       "a/b",
                                       "a/b/c",
                                       "link",
                                       "a/link",
                                       "..",
                                       ".",
                                       "/",
                                       "../outside.txt",
                                       "../outdir/f",
                                       "../outdir",
                                       "a/..",
                                       "a/../..",
                                       "link/..",
                                       "link/f",
                                       "link/",
                                       "a/",
                                       "in.txt/",
                                       "/etc/passwd",
                                       "b/../../outdir/x",
                                       "../created",
                                       "link/../outside.txt",
                                       "a//b",
                                       "a/./b/",
                                       "../box/a"};

class Hostile {
 public:
  Hostile(ShimGuest& guest, std::mt19937_64& random) : guest_(guest), random_(random) {}

  // Gives the function, and how it ended.
  std::pair<std::size_t, Result<Errno>> call() {
    std::size_t function = below(kPlans.size());
    if (is_rare(kPlans[function].name) && below(8) != 0) function = below(kPlans.size());
    put_paths();
    put_lists();
    const bool wild = below(3) == 0;
    std::vector<std::uint64_t> words;
    const std::string_view plan = kPlans[function].arguments;
    const std::string_view types = preview1_signatures()[function].second;
    for (std::size_t i = 0; i < plan.size(); ++i) {
      const bool wide = types[i] == 'I';
      const std::uint64_t planned = argument(plan[i]);
      words.push_back(!wild || below(3) != 0 ? planned : wide ? any64() : any32());
    }
    return {function, guest_.try_call(function, words)};
  }

 private:
  // What takes descriptors away comes less often than what uses them; what waits for disks, too.
  static bool is_rare(std::string_view name) {
    return name == "fd_close" || name == "fd_renumber" || name == "fd_fdstat_set_rights" ||
           name == "fd_sync" || name == "fd_datasync";
  }
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  template <std::size_t N>
  std::uint64_t one_of(const std::array<std::uint64_t, N>& values) {
    return values[below(N)];
  }

  std::uint64_t any64() {
    static constexpr std::array<std::uint64_t, 10> kEdges{
        0, 1, 2, 100, 1ull << 20, 1ull << 31, 1ull << 32, INT64_MAX, 1ull << 63, UINT64_MAX};
    return below(8) == 0 ? random_() : one_of(kEdges);
  }
  std::uint32_t any32() {
    constexpr std::uint64_t kEnd = ShimGuest::kMemoryBytes;
    static constexpr std::array<std::uint64_t, 16> kEdges{
        0,           1,           2,        3,         8,           1024,
        kEnd - 64,   kEnd - 8,    kEnd - 1, kEnd + 1,  0x7fffffffu, 0x80000000u,
        0x20000001u, 0xfffffff8u, kEnd,     UINT32_MAX};
    return static_cast<std::uint32_t>(below(8) == 0 ? random_() : one_of(kEdges));
  }

  std::uint64_t argument(char kind) {
    if (kind == '_') return follows_;  // the length of what came before
    switch (kind) {
      case 'd':
        return below(4) == 0 ? below(kDescriptors) : below(4) == 0 ? 4 : 3;
      case 'f':
        return below(kDescriptors);
      case 'p': {
        const std::size_t path = below(2) == 0 ? below(kGoodPaths) : below(paths_.size());
        follows_ = kPaths[path].size();
        return paths_[path];
      }
      case 'a':
        return 0x8000 + below(0x8000);
      case 'b':
        follows_ = below(2) == 0 ? below(100) : below(0x4000);
        return 0x10000 + below(0x8000);
      case 'v':
        follows_ = below(2) == 0 ? 1 : below(20);
        return kLists;
      case 's':
        return kLists + 0x1000;
      case 'c':
        return below(30);
      case 'l':
        return below(2);
      case 'o':
        return below(3) != 0 ? below(2) : below(16);
      case 'F':
        return below(3) != 0 ? 0 : below(16);
      case 'R':
        return one_of(std::array<std::uint64_t, 4>{~std::uint64_t{0}, random_(), 0,
                                                   right::kFdRead | right::kFdWrite});
      case 't':
        return below(2) == 0 ? below(100) : any64();
      default:  // flags and enumerations
        return below(4) != 0 ? below(3) : below(32);
    }
  }

  // Before each call, as guests read over their paths.
  void put_paths() {
    Address at = 0x400;
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      guest_.put_text(at, kPaths[i]);
      paths_[i] = at;
      at += static_cast<Address>(kPaths[i].size());
    }
  }

  // Buffers and subscriptions, some of which make sense.
  void put_lists() {
    for (Address i = 0; i < 20; ++i) {
      const bool good = below(10) != 0;
      guest_.put(kLists + i * 8,
                 GuestIovec{good ? static_cast<Address>(0x400 + below(0x10000)) : any32(),
                            good ? static_cast<Size>(below(0x1000)) : any32()});
    }
    for (Address i = 0; i < 30; ++i) {
      Subscription subscription;
      subscription.userdata = random_();
      subscription.type = static_cast<EventType>(below(20) == 0 ? below(256) : below(3));
      subscription.clock_or_fd =
          below(10) == 0 ? any32() : static_cast<std::uint32_t>(below(kDescriptors));
      subscription.timeout = any64();
      subscription.clock_flags =
          static_cast<std::uint16_t>(below(10) == 0 ? below(65536) : below(2));
      guest_.put(kLists + 0x1000 + i * sizeof subscription, subscription);
    }
  }

  static constexpr Address kLists = 0x20000;
  /// Streams, directories, sockets, what is opened at the start, and the number after.
  static constexpr std::uint64_t kDescriptors = 10;
  ShimGuest& guest_;
  std::mt19937_64& random_;
  std::array<Address, std::size(kPaths)> paths_{};
  std::uint64_t follows_ = 0;
};

// The host's ends of the guest's sockets.
class Peers {
 public:
  explicit Peers(Config& config) {
    or_throw(config.socket(listener_.socket));
    or_throw(config.socket(std::move(pair_.guests)));
  }

  // No call must wait for them, as nobody would come.
  void make_ready(ShimGuest& guest) {
    char bytes[4096] = "bytes";
    while (::recv(pair_.host.get(), bytes, sizeof bytes, MSG_DONTWAIT) > 0) continue;
    (void)::send(pair_.host.get(), bytes, 100, MSG_DONTWAIT | MSG_NOSIGNAL);
    pollfd poll{listener_.socket->fd(), POLLIN, 0};
    if (::poll(&poll, 1, 0) == 0) (void)listener_.connect();
    for (Fd fd = 0; fd <= guest.state().fds.size(); ++fd) {
      Descriptor* descriptor = guest.state().fds.find(fd);
      if (descriptor != nullptr && descriptor->is_socket()) descriptor->flags |= fdflag::kNonblock;
    }
  }

 private:
  Listener listener_;
  Pair pair_{SOCK_STREAM};
};

class HostileGuest : public testing::TestWithParam<Strategy> {
 protected:
  void SetUp() override {
    if (GetParam() == Strategy::Kernel && !PathResolver::kernel_supported()) {
      GTEST_SKIP() << "this kernel has no openat2";
    }
    // No file of a terabyte, nor the signal for the attempt.
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old_limit_), 0);
    rlimit small = old_limit_;
    small.rlim_cur = 1 << 20;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    old_handler_ = ::signal(SIGXFSZ, SIG_IGN);
  }
  void TearDown() override {
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &old_limit_), 0);
    ::signal(SIGXFSZ, old_handler_);
  }

  // A box of its own, as the guest removes what it finds; few calls, as it closes it, too.
  void run_guest(backend::Capabilities capabilities, std::mt19937_64& random) {
    const std::ptrdiff_t before = open_descriptors();
    {
      const TempDir dir;
      dir.write("box/in.txt", "in");
      dir.make_dir("box/a/b");
      dir.link("../outdir", "box/link");
      Config config;
      or_throw(config.args({"hostile", "guest"}));
      or_throw(config.env("NAME", "value"));
      config.stdin_bytes(std::string(1000, 'x')).sleep([](std::uint64_t) {}).random_seed(1);
      or_throw(config.stderr_callback(
          [](std::span<const std::uint8_t> bytes) -> Result<std::size_t> { return bytes.size(); }));
      const Capture out = config.capture_stdout(10'000);
      or_throw(config.preopen(dir.box(), "/"));
      or_throw(config.preopen(dir.box(), "/ro", Rights::read_only()));
      Peers peers(config);
      ShimGuest guest(std::move(config), capabilities, GetParam());
      ASSERT_EQ(guest.open(3, "in.txt", right::kFdRead | right::kFdWrite), Errno::Success);
      ASSERT_EQ(guest.open(3, "a", 0, oflag::kDirectory), Errno::Success);
      Hostile hostile(guest, random);
      for (int i = 0; i < kCallsOfOne; ++i) {
        peers.make_ready(guest);
        const auto begin = std::chrono::steady_clock::now();
        const auto [function, done] = hostile.call();
        const auto took = std::chrono::steady_clock::now() - begin;
        const std::string_view name = kPlans[function].name;
        EXPECT_LT(took, std::chrono::seconds(5)) << name;
        if (done) {
          EXPECT_LE(*done, Errno::NotCapable) << name;
          if (*done == Errno::Success) ++successes_[function];
        } else {
          EXPECT_TRUE(name == "proc_exit" || name == "proc_raise")
              << name << ": " << done.error().describe();
        }
      }
      EXPECT_LE(out.contents().size(), 10'000u);
      dir.expect_outside_untouched();
    }
    EXPECT_EQ(open_descriptors(), before);
  }

  static constexpr int kCallsOfOne = 250;
  std::array<int, kPlans.size()> successes_{};

 private:
  rlimit old_limit_{};
  sighandler_t old_handler_ = nullptr;
};

TEST_P(HostileGuest, DoesNoHarm) {
  for (std::size_t i = 0; i < kPlans.size(); ++i) {
    ASSERT_EQ(kPlans[i].name, preview1_signatures()[i].first);
    ASSERT_EQ(kPlans[i].arguments.size(), preview1_signatures()[i].second.size());
  }
  std::mt19937_64 random(20261128);
  constexpr int kGuests = 400;
  for (int i = 0; i < kGuests && !HasFailure(); ++i) {
    SCOPED_TRACE("guest " + std::to_string(i));
    run_guest(i % 2 == 0 ? fake::kAll : fake::kRemote, random);
  }
  // Chance must have brought each about, or it tests nothing.
  for (std::size_t i = 0; i < kPlans.size(); ++i) {
    if (kPlans[i].name == "proc_exit") continue;  // which doesn't return
    EXPECT_GT(successes_[i], 5) << kPlans[i].name;
  }
}

INSTANTIATE_TEST_SUITE_P(Strategies, HostileGuest,
                         testing::Values(Strategy::Kernel, Strategy::Walk), [](const auto& info) {
                           return info.param == Strategy::Kernel ? "Kernel" : "Walk";
                         });

}  // namespace
}  // namespace weft::wasi
