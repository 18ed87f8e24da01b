/* Vectors of bytes: lines and words of a text are found sixteen bytes at once, by comparisons and
 * bit masks. */
#include "simd.h"
#include "workload.h"

enum { kText = 1 << 17 };
static uint8_t text[kText + 32];

static U8x16 splat(uint8_t byte) { return (U8x16){0} + byte; }

static uint32_t count_lines(void) {
  uint32_t lines = 0;
  for (size_t at = 0; at < kText; at += 16) {
    lines += (uint32_t)__builtin_popcount(bits_of((U8x16)(LOAD(U8x16, text + at) == splat('\n'))));
  }
  return lines;
}

/* Places at which a word's first and last letter fit are looked at whole. */
static uint32_t count_word(const char* word, size_t length) {
  const U8x16 first = splat((uint8_t)word[0]), last = splat((uint8_t)word[length - 1]);
  uint32_t found = 0;
  for (size_t at = 0; at < kText; at += 16) {
    const U8x16 fits = (U8x16)(LOAD(U8x16, text + at) == first) &
                       (U8x16)(LOAD(U8x16, text + at + length - 1) == last);
    for (uint32_t bits = bits_of(fits); bits != 0; bits &= bits - 1) {
      found += memcmp(text + at + __builtin_ctz(bits), word, length) == 0;
    }
  }
  return found;
}

static void to_upper(void) {
  for (size_t at = 0; at < kText; at += 16) {
    const U8x16 bytes = LOAD(U8x16, text + at);
    const U8x16 lower = (U8x16)(bytes >= splat('a')) & (U8x16)(bytes <= splat('z'));
    STORE(text + at, bytes ^ (lower & splat(32)));
  }
}

int main(int argc, char** argv) {
  static const char* const words[] = {"BAD", "CAFE", "DECADE", "HEDGE FAB"};
  const uint32_t rounds = workload_size(argc, argv, 150);
  uint64_t random = 83, checksum = 0;
  for (uint32_t i = 0; i < kText; i++)
    text[i] = (uint8_t)"abcdefgh \n"[(next_random(&random) >> 33) % 10];
  for (uint32_t round = 0; round < rounds; round++) {
    to_upper();
    checksum = mix(checksum, count_lines());
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
      checksum = mix(checksum, count_word(words[i], strlen(words[i])));
    }
    memcpy(text + round * 1000 % kText, "cafe\n", 5);
  }
  return workload_result(checksum);
}
