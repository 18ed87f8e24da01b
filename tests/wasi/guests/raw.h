// The raw imports, for guests that do what no C library does.
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wasi/api.h>

static int failures = 0;

static inline void expect(int condition, const char* what, int got) {
  if (condition) return;
  printf("BAD %s: %d\n", what, got);
  ++failures;
}

#define IMPORT(name) \
  __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name))) int32_t raw_##name

IMPORT(path_open)(int32_t, int32_t, const char*, int32_t, int32_t, int64_t, int64_t, int32_t,
                  void*);
IMPORT(path_symlink)(const char*, int32_t, int32_t, const char*, int32_t);
IMPORT(path_link)(int32_t, int32_t, const char*, int32_t, int32_t, const char*, int32_t);
IMPORT(path_rename)(int32_t, const char*, int32_t, int32_t, const char*, int32_t);
IMPORT(path_unlink_file)(int32_t, const char*, int32_t);
IMPORT(path_create_directory)(int32_t, const char*, int32_t);
IMPORT(path_remove_directory)(int32_t, const char*, int32_t);
IMPORT(path_readlink)(int32_t, const char*, int32_t, void*, int32_t, void*);
IMPORT(path_filestat_get)(int32_t, int32_t, const char*, int32_t, void*);
IMPORT(fd_write)(int32_t, const void*, int32_t, void*);
IMPORT(fd_read)(int32_t, const void*, int32_t, void*);
IMPORT(fd_close)(int32_t);
IMPORT(fd_renumber)(int32_t, int32_t);
IMPORT(fd_readdir)(int32_t, void*, int32_t, int64_t, void*);
IMPORT(random_get)(void*, int32_t);
IMPORT(poll_oneoff)(const void*, void*, int32_t, void*);
IMPORT(args_get)(void*, void*);
IMPORT(args_sizes_get)(void*, void*);
IMPORT(environ_get)(void*, void*);
IMPORT(environ_sizes_get)(void*, void*);
IMPORT(clock_res_get)(int32_t, void*);
IMPORT(clock_time_get)(int32_t, int64_t, void*);
IMPORT(fd_advise)(int32_t, int64_t, int64_t, int32_t);
IMPORT(fd_allocate)(int32_t, int64_t, int64_t);
IMPORT(fd_datasync)(int32_t);
IMPORT(fd_fdstat_get)(int32_t, void*);
IMPORT(fd_fdstat_set_flags)(int32_t, int32_t);
IMPORT(fd_fdstat_set_rights)(int32_t, int64_t, int64_t);
IMPORT(fd_filestat_get)(int32_t, void*);
IMPORT(fd_filestat_set_size)(int32_t, int64_t);
IMPORT(fd_filestat_set_times)(int32_t, int64_t, int64_t, int32_t);
IMPORT(fd_pread)(int32_t, const void*, int32_t, int64_t, void*);
IMPORT(fd_prestat_get)(int32_t, void*);
IMPORT(fd_prestat_dir_name)(int32_t, void*, int32_t);
IMPORT(fd_pwrite)(int32_t, const void*, int32_t, int64_t, void*);
IMPORT(fd_seek)(int32_t, int64_t, int32_t, void*);
IMPORT(fd_sync)(int32_t);
IMPORT(fd_tell)(int32_t, void*);
IMPORT(path_filestat_set_times)(int32_t, int32_t, const char*, int32_t, int64_t, int64_t, int32_t);
IMPORT(sock_accept)(int32_t, int32_t, void*);
IMPORT(sock_recv)(int32_t, const void*, int32_t, int32_t, void*, void*);
IMPORT(sock_send)(int32_t, const void*, int32_t, int32_t, void*);
IMPORT(sock_shutdown)(int32_t, int32_t);

enum { kBox = 3, kFollow = 1 };
static const int64_t kRead = 1 << 1, kWrite = 1 << 6;

static inline int open_at(const char* path, int lookup, int oflags, int64_t rights, int32_t* fd) {
  int32_t ignored;
  return raw_path_open(kBox, lookup, path, (int32_t)strlen(path), oflags, rights, -1, 0,
                       fd ? fd : &ignored);
}
