/* Memory and calls through a pointer: qsort of records, then a heap of the same. */
#include "workload.h"

typedef struct {
  uint32_t key;
  uint32_t payload;
} Record;

static int by_key(const void* a, const void* b) {
  const uint32_t x = ((const Record*)a)->key, y = ((const Record*)b)->key;
  return (x > y) - (x < y);
}

static void sift(Record* heap, uint32_t at, uint32_t count) {
  const Record moved = heap[at];
  for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
    if (child + 1 < count && heap[child + 1].key > heap[child].key) child++;
    if (heap[child].key <= moved.key) break;
    heap[at] = heap[child];
  }
  heap[at] = moved;
}

int main(int argc, char** argv) {
  const uint32_t n = workload_size(argc, argv, 100000);
  Record* records = malloc(sizeof(Record) * n);
  uint64_t random = 11, checksum = 0;
  for (uint32_t i = 0; i < n; i++) records[i] = (Record){(uint32_t)(next_random(&random) >> 32), i};
  qsort(records, n, sizeof(Record), by_key);
  for (uint32_t i = 0; i < n; i += 97) checksum = mix(checksum, records[i].key);
  for (uint32_t i = 0; i < n; i++) records[i].key = (uint32_t)(next_random(&random) >> 32);
  for (uint32_t i = n / 2; i-- > 0;) sift(records, i, n);
  for (uint32_t end = n; end-- > 1;) {
    const Record top = records[0];
    records[0] = records[end];
    records[end] = top;
    sift(records, 0, end);
  }
  for (uint32_t i = 0; i < n; i += 97) checksum = mix(checksum, records[i].key);
  free(records);
  return workload_result(checksum);
}
