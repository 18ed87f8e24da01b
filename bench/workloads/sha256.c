/* Integer: SHA-256, rotations and additions of 32 bits. */
#include <math.h>
#include <string.h>

#include "workload.h"

static uint32_t round_constant[64], initial[8];

/* The first 32 bits after the point of the square and cube roots of the first primes. */
static void prepare(void) {
  uint32_t found = 0;
  for (uint32_t n = 2; found < 64; n++) {
    uint32_t divisor = 2;
    while (n % divisor != 0) divisor++;
    if (divisor != n) continue;
    const double square_root = sqrt(n), cube_root = cbrt(n);
    if (found < 8) initial[found] = (uint32_t)((square_root - floor(square_root)) * 0x1p32);
    round_constant[found++] = (uint32_t)((cube_root - floor(cube_root)) * 0x1p32);
  }
}

static uint32_t rotate(uint32_t x, int by) { return x >> by | x << (32 - by); }

static void compress(uint32_t state[8], const uint8_t block[64]) {
  uint32_t w[64], s[8];
  for (int i = 0; i < 16; i++) {
    const uint8_t* at = block + 4 * i;
    w[i] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
  }
  for (int i = 16; i < 64; i++) {
    const uint32_t a = w[i - 15], b = w[i - 2];
    w[i] = w[i - 16] + w[i - 7] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) +
           (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
  }
  memcpy(s, state, sizeof s);
  for (int i = 0; i < 64; i++) {
    const uint32_t t1 = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) +
                        ((s[4] & s[5]) ^ (~s[4] & s[6])) + round_constant[i] + w[i];
    const uint32_t t2 = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) +
                        ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
    s[7] = s[6], s[6] = s[5], s[5] = s[4], s[4] = s[3] + t1;
    s[3] = s[2], s[2] = s[1], s[1] = s[0], s[0] = t1 + t2;
  }
  for (int i = 0; i < 8; i++) state[i] += s[i];
}

int main(int argc, char** argv) {
  static uint8_t bytes[1 << 14];
  const uint32_t rounds = workload_size(argc, argv, 256);
  uint64_t random = 19;
  uint32_t state[8];
  prepare();
  memcpy(state, initial, sizeof state);
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(next_random(&random) >> 56);
  for (uint32_t round = 0; round < rounds; round++) {
    for (size_t at = 0; at < sizeof bytes; at += 64) compress(state, bytes + at);
  }
  return workload_result((uint64_t)state[0] << 32 | state[7]);
}
