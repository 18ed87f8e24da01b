// What a path may be, and where it may lead.
#include <stdlib.h>

#include "rules.h"

static void refuse_all_of(int32_t dir, const char* const* paths, unsigned count) {
  for (unsigned i = 0; i < count; ++i) refuse_to_use(dir, TEXT(paths[i]), paths[i]);
}
#define REFUSE(dir, ...)                                        \
  do {                                                          \
    static const char* const kPaths[] = {__VA_ARGS__};          \
    refuse_all_of(dir, kPaths, sizeof kPaths / sizeof *kPaths); \
  } while (0)

static void is_relative(void) {
  REFUSE(kBox, "/", "//", "/.", "/..", "/in.txt", "/etc/passwd", "//etc/passwd", "/tmp/weft-x");
}

static void never_leaves(void) {
  REFUSE(kBox, "..", "../", "../.", "./..", "dir/../..", "dir/../../", "../outside.txt",
         "./../outdir/f", "dir/../../outside.txt", "dir/sub/../../../outside.txt");
}

static void does_not_leave_and_come_back(void) {
  REFUSE(kBox, "../box", "../box/", "../box/in.txt", "dir/../../box/in.txt");
}

static void dots_inside_count(void) {
  static const char* const kPaths[] = {"./in.txt",       "././in.txt",      "dir/../in.txt",
                                       "dir//../in.txt", "dir/.././in.txt", "dir/sub/../../in.txt"};
  for (EACH(i, kPaths)) expect(holds(kBox, kPaths[i], "in"), kPaths[i], 0);
}

static void a_subdirectory_is_a_border(void) {
  const int32_t dir = must_open(kBox, "dir", __WASI_OFLAGS_DIRECTORY, 0);
  REFUSE(dir, "..", "../in.txt", "../dir", "../dir/file", "sub/../..", "sub/../../in.txt");
  expect(holds(dir, "sub/../file", "file"), "inside", 0);
  must_close(dir);
}

static void a_moved_directory_is_a_border(void) {
  const int32_t dir = must_open(kBox, "dir/sub", __WASI_OFLAGS_DIRECTORY, 0);
  expect_errno(raw_path_rename(kBox, TEXT("dir/sub"), kBox, TEXT("moved")), 0, "rename");
  REFUSE(dir, "..", "../in.txt", "../moved", "../dir");
  expect(holds(dir, "deep", "deep"), "inside", 0);
  expect_errno(raw_path_rename(kBox, TEXT("moved"), kBox, TEXT("dir/sub")), 0, "rename back");
  must_close(dir);
}

static void a_directory_moved_outside_is_a_border(void) {
  const int32_t dir = must_open(kBox, "dir/sub", __WASI_OFLAGS_DIRECTORY, 0);
  host("move box/dir/sub out");
  REFUSE(dir, "..", "../f", "../../outside.txt", "../../box/in.txt");
  // The host moved what the guest had: that it still has.
  expect(holds(dir, "deep", "deep"), "inside", 0);
  host("move it back");
  must_close(dir);
}

static void a_removed_directory_is_a_border(void) {
  expect_errno(make_dir(kBox, "gone"), 0, "make");
  const int32_t dir = must_open(kBox, "gone", __WASI_OFLAGS_DIRECTORY, 0);
  expect_errno(remove_dir(kBox, "gone"), 0, "remove");
  REFUSE(dir, "..", "../in.txt", "x", "./x");
  must_close(dir);
}

static void a_nul_ends_no_path(void) {
  static const struct {
    const char* path;
    int32_t size;
  } kPaths[] = {{"in.txt\0", 7},   {"in.txt\0x", 8},       {"\0", 1},    {"\0in.txt", 7},
                {"dir\0/..", 7},   {"dir/\0", 5},          {"dir\0", 4}, {"new\0x", 5},
                {"../box\0/x", 9}, {"dir/../in.txt\0", 14}};
  for (EACH(i, kPaths)) refuse_to_use(kBox, kPaths[i].path, kPaths[i].size, kPaths[i].path);
  refused(raw_path_symlink("in.txt\0x", 8, kBox, TEXT("nul")), "text of a link");
  expect(holds(kBox, "in.txt", "in"), "in.txt is as it was", 0);
}

static void an_empty_path_names_nothing(void) {
  refuse_to_use(kBox, "", 0, "empty path");
  refused(raw_path_symlink("", 0, kBox, TEXT("empty")), "text of a link");
}

static void paths_have_a_longest(void) {
  enum { kMax = 4096 };
  char* path = malloc(1 << 20);
  for (int i = 0; i < 1 << 20; i += 2) memcpy(path + i, "./", 2);
  memcpy(path + kMax - 8, "/in.txt", 7);
  int32_t fd;
  expect_errno(raw_path_open(kBox, 0, path, kMax - 1, 0, kRead, 0, 0, &fd), 0, "4095 bytes");
  must_close(fd);
  memcpy(path + kMax - 8, "./././.", 7);
  const int32_t sizes[] = {kMax, kMax + 1, 65536, 1 << 20};
  for (EACH(i, sizes)) refuse_to_use(kBox, path, sizes[i], "long path");
  memset(path, 'x', 1 << 20);
  for (EACH(i, sizes)) refuse_to_use(kBox, path, sizes[i], "long name");
  refused(raw_path_symlink(path, kMax, kBox, TEXT("long")), "text of a link");
  free(path);
}

static void names_have_a_longest(void) {
  char name[256];
  memset(name, 'n', sizeof name);
  expect_errno(raw_path_create_directory(kBox, name, 255), 0, "255 bytes");
  expect_errno(raw_path_remove_directory(kBox, name, 255), 0, "255 bytes");
  refuse_to_use(kBox, name, 256, "256 bytes");
}

// By one path, the host must not run out of descriptors.
static void trees_may_be_deep(void) {
  enum { kModest = 100, kDepth = 700 };
  int32_t at = must_open(kBox, ".", __WASI_OFLAGS_DIRECTORY, 0);
  for (int depth = 1; depth <= kDepth; ++depth) {
    expect_errno(make_dir(at, "d"), 0, "make");
    const int32_t below = must_open(at, "d", __WASI_OFLAGS_DIRECTORY, 0);
    must_close(at);
    at = below;
    if (depth == kModest) expect_errno(make_file(at, "leaf", "modest"), 0, "leaf");
  }
  expect_errno(make_file(at, "leaf", "deep"), 0, "leaf");
  must_close(at);
  char path[2 * kDepth + 5];
  for (int i = 0; i < kDepth; ++i) memcpy(path + 2 * i, "d/", 2);
  strcpy(path + 2 * kDepth, "leaf");
  expect(holds(kBox, path + 2 * (kDepth - kModest), "modest"), "modest depth", 0);
  int32_t fd;
  const int got = open_in(kBox, path, 0, 0, kRead, &fd);
  expect(got == 0 || got == __WASI_ERRNO_NAMETOOLONG, "whole path", got);
  if (got == 0) must_close(fd);
}

static void slashes_at_the_end_mean_a_directory(void) {
  int32_t fd;
  char stat[64];
  static const char* const kFiles[] = {"in.txt/", "in.txt//", "in.txt/.", "dir/file/"};
  for (EACH(i, kFiles)) {
    refuse_to_open(kBox, TEXT(kFiles[i]), kFiles[i]);
    refused(raw_path_filestat_get(kBox, 0, TEXT(kFiles[i]), stat), kFiles[i]);
    refused(remove_file(kBox, kFiles[i]), kFiles[i]);
    refused(remove_dir(kBox, kFiles[i]), kFiles[i]);
    refused(raw_path_rename(kBox, TEXT(kFiles[i]), kBox, TEXT("x")), kFiles[i]);
    refused(raw_path_link(kBox, 0, TEXT(kFiles[i]), kBox, TEXT("x")), kFiles[i]);
  }
  refused(open_in(kBox, "new/", 0, __WASI_OFLAGS_CREAT, kWrite, &fd), "create new/");
  refused(make_link("in.txt", kBox, "new/"), "link new/");
  refused(raw_path_rename(kBox, TEXT("in.txt"), kBox, TEXT("new/")), "rename to new/");
  refused(raw_path_link(kBox, 0, TEXT("in.txt"), kBox, TEXT("new/")), "link to new/");
  refused(raw_path_filestat_get(kBox, 0, TEXT("new"), stat), "new is there");
  must_close(must_open(kBox, "dir/", 0, 0));
  must_close(must_open(kBox, "dir//", __WASI_OFLAGS_DIRECTORY, 0));
  expect_errno(make_dir(kBox, "new/"), 0, "mkdir new/");
  expect_errno(remove_dir(kBox, "new/"), 0, "rmdir new/");
}

static void only_directories_have_paths(void) {
  const int32_t file = must_open(kBox, "in.txt", 0, kRead);
  REFUSE(file, ".", "..", "in.txt", "x");
  REFUSE(1, ".", "in.txt", "x");
  REFUSE(99, ".", "in.txt", "x");
  must_close(file);
}

static const struct rule kRules[] = {
    {"a path is relative", PATHS, is_relative},
    {"a path never leaves its directory", PATHS, never_leaves},
    {"a path does not leave and come back", PATHS "; seen in node 26",
     does_not_leave_and_come_back},
    {"dots inside of the directory are followed", PATHS, dots_inside_count},
    {"a subdirectory's descriptor is a border, too", PATHS, a_subdirectory_is_a_border},
    {"... after the guest moved it", PATHS, a_moved_directory_is_a_border},
    {"... after the host moved it outside", PATHS, a_directory_moved_outside_is_a_border},
    {"... after it was removed", PATHS, a_removed_directory_is_a_border},
    {"a NUL ends no path", PATHS, a_nul_ends_no_path},
    {"an empty path names nothing", PATHS, an_empty_path_names_nothing},
    {"paths have a longest", "PATH_MAX", paths_have_a_longest},
    {"names have a longest", "NAME_MAX", names_have_a_longest},
    {"trees may be deep", "descriptors of the host", trees_may_be_deep},
    {"a slash at the end means a directory", PATHS, slashes_at_the_end_mean_a_directory},
    {"only directories have paths", ABI, only_directories_have_paths},
};
CHECK_RULES(kRules)
