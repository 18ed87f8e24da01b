#include <fcntl.h>
#include <gtest/gtest.h>

#include "tests/wasi/temp_dir.h"
#include "wasi/descriptor.h"

namespace weft::wasi {
namespace {

Descriptor null_device() {
  Descriptor descriptor;
  descriptor.source = UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  return descriptor;
}

TEST(FdTable, GivesTheLowestFreeNumber) {
  FdTable table(10);
  for (Fd fd = 0; fd < 5; ++fd) EXPECT_EQ(table.add({}), fd);
  EXPECT_TRUE(table.remove(3));
  EXPECT_TRUE(table.remove(1));
  EXPECT_EQ(table.add({}), 1u);
  EXPECT_EQ(table.add({}), 3u);
  EXPECT_EQ(table.add({}), 5u);
  EXPECT_EQ(table.size(), 6u);
}

TEST(FdTable, IsFullAtItsLimit) {
  FdTable table(2);
  EXPECT_TRUE(table.add({}));
  EXPECT_FALSE(table.full());
  EXPECT_TRUE(table.add({}));
  EXPECT_TRUE(table.full());
  EXPECT_EQ(table.add({}).error(), Errno::Mfile);
  EXPECT_TRUE(table.remove(0));
  EXPECT_EQ(table.add({}), 0u);
}

TEST(FdTable, KnowsNoNumbersThatItDidNotGive) {
  FdTable table(10);
  EXPECT_TRUE(table.add({}));
  for (const Fd fd : {1u, 1000u, 0x7fff'ffffu, 0x8000'0000u, 0xffff'ffffu}) {
    EXPECT_EQ(table.find(fd), nullptr);
    EXPECT_EQ(table.share(fd), nullptr);
    EXPECT_EQ(table.remove(fd), nullptr);
    EXPECT_EQ(table.renumber(0, fd).error(), Errno::Badf);
    EXPECT_EQ(table.renumber(fd, 0).error(), Errno::Badf);
  }
  EXPECT_NE(table.find(0), nullptr);
}

TEST(FdTable, RenumberingClosesTheReplacedFileAndFreesTheOldNumber) {
  const std::ptrdiff_t before = open_descriptors();
  {
    FdTable table(10);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(table.add(null_device()));
    for (int round = 0; round < 100; ++round) {
      EXPECT_TRUE(table.renumber(2, 1));
      EXPECT_EQ(table.find(2), nullptr);
      EXPECT_EQ(open_descriptors(), before + 2);
      EXPECT_EQ(table.add(null_device()), 2u);
    }
    EXPECT_EQ(table.size(), 3u);
    // To itself: nothing.
    EXPECT_TRUE(table.renumber(1, 1));
    EXPECT_NE(table.find(1), nullptr);
    EXPECT_EQ(table.size(), 3u);
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(FdTable, ASharedDescriptorOutlivesItsNumber) {
  FdTable table(10);
  EXPECT_TRUE(table.add(null_device()));
  const std::shared_ptr<Descriptor> kept = table.share(0);
  EXPECT_EQ(table.remove(0), kept);
  EXPECT_GE(::fcntl(kept->host_fd(), F_GETFD), 0);
}

}  // namespace
}  // namespace weft::wasi
