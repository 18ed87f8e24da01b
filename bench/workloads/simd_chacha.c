/* Vectors of integers: the ChaCha20 stream; additions, rotations and shuffles in one chain. */
#include "simd.h"
#include "workload.h"

static U32x4 rotate(U32x4 x, int by) { return x << by | x >> (32 - by); }

/* One block of 64 bytes for a state, whose counter advances. */
static void block(U32x4 out[4], U32x4 state[4]) {
  U32x4 a = state[0], b = state[1], c = state[2], d = state[3];
  for (int i = 0; i < 20; i++) {
    a += b, d = rotate(d ^ a, 16);
    c += d, b = rotate(b ^ c, 12);
    a += b, d = rotate(d ^ a, 8);
    c += d, b = rotate(b ^ c, 7);
    /* Every second round works on diagonals. */
    if (i % 2 == 0) {
      b = __builtin_shufflevector(b, b, 1, 2, 3, 0);
      d = __builtin_shufflevector(d, d, 3, 0, 1, 2);
    } else {
      b = __builtin_shufflevector(b, b, 3, 0, 1, 2);
      d = __builtin_shufflevector(d, d, 1, 2, 3, 0);
    }
    c = __builtin_shufflevector(c, c, 2, 3, 0, 1);
  }
  out[0] = a + state[0], out[1] = b + state[1], out[2] = c + state[2], out[3] = d + state[3];
  state[3][0]++;
}

int main(int argc, char** argv) {
  const uint32_t blocks = workload_size(argc, argv, 200000);
  uint64_t random = 79;
  U32x4 state[4] = {{0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}}, sum = {0, 0, 0, 0};
  for (int i = 4; i < 16; i++) state[i / 4][i % 4] = (uint32_t)(next_random(&random) >> 32);
  for (uint32_t i = 0; i < blocks; i++) {
    U32x4 out[4];
    block(out, state);
    sum = rotate(sum, 1) ^ out[0] ^ out[1] ^ out[2] ^ out[3];
  }
  return workload_result(mix((uint64_t)sum[0] << 32 | sum[1], (uint64_t)sum[2] << 32 | sum[3]));
}
