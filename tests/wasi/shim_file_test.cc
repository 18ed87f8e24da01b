// fd_* on files, directories and streams, with direct memory and without.
#include <gtest/gtest.h>

#include <set>

#include "tests/wasi/shim_guest.h"
#include "tests/wasi/temp_dir.h"

namespace weft::wasi {
namespace {

constexpr Fd kBox = 3;
constexpr RightSet kReadWrite = right::kFdRead | right::kFdWrite;

class ShimFile : public testing::TestWithParam<bool> {
 protected:
  ShimGuest guest(Config config = {}) {
    or_throw(config.preopen(dir_.box(), "/box"));
    return ShimGuest(std::move(config), GetParam() ? fake::kAll : fake::kRemote);
  }
  TempDir dir_;
};

TEST_P(ShimFile, ReadsAndWritesByManyBuffers) {
  ShimGuest guest = this->guest();
  ASSERT_EQ(guest.open(kBox, "f", kReadWrite, oflag::kCreat), Errno::Success);
  const Fd f = guest.opened;
  guest.put_text(ShimGuest::kBuffer, "hello world");
  guest.put(ShimGuest::kList, GuestIovec{ShimGuest::kBuffer, 5});
  guest.put(ShimGuest::kList + 8, GuestIovec{0, 0});
  guest.put(ShimGuest::kList + 16, GuestIovec{ShimGuest::kBuffer + 5, 6});
  EXPECT_EQ(guest.call("fd_write", f, ShimGuest::kList, 3, ShimGuest::kResult), Errno::Success);
  EXPECT_EQ(guest.result(), 11u);
  EXPECT_EQ(dir_.read("box/f"), "hello world");
  EXPECT_EQ(guest.call("fd_tell", f, ShimGuest::kResult), Errno::Success);
  EXPECT_EQ(guest.load<FileSize>(ShimGuest::kResult), 11u);
  EXPECT_EQ(guest.call("fd_pread", f, ShimGuest::kList, 3, 6, ShimGuest::kResult), Errno::Success);
  EXPECT_EQ(guest.result(), 5u);
  EXPECT_EQ(guest.text(ShimGuest::kBuffer, 5), "world");
  guest.put_text(ShimGuest::kBuffer, "W");
  guest.put(ShimGuest::kList, GuestIovec{ShimGuest::kBuffer, 1});
  EXPECT_EQ(guest.call("fd_pwrite", f, ShimGuest::kList, 1, 6, ShimGuest::kResult), Errno::Success);
  EXPECT_EQ(dir_.read("box/f"), "hello World");
  std::string text;
  EXPECT_EQ(guest.call("fd_seek", f, -5, 2, ShimGuest::kResult), Errno::Success);
  EXPECT_EQ(guest.load<FileSize>(ShimGuest::kResult), 6u);
  EXPECT_EQ(guest.read(f, 100, text), Errno::Success);
  EXPECT_EQ(text, "World");
  EXPECT_EQ(guest.read(f, 100, text), Errno::Success);
  EXPECT_EQ(text, "");
  EXPECT_EQ(guest.call("fd_seek", f, -1, 0, ShimGuest::kResult), Errno::Inval);
  EXPECT_EQ(guest.call("fd_seek", f, 0, 3, ShimGuest::kResult), Errno::Inval);
  EXPECT_EQ(guest.call("fd_filestat_set_size", f, 2), Errno::Success);
  EXPECT_EQ(dir_.read("box/f"), "he");
  EXPECT_EQ(guest.call("fd_filestat_set_size", f, ~0ull), Errno::Inval);
  EXPECT_EQ(guest.call("fd_sync", f), Errno::Success);
  EXPECT_EQ(guest.call("fd_datasync", f), Errno::Success);
  EXPECT_EQ(guest.call("fd_advise", f, 0, 10, 3), Errno::Success);
  EXPECT_EQ(guest.call("fd_advise", f, 0, 10, 6), Errno::Inval);
  EXPECT_EQ(guest.call("fd_filestat_get", f, ShimGuest::kBuffer), Errno::Success);
  EXPECT_EQ(guest.load<Filestat>(ShimGuest::kBuffer).size, 2u);
}

TEST_P(ShimFile, PositionedWritesIgnoreAppending) {
  ShimGuest guest = this->guest();
  dir_.write("box/f", "0123");
  ASSERT_EQ(guest.open(kBox, "f", kReadWrite, 0, 0, fdflag::kAppend), Errno::Success);
  guest.put_text(ShimGuest::kBuffer, "x");
  guest.put(ShimGuest::kList, GuestIovec{ShimGuest::kBuffer, 1});
  EXPECT_EQ(guest.call("fd_pwrite", guest.opened, ShimGuest::kList, 1, 1, ShimGuest::kResult),
            Errno::Success);
  const std::string text = dir_.read("box/f");
  // Kernels before 6.9 have no way not to append.
  EXPECT_TRUE(text == "0x23" || text == "0123x") << text;
}

TEST_P(ShimFile, DirectoriesAreNoFiles) {
  ShimGuest guest = this->guest();
  std::string text;
  EXPECT_EQ(guest.read(kBox, 1, text), Errno::IsDir);
  EXPECT_EQ(guest.write(kBox, "x"), Errno::IsDir);
  EXPECT_EQ(guest.call("fd_pread", kBox, ShimGuest::kList, 1, 0, ShimGuest::kResult), Errno::IsDir);
  EXPECT_EQ(guest.call("fd_pwrite", kBox, ShimGuest::kList, 1, 0, ShimGuest::kResult),
            Errno::IsDir);
  EXPECT_EQ(guest.call("fd_seek", kBox, 0, 0, ShimGuest::kResult), Errno::IsDir);
  EXPECT_EQ(guest.call("fd_tell", kBox, ShimGuest::kResult), Errno::IsDir);
  EXPECT_EQ(guest.call("fd_filestat_set_size", kBox, 0), Errno::IsDir);
}

TEST_P(ShimFile, BadAddressesAndCountsChangeNothing) {
  ShimGuest guest = this->guest();
  ASSERT_EQ(guest.open(kBox, "f", kReadWrite, oflag::kCreat), Errno::Success);
  const Fd f = guest.opened;
  constexpr std::uint64_t kEnd = ShimGuest::kMemoryBytes;
  constexpr Address kList = ShimGuest::kList;
  guest.put(kList, GuestIovec{ShimGuest::kBuffer, 4});
  for (const char* name : {"fd_read", "fd_write"}) {
    EXPECT_EQ(guest.call(name, f, kEnd - 7, 1, ShimGuest::kResult), Errno::Fault);
    EXPECT_EQ(guest.call(name, f, 0xffff'fff8, 1, ShimGuest::kResult), Errno::Fault);
    EXPECT_EQ(guest.call(name, f, kList, 1, kEnd - 3), Errno::Fault);
    EXPECT_EQ(guest.call(name, f, kList, 1, 0xffff'fffc), Errno::Fault);
    // Counts whose size in bytes wraps around 32 bits.
    EXPECT_EQ(guest.call(name, f, kList, 0x2000'0001, ShimGuest::kResult), Errno::Fault);
    EXPECT_EQ(guest.call(name, f, kList, 0xffff'ffff, ShimGuest::kResult), Errno::Fault);
    EXPECT_EQ(guest.call(name, f, kList, 1025, ShimGuest::kResult), Errno::Inval);
    for (const GuestIovec bad : {GuestIovec{kEnd - 1, 2}, GuestIovec{0xffff'ffff, 0xffff'ffff},
                                 GuestIovec{0, kEnd + 1}, GuestIovec{0xffff'fff0, 0x20}}) {
      guest.put(kList + 8, bad);
      EXPECT_EQ(guest.call(name, f, kList, 2, ShimGuest::kResult), Errno::Fault);
    }
  }
  EXPECT_EQ(dir_.read("box/f"), "");
  EXPECT_EQ(guest.call("fd_fdstat_get", f, kEnd - 23), Errno::Fault);
  EXPECT_EQ(guest.call("fd_filestat_get", f, kEnd - 63), Errno::Fault);
  EXPECT_EQ(guest.call("fd_readdir", kBox, kEnd - 10, 11, 0, ShimGuest::kResult), Errno::Fault);
  EXPECT_EQ(guest.call("fd_readdir", kBox, 0, 0xffff'ffff, 0, ShimGuest::kResult), Errno::Fault);
  EXPECT_EQ(guest.call("random_get", 1, 0xffff'ffff), Errno::Fault);
  EXPECT_EQ(guest.call("clock_time_get", 0, 0, kEnd - 7), Errno::Fault);
  EXPECT_EQ(guest.call("poll_oneoff", 0, 0, 1u << 28, ShimGuest::kResult), Errno::Fault);
  EXPECT_EQ(guest.call("fd_pread", f, kList, 1, ~0ull, ShimGuest::kResult), Errno::Inval);
  for (const Fd fd : {5u, 1000u, 0x8000'0000u, 0xffff'ffffu}) {
    EXPECT_EQ(guest.call("fd_close", fd), Errno::Badf);
    EXPECT_EQ(guest.call("fd_renumber", fd, f), Errno::Badf);
    EXPECT_EQ(guest.call("fd_renumber", f, fd), Errno::Badf);
    EXPECT_EQ(guest.call("fd_fdstat_get", fd, ShimGuest::kBuffer), Errno::Badf);
    EXPECT_EQ(guest.call("fd_prestat_get", fd, ShimGuest::kBuffer), Errno::Badf);
  }
}

TEST_P(ShimFile, NoUnwrittenBytesGoToTheGuest) {
  ShimGuest guest = this->guest();
  const auto filled = [&] {
    or_throw(guest.memory().fill(guest.store(), ShimGuest::kBuffer, 0xee, 256));
  };
  filled();
  ASSERT_EQ(guest.call("fd_fdstat_get", kBox, ShimGuest::kBuffer), Errno::Success);
  EXPECT_EQ(guest.load<std::uint8_t>(ShimGuest::kBuffer + 1), 0);
  EXPECT_EQ(guest.load<std::uint32_t>(ShimGuest::kBuffer + 4), 0u);
  filled();
  ASSERT_EQ(guest.call("fd_filestat_get", kBox, ShimGuest::kBuffer), Errno::Success);
  for (int i = 17; i < 24; ++i) EXPECT_EQ(guest.load<std::uint8_t>(ShimGuest::kBuffer + i), 0);
  filled();
  ASSERT_EQ(guest.call("fd_prestat_get", kBox, ShimGuest::kBuffer), Errno::Success);
  EXPECT_EQ(guest.load<std::uint32_t>(ShimGuest::kBuffer), 0u);
  EXPECT_EQ(guest.load<std::uint32_t>(ShimGuest::kBuffer + 4), 4u);
  filled();
  ASSERT_EQ(guest.call("fd_readdir", kBox, ShimGuest::kBuffer, 24, 0, ShimGuest::kResult),
            Errno::Success);
  for (int i = 21; i < 24; ++i) EXPECT_EQ(guest.load<std::uint8_t>(ShimGuest::kBuffer + i), 0);
}

TEST_P(ShimFile, PreopenedDirectoriesTellTheirNames) {
  ShimGuest guest = this->guest();
  EXPECT_EQ(guest.call("fd_prestat_dir_name", kBox, ShimGuest::kBuffer, 4), Errno::Success);
  EXPECT_EQ(guest.text(ShimGuest::kBuffer, 4), "/box");
  EXPECT_EQ(guest.call("fd_prestat_dir_name", kBox, ShimGuest::kBuffer, 3), Errno::NameTooLong);
  EXPECT_EQ(guest.call("fd_prestat_dir_name", kBox, ShimGuest::kBuffer, 99), Errno::Success);
  EXPECT_EQ(guest.call("fd_prestat_get", 0, ShimGuest::kBuffer), Errno::Badf);
  EXPECT_EQ(guest.call("fd_prestat_get", kBox + 1, ShimGuest::kBuffer), Errno::Badf);
  ASSERT_EQ(guest.open(kBox, ".", 0, oflag::kDirectory), Errno::Success);
  EXPECT_EQ(guest.call("fd_prestat_get", guest.opened, ShimGuest::kBuffer), Errno::Badf);
  EXPECT_EQ(guest.call("fd_renumber", guest.opened, kBox), Errno::Success);
  EXPECT_EQ(guest.call("fd_prestat_get", kBox, ShimGuest::kBuffer), Errno::Badf);
}

// Names with cookies, as a guest collects them with a buffer of that size.
std::vector<std::pair<std::string, Dirent>> list(ShimGuest& guest, Fd fd, Size buffer) {
  std::vector<std::pair<std::string, Dirent>> entries;
  Cookie cookie = 0;
  while (true) {
    EXPECT_EQ(guest.call("fd_readdir", fd, ShimGuest::kBuffer, buffer, cookie, ShimGuest::kResult),
              Errno::Success);
    const Size used = guest.result();
    EXPECT_LE(used, buffer);
    for (Size at = 0; at + sizeof(Dirent) <= used;) {
      const auto entry = guest.load<Dirent>(ShimGuest::kBuffer + at);
      at += sizeof entry;
      if (at + entry.namlen > used) break;  // cut off: comes again
      entries.emplace_back(guest.text(ShimGuest::kBuffer + at, entry.namlen), entry);
      cookie = entry.next;
      at += entry.namlen;
    }
    if (used < buffer) return entries;
    if (entries.size() > 10'000) return {};
  }
}

TEST_P(ShimFile, ReaddirGivesEveryEntryOnceWhateverTheBuffer) {
  ShimGuest guest = this->guest();
  EXPECT_EQ(list(guest, kBox, 4096).size(), 2u);
  std::set<std::string> expected{".", ".."};
  for (int i = 0; i < 300; ++i) {
    const std::string name =
        "file" + std::string(static_cast<std::size_t>(i) % 50, 'x') + std::to_string(i);
    dir_.write("box/" + name, "");
    expected.insert(name);
  }
  for (const Size buffer : {150u, 300u, 4096u, 65536u}) {
    const auto entries = list(guest, kBox, buffer);
    EXPECT_EQ(entries.size(), expected.size()) << buffer;
    std::set<std::string> names;
    for (const auto& [name, entry] : entries) names.insert(name);
    EXPECT_EQ(names, expected) << buffer;
  }
  // Any cookie can be resumed from.
  const auto entries = list(guest, kBox, 65536);
  for (const std::size_t i : {std::size_t{0}, std::size_t{7}, entries.size() - 2}) {
    ASSERT_EQ(guest.call("fd_readdir", kBox, ShimGuest::kBuffer, 4096, entries[i].second.next,
                         ShimGuest::kResult),
              Errno::Success);
    const auto next = guest.load<Dirent>(ShimGuest::kBuffer);
    EXPECT_EQ(guest.text(ShimGuest::kBuffer + sizeof next, next.namlen), entries[i + 1].first);
  }
}

TEST_P(ShimFile, ReaddirAgreesWithFilestat) {
  ShimGuest guest = this->guest();
  dir_.write("box/file", "");
  dir_.make_dir("box/dir");
  dir_.link("file", "box/link");
  for (const auto& [name, entry] : list(guest, kBox, 4096)) {
    if (name == "..") continue;  // what is above is not the guest's to know
    guest.put_text(ShimGuest::kPath, name);
    ASSERT_EQ(
        guest.call("path_filestat_get", kBox, 0, ShimGuest::kPath, name.size(), ShimGuest::kBuffer),
        Errno::Success);
    const auto filestat = guest.load<Filestat>(ShimGuest::kBuffer);
    EXPECT_EQ(entry.ino, filestat.ino) << name;
    EXPECT_EQ(entry.type, filestat.filetype) << name;
  }
  ASSERT_EQ(guest.open(kBox, "file"), Errno::Success);
  EXPECT_EQ(guest.call("fd_readdir", guest.opened, ShimGuest::kBuffer, 100, 0, ShimGuest::kResult),
            Errno::NotDir);
  EXPECT_EQ(guest.call("fd_readdir", kBox, ShimGuest::kBuffer, 100, ~0ull, ShimGuest::kResult),
            Errno::Inval);
}

TEST_P(ShimFile, TimesThatNoTimestampHoldsAreClamped) {
  ShimGuest guest = this->guest();
  dir_.write("box/f", "");
  const timespec before_1970[2] = {{-1000, 0}, {-1000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (dir_.box() / "f").c_str(), before_1970, 0), 0);
  ASSERT_EQ(guest.open(kBox, "f"), Errno::Success);
  ASSERT_EQ(guest.call("fd_filestat_get", guest.opened, ShimGuest::kBuffer), Errno::Success);
  EXPECT_EQ(guest.load<Filestat>(ShimGuest::kBuffer).mtim, 0u);
}

TEST_P(ShimFile, StreamsOfTheHostsMaking) {
  Config config;
  config.stdin_bytes("some input");
  Capture out = config.capture_stdout();
  std::string err;
  or_throw(config.stderr_callback([&](std::span<const std::uint8_t> bytes) -> Result<std::size_t> {
    err.append(Bytes(bytes).text());
    return bytes.size();
  }));
  ShimGuest guest = this->guest(std::move(config));
  std::string text;
  EXPECT_EQ(guest.read(0, 4, text), Errno::Success);
  EXPECT_EQ(text, "some");
  EXPECT_EQ(guest.read(0, 100, text), Errno::Success);
  EXPECT_EQ(text, " input");
  EXPECT_EQ(guest.read(0, 100, text), Errno::Success);
  EXPECT_EQ(text, "");
  EXPECT_EQ(guest.write(1, "out"), Errno::Success);
  EXPECT_EQ(guest.result(), 3u);
  EXPECT_EQ(guest.write(2, "error"), Errno::Success);
  EXPECT_EQ(out.contents(), "out");
  EXPECT_EQ(err, "error");
  EXPECT_EQ(guest.read(1, 1, text), Errno::Badf);
  EXPECT_EQ(guest.write(0, "x"), Errno::Badf);
  EXPECT_EQ(guest.call("fd_seek", 1, 0, 0, ShimGuest::kResult), Errno::Spipe);
  EXPECT_EQ(guest.call("fd_pread", 0, ShimGuest::kList, 1, 0, ShimGuest::kResult), Errno::Spipe);
  EXPECT_EQ(guest.call("fd_filestat_get", 1, ShimGuest::kBuffer), Errno::Success);
  // A stream can be renumbered, and its old number be another file.
  EXPECT_EQ(guest.call("fd_renumber", 1, 2), Errno::Success);
  EXPECT_EQ(guest.write(2, "more"), Errno::Success);
  EXPECT_EQ(out.contents(), "outmore");
  ASSERT_EQ(guest.open(kBox, "f", kReadWrite, oflag::kCreat), Errno::Success);
  EXPECT_EQ(guest.opened, 1u);
}

TEST_P(ShimFile, StreamsThatFailOrTakeLess) {
  Config config;
  or_throw(config.stdin_callback([](std::span<std::uint8_t> to) -> Result<std::size_t> {
    return to.size() == 1 ? Result<std::size_t>(fail(Errc::host, "no")) : 0;
  }));
  Capture out = config.capture_stdout(5);
  or_throw(config.stderr_callback([](std::span<const std::uint8_t> bytes) -> Result<std::size_t> {
    if (bytes.size() == 1) return fail(Errc::host, "no");
    if (bytes.size() == 7) throw std::runtime_error("thrown");
    return bytes.size() / 2;
  }));
  ShimGuest guest = this->guest(std::move(config));
  std::string text;
  EXPECT_EQ(guest.read(0, 1, text), Errno::Io);
  EXPECT_EQ(guest.read(0, 2, text), Errno::Success);
  EXPECT_EQ(guest.write(1, "1234567"), Errno::Success);
  EXPECT_EQ(guest.result(), 5u);
  EXPECT_EQ(guest.write(1, "8"), Errno::NoSpc);
  EXPECT_EQ(out.contents(), "12345");
  EXPECT_EQ(guest.write(2, "1"), Errno::Io);
  EXPECT_EQ(guest.write(2, "1234"), Errno::Success);
  EXPECT_EQ(guest.result(), 2u);
  guest.put(ShimGuest::kList, GuestIovec{ShimGuest::kBuffer, 7});
  const Result<Errno> thrown =
      guest.try_call("fd_write", 2, ShimGuest::kList, 1, ShimGuest::kResult);
  ASSERT_FALSE(thrown);
  EXPECT_TRUE(thrown.error().is(Errc::host));
}

TEST_P(ShimFile, ACallbackMayGrowTheMemory) {
  ShimGuest* running = nullptr;
  Config config;
  or_throw(config.stderr_callback([&](std::span<const std::uint8_t> bytes) -> Result<std::size_t> {
    const std::size_t size = bytes.size();
    EXPECT_TRUE(running->memory().grow(running->store(), 1));
    return size;
  }));
  ShimGuest guest = this->guest(std::move(config));
  running = &guest;
  EXPECT_EQ(guest.write(2, "grow"), Errno::Success);
  EXPECT_EQ(guest.result(), 4u);
}

TEST_P(ShimFile, LentFilesKeepTheirFlags) {
  int pipe[2];
  ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
  const UniqueFd reading(pipe[0]);
  UniqueFd writing(pipe[1]);
  const std::string path = "/proc/self/fd/" + std::to_string(reading.get());
  Config config;
  or_throw(config.stdin_file(path));
  ShimGuest guest = this->guest(std::move(config));
  const int lent = guest.state().fds.find(0)->host_fd();
  EXPECT_EQ(guest.call("fd_fdstat_set_flags", 0, fdflag::kNonblock), Errno::Success);
  EXPECT_EQ(::fcntl(lent, F_GETFL) & O_NONBLOCK, 0);
  std::string text;
  EXPECT_EQ(guest.read(0, 10, text), Errno::Again);
  ASSERT_EQ(::write(writing.get(), "data", 4), 4);
  EXPECT_EQ(guest.read(0, 10, text), Errno::Success);
  EXPECT_EQ(text, "data");
  writing = UniqueFd();
  EXPECT_EQ(guest.read(0, 10, text), Errno::Success);
  EXPECT_EQ(text, "");
}

INSTANTIATE_TEST_SUITE_P(Memories, ShimFile, testing::Bool(),
                         [](const auto& info) { return info.param ? "InPlace" : "Copied"; });

}  // namespace
}  // namespace weft::wasi
