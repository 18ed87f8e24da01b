/* Integer, 64 bits: digits of pi by Machin's formula on big numbers; multiplication and division.
 */
#include <string.h>

#include "workload.h"

enum { kLimbs = 700 };
static const uint64_t kBase = 1000000000; /* of a limb; the first is before the point */
typedef uint32_t Number[kLimbs];

static void divide(Number x, uint32_t by) {
  uint64_t rest = 0;
  for (int i = 0; i < kLimbs; i++) {
    const uint64_t part = rest * kBase + x[i];
    x[i] = (uint32_t)(part / by);
    rest = part % by;
  }
}

static void multiply(Number x, uint32_t by) {
  uint64_t carry = 0;
  for (int i = kLimbs; i-- > 0;) {
    const uint64_t part = (uint64_t)x[i] * by + carry;
    x[i] = (uint32_t)(part % kBase);
    carry = part / kBase;
  }
}

static void add(Number x, const Number y) {
  uint32_t carry = 0;
  for (int i = kLimbs; i-- > 0;) {
    const uint32_t sum = x[i] + y[i] + carry;
    carry = sum >= kBase;
    x[i] = sum - (carry ? (uint32_t)kBase : 0);
  }
}

static void subtract(Number x, const Number y) {
  uint32_t borrow = 0;
  for (int i = kLimbs; i-- > 0;) {
    const uint32_t less = y[i] + borrow;
    borrow = x[i] < less;
    x[i] = x[i] + (borrow ? (uint32_t)kBase : 0) - less;
  }
}

/* result = atan(1 / of), by its series. */
static void inverse_tangent(Number result, uint32_t of, uint32_t terms) {
  static Number power, term;
  memset(power, 0, sizeof power);
  power[0] = 1;
  divide(power, of);
  memcpy(result, power, sizeof power);
  for (uint32_t i = 1; i < terms; i++) {
    divide(power, of * of);
    memcpy(term, power, sizeof term);
    divide(term, 2 * i + 1);
    (i % 2 ? subtract : add)(result, term);
  }
}

int main(int argc, char** argv) {
  static Number pi, rest;
  const uint32_t digits = workload_size(argc, argv, 6000);
  inverse_tangent(pi, 5, digits * 5 / 7 + 2); /* a term brings 1.4 digits */
  multiply(pi, 4);
  inverse_tangent(rest, 239, digits / 4 + 2);
  subtract(pi, rest);
  multiply(pi, 4);
  uint64_t checksum = 0;
  for (uint32_t i = 0; i <= digits / 9 && i < kLimbs - 2; i++) checksum = mix(checksum, pi[i]);
  return workload_result(checksum);
}
