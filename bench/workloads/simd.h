/* Vectors of 16 bytes by the compiler's own extension, the same source for every target; and the
 * few operations that it has no operator for, by WebAssembly's instruction there and lane by lane
 * elsewhere. */
#ifndef WEFT_BENCH_SIMD_H
#define WEFT_BENCH_SIMD_H

#include <stdint.h>
#include <string.h>
#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

#define VECTOR __attribute__((vector_size(16)))
typedef uint8_t U8x16 VECTOR;
typedef int16_t I16x8 VECTOR;
typedef uint16_t U16x8 VECTOR;
typedef int32_t I32x4 VECTOR;
typedef uint32_t U32x4 VECTOR;
typedef int64_t I64x2 VECTOR;
typedef float F32x4 VECTOR;
typedef double F64x2 VECTOR;

/* An unaligned vector of type T at `from`, and its way back. */
#define LOAD(T, from)                       \
  ({                                        \
    T loaded;                               \
    memcpy(&loaded, (from), sizeof loaded); \
    loaded;                                 \
  })
#define STORE(to, vector)                     \
  do {                                        \
    const __typeof__(vector) stored = vector; \
    memcpy((to), &stored, sizeof stored);     \
  } while (0)

/* A bit for each byte whose highest bit is set. */
static inline uint32_t bits_of(U8x16 mask) {
#ifdef __wasm_simd128__
  return wasm_i8x16_bitmask((v128_t)mask);
#else
  uint32_t bits = 0;
  for (int i = 0; i < 16; i++) bits |= (uint32_t)(mask[i] >> 7) << i;
  return bits;
#endif
}

/* Sums of the products of neighbours. */
static inline I32x4 dot(I16x8 a, I16x8 b) {
#ifdef __wasm_simd128__
  return (I32x4)wasm_i32x4_dot_i16x8((v128_t)a, (v128_t)b);
#else
  I32x4 sums;
  for (int i = 0; i < 4; i++) sums[i] = a[2 * i] * b[2 * i] + a[2 * i + 1] * b[2 * i + 1];
  return sums;
#endif
}

static inline I16x8 add_saturated(I16x8 a, I16x8 b) {
#ifdef __wasm_simd128__
  return (I16x8)wasm_i16x8_add_sat((v128_t)a, (v128_t)b);
#else
  for (int i = 0; i < 8; i++) {
    const int sum = a[i] + b[i];
    a[i] = (int16_t)(sum > 32767 ? 32767 : sum < -32768 ? -32768 : sum);
  }
  return a;
#endif
}

#endif
