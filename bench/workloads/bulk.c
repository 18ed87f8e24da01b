/* Bulk: a buffer of text with a gap at the cursor; edits copy, move and fill short and long
 * stretches. */
#include "workload.h"
#ifdef LOWERED
/* What toolchains make of them where there is no bulk memory: a function, byte by byte. */
__attribute__((noinline)) static void copy(uint8_t* to, const uint8_t* from, size_t count) {
  if (to < from) {
    for (size_t i = 0; i < count; i++) to[i] = from[i];
  } else {
    for (size_t i = count; i-- > 0;) to[i] = from[i];
  }
}
__attribute__((noinline)) static void fill(uint8_t* to, uint8_t byte, size_t count) {
  for (size_t i = 0; i < count; i++) to[i] = byte;
}
#else
#define copy __builtin_memmove
#define fill __builtin_memset
#endif

enum { kSize = 1 << 16 };
static uint8_t buffer[kSize], clipboard[4096];
static size_t begin, end = kSize; /* of the gap */

static void move_to(size_t cursor) {
  if (cursor < begin) {
    const size_t count = begin - cursor;
    copy(buffer + end - count, buffer + cursor, count);
    begin -= count, end -= count;
  } else {
    const size_t count = cursor - begin;
    copy(buffer + begin, buffer + end, count);
    begin += count, end += count;
  }
}

static void insert(const uint8_t* bytes, size_t count) {
  if (end - begin < count) begin = 0, end = (kSize + end) / 2; /* a full buffer forgets half */
  copy(buffer + begin, bytes, count);
  begin += count;
}

int main(int argc, char** argv) {
#ifdef LOWERED
  const uint32_t edits = workload_size(argc, argv, 150000);
#else
  const uint32_t edits = workload_size(argc, argv, 1200000);
#endif
  uint64_t random = 97, checksum = 0;
  for (size_t i = 0; i < sizeof clipboard; i++) clipboard[i] = (uint8_t)next_random(&random);
  for (uint32_t i = 0; i < edits; i++) {
    const uint64_t pick = next_random(&random);
    /* Mostly near the cursor and short, now and then anywhere and long. */
    const size_t count = (pick >> 20) % (pick % 16 == 0 ? 4096 : 48);
    const size_t held = kSize - (end - begin), far = (pick >> 40) % (held + 1);
    move_to(pick % 32 == 1 ? far : begin + 16 < held ? begin + (pick >> 60) : begin / 2);
    switch (pick >> 8 & 3) {
      case 0:
        fill(clipboard + (pick >> 50) % 256, (uint8_t)i, count % 512);
        break;
      case 1:
        end += count < kSize - end ? count : kSize - end;
        break;
      default:
        insert(clipboard, count);
    }
    checksum = mix(checksum, begin + buffer[begin / 2]);
  }
  return workload_result(checksum);
}
