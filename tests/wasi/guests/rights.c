// What the host allows in one preopened directory and not in another.
//
//   3 /        everything          5 /fixed  names may change, contents may not
//   4 /ro      read only           6 /blind  nothing may be read
#include "rules.h"

enum { kRo = 4, kFixed = 5, kBlind = 6 };

static void truncation_is_writing(void) {
  static const int64_t kAsked[] = {0, 1 << 1, 1 << 6, 1 << 1 | 1 << 6, -1};
  for (EACH(i, kAsked)) {
    for (int oflags = __WASI_OFLAGS_TRUNC; oflags < 16; ++oflags) {
      int32_t fd;
      refused(open_in(kRo, "file", 0, oflags, kAsked[i], &fd), "truncate in /ro");
      refused(open_in(kFixed, "file", 0, oflags, kAsked[i], &fd), "truncate in /fixed");
    }
  }
  expect(holds(kRo, "file", "ro") && holds(kFixed, "file", "fixed"), "contents", 0);
}

static void creation_is_a_change(void) {
  static const int kOflags[] = {__WASI_OFLAGS_CREAT, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL,
                                __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC};
  for (EACH(i, kOflags)) {
    int32_t fd;
    refused(open_in(kRo, "new", 0, kOflags[i], kRead, &fd), "new");
    refused(open_in(kRo, "dir/new", 0, kOflags[i], 0, &fd), "dir/new");
    refused(open_in(kRo, "file", 0, kOflags[i], kRead, &fd), "file");
  }
}

static void files_are_not_written(int32_t dir) {
  int32_t fd;
  char byte = 'x';
  const struct range iovec = range_of(&byte, 1);
  uint32_t used;
  refused(open_in(dir, "file", 0, 0, kWrite, &fd), "open to write");
  refused(open_in(dir, "file", 0, 0, kAllRights, &fd), "open for everything");
  expect_errno(open_in(dir, "file", 0, 0, kReadOnlyRights, &fd), 0, "open for the rest");
  refused(raw_fd_write(fd, &iovec, 1, &used), "fd_write");
  refused(raw_fd_pwrite(fd, &iovec, 1, 0, &used), "fd_pwrite");
  refused(raw_fd_filestat_set_size(fd, 0), "fd_filestat_set_size");
  refused(raw_fd_allocate(fd, 0, 100), "fd_allocate");
  refused(raw_fd_filestat_set_times(fd, 0, 0, 2 | 8), "fd_filestat_set_times");
  refused(raw_path_filestat_set_times(dir, 0, TEXT("file"), 0, 0, 2 | 8),
          "path_filestat_set_times");
  must_close(fd);
}
static void a_read_only_tree_is_not_written(void) {
  files_are_not_written(kRo);
  files_are_not_written(kFixed);
  const int32_t dir = must_open(kRo, "dir", __WASI_OFLAGS_DIRECTORY, kAllRights & ~kWrite);
  files_are_not_written(dir);
  must_close(dir);
  expect(holds(kRo, "file", "ro") && holds(kRo, "dir/file", "ro"), "contents", 0);
}

static void a_read_only_tree_keeps_its_names(void) {
  refused(make_dir(kRo, "new"), "path_create_directory");
  refused(remove_dir(kRo, "empty"), "path_remove_directory");
  refused(remove_file(kRo, "file"), "path_unlink_file");
  refused(make_link("file", kRo, "new"), "path_symlink");
  refused(raw_path_rename(kRo, TEXT("file"), kRo, TEXT("new")), "path_rename");
  refused(raw_path_rename(kRo, TEXT("file"), kBox, TEXT("new")), "path_rename out");
  refused(raw_path_rename(kBox, TEXT("in.txt"), kRo, TEXT("new")), "path_rename in");
  refused(raw_path_link(kRo, 0, TEXT("file"), kRo, TEXT("new")), "path_link");
  refused(raw_path_link(kRo, 0, TEXT("file"), kBox, TEXT("new")), "path_link out");
  refused(raw_path_link(kBox, 0, TEXT("in.txt"), kRo, TEXT("new")), "path_link in");
}

static void moving_between_trees_widens_nothing(void) {
  refused(raw_path_link(kFixed, 0, TEXT("file"), kBox, TEXT("stolen")), "link");
  refused(raw_path_rename(kFixed, TEXT("file"), kBox, TEXT("stolen")), "rename");
  refused(raw_path_rename(kFixed, TEXT("dir"), kBox, TEXT("stolen")), "rename a directory");
  refused(raw_path_link(kBlind, 0, TEXT("file"), kBox, TEXT("stolen")), "link to read");
  refused(raw_path_rename(kBlind, TEXT("file"), kBox, TEXT("stolen")), "rename to read");
  refused(raw_path_link(kBlind, 0, TEXT("file"), kFixed, TEXT("stolen")), "link to read");
  // Nor by way of the directory's parts.
  const int32_t from = must_open(kFixed, "dir", __WASI_OFLAGS_DIRECTORY, 0);
  const int32_t to = must_open(kBox, "dir", __WASI_OFLAGS_DIRECTORY, 0);
  refused(raw_path_link(from, 0, TEXT("file"), to, TEXT("stolen")), "link below");
  refused(raw_path_rename(from, TEXT("file"), to, TEXT("stolen")), "rename below");
  must_close(from);
  must_close(to);
  // What narrows is allowed.
  expect_errno(make_file(kBox, "gift", "gift"), 0, "gift");
  expect_errno(raw_path_link(kBox, 0, TEXT("gift"), kFixed, TEXT("gift")), 0, "link");
  expect_errno(raw_path_rename(kBox, TEXT("gift"), kFixed, TEXT("gift-2")), 0, "rename");
  expect(holds(kFixed, "gift", "gift"), "gift", 0);
}

static void rights_go_with_the_descriptor(void) {
  // A descriptor's number says nothing about its rights.
  int32_t box, fd;
  expect_errno(open_in(kBox, ".", 0, __WASI_OFLAGS_DIRECTORY, kRead, &box), 0, "another box");
  int32_t ro;
  expect_errno(open_in(kRo, ".", 0, __WASI_OFLAGS_DIRECTORY, kRead, &ro), 0, "another ro");
  expect_errno(raw_fd_renumber(ro, box), 0, "renumber");
  refused(open_in(box, "new", 0, __WASI_OFLAGS_CREAT, kWrite, &fd), "create");
  refused(make_dir(box, "new"), "mkdir");
  files_are_not_written(box);
  must_close(box);
}

static void what_is_inherited_only_shrinks(void) {
  int32_t narrow, fd;
  expect_errno(raw_path_open(kBox, 0, TEXT("dir"), __WASI_OFLAGS_DIRECTORY, 0, kRead, 0, &narrow),
               0, "open to inherit less");
  struct {
    uint8_t type, pad0;
    uint16_t flags;
    uint32_t pad1;
    uint64_t base, inheriting;
  } stat;
  expect_errno(open_in(narrow, "file", 0, 0, kAllRights, &fd), 0, "file");
  expect_errno(raw_fd_fdstat_get(fd, &stat), 0, "fdstat");
  expect((stat.base & (uint64_t)kWrite) == 0 && stat.inheriting == 0, "rights", (int)stat.base);
  refused(write_text(fd, "x"), "write");
  refused(raw_fd_filestat_set_size(fd, 0), "truncate");
  must_close(fd);
  // Opened once more, with more: not more.
  int32_t again;
  expect_errno(open_in(narrow, ".", 0, __WASI_OFLAGS_DIRECTORY, kAllRights, &again), 0, "again");
  expect_errno(open_in(again, "file", 0, 0, kAllRights, &fd), 0, "file");
  refused(write_text(fd, "x"), "write");
  must_close(fd);
  must_close(again);
  must_close(narrow);
}

static void a_blind_tree_shows_nothing(void) {
  char buffer[64];
  uint32_t used;
  int32_t fd;
  refused(open_in(kBlind, "file", 0, 0, kRead, &fd), "read");
  refused(open_in(kBlind, "file", 0, 0, kRead | kWrite, &fd), "read and write");
  refused(raw_fd_readdir(kBlind, buffer, sizeof buffer, 0, &used), "list");
  refused(raw_path_filestat_get(kBlind, 0, TEXT("file"), buffer), "stat");
  refused(raw_path_readlink(kBlind, TEXT("link"), buffer, sizeof buffer, &used), "readlink");
  const int32_t file = must_open(kBlind, "file", 0, kWrite);
  const struct range iovec = range_of(buffer, sizeof buffer);
  refused(raw_fd_read(file, &iovec, 1, &used), "read what is open to be written");
  refused(raw_fd_pread(file, &iovec, 1, 0, &used), "pread");
  must_close(file);
}

static void only_what_is_preopened_is_there(void) {
  char buffer[64];
  expect_errno(raw_fd_prestat_get(kBlind + 1, buffer), __WASI_ERRNO_BADF, "one more directory");
  refuse_to_use(kBlind + 1, TEXT("."), "no directory");
}

static const struct rule kRules[] = {
    {"truncation is writing", "wasmtime GHSA-2r75-cxrj-cmph", truncation_is_writing},
    {"creation is a change", "wasmtime GHSA-2r75-cxrj-cmph", creation_is_a_change},
    {"a read-only tree's files are not written", ABI, a_read_only_tree_is_not_written},
    {"a read-only tree keeps its names", ABI, a_read_only_tree_keeps_its_names},
    {"moving between trees widens nothing", "wasmtime GHSA-4ch3-9j33-3pmj, RUSTSEC-2026-0188",
     moving_between_trees_widens_nothing},
    {"rights go with the descriptor", "wasmtime CVE-2025-53901", rights_go_with_the_descriptor},
    {"what is inherited only shrinks", ABI, what_is_inherited_only_shrinks},
    {"a tree without reading shows nothing", ABI, a_blind_tree_shows_nothing},
    {"only what is preopened is there", "wasmer CVE-2023-51661", only_what_is_preopened_is_there},
};
CHECK_RULES(kRules)
