/* Memory: shortest ways on a grid of costs, with a binary heap. */
#include <string.h>

#include "workload.h"

enum { kSide = 160, kPlaces = kSide * kSide, kHeap = 4 * kPlaces };
typedef struct {
  uint32_t distance, place;
} Entry;
static uint8_t cost[kPlaces];
static uint32_t distance[kPlaces];
static Entry heap[kHeap + 1]; /* from index 1 */
static uint32_t count;

static void push(Entry entry) {
  uint32_t at = ++count;
  for (; at > 1 && heap[at / 2].distance > entry.distance; at /= 2) heap[at] = heap[at / 2];
  heap[at] = entry;
}

static Entry pop(void) {
  const Entry top = heap[1], moved = heap[count--];
  uint32_t at = 1;
  for (uint32_t child; (child = 2 * at) <= count; at = child) {
    if (child < count && heap[child + 1].distance < heap[child].distance) child++;
    if (heap[child].distance >= moved.distance) break;
    heap[at] = heap[child];
  }
  heap[at] = moved;
  return top;
}

static void reach(uint32_t place, uint32_t from) {
  const uint32_t now = from + cost[place];
  if (now >= distance[place]) return;
  distance[place] = now;
  push((Entry){now, place});
}

static void find_all(uint32_t start) {
  memset(distance, 0xff, sizeof distance);
  distance[start] = count = 0;
  push((Entry){0, start});
  while (count > 0) {
    const Entry entry = pop();
    const uint32_t place = entry.place, x = place % kSide, y = place / kSide;
    if (entry.distance > distance[place]) continue;
    if (x > 0) reach(place - 1, entry.distance);
    if (x + 1 < kSide) reach(place + 1, entry.distance);
    if (y > 0) reach(place - kSide, entry.distance);
    if (y + 1 < kSide) reach(place + kSide, entry.distance);
  }
}

int main(int argc, char** argv) {
  const uint32_t rounds = workload_size(argc, argv, 30);
  uint64_t random = 53, checksum = 0;
  for (uint32_t i = 0; i < kPlaces; i++) cost[i] = (uint8_t)(1 + (next_random(&random) >> 58));
  for (uint32_t round = 0; round < rounds; round++) {
    find_all(round * 997 % kPlaces);
    for (uint32_t i = 0; i < kPlaces; i += 101) checksum = mix(checksum, distance[i]);
  }
  return workload_result(checksum);
}
