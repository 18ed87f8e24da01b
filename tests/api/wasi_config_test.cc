#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "weft/wasi.hpp"

namespace weft::wasi {
namespace {

using std::string_view_literals::operator""sv;

TEST(WasiConfig, RefusesWhatAGuestWouldSeeCutShort) {
  Config config;
  EXPECT_TRUE(config.args({"prog", "-v"}));
  EXPECT_EQ(config.arg("a\0b"sv).error().code(), Errc::usage);
  EXPECT_EQ(config.env("A", "x\0y"sv).error().code(), Errc::usage);
  EXPECT_EQ(config.env("A=B", "").error().code(), Errc::usage);
  EXPECT_EQ(config.env("", "x").error().code(), Errc::usage);
  EXPECT_EQ(config.preopen("/", "x\0y"sv).error().code(), Errc::usage);
  EXPECT_EQ(config.preopen("/", "").error().code(), Errc::usage);
  EXPECT_EQ(config.args(), (std::vector<std::string>{"prog", "-v"}));
  EXPECT_TRUE(config.env().empty());
}

TEST(WasiConfig, RefusesWhatCouldNotBeCalledAndClocksThatDoNotTick) {
  Config config;
  config.inherit_stdio();
  for (const Result<void>& done :
       {config.stdin_callback({}), config.stdout_callback({}), config.stderr_callback({})}) {
    ASSERT_FALSE(done);
    EXPECT_TRUE(done.error().is(Errc::usage));
    EXPECT_NE(done.error().message().find("callback"), std::string::npos);
  }
  const auto now = [] { return std::uint64_t{1}; };
  for (const Result<void>& done : {config.wall_clock(now, 0), config.monotonic_clock(now, 0)}) {
    ASSERT_FALSE(done);
    EXPECT_TRUE(done.error().is(Errc::usage));
    EXPECT_NE(done.error().message().find("resolution"), std::string::npos);
  }
  // What was refused has changed nothing.
  EXPECT_TRUE(std::holds_alternative<std::shared_ptr<HostFile>>(config.stdin_stream()));
  EXPECT_TRUE(std::holds_alternative<std::shared_ptr<HostFile>>(config.stdout_stream()));
  EXPECT_FALSE(config.wall_clock().now);
  EXPECT_FALSE(config.monotonic_clock().now);
  // The system's own again.
  EXPECT_TRUE(config.wall_clock(now));
  EXPECT_TRUE(config.wall_clock(nullptr));
  EXPECT_FALSE(config.wall_clock().now);
}

TEST(WasiConfig, LaterVariablesReplaceEarlierOnes) {
  ::setenv("WEFT_TEST_VARIABLE", "inherited", 1);
  Config config;
  EXPECT_TRUE(config.env("A", "1"));
  EXPECT_TRUE(config.env("WEFT_TEST_VARIABLE", "set"));
  config.inherit_env();
  EXPECT_TRUE(config.env("A", "2"));
  ASSERT_GE(config.env().size(), 2u);
  EXPECT_EQ(config.env()[0].value, "2");
  EXPECT_EQ(config.env()[1].value, "inherited");
  ::unsetenv("WEFT_TEST_VARIABLE");
}

TEST(WasiConfig, OpensFilesAndDirectoriesAtOnce) {
  Config config;
  EXPECT_EQ(config.stdin_file("no/such/file").error().os_error(), ENOENT);
  EXPECT_EQ(config.stdout_file("no/such/file").error().code(), Errc::io);
  EXPECT_EQ(config.preopen("/dev/null", "/x").error().os_error(), ENOTDIR);
  ASSERT_TRUE(config.preopen("/", "/host", Rights::read_only()));
  ASSERT_EQ(config.preopens().size(), 1u);
  EXPECT_GE(config.preopens()[0].directory->fd(), 0);
  EXPECT_EQ(config.preopens()[0].guest_path, "/host");
  EXPECT_FALSE(config.preopens()[0].rights.write);
  ASSERT_TRUE(config.stdin_file("/dev/null"));
  EXPECT_TRUE(std::holds_alternative<std::shared_ptr<HostFile>>(config.stdin_stream()));
}

TEST(WasiConfig, TakesSocketsAndNothingElse) {
  Config config;
  EXPECT_EQ(config.socket(nullptr).error().code(), Errc::usage);
  EXPECT_EQ(config.socket(std::make_shared<HostFile>(-1, false)).error().code(), Errc::usage);
  EXPECT_EQ(
      config.socket(std::make_shared<HostFile>(::open("/dev/null", O_RDONLY), true)).error().code(),
      Errc::usage);
  EXPECT_TRUE(config.sockets().empty());
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  const HostFile other(pair[1], true);
  ASSERT_TRUE(config.socket(std::make_shared<HostFile>(pair[0], true)));
  ASSERT_EQ(config.sockets().size(), 1u);
  // Only a listening socket has to be told that it mustn't block.
  EXPECT_EQ(::fcntl(pair[0], F_GETFL) & O_NONBLOCK, 0);
  auto listener = std::make_shared<HostFile>(::socket(AF_INET, SOCK_STREAM, 0), true);
  ASSERT_EQ(::listen(listener->fd(), 1), 0);
  ASSERT_TRUE(config.socket(listener));
  EXPECT_NE(::fcntl(listener->fd(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_TRUE(config.no_sockets().sockets().empty());
}

TEST(WasiConfig, OutputFilesAreEmptiedUnlessAppended) {
  const std::filesystem::path path = std::filesystem::temp_directory_path() /
                                     ("weft-wasi-config-test-" + std::to_string(::getpid()));
  const auto write_one = [&](bool append) {
    Config config;
    or_throw(config.stdout_file(path, append));
    const int fd = std::get<std::shared_ptr<HostFile>>(config.stdout_stream())->fd();
    ASSERT_EQ(::write(fd, "x", 1), 1);
  };
  write_one(false);
  write_one(true);
  EXPECT_EQ(std::filesystem::file_size(path), 2u);
  write_one(false);
  EXPECT_EQ(std::filesystem::file_size(path), 1u);
  std::filesystem::remove(path);
}

TEST(WasiConfig, HostFilesCloseOnlyWhatTheyOwn) {
  const int fd = ::dup(STDERR_FILENO);
  {
    const HostFile borrowed(fd, false);
  }
  EXPECT_EQ(::close(fd), 0);
  const int owned = ::dup(STDERR_FILENO);
  {
    const HostFile file(owned, true);
  }
  EXPECT_EQ(::close(owned), -1);
}

TEST(WasiConfig, CapturesShareTheirContentsAndStopAtTheLimit) {
  Config config;
  Capture out = config.inherit_stderr().capture_stdout(5);
  Config copy = config;
  Capture written = std::get<Capture>(copy.stdout_stream());
  EXPECT_EQ(written.append("abc"), 3u);
  EXPECT_EQ(written.append("def"), 2u);
  EXPECT_EQ(out.contents(), "abcde");
  EXPECT_EQ(out.take(), "abcde");
  EXPECT_EQ(out.contents(), "");
}

TEST(WasiConfig, SeededRandomnessIsReproducible) {
  const auto draw = [](std::uint64_t seed) {
    std::array<std::uint8_t, 21> bytes{};
    Config config;
    config.random_seed(seed).random()(bytes);
    return bytes;
  };
  EXPECT_EQ(draw(1), draw(1));
  EXPECT_NE(draw(1), draw(2));
}

}  // namespace
}  // namespace weft::wasi
