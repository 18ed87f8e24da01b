/* Memory: a picture of bytes, three colours, is blurred by running sums over rows, then columns. */
#include "workload.h"

enum { kWidth = 320, kHeight = 200, kRadius = 4, kColours = 3 };
static uint8_t picture[kHeight * kWidth * kColours], rows[kHeight * kWidth * kColours];

static uint32_t clamp(int32_t at, uint32_t count) {
  return at < 0 ? 0 : (uint32_t)at >= count ? count - 1 : (uint32_t)at;
}

/* `count` values that are `step` apart; beyond the ends their first and last go on. */
static void blur_line(uint8_t* to, const uint8_t* from, uint32_t count, uint32_t step) {
  uint32_t sum = 0;
  for (int32_t i = -kRadius; i <= kRadius; i++) sum += from[clamp(i, count) * step];
  for (int32_t i = 0; i < (int32_t)count; i++) {
    to[(uint32_t)i * step] = (uint8_t)(sum / (2 * kRadius + 1));
    sum += from[clamp(i + kRadius + 1, count) * step] -
           (uint32_t)from[clamp(i - kRadius, count) * step];
  }
}

int main(int argc, char** argv) {
  const uint32_t rounds = workload_size(argc, argv, 40);
  uint64_t random = 47, checksum = 0;
  for (size_t i = 0; i < sizeof picture; i++) picture[i] = (uint8_t)(next_random(&random) >> 56);
  for (uint32_t round = 0; round < rounds; round++) {
    for (uint32_t colour = 0; colour < kColours; colour++) {
      for (uint32_t y = 0; y < kHeight; y++) {
        const uint32_t at = y * kWidth * kColours + colour;
        blur_line(rows + at, picture + at, kWidth, kColours);
      }
      for (uint32_t x = 0; x < kWidth; x++) {
        const uint32_t at = x * kColours + colour;
        blur_line(picture + at, rows + at, kHeight, kWidth * kColours);
      }
    }
    picture[round * 7919 % sizeof picture] = 255;
  }
  for (size_t i = 0; i < sizeof picture; i++) checksum = mix(checksum, picture[i]);
  return workload_result(checksum);
}
