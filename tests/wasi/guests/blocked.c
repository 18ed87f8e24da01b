// Blocks for good, in the way that its argument names; the host has to end it.
#include <stdlib.h>

#include "rules.h"

static char bytes[65536];

static void read_pipe(int flags) {
  int32_t fd;
  raw_path_open(kBox, 0, TEXT("pipe"), 0, kRead | kWrite, 0, flags, &fd);
  const struct range iovec = range_of(bytes, 1);
  uint32_t used;
  raw_fd_read(fd, &iovec, 1, &used);
}

static void write_pipe(int32_t fd, size_t size) {
  const struct range iovec = range_of(bytes, size);
  uint32_t used;
  while (raw_fd_write(fd, &iovec, 1, &used) == 0) continue;
}

static void poll(const __wasi_subscription_t* subscription) {
  __wasi_event_t event;
  uint32_t fired;
  raw_poll_oneoff(subscription, &event, 1, &fired);
}

int main(int argc, char** argv) {
  const char* how = argc > 1 ? argv[1] : "";
  __wasi_subscription_t subscription;
  memset(&subscription, 0, sizeof subscription);
  if (strcmp(how, "read a pipe") == 0) {
    read_pipe(0);
  } else if (strcmp(how, "write a pipe") == 0) {
    write_pipe(must_open(kBox, "pipe", 0, kRead | kWrite), sizeof bytes);
  } else if (strcmp(how, "write a pipe bit by bit") == 0) {
    write_pipe(must_open(kBox, "pipe", 0, kRead | kWrite), 5000);
  } else if (strcmp(how, "write to a lent pipe") == 0) {
    write_pipe(1, sizeof bytes);
  } else if (strcmp(how, "read from a lent pipe") == 0) {
    const struct range iovec = range_of(bytes, 1);
    uint32_t used;
    raw_fd_read(0, &iovec, 1, &used);
  } else if (strcmp(how, "poll a pipe") == 0) {
    subscription.u.tag = __WASI_EVENTTYPE_FD_READ;
    subscription.u.u.fd_read.file_descriptor = must_open(kBox, "pipe", 0, kRead | kWrite);
    poll(&subscription);
  } else if (strcmp(how, "sleep") == 0) {
    subscription.u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
    subscription.u.u.clock.timeout = UINT64_MAX;
    poll(&subscription);
  } else if (strcmp(how, "random bytes") == 0) {
    // As much memory as there may be, which takes seconds to fill.
    while (__builtin_wasm_memory_grow(0, 1024) != (size_t)-1) continue;
    const uint32_t size = (uint32_t)__builtin_wasm_memory_size(0) * 65536u;
    while (raw_random_get((void*)65536, (int32_t)(size - 65536)) == 0) continue;
  } else if (strcmp(how, "short calls") == 0) {
    uint64_t now;
    while (raw_clock_time_get(1, 1, &now) == 0) continue;
  }
  return 1;
}
