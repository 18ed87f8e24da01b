// Writes much to stdout, by more than a pipe holds at once.
#include <stdio.h>

int main(void) {
  for (int i = 0; i < 200000; ++i) printf("line %d\n", i);
  return fflush(stdout) == 0 ? 0 : 1;
}
