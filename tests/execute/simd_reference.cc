#include "tests/execute/simd_reference.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <iomanip>
#include <limits>
#include <ostream>
#include <random>
#include <tuple>
#include <type_traits>

namespace weft::interp {

std::ostream& operator<<(std::ostream& out, const V128& vector) {
  const auto flags = out.flags();
  for (size_t i = 0; i < 16; ++i) {
    out << std::hex << std::setw(2) << std::setfill('0') << unsigned{vector.bytes[i]}
        << (i % 4 == 3 ? " " : "");
  }
  out.flags(flags);
  return out;
}

namespace simd_reference {
namespace {

// Wide enough for any product of two lanes.
__extension__ typedef __int128 Wide;

template <class T>
struct LanesOf {
  static constexpr size_t kCount = 16 / sizeof(T);
  T at[kCount];

  LanesOf() = default;
  explicit LanesOf(const V128& vector) { std::memcpy(at, &vector, sizeof at); }
  explicit operator V128() const {
    V128 vector;
    std::memcpy(&vector, at, sizeof at);
    return vector;
  }
};

template <class T>
V128 scalar(T value) {
  V128 out{};
  std::memcpy(&out, &value, sizeof value);
  return out;
}

template <class T>
T scalar_of(const Inputs& in) {
  T value;
  std::memcpy(&value, &in.scalar, sizeof value);
  return value;
}

template <class T>
T saturate(Wide value) {
  return static_cast<T>(
      std::clamp<Wide>(value, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
}

// Every lane of `To` from the lanes of a (and b) with the same number; lanes past the shorter of
// the two are 0.
template <class From, class To, auto Fn>
V128 map(const Inputs& in) {
  const LanesOf<From> a(in.a);
  LanesOf<To> result{};
  for (size_t i = 0; i < std::min(a.kCount, result.kCount); ++i)
    result.at[i] = static_cast<To>(Fn(a.at[i]));
  return V128(result);
}
template <class From, class To, auto Fn>
V128 map2(const Inputs& in) {
  const LanesOf<From> a(in.a);
  const LanesOf<From> b(in.b);
  LanesOf<To> result{};
  for (size_t i = 0; i < result.kCount; ++i) result.at[i] = static_cast<To>(Fn(a.at[i], b.at[i]));
  return V128(result);
}

// ---- Integers

template <class T>
using Carried = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;

template <class T, auto Compare>
V128 compare(const Inputs& in) {
  using Mask = std::conditional_t<
      sizeof(T) == 1, uint8_t,
      std::conditional_t<sizeof(T) == 2, uint16_t,
                         std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>>>;
  return map2<T, Mask, [](T x, T y) { return Compare(x, y) ? ~Mask{0} : Mask{0}; }>(in);
}
constexpr auto is_eq = [](auto x, auto y) { return x == y; };
constexpr auto is_ne = [](auto x, auto y) { return !(x == y); };
constexpr auto is_lt = [](auto x, auto y) { return x < y; };
constexpr auto is_gt = [](auto x, auto y) { return x > y; };
constexpr auto is_le = [](auto x, auto y) { return x <= y; };
constexpr auto is_ge = [](auto x, auto y) { return x >= y; };

// Computes in Wide and keeps the low bits.
template <class T, auto Fn>
V128 wrapping(const Inputs& in) {
  return map2<T, T, [](T x, T y) { return static_cast<T>(Fn(Wide{x}, Wide{y})); }>(in);
}
template <class T, auto Fn>
V128 saturating(const Inputs& in) {
  return map2<T, T, [](T x, T y) { return saturate<T>(Fn(Wide{x}, Wide{y})); }>(in);
}
constexpr auto sum = [](Wide x, Wide y) { return x + y; };
constexpr auto difference = [](Wide x, Wide y) { return x - y; };
// Modulo 2^64, as that of two 64-bit lanes may not fit a signed Wide.
constexpr auto product = [](Wide x, Wide y) {
  return static_cast<uint64_t>(x) * static_cast<uint64_t>(y);
};
constexpr auto smaller = [](Wide x, Wide y) { return x < y ? x : y; };
constexpr auto larger = [](Wide x, Wide y) { return x > y ? x : y; };
constexpr auto average = [](Wide x, Wide y) { return (x + y + 1) / 2; };
constexpr auto q15_product = [](Wide x, Wide y) { return (x * y + 0x4000) >> 15; };

template <class T>
V128 negate(const Inputs& in) {
  return map<T, T, [](T x) { return static_cast<T>(-Wide{x}); }>(in);
}
template <class T>
V128 absolute(const Inputs& in) {
  return map<T, T, [](T x) { return static_cast<T>(x < 0 ? -Wide{x} : Wide{x}); }>(in);
}
V128 count_ones(const Inputs& in) {
  return map<uint8_t, uint8_t, [](uint8_t x) {
    int ones = 0;
    for (int bit = 0; bit < 8; ++bit) ones += (x >> bit) & 1;
    return ones;
  }>(in);
}

template <class T, bool kLeft>
V128 shift(const Inputs& in) {
  const LanesOf<T> a(in.a);
  LanesOf<T> result;
  const auto count = scalar_of<uint32_t>(in) % (8 * sizeof(T));
  for (size_t i = 0; i < a.kCount; ++i) {
    result.at[i] = kLeft ? static_cast<T>(static_cast<uint64_t>(a.at[i]) << count)
                         : static_cast<T>(a.at[i] >> count);
  }
  return V128(result);
}

template <class T>
V128 all_true(const Inputs& in) {
  const LanesOf<T> a(in.a);
  return scalar<uint32_t>(std::ranges::all_of(a.at, [](T x) { return x != 0; }));
}
V128 any_true(const Inputs& in) {
  return scalar<uint32_t>(std::ranges::any_of(in.a.bytes, [](uint8_t x) { return x != 0; }));
}
template <class T>
V128 bitmask(const Inputs& in) {
  const LanesOf<T> a(in.a);
  uint32_t mask = 0;
  for (size_t i = 0; i < a.kCount; ++i) mask |= uint32_t{a.at[i] < 0} << i;
  return scalar(mask);
}

// Lane i of the result from lane i (+ half) of the narrower operand.
template <class From, class To, bool kHigh>
V128 extend(const Inputs& in) {
  const LanesOf<From> a(in.a);
  LanesOf<To> result;
  for (size_t i = 0; i < result.kCount; ++i) result.at[i] = a.at[i + (kHigh ? result.kCount : 0)];
  return V128(result);
}
template <class From, class To, bool kHigh>
V128 extended_product(const Inputs& in) {
  const LanesOf<From> a(in.a);
  const LanesOf<From> b(in.b);
  LanesOf<To> result;
  for (size_t i = 0; i < result.kCount; ++i) {
    const size_t j = i + (kHigh ? result.kCount : 0);
    result.at[i] = static_cast<To>(Wide{a.at[j]} * Wide{b.at[j]});
  }
  return V128(result);
}
template <class From, class To>
V128 pairwise_sum(const Inputs& in) {
  const LanesOf<From> a(in.a);
  LanesOf<To> result;
  for (size_t i = 0; i < result.kCount; ++i)
    result.at[i] = static_cast<To>(a.at[2 * i] + a.at[2 * i + 1]);
  return V128(result);
}
V128 dot(const Inputs& in) {
  const LanesOf<int16_t> a(in.a);
  const LanesOf<int16_t> b(in.b);
  LanesOf<uint32_t> result;
  for (size_t i = 0; i < 4; ++i) {
    result.at[i] = static_cast<uint32_t>(Wide{a.at[2 * i]} * b.at[2 * i] +
                                         Wide{a.at[2 * i + 1]} * b.at[2 * i + 1]);
  }
  return V128(result);
}
template <class From, class To>
V128 narrow(const Inputs& in) {
  const LanesOf<From> a(in.a);
  const LanesOf<From> b(in.b);
  LanesOf<To> result;
  for (size_t i = 0; i < a.kCount; ++i) {
    result.at[i] = saturate<To>(a.at[i]);
    result.at[i + a.kCount] = saturate<To>(b.at[i]);
  }
  return V128(result);
}

// ---- Bits, lanes, memory

template <auto Fn>
V128 bitwise(const Inputs& in) {
  V128 result;
  for (size_t i = 0; i < 16; ++i) {
    result.bytes[i] = static_cast<uint8_t>(Fn(in.a.bytes[i], in.b.bytes[i], in.c.bytes[i]));
  }
  return result;
}
V128 bitselect(const Inputs& in) {
  V128 result{};
  for (unsigned bit = 0; bit < 128; ++bit) {
    const unsigned one = 1u << bit % 8;
    const V128& from = in.c.bytes[bit / 8] & one ? in.a : in.b;
    result.bytes[bit / 8] =
        static_cast<uint8_t>(result.bytes[bit / 8] | (from.bytes[bit / 8] & one));
  }
  return result;
}
V128 swizzle(const Inputs& in) {
  V128 result;
  for (size_t i = 0; i < 16; ++i)
    result.bytes[i] = in.b.bytes[i] < 16 ? in.a.bytes[in.b.bytes[i]] : 0;
  return result;
}
// Sums of two products each, modulo 2^16: `c` is added to sums of two of those.
V128 relaxed_dot(const Inputs& in) {
  const LanesOf<int8_t> a(in.a);
  const LanesOf<int8_t> b(in.b);
  LanesOf<int16_t> result;
  for (size_t i = 0; i < 8; ++i) {
    result.at[i] =
        static_cast<int16_t>(a.at[2 * i] * b.at[2 * i] + a.at[2 * i + 1] * b.at[2 * i + 1]);
  }
  return V128(result);
}
V128 relaxed_dot_add(const Inputs& in) {
  const LanesOf<int16_t> dot(relaxed_dot(in));
  const LanesOf<uint32_t> c(in.c);
  LanesOf<uint32_t> result;
  for (size_t i = 0; i < 4; ++i)
    result.at[i] = c.at[i] + static_cast<uint32_t>(dot.at[2 * i] + dot.at[2 * i + 1]);
  return V128(result);
}
V128 shuffle(const Inputs& in) {
  V128 result;
  for (size_t i = 0; i < 16; ++i) {
    const unsigned lane = in.c.bytes[i] % 32;
    result.bytes[i] = lane < 16 ? in.a.bytes[lane] : in.b.bytes[lane - 16];
  }
  return result;
}
template <class T>
V128 splat(const Inputs& in) {
  LanesOf<T> result;
  for (T& lane : result.at) lane = scalar_of<T>(in);
  return V128(result);
}
template <class T, class To>
V128 extract(const Inputs& in) {
  const LanesOf<T> a(in.a);
  return scalar(static_cast<To>(a.at[in.lane % a.kCount]));
}
template <class T>
V128 replace(const Inputs& in) {
  LanesOf<T> result(in.a);
  result.at[in.lane % result.kCount] = scalar_of<T>(in);
  return V128(result);
}
V128 load(const Inputs& in) { return in.a; }
template <class T>
V128 load_splat(const Inputs& in) {
  const LanesOf<T> memory(in.a);
  LanesOf<T> result;
  for (T& lane : result.at) lane = memory.at[0];
  return V128(result);
}
template <class T>
V128 load_zero(const Inputs& in) {
  const LanesOf<T> memory(in.a);
  return scalar(memory.at[0]);
}

// ---- Floats

template <class T>
T round_ties_to_even(T x) {
  return std::nearbyint(x);
}
template <class T>
T minimum(T x, T y) {
  if (std::isnan(x) || std::isnan(y)) return std::numeric_limits<T>::quiet_NaN();
  if (x == y) return std::signbit(x) ? x : y;
  return x < y ? x : y;
}
template <class T>
T maximum(T x, T y) {
  if (std::isnan(x) || std::isnan(y)) return std::numeric_limits<T>::quiet_NaN();
  if (x == y) return std::signbit(x) ? y : x;
  return x > y ? x : y;
}
template <class T, bool kMin>
V128 pseudo(const Inputs& in) {
  using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
  const LanesOf<T> a(in.a);
  const LanesOf<T> b(in.b);
  const LanesOf<Bits> a_bits(in.a);
  const LanesOf<Bits> b_bits(in.b);
  LanesOf<Bits> result;
  for (size_t i = 0; i < a.kCount; ++i) {
    result.at[i] = (kMin ? b.at[i] < a.at[i] : a.at[i] < b.at[i]) ? b_bits.at[i] : a_bits.at[i];
  }
  return V128(result);
}
template <class T>
V128 sign_bits(const Inputs& in, bool keep) {
  V128 result = in.a;
  for (size_t i = sizeof(T) - 1; i < 16; i += sizeof(T)) {
    result.bytes[i] = static_cast<uint8_t>(keep ? result.bytes[i] ^ 0x80 : result.bytes[i] & 0x7f);
  }
  return result;
}
template <class T>
V128 float_abs(const Inputs& in) {
  return sign_bits<T>(in, false);
}
template <class T>
V128 float_neg(const Inputs& in) {
  return sign_bits<T>(in, true);
}
// Rounded twice.
template <class T, bool kNegated>
V128 product_sum(const Inputs& in) {
  const LanesOf<T> a(in.a);
  const LanesOf<T> b(in.b);
  const LanesOf<T> c(in.c);
  LanesOf<T> result;
  for (size_t i = 0; i < a.kCount; ++i) {
    const volatile T rounded = (kNegated ? -a.at[i] : a.at[i]) * b.at[i];
    result.at[i] = rounded + c.at[i];
  }
  return V128(result);
}
template <class From, class To>
To truncate_saturating(From x) {
  if (std::isnan(x)) return 0;
  if (std::isinf(x)) return x < 0 ? std::numeric_limits<To>::min() : std::numeric_limits<To>::max();
  const From whole = std::trunc(x);
  if (std::fabs(whole) >= From{0x1p63f})
    return whole < 0 ? std::numeric_limits<To>::min() : std::numeric_limits<To>::max();
  return saturate<To>(static_cast<int64_t>(whole));
}
// Both are exact in double, and rounded once.
template <class From>
float to_float(From x) {
  return static_cast<float>(static_cast<double>(x));
}

constexpr auto kTable = [] {
  std::array<Reference, kOpcodeCount> table{};
  const auto set = [&](Opcode op, VectorFn* fn, NanLanes nans = NanLanes::None) {
    table[index_of(op)] = {fn, nans};
  };
  using enum Opcode;

  set(V128Not, bitwise<[](int a, int, int) { return ~a; }>);
  set(V128And, bitwise<[](int a, int b, int) { return a & b; }>);
  set(V128Andnot, bitwise<[](int a, int b, int) { return a & ~b; }>);
  set(V128Or, bitwise<[](int a, int b, int) { return a | b; }>);
  set(V128Xor, bitwise<[](int a, int b, int) { return a ^ b; }>);
  set(V128Bitselect, bitselect);
  set(V128AnyTrue, any_true);
  set(I8x16Swizzle, swizzle);
  set(I8x16Shuffle, shuffle);
  set(I8x16Popcnt, count_ones);

  set(V128Load, load);
  set(V128Load8x8S, extend<int8_t, int16_t, false>);
  set(V128Load8x8U, extend<uint8_t, uint16_t, false>);
  set(V128Load16x4S, extend<int16_t, int32_t, false>);
  set(V128Load16x4U, extend<uint16_t, uint32_t, false>);
  set(V128Load32x2S, extend<int32_t, int64_t, false>);
  set(V128Load32x2U, extend<uint32_t, uint64_t, false>);
  set(V128Load8Splat, load_splat<uint8_t>);
  set(V128Load16Splat, load_splat<uint16_t>);
  set(V128Load32Splat, load_splat<uint32_t>);
  set(V128Load64Splat, load_splat<uint64_t>);
  set(V128Load32Zero, load_zero<uint32_t>);
  set(V128Load64Zero, load_zero<uint64_t>);

  set(I8x16ExtractLaneS, extract<int8_t, int32_t>);
  set(I8x16ExtractLaneU, extract<uint8_t, uint32_t>);
  set(I16x8ExtractLaneS, extract<int16_t, int32_t>);
  set(I16x8ExtractLaneU, extract<uint16_t, uint32_t>);
  set(I32x4ExtractLane, extract<uint32_t, uint32_t>);
  set(I64x2ExtractLane, extract<uint64_t, uint64_t>);
  set(F32x4ExtractLane, extract<uint32_t, uint32_t>);
  set(F64x2ExtractLane, extract<uint64_t, uint64_t>);

  // clang-format off
#define LANES(Shape, U) \
  set(Shape##Splat, splat<U>); \
  set(Shape##ReplaceLane, replace<U>)
  LANES(I8x16, uint8_t);
  LANES(I16x8, uint16_t);
  LANES(I32x4, uint32_t);
  LANES(I64x2, uint64_t);
  LANES(F32x4, uint32_t);
  LANES(F64x2, uint64_t);
#undef LANES

#define INTEGERS(Shape, S, U) \
  set(Shape##AllTrue, all_true<U>); \
  set(Shape##Bitmask, bitmask<S>); \
  set(Shape##Eq, compare<S, is_eq>); \
  set(Shape##Ne, compare<S, is_ne>); \
  set(Shape##LtS, compare<S, is_lt>); \
  set(Shape##GtS, compare<S, is_gt>); \
  set(Shape##LeS, compare<S, is_le>); \
  set(Shape##GeS, compare<S, is_ge>); \
  set(Shape##Abs, absolute<S>); \
  set(Shape##Neg, negate<S>); \
  set(Shape##Add, wrapping<S, sum>); \
  set(Shape##Sub, wrapping<S, difference>); \
  set(Shape##Shl, shift<U, true>); \
  set(Shape##ShrS, shift<S, false>); \
  set(Shape##ShrU, shift<U, false>)
  INTEGERS(I8x16, int8_t, uint8_t);
  INTEGERS(I16x8, int16_t, uint16_t);
  INTEGERS(I32x4, int32_t, uint32_t);
  INTEGERS(I64x2, int64_t, uint64_t);
#undef INTEGERS

#define ORDERED(Shape, S, U) \
  set(Shape##LtU, compare<U, is_lt>); \
  set(Shape##GtU, compare<U, is_gt>); \
  set(Shape##LeU, compare<U, is_le>); \
  set(Shape##GeU, compare<U, is_ge>); \
  set(Shape##MinS, wrapping<S, smaller>); \
  set(Shape##MinU, wrapping<U, smaller>); \
  set(Shape##MaxS, wrapping<S, larger>); \
  set(Shape##MaxU, wrapping<U, larger>)
  ORDERED(I8x16, int8_t, uint8_t);
  ORDERED(I16x8, int16_t, uint16_t);
  ORDERED(I32x4, int32_t, uint32_t);
#undef ORDERED

#define SATURATING(Shape, S, U) \
  set(Shape##AddSatS, saturating<S, sum>); \
  set(Shape##AddSatU, saturating<U, sum>); \
  set(Shape##SubSatS, saturating<S, difference>); \
  set(Shape##SubSatU, saturating<U, difference>); \
  set(Shape##AvgrU, wrapping<U, average>)
  SATURATING(I8x16, int8_t, uint8_t);
  SATURATING(I16x8, int16_t, uint16_t);
#undef SATURATING

#define WIDENING(Shape, Narrow, Signed, Unsigned, NarrowS, NarrowU) \
  set(Shape##ExtendLow##Narrow##S, extend<NarrowS, Signed, false>); \
  set(Shape##ExtendHigh##Narrow##S, extend<NarrowS, Signed, true>); \
  set(Shape##ExtendLow##Narrow##U, extend<NarrowU, Unsigned, false>); \
  set(Shape##ExtendHigh##Narrow##U, extend<NarrowU, Unsigned, true>); \
  set(Shape##ExtmulLow##Narrow##S, extended_product<NarrowS, Signed, false>); \
  set(Shape##ExtmulHigh##Narrow##S, extended_product<NarrowS, Signed, true>); \
  set(Shape##ExtmulLow##Narrow##U, extended_product<NarrowU, Unsigned, false>); \
  set(Shape##ExtmulHigh##Narrow##U, extended_product<NarrowU, Unsigned, true>)
  WIDENING(I16x8, I8x16, int16_t, uint16_t, int8_t, uint8_t);
  WIDENING(I32x4, I16x8, int32_t, uint32_t, int16_t, uint16_t);
  WIDENING(I64x2, I32x4, int64_t, uint64_t, int32_t, uint32_t);
#undef WIDENING

#define FLOATS(Shape, T, Nans) \
  set(Shape##Eq, compare<T, is_eq>); \
  set(Shape##Ne, compare<T, is_ne>); \
  set(Shape##Lt, compare<T, is_lt>); \
  set(Shape##Gt, compare<T, is_gt>); \
  set(Shape##Le, compare<T, is_le>); \
  set(Shape##Ge, compare<T, is_ge>); \
  set(Shape##Abs, float_abs<T>); \
  set(Shape##Neg, float_neg<T>); \
  set(Shape##Pmin, pseudo<T, true>); \
  set(Shape##Pmax, pseudo<T, false>); \
  set(Shape##Ceil, map<T, T, [](T x) { return std::ceil(x); }>, NanLanes::Nans); \
  set(Shape##Floor, map<T, T, [](T x) { return std::floor(x); }>, NanLanes::Nans); \
  set(Shape##Trunc, map<T, T, [](T x) { return std::trunc(x); }>, NanLanes::Nans); \
  set(Shape##Nearest, map<T, T, round_ties_to_even<T>>, NanLanes::Nans); \
  set(Shape##Sqrt, map<T, T, [](T x) { return std::sqrt(x); }>, NanLanes::Nans); \
  set(Shape##Add, map2<T, T, [](T x, T y) { return x + y; }>, NanLanes::Nans); \
  set(Shape##Sub, map2<T, T, [](T x, T y) { return x - y; }>, NanLanes::Nans); \
  set(Shape##Mul, map2<T, T, [](T x, T y) { return x * y; }>, NanLanes::Nans); \
  set(Shape##Div, map2<T, T, [](T x, T y) { return x / y; }>, NanLanes::Nans); \
  set(Shape##Min, map2<T, T, minimum<T>>, NanLanes::Nans); \
  set(Shape##Max, map2<T, T, maximum<T>>, NanLanes::Nans)
  FLOATS(F32x4, float, F32);
  FLOATS(F64x2, double, F64);
#undef FLOATS
  // clang-format on

  set(I16x8Mul, wrapping<int16_t, product>);
  set(I32x4Mul, wrapping<int32_t, product>);
  set(I64x2Mul, wrapping<int64_t, product>);
  set(I16x8Q15mulrSatS, saturating<int16_t, q15_product>);
  set(I32x4DotI16x8S, dot);
  set(I16x8ExtaddPairwiseI8x16S, pairwise_sum<int8_t, int16_t>);
  set(I16x8ExtaddPairwiseI8x16U, pairwise_sum<uint8_t, uint16_t>);
  set(I32x4ExtaddPairwiseI16x8S, pairwise_sum<int16_t, int32_t>);
  set(I32x4ExtaddPairwiseI16x8U, pairwise_sum<uint16_t, uint32_t>);
  set(I8x16NarrowI16x8S, narrow<int16_t, int8_t>);
  set(I8x16NarrowI16x8U, narrow<int16_t, uint8_t>);
  set(I16x8NarrowI32x4S, narrow<int32_t, int16_t>);
  set(I16x8NarrowI32x4U, narrow<int32_t, uint16_t>);

  set(F32x4DemoteF64x2Zero, map<double, float, [](double x) { return x; }>, NanLanes::F32);
  set(F64x2PromoteLowF32x4, map<float, double, [](float x) { return x; }>, NanLanes::F64);
  set(F32x4ConvertI32x4S, map<int32_t, float, to_float<int32_t>>);
  set(F32x4ConvertI32x4U, map<uint32_t, float, to_float<uint32_t>>);
  set(F64x2ConvertLowI32x4S, map<int32_t, double, [](int32_t x) { return x; }>);
  set(F64x2ConvertLowI32x4U, map<uint32_t, double, [](uint32_t x) { return x; }>);
  set(I32x4TruncSatF32x4S, map<float, int32_t, truncate_saturating<float, int32_t>>);
  set(I32x4TruncSatF32x4U, map<float, uint32_t, truncate_saturating<float, uint32_t>>);
  set(I32x4TruncSatF64x2SZero, map<double, int32_t, truncate_saturating<double, int32_t>>);
  set(I32x4TruncSatF64x2UZero, map<double, uint32_t, truncate_saturating<double, uint32_t>>);

  // Relaxed: the deterministic profile of the spec.
  set(I8x16RelaxedSwizzle, swizzle);
  set(I32x4RelaxedTruncF32x4S, map<float, int32_t, truncate_saturating<float, int32_t>>);
  set(I32x4RelaxedTruncF32x4U, map<float, uint32_t, truncate_saturating<float, uint32_t>>);
  set(I32x4RelaxedTruncF64x2SZero, map<double, int32_t, truncate_saturating<double, int32_t>>);
  set(I32x4RelaxedTruncF64x2UZero, map<double, uint32_t, truncate_saturating<double, uint32_t>>);
  set(F32x4RelaxedMadd, product_sum<float, false>, NanLanes::F32);
  set(F32x4RelaxedNmadd, product_sum<float, true>, NanLanes::F32);
  set(F64x2RelaxedMadd, product_sum<double, false>, NanLanes::F64);
  set(F64x2RelaxedNmadd, product_sum<double, true>, NanLanes::F64);
  set(I8x16RelaxedLaneselect, bitselect);
  set(I16x8RelaxedLaneselect, bitselect);
  set(I32x4RelaxedLaneselect, bitselect);
  set(I64x2RelaxedLaneselect, bitselect);
  set(F32x4RelaxedMin, map2<float, float, minimum<float>>, NanLanes::F32);
  set(F32x4RelaxedMax, map2<float, float, maximum<float>>, NanLanes::F32);
  set(F64x2RelaxedMin, map2<double, double, minimum<double>>, NanLanes::F64);
  set(F64x2RelaxedMax, map2<double, double, maximum<double>>, NanLanes::F64);
  set(I16x8RelaxedQ15mulrS, saturating<int16_t, q15_product>);
  set(I16x8RelaxedDotI8x16I7x16S, relaxed_dot);
  set(I32x4RelaxedDotI8x16I7x16AddS, relaxed_dot_add);
  return table;
}();

// ---- Comparing

template <class Bits>
struct Nan;
template <>
struct Nan<uint32_t> {
  static constexpr uint32_t kExponent = 0x7f800000;
  static constexpr uint32_t kQuiet = 0x00400000;
  static constexpr uint32_t kFraction = 0x007fffff;
};
template <>
struct Nan<uint64_t> {
  static constexpr uint64_t kExponent = 0x7ff0000000000000;
  static constexpr uint64_t kQuiet = 0x0008000000000000;
  static constexpr uint64_t kFraction = 0x000fffffffffffff;
};
template <class Bits>
bool is_nan(Bits bits) {
  return (bits & Nan<Bits>::kExponent) == Nan<Bits>::kExponent &&
         (bits & Nan<Bits>::kFraction) != 0;
}
template <class Bits>
bool is_canonical_nan(Bits bits) {
  return is_nan(bits) && (bits & Nan<Bits>::kFraction) == Nan<Bits>::kQuiet;
}

// Whether some operand's lanes hold a NaN other than the canonical ones. Coarser than lane by lane,
// which only makes the test below stricter: operands without such a NaN must give canonical ones.
template <class Bits>
bool has_odd_nan(const V128& vector) {
  const LanesOf<Bits> lanes(vector);
  return std::ranges::any_of(lanes.at, [](Bits x) { return is_nan(x) && !is_canonical_nan(x); });
}

template <class Bits>
bool lanes_match(const Inputs& in, const V128& expected, const V128& actual) {
  const LanesOf<Bits> want(expected);
  const LanesOf<Bits> got(actual);
  const bool any_payload =
      std::ranges::any_of(std::array{in.a, in.b, in.c}, [](const V128& operand) {
        return has_odd_nan<uint32_t>(operand) || has_odd_nan<uint64_t>(operand);
      });
  for (size_t i = 0; i < want.kCount; ++i) {
    if (is_nan(want.at[i])) {
      const bool allowed = any_payload ? is_nan(got.at[i]) && (got.at[i] & Nan<Bits>::kQuiet)
                                       : is_canonical_nan(got.at[i]);
      if (!allowed) return false;
    } else if (want.at[i] != got.at[i]) {
      return false;
    }
  }
  return true;
}

}  // namespace

const Reference& reference_of(Opcode op) { return kTable[index_of(op)]; }

bool matches(const Reference& reference, const Inputs& in, const V128& expected,
             const V128& actual) {
  switch (reference.nans) {
    case NanLanes::None:
      break;
    case NanLanes::F32:
      return lanes_match<uint32_t>(in, expected, actual);
    case NanLanes::F64:
      return lanes_match<uint64_t>(in, expected, actual);
  }
  return expected == actual;
}

std::vector<Opcode> vector_opcodes() {
  return {
      Opcode::I8x16Shuffle,
#define WEFT_OP(...)
#define WEFT_V_UNARY(prefix, code, Id, ...) Opcode::Id,
#define WEFT_V_BINARY WEFT_V_UNARY
#define WEFT_V_TERNARY WEFT_V_UNARY
#define WEFT_V_SHIFT WEFT_V_UNARY
#define WEFT_V_TEST WEFT_V_UNARY
#define WEFT_V_SPLAT WEFT_V_UNARY
#define WEFT_V_EXTRACT WEFT_V_UNARY
#define WEFT_V_REPLACE WEFT_V_UNARY
#define WEFT_V_LOAD WEFT_V_UNARY
#include "interp/core/opcodes.def"
  };
}

namespace {

// Interesting lanes of each width, as bits.
template <class T>
std::vector<T> edge_lanes() {
  if constexpr (sizeof(T) == 1) {
    return {0, 1, 2, 0x0f, 0x10, 0x3f, 0x7e, 0x7f, 0x80, 0x81, 0xc0, 0xfe, 0xff};
  } else if constexpr (sizeof(T) == 2) {
    return {0,      1,      2,      0x7f,   0x80,   0xff,   0x100,  0x4000, 0x7ffe,
            0x7fff, 0x8000, 0x8001, 0xff7f, 0xff80, 0xff00, 0xfffe, 0xffff};
  } else {
    std::vector<T> lanes = {0,
                            1,
                            2,
                            0x7fff,
                            0x8000,
                            0xffff,
                            0x10000,
                            T(-1),
                            T(-2),
                            T(-0x8000),
                            T(-0x8001),
                            T{1} << (8 * sizeof(T) - 1),
                            (T{1} << (8 * sizeof(T) - 1)) - 1,
                            (T{1} << (8 * sizeof(T) - 1)) + 1};
    using F = std::conditional_t<sizeof(T) == 4, float, double>;
    using Limits = std::numeric_limits<F>;
    // Rounded to float where T is one.
    for (const double value : {0.25,
                               0.5,
                               0.75,
                               1.0,
                               1.1,
                               1.5,
                               2.0,
                               2.5,
                               3.5,
                               100.3,
                               32767.5,
                               0x1p22 + 0.5,
                               0x1p23 - 0.5,
                               0x1p23,
                               0x1p24 - 1,
                               2147483520.0,
                               2147483646.5,
                               2147483647.0,
                               2147483647.5,
                               0x1p31,
                               2147483648.5,
                               2147483649.0,
                               4294967040.0,
                               4294967294.5,
                               4294967295.0,
                               4294967295.5,
                               0x1p32,
                               0x1p51 + 0.5,
                               0x1p52 - 0.5,
                               0x1p52,
                               0x1p53 - 1,
                               0x1p62,
                               0x1p63,
                               0x1p64,
                               0x1.fffffep127,
                               0x1.fffffefffffffp127,
                               0x1.ffffffp127,
                               0x1p-126,
                               0x1p-149,
                               0x1p-150,
                               0x1.8p-149,
                               1e-40,
                               double{Limits::max()},
                               double{Limits::min()},
                               double{Limits::denorm_min()},
                               double{Limits::infinity()}}) {
      const F x = static_cast<F>(value);
      lanes.push_back(std::bit_cast<T>(x));
      lanes.push_back(std::bit_cast<T>(-x));
    }
    constexpr T kSign = T{1} << (8 * sizeof(T) - 1);
    for (T fraction :
         {Nan<T>::kQuiet, T(Nan<T>::kQuiet | 1), T{1}, Nan<T>::kFraction, T(Nan<T>::kQuiet - 1)}) {
      lanes.push_back(Nan<T>::kExponent | fraction);
      lanes.push_back(kSign | Nan<T>::kExponent | fraction);
    }
    // Odd integers near the limits of a float's exact ones.
    if constexpr (sizeof(T) == 4) {
      for (T x : {0x00ffffffu, 0x01000001u, 0x01000003u, 0x7fffff80u, 0x7fffffc0u, 0xffffff7fu,
                  0xffffff80u, 0xfffffe80u})
        lanes.push_back(x);
    }
    return lanes;
  }
}

// Vectors in which every pair of edge lanes meets in some lane, in a and b.
template <class T>
void append_edge_pairs(std::vector<Inputs>& inputs, std::mt19937_64& random) {
  const std::vector<T> edges = edge_lanes<T>();
  std::vector<std::pair<T, T>> pairs;
  for (T a : edges) {
    for (T b : edges) pairs.emplace_back(a, b);
  }
  std::ranges::shuffle(pairs, random);
  for (size_t at = 0; at < pairs.size();) {
    LanesOf<T> a;
    LanesOf<T> b;
    LanesOf<T> c;
    for (size_t i = 0; i < a.kCount; ++i, ++at) {
      std::tie(a.at[i], b.at[i]) = pairs[at % pairs.size()];
      c.at[i] = edges[random() % edges.size()];
    }
    inputs.push_back(
        {V128(a), V128(b), V128(c), static_cast<uint64_t>(b.at[0]), static_cast<uint32_t>(at)});
  }
  // Each edge in all lanes: all_true, any_true, bitmask.
  for (T edge : edges) {
    LanesOf<T> a;
    std::ranges::fill(a.at, edge);
    inputs.push_back(
        {V128(a), V128(a), V128(a), static_cast<uint64_t>(edge), static_cast<uint32_t>(random())});
  }
}

}  // namespace

std::vector<Inputs> inputs_of(Opcode op) {
  std::mt19937_64 random(index_of(op));
  std::vector<Inputs> inputs;
  append_edge_pairs<uint8_t>(inputs, random);
  append_edge_pairs<uint16_t>(inputs, random);
  append_edge_pairs<uint32_t>(inputs, random);
  append_edge_pairs<uint64_t>(inputs, random);
  const auto any = [&random] {
    const uint64_t halves[2] = {random(), random()};
    V128 vector;
    std::memcpy(&vector, halves, sizeof vector);
    return vector;
  };
  for (int i = 0; i < 3000; ++i) {
    inputs.push_back({any(), any(), any(), random(), static_cast<uint32_t>(random())});
    // Indices that are mostly in range, for swizzle.
    if (i % 4 == 0) {
      for (uint8_t& byte : inputs.back().b.bytes) byte %= 20;
    }
  }
  // Every lane and every count.
  for (uint32_t i = 0; i < 128; ++i) inputs.push_back({any(), any(), any(), i, i});
  // One bit set, one bit clear.
  for (size_t bit = 0; bit < 128; ++bit) {
    V128 one{};
    one.bytes[bit / 8] = static_cast<uint8_t>(1u << bit % 8);
    V128 rest;
    for (size_t i = 0; i < 16; ++i) rest.bytes[i] = static_cast<uint8_t>(~one.bytes[i]);
    inputs.push_back({one, rest, rest, bit, 0});
    inputs.push_back({rest, one, one, bit, 0});
  }
  // Where there is no third vector it shall not count as an operand that is a NaN.
  if (info(op).params() != "vvv" && op != Opcode::I8x16Shuffle) {
    for (Inputs& in : inputs) in.c = {};
  }
  return inputs;
}

}  // namespace simd_reference
}  // namespace weft::interp
