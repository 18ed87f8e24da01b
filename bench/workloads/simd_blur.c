/* Vectors of bytes: a grey picture is blurred with weights 1 2 1 both ways; widening, shifts,
 * narrowing. */
#include "simd.h"
#include "workload.h"

enum { kWidth = 640, kHeight = 240 };
static uint8_t picture[kHeight + 2][kWidth + 32], result[kHeight + 2][kWidth + 32];
typedef uint8_t Half __attribute__((vector_size(8)));

static U16x8 widened(const uint8_t* from) {
  return __builtin_convertvector(LOAD(Half, from), U16x8);
}

/* Eight sums of a row's three neighbours, the middle one twice. */
static U16x8 row_sum(const uint8_t* at) {
  return widened(at - 1) + (widened(at) << 1) + widened(at + 1);
}

static void blur(void) {
  for (uint32_t y = 1; y <= kHeight; y++) {
    for (uint32_t x = 16; x < kWidth + 16; x += 8) {
      const U16x8 sum = row_sum(&picture[y - 1][x]) + (row_sum(&picture[y][x]) << 1) +
                        row_sum(&picture[y + 1][x]) + 8;
      STORE(&result[y][x], __builtin_convertvector(sum >> 4, Half));
    }
  }
}

int main(int argc, char** argv) {
  const uint32_t rounds = workload_size(argc, argv, 150);
  uint64_t random = 73, checksum = 0;
  for (size_t i = 0; i < sizeof picture; i++)
    (&picture[0][0])[i] = (uint8_t)(next_random(&random) >> 56);
  for (uint32_t round = 0; round < rounds; round++) {
    blur();
    memcpy(picture, result, sizeof picture);
    picture[1 + round % kHeight][16 + round % kWidth] ^= 255;
  }
  for (size_t i = 0; i < sizeof result; i++) checksum = mix(checksum, (&result[0][0])[i]);
  return workload_result(checksum);
}
