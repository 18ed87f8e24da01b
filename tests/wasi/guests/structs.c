// What is copied out: every byte is written by somebody, none beyond the end, and all of it is
// true.
#include <stdlib.h>

#include "rules.h"

enum { kPoison = 0xaa, kSpace = 256 };
static uint8_t space[kSpace];

static uint8_t* poison(void) {
  memset(space, kPoison, sizeof space);
  return space + 64;
}
static void zero(const uint8_t* at, int from, int to, const char* what) {
  for (int i = from; i < to; ++i) expect(at[i] == 0, what, i);
}
// Bytes before and after a structure of that size are as they were.
static void nothing_around(unsigned size, const char* what) {
  for (unsigned i = 0; i < 64; ++i) expect(space[i] == kPoison, what, (int)i - 64);
  for (unsigned i = 64 + size; i < kSpace; ++i) expect(space[i] == kPoison, what, (int)i - 64);
}

static void fdstat_has_no_stale_bytes(void) {
  for (int32_t fd = 0; fd <= kBox; ++fd) {
    uint8_t* at = poison();
    expect_errno(raw_fd_fdstat_get(fd, at), 0, "fdstat");
    zero(at, 1, 2, "fdstat");
    zero(at, 4, 8, "fdstat");
    nothing_around(24, "fdstat");
  }
}

static void filestat_has_no_stale_bytes(void) {
  for (int32_t fd = 0; fd <= kBox; ++fd) {
    uint8_t* at = poison();
    expect_errno(raw_fd_filestat_get(fd, at), 0, "filestat");
    zero(at, 17, 24, "filestat");
    nothing_around(64, "filestat");
  }
  static const char* const kNames[] = {"in.txt", "dir", "pipe", "link", "ancient", "future"};
  for (EACH(i, kNames)) {
    uint8_t* at = poison();
    expect_errno(raw_path_filestat_get(kBox, 0, TEXT(kNames[i]), at), 0, kNames[i]);
    zero(at, 17, 24, kNames[i]);
    nothing_around(64, kNames[i]);
  }
}

static void prestat_has_no_stale_bytes(void) {
  uint8_t* at = poison();
  expect_errno(raw_fd_prestat_get(kBox, at), 0, "prestat");
  zero(at, 0, 4, "prestat");
  nothing_around(8, "prestat");
  uint32_t length;
  memcpy(&length, at + 4, sizeof length);
  at = poison();
  refused(raw_fd_prestat_dir_name(kBox, at, (int32_t)length - 1), "too small");
  nothing_around(0, "too small");
  expect_errno(raw_fd_prestat_dir_name(kBox, at, (int32_t)length + 64), 0, "name");
  nothing_around(length, "name without a NUL");
}

static void event_has_no_stale_bytes(void) {
  const int32_t pipe = must_open(kBox, "pipe", 0, kRead | kWrite);
  expect_errno(write_text(pipe, "x"), 0, "write");
  uint8_t in[48 * 5];
  for (int i = 0; i < 5; ++i) {
    uint8_t* subscription = in + 48 * i;
    memset(subscription, 0, 48);
    subscription[8] = (uint8_t)(i == 0 ? 0 : i == 1 ? 9 : 1);
    const int32_t fd = i == 0 ? 1 : i == 2 ? 99 : i == 3 ? kBox : pipe;
    memcpy(subscription + 16, &fd, sizeof fd);
    // What a guest leaves in the subscription's padding doesn't come back either.
    memset(subscription + 9, kPoison, 7);
    memset(subscription + 20, kPoison, 4);
  }
  uint8_t* at = poison();
  uint32_t fired;
  expect_errno(raw_poll_oneoff(in, at, 5, &fired), 0, "poll");
  expect(fired == 5, "events", (int)fired);
  for (uint32_t i = 0; i < fired; ++i) {
    zero(at + 32 * i, 11, 16, "event");
    zero(at + 32 * i, 26, 32, "event");
  }
  nothing_around(32 * fired, "events");
  must_close(pipe);
}

static int read_entries(int32_t dir, uint8_t* buffer, uint32_t size, uint64_t cookie,
                        uint32_t* used) {
  return raw_fd_readdir(dir, buffer, (int32_t)size, (int64_t)cookie, used);
}

static void dirent_has_no_stale_bytes(void) {
  static uint8_t buffer[4096];
  memset(buffer, kPoison, sizeof buffer);
  uint32_t used, entries = 0;
  expect_errno(read_entries(kBox, buffer, sizeof buffer, 0, &used), 0, "readdir");
  for (uint32_t at = 0; at < used; ++entries) {
    uint32_t name;
    memcpy(&name, buffer + at + 16, sizeof name);
    zero(buffer + at, 21, 24, "dirent");
    for (uint32_t i = 0; i < name; ++i) {
      expect(buffer[at + 24 + i] != 0 && buffer[at + 24 + i] != kPoison, "name", (int)i);
    }
    at += 24 + name;
  }
  expect(entries > 5, "entries", (int)entries);
  for (uint32_t i = used; i < sizeof buffer; ++i) expect(buffer[i] == kPoison, "after", (int)i);
}

// Of every size, down to a part of an entry: the buffer is filled to its end and not beyond, with
// the same bytes.
static void readdir_fills_what_there_is(void) {
  static uint8_t whole[4096], part[4096];
  uint32_t used, some;
  expect_errno(read_entries(kBox, whole, sizeof whole, 0, &used), 0, "readdir");
  for (uint32_t size = 0; size <= used + 30; ++size) {
    memset(part, kPoison, sizeof part);
    expect_errno(read_entries(kBox, part, size, 0, &some), 0, "readdir");
    expect(some == (size < used ? size : used), "used", (int)some);
    expect(memcmp(part, whole, some) == 0, "the same entries", (int)size);
    for (uint32_t i = some; i < sizeof part; ++i) expect(part[i] == kPoison, "after", (int)i);
  }
}

static void cookies_go_on_from_any_entry(void) {
  static uint8_t whole[4096], rest[4096];
  uint32_t used, left;
  expect_errno(read_entries(kBox, whole, sizeof whole, 0, &used), 0, "readdir");
  for (uint32_t at = 0; at < used;) {
    uint32_t name;
    uint64_t next;
    memcpy(&next, whole + at, sizeof next);
    memcpy(&name, whole + at + 16, sizeof name);
    at += 24 + name;
    expect_errno(read_entries(kBox, rest, sizeof rest, next, &left), 0, "from a cookie");
    expect(left == used - at && memcmp(rest, whole + at, left) == 0, "the rest", (int)left);
  }
}

static void cookies_of_nobody_do_no_harm(void) {
  static const uint64_t kCookies[] = {1,          2,          77,         1ull << 31,
                                      1ull << 32, 1ull << 62, 1ull << 63, INT64_MAX - 1,
                                      INT64_MAX,  UINT64_MAX};
  static uint8_t buffer[1024];
  for (EACH(i, kCookies)) {
    uint32_t used = 0;
    const int got = read_entries(kBox, buffer, sizeof buffer, kCookies[i], &used);
    expect(got != 0 || used <= sizeof buffer, "used", (int)used);
  }
  uint32_t used;
  expect_errno(read_entries(kBox, buffer, sizeof buffer, 0, &used), 0, "from the start again");
}

static void entries_tell_the_truth(void) {
  static uint8_t buffer[4096];
  uint32_t used;
  expect_errno(read_entries(kBox, buffer, sizeof buffer, 0, &used), 0, "readdir");
  uint8_t box[64], stat[64];
  expect_errno(raw_fd_filestat_get(kBox, box), 0, "box");
  int dots = 0;
  for (uint32_t at = 0; at < used;) {
    uint32_t name;
    memcpy(&name, buffer + at + 16, sizeof name);
    const char* text = (const char*)buffer + at + 24;
    const int is_dot = name == 1 && text[0] == '.';
    const int is_dots = name == 2 && text[0] == '.' && text[1] == '.';
    dots += is_dot + is_dots;
    if (is_dots) {
      // Of what is above the box, nothing is told.
      memcpy(stat, box, sizeof stat);
    } else {
      expect_errno(raw_path_filestat_get(kBox, 0, text, (int32_t)name, stat), 0, "filestat");
    }
    expect(memcmp(stat + 8, buffer + at + 8, 8) == 0, "inode", (int)at);
    expect(stat[16] == buffer[at + 20], "type", buffer[at + 20]);
    at += 24 + name;
  }
  expect(dots == 2, "dots", dots);
}

static void times_are_clamped(void) {
  uint64_t stat[8];
  expect_errno(raw_path_filestat_get(kBox, 0, TEXT("ancient"), stat), 0, "ancient");
  expect(stat[5] == 0 && stat[6] == 0, "before 1970", (int)stat[6]);
  expect_errno(raw_path_filestat_get(kBox, 0, TEXT("future"), stat), 0, "future");
  expect(stat[6] == 17179869183ull * 1000000000 || stat[6] > 9000000000ull * 1000000000,
         "far future", (int)(stat[6] >> 32));
}

static void readlink_fills_what_there_is(void) {
  for (uint32_t size = 0; size < 10; ++size) {
    uint8_t* at = poison();
    uint32_t used;
    expect_errno(raw_path_readlink(kBox, TEXT("link"), at, (int32_t)size, &used), 0, "readlink");
    const uint32_t want = size < 6 ? size : 6;
    expect(used == want && memcmp(at, "in.txt", used) == 0, "text", (int)used);
    nothing_around(want, "readlink");
  }
}

static void random_fills_what_was_asked_for(void) {
  for (int size = 0; size <= 100; ++size) {
    uint8_t* at = poison();
    expect_errno(raw_random_get(at, size), 0, "random_get");
    nothing_around((unsigned)size, "random_get");
  }
}

static const struct rule kRules[] = {
    {"fdstat has no stale bytes", "wasmtime GHSA-96f6-r43r-8c24", fdstat_has_no_stale_bytes},
    {"filestat has no stale bytes", "wasmtime GHSA-96f6-r43r-8c24", filestat_has_no_stale_bytes},
    {"prestat has no stale bytes", "wasmtime GHSA-96f6-r43r-8c24", prestat_has_no_stale_bytes},
    {"event has no stale bytes", "wasmtime GHSA-96f6-r43r-8c24", event_has_no_stale_bytes},
    {"dirent has no stale bytes", "wasmtime GHSA-96f6-r43r-8c24", dirent_has_no_stale_bytes},
    {"fd_readdir fills what there is", ABI, readdir_fills_what_there_is},
    {"cookies go on from any entry", ABI, cookies_go_on_from_any_entry},
    {"cookies of nobody do no harm", ABI, cookies_of_nobody_do_no_harm},
    {"entries tell the truth", ABI, entries_tell_the_truth},
    {"times that fit no timestamp are clamped", "wasmtime #13894, p1_stat_extreme_host_mtime",
     times_are_clamped},
    {"path_readlink fills what there is", ABI, readlink_fills_what_there_is},
    {"random_get fills what was asked for", ABI, random_fills_what_was_asked_for},
};
CHECK_RULES(kRules)
