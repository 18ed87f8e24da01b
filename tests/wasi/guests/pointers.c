// Addresses, lengths, counts and numbers that are wrong, against the raw imports. Each must be
// answered by an errno.
#include "raw.h"

#define END ((uint32_t)__builtin_wasm_memory_size(0) * 65536u)
#define AT(address) ((void*)(uintptr_t)(address))

int main(void) {
  char buffer[64];
  uint32_t used;
  struct {
    uint32_t buf, len;
  } iovec = {(uint32_t)(uintptr_t)buffer, 1};
  static const uint32_t kCounts[] = {0x20000001u, 0x10000000u, 0xffffffffu, 0x80000000u, 1025};
  for (unsigned i = 0; i < 5; ++i) {
    expect(raw_fd_write(1, &iovec, (int32_t)kCounts[i], &used) != 0, "fd_write count", (int)i);
    expect(raw_fd_read(0, &iovec, (int32_t)kCounts[i], &used) != 0, "fd_read count", (int)i);
    // (Of these, 1025 is one that may be polled.)
    if (kCounts[i] != 1025) {
      expect(raw_poll_oneoff(buffer, buffer, (int32_t)kCounts[i], &used) != 0, "poll", (int)i);
    }
  }
  expect(raw_poll_oneoff(buffer, buffer, 0, &used) == __WASI_ERRNO_INVAL, "empty poll", 0);
  expect(raw_fd_write(1, AT(0xfffffffcu), 1, &used) != 0, "iovec at the end", 0);
  expect(raw_fd_write(1, &iovec, 1, AT(END - 3)) != 0, "result across the end", 0);
  iovec.len = 0xffffffffu;
  expect(raw_fd_write(1, &iovec, 1, &used) != 0, "buffer of 4 GiB", 0);
  iovec.buf = 0xfffffff0u;
  iovec.len = 0x20;
  expect(raw_fd_write(1, &iovec, 1, &used) != 0, "buffer that wraps", 0);
  expect(raw_random_get(AT(16), -1) != 0, "random_get of 4 GiB", 0);
  expect(raw_fd_readdir(kBox, AT(END - 8), 9, 0, &used) != 0, "readdir across the end", 0);
  expect(raw_path_unlink_file(kBox, AT(END - 1), 2) != 0, "path across the end", 0);
  expect(raw_path_unlink_file(kBox, AT(0xffffffffu), -1) != 0, "path that wraps", 0);
  static const int32_t kFds[] = {-1, 0x7fffffff, 100000, -2147483647};
  for (unsigned i = 0; i < 4; ++i) {
    expect(raw_fd_close(kFds[i]) == __WASI_ERRNO_BADF, "close", (int)i);
    expect(raw_fd_renumber(1, kFds[i]) == __WASI_ERRNO_BADF, "renumber to", (int)i);
    expect(raw_fd_renumber(kFds[i], 1) == __WASI_ERRNO_BADF, "renumber from", (int)i);
  }
  // Renumbering again and again: the numbers stay few, the replaced files are closed.
  int32_t a, b;
  for (int i = 0; i < 3000; ++i) {
    expect(open_at("in.txt", 0, 0, kRead, &a) == 0, "open", i);
    expect(open_at("in.txt", 0, 0, kRead, &b) == 0, "open", i);
    expect(a < 6 && b < 6, "lowest number", b);
    expect(raw_fd_renumber(b, a) == 0, "renumber", i);
    expect(raw_fd_close(b) == __WASI_ERRNO_BADF, "close the old number", i);
    expect(raw_fd_close(a) == 0, "close the new number", i);
  }
  if (failures == 0) puts("all refused");
  return failures;
}
