/* The C library at work: malloc, qsort, string functions, printf and strtod with floats, the
 * mathematical functions that every library rounds alike. Reads numbers from standard input, too.
 */
#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 88172645463325252u;

static uint64_t next_random(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

static int by_value(const void* a, const void* b) {
  const double x = *(const double*)a, y = *(const double*)b;
  return (x > y) - (x < y);
}

static void sorting(void) {
  enum { kCount = 50000 };
  double* values = malloc(kCount * sizeof *values);
  for (int i = 0; i < kCount; i++) values[i] = (double)(int64_t)next_random() / 1e15;
  qsort(values, kCount, sizeof *values, by_value);
  double sum = 0;
  for (int i = 0; i < kCount; i++) {
    if (i > 0 && values[i - 1] > values[i]) printf("out of order at %d\n", i);
    sum += values[i] * (i % 7);
  }
  printf("sorted: %.17g .. %.17g, median %a, sum %.10e\n", values[0], values[kCount - 1],
         values[kCount / 2], sum);
  free(values);
}

static void formatting(void) {
  const double values[] = {0.0,      -0.0,          0.1,    1.0 / 3,
                           1e21,     123456789.125, 5e-324, 1.7976931348623157e308,
                           INFINITY, -INFINITY,     2.5,    3.5};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    const double v = values[i];
    printf("[%f] [%.3e] [%g] [%10.2f] [%-12.4g] [%+.0f]\n", v, v, v, v, v, v);
  }
  printf("[%5d] [%-5d] [%05d] [%x] [%#o] [%c] [%.3s] [%%] [%lld] [%zu]\n", 42, 42, -42, 0xbeef, 8,
         'z', "abcdef", -9223372036854775807LL - 1, sizeof(int));
  printf("[%*d] [%.*f]\n", 8, 7, 3, 2.0 / 3);
}

static void parsing(void) {
  const char* const texts[] = {"3.25", "1e-7",  "0x1.8p3", " 12abc",
                               "nan?", "1e400", "4.35",    "2.2250738585072011e-308"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    char* end;
    const double value = strtod(texts[i], &end);
    if (value != value) {
      printf("strtod(%s) is not a number, rest '%s'\n", texts[i], end);
    } else {
      printf("strtod(%s) = %.17g, rest '%s'\n", texts[i], value, end);
    }
  }
  printf("%ld %lu %lld\n", strtol("-0x7f", NULL, 0), strtoul("4294967295", NULL, 10),
         strtoll("-9223372036854775808", NULL, 10));
}

/* Blocks of all sizes, allocated, resized and freed in no order. */
static void allocating(void) {
  enum { kBlocks = 500 };
  unsigned char* blocks[kBlocks] = {0};
  size_t sizes[kBlocks] = {0};
  uint32_t sum = 0;
  for (int round = 0; round < 20000; round++) {
    const size_t i = next_random() % kBlocks;
    const size_t size = next_random() % (round % 100 == 0 ? 100000 : 500) + 1;
    for (size_t j = 0; j < sizes[i]; j += 61) {
      if (blocks[i][j] != (unsigned char)(i + j)) printf("block %d is damaged\n", (int)i);
    }
    if (next_random() % 3 == 0) {
      free(blocks[i]);
      blocks[i] = calloc(1, size);
    } else {
      blocks[i] = realloc(blocks[i], size);
    }
    if (blocks[i] == NULL) abort();
    sizes[i] = size;
    for (size_t j = 0; j < size; j++) blocks[i][j] = (unsigned char)(i + j);
    sum = sum * 31 + (uint32_t)size;
  }
  for (int i = 0; i < kBlocks; i++) free(blocks[i]);
  printf("allocated: %08x\n", (unsigned)sum);
}

static void reading(void) {
  double value, sum = 0;
  int count = 0;
  char word[32];
  while (scanf("%lf %31s", &value, word) == 2) {
    for (char* p = word; *p != '\0'; p++) *p = (char)toupper((unsigned char)*p);
    printf("read %g %s\n", value, word);
    sum += value;
    count++;
  }
  printf("%d lines, sum %.4f, root %.6f\n", count, sum, sqrt(sum));
}

int main(int argc, char** argv) {
  sorting();
  formatting();
  parsing();
  allocating();
  reading();
  for (int i = 1; i < argc; i++) printf("argument %d: %s\n", i, argv[i]);
  return argc;
}
