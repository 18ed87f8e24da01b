/* Integer and small arrays: the most reversals that any permutation needs to bring 1 to the front.
 */
#include "workload.h"

static uint32_t reversals(const uint8_t* permutation, uint32_t n) {
  uint8_t deck[16];
  uint32_t count = 0;
  for (uint32_t i = 0; i < n; i++) deck[i] = permutation[i];
  for (; deck[0] != 0; count++) {
    for (uint32_t low = 0, high = deck[0]; low < high; low++, high--) {
      const uint8_t kept = deck[low];
      deck[low] = deck[high];
      deck[high] = kept;
    }
  }
  return count;
}

int main(int argc, char** argv) {
  const uint32_t n = workload_size(argc, argv, 9) & 15;
  uint8_t permutation[16], turns[17] = {0};
  uint32_t most = 0, sum = 0, index = 0;
  for (uint32_t i = 0; i < n; i++) permutation[i] = (uint8_t)i;
  for (uint32_t at = 1; at < n; index++) {
    const uint32_t count = reversals(permutation, n);
    most = count > most ? count : most;
    sum += index % 2 ? 0 - count : count;
    /* The next one: the first at + 1 cards turn until each order of the first at was seen. */
    for (at = 1; at < n; at++) {
      const uint8_t first = permutation[0];
      for (uint32_t i = 0; i < at; i++) permutation[i] = permutation[i + 1];
      permutation[at] = first;
      if (++turns[at] <= at) break;
      turns[at] = 0;
    }
  }
  return workload_result(mix(mix(sum, most), index));
}
