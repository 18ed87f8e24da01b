/* Vectors of doubles: the Mandelbrot set, two points at once; comparisons make masks. */
#include "simd.h"
#include "workload.h"

/* For both points the steps until they leave the disc of radius 2. */
static I64x2 orbits(F64x2 re, F64x2 im, uint32_t limit) {
  F64x2 x = {0, 0}, y = {0, 0};
  I64x2 steps = {0, 0};
  for (uint32_t i = 0; i < limit; i++) {
    const F64x2 x2 = x * x, y2 = y * y;
    const I64x2 inside = (I64x2)(x2 + y2 <= 4.0);
    if ((inside[0] | inside[1]) == 0) break;
    steps -= inside;
    y = 2.0 * x * y + im;
    x = x2 - y2 + re;
  }
  return steps;
}

int main(int argc, char** argv) {
  const uint32_t n = workload_size(argc, argv, 500) & ~1u;
  uint64_t checksum = 0;
  for (uint32_t row = 0; row < n; row++) {
    for (uint32_t column = 0; column < n; column += 2) {
      const F64x2 re = {3.0 * column / n - 2, 3.0 * (column + 1) / n - 2};
      const double im = 2.0 * row / n - 1;
      const I64x2 steps = orbits(re, (F64x2){im, im}, 200);
      checksum = mix(mix(checksum, (uint64_t)steps[0]), (uint64_t)steps[1]);
    }
  }
  return workload_result(checksum);
}
