/* Memory and branches: the game of life on a torus, a byte for each cell. */
#include "workload.h"

enum { kSide = 256 };
static uint8_t worlds[2][kSide][kSide];

static void step(uint8_t to[kSide][kSide], uint8_t from[kSide][kSide]) {
  for (uint32_t y = 0; y < kSide; y++) {
    const uint8_t* above = from[(y + kSide - 1) % kSide];
    const uint8_t* here = from[y];
    const uint8_t* below = from[(y + 1) % kSide];
    for (uint32_t x = 0; x < kSide; x++) {
      const uint32_t left = (x + kSide - 1) % kSide, right = (x + 1) % kSide;
      const uint32_t alive = (uint32_t)above[left] + above[x] + above[right] + here[left] +
                             here[right] + below[left] + below[x] + below[right];
      if (here[x]) {
        to[y][x] = alive == 2 || alive == 3;
      } else {
        to[y][x] = alive == 3;
      }
    }
  }
}

int main(int argc, char** argv) {
  const uint32_t generations = workload_size(argc, argv, 100);
  uint64_t random = 41, checksum = 0;
  for (uint32_t i = 0; i < kSide * kSide; i++)
    worlds[0][i / kSide][i % kSide] = next_random(&random) >> 62 == 0;
  for (uint32_t i = 0; i < generations; i++) step(worlds[~i & 1], worlds[i & 1]);
  for (uint32_t i = 0; i < kSide * kSide; i++)
    checksum = mix(checksum, worlds[generations & 1][i / kSide][i % kSide]);
  return workload_result(checksum);
}
