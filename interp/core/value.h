// Untyped values: what frames, globals and host calls hold. Their types are known statically, from
// validation.
#pragma once

#include <cstdint>
#include <cstring>

namespace weft::interp {

struct alignas(16) V128 {
  uint8_t bytes[16];
  bool operator==(const V128&) const = default;
};

// One value of any type. i32 is zero-extended in bits; f32 occupies the low half; references are
// pointers, null is 0.
union alignas(16) Value {
  uint64_t bits;
  uint32_t i32;
  uint64_t i64;
  float f32;
  double f64;
  V128 v128;
  void* ref;

  constexpr Value() : v128{} {}
  static Value of_i32(uint32_t v) {
    Value r;
    r.bits = v;
    return r;
  }
  static Value of_i64(uint64_t v) {
    Value r;
    r.bits = v;
    return r;
  }
  static Value of_bits(uint64_t v) {
    Value r;
    r.bits = v;
    return r;
  }
  static Value of_f32(float v) {
    Value r;
    r.f32 = v;
    return r;
  }
  static Value of_f64(double v) {
    Value r;
    r.f64 = v;
    return r;
  }
  static Value of_v128(const V128& v) {
    Value r;
    r.v128 = v;
    return r;
  }
  static Value of_ref(void* v) {
    Value r;
    r.ref = v;
    return r;
  }
};
static_assert(sizeof(Value) == 16);

// Little-endian access to possibly unaligned memory. WebAssembly is little-endian; so are the hosts
// supported today.
template <class T>
[[gnu::always_inline]] inline T read_unaligned(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}
template <class T>
[[gnu::always_inline]] inline void write_unaligned(void* to, T value) {
  std::memcpy(to, &value, sizeof value);
}

}  // namespace weft::interp
