/* Vectors of 16-bit integers: sound through a filter of 32 taps and a mixer; dot products and
 * saturation. */
#include "simd.h"
#include "workload.h"

enum { kSamples = 1 << 15, kTaps = 32 };
static int16_t input[kSamples + kTaps], filtered[kSamples], mixed[kSamples];

static void filter(const int16_t* taps) {
  for (size_t i = 0; i < kSamples; i++) {
    I32x4 sum = {0, 0, 0, 0};
    for (size_t k = 0; k < kTaps; k += 8)
      sum += dot(LOAD(I16x8, input + i + k), LOAD(I16x8, taps + k));
    filtered[i] = (int16_t)((sum[0] + sum[1] + sum[2] + sum[3]) >> 15);
  }
}

static void mix_in(void) {
  for (size_t i = 0; i < kSamples; i += 8) {
    STORE(mixed + i, add_saturated(LOAD(I16x8, mixed + i), LOAD(I16x8, filtered + i)));
  }
}

int main(int argc, char** argv) {
  const uint32_t rounds = workload_size(argc, argv, 150);
  uint64_t random = 89, checksum = 0;
  int16_t taps[kTaps];
  for (int i = 0; i < kTaps; i++)
    taps[i] = (int16_t)(1200 - 70 * (i < kTaps / 2 ? kTaps / 2 - i : i - kTaps / 2));
  for (int i = 0; i < kSamples + kTaps; i++) input[i] = (int16_t)(next_random(&random) >> 48);
  for (uint32_t round = 0; round < rounds; round++) {
    filter(taps);
    mix_in();
    taps[round % kTaps] = (int16_t)(taps[round % kTaps] - 100);
  }
  for (int i = 0; i < kSamples; i++) checksum = mix(checksum, (uint16_t)mixed[i]);
  return workload_result(checksum);
}
