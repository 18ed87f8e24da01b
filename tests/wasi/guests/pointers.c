// Addresses, lengths and counts that are wrong. Each must be answered by an errno, and a call that
// fails must have changed nothing.
#include "rules.h"

#define END ((uint32_t)__builtin_wasm_memory_size(0) * 65536u)
#define AT(address) ((void*)(uintptr_t)(address))

static char buffer[64];
static struct range iovec;
static uint32_t used;
static int32_t file;

static void use_one_byte(void) { iovec = range_of(buffer, 1); }

// Every function that takes a list of buffers.
static void refuse_list(const void* list, uint32_t count, const char* what) {
  const int32_t n = (int32_t)count;
  refused(raw_fd_write(1, list, n, &used), what);
  refused(raw_fd_read(0, list, n, &used), what);
  refused(raw_fd_write(file, list, n, &used), what);
  refused(raw_fd_read(file, list, n, &used), what);
  refused(raw_fd_pwrite(file, list, n, 0, &used), what);
  refused(raw_fd_pread(file, list, n, 0, &used), what);
  refused(raw_sock_recv(file, list, n, 0, &used, &used), what);
  refused(raw_sock_send(file, list, n, 0, &used), what);
}

static void counts_of_buffers_are_checked(void) {
  // 0x20000001 * 8 is 8 in 32 bits.
  static const uint32_t kCounts[] = {0x20000001u, 0x20000000u, 0x10000000u, 0x7fffffffu,
                                     0x80000000u, 0xffffffffu, 1025};
  use_one_byte();
  for (EACH(i, kCounts)) refuse_list(&iovec, kCounts[i], "count");
}

static void lists_of_buffers_are_checked(void) {
  use_one_byte();
  refuse_list(AT(END), 1, "at the end");
  refuse_list(AT(END - 4), 1, "across the end");
  refuse_list(AT(0xfffffffcu), 1, "that wraps");
  refuse_list(AT(0xfffffff8u), 1, "that ends with the address space");
}

static void buffers_are_checked(void) {
  static const struct {
    uint32_t from_end, length;
  } kBuffers[] = {{0, 1}, {1, 2}, {8, 0xffffffffu}, {8, 0x80000000u}};
  for (EACH(i, kBuffers)) {
    iovec.at = END - kBuffers[i].from_end;
    iovec.length = kBuffers[i].length;
    refuse_list(&iovec, 1, "buffer at the end");
  }
  iovec.at = 0xfffffff0u;
  iovec.length = 0x20;
  refuse_list(&iovec, 1, "buffer that wraps");
  iovec.at = 0;
  iovec.length = 0xffffffffu;
  refuse_list(&iovec, 1, "buffer of 4 GiB");
  iovec.at = 0xffffffffu;
  iovec.length = 1;
  refuse_list(&iovec, 1, "the last address");
}

static void a_bad_buffer_spoils_the_good_ones(void) {
  const struct range two[2] = {range_of(buffer, 1), {END, 1}};
  refuse_list(two, 2, "second buffer");
  uint64_t at;
  expect_errno(raw_fd_tell(file, &at), 0, "tell");
  expect(at == 0, "nothing was read or written", (int)at);
  expect(holds(kBox, "in.txt", "in"), "in.txt", 0);
}

// Every function that writes to an address, with that address.
static void refuse_result(void* to, const char* what) {
  use_one_byte();
  const int32_t free_number = must_open(kBox, "in.txt", 0, kRead);
  must_close(free_number);
  refused(raw_args_sizes_get(to, &used), what);
  refused(raw_args_sizes_get(&used, to), what);
  refused(raw_environ_sizes_get(to, &used), what);
  refused(raw_environ_sizes_get(&used, to), what);
  refused(raw_args_get(to, buffer), what);
  refused(raw_args_get(buffer, to), what);
  refused(raw_environ_get(to, buffer), what);
  refused(raw_environ_get(buffer, to), what);
  refused(raw_clock_res_get(0, to), what);
  refused(raw_clock_time_get(0, 1, to), what);
  refused(raw_fd_fdstat_get(1, to), what);
  refused(raw_fd_filestat_get(1, to), what);
  refused(raw_fd_filestat_get(file, to), what);
  refused(raw_fd_pread(file, &iovec, 1, 0, to), what);
  refused(raw_fd_prestat_get(kBox, to), what);
  refused(raw_fd_prestat_dir_name(kBox, to, 64), what);
  refused(raw_fd_pwrite(file, &iovec, 1, 0, to), what);
  refused(raw_fd_read(file, &iovec, 1, to), what);
  refused(raw_fd_readdir(kBox, to, 64, 0, &used), what);
  refused(raw_fd_readdir(kBox, buffer, 64, 0, to), what);
  refused(raw_fd_seek(file, 1, 0, to), what);
  refused(raw_fd_tell(file, to), what);
  refused(raw_fd_write(file, &iovec, 1, to), what);
  refused(raw_fd_write(1, &iovec, 1, to), what);
  refused(raw_path_filestat_get(kBox, 0, TEXT("in.txt"), to), what);
  refused(raw_path_open(kBox, 0, TEXT("in.txt"), 0, kRead, 0, 0, to), what);
  refused(raw_path_open(kBox, 0, TEXT("in.txt"), 8, kWrite, 0, 0, to), what);
  refused(raw_path_open(kBox, 0, TEXT("unmade"), 1, kWrite, 0, 0, to), what);
  refused(raw_path_readlink(kBox, TEXT("link"), to, 64, &used), what);
  refused(raw_path_readlink(kBox, TEXT("link"), buffer, 64, to), what);
  refused(raw_random_get(to, 64), what);
  refused(raw_sock_accept(file, 0, to), what);
  // Nothing came of it.
  uint64_t at;
  expect_errno(raw_fd_tell(file, &at), 0, "tell");
  expect(at == 0, "position", (int)at);
  expect(holds(kBox, "in.txt", "in"), "in.txt", 0);
  refused(remove_file(kBox, "unmade"), "unmade");
  const int32_t next = must_open(kBox, "in.txt", 0, kRead);
  expect(next == free_number, "a number was lost", next);
  must_close(next);
}

static void results_are_checked(void) {
  refuse_result(AT(END), "at the end");
  refuse_result(AT(END - 1), "across the end");
  refuse_result(AT(END - 3), "across the end");
  refuse_result(AT(0xffffffffu), "the last address");
  refuse_result(AT(0xfffffffcu), "that wraps");
  refuse_result(AT(0x80000000u), "in the middle of the address space");
}

static void results_may_be_at_the_very_end(void) {
  expect_errno(raw_clock_time_get(0, 1, AT(END - 8)), 0, "time");
  expect_errno(raw_fd_fdstat_get(1, AT(END - 24)), 0, "fdstat");
  expect_errno(raw_fd_filestat_get(1, AT(END - 64)), 0, "filestat");
  expect_errno(raw_random_get(AT(END - 64), 64), 0, "random");
  expect_errno(raw_random_get(AT(END), 0), 0, "nothing at the end");
  refused(raw_random_get(AT(END + 1), 0), "nothing after the end");
  // At no alignment.
  expect_errno(raw_fd_filestat_get(1, AT(END - 65)), 0, "filestat");
}

static void paths_are_checked(void) {
  refuse_to_use(kBox, AT(END - 1), 2, "across the end");
  refuse_to_use(kBox, AT(END), 1, "at the end");
  refuse_to_use(kBox, AT(0xffffffffu), -1, "that wraps");
  refuse_to_use(kBox, AT(16), -1, "of 4 GiB");
  refuse_to_use(kBox, AT(0), INT32_MIN, "of 2 GiB");
  refused(raw_path_symlink(AT(END - 1), 2, kBox, TEXT("x")), "text of a link");
  refused(raw_path_symlink(AT(16), -1, kBox, TEXT("x")), "text of a link");
}

static void lengths_are_checked(void) {
  refused(raw_random_get(AT(16), -1), "random_get of 4 GiB");
  refused(raw_random_get(AT(0), INT32_MIN), "random_get of 2 GiB");
  refused(raw_fd_readdir(kBox, AT(END - 8), 9, 0, &used), "readdir");
  refused(raw_fd_readdir(kBox, AT(16), -1, 0, &used), "readdir of 4 GiB");
  refused(raw_path_readlink(kBox, TEXT("link"), AT(16), -1, &used), "readlink into 4 GiB");
  refused(raw_fd_prestat_dir_name(kBox, AT(END), 64), "prestat");
}

static void polls_are_checked(void) {
  static char in[48], out[32];
  refused(raw_poll_oneoff(AT(END - 47), out, 1, &used), "subscription");
  refused(raw_poll_oneoff(in, AT(END - 31), 1, &used), "event");
  refused(raw_poll_oneoff(in, out, 1, AT(END - 3)), "number");
  refused(raw_poll_oneoff(AT(0xfffffff0u), out, 1, &used), "subscription that wraps");
  refused(raw_poll_oneoff(in, AT(0xfffffff0u), 1, &used), "event that wraps");
}

static void offsets_are_checked(void) {
  use_one_byte();
  static const uint64_t kOffsets[] = {1ull << 63, UINT64_MAX, UINT64_MAX - 1};
  for (EACH(i, kOffsets)) {
    const int64_t offset = (int64_t)kOffsets[i];
    refused(raw_fd_pread(file, &iovec, 1, offset, &used), "pread");
    refused(raw_fd_pwrite(file, &iovec, 1, offset, &used), "pwrite");
    refused(raw_fd_filestat_set_size(file, offset), "set_size");
    refused(raw_fd_advise(file, offset, 1, 0), "advise");
    refused(raw_fd_advise(file, 0, offset, 0), "advise");
    refused(raw_fd_allocate(file, offset, 1), "allocate");
    refused(raw_fd_allocate(file, 0, offset), "allocate");
  }
  uint64_t at;
  refused(raw_fd_seek(file, -1, 0, &at), "seek before the start");
  refused(raw_fd_seek(file, INT64_MIN, 1, &at), "seek before the start");
  refused(raw_fd_seek(file, INT64_MAX, 2, &at), "seek beyond everything");
  expect_errno(raw_fd_seek(file, 0, 0, &at), 0, "seek");
}

static void flags_and_enumerations_are_checked(void) {
  static const int32_t kWords[] = {0x100, 0x10000, INT32_MIN, -1, 0x40000001};
  uint64_t at;
  int32_t fd;
  for (EACH(i, kWords)) {
    const int32_t word = kWords[i];
    refused(raw_fd_advise(file, 0, 1, word), "advice");
    refused(raw_fd_fdstat_set_flags(file, word), "fdflags");
    refused(raw_fd_seek(file, 0, word, &at), "whence");
    refused(raw_clock_time_get(word, 1, &at), "clock");
    refused(raw_clock_res_get(word, &at), "clock");
    refused(raw_path_open(kBox, word, TEXT("in.txt"), 0, kRead, 0, 0, &fd), "lookup flags");
    refused(raw_path_open(kBox, 0, TEXT("in.txt"), word, kRead, 0, 0, &fd), "oflags");
    refused(raw_path_open(kBox, 0, TEXT("in.txt"), 0, kRead, 0, word, &fd), "fdflags");
    refused(raw_path_filestat_get(kBox, word, TEXT("in.txt"), buffer), "lookup flags");
    refused(raw_path_link(kBox, word, TEXT("in.txt"), kBox, TEXT("new")), "lookup flags");
    refused(raw_fd_filestat_set_times(file, 0, 0, word), "fstflags");
    refused(raw_path_filestat_set_times(kBox, 0, TEXT("in.txt"), 0, 0, word), "fstflags");
  }
}

static void open_the_file(void) { file = must_open(kBox, "in.txt", 0, kRead | kWrite); }

static const struct rule kRules[] = {
    {"(a file is there)", "", open_the_file},
    {"counts of buffers are checked in 64 bits and bounded", ABI, counts_of_buffers_are_checked},
    {"lists of buffers are checked", ABI, lists_of_buffers_are_checked},
    {"buffers are checked", ABI, buffers_are_checked},
    {"a bad buffer spoils the good ones", ABI, a_bad_buffer_spoils_the_good_ones},
    {"results are checked before anything is done", ABI, results_are_checked},
    {"results may be at the very end", ABI, results_may_be_at_the_very_end},
    {"paths are checked", ABI, paths_are_checked},
    {"lengths are checked", ABI, lengths_are_checked},
    {"polls are checked", ABI, polls_are_checked},
    {"offsets are checked", ABI, offsets_are_checked},
    {"flags and enumerations are checked", ABI, flags_and_enumerations_are_checked},
};
CHECK_RULES(kRules)
