// Uses paths for a second, while the host puts links in the place of directories and moves
// directories out of the box and back. Nothing that is reached may be outside.
#include "rules.h"

static int reads_secret(const char* path) {
  char text[64];
  const struct range iovec = range_of(text, sizeof text);
  uint32_t used = 0;
  int32_t fd;
  if (open_in(kBox, path, kFollow, 0, kRead, &fd) != 0) return 0;
  const int error = raw_fd_read(fd, &iovec, 1, &used);
  raw_fd_close(fd);
  return error == 0 && used == 6 && memcmp(text, "secret", 6) == 0;
}

int main(void) {
  // "swap" is a directory and a link to the outside by turns; "mv/deep" is inside and outside.
  static const char* const kPaths[] = {"swap/f",
                                       "swap/./f",
                                       "swap/../outside.txt",
                                       "swap/../outdir/f",
                                       "mv/deep/../f",
                                       "mv/deep/../../outside.txt",
                                       "mv/deep/../../../outside.txt",
                                       "mv/deep/../../outdir/f"};
  uint64_t begin, now;
  unsigned rounds = 0;
  raw_clock_time_get(1, 1, &begin);
  do {
    for (EACH(i, kPaths)) expect(!reads_secret(kPaths[i]), kPaths[i], (int)rounds);
    int32_t fd;
    // What a link would create, remove or change outside, the host looks for.
    if (open_in(kBox, "swap/created", kFollow, 1 | 8, kWrite, &fd) == 0) {
      raw_fd_close(fd);
      remove_file(kBox, "swap/created");
    }
    if (open_in(kBox, "swap/f", kFollow, 8, kWrite, &fd) == 0) {
      expect_errno(write_text(fd, "inside"), 0, "write");
      raw_fd_close(fd);
    }
    if (make_dir(kBox, "swap/made") == 0) remove_dir(kBox, "swap/made");
    make_link("x", kBox, "swap/linked");
    remove_file(kBox, "swap/linked");
    raw_path_rename(kBox, TEXT("in.txt"), kBox, TEXT("swap/renamed"));
    raw_path_rename(kBox, TEXT("swap/renamed"), kBox, TEXT("in.txt"));
    raw_path_link(kBox, 0, TEXT("in.txt"), kBox, TEXT("swap/hard"));
    remove_file(kBox, "swap/hard");
    make_dir(kBox, "mv/deep/../../made");
    make_dir(kBox, "mv/deep/../made");
    ++rounds;
    raw_clock_time_get(1, 1, &now);
  } while (now - begin < 1000000000);
  expect(rounds > 100, "rounds", (int)rounds);
  if (failures == 0) puts("nothing outside was reached");
  return failures != 0;
}
