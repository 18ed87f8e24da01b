// wasi_unstable against its own layouts: where it is another interface than preview1, and that it
// is the same world.
#include "raw.h"

#define OLD(name) \
  __attribute__((import_module("wasi_unstable"), import_name(#name))) int32_t old_##name

OLD(fd_write)(int32_t, const void*, int32_t, void*);
OLD(fd_read)(int32_t, const void*, int32_t, void*);
OLD(fd_seek)(int32_t, int64_t, int32_t, void*);
OLD(fd_tell)(int32_t, void*);
OLD(fd_close)(int32_t);
OLD(fd_filestat_get)(int32_t, void*);
OLD(fd_prestat_get)(int32_t, void*);
OLD(path_open)(int32_t, int32_t, const char*, int32_t, int32_t, int64_t, int64_t, int32_t, void*);
OLD(path_link)(int32_t, int32_t, const char*, int32_t, int32_t, const char*, int32_t);
OLD(path_filestat_get)(int32_t, int32_t, const char*, int32_t, void*);
OLD(path_unlink_file)(int32_t, const char*, int32_t);
OLD(poll_oneoff)(const void*, void*, int32_t, void*);
OLD(clock_time_get)(int32_t, int64_t, void*);

#define END ((uint32_t)__builtin_wasm_memory_size(0) * 65536u)
#define AT(address) ((void*)(uintptr_t)(address))

enum { kCur, kEnd, kSet, kRegularFile = 4 };

static void seek(int32_t fd, int64_t offset, int32_t whence, uint64_t wanted) {
  uint64_t at = 99;
  expect(old_fd_seek(fd, offset, whence, &at) == 0, "seek", whence);
  expect(at == wanted, "position", (int)at);
  at = 99;
  expect(old_fd_tell(fd, &at) == 0 && at == wanted, "tell", (int)at);
}

static void seeks(int32_t fd) {
  seek(fd, 4, kSet, 4);
  seek(fd, 3, kCur, 7);
  seek(fd, -1, kEnd, 9);
  seek(fd, 0, kCur, 9);
  uint64_t at;
  expect(old_fd_seek(fd, -10, kCur, &at) == __WASI_ERRNO_INVAL, "seek before the start", 0);
  expect(old_fd_seek(fd, 0, 3, &at) == __WASI_ERRNO_INVAL, "whence 3", 0);
  expect(old_fd_seek(fd, 0, 0x100, &at) == __WASI_ERRNO_INVAL, "whence 256", 0);
  expect(old_fd_seek(99, 0, 3, &at) == __WASI_ERRNO_BADF, "seek of nothing", 0);
  expect(old_fd_seek(fd, 0, kSet, AT(END - 7)) == __WASI_ERRNO_FAULT, "seek result", 0);
}

typedef struct {
  uint64_t dev, ino;
  uint8_t filetype, pad[3];
  uint32_t nlink;
  uint64_t size, atim, mtim, ctim;
} OldFilestat;
_Static_assert(sizeof(OldFilestat) == 56, "");

static void check_filestat(const OldFilestat* filestat, const __wasi_filestat_t* now) {
  expect(filestat->dev == now->dev && filestat->ino == now->ino, "dev, ino", 0);
  expect(filestat->filetype == kRegularFile, "filetype", filestat->filetype);
  expect(filestat->pad[0] == 0 && filestat->pad[1] == 0 && filestat->pad[2] == 0, "padding", 0);
  expect(filestat->nlink == 2, "nlink", (int)filestat->nlink);
  expect(filestat->size == 10, "size", (int)filestat->size);
  expect(filestat->atim == now->atim && filestat->mtim == now->mtim, "atim, mtim", 0);
  expect(filestat->ctim == now->ctim, "ctim", 0);
}

static void filestats(int32_t fd) {
  expect(old_path_link(kBox, 0, "in.txt", 6, kBox, "link", 4) == 0, "link", 0);
  __wasi_filestat_t now;
  expect(raw_path_filestat_get(kBox, 0, "in.txt", 6, &now) == 0, "filestat of preview1", 0);
  struct {
    OldFilestat filestat;
    uint64_t guard;
  } got;
  memset(&got, 0xaa, sizeof got);
  expect(old_fd_filestat_get(fd, &got.filestat) == 0, "fd_filestat_get", 0);
  check_filestat(&got.filestat, &now);
  expect(got.guard == 0xaaaaaaaaaaaaaaaaull, "behind the filestat", 0);
  memset(&got, 0xaa, sizeof got);
  expect(old_path_filestat_get(kBox, 0, "link", 4, &got.filestat) == 0, "path_filestat_get", 0);
  check_filestat(&got.filestat, &now);
  expect(got.guard == 0xaaaaaaaaaaaaaaaaull, "behind the filestat", 0);
  expect(old_fd_filestat_get(fd, AT(END - 56)) == 0, "filestat at the end", 0);
  expect(old_fd_filestat_get(fd, AT(END - 55)) == __WASI_ERRNO_FAULT, "filestat across it", 0);
  expect(old_fd_filestat_get(99, &got) == __WASI_ERRNO_BADF, "filestat of nothing", 0);
  expect(old_path_filestat_get(kBox, 0, "../x", 4, &got) == __WASI_ERRNO_PERM, "escape", 0);
  expect(old_path_unlink_file(kBox, "link", 4) == 0, "unlink", 0);
}

typedef struct {
  uint64_t userdata;
  uint8_t type, pad0[7];
  uint64_t identifier_or_fd;
  uint32_t clock, pad1;
  uint64_t timeout, precision;
  uint16_t flags;
  uint8_t pad2[6];
} OldSubscription;
_Static_assert(sizeof(OldSubscription) == 56, "");

typedef struct {
  uint64_t userdata;
  uint16_t error;
  uint8_t type, pad0[5];
  uint64_t nbytes;
  uint16_t flags;
  uint8_t pad1[6];
} OldEvent;
_Static_assert(sizeof(OldEvent) == 32, "");

static void polls(void) {
  OldEvent events[4];
  uint32_t count = 99;
  // The identifier, 7, must not be taken for a clock; nor what lies behind a number for a part of
  // it.
  const OldSubscription sleep = {
      .userdata = 1, .identifier_or_fd = 7, .clock = 1, .timeout = 2000000};
  uint64_t before, after;
  old_clock_time_get(1, 0, &before);
  expect(old_poll_oneoff(&sleep, events, 1, &count) == 0 && count == 1, "sleep", (int)count);
  old_clock_time_get(1, 0, &after);
  expect(after - before >= 2000000, "time slept", (int)(after - before));
  expect(events[0].userdata == 1 && events[0].error == 0 && events[0].type == 0, "event", 0);

  const OldSubscription many[4] = {
      {.userdata = 10, .clock = 1, .timeout = 1ull << 60},
      {.userdata = 11, .type = 1, .identifier_or_fd = 0xffffffff00000000ull, .clock = 77},
      {.userdata = 12, .clock = 7},
      {.userdata = 13, .type = 2, .identifier_or_fd = 99},
  };
  expect(old_poll_oneoff(many, events, 4, &count) == 0 && count == 3, "poll", (int)count);
  expect(events[0].userdata == 11 && events[0].type == 1 && events[0].error == 0, "stdin", 0);
  expect(events[0].nbytes == 5, "bytes of stdin", (int)events[0].nbytes);
  expect(events[1].userdata == 12 && events[1].error == __WASI_ERRNO_INVAL, "clock 7", 0);
  expect(events[2].userdata == 13 && events[2].error == __WASI_ERRNO_BADF, "fd 99", 0);

  old_clock_time_get(0, 0, &before);
  const OldSubscription past = {.userdata = 20, .timeout = before, .flags = 1};
  expect(old_poll_oneoff(&past, events, 1, &count) == 0 && count == 1, "a past moment", (int)count);
  expect(old_poll_oneoff(AT(END - 55), events, 1, &count) == __WASI_ERRNO_FAULT, "subscription", 0);
  expect(old_poll_oneoff(&past, AT(END - 31), 1, &count) == __WASI_ERRNO_FAULT, "event", 0);
  expect(old_poll_oneoff(&past, events, 0, &count) == __WASI_ERRNO_INVAL, "no subscription", 0);
}

int main(void) {
  uint32_t used;
  struct {
    const char* buf;
    uint32_t len;
  } iovec = {"by wasi_unstable\n", 17};
  expect(old_fd_write(1, &iovec, 1, &used) == 0 && used == 17, "write", 0);
  uint32_t prestat[2];
  expect(old_fd_prestat_get(kBox, prestat) == 0 && prestat[1] == 1, "prestat", 0);
  int32_t fd = -1;
  expect(old_path_open(kBox, 0, "in.txt", 6, 0, kRead, -1, 0, &fd) == 0, "open", 0);
  seeks(fd);
  filestats(fd);
  polls();
  // One table of descriptors for both.
  char text[4];
  iovec.buf = text;
  iovec.len = 4;
  seek(fd, 2, kSet, 2);
  expect(raw_fd_read(fd, &iovec, 1, &used) == 0 && used == 4, "read", (int)used);
  expect(memcmp(text, "2345", 4) == 0, "what was read", 0);
  expect(old_fd_close(fd) == 0 && raw_fd_close(fd) == __WASI_ERRNO_BADF, "close", 0);
  if (failures == 0) puts("all as in 2019");
  return failures;
}
