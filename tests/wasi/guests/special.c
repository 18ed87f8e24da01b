// What is no file and no directory: pipes, devices, sockets, and the links of /proc that are none.
//
//   3 /box    4 /proc    5 /dev    6 /root, the host's "/", read only
#include "rules.h"

enum { kProc = 4, kDev = 5, kRoot = 6 };

static void opening_a_pipe_waits_for_nobody(void) {
  int32_t fd;
  must_close(must_open(kBox, "pipe", 0, kRead));
  refused(open_in(kBox, "pipe", 0, 0, kWrite, &fd), "nobody reads");
  must_close(must_open(kBox, "pipe", 0, kRead | kWrite));
}

static void a_broken_pipe_is_an_errno(void) {
  const int32_t reader = must_open(kBox, "pipe", 0, kRead);
  const int32_t writer = must_open(kBox, "pipe", 0, kWrite);
  expect_errno(write_text(writer, "x"), 0, "somebody reads");
  must_close(reader);
  expect_errno(write_text(writer, "x"), __WASI_ERRNO_PIPE, "nobody reads");
  expect_errno(write_text(writer, "x"), __WASI_ERRNO_PIPE, "nobody reads still");
  must_close(writer);
}

static void a_pipe_is_no_file(void) {
  const int32_t fd = must_open(kBox, "pipe", 0, kRead | kWrite);
  char byte = 'x';
  const struct range iovec = range_of(&byte, 1);
  uint32_t used;
  uint64_t at;
  refused(raw_fd_seek(fd, 0, 0, &at), "seek");
  refused(raw_fd_tell(fd, &at), "tell");
  refused(raw_fd_pread(fd, &iovec, 1, 0, &used), "pread");
  refused(raw_fd_pwrite(fd, &iovec, 1, 0, &used), "pwrite");
  refused(raw_fd_filestat_set_size(fd, 0), "set_size");
  refused(raw_fd_readdir(fd, &byte, 1, 0, &used), "readdir");
  must_close(fd);
}

static void nonblocking_ones_do_not_wait(void) {
  int32_t fd;
  expect_errno(
      raw_path_open(kBox, 0, TEXT("pipe"), 0, kRead | kWrite, 0, __WASI_FDFLAGS_NONBLOCK, &fd), 0,
      "open");
  static char bytes[65536];
  const struct range iovec = range_of(bytes, sizeof bytes);
  uint32_t used;
  expect_errno(raw_fd_read(fd, &iovec, 1, &used), __WASI_ERRNO_AGAIN, "an empty pipe");
  int got = 0;
  for (int i = 0; i < 100 && got == 0; ++i) got = raw_fd_write(fd, &iovec, 1, &used);
  expect_errno(got, __WASI_ERRNO_AGAIN, "a full pipe");
  must_close(fd);
}

static void sockets_are_not_opened(void) {
  int32_t fd;
  refused(open_in(kBox, "socket", 0, 0, kRead | kWrite, &fd), "socket");
}

static void devices_work(void) {
  uint8_t bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  const struct range iovec = range_of(bytes, sizeof bytes);
  uint32_t used;
  const int32_t zero = must_open(kDev, "zero", 0, kRead);
  expect_errno(raw_fd_read(zero, &iovec, 1, &used), 0, "read");
  for (unsigned i = 0; i < 8; ++i) expect(bytes[i] == 0, "zero", bytes[i]);
  must_close(zero);
  const int32_t null = must_open(kDev, "null", 0, kRead | kWrite);
  expect_errno(write_text(null, "x"), 0, "write");
  expect_errno(raw_fd_read(null, &iovec, 1, &used), 0, "read");
  expect(used == 0, "end of the file", (int)used);
  must_close(null);
}

// Links such as /proc/self/cwd lead where no path does. Opened themselves they say nothing.
static void magic_links_lead_nowhere(void) {
  static const char* const kMagic[] = {"self/root",   "self/cwd",  "self/exe",       "self/fd/0",
                                       "self/fd/1",   "self/fd/2", "self/fd/3",      "self/fd/4",
                                       "self/ns/mnt", "1/root",    "thread-self/cwd"};
  static const char* const kBelow[] = {"", "/", "/.", "/..", "/etc", "/etc/passwd", "/in.txt"};
  char path[64];
  for (EACH(i, kMagic)) {
    for (EACH(j, kBelow)) {
      snprintf(path, sizeof path, "%s%s", kMagic[i], kBelow[j]);
      refuse_to_open(kProc, TEXT(path), path);
      snprintf(path, sizeof path, "proc/%s%s", kMagic[i], kBelow[j]);
      refuse_to_open(kRoot, TEXT(path), path);
    }
  }
  for (int fd = 5; fd < 30; ++fd) {
    snprintf(path, sizeof path, "self/fd/%d", fd);
    refuse_to_open(kProc, TEXT(path), path);
  }
  static const char* const kDevices[] = {"stdin", "stdout", "fd", "fd/0", "fd/3", "fd/3/in.txt"};
  for (EACH(i, kDevices)) refuse_to_open(kDev, TEXT(kDevices[i]), kDevices[i]);
}

static void other_links_of_proc_are_links(void) {
  must_close(must_open(kProc, "self/status", 0, kRead));
  must_close(must_open(kProc, "self/../self/status", 0, kRead));
  refuse_to_use(kProc, TEXT("self/../../etc/passwd"), "self/../../etc/passwd");
}

static void mounts_below_are_below(void) {
  must_close(must_open(kRoot, "proc/version", 0, kRead));
  must_close(must_open(kRoot, "proc/../proc/version", 0, kRead));
  const int32_t proc = must_open(kRoot, "proc", __WASI_OFLAGS_DIRECTORY, 0);
  refuse_to_use(proc, TEXT(".."), "..");
  refuse_to_use(proc, TEXT("../etc/passwd"), "../etc/passwd");
  must_close(proc);
  // The root's ".." is the root, for the kernel: it leaves all the same.
  refuse_to_use(kRoot, TEXT(".."), "..");
  refuse_to_use(kRoot, TEXT("proc/../../proc/version"), "proc/../../proc/version");
}

static const struct rule kRules[] = {
    {"opening a pipe waits for nobody", "a hanging host", opening_a_pipe_waits_for_nobody},
    {"a broken pipe is an errno", "SIGPIPE", a_broken_pipe_is_an_errno},
    {"a pipe is no file", ABI, a_pipe_is_no_file},
    {"what must not wait doesn't", ABI, nonblocking_ones_do_not_wait},
    {"sockets are not opened", ABI, sockets_are_not_opened},
    {"devices work", ABI, devices_work},
    {"magic links lead nowhere", "RESOLVE_NO_MAGICLINKS", magic_links_lead_nowhere},
    {"other links of /proc are links", PATHS, other_links_of_proc_are_links},
    {"mounts below are below", PATHS, mounts_below_are_below},
};
CHECK_RULES(kRules)
