// Symbolic links: where they may lead, and who follows them.
#include <stdlib.h>

#include "rules.h"

// Nothing outside can be used through these, in whatever way the link at their beginning or end
// was made.
static void refuse_links(const char* const* paths, unsigned count) {
  for (unsigned i = 0; i < count; ++i) {
    const char* path = paths[i];
    char below[64];
    static const char* const kBelow[] = {
        "/f", "/x", "/.", "/..", "/../outside.txt", "/../box/in.txt"};
    refuse_to_open(kBox, TEXT(path), path);
    for (EACH(j, kBelow)) {
      snprintf(below, sizeof below, "%s%s", path, kBelow[j]);
      refuse_to_use(kBox, TEXT(below), below);
    }
    static const char* const kSlashes[] = {"/", "//", "/./", "/././/"};
    for (EACH(j, kSlashes)) {
      snprintf(below, sizeof below, "%s%s", path, kSlashes[j]);
      refuse_to_open(kBox, TEXT(below), below);
      char stat[64];
      const int got = raw_path_filestat_get(kBox, 0, TEXT(below), stat);
      expect(got != 0 || stat[16] == __WASI_FILETYPE_SYMBOLIC_LINK, below, stat[16]);
      refused(remove_dir(kBox, below), below);
      refused(remove_file(kBox, below), below);
      refused(make_dir(kBox, below), below);
      refused(raw_path_rename(kBox, TEXT(below), kBox, TEXT("stolen")), below);
      refused(raw_path_rename(kBox, TEXT("dir"), kBox, TEXT(below)), below);
      refused(raw_path_link(kBox, 0, TEXT(below), kBox, TEXT("stolen")), below);
      refused(raw_path_link(kBox, 0, TEXT("in.txt"), kBox, TEXT(below)), below);
    }
  }
}
#define REFUSE(...)                                       \
  do {                                                    \
    static const char* const kPaths[] = {__VA_ARGS__};    \
    refuse_links(kPaths, sizeof kPaths / sizeof *kPaths); \
  } while (0)

static void of_the_host_lead_nowhere_outside(void) {
  REFUSE("outlink", "slashlink", "filelink", "dir/uplink", "chain");
}

static void absolute_ones_lead_nowhere(void) {
  REFUSE("abslink", "absfile", "absbox", "abslink/etc", "abslink/etc/passwd");
  char buffer[64];
  uint32_t used;
  // Their text tells of the host's directories.
  refused(raw_path_readlink(kBox, TEXT("abslink"), buffer, sizeof buffer, &used), "readlink");
}

static void absolute_texts_are_not_written(void) {
  static const char* const kTexts[] = {"/", "/etc/passwd", "//etc/passwd", "/in.txt"};
  for (EACH(i, kTexts)) {
    expect_errno(make_link(kTexts[i], kBox, "absolute"), __WASI_ERRNO_PERM, kTexts[i]);
  }
  expect_errno(remove_file(kBox, "absolute"), __WASI_ERRNO_NOENT, "absolute");
}

static void of_the_guest_lead_nowhere_outside(void) {
  expect_errno(make_link(".", kBox, "self"), 0, "self");
  expect_errno(make_link("self/..", kBox, "up"), 0, "up");
  expect_errno(make_link("../../../../../../../../etc/passwd", kBox, "passwd"), 0, "passwd");
  expect_errno(make_link("../outside.txt", kBox, "out"), 0, "out");
  expect_errno(make_link("../outdir/", kBox, "out-slash"), 0, "out-slash");
  expect_errno(make_link("../outdir/.", kBox, "out-dot"), 0, "out-dot");
  expect_errno(make_link("../box", kBox, "back"), 0, "back");
  expect_errno(make_link("dir/../../outdir", kBox, "winding"), 0, "winding");
  REFUSE("up", "passwd", "out", "out-slash", "out-dot", "back", "winding", "self/up",
         "self/self/out");
  refuse_to_use(kBox, TEXT("dir/../up/outside.txt"), "dir/../up/outside.txt");
  refuse_to_use(kBox, TEXT("self/../outside.txt"), "self/../outside.txt");
}

static void are_not_created_through(void) {
  static const int kOflags[] = {__WASI_OFLAGS_CREAT, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL,
                                __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC};
  expect_errno(make_link("../created.txt", kBox, "lof"), 0, "lof");
  static const char* const kDangling[] = {"dangling", "lof", "dangling/", "lof/", "lof/."};
  for (EACH(i, kDangling)) {
    for (EACH(j, kOflags)) {
      for (int lookup = 0; lookup < 2; ++lookup) {
        int32_t fd;
        const int got = open_in(kBox, kDangling[i], lookup, kOflags[j], kRead | kWrite, &fd);
        refused(got, kDangling[i]);
        if (got == 0) refused(write_text(fd, "escaped"), kDangling[i]);
      }
    }
  }
}

static void slashes_do_not_follow(void) {
  int32_t fd;
  char stat[64];
  expect_errno(make_link("dir", kBox, "inner"), 0, "inner");
  expect_errno(make_link("dir/", kBox, "inner-slash"), 0, "inner-slash");
  static const char* const kPaths[] = {"inner/", "inner//", "inner-slash", "inner-slash/"};
  for (EACH(i, kPaths)) {
    // Followed only if asked for, and if asked for, then with all effect.
    refused(open_in(kBox, kPaths[i], 0, 0, kRead, &fd), kPaths[i]);
    refused(open_in(kBox, kPaths[i], 0, __WASI_OFLAGS_DIRECTORY, kRead, &fd), kPaths[i]);
    must_close(must_open(kBox, kPaths[i], 0, 0));
    refused(remove_dir(kBox, kPaths[i]), kPaths[i]);
    refused(make_dir(kBox, kPaths[i]), kPaths[i]);
  }
  static const char* const kSlashes[] = {"inner/", "inner//", "inner-slash/"};
  for (EACH(i, kSlashes)) {
    refused(remove_file(kBox, kSlashes[i]), kSlashes[i]);
    refused(raw_path_rename(kBox, TEXT(kSlashes[i]), kBox, TEXT("x")), kSlashes[i]);
    refused(raw_path_link(kBox, 0, TEXT(kSlashes[i]), kBox, TEXT("x")), kSlashes[i]);
  }
  expect(holds(kBox, "dir/file", "file"), "the directory is as it was", 0);
  expect_errno(raw_path_filestat_get(kBox, 0, TEXT("inner"), stat), 0, "inner");
  expect(stat[16] == __WASI_FILETYPE_SYMBOLIC_LINK, "inner is a link", stat[16]);
}

static void a_final_one_is_followed_if_asked(void) {
  int32_t fd;
  char stat[64];
  expect_errno(make_link("in.txt", kBox, "to-file"), 0, "to-file");
  expect_errno(open_in(kBox, "to-file", 0, 0, kRead, &fd), __WASI_ERRNO_LOOP, "not followed");
  expect_errno(open_in(kBox, "to-file", 0, __WASI_OFLAGS_TRUNC, kWrite, &fd), __WASI_ERRNO_LOOP,
               "not truncated");
  must_close(must_open(kBox, "to-file", 0, kRead));
  expect_errno(raw_path_filestat_get(kBox, kFollow, TEXT("to-file"), stat), 0, "followed");
  expect(stat[16] == __WASI_FILETYPE_REGULAR_FILE, "followed", stat[16]);
  // What exists can't be created, wherever a link leads.
  expect_errno(
      open_in(kBox, "to-file", kFollow, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, kWrite, &fd),
      __WASI_ERRNO_EXIST, "exclusive");
}

static void to_what_is_not_there_may_create_inside(void) {
  expect_errno(make_link("dir/made", kBox, "to-new"), 0, "to-new");
  must_close(must_open(kBox, "to-new", __WASI_OFLAGS_CREAT, kWrite));
  expect(holds(kBox, "dir/made", ""), "dir/made", 0);
}

static void dots_count_from_where_they_lead(void) {
  expect_errno(make_link("dir/sub", kBox, "to-sub"), 0, "to-sub");
  expect(holds(kBox, "to-sub/../file", "file"), "dir/file", 0);
  expect(!holds(kBox, "to-sub/../in.txt", "in"), "text alone", 0);
}

static void loops_end(void) {
  expect_errno(make_link("loop-b", kBox, "loop-a"), 0, "loop");
  expect_errno(make_link("loop-a", kBox, "loop-b"), 0, "loop");
  expect_errno(make_link("loop-c/x", kBox, "loop-c"), 0, "loop");
  static const char* const kPaths[] = {"loop-a", "loop-a/x", "loop-c", "loop-c/x"};
  int32_t fd;
  for (EACH(i, kPaths)) {
    refuse_to_open(kBox, TEXT(kPaths[i]), kPaths[i]);
    expect_errno(open_in(kBox, kPaths[i], kFollow, 0, kRead, &fd), __WASI_ERRNO_LOOP, kPaths[i]);
  }
}

static void forty_are_followed(void) {
  char name[16], text[16];
  int32_t fd;
  expect_errno(make_link("in.txt", kBox, "link-1"), 0, "link-1");
  for (int i = 2; i <= 41; ++i) {
    snprintf(name, sizeof name, "link-%d", i);
    snprintf(text, sizeof text, "link-%d", i - 1);
    expect_errno(make_link(text, kBox, name), 0, name);
  }
  expect(holds(kBox, "link-40", "") == 0, "not followed", 0);
  must_close(must_open(kBox, "link-40", 0, kRead));
  expect_errno(open_in(kBox, "link-41", kFollow, 0, kRead, &fd), __WASI_ERRNO_LOOP, "link-41");
}

// Texts of 4,000 bytes each, one in the other: work and memory must stay bounded.
static void texts_may_be_long(void) {
  enum { kSize = 4000 };
  char text[kSize + 16], name[16];
  for (int i = 0; i < kSize; i += 2) memcpy(text + i, "./", 2);
  strcpy(text + kSize, "in.txt");
  expect_errno(make_link(text, kBox, "long-0"), 0, "long-0");
  for (int i = 1; i < 45; ++i) {
    snprintf(name, sizeof name, "long-%d", i);
    snprintf(text + kSize, 16, "long-%d", i - 1);
    expect_errno(make_link(text, kBox, name), 0, name);
  }
  int32_t fd;
  must_close(must_open(kBox, "long-3", 0, kRead));
  refused(open_in(kBox, "long-44", kFollow, 0, kRead, &fd), "long-44");
}

// Down a hundred directories by every link: what a walk keeps open must stay bounded.
static void depths_add_up(void) {
  char path[512], text[512];
  int32_t fd;
  for (int i = 0; i < 100; ++i) {
    memset(path, 0, sizeof path);
    for (int j = 0; j <= i; ++j) strcat(path, j == 0 ? "w" : "/w");
    expect_errno(make_dir(kBox, path), 0, "make");
  }
  strcpy(text, path);
  strcat(text, "/here");
  // "here" leads back to the top by ".." and down again, 40 times: each level is left as well.
  char back[1024] = "";
  for (int i = 0; i < 100; ++i) strcat(back, "../");
  strcat(back, path);
  expect_errno(make_link(back, kBox, text), 0, "here");
  must_close(must_open(kBox, text, 0, 0));
  strcat(text, "/here/here/here/here");
  must_close(must_open(kBox, text, 0, 0));
  for (int i = 0; i < 8; ++i) strcat(text, "/here/here/here/here/here");
  expect_errno(open_in(kBox, text, kFollow, 0, 0, &fd), __WASI_ERRNO_LOOP, "too many");
}

static void are_linked_and_moved_themselves(void) {
  char stat[64], buffer[64];
  uint32_t used;
  refused(raw_path_link(kBox, kFollow, TEXT("filelink"), kBox, TEXT("stolen")), "follow");
  expect_errno(raw_path_link(kBox, 0, TEXT("filelink"), kBox, TEXT("hard")), 0, "link");
  expect_errno(raw_path_filestat_get(kBox, 0, TEXT("hard"), stat), 0, "hard");
  expect(stat[16] == __WASI_FILETYPE_SYMBOLIC_LINK, "hard is the link", stat[16]);
  REFUSE("hard");
  expect_errno(raw_path_rename(kBox, TEXT("hard"), kBox, TEXT("dir/hard")), 0, "rename");
  // Moved down a level, its text leads into the box: to what isn't there.
  expect_errno(raw_path_readlink(kBox, TEXT("dir/hard"), buffer, 64, &used), 0, "readlink");
  expect(used == 14 && memcmp(buffer, "../outside.txt", 14) == 0, "text", (int)used);
  refuse_to_open(kBox, TEXT("dir/hard/"), "dir/hard/");
  expect_errno(remove_file(kBox, "dir/hard"), 0, "unlink");
}

static void can_take_a_directorys_place(void) {
  const int32_t dir = must_open(kBox, "dir", __WASI_OFLAGS_DIRECTORY, 0);
  expect_errno(raw_path_rename(kBox, TEXT("dir"), kBox, TEXT("dir-2")), 0, "away");
  expect_errno(make_link("../outdir", kBox, "dir"), 0, "in its place");
  REFUSE("dir");
  // The descriptor is the directory's, not the name's.
  expect(holds(dir, "file", "file"), "file", 0);
  expect(!holds(dir, "f", "secret"), "f", 0);
  expect_errno(remove_file(kBox, "dir"), 0, "unlink");
  expect_errno(raw_path_rename(kBox, TEXT("dir-2"), kBox, TEXT("dir")), 0, "back");
  must_close(dir);
}

static const struct rule kRules[] = {
    {"the host's links lead nowhere outside", PATHS, of_the_host_lead_nowhere_outside},
    {"an absolute link leads nowhere", PATHS "; wasmer CVE-2024-38358, #2243; uvwasi #271",
     absolute_ones_lead_nowhere},
    {"an absolute text is not written", PATHS "; WAMR CVE-2025-43853",
     absolute_texts_are_not_written},
    {"the guest's links lead nowhere outside", "wazero #2321; seen in node 26",
     of_the_guest_lead_nowhere_outside},
    {"nothing outside is created through a link", "wasmer CVE-2024-38358, GHSA-55f3-3qvg-8pv5",
     are_not_created_through},
    {"a slash at the end follows no link",
     "wasmtime GHSA-vqjp-4c8c-hfgg; cap-std GHSA-hp8f-xmx4-4qrg, RUSTSEC-2026-0269",
     slashes_do_not_follow},
    {"a final link is followed if asked for", PATHS, a_final_one_is_followed_if_asked},
    {"a dangling link may create inside", PATHS, to_what_is_not_there_may_create_inside},
    {"'..' counts from where a link leads", PATHS, dots_count_from_where_they_lead},
    {"loops end", PATHS, loops_end},
    {"forty links are followed", PATHS, forty_are_followed},
    {"texts may be long", "memory of the host", texts_may_be_long},
    {"depths of links add up", "descriptors of the host", depths_add_up},
    {"links are linked and moved themselves", PATHS, are_linked_and_moved_themselves},
    {"a link can take a directory's place", PATHS, can_take_a_directorys_place},
};
CHECK_RULES(kRules)
