// Files and directories through the C library. Says what it finds; natively too, for comparison.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int by_name(const void* a, const void* b) {
  return strcmp(*(char* const*)a, *(char* const*)b);
}

static void list(const char* path) {
  DIR* dir = opendir(path);
  if (!dir) {
    printf("%s: %s\n", path, strerror(errno));
    return;
  }
  char* names[600];
  size_t count = 0;
  for (struct dirent* entry; (entry = readdir(dir)) != NULL && count < 600;) {
    names[count++] = strdup(entry->d_name);
  }
  closedir(dir);
  qsort(names, count, sizeof *names, by_name);
  printf("%s: %zu entries:", path, count);
  for (size_t i = 0; i < count && i < 8; ++i) printf(" %s", names[i]);
  printf("\n");
}

int main(int argc, char** argv) {
  char path[256], text[256];
  const char* box = argc > 1 ? argv[1] : ".";
#define IN_BOX(name) (snprintf(path, sizeof path, "%s/%s", box, name), path)
  printf("%d arguments, the last is \"%s\"\n", argc, argv[argc - 1]);
  printf("VARIABLE=%s\n", getenv("VARIABLE") ? getenv("VARIABLE") : "(none)");

  FILE* file = fopen(IN_BOX("text"), "w+");
  if (!file) return perror("text"), 1;
  for (int i = 0; i < 1000; ++i) fprintf(file, "line %d, %.3f\n", i, i / 7.0);
  fseek(file, 0, SEEK_SET);
  int lines = 0;
  while (fgets(text, sizeof text, file)) ++lines;
  printf("%d lines, %ld bytes, the last: %s", lines, ftell(file), text);
  fclose(file);

  struct stat status;
  if (stat(IN_BOX("text"), &status) == 0) {
    printf("size %lld, %s\n", (long long)status.st_size, S_ISREG(status.st_mode) ? "file" : "?");
  }
  printf("mkdir %d", mkdir(IN_BOX("sub"), 0777));
  printf(", again %s\n", mkdir(IN_BOX("sub"), 0777) ? strerror(errno) : "worked");
  for (int i = 0; i < 300; ++i) {
    snprintf(text, sizeof text, "sub/file-with-a-longish-name-%d", i);
    int fd = open(IN_BOX(text), O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (fd < 0 || write(fd, "x", 1) != 1 || close(fd) != 0) perror("file");
  }
  list(IN_BOX("sub"));
  char from[256];
  strcpy(from, IN_BOX("sub/file-with-a-longish-name-7"));
  printf("rename %d\n", rename(from, IN_BOX("renamed")));
  printf("rmdir: %s\n", rmdir(IN_BOX("sub")) ? strerror(errno) : "worked");
  for (int i = 0; i < 300; ++i) {
    snprintf(text, sizeof text, "sub/file-with-a-longish-name-%d", i);
    if (i != 7 && unlink(IN_BOX(text)) != 0) perror("unlink");
  }
  printf("rmdir: %s\n", rmdir(IN_BOX("sub")) ? strerror(errno) : "worked");
  printf("open: %s\n", open(IN_BOX("sub/none"), O_RDONLY) < 0 ? strerror(errno) : "worked");

  int fd = open(IN_BOX("renamed"), O_RDWR | O_APPEND);
  printf("append %zd", write(fd, "yz", 2));
  printf(", at %lld", (long long)lseek(fd, 0, SEEK_CUR));
  printf(", pread %zd", pread(fd, text, 2, 1));
  printf(" \"%.2s\"", text);
  printf(", ftruncate %d", ftruncate(fd, 1));
  printf(", fsync %d", fsync(fd));
  printf(", size %lld\n", (long long)lseek(fd, 0, SEEK_END));
  close(fd);
  printf("write after close: %s\n", write(fd, "x", 1) < 0 ? strerror(errno) : "worked");
  list(box);
  unlink(IN_BOX("renamed"));
  unlink(IN_BOX("text"));
  fprintf(stderr, "to stderr\n");
  if (fgets(text, sizeof text, stdin)) printf("stdin: %s", text);
  exit(7);
}
