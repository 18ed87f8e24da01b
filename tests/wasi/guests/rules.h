// Programs that check rules of the sandbox: each rule has a name, the place where it is written
// down or the advisory on a runtime that broke it, and a function that tries to break it. What
// fails is printed with the rule that it belongs to.
#pragma once

#include "raw.h"

struct rule {
  const char* name;
  const char* source;
  void (*check)(void);
};

// Where rules are written down.
#define ABI "wasi_snapshot_preview1.witx"
#define PATHS "wasi-filesystem, path-resolution.md"

static inline int check_rules(const struct rule* rules, unsigned count) {
  for (unsigned i = 0; i < count; ++i) {
    const int before = failures;
    rules[i].check();
    if (failures != before) printf("  broken: %s (%s)\n", rules[i].name, rules[i].source);
  }
  if (failures == 0) printf("%u rules hold\n", count);
  return failures != 0;
}

#define CHECK_RULES(rules) \
  int main(void) { return check_rules(rules, sizeof rules / sizeof *rules); }

#define EACH(i, array)              \
  unsigned i = 0;                   \
  i < sizeof array / sizeof *array; \
  ++i
#define TEXT(text) text, (int32_t)strlen(text)

static inline void expect_errno(int got, int want, const char* what) {
  expect(got == want, what, got);
}
static inline void refused(int got, const char* what) { expect(got != 0, what, got); }

// A buffer as lists of them have it, whose address need not be one.
struct range {
  uint32_t at, length;
};
static inline struct range range_of(const void* at, size_t length) {
  return (struct range){(uint32_t)(uintptr_t)at, (uint32_t)length};
}

// Makes the host do something by its name, before this returns: see guest_runner.h.
static inline void host(const char* action) {
  const struct range iovec = range_of(action, strlen(action));
  uint32_t used;
  expect_errno(raw_fd_write(2, &iovec, 1, &used), 0, action);
}

static const int64_t kAllRights = ~0ll;
static const int64_t kReadOnlyRights = ~((1ll << 6) | (1ll << 8) | (1ll << 22));

static inline int open_in(int32_t dir, const char* path, int lookup, int oflags, int64_t rights,
                          int32_t* fd) {
  return raw_path_open(dir, lookup, TEXT(path), oflags, rights, kAllRights, 0, fd);
}

// An open that must work; gives the descriptor, or -1.
static inline int32_t must_open(int32_t dir, const char* path, int oflags, int64_t rights) {
  int32_t fd = -1;
  expect_errno(open_in(dir, path, kFollow, oflags, rights, &fd), 0, path);
  return fd;
}

static inline void must_close(int32_t fd) { expect_errno(raw_fd_close(fd), 0, "close"); }

static inline int write_text(int32_t fd, const char* text) {
  const struct range iovec = range_of(text, strlen(text));
  uint32_t used = 0;
  const int error = raw_fd_write(fd, &iovec, 1, &used);
  return error == 0 && used != iovec.length ? -1 : error;
}

// Whether a file holds that text.
static inline int holds(int32_t dir, const char* path, const char* text) {
  char buffer[256];
  const struct range iovec = range_of(buffer, sizeof buffer);
  uint32_t used = 0;
  int32_t fd;
  if (open_in(dir, path, 0, 0, kRead, &fd) != 0) return 0;
  const int error = raw_fd_read(fd, &iovec, 1, &used);
  raw_fd_close(fd);
  return error == 0 && used == strlen(text) && memcmp(buffer, text, used) == 0;
}

static inline int make_file(int32_t dir, const char* path, const char* text) {
  int32_t fd;
  int error = open_in(dir, path, 0, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC, kWrite, &fd);
  if (error != 0) return error;
  error = write_text(fd, text);
  raw_fd_close(fd);
  return error;
}
static inline int make_dir(int32_t dir, const char* path) {
  return raw_path_create_directory(dir, TEXT(path));
}
static inline int make_link(const char* text, int32_t dir, const char* path) {
  return raw_path_symlink(TEXT(text), dir, TEXT(path));
}
static inline int remove_file(int32_t dir, const char* path) {
  return raw_path_unlink_file(dir, TEXT(path));
}
static inline int remove_dir(int32_t dir, const char* path) {
  return raw_path_remove_directory(dir, TEXT(path));
}

// A path that must not be opened in any way, nor looked at through a link.
static inline void refuse_to_open(int32_t dir, const char* path, int32_t size, const char* what) {
  char stat[64];
  int32_t fd;
  for (int oflags = 0; oflags < 16; ++oflags) {
    for (int lookup = 0; lookup < 2; ++lookup) {
      const int64_t rights[] = {0, kRead, kRead | kWrite, kAllRights};
      for (EACH(i, rights)) {
        const int got =
            raw_path_open(dir, lookup, path, size, oflags, rights[i], kAllRights, 0, &fd);
        refused(got, what);
        if (got == 0) raw_fd_close(fd);
      }
    }
  }
  refused(raw_path_filestat_get(dir, kFollow, path, size, stat), what);
  refused(raw_path_filestat_set_times(dir, kFollow, path, size, 0, 0, 2 | 8), what);
}

// A path that no function may take for a place: it leads outside before its last component.
static inline void refuse_to_use(int32_t dir, const char* path, int32_t size, const char* what) {
  char buffer[64];
  uint32_t used;
  refuse_to_open(dir, path, size, what);
  refused(raw_path_filestat_get(dir, 0, path, size, buffer), what);
  refused(raw_path_filestat_set_times(dir, 0, path, size, 0, 0, 2 | 8), what);
  refused(raw_path_create_directory(dir, path, size), what);
  refused(raw_path_remove_directory(dir, path, size), what);
  refused(raw_path_unlink_file(dir, path, size), what);
  refused(raw_path_readlink(dir, path, size, buffer, sizeof buffer, &used), what);
  refused(raw_path_rename(dir, path, size, kBox, TEXT("stolen")), what);
  refused(raw_path_rename(kBox, TEXT("in.txt"), dir, path, size), what);
  refused(raw_path_symlink(TEXT("in.txt"), dir, path, size), what);
  for (int lookup = 0; lookup < 2; ++lookup) {
    refused(raw_path_link(dir, lookup, path, size, kBox, TEXT("stolen")), what);
    refused(raw_path_link(kBox, lookup, TEXT("in.txt"), dir, path, size), what);
  }
}
