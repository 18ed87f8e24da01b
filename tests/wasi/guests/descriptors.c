// Descriptors: their numbers, and the host's descriptors behind them.
#include "rules.h"

static int32_t open_file(void) { return must_open(kBox, "in.txt", 0, kRead); }

static void both_must_be_open(void) {
  static const int32_t kNone[] = {7, 100, 1024, 100000, INT32_MAX, INT32_MIN, -1, -2};
  for (EACH(i, kNone)) {
    expect_errno(raw_fd_renumber(1, kNone[i]), __WASI_ERRNO_BADF, "to");
    expect_errno(raw_fd_renumber(kNone[i], 1), __WASI_ERRNO_BADF, "from");
    expect_errno(raw_fd_renumber(kNone[i], kNone[i]), __WASI_ERRNO_BADF, "to itself");
  }
  // None of it made a number free that isn't, or took one that is.
  const int32_t a = open_file(), b = open_file();
  expect(a == 4 && b == 5, "numbers", a * 100 + b);
  must_close(a);
  expect_errno(raw_fd_renumber(b, a), __WASI_ERRNO_BADF, "to a closed one");
  expect_errno(raw_fd_renumber(a, b), __WASI_ERRNO_BADF, "from a closed one");
  must_close(b);
}

static void to_itself_is_nothing(void) {
  const int32_t fd = open_file();
  for (int i = 0; i < 3; ++i) expect_errno(raw_fd_renumber(fd, fd), 0, "to itself");
  char stat[64];
  expect_errno(raw_fd_filestat_get(fd, stat), 0, "it is still open");
  must_close(fd);
}

static void the_replaced_file_is_closed(void) {
  host("count descriptors");
  for (int i = 0; i < 3000; ++i) {
    const int32_t a = open_file(), b = open_file();
    expect(a == 4 && b == 5, "lowest numbers", a * 100 + b);
    expect_errno(raw_fd_renumber(b, a), 0, "renumber");
    expect_errno(raw_fd_close(b), __WASI_ERRNO_BADF, "close the old number");
    expect_errno(raw_fd_close(a), 0, "close the new number");
  }
  host("compare descriptors");
}

static void a_freed_number_is_given_once(void) {
  int32_t fds[8];
  for (EACH(i, fds)) fds[i] = open_file();
  expect_errno(raw_fd_renumber(fds[2], fds[6]), 0, "renumber");
  expect_errno(raw_fd_renumber(fds[4], fds[6]), 0, "renumber");
  must_close(fds[6]);
  const int32_t a = open_file(), b = open_file(), c = open_file(), d = open_file();
  expect(a == fds[2] && b == fds[4] && c == fds[6] && d == fds[7] + 1, "numbers", d);
  for (int32_t fd = fds[0]; fd <= d; ++fd) must_close(fd);
  expect_errno(raw_fd_close(d), __WASI_ERRNO_BADF, "nothing is left");
}

static void preopened_ones_can_be_replaced(void) {
  int32_t box;
  expect_errno(open_in(kBox, ".", 0, __WASI_OFLAGS_DIRECTORY, kRead, &box), 0, "the box");
  const int32_t dir = must_open(kBox, "dir", __WASI_OFLAGS_DIRECTORY, 0);
  expect_errno(raw_fd_renumber(dir, kBox), 0, "renumber");
  expect(holds(kBox, "file", "file"), "it is the other directory", 0);
  refuse_to_use(kBox, TEXT("../in.txt"), "../in.txt");
  char buffer[8];
  expect_errno(raw_fd_prestat_get(kBox, buffer), __WASI_ERRNO_BADF, "it is no preopened one");
  expect_errno(raw_fd_renumber(box, kBox), 0, "and back");
  expect(holds(kBox, "in.txt", "in"), "it is the box", 0);
}

static void standard_streams_can_be_replaced(void) {
  const int32_t fd = open_file();
  expect_errno(raw_fd_renumber(fd, 0), 0, "renumber");
  char byte = 0;
  const struct range iovec = range_of(&byte, 1);
  uint32_t used;
  expect_errno(raw_fd_read(0, &iovec, 1, &used), 0, "read");
  expect(used == 1 && byte == 'i', "what was read", byte);
  must_close(0);
  expect(open_file() == 0, "the number is free again", 0);
}

// Every function that takes a descriptor.
static void none_of_that_number(int32_t fd) {
  static char buffer[64];
  const struct range iovec = range_of(buffer, 1);
  const int got[] = {
      raw_fd_advise(fd, 0, 0, 0),
      raw_fd_close(fd),
      raw_fd_datasync(fd),
      raw_fd_fdstat_get(fd, buffer),
      raw_fd_fdstat_set_flags(fd, 0),
      raw_fd_filestat_get(fd, buffer),
      raw_fd_filestat_set_size(fd, 0),
      raw_fd_pread(fd, &iovec, 1, 0, buffer),
      raw_fd_prestat_get(fd, buffer),
      raw_fd_prestat_dir_name(fd, buffer, 64),
      raw_fd_pwrite(fd, &iovec, 1, 0, buffer),
      raw_fd_read(fd, &iovec, 1, buffer),
      raw_fd_readdir(fd, buffer, 64, 0, buffer),
      raw_fd_renumber(fd, 1),
      raw_fd_renumber(1, fd),
      raw_fd_seek(fd, 0, 0, buffer),
      raw_fd_sync(fd),
      raw_fd_tell(fd, buffer),
      raw_fd_write(fd, &iovec, 1, buffer),
  };
  for (EACH(i, got)) expect_errno(got[i], __WASI_ERRNO_BADF, "function with a descriptor");
  refused(raw_fd_allocate(fd, 0, 1), "fd_allocate");
  refused(raw_fd_fdstat_set_rights(fd, 0, 0), "fd_fdstat_set_rights");
  refused(raw_fd_filestat_set_times(fd, 0, 0, 2 | 8), "fd_filestat_set_times");
  refused(raw_sock_accept(fd, 0, buffer), "sock_accept");
  refused(raw_sock_recv(fd, &iovec, 1, 0, buffer, buffer + 4), "sock_recv");
  refused(raw_sock_send(fd, &iovec, 1, 0, buffer), "sock_send");
  refused(raw_sock_shutdown(fd, 3), "sock_shutdown");
  refuse_to_use(fd, TEXT("in.txt"), "in.txt");
}
static void numbers_that_were_not_given_are_none(void) {
  static const int32_t kNone[] = {50, 1023, 1024, 65536, INT32_MAX, INT32_MIN, -1, -2};
  for (EACH(i, kNone)) none_of_that_number(kNone[i]);
}
static void closed_ones_are_none(void) {
  const int32_t fd = open_file();
  must_close(fd);
  none_of_that_number(fd);
  host("count descriptors");
  for (int i = 0; i < 100; ++i) expect_errno(raw_fd_close(fd), __WASI_ERRNO_BADF, "close again");
  host("compare descriptors");
}

static void opening_again_and_again_takes_nothing(void) {
  host("count descriptors");
  for (int i = 0; i < 3000; ++i) {
    int32_t fd = -1;
    must_close(open_file());
    refused(open_in(kBox, "none", 0, 0, kRead, &fd), "none");
    refused(open_in(kBox, "dir/sub/none/x", 0, 0, kRead, &fd), "none/x");
    refused(open_in(kBox, "in.txt", 0, __WASI_OFLAGS_DIRECTORY, kRead, &fd), "no directory");
    expect(fd == -1, "result of a failed call", fd);
  }
  host("compare descriptors");
}

static void there_are_so_many_and_no_more(void) {
  int32_t fd, last = -1;
  int count = 0, got;
  while ((got = open_in(kBox, "in.txt", 0, 0, kRead, &fd)) == 0) {
    last = fd;
    ++count;
  }
  expect_errno(got, __WASI_ERRNO_MFILE, "the last");
  expect(count == last - 4 + 1 && count < 2000, "number of them", count);
  expect_errno(open_in(kBox, "unmade", 0, __WASI_OFLAGS_CREAT, kWrite, &fd), __WASI_ERRNO_MFILE,
               "nothing is created");
  expect_errno(open_in(kBox, "in.txt", 0, __WASI_OFLAGS_TRUNC, kWrite, &fd), __WASI_ERRNO_MFILE,
               "nothing is truncated");
  // What needs no number works.
  expect_errno(make_dir(kBox, "made"), 0, "mkdir");
  expect_errno(remove_dir(kBox, "made"), 0, "rmdir");
  for (; last >= 4; --last) must_close(last);
  expect(open_file() == 4, "all are free again", 0);
  must_close(4);
  expect(holds(kBox, "in.txt", "in"), "in.txt", 0);
  refused(remove_file(kBox, "unmade"), "unmade");
}

static void files_are_no_terminals(void) {
  uint8_t stat[24];
  uint64_t rights;
  const int32_t file = open_file();
  const int32_t fds[] = {0, 1, 2, file};
  for (EACH(i, fds)) {
    expect_errno(raw_fd_fdstat_get(fds[i], stat), 0, "fdstat");
    memcpy(&rights, stat + 8, sizeof rights);
    // As C libraries ask: a character device that can't seek.
    const uint64_t seeks = 1 << 2 | 1 << 5;
    expect(stat[0] != __WASI_FILETYPE_CHARACTER_DEVICE || (rights & seeks) != 0, "isatty", fds[i]);
  }
  must_close(file);
}

static const struct rule kRules[] = {
    {"renumbering takes two open descriptors", "wasmtime CVE-2025-53901, GHSA-fm79-3f68-h2fc",
     both_must_be_open},
    {"renumbering to itself does nothing", ABI, to_itself_is_nothing},
    {"the replaced file is closed", "wasmtime CVE-2026-54786, GHSA-3p27-qvp9-27qf",
     the_replaced_file_is_closed},
    {"a freed number is given once", "wasmtime CVE-2025-53901", a_freed_number_is_given_once},
    {"preopened directories can be replaced", ABI, preopened_ones_can_be_replaced},
    {"a number that was not given is none", "wasmtime GHSA-852m-cvvp-9p4w",
     numbers_that_were_not_given_are_none},
    {"a closed descriptor is none", ABI, closed_ones_are_none},
    {"opening again and again takes nothing", "wasmtime p1_path_open_lots",
     opening_again_and_again_takes_nothing},
    {"there are so many descriptors and no more", "wasmtime GHSA-852m-cvvp-9p4w",
     there_are_so_many_and_no_more},
    {"files and captured streams are no terminals",
     "wasmtime p1_regular_file_isatty, p1_stdio_not_isatty", files_are_no_terminals},
    {"standard streams can be replaced", ABI, standard_streams_can_be_replaced},  // and stay so
};
CHECK_RULES(kRules)
