/* Files as programs use them: created, written, positioned in, listed, renamed, removed. Prints
 * what it sees; runs in an empty folder that is its current one. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void say(const char* what, int failed) {
  /* The numbers of errors differ between systems, so their names are printed. */
  const char* name = !failed              ? "done"
                     : errno == ENOENT    ? "ENOENT"
                     : errno == EEXIST    ? "EEXIST"
                     : errno == ENOTDIR   ? "ENOTDIR"
                     : errno == EISDIR    ? "EISDIR"
                     : errno == ENOTEMPTY ? "ENOTEMPTY"
                                          : strerror(errno);
  printf("%s: %s\n", what, name);
}

static int by_name(const void* a, const void* b) {
  return strcmp(*(char* const*)a, *(char* const*)b);
}

static void list(const char* folder) {
  char* names[64];
  int count = 0;
  DIR* dir = opendir(folder);
  if (dir == NULL) {
    say("opendir", 1);
    return;
  }
  for (struct dirent* entry; (entry = readdir(dir)) != NULL && count < 64;)
    names[count++] = strdup(entry->d_name);
  closedir(dir);
  qsort(names, count, sizeof *names, by_name);
  printf("%s:", folder);
  for (int i = 0; i < count; i++) {
    printf(" %s", names[i]);
    free(names[i]);
  }
  printf("\n");
}

static void buffered(void) {
  FILE* file = fopen("numbers.txt", "w+");
  if (file == NULL) {
    say("fopen", 1);
    return;
  }
  for (int i = 0; i < 10000; i++) fprintf(file, "%d squared is %lld\n", i, (long long)i * i);
  printf("written: %ld bytes\n", ftell(file));
  fseek(file, -20, SEEK_END);
  char line[100];
  fgets(line, sizeof line, file);
  fgets(line, sizeof line, file);
  printf("last line: %s", line);
  rewind(file);
  long long sum = 0;
  long lines = 0;
  int i;
  for (long long square; fscanf(file, "%d squared is %lld\n", &i, &square) == 2; lines++)
    sum += square;
  printf("%ld lines, sum %lld, at the end: %d\n", lines, sum, feof(file) != 0);
  fclose(file);
  file = fopen("numbers.txt", "a");
  fputs("the end\n", file);
  fclose(file);
}

static void descriptors(void) {
  struct stat status;
  char buffer[16] = {0};
  int fd = open("raw.bin", O_RDWR | O_CREAT | O_EXCL, 0644);
  say("open", fd < 0);
  say("open again", open("raw.bin", O_RDWR | O_CREAT | O_EXCL, 0644) < 0);
  printf("write: %d\n", (int)write(fd, "0123456789abcdef", 16));
  printf("pwrite: %d\n", (int)pwrite(fd, "XYZ", 3, 4));
  printf("pread: %d", (int)pread(fd, buffer, 8, 2));
  printf(" %s\n", buffer);
  printf("lseek: %d\n", (int)lseek(fd, -4, SEEK_END));
  memset(buffer, 0, sizeof buffer);
  printf("read: %d", (int)read(fd, buffer, 16));
  printf(" %s\n", buffer);
  printf("read at the end: %d\n", (int)read(fd, buffer, 16));
  say("ftruncate", ftruncate(fd, 100));
  say("fstat", fstat(fd, &status));
  printf("size %d, regular %d\n", (int)status.st_size, S_ISREG(status.st_mode) != 0);
  say("close", close(fd));
}

int main(void) {
  struct stat status;
  buffered();
  descriptors();
  say("mkdir", mkdir("sub", 0755));
  say("mkdir again", mkdir("sub", 0755));
  say("rename", rename("raw.bin", "sub/renamed.bin"));
  list(".");
  list("sub");
  say("stat", stat("sub/renamed.bin", &status));
  say("stat of what is gone", stat("raw.bin", &status));
  say("open below a file", open("numbers.txt/x", O_RDONLY) < 0);
  say("rmdir of a full folder", rmdir("sub"));
  say("unlink", unlink("sub/renamed.bin"));
  say("rmdir", rmdir("sub"));
  say("fopen of what is not there", fopen("nothing", "r") == NULL);
  list(".");
  return 3;
}
