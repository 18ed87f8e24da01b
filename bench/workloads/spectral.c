/* Float: the spectral norm of an infinite matrix, by the power method; divisions and conversions.
 */
#include <math.h>

#include "workload.h"

static double element(uint32_t row, uint32_t column) {
  const uint32_t diagonal = row + column;
  return 1.0 / (diagonal * (diagonal + 1) / 2 + row + 1);
}

static void multiply(double* to, const double* from, uint32_t n, int transposed) {
  for (uint32_t i = 0; i < n; i++) {
    double sum = 0;
    for (uint32_t j = 0; j < n; j++) sum += from[j] * (transposed ? element(j, i) : element(i, j));
    to[i] = sum;
  }
}

int main(int argc, char** argv) {
  const uint32_t n = workload_size(argc, argv, 600);
  double* u = malloc(sizeof(double) * n);
  double* v = malloc(sizeof(double) * n);
  double* between = malloc(sizeof(double) * n);
  double uv = 0, vv = 0;
  for (uint32_t i = 0; i < n; i++) u[i] = 1;
  for (int i = 0; i < 10; i++) {
    multiply(between, u, n, 0), multiply(v, between, n, 1);
    multiply(between, v, n, 0), multiply(u, between, n, 1);
  }
  for (uint32_t i = 0; i < n; i++) uv += u[i] * v[i], vv += v[i] * v[i];
  free(u), free(v), free(between);
  return workload_result((uint64_t)(sqrt(uv / vv) * 1e9));
}
