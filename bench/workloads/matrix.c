/* Memory and float: a product of square matrices. */
#include "workload.h"

int main(int argc, char** argv) {
  const uint32_t n = workload_size(argc, argv, 280);
  double* a = malloc(sizeof(double) * n * n);
  double* b = malloc(sizeof(double) * n * n);
  double* c = malloc(sizeof(double) * n * n);
  uint64_t random = 5;
  for (uint32_t i = 0; i < n * n; i++) {
    a[i] = (double)(next_random(&random) >> 54);
    b[i] = (double)(next_random(&random) >> 54);
  }
  for (uint32_t i = 0; i < n; i++) {
    for (uint32_t j = 0; j < n; j++) {
      double sum = 0;
      for (uint32_t k = 0; k < n; k++) sum += a[i * n + k] * b[k * n + j];
      c[i * n + j] = sum;
    }
  }
  uint64_t checksum = 0;
  for (uint32_t i = 0; i < n * n; i++) checksum = mix(checksum, (uint64_t)c[i]);
  free(a), free(b), free(c);
  return workload_result(checksum);
}
