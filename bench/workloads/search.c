/* Memory: strings are searched for, by the first letter and by Horspool's table of shifts. */
#include <string.h>

#include "workload.h"

enum { kText = 1 << 17 };
static char text[kText + 1];

static uint32_t count_plain(const char* word, size_t length) {
  uint32_t found = 0;
  for (size_t at = 0; at + length <= kText; at++) {
    if (text[at] != word[0]) continue;
    size_t same = 1;
    while (same < length && text[at + same] == word[same]) same++;
    found += same == length;
  }
  return found;
}

static uint32_t count_by_shifts(const char* word, size_t length) {
  uint8_t shift[256];
  uint32_t found = 0;
  memset(shift, (int)length, sizeof shift);
  for (size_t i = 0; i + 1 < length; i++) shift[(uint8_t)word[i]] = (uint8_t)(length - 1 - i);
  for (size_t at = 0; at + length <= kText; at += shift[(uint8_t)text[at + length - 1]]) {
    size_t left = length;
    while (left > 0 && text[at + left - 1] == word[left - 1]) left--;
    found += left == 0;
  }
  return found;
}

int main(int argc, char** argv) {
  static const char* const words[] = {"e",        "the",         "cage",      "babe",
                                      "deadbeef", "fade a cafe", "hedge bead"};
  const uint32_t rounds = workload_size(argc, argv, 10);
  uint64_t random = 61, checksum = 0;
  for (uint32_t i = 0; i < kText; i++) text[i] = "abcdefgh "[(next_random(&random) >> 33) % 9];
  for (uint32_t round = 0; round < rounds; round++) {
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
      const size_t length = strlen(words[i]);
      const uint32_t found = count_plain(words[i], length);
      if (found != count_by_shifts(words[i], length)) return 1;
      checksum = mix(checksum, found);
    }
    memcpy(text + round * 100 % (kText - 8), "deadbeef", 8);
  }
  return workload_result(checksum);
}
