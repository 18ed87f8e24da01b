/* Branchy: regular expressions matched by backtracking, over generated lines. */
#include "workload.h"

/* Atoms are characters, '.', \d, \w and classes such as [a-f]; each may have '*', '+' or '?' after
 * it. */
typedef struct {
  const char* begin;
  const char* end;
} Text;

static const char* end_of_atom(const char* at) {
  if (*at == '[') {
    while (*at != ']') at++;
  } else if (*at == '\\') {
    at++;
  }
  return at + 1;
}

static int atom_matches(const char* atom, char c) {
  if (*atom == '.') return 1;
  if (*atom == '\\') {
    if (atom[1] == 'd') return c >= '0' && c <= '9';
    if (atom[1] == 'w') return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    return c == atom[1];
  }
  if (*atom != '[') return c == *atom;
  const int negated = atom[1] == '^';
  for (const char* at = atom + 1 + negated; *at != ']'; at++) {
    if (at[1] == '-' && at[2] != ']') {
      if (c >= at[0] && c <= at[2]) return !negated;
      at += 2;
    } else if (c == *at) {
      return !negated;
    }
  }
  return negated;
}

/* The end of the match that begins at `at`, or null. */
static const char* match(const char* pattern, const char* at, const char* end) {
  for (;;) {
    if (*pattern == 0 || *pattern == '|') return at;
    if (*pattern == '$') return at == end ? at : 0;
    const char* next = end_of_atom(pattern);
    if (*next == '*' || *next == '+') {
      const char* most = at;
      while (most < end && atom_matches(pattern, *most)) most++;
      for (const char* least = at + (*next == '+'); most >= least; most--) {
        const char* found = match(next + 1, most, end);
        if (found) return found;
      }
      return 0;
    }
    if (*next == '?') {
      if (at < end && atom_matches(pattern, *at)) {
        const char* found = match(next + 1, at + 1, end);
        if (found) return found;
      }
      pattern = next + 1;
      continue;
    }
    if (at == end || !atom_matches(pattern, *at)) return 0;
    pattern = next, at++;
  }
}

/* The first place at which one of the pattern's alternatives matches. */
static uint64_t search(const char* pattern, Text line) {
  for (const char* at = line.begin; at <= line.end; at++) {
    for (const char* alternative = pattern;;) {
      const int anchored = *alternative == '^';
      if (!anchored || at == line.begin) {
        const char* found = match(alternative + anchored, at, line.end);
        if (found) return (uint64_t)(at - line.begin) << 32 | (uint64_t)(found - at);
      }
      while (*alternative != 0 && *alternative != '|') alternative = end_of_atom(alternative);
      if (*alternative++ == 0) break;
    }
  }
  return ~UINT64_C(0);
}

int main(int argc, char** argv) {
  static const char* const patterns[] = {
      "[a-f]+\\d+[^a-m]$", "\\w+@\\w+\\.com",    "^a.*b.*c.*d$",
      "xyz|abc?d|q[u-w]+", "\\d\\d?\\d?\\.\\d+",
  };
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789 .@()_";
  const uint32_t lines = workload_size(argc, argv, 2000);
  uint64_t random = 37, checksum = 0;
  for (uint32_t line = 0; line < lines; line++) {
    char text[80];
    const uint32_t length = 40 + (uint32_t)(next_random(&random) % 40);
    for (uint32_t i = 0; i < length; i++)
      text[i] = letters[(next_random(&random) >> 33) % (sizeof letters - 1)];
    for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++) {
      checksum = mix(checksum, search(patterns[p], (Text){text, text + length}));
    }
  }
  return workload_result(checksum);
}
