/* Runs a command and writes what it used to a file descriptor: seconds on the clock, of user and of
 * system CPU time, the peak of resident memory in KiB, and the wait status. A process of its own,
 * because memory counts from the fork: the peak of what a Python program starts is at least
 * Python's. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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
  const pid_t child = fork();
  if (child == 0) {
    execvp(argv[2], argv + 2);
    perror(argv[2]);
    _exit(127);
  }
  struct rusage usage;
  int status = 0;
  if (child < 0 || wait4(child, &status, 0, &usage) != child) {
    perror("weft-measure");
    return 1;
  }
  const double wall = now() - begin;
  return dprintf(out, "%.6f %.6f %.6f %ld %d\n", wall, seconds(usage.ru_utime),
                 seconds(usage.ru_stime), usage.ru_maxrss, status) < 0;
}
