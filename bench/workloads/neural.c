/* Float, 32 bits: a small network of dense layers; products of a matrix and a vector. */
#include "workload.h"

enum { kLayers = 4, kWidth = 96 };
static float weights[kLayers][kWidth][kWidth], bias[kLayers][kWidth];

static void layer(float* to, const float* from, float matrix[kWidth][kWidth], const float* add) {
  for (uint32_t i = 0; i < kWidth; i++) {
    float sum = add[i];
    for (uint32_t j = 0; j < kWidth; j++) sum += matrix[i][j] * from[j];
    to[i] = sum > 0 ? sum : 0.125f * sum;
  }
}

int main(int argc, char** argv) {
  const uint32_t inputs = workload_size(argc, argv, 800);
  uint64_t random = 67, checksum = 0;
  for (uint32_t i = 0; i < kLayers * kWidth * kWidth; i++) {
    (&weights[0][0][0])[i] = (float)((int32_t)(next_random(&random) >> 40) - (1 << 23)) * 0x1p-26f;
  }
  for (uint32_t i = 0; i < kLayers * kWidth; i++)
    (&bias[0][0])[i] = (float)(next_random(&random) >> 61) * 0.25f;
  for (uint32_t input = 0; input < inputs; input++) {
    float a[kWidth], b[kWidth];
    for (uint32_t i = 0; i < kWidth; i++) a[i] = (float)((input + i) % 17);
    for (uint32_t i = 0; i < kLayers; i += 2) {
      layer(b, a, weights[i], bias[i]);
      layer(a, b, weights[i + 1], bias[i + 1]);
    }
    uint32_t best = 0;
    for (uint32_t i = 1; i < kWidth; i++) best = a[i] > a[best] ? i : best;
    checksum = mix(checksum, best + (uint64_t)(int64_t)(a[best] * 1000));
  }
  return workload_result(checksum);
}
