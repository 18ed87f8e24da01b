/* Calls of small leaf functions: fixed-point complex numbers, each operation a function. */
#include "workload.h"

typedef int64_t Fixed; /* 24 bits after the point */
#define LEAF __attribute__((noinline)) static

LEAF Fixed product(Fixed a, Fixed b) { return (a * b) >> 24; }
LEAF Fixed square(Fixed a) { return (a * a) >> 24; }
LEAF Fixed twice(Fixed a) { return a + a; }
LEAF Fixed clamp(Fixed a, Fixed limit) { return a > limit ? limit : a < -limit ? -limit : a; }
LEAF int escaped(Fixed re2, Fixed im2) { return re2 + im2 > (Fixed)4 << 24; }

/* Steps until a point leaves the disc of radius 2 under z -> z * z + c. */
static uint32_t orbit(Fixed re, Fixed im, uint32_t limit) {
  Fixed x = 0, y = 0;
  for (uint32_t i = 0; i < limit; i++) {
    const Fixed x2 = square(x), y2 = square(y);
    if (escaped(x2, y2)) return i;
    y = clamp(twice(product(x, y)) + im, (Fixed)8 << 24);
    x = clamp(x2 - y2 + re, (Fixed)8 << 24);
  }
  return limit;
}

int main(int argc, char** argv) {
  const uint32_t n = workload_size(argc, argv, 330);
  uint64_t checksum = 0;
  for (uint32_t row = 0; row < n; row++) {
    for (uint32_t column = 0; column < n; column++) {
      const Fixed re = ((Fixed)column * 3 << 24) / n - ((Fixed)2 << 24);
      const Fixed im = ((Fixed)row * 2 << 24) / n - ((Fixed)1 << 24);
      checksum = mix(checksum, orbit(re, im, 100));
    }
  }
  return workload_result(checksum);
}
