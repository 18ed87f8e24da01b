/* Branchy recursion: solutions of the n queens problem. */
#include "workload.h"

static uint32_t place(uint32_t all, uint32_t columns, uint32_t left, uint32_t right) {
  if (columns == all) return 1;
  uint32_t count = 0;
  for (uint32_t free = all & ~(columns | left | right); free != 0;) {
    const uint32_t bit = free & (0u - free);
    free ^= bit;
    count += place(all, columns | bit, (left | bit) << 1, (right | bit) >> 1);
  }
  return count;
}

int main(int argc, char** argv) {
  const uint32_t n = workload_size(argc, argv, 13);
  return workload_result(place((1u << n) - 1, 0, 0, 0));
}
