// 64-bit addresses, without a library: lists, arrays and copies beyond 4 GiB in a memory most of
// whose pages are never touched. wide_test.cc calls the functions.
#include <stdbool.h>
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(name)))

static const uint64_t kPage = 65536;
static const uint64_t k4GiB = UINT64_C(1) << 32;

// Makes the memory at least this large.
EXPORT("grow_to") bool grow_to(uint64_t bytes) {
  const uint64_t pages = __builtin_wasm_memory_size(0);
  const uint64_t wanted = (bytes + kPage - 1) / kPage;
  return pages >= wanted || __builtin_wasm_memory_grow(0, wanted - pages) == pages;
}

static uint64_t next_random(uint64_t* state) {
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return *state >> 11;
}

typedef struct Node {
  struct Node* next;
  uint64_t value;
} Node;

// A list of `count` nodes, each anywhere in its own slice of [begin, end); the first node's
// address.
EXPORT("scatter") Node* scatter(uint64_t begin, uint64_t end, uint64_t count, uint64_t seed) {
  const uint64_t slice = (end - begin) / count;
  Node* first = 0;
  for (uint64_t i = 0; i < count; i++) {
    const uint64_t place = next_random(&seed) % (slice / sizeof(Node));
    Node* const node = (Node*)(begin + i * slice) + place;
    node->next = first;
    node->value = next_random(&seed);
    first = node;
  }
  return first;
}

EXPORT("sum") uint64_t sum(const Node* node) {
  uint64_t total = 0;
  for (; node != 0; node = node->next) total += node->value;
  return total;
}

// A copy across the border of 4 GiB, and back to another place; whether all of it arrived.
EXPORT("cross") bool cross(uint64_t size) {
  uint8_t* const low = (uint8_t*)(k4GiB - 2 * size);
  uint8_t* const across = (uint8_t*)(k4GiB - size / 2);
  uint8_t* const high = (uint8_t*)(k4GiB + 2 * size);
  for (uint64_t i = 0; i < size; i++) low[i] = (uint8_t)(i * 7);
  __builtin_memmove(across, low, size);
  __builtin_memmove(across + 3, across, size);
  __builtin_memmove(high, across + 3, size);
  __builtin_memset(across, 0, size / 2);
  for (uint64_t i = 0; i < size; i++) {
    if (high[i] != (uint8_t)(i * 7)) return false;
  }
  return *(uint64_t*)(k4GiB - 8) == 0;
}

// Comparisons come through a table of functions, whose addresses have 64 bits, too.
typedef bool (*Before)(int64_t, int64_t);
static bool ascending(int64_t a, int64_t b) { return a < b; }
static bool descending(int64_t a, int64_t b) { return a > b; }

static void sort(int64_t* begin, int64_t* end, Before before) {
  while (end - begin > 1) {
    const int64_t pivot = begin[(end - begin) / 2];
    int64_t* low = begin;
    int64_t* high = end - 1;
    while (low <= high) {
      while (before(*low, pivot)) low++;
      while (before(pivot, *high)) high--;
      if (low <= high) {
        const int64_t swapped = *low;
        *low++ = *high;
        *high-- = swapped;
      }
    }
    sort(begin, high + 1, before);
    begin = low;
  }
}

// Fills an array at any address with random numbers and sorts it; whether it is in order.
EXPORT("sort") bool sort_at(int64_t* array, uint64_t count, bool up, uint64_t seed) {
  static volatile Before orders[] = {descending, ascending};
  const Before before = orders[up];
  for (uint64_t i = 0; i < count; i++) array[i] = (int64_t)(next_random(&seed) - k4GiB);
  sort(array, array + count, before);
  for (uint64_t i = 1; i < count; i++) {
    if (before(array[i], array[i - 1])) return false;
  }
  return true;
}

EXPORT("load") uint8_t load(const volatile uint8_t* at) { return *at; }
EXPORT("store") void store(volatile uint8_t* at, uint8_t value) { *at = value; }
EXPORT("load_far") uint64_t load_far(const uint8_t* at) {
  return *(const volatile uint64_t*)(at + UINT64_C(0x7fff0000));
}
