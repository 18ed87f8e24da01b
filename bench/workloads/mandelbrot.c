/* Float: the Mandelbrot set, a chain of multiplications and additions that ends by a comparison. */
#include "workload.h"

static uint32_t orbit(double re, double im, uint32_t limit) {
  double x = 0, y = 0, x2 = 0, y2 = 0;
  uint32_t i = 0;
  for (; i < limit && x2 + y2 <= 4; i++) {
    y = 2 * x * y + im;
    x = x2 - y2 + re;
    x2 = x * x;
    y2 = y * y;
  }
  return i;
}

int main(int argc, char** argv) {
  const uint32_t n = workload_size(argc, argv, 500);
  uint64_t checksum = 0;
  for (uint32_t row = 0; row < n; row++) {
    for (uint32_t column = 0; column < n; column++) {
      checksum = mix(checksum, orbit(3.0 * column / n - 2, 2.0 * row / n - 1, 200));
    }
  }
  return workload_result(checksum);
}
