// Tries to get out of the preopened directory by everything that got other runtimes' guests out.
// Prints a line per success and exits with their number.
#include "raw.h"

static void try_open(const char* path) {
  static const int kOflags[] = {0, 1, 2, 8, 1 | 8};
  for (unsigned i = 0; i < sizeof kOflags / sizeof *kOflags; ++i) {
    for (int lookup = 0; lookup < 2; ++lookup) {
      int got = open_at(path, lookup, kOflags[i], kRead, 0);
      expect(got != 0, path, got);
      got = open_at(path, lookup, kOflags[i], kRead | kWrite, 0);
      expect(got != 0, path, got);
    }
  }
  char stat[64];
  int got = raw_path_filestat_get(kBox, kFollow, path, (int32_t)strlen(path), stat);
  expect(got != 0, path, got);
}

static void make_link(const char* text, const char* path) {
  raw_path_symlink(text, (int32_t)strlen(text), kBox, path, (int32_t)strlen(path));
}

int main(void) {
  static const char* const kPaths[] = {
      "..",
      "../",
      "../.",
      "../outside.txt",
      "../box/in.txt",
      "/",
      "/etc/passwd",
      "//etc/passwd",
      "dir/../../outside.txt",
      "dir/../..",
      "./../outdir/f",
      "outlink",
      "outlink/",
      "outlink//",
      "outlink/.",
      "outlink/f",
      "outlink/..",
      "abslink",
      "abslink/",
      "abslink/etc",
      "filelink",
      "filelink/",
      "dangling",
      "dangling/",
  };
  for (unsigned i = 0; i < sizeof kPaths / sizeof *kPaths; ++i) try_open(kPaths[i]);

  // Links of the guest's own.
  expect(raw_path_symlink("/etc/passwd", 11, kBox, "g_abs", 5) == __WASI_ERRNO_PERM, "absolute", 0);
  make_link(".", "g_self");
  make_link("g_self/..", "g_up");
  make_link("../../../../../../../../etc/passwd", "g_passwd");
  make_link("../outside.txt", "g_out");
  make_link("../outdir/", "g_dir");
  make_link("../created.txt", "g_dangling");
  make_link("g_a", "g_b");
  make_link("g_b", "g_a");
  static const char* const kLinks[] = {"g_up",
                                       "g_up/outside.txt",
                                       "g_up/box/in.txt",
                                       "g_passwd",
                                       "g_out",
                                       "g_dir",
                                       "g_dir/f",
                                       "g_dir/",
                                       "g_dangling",
                                       "g_a",
                                       "g_a/x",
                                       "dir/../g_up/outside.txt"};
  for (unsigned i = 0; i < sizeof kLinks / sizeof *kLinks; ++i) try_open(kLinks[i]);

  // Functions without a descriptor.
  static const char* const kOutside[] = {"../x", "outlink/x", "g_up/x", "g_dir/x", "/tmp/weft-x"};
  for (unsigned i = 0; i < sizeof kOutside / sizeof *kOutside; ++i) {
    const char* path = kOutside[i];
    const int32_t size = (int32_t)strlen(path);
    char buffer[64], used[4];
    expect(raw_path_create_directory(kBox, path, size) != 0, path, 1);
    expect(raw_path_remove_directory(kBox, path, size) != 0, path, 2);
    expect(raw_path_unlink_file(kBox, path, size) != 0, path, 3);
    expect(raw_path_rename(kBox, "in.txt", 6, kBox, path, size) != 0, path, 4);
    expect(raw_path_link(kBox, 0, "in.txt", 6, kBox, path, size) != 0, path, 5);
    expect(raw_path_symlink("in.txt", 6, kBox, path, size) != 0, path, 6);
    expect(raw_path_readlink(kBox, path, size, buffer, 64, used) != 0, path, 7);
  }
  expect(raw_path_link(kBox, kFollow, "g_out", 5, kBox, "stolen", 6) != 0, "link of a link", 0);
  expect(raw_path_rename(kBox, "..", 2, kBox, "stolen", 6) != 0, "rename ..", 0);

  // Paths with NULs: the part before must not count.
  expect(raw_path_unlink_file(kBox, "in.txt\0x", 8) != 0, "NUL", 0);
  int32_t fd;
  expect(raw_path_open(kBox, 0, "in.txt\0", 7, 0, kRead, 0, 0, &fd) != 0, "trailing NUL", 0);
  expect(open_at("in.txt", 0, 0, kRead, &fd) == 0, "in.txt is still there", 0);
  if (failures == 0) puts("no escape");
  return failures;
}
