// Vector instructions on arrays, without a library.
#include <wasm_simd128.h>

static float left[64], right[64];
static unsigned char bytes[256];

__attribute__((export_name("fill"))) void fill(float start) {
  for (int i = 0; i < 64; ++i) left[i] = start + (float)i, right[i] = (float)(i * i);
  for (int i = 0; i < 256; ++i) bytes[i] = (unsigned char)(i * 7);
}
__attribute__((export_name("dot"))) float dot(void) {
  v128_t sum = wasm_f32x4_splat(0);
  for (int i = 0; i < 64; i += 4)
    sum = wasm_f32x4_add(sum, wasm_f32x4_mul(wasm_v128_load(left + i), wasm_v128_load(right + i)));
  return wasm_f32x4_extract_lane(sum, 0) + wasm_f32x4_extract_lane(sum, 1) +
         wasm_f32x4_extract_lane(sum, 2) + wasm_f32x4_extract_lane(sum, 3);
}
__attribute__((export_name("find"))) int find(int byte) {
  const v128_t wanted = wasm_i8x16_splat((signed char)byte);
  for (int i = 0; i < 256; i += 16) {
    const int mask = wasm_i8x16_bitmask(wasm_i8x16_eq(wasm_v128_load(bytes + i), wanted));
    if (mask != 0) return i + __builtin_ctz((unsigned)mask);
  }
  return -1;
}
__attribute__((export_name("reverse"))) void reverse(void) {
  for (int i = 0; i < 256; i += 16) {
    const v128_t v = wasm_v128_load(bytes + i);
    wasm_v128_store(bytes + i,
                    wasm_i8x16_shuffle(v, v, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
  }
}
