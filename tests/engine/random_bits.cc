#include <bit>
#include <iterator>

#include "tests/engine/random_program.h"

namespace weft::interp::testing {

uint64_t RandomBits::next() {
  x_state += 0x9e3779b97f4a7c15;
  uint64_t z = x_state;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

uint64_t RandomBits::value_of(char type) {
  static constexpr uint64_t kInts[] = {
      0,          1,          2,          3,          7,          8,          15,
      16,         31,         32,         33,         63,         64,         127,
      128,        255,        256,        0x7fff,     0x8000,     0xffff,     0x10000,
      0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe, 0x80000001, 0xffffff80, 0xffff8000};
  static constexpr uint64_t kLongs[] = {0x100000000,        0x7fffffffffffffff, 0x8000000000000000,
                                        0xffffffffffffffff, 0xffffffff80000000, 0xffffffff7fffffff,
                                        0xfffffffffffffffe, 0x0123456789abcdef};
  static constexpr double kFloats[] = {0.0,
                                       -0.0,
                                       1.0,
                                       -1.0,
                                       0.5,
                                       1.5,
                                       2.5,
                                       -0.5,
                                       3.25,
                                       100.0,
                                       1e10,
                                       -1e20,
                                       2147483647.0,
                                       -2147483648.0,
                                       4294967296.0,
                                       9223372036854775808.0,
                                       1e-40,
                                       1e-310,
                                       1e300,
                                       __builtin_inf(),
                                       -__builtin_inf(),
                                       __builtin_nan("")};
  const bool edge = chance(75);
  switch (type) {
    case 'i':
      return edge ? kInts[below(std::size(kInts))] : next() >> 32;
    case 'l':
      if (!edge) return next();
      return chance(60) ? kInts[below(std::size(kInts))] : kLongs[below(std::size(kLongs))];
    case 'f':
      if (!edge) return next() >> 32;
      return std::bit_cast<uint32_t>(static_cast<float>(kFloats[below(std::size(kFloats))]));
    case 'd':
      if (!edge) return next();
      return std::bit_cast<uint64_t>(kFloats[below(std::size(kFloats))]);
    case 'v':
      return edge ? value_of("ilfd"[below(4)]) : next();
    default:
      return 0;
  }
}

}  // namespace weft::interp::testing
