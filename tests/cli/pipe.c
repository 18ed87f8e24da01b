/* Writes until somebody stops listening; the exit status tells whether it heard of that. */
#include <errno.h>
#include <stdio.h>

int main(void) {
  for (int line = 0; line < 1000000; line++) {
    if (printf("line %d\n", line) < 0 || fflush(stdout) != 0) return errno == EPIPE ? 3 : 4;
  }
  return 0;
}
