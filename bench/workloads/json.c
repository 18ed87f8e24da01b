/* Branchy and recursive: JSON is generated into a buffer and parsed into a tree. */
#include <string.h>

#include "workload.h"

enum { kText = 1 << 16, kValues = 1 << 14 };
typedef enum { kNull, kBool, kNumber, kString, kArray, kObject } Type;
typedef struct {
  Type type;
  double number;    /* or the truth of a bool */
  uint32_t text[2]; /* begin and end of a string */
  uint32_t key[2];  /* its own in an object */
  uint32_t child, next;
} Value;
static char text[kText];
static Value values[kValues];
static uint32_t length, used, at;

static void generate(uint64_t* random, uint32_t depth) {
  const uint32_t pick = (uint32_t)(next_random(random) >> 40);
  if (depth == 0 || length + 256 > kText) {
    static const char* const plain[] = {
        "null", "true", "false", "-17.25", "3e5", "\"caf\\u00e9 \\n\"", "12345678"};
    length += (uint32_t)snprintf(text + length, kText - length, "%s", plain[pick % 7]);
    return;
  }
  const int object = pick & 1;
  text[length++] = object ? '{' : '[';
  for (uint32_t i = 0; i < 3 + (pick >> 1) % 4; i++) {
    if (i > 0) text[length++] = ',', text[length++] = ' ';
    if (object)
      length += (uint32_t)snprintf(text + length, kText - length, "\"key%u\": ", i * pick % 1000);
    generate(random, depth - 1);
  }
  text[length++] = object ? '}' : ']';
}

static void skip_space(void) {
  while (text[at] == ' ' || text[at] == '\n' || text[at] == '\t' || text[at] == '\r') at++;
}

static int string(uint32_t range[2]) {
  if (text[at++] != '"') return 0;
  range[0] = at;
  for (; text[at] != '"'; at++) {
    if ((uint8_t)text[at] < 32) return 0;
    if (text[at] == '\\' && text[++at] == 'u') at += 4;
  }
  range[1] = at++;
  return 1;
}

static double number(void) {
  const double sign = text[at] == '-' ? at++, -1 : 1;
  double value = 0, scale = 1;
  int exponent = 0;
  for (; text[at] >= '0' && text[at] <= '9'; at++) value = value * 10 + (text[at] - '0');
  if (text[at] == '.') {
    for (at++; text[at] >= '0' && text[at] <= '9'; at++)
      value = value * 10 + (text[at] - '0'), scale *= 10;
  }
  if (text[at] == 'e' || text[at] == 'E') {
    for (at++; text[at] >= '0' && text[at] <= '9'; at++)
      exponent = exponent * 10 + (text[at] - '0');
  }
  while (exponent-- > 0) value *= 10;
  return sign * value / scale;
}

static int word(const char* expected) {
  const size_t count = strlen(expected);
  if (strncmp(text + at, expected, count) != 0) return 0;
  at += (uint32_t)count;
  return 1;
}

/* The index of the value parsed, 0 after an error. */
static uint32_t parse(void) {
  const uint32_t index = ++used;
  Value* value = &values[index];
  memset(value, 0, sizeof *value);
  if (index == kValues - 1) return 0;
  skip_space();
  switch (text[at]) {
    case '{':
    case '[': {
      const char close = text[at++] == '{' ? '}' : ']';
      value->type = close == '}' ? kObject : kArray;
      uint32_t* link = &value->child;
      for (skip_space(); text[at] != close; skip_space()) {
        uint32_t key[2] = {0, 0};
        if (close == '}') {
          if (!string(key) || text[at++] != ':') return 0;
        }
        if ((*link = parse()) == 0) return 0;
        values[*link].key[0] = key[0], values[*link].key[1] = key[1];
        link = &values[*link].next;
        skip_space();
        if (text[at] == ',') at++, skip_space();
      }
      at++;
      return index;
    }
    case '"':
      value->type = kString;
      return string(value->text) ? index : 0;
    case 'n':
      return word("null") ? index : 0;
    case 't':
    case 'f':
      value->type = kBool;
      value->number = text[at] == 't';
      return word(text[at] == 't' ? "true" : "false") ? index : 0;
    default:
      value->type = kNumber;
      value->number = number();
      return index;
  }
}

static uint64_t sum_of(uint64_t sum, uint32_t index) {
  const Value* value = &values[index];
  sum = mix(mix(sum, value->type), (uint64_t)(int64_t)(value->number * 100));
  sum = mix(sum, value->text[1] - value->text[0] + value->key[1] - value->key[0]);
  for (uint32_t child = value->child; child != 0; child = values[child].next)
    sum = sum_of(sum, child);
  return sum;
}

int main(int argc, char** argv) {
  const uint32_t rounds = workload_size(argc, argv, 100);
  uint64_t random = 31, checksum = 0;
  generate(&random, 7);
  for (uint32_t round = 0; round < rounds; round++) {
    at = used = 0;
    const uint32_t root = parse();
    if (root == 0) return 1;
    checksum = sum_of(mix(checksum, used), root);
  }
  return workload_result(checksum);
}
