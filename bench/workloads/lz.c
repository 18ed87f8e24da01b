/* Memory: an LZ77 compressor with a hash of the last places, and its decompressor. */
#include <string.h>

#include "workload.h"

enum { kSize = 1 << 16, kSlots = 1 << 12, kShortest = 4, kLongest = 130 };
static uint8_t input[kSize], packed[2 * kSize], output[kSize];
static uint32_t last_place[kSlots];

static uint32_t slot_of(const uint8_t* at) {
  const uint32_t four =
      (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
  return four * 2654435761u >> 20;
}

/* A control byte below 128 is a literal's length less 1, others a match's less kShortest, and two
 * bytes of distance follow. */
static size_t compress(void) {
  size_t to = 0, at = 0, literal = 0;
  memset(last_place, 0xff, sizeof last_place);
  while (at <= kSize) {
    size_t length = 0;
    const uint32_t slot = at + kShortest <= kSize ? slot_of(input + at) : 0;
    const uint32_t place = at + kShortest <= kSize ? last_place[slot] : ~0u;
    if (place != ~0u && at - place < 65536) {
      while (at + length < kSize && length < kLongest &&
             input[place + length] == input[at + length])
        length++;
    }
    if (length >= kShortest || at == kSize || at - literal == 128) {
      if (at > literal) {
        packed[to++] = (uint8_t)(at - literal - 1);
        while (literal < at) packed[to++] = input[literal++];
      }
      if (at == kSize) break;
    }
    if (at + kShortest <= kSize) last_place[slot] = (uint32_t)at;
    if (length >= kShortest) {
      packed[to++] = (uint8_t)(128 + length - kShortest);
      packed[to++] = (uint8_t)(at - place);
      packed[to++] = (uint8_t)((at - place) >> 8);
      at += length;
      literal = at;
    } else {
      at++;
    }
  }
  return to;
}

static size_t decompress(size_t count) {
  size_t to = 0;
  for (size_t at = 0; at < count;) {
    const uint32_t control = packed[at++];
    if (control < 128) {
      for (uint32_t i = 0; i <= control; i++) output[to++] = packed[at++];
    } else {
      const uint8_t* from = output + to - (packed[at] | (size_t)packed[at + 1] << 8);
      at += 2;
      for (uint32_t i = 0; i < control - 128 + kShortest; i++) output[to++] = *from++;
    }
  }
  return to;
}

int main(int argc, char** argv) {
  const uint32_t rounds = workload_size(argc, argv, 70);
  uint64_t random = 29, checksum = 0;
  for (size_t i = 0; i < kSize; i++) {
    const uint64_t pick = next_random(&random);
    const size_t back = pick >> 52;
    input[i] = i > 4096 && pick % 32 != 0 ? input[i - 1 - (i / 64 * 97 + back % 2) % 4096]
                                          : (uint8_t)(97 + pick % 13);
  }
  for (uint32_t round = 0; round < rounds; round++) {
    input[round * 31 % kSize] ^= 1;
    const size_t count = compress();
    if (decompress(count) != kSize || memcmp(input, output, kSize) != 0) return 1;
    checksum = mix(checksum, count);
  }
  return workload_result(checksum);
}
