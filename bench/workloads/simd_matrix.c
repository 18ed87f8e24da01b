/* Vectors of floats: a product of square matrices, four columns at once. */
#include "simd.h"
#include "workload.h"

enum { kSide = 160 };
static float a[kSide][kSide], b[kSide][kSide], c[kSide][kSide];

int main(int argc, char** argv) {
  const uint32_t rounds = workload_size(argc, argv, 20);
  uint64_t random = 71, checksum = 0;
  for (uint32_t i = 0; i < kSide * kSide; i++) {
    a[i / kSide][i % kSide] = (float)(next_random(&random) >> 60);
    b[i / kSide][i % kSide] = (float)(next_random(&random) >> 60);
  }
  for (uint32_t round = 0; round < rounds; round++) {
    for (uint32_t i = 0; i < kSide; i++) {
      for (uint32_t j = 0; j < kSide; j += 4) {
        F32x4 sum = {0, 0, 0, 0};
        for (uint32_t k = 0; k < kSide; k++) sum += a[i][k] * LOAD(F32x4, &b[k][j]);
        STORE(&c[i][j], sum);
      }
    }
    for (uint32_t i = 0; i < kSide; i++)
      checksum = mix(checksum, (uint64_t)c[i][(i + round) % kSide]);
    a[round % kSide][round % kSide] += 1;
  }
  return workload_result(checksum);
}
