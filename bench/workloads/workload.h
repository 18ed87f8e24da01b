/* What every workload shares: a size from the command line, a checksum on stdout, and reproducible
 * numbers. */
#ifndef WEFT_BENCH_WORKLOAD_H
#define WEFT_BENCH_WORKLOAD_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static inline uint32_t workload_size(int argc, char** argv, uint32_t otherwise) {
  return argc > 1 ? (uint32_t)strtoul(argv[1], 0, 10) : otherwise;
}

static inline int workload_result(uint64_t checksum) {
  printf("%016" PRIx64 "\n", checksum);
  return 0;
}

/* xorshift64*; the same on every engine. */
static inline uint64_t next_random(uint64_t* state) {
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * UINT64_C(2685821657736338717);
}

static inline uint64_t mix(uint64_t sum, uint64_t value) {
  return (sum ^ value) * UINT64_C(1099511628211);
}

#endif
