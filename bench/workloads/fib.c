/* Calls: three recursions that do little else (Fibonacci, Ackermann, Takeuchi). */
#include "workload.h"

static uint32_t fibonacci(uint32_t n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

static uint32_t ackermann(uint32_t m, uint32_t n) {
  if (m == 0) return n + 1;
  return ackermann(m - 1, n == 0 ? 1 : ackermann(m, n - 1));
}

static int32_t takeuchi(int32_t x, int32_t y, int32_t z) {
  if (x <= y) return z;
  return takeuchi(takeuchi(x - 1, y, z), takeuchi(y - 1, z, x), takeuchi(z - 1, x, y));
}

int main(int argc, char** argv) {
  const uint32_t n = workload_size(argc, argv, 35);
  uint64_t checksum = mix(0, fibonacci(n));
  checksum =
      mix(checksum, ackermann(2, 12 * n)); /* fewer than 1,000 frames, as some engines demand */
  return workload_result(
      mix(checksum, (uint64_t)takeuchi((int32_t)n / 2, (int32_t)n / 3, (int32_t)n / 5)));
}
