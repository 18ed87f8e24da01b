/* Bytes: words of a generated text are counted in a hash table and printed into a buffer. */
#include <string.h>

#include "workload.h"

enum { kSlots = 4096 };
typedef struct {
  char word[12];
  uint32_t count;
} Slot;
static Slot slots[kSlots];
static char text[1 << 16], report[64];

static uint32_t hash_of(const char* word, size_t length) {
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < length; i++) hash = (hash ^ (uint8_t)word[i]) * 16777619u;
  return hash;
}

static void count_word(const char* word, size_t length) {
  if (length >= sizeof slots[0].word) length = sizeof slots[0].word - 1;
  for (uint32_t at = hash_of(word, length) % kSlots;; at = (at + 1) % kSlots) {
    Slot* slot = &slots[at];
    if (slot->count == 0) {
      memcpy(slot->word, word, length);
      slot->word[length] = 0;
    } else if (strncmp(slot->word, word, length) != 0 || slot->word[length] != 0) {
      continue;
    }
    slot->count++;
    return;
  }
}

int main(int argc, char** argv) {
  const uint32_t rounds = workload_size(argc, argv, 70);
  uint64_t random = 17, checksum = 0;
  for (uint32_t round = 0; round < rounds; round++) {
    size_t length = 0;
    while (length + 16 < sizeof text) {
      const uint64_t pick = next_random(&random);
      const size_t letters = 2 + (pick & 3);
      for (size_t i = 0; i < letters; i++)
        text[length++] = (char)('a' + ((pick >> (8 + 3 * i)) & 7));
      text[length++] = pick & 32 ? '\n' : ' ';
    }
    memset(slots, 0, sizeof slots);
    for (size_t begin = 0; begin < length;) {
      size_t end = begin;
      while (text[end] != ' ' && text[end] != '\n') end++;
      if (end - begin <= 3) count_word(text + begin, end - begin);
      begin = end + 1;
    }
    for (uint32_t at = 0; at < kSlots; at += 7) {
      if (slots[at].count == 0) continue;
      snprintf(report, sizeof report, "%s:%u", slots[at].word, (unsigned)slots[at].count);
      checksum = mix(checksum, hash_of(report, strlen(report)));
    }
  }
  return workload_result(checksum);
}
