// What changes a file's attributes and a descriptor's rights: times, space, rights.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/wasi/shim_guest.h"
#include "tests/wasi/temp_dir.h"

namespace weft::wasi {
namespace {

using Strategy = PathResolver::Strategy;

constexpr Fd kBox = 3;
constexpr RightSet kReadWrite = right::kFdRead | right::kFdWrite;
constexpr Timestamp kSecond = 1'000'000'000;

class ShimAttributes : public testing::TestWithParam<Strategy> {
 protected:
  ShimAttributes() {
    dir_.write("box/f", "0123456789");
    dir_.make_dir("box/dir");
    dir_.link("f", "box/link");
    dir_.link("../outside.txt", "box/out");
  }
  ~ShimAttributes() override { dir_.expect_outside_untouched(); }

  void SetUp() override {
    if (GetParam() == Strategy::Kernel && !PathResolver::kernel_supported()) {
      GTEST_SKIP() << "this kernel has no openat2";
    }
  }

  ShimGuest guest(Rights rights = {}, Config config = {}) const {
    or_throw(config.preopen(dir_.box(), "/", rights));
    return ShimGuest(std::move(config), fake::kAll, GetParam());
  }
  static Errno set_times(ShimGuest& guest, std::string_view path, Flags lookup, Timestamp atim,
                         Timestamp mtim, Flags flags) {
    guest.put_text(ShimGuest::kPath, path);
    return guest.call("path_filestat_set_times", kBox, lookup, ShimGuest::kPath, path.size(), atim,
                      mtim, flags);
  }
  [[nodiscard]] struct stat status(std::string_view path) const {
    struct stat status{};
    EXPECT_EQ(::lstat((dir_.root() / path).c_str(), &status), 0) << path;
    return status;
  }
  static Timestamp nanoseconds(const timespec& time) {
    return static_cast<Timestamp>(time.tv_sec) * kSecond + static_cast<Timestamp>(time.tv_nsec);
  }
  static Filestat filestat(ShimGuest& guest, Fd fd) {
    EXPECT_EQ(guest.call("fd_filestat_get", fd, ShimGuest::kBuffer), Errno::Success);
    return guest.load<Filestat>(ShimGuest::kBuffer);
  }
  static Fdstat fdstat(ShimGuest& guest, Fd fd) {
    EXPECT_EQ(guest.call("fd_fdstat_get", fd, ShimGuest::kBuffer), Errno::Success);
    return guest.load<Fdstat>(ShimGuest::kBuffer);
  }

  TempDir dir_;
};

TEST_P(ShimAttributes, TimesAreSetOneByOne) {
  ShimGuest guest = this->guest();
  ASSERT_EQ(guest.open(kBox, "f"), Errno::Success);
  const auto set = [&](Timestamp atim, Timestamp mtim, Flags flags) {
    EXPECT_EQ(guest.call("fd_filestat_set_times", guest.opened, atim, mtim, flags), Errno::Success);
  };
  set(11 * kSecond + 1, 22 * kSecond + 2, fstflag::kAtim | fstflag::kMtim);
  EXPECT_EQ(filestat(guest, guest.opened).atim, 11 * kSecond + 1);
  EXPECT_EQ(filestat(guest, guest.opened).mtim, 22 * kSecond + 2);
  set(33 * kSecond, 44 * kSecond, fstflag::kMtim);
  EXPECT_EQ(filestat(guest, guest.opened).atim, 11 * kSecond + 1);
  EXPECT_EQ(filestat(guest, guest.opened).mtim, 44 * kSecond);
  set(55 * kSecond, 66 * kSecond, 0);
  EXPECT_EQ(filestat(guest, guest.opened).atim, 11 * kSecond + 1);
  EXPECT_EQ(filestat(guest, guest.opened).mtim, 44 * kSecond);
  set(0, 0, fstflag::kAtimNow);
  EXPECT_GT(filestat(guest, guest.opened).atim, 1'700'000'000 * kSecond);
  EXPECT_EQ(filestat(guest, guest.opened).mtim, 44 * kSecond);
  EXPECT_EQ(guest.call("fd_filestat_set_times", kBox, 0, 77 * kSecond, fstflag::kMtim),
            Errno::Success);
  EXPECT_EQ(nanoseconds(status("box").st_mtim), 77 * kSecond);
  EXPECT_EQ(guest.call("fd_filestat_set_times", 99, 0, 0, 0), Errno::Badf);
}

TEST_P(ShimAttributes, ContradictoryTimesAreRefused) {
  ShimGuest guest = this->guest();
  ASSERT_EQ(guest.open(kBox, "f"), Errno::Success);
  const timespec before = status("box/f").st_mtim;
  for (const Flags flags : {fstflag::kAtim | fstflag::kAtimNow, fstflag::kMtim | fstflag::kMtimNow,
                            fstflag::kMtim | 1u << 4, fstflag::kAll, 1u << 31}) {
    EXPECT_EQ(guest.call("fd_filestat_set_times", guest.opened, 1, 1, flags), Errno::Inval);
    EXPECT_EQ(set_times(guest, "f", 0, 1, 1, flags), Errno::Inval);
  }
  EXPECT_EQ(set_times(guest, "f", 2, 1, 1, fstflag::kMtim), Errno::Inval);
  EXPECT_EQ(nanoseconds(status("box/f").st_mtim), nanoseconds(before));
}

TEST_P(ShimAttributes, TimesOfALinkAreNotThoseOfItsTarget) {
  ShimGuest guest = this->guest();
  const Timestamp file = nanoseconds(status("box/f").st_mtim);
  EXPECT_EQ(set_times(guest, "link", 0, 0, 5 * kSecond, fstflag::kMtim), Errno::Success);
  EXPECT_EQ(nanoseconds(status("box/link").st_mtim), 5 * kSecond);
  EXPECT_EQ(nanoseconds(status("box/f").st_mtim), file);
  EXPECT_EQ(set_times(guest, "link", kSymlinkFollow, 0, 6 * kSecond, fstflag::kMtim),
            Errno::Success);
  EXPECT_EQ(nanoseconds(status("box/link").st_mtim), 5 * kSecond);
  EXPECT_EQ(nanoseconds(status("box/f").st_mtim), 6 * kSecond);
  EXPECT_EQ(set_times(guest, "dir/", 0, 0, 7 * kSecond, fstflag::kMtim), Errno::Success);
  EXPECT_EQ(nanoseconds(status("box/dir").st_mtim), 7 * kSecond);
  EXPECT_EQ(set_times(guest, "f/", 0, 0, 7 * kSecond, fstflag::kMtim), Errno::NotDir);
  EXPECT_EQ(set_times(guest, "none", 0, 0, 7 * kSecond, fstflag::kMtim), Errno::NoEnt);
}

TEST_P(ShimAttributes, TimesOutsideAreOutOfReach) {
  ShimGuest guest = this->guest();
  const Timestamp before = nanoseconds(status("outside.txt").st_mtim);
  EXPECT_EQ(set_times(guest, "out", kSymlinkFollow, 0, 1, fstflag::kMtim), Errno::Perm);
  EXPECT_EQ(set_times(guest, "out/", 0, 0, 1, fstflag::kMtim), Errno::NotDir);
  EXPECT_EQ(set_times(guest, "../outside.txt", 0, 0, 1, fstflag::kMtim), Errno::Perm);
  EXPECT_EQ(set_times(guest, "..", 0, 0, 1, fstflag::kMtim), Errno::Perm);
  EXPECT_EQ(set_times(guest, "/etc/passwd", 0, 0, 1, fstflag::kMtim), Errno::Perm);
  EXPECT_EQ(set_times(guest, "out", 0, 0, 1, fstflag::kMtim), Errno::Success);
  EXPECT_EQ(nanoseconds(status("outside.txt").st_mtim), before);
}

TEST_P(ShimAttributes, NothingIsSetInAReadOnlyTree) {
  ShimGuest guest = this->guest(Rights::read_only());
  const Timestamp before = nanoseconds(status("box/f").st_mtim);
  const Timestamp folder = nanoseconds(status("box/dir").st_mtim);
  EXPECT_EQ(set_times(guest, "f", 0, 0, 1, fstflag::kMtim), Errno::Perm);
  EXPECT_EQ(set_times(guest, "dir", 0, 0, 1, fstflag::kMtim), Errno::Perm);
  ASSERT_EQ(guest.open(kBox, "f"), Errno::Success);
  EXPECT_EQ(guest.call("fd_filestat_set_times", guest.opened, 0, 1, fstflag::kMtim), Errno::Perm);
  EXPECT_EQ(guest.call("fd_allocate", guest.opened, 0, 100), Errno::NotCapable);
  ASSERT_EQ(guest.open(kBox, "dir", 0, oflag::kDirectory), Errno::Success);
  EXPECT_EQ(guest.call("fd_filestat_set_times", guest.opened, 0, 1, fstflag::kMtim), Errno::Perm);
  EXPECT_EQ(nanoseconds(status("box/f").st_mtim), before);
  EXPECT_EQ(nanoseconds(status("box/dir").st_mtim), folder);
  EXPECT_EQ(status("box/f").st_size, 10);
}

TEST_P(ShimAttributes, NowIsWhatTheConfigsClockSays) {
  Config config;
  or_throw(config.wall_clock([] { return Timestamp{123 * kSecond}; }));
  ShimGuest guest = this->guest({}, std::move(config));
  ASSERT_EQ(guest.open(kBox, "f"), Errno::Success);
  EXPECT_EQ(guest.call("fd_filestat_set_times", guest.opened, 0, 0, fstflag::kMtimNow),
            Errno::Success);
  EXPECT_EQ(nanoseconds(status("box/f").st_mtim), 123 * kSecond);
  EXPECT_EQ(set_times(guest, "dir", 0, 0, 0, fstflag::kAtimNow), Errno::Success);
  EXPECT_EQ(nanoseconds(status("box/dir").st_atim), 123 * kSecond);
}

TEST_P(ShimAttributes, TheTimesOfLentFilesAreTheHosts) {
  Config config;
  or_throw(config.stdin_file(dir_.box() / "f"));
  or_throw(config.stdout_file(dir_.box() / "out.txt"));
  ShimGuest guest = this->guest({}, std::move(config));
  const Timestamp before = nanoseconds(status("box/f").st_mtim);
  EXPECT_EQ(guest.call("fd_filestat_set_times", 0, 0, 1, fstflag::kMtim), Errno::NotCapable);
  EXPECT_EQ(nanoseconds(status("box/f").st_mtim), before);
  // One to be written may be given the time of its last change.
  EXPECT_EQ(guest.call("fd_filestat_set_times", 1, 0, kSecond, fstflag::kMtim), Errno::Success);
  EXPECT_EQ(nanoseconds(status("box/out.txt").st_mtim), kSecond);
  EXPECT_EQ(guest.call("fd_filestat_set_times", 2, 0, 1, fstflag::kMtim), Errno::NotCapable);
}

TEST_P(ShimAttributes, SpaceIsAllocatedAndNeverTakenAway) {
  ShimGuest guest = this->guest();
  ASSERT_EQ(guest.open(kBox, "f", kReadWrite), Errno::Success);
  const Fd f = guest.opened;
  EXPECT_EQ(guest.call("fd_allocate", f, 0, 5), Errno::Success);
  EXPECT_EQ(status("box/f").st_size, 10);
  EXPECT_EQ(guest.call("fd_allocate", f, 90, 20), Errno::Success);
  EXPECT_EQ(status("box/f").st_size, 110);
  EXPECT_EQ(dir_.read("box/f"), "0123456789" + std::string(100, '\0'));
  EXPECT_EQ(guest.call("fd_allocate", f, 0, 0), Errno::Inval);
  EXPECT_EQ(guest.call("fd_allocate", f, ~0ull, 1), Errno::Inval);
  EXPECT_EQ(guest.call("fd_allocate", f, 1, ~0ull), Errno::Inval);
  // Each a size that a file can have, but not their sum.
  EXPECT_EQ(guest.call("fd_allocate", f, ~0ull >> 1, ~0ull >> 1), Errno::Fbig);
  EXPECT_EQ(guest.call("fd_allocate", kBox, 0, 1), Errno::IsDir);
  EXPECT_EQ(guest.call("fd_allocate", 1, 0, 1), Errno::NotCapable);
  EXPECT_EQ(guest.call("fd_allocate", 99, 0, 1), Errno::Badf);
  ASSERT_EQ(guest.open(kBox, "f"), Errno::Success);
  EXPECT_EQ(guest.call("fd_allocate", guest.opened, 0, 1000), Errno::NotCapable);
  EXPECT_EQ(status("box/f").st_size, 110);
}

TEST_P(ShimAttributes, RightsCanOnlyBeDropped) {
  ShimGuest guest = this->guest();
  ASSERT_EQ(guest.open(kBox, "f", kReadWrite), Errno::Success);
  const Fd f = guest.opened;
  const RightSet all = fdstat(guest, f).rights_base;
  EXPECT_EQ(guest.call("fd_fdstat_set_rights", f, all, 0), Errno::Success);
  EXPECT_EQ(guest.call("fd_fdstat_set_rights", f, all & ~right::kFdWrite, 0), Errno::Success);
  EXPECT_EQ(fdstat(guest, f).rights_base, all & ~right::kFdWrite);
  EXPECT_EQ(guest.write(f, "x"), Errno::Badf);
  EXPECT_EQ(guest.call("fd_fdstat_set_rights", f, all, 0), Errno::NotCapable);
  EXPECT_EQ(guest.call("fd_fdstat_set_rights", f, 0, 1), Errno::NotCapable);
  EXPECT_EQ(guest.call("fd_fdstat_set_rights", f, 1ull << 63, 0), Errno::NotCapable);
  EXPECT_EQ(fdstat(guest, f).rights_base, all & ~right::kFdWrite);
  std::string text;
  EXPECT_EQ(guest.read(f, 3, text), Errno::Success);
  EXPECT_EQ(guest.call("fd_fdstat_set_rights", f, 0, 0), Errno::Success);
  EXPECT_EQ(guest.read(f, 3, text), Errno::Badf);
  EXPECT_EQ(guest.call("fd_filestat_get", f, ShimGuest::kBuffer), Errno::NotCapable);
  EXPECT_EQ(guest.call("fd_close", f), Errno::Success);
  EXPECT_EQ(guest.call("fd_fdstat_set_rights", f, 0, 0), Errno::Badf);
  EXPECT_EQ(dir_.read("box/f"), "0123456789");
}

TEST_P(ShimAttributes, DroppedRightsOfADirectoryAreThoseOfWhatIsOpenedInIt) {
  ShimGuest guest = this->guest();
  const Fdstat before = fdstat(guest, kBox);
  const RightSet base = before.rights_base & ~right::kPathFilestatSetTimes;
  const RightSet inheriting = before.rights_inheriting & ~(kFileWriting | right::kPathUnlinkFile);
  ASSERT_EQ(guest.call("fd_fdstat_set_rights", kBox, base, inheriting), Errno::Success);
  EXPECT_EQ(set_times(guest, "f", 0, 0, 1, fstflag::kMtim), Errno::NotCapable);
  ASSERT_EQ(guest.open(kBox, "f", kReadWrite), Errno::Success);
  EXPECT_EQ(guest.write(guest.opened, "x"), Errno::Badf);
  EXPECT_EQ(guest.call("fd_allocate", guest.opened, 0, 100), Errno::NotCapable);
  // Nor by way of a directory inside.
  ASSERT_EQ(guest.open(kBox, ".", 0, oflag::kDirectory), Errno::Success);
  EXPECT_EQ(fdstat(guest, guest.opened).rights_base & right::kPathFilestatSetTimes, 0u);
  ASSERT_EQ(guest.open(guest.opened, "f", kReadWrite), Errno::Success);
  EXPECT_EQ(guest.write(guest.opened, "x"), Errno::Badf);
  EXPECT_EQ(dir_.read("box/f"), "0123456789");
}

INSTANTIATE_TEST_SUITE_P(Strategies, ShimAttributes,
                         testing::Values(Strategy::Kernel, Strategy::Walk), [](const auto& info) {
                           return info.param == Strategy::Kernel ? "Kernel" : "Walk";
                         });

}  // namespace
}  // namespace weft::wasi
