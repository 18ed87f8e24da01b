/* Memory: how often each string of k letters occurs in a long one, counted in a hash table. */
#include <string.h>

#include "workload.h"

enum { kLetters = 1 << 16, kSlots = 1 << 17 };
typedef struct {
  uint64_t key; /* two bits for each letter, above them a one */
  uint32_t count;
} Slot;
static uint8_t letters[kLetters];
static Slot slots[kSlots];

static uint32_t count_all(uint32_t k) {
  uint32_t different = 0;
  uint64_t key = 0;
  memset(slots, 0, sizeof slots);
  for (uint32_t i = 0; i < kLetters; i++) {
    key = (key << 2 | letters[i]) & ((UINT64_C(1) << 2 * k) - 1);
    if (i + 1 < k) continue;
    const uint64_t full = key | UINT64_C(1) << 2 * k;
    uint32_t at = (uint32_t)(full * UINT64_C(0x9e3779b97f4a7c15) >> 47);
    while (slots[at].count != 0 && slots[at].key != full) at = (at + 1) % kSlots;
    if (slots[at].count++ == 0) different++;
    slots[at].key = full;
  }
  return different;
}

int main(int argc, char** argv) {
  const uint32_t rounds = workload_size(argc, argv, 12);
  uint64_t random = 59, checksum = 0;
  for (uint32_t i = 0; i < kLetters; i++) {
    const uint64_t pick = next_random(&random);
    letters[i] =
        i > 999 && pick >> 60 != 0 ? letters[i - 999 + (pick & 1)] : (uint8_t)(pick >> 20 & 3);
  }
  for (uint32_t round = 0; round < rounds; round++) {
    for (uint32_t k = 4; k <= 28; k += 6) {
      checksum = mix(checksum, count_all(k));
      for (uint32_t at = 0; at < kSlots; at += 61) checksum = mix(checksum, slots[at].count);
    }
    letters[round % kLetters] ^= 1;
  }
  return workload_result(checksum);
}
