// With almost 4 GiB of memory: transfers of all of it, which neither wrap nor take the host's
// memory.
#include <stdlib.h>

#include "rules.h"

static uint32_t end;

static void as_much_as_there_may_be(void) {
  while (__builtin_wasm_memory_grow(0, 1024) != (size_t)-1) continue;
  while (__builtin_wasm_memory_grow(0, 1) != (size_t)-1) continue;
  expect(__builtin_wasm_memory_size(0) >= 65535, "pages", (int)__builtin_wasm_memory_size(0));
  end = 0xffff0000u;
}

static void streams_take_what_they_take(void) {
  struct range iovecs[1024];
  uint32_t used = 0;
  for (EACH(i, iovecs)) iovecs[i] = (struct range){65536, end - 65536};
  // Each of 4 GiB, 4 TiB together; the host keeps a megabyte.
  const int got = raw_fd_write(1, iovecs, 1024, &used);
  expect(got == 0 && used <= 1 << 20, "captured", (int)used);
  const int full = raw_fd_write(1, iovecs, 1, &used);
  host("empty stdout");
  expect_errno(full, __WASI_ERRNO_NOSPC, "full");
  // To where it costs nothing.
  const int32_t null = must_open(kBox + 1, "null", 0, kWrite);
  expect_errno(raw_fd_write(null, iovecs, 1024, &used), 0, "written away");
  expect(used > 0 && used <= 0x7fffffff, "written away", (int)used);
  must_close(null);
}

static void sums_do_not_wrap(void) {
  char byte;
  uint32_t used;
  // Two that together are 2 bytes in 32 bits.
  const struct range iovecs[] = {{0, 0xffff0000u}, {0, 0x00010002u}};
  const int32_t file = must_open(kBox, "in.txt", 0, kRead);
  expect_errno(raw_fd_read(file, iovecs + 1, 1, &used), 0, "read");
  expect(used == 2, "read", (int)used);
  must_close(file);
  refused(raw_fd_readdir(kBox, (void*)65536, -1, 0, &used), "beyond the end");
  expect_errno(raw_fd_readdir(kBox, (void*)65536, (int32_t)(end - 65536), 0, &used), 0, "readdir");
  expect(used > 24 && used < 4096, "readdir", (int)used);
  refused(raw_path_unlink_file(kBox, (void*)65536, (int32_t)(end - 65536)), "path");
  refused(raw_path_symlink((void*)65536, (int32_t)(end - 65536), kBox, TEXT("x")), "text");
  expect_errno(raw_path_readlink(kBox, TEXT("link"), (void*)65536, (int32_t)(end - 65536), &used),
               0, "readlink");
  expect(used == 6, "readlink", (int)used);
  refused(raw_poll_oneoff((void*)65536, &byte, 0x05000000, &used), "as many as fit");
}

static const struct rule kRules[] = {
    {"(as much memory as there may be)", "", as_much_as_there_may_be},
    {"streams take what they take", "wasmtime GHSA-852m-cvvp-9p4w, GHSA-gqmc-89g8-p25r",
     streams_take_what_they_take},
    {"sums do not wrap", ABI, sums_do_not_wrap},
};
CHECK_RULES(kRules)
