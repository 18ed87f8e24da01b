/* Runs a command and writes what it used to descriptor 3: seconds on the clock, of user and of
 * system CPU time, the peak of resident memory in KiB, and the wait status. A process of its own,
 * because memory counts from the fork: the peak of what a Python program starts is at least
 * Python's. */
#include <stdio.h>
#include <string.h>
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
  if (argc < 2) {
    fputs("usage: weft-measure COMMAND [ARGUMENT ...] 3>RESULT\n", stderr);
    return 2;
  }
  const double begin = now();
  const pid_t child = fork();
  if (child == 0) {
    close(3);
    execvp(argv[1], argv + 1);
    perror(argv[1]);
    _exit(127);
  }
  struct rusage usage;
  memset(&usage, 0, sizeof usage);
  int status = 0;
  if (child < 0 || wait4(child, &status, 0, &usage) != child) {
    perror("weft-measure");
    return 1;
  }
  const double wall = now() - begin;
  return dprintf(3, "%.6f %.6f %.6f %ld %d\n", wall, seconds(usage.ru_utime),
                 seconds(usage.ru_stime), usage.ru_maxrss, status) < 0;
}
