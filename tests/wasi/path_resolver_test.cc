// Path resolution against a directory, without any guest; every rule by both strategies.
#include "wasi/path_resolver.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/wasi/temp_dir.h"

namespace weft::wasi {
namespace {

using Strategy = PathResolver::Strategy;

class Resolve : public testing::TestWithParam<Strategy> {
 protected:
  Resolve() {
    dir_.make_dir("box/dir/nested");
    dir_.write("box/in.txt", "in");
    dir_.write("box/dir/nested/file", "file");
    box_ = UniqueFd(::open(dir_.box().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  ~Resolve() override { dir_.expect_outside_untouched(); }

  void SetUp() override {
    if (GetParam() == Strategy::Kernel && !PathResolver::kernel_supported()) {
      GTEST_SKIP() << "this kernel has no openat2";
    }
  }

  Errno open(std::string_view path, int flags = O_RDONLY, Follow follow = Follow::Yes,
             int base = -1) {
    const std::ptrdiff_t before = open_descriptors();
    Errno error = Errno::Success;
    {
      const ErrnoOr<UniqueFd> fd =
          resolver_.open(base < 0 ? box_.get() : base, path, flags, 0600, follow);
      if (!fd) {
        error = fd.error();
      } else {
        const int kept = ::fcntl(fd->get(), F_GETFD);
        EXPECT_TRUE((kept & FD_CLOEXEC) != 0) << path;
        struct stat status{};
        EXPECT_EQ(::fstat(fd->get(), &status), 0);
        inode_ = status.st_ino;
        mode_ = status.st_mode;
      }
    }
    EXPECT_EQ(open_descriptors(), before) << path;
    return error;
  }
  [[nodiscard]] ino_t inode_of(std::string_view path) const {
    struct stat status{};
    EXPECT_EQ(::stat((dir_.root() / path).c_str(), &status), 0) << path;
    return status.st_ino;
  }

  TempDir dir_;
  PathResolver resolver_{GetParam()};
  UniqueFd box_;
  ino_t inode_ = 0;
  mode_t mode_ = 0;
};

TEST_P(Resolve, FindsWhatIsBelow) {
  EXPECT_EQ(open("in.txt"), Errno::Success);
  EXPECT_EQ(inode_, inode_of("box/in.txt"));
  EXPECT_EQ(open("dir/.//nested/../../dir/nested/../nested///./file"), Errno::Success);
  EXPECT_EQ(inode_, inode_of("box/dir/nested/file"));
  EXPECT_EQ(open("."), Errno::Success);
  EXPECT_EQ(inode_, inode_of("box"));
  EXPECT_EQ(open("dir/.."), Errno::Success);
  EXPECT_EQ(inode_, inode_of("box"));
  EXPECT_EQ(open("dir/nested/."), Errno::Success);
  EXPECT_EQ(inode_, inode_of("box/dir/nested"));
  EXPECT_EQ(open("none"), Errno::NoEnt);
  EXPECT_EQ(open("none/none"), Errno::NoEnt);
  EXPECT_EQ(open("in.txt/none"), Errno::NotDir);
}

TEST_P(Resolve, RefusesPathsThatAreNone) {
  EXPECT_EQ(open(""), Errno::NoEnt);
  EXPECT_EQ(open(std::string_view("in.txt\0", 7)), Errno::Inval);
  EXPECT_EQ(open(std::string_view("in\0.txt", 7)), Errno::Inval);
  EXPECT_EQ(open(std::string(5000, 'a')), Errno::NameTooLong);
  EXPECT_EQ(open(std::string(256, 'a')), Errno::NameTooLong);
}

TEST_P(Resolve, NeverGoesAboveTheDirectory) {
  EXPECT_EQ(open("/"), Errno::Perm);
  EXPECT_EQ(open("//"), Errno::Perm);
  EXPECT_EQ(open("/etc/passwd"), Errno::Perm);
  EXPECT_EQ(open(".."), Errno::Perm);
  EXPECT_EQ(open("../"), Errno::Perm);
  EXPECT_EQ(open("../outside.txt"), Errno::Perm);
  EXPECT_EQ(open("dir/../../outside.txt"), Errno::Perm);
  // Coming back doesn't help.
  EXPECT_EQ(open("../box/in.txt"), Errno::Perm);
  EXPECT_EQ(open("dir/nested/../../../box/in.txt"), Errno::Perm);
}

TEST_P(Resolve, DirectoriesBelowAreBordersToo) {
  const UniqueFd nested(::open((dir_.box() / "dir/nested").c_str(), O_PATH | O_DIRECTORY));
  EXPECT_EQ(open("..", O_RDONLY, Follow::Yes, nested.get()), Errno::Perm);
  EXPECT_EQ(open("../nested/file", O_RDONLY, Follow::Yes, nested.get()), Errno::Perm);
  // Wherever it is moved.
  std::filesystem::rename(dir_.box() / "dir/nested", dir_.box() / "moved");
  EXPECT_EQ(open("file", O_RDONLY, Follow::Yes, nested.get()), Errno::Success);
  EXPECT_EQ(open("../in.txt", O_RDONLY, Follow::Yes, nested.get()), Errno::Perm);
}

TEST_P(Resolve, FollowsLinksBelowTheDirectoryOnly) {
  dir_.link("dir/nested/file", "box/good");
  dir_.link("../in.txt", "box/dir/up");
  dir_.link("..", "box/dir/dots");
  dir_.link("../outside.txt", "box/out");
  dir_.link("../outdir", "box/outdir");
  dir_.link("../box/in.txt", "box/back");
  dir_.link("/etc/passwd", "box/absolute");
  dir_.link((dir_.box() / "in.txt").string(), "box/absolute_in");
  dir_.link("/", "box/root");
  EXPECT_EQ(open("good"), Errno::Success);
  EXPECT_EQ(inode_, inode_of("box/dir/nested/file"));
  EXPECT_EQ(open("dir/up"), Errno::Success);
  EXPECT_EQ(inode_, inode_of("box/in.txt"));
  EXPECT_EQ(open("dir/dots/in.txt"), Errno::Success);
  EXPECT_EQ(open("dir/dots/../outside.txt"), Errno::Perm);
  for (const char* path :
       {"out", "outdir", "outdir/", "outdir/.", "outdir/f", "outdir/../box/in.txt", "back",
        "absolute", "absolute_in", "root", "root/", "root/etc/passwd"}) {
    EXPECT_EQ(open(path), Errno::Perm) << path;
  }
}

TEST_P(Resolve, CountsDotsFromWhereLinksLead) {
  // By the text alone, link/../x would be x in the box.
  dir_.make_dir("box/a/b/c");
  dir_.write("box/a/b/x", "");
  dir_.link("a/b/c", "box/link");
  EXPECT_EQ(open("link/../x"), Errno::Success);
  EXPECT_EQ(inode_, inode_of("box/a/b/x"));
  // Three links, each harmless by itself, that climb out together.
  dir_.link(".", "box/self");
  dir_.link("self/..", "box/climb");
  EXPECT_EQ(open("climb"), Errno::Perm);
  EXPECT_EQ(open("climb/outside.txt"), Errno::Perm);
  EXPECT_EQ(open("climb/box/in.txt"), Errno::Perm);
}

TEST_P(Resolve, EndsLoopsOfLinks) {
  dir_.link("loop", "box/loop");
  dir_.link("b", "box/a");
  dir_.link("a", "box/b");
  EXPECT_EQ(open("loop"), Errno::Loop);
  EXPECT_EQ(open("loop/x"), Errno::Loop);
  EXPECT_EQ(open("a"), Errno::Loop);
  // 40 links in a chain are followed, 41 are not.
  dir_.link("in.txt", "box/l1");
  for (int i = 2; i <= 41; ++i) {
    dir_.link("l" + std::to_string(i - 1), "box/l" + std::to_string(i));
  }
  EXPECT_EQ(open("l40"), Errno::Success);
  EXPECT_EQ(open("l41"), Errno::Loop);
}

TEST_P(Resolve, DoesNotFollowAFinalLinkUnlessTold) {
  dir_.link("in.txt", "box/link");
  dir_.link("../outdir", "box/outdir");
  EXPECT_EQ(open("link", O_RDONLY, Follow::No), Errno::Loop);
  EXPECT_EQ(open("outdir", O_RDONLY, Follow::No), Errno::Loop);
  EXPECT_EQ(open("link", O_PATH, Follow::No), Errno::Success);
  EXPECT_TRUE(S_ISLNK(mode_));
  EXPECT_EQ(open("link", O_PATH, Follow::Yes), Errno::Success);
  EXPECT_TRUE(S_ISREG(mode_));
}

TEST_P(Resolve, SlashesAtTheEndDoNotMakeItFollow) {
  dir_.link("dir", "box/link");
  dir_.link("../outdir", "box/outdir");
  for (const char* path : {"link/", "link//", "outdir/", "outdir///"}) {
    for (const int flags : {O_RDONLY, O_RDONLY | O_DIRECTORY, O_PATH}) {
      const Errno error = open(path, flags, Follow::No);
      EXPECT_TRUE(error == Errno::Loop || error == Errno::NotDir) << path;
    }
  }
  EXPECT_EQ(open("link/"), Errno::Success);
  EXPECT_EQ(inode_, inode_of("box/dir"));
  // "." after a link names what is inside.
  EXPECT_EQ(open("link/.", O_RDONLY, Follow::No), Errno::Success);
  EXPECT_EQ(open("outdir/.", O_RDONLY, Follow::No), Errno::Perm);
}

TEST_P(Resolve, SlashesAtTheEndMeanADirectory) {
  EXPECT_EQ(open("dir/"), Errno::Success);
  EXPECT_EQ(open("dir/nested///"), Errno::Success);
  EXPECT_EQ(open("in.txt/"), Errno::NotDir);
  EXPECT_EQ(open("in.txt///"), Errno::NotDir);
  EXPECT_EQ(open("none/"), Errno::NoEnt);
  EXPECT_EQ(open("new/", O_WRONLY | O_CREAT), Errno::IsDir);
  EXPECT_FALSE(dir_.exists("box/new"));
  // A link's text counts as well.
  dir_.link("in.txt/", "box/link");
  dir_.link("dir/", "box/dirlink");
  EXPECT_EQ(open("link"), Errno::NotDir);
  EXPECT_EQ(open("dirlink"), Errno::Success);
}

TEST_P(Resolve, CreatesBelowTheDirectoryOnly) {
  dir_.link("../created.txt", "box/dangling_out");
  dir_.link((dir_.root() / "created.txt").string(), "box/dangling_absolute");
  dir_.link("dir/created.txt", "box/dangling_in");
  constexpr int kCreate = O_WRONLY | O_CREAT | O_TRUNC;
  EXPECT_EQ(open("dangling_out", kCreate), Errno::Perm);
  EXPECT_EQ(open("dangling_absolute", kCreate), Errno::Perm);
  EXPECT_EQ(open("../created.txt", kCreate), Errno::Perm);
  EXPECT_EQ(open("dangling_in", kCreate | O_EXCL), Errno::Exist);
  EXPECT_EQ(open("dangling_out", kCreate | O_EXCL), Errno::Exist);
  EXPECT_FALSE(dir_.exists("box/dir/created.txt"));
  EXPECT_EQ(open("dangling_in", kCreate), Errno::Success);
  EXPECT_TRUE(dir_.exists("box/dir/created.txt"));
  EXPECT_EQ(open("dangling_out", kCreate, Follow::No), Errno::Loop);
}

TEST_P(Resolve, GivesTheParentAndTheName) {
  struct Case {
    const char* path;
    const char* parent;
    const char* name;
    bool directory;
  };
  for (const Case& c :
       {Case{"x", "box", "x", false}, Case{"x/", "box", "x", true}, Case{"./x", "box", "x", false},
        Case{"dir/x", "box/dir", "x", false}, Case{"dir//nested//x//", "box/dir/nested", "x", true},
        Case{"dir/nested/../x", "box/dir", "x", false}, Case{".", "box", ".", true},
        Case{"dir/.", "box/dir", ".", true}, Case{"dir/nested/..", "box/dir", ".", true}}) {
    const ErrnoOr<ResolvedParent> parent = resolver_.parent(box_.get(), c.path);
    ASSERT_TRUE(parent) << c.path;
    struct stat status{};
    ASSERT_EQ(::fstat(parent->fd(), &status), 0);
    EXPECT_EQ(status.st_ino, inode_of(c.parent)) << c.path;
    EXPECT_STREQ(parent->name(), c.name) << c.path;
    EXPECT_EQ(parent->must_be_directory(), c.directory) << c.path;
  }
}

TEST_P(Resolve, RefusesParentsOutside) {
  dir_.link("../outdir", "box/outdir");
  for (const char* path :
       {"..", "../x", "/x", "outdir/f", "outdir/", "dir/../../x", "outdir/.", "outdir/.."}) {
    const ErrnoOr<ResolvedParent> parent = resolver_.parent(box_.get(), path);
    if (std::string_view(path) == "outdir/") {  // the link itself is inside
      EXPECT_TRUE(parent);
      continue;
    }
    ASSERT_FALSE(parent) << path;
    EXPECT_EQ(parent.error(), Errno::Perm) << path;
  }
  EXPECT_EQ(resolver_.parent(box_.get(), "").error(), Errno::NoEnt);
  EXPECT_EQ(resolver_.parent(box_.get(), "none/x").error(), Errno::NoEnt);
  EXPECT_EQ(resolver_.parent(box_.get(), "in.txt/x").error(), Errno::NotDir);
  EXPECT_EQ(resolver_.parent(box_.get(), std::string(256, 'x')).error(), Errno::NameTooLong);
}

TEST_P(Resolve, DoesNotUseTheSystemsMagicLinks) {
  const UniqueFd self(::open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!self) GTEST_SKIP() << "no /proc";
  const std::string outside = "fd/" + std::to_string(box_.get());
  for (const std::string& path : {outside, outside + "/in.txt", std::string("cwd"),
                                  std::string("root/etc"), std::string("exe")}) {
    EXPECT_NE(open(path, O_RDONLY, Follow::Yes, self.get()), Errno::Success) << path;
  }
}

INSTANTIATE_TEST_SUITE_P(Strategies, Resolve, testing::Values(Strategy::Kernel, Strategy::Walk),
                         [](const auto& info) {
                           return info.param == Strategy::Kernel ? "Kernel" : "Walk";
                         });

}  // namespace
}  // namespace weft::wasi
