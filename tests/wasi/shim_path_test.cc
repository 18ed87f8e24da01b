// path_* and the sandbox as a guest sees them, by both strategies of resolution.
#include <gtest/gtest.h>

#include "tests/wasi/shim_guest.h"
#include "tests/wasi/temp_dir.h"

namespace weft::wasi {
namespace {

using Strategy = PathResolver::Strategy;

constexpr Fd kBox = 3;
constexpr RightSet kReadWrite = right::kFdRead | right::kFdWrite;
constexpr RightSet kAllRights = ~RightSet{0} & ~(right::kFdWrite | right::kFdAllocate);

class ShimPath : public testing::TestWithParam<Strategy> {
 protected:
  ShimPath() {
    dir_.make_dir("box/dir");
    dir_.write("box/in.txt", "in");
  }
  ~ShimPath() override { dir_.expect_outside_untouched(); }

  void SetUp() override {
    if (GetParam() == Strategy::Kernel && !PathResolver::kernel_supported()) {
      GTEST_SKIP() << "this kernel has no openat2";
    }
  }

  ShimGuest guest(Rights rights = {}) {
    Config config;
    or_throw(config.preopen(dir_.box(), "/", rights));
    return ShimGuest(std::move(config), fake::kAll, GetParam());
  }

  TempDir dir_;
};

TEST_P(ShimPath, NothingOutsideCanBeReachedByAnyFunction) {
  ShimGuest guest = this->guest();
  dir_.link("../outdir", "box/outdir");
  for (const std::string outside :
       {"../outside.txt", "/etc/passwd", "dir/../../outside.txt", "outdir/f", "../box/in.txt"}) {
    const std::string fresh = outside + ".new";
    EXPECT_EQ(guest.open(kBox, outside), Errno::Perm) << outside;
    EXPECT_EQ(guest.open(kBox, outside, kReadWrite, oflag::kCreat), Errno::Perm) << outside;
    EXPECT_EQ(guest.open(kBox, outside, 0, oflag::kTrunc), Errno::Perm) << outside;
    EXPECT_EQ(guest.open(kBox, fresh, kReadWrite, oflag::kCreat | oflag::kExcl), Errno::Perm);
    EXPECT_EQ(guest.path_call("path_create_directory", kBox, fresh), Errno::Perm);
    EXPECT_EQ(guest.path_call("path_remove_directory", kBox, outside), Errno::Perm);
    EXPECT_EQ(guest.path_call("path_unlink_file", kBox, outside), Errno::Perm) << outside;
    EXPECT_EQ(guest.two_paths("path_rename", kBox, outside, kBox, "x"), Errno::Perm);
    EXPECT_EQ(guest.two_paths("path_rename", kBox, "in.txt", kBox, fresh), Errno::Perm);
    EXPECT_EQ(guest.two_paths("path_link", kBox, outside, kBox, "x"), Errno::Perm);
    EXPECT_EQ(guest.two_paths("path_link", kBox, "in.txt", kBox, fresh), Errno::Perm);
    EXPECT_EQ(guest.symlink("in.txt", kBox, fresh), Errno::Perm);
    EXPECT_EQ(guest.path_call("path_readlink", kBox, outside, ShimGuest::kBuffer, 100,
                              ShimGuest::kResult),
              Errno::Perm);
    guest.put_text(ShimGuest::kPath, outside);
    for (const Flags lookup : {0u, kSymlinkFollow}) {
      EXPECT_EQ(guest.call("path_filestat_get", kBox, lookup, ShimGuest::kPath, outside.size(),
                           ShimGuest::kBuffer),
                Errno::Perm)
          << outside;
    }
  }
  EXPECT_EQ(dir_.read("box/in.txt"), "in");
}

TEST_P(ShimPath, LinksOfTheGuestsOwnMakingLeadNowhereOutside) {
  ShimGuest guest = this->guest();
  EXPECT_EQ(guest.symlink("/etc/passwd", kBox, "absolute"), Errno::Perm);
  EXPECT_EQ(guest.symlink("/", kBox, "absolute"), Errno::Perm);
  // Any other text may be written; where it leads is looked at when it is used.
  EXPECT_EQ(guest.symlink(".", kBox, "self"), Errno::Success);
  EXPECT_EQ(guest.symlink("self/..", kBox, "up"), Errno::Success);
  EXPECT_EQ(guest.symlink("../../../../../../etc/passwd", kBox, "passwd"), Errno::Success);
  EXPECT_EQ(guest.symlink("../outside.txt", kBox, "out"), Errno::Success);
  EXPECT_EQ(guest.symlink("../created.txt", kBox, "dangling"), Errno::Success);
  for (const char* path : {"up", "up/outside.txt", "up/box/in.txt", "passwd", "out", "dangling"}) {
    EXPECT_EQ(guest.open(kBox, path), Errno::Perm) << path;
    EXPECT_EQ(guest.open(kBox, path, kReadWrite, oflag::kCreat), Errno::Perm) << path;
    EXPECT_EQ(guest.open(kBox, path, kReadWrite, oflag::kTrunc), Errno::Perm) << path;
  }
  // A link as the name of an operation is the link, not what it names.
  EXPECT_EQ(guest.two_paths("path_link", kBox, "out", kBox, "hard"), Errno::Success);
  EXPECT_EQ(guest.open(kBox, "hard"), Errno::Perm);
  EXPECT_EQ(guest.two_paths("path_rename", kBox, "in.txt", kBox, "out"), Errno::Success);
  EXPECT_EQ(dir_.read("box/out"), "in");
  EXPECT_EQ(guest.path_call("path_unlink_file", kBox, "passwd"), Errno::Success);
}

TEST_P(ShimPath, SlashesAtTheEndDoNotFollowLinks) {
  ShimGuest guest = this->guest();
  dir_.link("../outdir", "box/outdir");
  dir_.link("../outside.txt/", "box/out");
  for (const char* path : {"outdir/", "outdir//", "out/", "out", "outdir"}) {
    EXPECT_NE(guest.open(kBox, path, 0, 0, 0), Errno::Success) << path;
    EXPECT_NE(guest.open(kBox, path, 0, oflag::kDirectory, 0), Errno::Success) << path;
    EXPECT_NE(guest.open(kBox, path, 0, 0, kSymlinkFollow), Errno::Success) << path;
  }
  for (const char* path : {"outdir/", "outdir/.", "outdir/.."}) {
    EXPECT_NE(guest.path_call("path_remove_directory", kBox, path), Errno::Success) << path;
    EXPECT_NE(guest.path_call("path_unlink_file", kBox, path), Errno::Success) << path;
    EXPECT_NE(guest.two_paths("path_rename", kBox, path, kBox, "x"), Errno::Success) << path;
  }
}

TEST_P(ShimPath, ADirectoryBelowIsABorderToo) {
  ShimGuest guest = this->guest();
  ASSERT_EQ(guest.open(kBox, "dir", 0, oflag::kDirectory), Errno::Success);
  const Fd dir = guest.opened;
  EXPECT_EQ(guest.open(dir, "../in.txt"), Errno::Perm);
  EXPECT_EQ(guest.open(dir, "../dir"), Errno::Perm);
  EXPECT_EQ(guest.two_paths("path_rename", kBox, "dir", kBox, "moved"), Errno::Success);
  EXPECT_EQ(guest.open(dir, ".."), Errno::Perm);
  EXPECT_EQ(guest.open(dir, "."), Errno::Success);
}

TEST_P(ShimPath, SlashesAtTheEndMeanADirectory) {
  ShimGuest guest = this->guest();
  EXPECT_EQ(guest.open(kBox, "dir/"), Errno::Success);
  EXPECT_EQ(guest.open(kBox, "in.txt/"), Errno::NotDir);
  EXPECT_EQ(guest.open(kBox, "new/", kReadWrite, oflag::kCreat), Errno::IsDir);
  EXPECT_EQ(guest.path_call("path_create_directory", kBox, "made/"), Errno::Success);
  EXPECT_EQ(guest.two_paths("path_rename", kBox, "made/", kBox, "made2/"), Errno::Success);
  EXPECT_EQ(guest.two_paths("path_rename", kBox, "in.txt/", kBox, "x"), Errno::NotDir);
  EXPECT_EQ(guest.two_paths("path_rename", kBox, "in.txt", kBox, "x/"), Errno::NotDir);
  EXPECT_EQ(guest.path_call("path_unlink_file", kBox, "made2/"), Errno::IsDir);
  EXPECT_EQ(guest.path_call("path_unlink_file", kBox, "in.txt/"), Errno::NotDir);
  EXPECT_EQ(guest.path_call("path_unlink_file", kBox, "none/"), Errno::NoEnt);
  EXPECT_EQ(guest.path_call("path_remove_directory", kBox, "in.txt/"), Errno::NotDir);
  EXPECT_EQ(guest.path_call("path_remove_directory", kBox, "made2/"), Errno::Success);
  EXPECT_EQ(guest.symlink("x", kBox, "new/"), Errno::NoEnt);
  EXPECT_EQ(guest.symlink("x", kBox, "dir/"), Errno::Exist);
  EXPECT_EQ(guest.symlink("x", kBox, "in.txt/"), Errno::NotDir);
  EXPECT_EQ(guest.two_paths("path_link", kBox, "in.txt", kBox, "new/"), Errno::NoEnt);
  EXPECT_EQ(guest.two_paths("path_link", kBox, "in.txt/", kBox, "new"), Errno::NotDir);
  EXPECT_EQ(dir_.read("box/in.txt"), "in");
}

TEST_P(ShimPath, PathsAreCheckedBeforeTheyAreUsed) {
  ShimGuest guest = this->guest();
  EXPECT_EQ(guest.open(kBox, ""), Errno::NoEnt);
  EXPECT_EQ(guest.open(kBox, std::string_view("in.txt\0", 7)), Errno::Inval);
  EXPECT_EQ(guest.open(kBox, std::string_view("in.txt\0x", 8)), Errno::Inval);
  EXPECT_EQ(guest.symlink(std::string_view("a\0b", 3), kBox, "x"), Errno::Inval);
  EXPECT_EQ(guest.symlink("", kBox, "x"), Errno::NoEnt);
  EXPECT_EQ(guest.open(kBox, std::string(5000, 'x')), Errno::NameTooLong);
  constexpr std::uint64_t kEnd = ShimGuest::kMemoryBytes;
  for (const auto& [address, length] : {std::pair<std::uint64_t, std::uint64_t>{kEnd - 1, 2},
                                        {0xffff'ffff, 1},
                                        {0, kEnd + 1},
                                        {0xffff'fff0, 0x20},
                                        {1, 0xffff'ffff}}) {
    EXPECT_EQ(guest.call("path_unlink_file", kBox, address, length), Errno::Fault);
    EXPECT_EQ(guest.call("path_symlink", address, length, kBox, ShimGuest::kPath, 1), Errno::Fault);
  }
}

TEST_P(ShimPath, AReadOnlyTreeCannotBeChanged) {
  ShimGuest guest = this->guest(Rights::read_only());
  EXPECT_EQ(guest.open(kBox, "in.txt", right::kFdRead), Errno::Success);
  EXPECT_EQ(guest.open(kBox, "in.txt", kAllRights), Errno::Success);
  EXPECT_EQ(guest.open(kBox, "in.txt", kReadWrite), Errno::Perm);
  // Truncation needs no right to write among those asked for.
  EXPECT_EQ(guest.open(kBox, "in.txt", right::kFdRead, oflag::kTrunc), Errno::Perm);
  EXPECT_EQ(guest.open(kBox, "in.txt", 0, oflag::kTrunc), Errno::Perm);
  EXPECT_EQ(guest.open(kBox, "new", right::kFdRead, oflag::kCreat), Errno::Perm);
  ASSERT_EQ(guest.open(kBox, "dir", 0, oflag::kDirectory), Errno::Success);
  const Fd dir = guest.opened;
  EXPECT_EQ(guest.open(dir, "new", right::kFdRead, oflag::kCreat), Errno::Perm);
  EXPECT_EQ(guest.path_call("path_create_directory", kBox, "new"), Errno::Perm);
  EXPECT_EQ(guest.path_call("path_remove_directory", kBox, "dir"), Errno::Perm);
  EXPECT_EQ(guest.path_call("path_unlink_file", kBox, "in.txt"), Errno::Perm);
  EXPECT_EQ(guest.two_paths("path_rename", kBox, "in.txt", kBox, "x"), Errno::Perm);
  EXPECT_EQ(guest.two_paths("path_link", kBox, "in.txt", kBox, "x"), Errno::Perm);
  EXPECT_EQ(guest.symlink("in.txt", kBox, "x"), Errno::Perm);
  ASSERT_EQ(guest.open(kBox, "in.txt", right::kFdRead), Errno::Success);
  EXPECT_EQ(guest.call("fd_filestat_set_size", guest.opened, 0), Errno::NotCapable);
  EXPECT_EQ(guest.write(guest.opened, "x"), Errno::Badf);
  EXPECT_EQ(dir_.read("box/in.txt"), "in");
}

TEST_P(ShimPath, MovingBetweenTreesWidensNothing) {
  dir_.make_dir("box/ro");
  dir_.make_dir("box/rw");
  dir_.write("box/ro/file", "ro");
  dir_.write("box/rw/file", "rw");
  Config config;
  // Names may be moved about in both, but files only written in the second.
  or_throw(config.preopen(dir_.root() / "box/ro", "/ro", {.read = true, .write = false}));
  or_throw(config.preopen(dir_.root() / "box/rw", "/rw"));
  ShimGuest guest(std::move(config), fake::kAll, GetParam());
  EXPECT_EQ(guest.two_paths("path_link", 3, "file", 4, "x"), Errno::Perm);
  EXPECT_EQ(guest.two_paths("path_rename", 3, "file", 4, "x"), Errno::Perm);
  EXPECT_EQ(guest.two_paths("path_link", 4, "file", 3, "x"), Errno::Success);
  EXPECT_EQ(guest.two_paths("path_rename", 4, "file", 3, "y"), Errno::Success);
  EXPECT_EQ(dir_.read("box/ro/file"), "ro");
}

TEST_P(ShimPath, RightsOfAFileAreThoseAskedForAndAllowed) {
  ShimGuest guest = this->guest();
  guest.put_text(ShimGuest::kPath, "in.txt");
  ASSERT_EQ(guest.open(kBox, "in.txt", right::kFdRead), Errno::Success);
  ASSERT_EQ(guest.call("fd_fdstat_get", guest.opened, ShimGuest::kBuffer), Errno::Success);
  const auto fdstat = guest.load<Fdstat>(ShimGuest::kBuffer);
  EXPECT_EQ(fdstat.filetype, FileType::RegularFile);
  EXPECT_EQ(fdstat.rights_base & kReadWrite, right::kFdRead);
  EXPECT_EQ(fdstat.rights_inheriting, 0u);
  // A directory opened to inherit less passes less on.
  guest.put_text(ShimGuest::kPath, ".");
  ASSERT_EQ(guest.call("path_open", kBox, 0, ShimGuest::kPath, 1, oflag::kDirectory, 0,
                       right::kFdRead, 0, ShimGuest::kResult),
            Errno::Success);
  const Fd narrow = guest.load<Fd>(ShimGuest::kResult);
  ASSERT_EQ(guest.open(narrow, "in.txt", kReadWrite), Errno::Success);
  EXPECT_EQ(guest.write(guest.opened, "x"), Errno::Badf);
  std::string text;
  EXPECT_EQ(guest.read(guest.opened, 10, text), Errno::Success);
  EXPECT_EQ(text, "in");
}

TEST_P(ShimPath, OpenFlagsMeanWhatTheySay) {
  ShimGuest guest = this->guest();
  EXPECT_EQ(guest.open(kBox, "in.txt", kReadWrite, oflag::kCreat | oflag::kExcl), Errno::Exist);
  EXPECT_EQ(guest.open(kBox, "in.txt", right::kFdRead, oflag::kDirectory), Errno::NotDir);
  EXPECT_EQ(guest.open(kBox, "none", right::kFdRead), Errno::NoEnt);
  EXPECT_EQ(guest.open(kBox, "dir", kReadWrite, oflag::kDirectory), Errno::IsDir);
  EXPECT_EQ(guest.open(kBox, "x", kReadWrite, oflag::kCreat | oflag::kDirectory), Errno::Inval);
  EXPECT_EQ(guest.open(kBox, "in.txt", right::kFdRead, 0x10), Errno::Inval);
  EXPECT_EQ(guest.open(kBox, "in.txt", right::kFdRead, 0, 2), Errno::Inval);
  EXPECT_EQ(guest.open(kBox, "in.txt", right::kFdRead, 0, 0, 0x20), Errno::Inval);
  EXPECT_EQ(guest.open(0, "in.txt"), Errno::NotDir);
  EXPECT_EQ(guest.open(99, "in.txt"), Errno::Badf);
  ASSERT_EQ(guest.open(kBox, "in.txt", 0, oflag::kTrunc), Errno::Success);
  EXPECT_EQ(dir_.read("box/in.txt"), "");
  ASSERT_EQ(guest.open(kBox, "in.txt", kReadWrite, 0, 0, fdflag::kAppend), Errno::Success);
  EXPECT_EQ(guest.write(guest.opened, "ab"), Errno::Success);
  EXPECT_EQ(guest.call("fd_seek", guest.opened, 0, 0, ShimGuest::kResult), Errno::Success);
  EXPECT_EQ(guest.write(guest.opened, "cd"), Errno::Success);
  EXPECT_EQ(dir_.read("box/in.txt"), "abcd");
  EXPECT_EQ(guest.call("fd_fdstat_set_flags", guest.opened, 0), Errno::Success);
  EXPECT_EQ(guest.call("fd_seek", guest.opened, 0, 0, ShimGuest::kResult), Errno::Success);
  EXPECT_EQ(guest.write(guest.opened, "x"), Errno::Success);
  EXPECT_EQ(dir_.read("box/in.txt"), "xbcd");
  EXPECT_EQ(guest.call("fd_fdstat_set_flags", guest.opened, fdflag::kSync), Errno::NotSup);
  EXPECT_EQ(guest.call("fd_fdstat_set_flags", guest.opened, 0x40), Errno::Inval);
}

TEST_P(ShimPath, OpeningAPipeDoesNotHang) {
  ASSERT_EQ(::mkfifo((dir_.box() / "pipe").c_str(), 0600), 0);
  ShimGuest guest = this->guest();
  EXPECT_EQ(guest.open(kBox, "pipe", right::kFdRead), Errno::Success);
  ASSERT_EQ(guest.open(kBox, "pipe", right::kFdWrite), Errno::Success);  // there is a reader now
  EXPECT_EQ(guest.write(guest.opened, "x"), Errno::Success);
}

TEST_P(ShimPath, FilestatAndReadlinkTellOfTheLinkOrItsTarget) {
  ShimGuest guest = this->guest();
  dir_.link("in.txt", "box/link");
  dir_.link("/etc/passwd", "box/absolute");
  const auto filestat = [&](std::string_view path, Flags lookup) {
    guest.put_text(ShimGuest::kPath, path);
    EXPECT_EQ(guest.call("path_filestat_get", kBox, lookup, ShimGuest::kPath, path.size(),
                         ShimGuest::kBuffer),
              Errno::Success);
    return guest.load<Filestat>(ShimGuest::kBuffer);
  };
  EXPECT_EQ(filestat("link", 0).filetype, FileType::SymbolicLink);
  EXPECT_EQ(filestat("link", kSymlinkFollow).filetype, FileType::RegularFile);
  EXPECT_EQ(filestat("link", kSymlinkFollow).size, 2u);
  EXPECT_EQ(filestat(".", 0).filetype, FileType::Directory);
  const auto readlink = [&](std::string_view path, Size size) {
    return guest.path_call("path_readlink", kBox, path, ShimGuest::kBuffer, size,
                           ShimGuest::kResult);
  };
  EXPECT_EQ(readlink("link", 100), Errno::Success);
  EXPECT_EQ(guest.text(ShimGuest::kBuffer, guest.result()), "in.txt");
  EXPECT_EQ(readlink("link", 2), Errno::Success);
  EXPECT_EQ(guest.result(), 2u);
  EXPECT_EQ(readlink("in.txt", 100), Errno::Inval);
  EXPECT_EQ(readlink("absolute", 100), Errno::Perm);
}

TEST_P(ShimPath, NoDescriptorIsLeaked) {
  const std::ptrdiff_t before = open_descriptors();
  {
    ShimGuest guest = this->guest();
    const std::ptrdiff_t begun = open_descriptors();
    for (int i = 0; i < 200; ++i) {
      ASSERT_EQ(guest.open(kBox, "dir/../in.txt"), Errno::Success);
      ASSERT_EQ(guest.opened, kBox + 1);
      ASSERT_EQ(guest.open(kBox, "dir/none"), Errno::NoEnt);
      ASSERT_EQ(guest.open(kBox, "in.txt/none"), Errno::NotDir);
      ASSERT_EQ(guest.path_call("path_create_directory", kBox, "dir/x/y"), Errno::NoEnt);
      ASSERT_EQ(guest.call("fd_close", kBox + 1), Errno::Success);
      ASSERT_EQ(guest.call("fd_close", kBox + 1), Errno::Badf);
    }
    EXPECT_EQ(open_descriptors(), begun);
    // The limit is the Config's, and a refused open leaves nothing behind.
    int opened = 0;
    while (guest.open(kBox, "in.txt") == Errno::Success) ++opened;
    EXPECT_EQ(opened, 1024 - 4);
    EXPECT_EQ(guest.open(kBox, "new", kReadWrite, oflag::kCreat), Errno::Mfile);
    EXPECT_FALSE(dir_.exists("box/new"));
  }
  EXPECT_EQ(open_descriptors(), before);
}

INSTANTIATE_TEST_SUITE_P(Strategies, ShimPath, testing::Values(Strategy::Kernel, Strategy::Walk),
                         [](const auto& info) {
                           return info.param == Strategy::Kernel ? "Kernel" : "Walk";
                         });

}  // namespace
}  // namespace weft::wasi
