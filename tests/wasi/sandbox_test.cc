// The sandbox, from inside: guests that try to break its rules, one program for a family of rules
// (tests/wasi/guests/*.c, whose tables name each rule and where it comes from). Every run ends
// within ten seconds, leaves everything outside of its directories as it was, and all the host's
// descriptors closed.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <thread>

#include "tests/wasi/guest_runner.h"
#include "tests/wasi/temp_dir.h"

namespace weft::wasi {
namespace {

using Strategy = PathResolver::Strategy;
using std::chrono::milliseconds;

// A file's time of modification, which no timestamp may be able to hold.
void set_mtime(const std::filesystem::path& path, time_t seconds) {
  const timespec times[2] = {{seconds, 0}, {seconds, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW), 0) << path;
}

class Sandbox : public testing::TestWithParam<Strategy> {
 protected:
  Sandbox() : before_(open_descriptors()) {
    dir_.write("box/in.txt", "in");
    dir_.make_dir("box/dir/sub");
    dir_.write("box/dir/file", "file");
    dir_.write("box/dir/sub/deep", "deep");
    dir_.link("in.txt", "box/link");
    EXPECT_EQ(::mkfifo((dir_.box() / "pipe").c_str(), 0600), 0);
    or_throw(config_.preopen(dir_.box(), "/box"));
    // A guest that brings a broken pipe about must not end this process.
    EXPECT_NE(std::signal(SIGPIPE, SIG_DFL), SIG_ERR);
  }

  void SetUp() override {
    if (GetParam() == Strategy::Kernel && !PathResolver::kernel_supported()) {
      GTEST_SKIP() << "this kernel has no openat2";
    }
  }
  void TearDown() override {
    config_ = {};
    dir_.expect_outside_untouched();
    EXPECT_FALSE(std::filesystem::exists("/tmp/weft-x"));
    EXPECT_EQ(open_descriptors(), before_);
  }

  GuestRun run(std::string_view name, GuestOptions options = {}) {
    options.strategy = GetParam();
    return run_guest(name, std::move(config_), options);
  }
  // Runs a program whose rules must all hold.
  void expect_rules(std::string_view name, GuestOptions options = {}) {
    const GuestRun run = this->run(name, std::move(options));
    ASSERT_TRUE(run.status) << run.status.error().describe() << "\n" << run.out;
    EXPECT_EQ(*run.status, 0) << run.out;
    EXPECT_TRUE(run.out.ends_with("rules hold\n")) << run.out;
  }

  // Descriptors that a guest wants counted, and compared with that later.
  GuestOptions counting_descriptors() {
    return {.host = [this](std::string_view action) {
      if (action == "count descriptors") counted_ = open_descriptors();
      if (action == "compare descriptors") {
        EXPECT_EQ(open_descriptors(), counted_);
      }
    }};
  }

  TempDir dir_;
  Config config_;
  std::ptrdiff_t before_;
  std::ptrdiff_t counted_ = 0;
};

TEST_P(Sandbox, Paths) {
  // Deep paths by few descriptors: those of this process, and some hundreds for a walk.
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &old), 0);
  rlimit few = old;
  few.rlim_cur = static_cast<rlim_t>(open_descriptors()) + 400;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  expect_rules("wasi-paths", {.host = [this](std::string_view action) {
                 const auto inside = dir_.box() / "dir/sub";
                 const auto outside = dir_.root() / "outdir/sub";
                 if (action == "move box/dir/sub out") std::filesystem::rename(inside, outside);
                 if (action == "move it back") std::filesystem::rename(outside, inside);
               }});
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &old), 0);
  EXPECT_EQ(dir_.read("box/in.txt"), "in");
}

TEST_P(Sandbox, SymbolicLinks) {
  dir_.link("../outdir", "box/outlink");
  dir_.link("../outdir/", "box/slashlink");
  dir_.link("../outside.txt", "box/filelink");
  dir_.link("../created.txt", "box/dangling");
  dir_.link("../../outdir", "box/dir/uplink");
  dir_.link("outlink", "box/chain");
  dir_.link("/", "box/abslink");
  dir_.link("/etc/passwd", "box/absfile");
  dir_.link(dir_.box().string(), "box/absbox");
  expect_rules("wasi-symlinks");
  EXPECT_EQ(dir_.read("box/in.txt"), "in");
}

TEST_P(Sandbox, Rights) {
  for (const std::string tree : {"ro", "fixed", "blind"}) {
    const std::string path = "box/" + tree;
    dir_.make_dir(path + "/dir");
    dir_.make_dir(path + "/empty");
    dir_.write(path + "/file", tree);
    dir_.write(path + "/dir/file", tree);
    dir_.link("file", path + "/link");
  }
  config_ = {};
  dir_.make_dir("box/rw/dir");
  dir_.write("box/rw/in.txt", "in");
  dir_.write("box/rw/dir/file", "file");
  or_throw(config_.preopen(dir_.box() / "rw", "/"));
  or_throw(config_.preopen(dir_.box() / "ro", "/ro", Rights::read_only()));
  or_throw(config_.preopen(dir_.box() / "fixed", "/fixed", {.write = false}));
  or_throw(config_.preopen(dir_.box() / "blind", "/blind", {.read = false}));
  expect_rules("wasi-rights");
  EXPECT_EQ(dir_.read("box/ro/file"), "ro");
  EXPECT_EQ(dir_.read("box/ro/dir/file"), "ro");
  EXPECT_EQ(dir_.read("box/fixed/file"), "fixed");
  EXPECT_EQ(dir_.read("box/blind/file"), "blind");
}

TEST_P(Sandbox, Descriptors) { expect_rules("wasi-descriptors", counting_descriptors()); }

TEST_P(Sandbox, Polling) { expect_rules("wasi-poll"); }

TEST_P(Sandbox, StructuresCopiedOut) {
  dir_.write("box/ancient", "");
  set_mtime(dir_.box() / "ancient", -1'000'000);
  dir_.write("box/future", "");
  set_mtime(dir_.box() / "future", 17'179'869'183);
  expect_rules("wasi-structs");
}

TEST_P(Sandbox, PointersAndNumbers) {
  or_throw(config_.args({"an argument"}));
  or_throw(config_.env("A", "variable"));
  expect_rules("wasi-pointers");
}

TEST_P(Sandbox, LargeMemories) {
  or_throw(config_.preopen("/dev", "/dev"));
  Capture out = config_.capture_stdout(1 << 20);
  const GuestRun run = this->run("wasi-large", {.host =
                                                    [&](std::string_view action) {
                                                      if (action == "empty stdout")
                                                        (void)out.take();
                                                    },
                                                .own_stdout = true});
  ASSERT_TRUE(run.status) << run.status.error().describe();
  EXPECT_EQ(*run.status, 0) << out.contents();
}

// Devices and /proc are the host's decision, but what they name must not be more than they hold.
TEST_P(Sandbox, SpecialFiles) {
  if (!std::filesystem::exists("/proc/self/fd")) GTEST_SKIP() << "no /proc";
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  const std::string path = dir_.box() / "socket";
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  or_throw(config_.preopen("/proc", "/proc", Rights::read_only()));
  or_throw(config_.preopen("/dev", "/dev", {.modify = false}));
  or_throw(config_.preopen("/", "/root", Rights::read_only()));
  expect_rules("wasi-special");
}

TEST_P(Sandbox, AGuestWithoutAMemory) {
  EXPECT_EQ(or_throw(run("wasi-no-memory").status), 42);
  EXPECT_EQ(dir_.read("box/in.txt"), "in");
}

TEST_P(Sandbox, AGuestWithA64BitMemory) {
  const GuestRun run = this->run("wasi-memory64");
  EXPECT_EQ(or_throw(run.status), 6);
  EXPECT_EQ(run.out, "64 bit");
}

// Whatever a guest waits for, an interrupt ends it soon.
TEST_P(Sandbox, EveryWaitCanBeInterrupted) {
  for (const std::string how :
       {"read a pipe", "write a pipe", "write a pipe bit by bit", "poll a pipe", "sleep",
        "random bytes", "short calls", "write to a lent pipe", "read from a lent pipe"}) {
    SCOPED_TRACE(how);
    int pipe_in[2];
    int pipe_out[2];
    ASSERT_EQ(::pipe2(pipe_in, O_CLOEXEC), 0);
    ASSERT_EQ(::pipe2(pipe_out, O_CLOEXEC), 0);
    const UniqueFd ends[] = {UniqueFd(pipe_in[1]), UniqueFd(pipe_out[0])};
    Config config;
    or_throw(config.preopen(dir_.box(), "/"));
    or_throw(config.args({"blocked", how}));
    // By way of /proc, since no other setter takes a descriptor.
    or_throw(config.stdin_file("/proc/self/fd/" + std::to_string(pipe_in[0])));
    or_throw(config.stdout_file("/proc/self/fd/" + std::to_string(pipe_out[1]), true));
    ::close(pipe_in[0]);
    ::close(pipe_out[1]);
    const auto begin = std::chrono::steady_clock::now();
    const GuestRun run =
        run_guest("wasi-blocked", std::move(config),
                  {.strategy = GetParam(), .limit = milliseconds(100), .own_stdout = true});
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
    ASSERT_FALSE(run.status) << *run.status << run.out;
    EXPECT_EQ(run.status.error().code(), Errc::interrupted) << run.status.error().describe();
  }
}

// More than a pipe holds at once, to somebody who reads slowly.
TEST_P(Sandbox, MuchOutputArrivesInOrder) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  or_throw(config_.stdout_file("/proc/self/fd/" + std::to_string(ends[1]), true));
  ::close(ends[1]);
  std::string got;
  std::jthread reader([&got, end = UniqueFd(ends[0])] {
    std::array<char, 3000> bytes{};
    for (ssize_t size = 0; (size = ::read(end.get(), bytes.data(), bytes.size())) > 0;) {
      got.append(bytes.data(), static_cast<std::size_t>(size));
    }
  });
  EXPECT_EQ(or_throw(run("wasi-output", {.own_stdout = true}).status), 0);
  reader.join();
  std::string expected;
  for (int i = 0; i < 200'000; ++i) expected += "line " + std::to_string(i) + "\n";
  EXPECT_TRUE(got == expected) << got.size() << " bytes of " << expected.size();
}

// The host changes the tree while the guest is under way in it.
TEST_P(Sandbox, RacesWithTheHostAreLost) {
  dir_.make_dir("box/swap");
  dir_.make_dir("box/mv/deep");
  dir_.write("box/swap/f", "inside");
  dir_.link("../outdir", "box/other");
  const UniqueFd root(::open(dir_.root().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  std::atomic<bool> stop = false;
  std::uint64_t swaps = 0;
  {
    std::jthread host([&] {
      constexpr unsigned kExchange = 2;  // RENAME_EXCHANGE
      while (!stop) {
        ::syscall(SYS_renameat2, root.get(), "box/swap", root.get(), "box/other", kExchange);
        ::renameat(root.get(), "box/mv/deep", root.get(), "outdir/deep");
        ::renameat(root.get(), "outdir/deep", root.get(), "box/mv/deep");
        ++swaps;
      }
      // In the end, everything where it was.
      if (swaps % 2 != 0) {
        ::syscall(SYS_renameat2, root.get(), "box/swap", root.get(), "box/other", kExchange);
      }
    });
    const GuestRun run = this->run("wasi-race");
    stop = true;
    EXPECT_EQ(or_throw(run.status), 0) << run.out;
    EXPECT_EQ(run.out, "nothing outside was reached\n");
  }
  EXPECT_GT(swaps, 100u);
}

TEST(SandboxConfig, RefusesStringsThatAGuestWouldSeeCutShort) {
  const std::string_view nul("a\0b", 3);
  Config config;
  EXPECT_EQ(config.arg(nul).error().code(), Errc::usage);
  EXPECT_EQ(config.args({"a", nul}).error().code(), Errc::usage);
  EXPECT_EQ(config.env(nul, "value").error().code(), Errc::usage);
  EXPECT_EQ(config.env("name", nul).error().code(), Errc::usage);
  EXPECT_EQ(config.preopen("/", nul).error().code(), Errc::usage);
  EXPECT_FALSE(config.preopen(std::string("/etc\0/x", 7), "/x"));
  EXPECT_EQ(config.args(), std::vector<std::string>{"a"});
  EXPECT_TRUE(config.env().empty() && config.preopens().empty());
}

// Nothing is there that the host didn't give: no working directory, no stream.
TEST(SandboxConfig, GivesNothingUnasked) {
  const Config config;
  EXPECT_TRUE(config.preopens().empty() && config.args().empty() && config.env().empty());
  EXPECT_TRUE(std::holds_alternative<NoStream>(config.stdin_stream()));
  EXPECT_TRUE(std::holds_alternative<NoStream>(config.stdout_stream()));
  EXPECT_TRUE(std::holds_alternative<NoStream>(config.stderr_stream()));
}

// The system's limit on the size of files: the guest gets an errno, and the command no signal.
TEST(SandboxCommand, AFileOutgrowsTheLimitOfItsSize) {
  const TempDir dir;
  const std::string command = "cd '" + dir.root().string() + "' && ulimit -f 8 && '" +
                              WEFT_COMMAND "' run '" WEFT_GUESTS_DIR "/wasi-output.wasm' >large";
  const int status = std::system(command.c_str());
  EXPECT_TRUE(WIFEXITED(status)) << status;
  EXPECT_EQ(WEXITSTATUS(status), 1);
  EXPECT_TRUE(dir.read("large").starts_with("line 0\n"));
}

INSTANTIATE_TEST_SUITE_P(Strategies, Sandbox, testing::Values(Strategy::Kernel, Strategy::Walk),
                         [](const auto& info) {
                           return info.param == Strategy::Kernel ? "Kernel" : "Walk";
                         });

}  // namespace
}  // namespace weft::wasi
