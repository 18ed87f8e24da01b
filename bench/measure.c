/* Runs a command and writes what it used to a file descriptor: seconds on the clock, of user and of
 * system CPU time, the peak of resident memory in KiB, and the wait status. A process of its own,
 * because memory counts from before the command is executed: the peak of what a Python program
 * starts is at least Python's. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char** environ;

static double seconds(struct timeval time) {
  return (double)time.tv_sec + (double)time.tv_usec * 1e-6;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

int main(int argc, char** argv) {
  const int out = argc > 2 ? atoi(argv[1]) : 0;
  if (out <= STDERR_FILENO || fcntl(out, F_SETFD, FD_CLOEXEC) != 0) {
    fputs("usage: weft-measure DESCRIPTOR COMMAND [ARGUMENT ...]\n", stderr);
    return 2;
  }
  const double begin = now();
  /* Not fork(), which copies page tables of this process that the command has no use for. */
  pid_t child;
  const int error = posix_spawnp(&child, argv[2], NULL, NULL, argv + 2, environ);
  if (error != 0) {
    fprintf(stderr, "%s: %s\n", argv[2], strerror(error));
    return 1;
  }
  struct rusage usage;
  int status = 0;
  if (wait4(child, &status, 0, &usage) != child) {
    perror("weft-measure");
    return 1;
  }
  const double wall = now() - begin;
  return dprintf(out, "%.6f %.6f %.6f %ld %d\n", wall, seconds(usage.ru_utime),
                 seconds(usage.ru_stime), usage.ru_maxrss, status) < 0;
}
