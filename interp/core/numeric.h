// The pure functions behind the numeric instructions (Spec 3.0, 4.3 "Numerics"): the last column of
// opcodes.def.
//
// i32 and i64 are carried as uint32_t and uint64_t, so that arithmetic wraps; the instruction, not
// the type, says whether an operand is signed. Comparisons return 0 or 1. Functions that may trap
// return Trapping<T>.
//
// Two rules bind every float function here. NaNs: abs, neg and copysign move bits and keep a
// signalling NaN as it is; everything else returns a quiet NaN when an operand is one. Rounding:
// the host runs in round-to-nearest-even, with subnormals on, and this file must be compiled
// without -ffast-math and with -ffp-contract=off.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "interp/core/trap.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif
#if defined(__SSE4_1__)
#include <smmintrin.h>
#endif

#define WEFT_NUM [[gnu::always_inline]] inline

namespace weft::interp::num {

template <class T>
concept Int = std::same_as<T, uint32_t> || std::same_as<T, uint64_t>;
template <class T>
concept Float = std::same_as<T, float> || std::same_as<T, double>;
template <class T>
concept Number = Int<T> || Float<T>;

namespace detail {

template <Int T>
using Signed = std::make_signed_t<T>;

template <Int T>
inline constexpr T kBits = std::numeric_limits<T>::digits;

// The unsigned integer as wide as T, whatever T is.
template <class T>
using Carrier = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;

template <Float T>
inline constexpr Carrier<T> kSignBit = Carrier<T>{1} << (8 * sizeof(T) - 1);

// From here on (2^23, 2^52) every float is an integer.
template <Float T>
inline constexpr T kIntegersOnly = T(uint64_t{1} << (std::numeric_limits<T>::digits - 1));

template <Float T>
WEFT_NUM constexpr Carrier<T> bits_of(T x) noexcept {
  return std::bit_cast<Carrier<T>>(x);
}

// What the processor does to a NaN operand. Said in bits, as compilers drop arithmetic that changes
// nothing else (x + 0 of a number that can't be -0).
template <Float T>
WEFT_NUM constexpr T quiet(T nan) noexcept {
  constexpr Carrier<T> kQuietBit = Carrier<T>{1} << (std::numeric_limits<T>::digits - 2);
  return std::bit_cast<T>(bits_of(nan) | kQuietBit);
}

#if defined(__SSE4_1__)
template <int kMode, Float T>
WEFT_NUM T round_native(T x) noexcept {
  constexpr int kQuiet = kMode | _MM_FROUND_NO_EXC;
  if constexpr (sizeof(T) == 4) {
    return _mm_cvtss_f32(_mm_round_ss(_mm_setzero_ps(), _mm_set_ss(x), kQuiet));
  } else {
    return _mm_cvtsd_f64(_mm_round_sd(_mm_setzero_pd(), _mm_set_sd(x), kQuiet));
  }
}
#endif

}  // namespace detail

// ---- Integer tests and comparisons

template <Int T>
WEFT_NUM constexpr uint32_t eqz(T a) noexcept {
  return a == 0;
}
template <Number T>
WEFT_NUM constexpr uint32_t eq(T a, T b) noexcept {
  return a == b;
}
template <Number T>
WEFT_NUM constexpr uint32_t ne(T a, T b) noexcept {
  return a != b;
}
template <Int T>
WEFT_NUM constexpr uint32_t lt_s(T a, T b) noexcept {
  return detail::Signed<T>(a) < detail::Signed<T>(b);
}
template <Int T>
WEFT_NUM constexpr uint32_t lt_u(T a, T b) noexcept {
  return a < b;
}
template <Int T>
WEFT_NUM constexpr uint32_t gt_s(T a, T b) noexcept {
  return detail::Signed<T>(a) > detail::Signed<T>(b);
}
template <Int T>
WEFT_NUM constexpr uint32_t gt_u(T a, T b) noexcept {
  return a > b;
}
template <Int T>
WEFT_NUM constexpr uint32_t le_s(T a, T b) noexcept {
  return detail::Signed<T>(a) <= detail::Signed<T>(b);
}
template <Int T>
WEFT_NUM constexpr uint32_t le_u(T a, T b) noexcept {
  return a <= b;
}
template <Int T>
WEFT_NUM constexpr uint32_t ge_s(T a, T b) noexcept {
  return detail::Signed<T>(a) >= detail::Signed<T>(b);
}
template <Int T>
WEFT_NUM constexpr uint32_t ge_u(T a, T b) noexcept {
  return a >= b;
}

// ---- Float comparisons; with a NaN only ne holds

template <Float T>
WEFT_NUM constexpr uint32_t lt(T a, T b) noexcept {
  return a < b;
}
template <Float T>
WEFT_NUM constexpr uint32_t gt(T a, T b) noexcept {
  return a > b;
}
template <Float T>
WEFT_NUM constexpr uint32_t le(T a, T b) noexcept {
  return a <= b;
}
template <Float T>
WEFT_NUM constexpr uint32_t ge(T a, T b) noexcept {
  return a >= b;
}

// ---- Bits

template <Int T>
WEFT_NUM constexpr T clz(T a) noexcept {
  return static_cast<T>(std::countl_zero(a));
}
template <Int T>
WEFT_NUM constexpr T ctz(T a) noexcept {
  return static_cast<T>(std::countr_zero(a));
}
template <Int T>
WEFT_NUM constexpr T popcnt(T a) noexcept {
  return static_cast<T>(std::popcount(a));
}
template <Int T>
WEFT_NUM constexpr T bit_and(T a, T b) noexcept {
  return a & b;
}
template <Int T>
WEFT_NUM constexpr T bit_or(T a, T b) noexcept {
  return a | b;
}
template <Int T>
WEFT_NUM constexpr T bit_xor(T a, T b) noexcept {
  return a ^ b;
}
// Shift and rotation counts are taken modulo the width, which is also what the processor does.
template <Int T>
WEFT_NUM constexpr T shl(T a, T b) noexcept {
  return a << (b % detail::kBits<T>);
}
template <Int T>
WEFT_NUM constexpr T shr_s(T a, T b) noexcept {
  return static_cast<T>(detail::Signed<T>(a) >> (b % detail::kBits<T>));
}
template <Int T>
WEFT_NUM constexpr T shr_u(T a, T b) noexcept {
  return a >> (b % detail::kBits<T>);
}
template <Int T>
WEFT_NUM constexpr T rotl(T a, T b) noexcept {
  return (a << (b % detail::kBits<T>)) | (a >> ((T{0} - b) % detail::kBits<T>));
}
template <Int T>
WEFT_NUM constexpr T rotr(T a, T b) noexcept {
  return (a >> (b % detail::kBits<T>)) | (a << ((T{0} - b) % detail::kBits<T>));
}

// ---- Arithmetic

template <Number T>
WEFT_NUM constexpr T add(T a, T b) noexcept {
  return a + b;
}
template <Number T>
WEFT_NUM constexpr T sub(T a, T b) noexcept {
  return a - b;
}
template <Number T>
WEFT_NUM constexpr T mul(T a, T b) noexcept {
  return a * b;
}
template <Float T>
WEFT_NUM constexpr T div(T a, T b) noexcept {
  return a / b;
}

template <Int T>
WEFT_NUM constexpr Trapping<T> div_s(T a, T b) noexcept {
  using S = detail::Signed<T>;
  if (b == 0) [[unlikely]]
    return {0, TrapCode::IntegerDivideByZero};
  if (S(b) == -1 && S(a) == std::numeric_limits<S>::min()) [[unlikely]] {
    return {0, TrapCode::IntegerOverflow};
  }
  return {static_cast<T>(S(a) / S(b))};
}
template <Int T>
WEFT_NUM constexpr Trapping<T> div_u(T a, T b) noexcept {
  if (b == 0) [[unlikely]]
    return {0, TrapCode::IntegerDivideByZero};
  return {a / b};
}
template <Int T>
WEFT_NUM constexpr Trapping<T> rem_s(T a, T b) noexcept {
  using S = detail::Signed<T>;
  if (b == 0) [[unlikely]]
    return {0, TrapCode::IntegerDivideByZero};
  // min % -1 is 0, where the processor's division would fault; so is every other x % -1.
  if (S(b) == -1) [[unlikely]]
    return {0};
  return {static_cast<T>(S(a) % S(b))};
}
template <Int T>
WEFT_NUM constexpr Trapping<T> rem_u(T a, T b) noexcept {
  if (b == 0) [[unlikely]]
    return {0, TrapCode::IntegerDivideByZero};
  return {a % b};
}

// ---- 128-bit integers, as two words

struct Words {
  uint64_t low = 0;
  uint64_t high = 0;
  constexpr bool operator==(const Words&) const = default;
};

namespace detail {

using Uint128 = unsigned __int128;
using Int128 = __int128;

WEFT_NUM constexpr Uint128 joined(uint64_t low, uint64_t high) noexcept {
  return Uint128{high} << 64 | low;
}
WEFT_NUM constexpr Words split(Uint128 a) noexcept {
  return {static_cast<uint64_t>(a), static_cast<uint64_t>(a >> 64)};
}

}  // namespace detail

WEFT_NUM constexpr Words add128(uint64_t a_low, uint64_t a_high, uint64_t b_low,
                                uint64_t b_high) noexcept {
  return detail::split(detail::joined(a_low, a_high) + detail::joined(b_low, b_high));
}
WEFT_NUM constexpr Words sub128(uint64_t a_low, uint64_t a_high, uint64_t b_low,
                                uint64_t b_high) noexcept {
  return detail::split(detail::joined(a_low, a_high) - detail::joined(b_low, b_high));
}
WEFT_NUM constexpr Words mul_wide_s(uint64_t a, uint64_t b) noexcept {
  const detail::Int128 product = detail::Int128{static_cast<int64_t>(a)} * static_cast<int64_t>(b);
  return detail::split(static_cast<detail::Uint128>(product));
}
WEFT_NUM constexpr Words mul_wide_u(uint64_t a, uint64_t b) noexcept {
  return detail::split(detail::Uint128{a} * b);
}

// ---- Float: moving bits

template <Float T>
WEFT_NUM constexpr T abs(T a) noexcept {
  return std::bit_cast<T>(detail::bits_of(a) & ~detail::kSignBit<T>);
}
template <Float T>
WEFT_NUM constexpr T neg(T a) noexcept {
  return std::bit_cast<T>(detail::bits_of(a) ^ detail::kSignBit<T>);
}
template <Float T>
WEFT_NUM constexpr T copysign(T a, T b) noexcept {
  return std::bit_cast<T>((detail::bits_of(a) & ~detail::kSignBit<T>) |
                          (detail::bits_of(b) & detail::kSignBit<T>));
}

// ---- Float: minimum and maximum (-0 is below +0; any NaN wins)

// The selections below are exactly minss and maxss, which return their second operand for equal
// operands; doing both orders and joining the bits settles the sign of zero without a branch.
template <Float T>
WEFT_NUM constexpr T min(T a, T b) noexcept {
  if (a != a || b != b) [[unlikely]]
    return detail::quiet(a != a ? a : b);
  const T ab = a < b ? a : b;
  const T ba = b < a ? b : a;
  return std::bit_cast<T>(detail::bits_of(ab) | detail::bits_of(ba));
}
template <Float T>
WEFT_NUM constexpr T max(T a, T b) noexcept {
  if (a != a || b != b) [[unlikely]]
    return detail::quiet(a != a ? a : b);
  const T ab = a > b ? a : b;
  const T ba = b > a ? b : a;
  return std::bit_cast<T>(detail::bits_of(ab) & detail::bits_of(ba));
}

// ---- Float: rounding to integers

// Without SSE4.1 the compilers call libm for these, which costs a handler the registers that a call
// does not keep, and its tail call a frame. Adding 2^23 (2^52) to a magnitude below it pushes the
// fraction out of the significand, and the processor rounds to nearest, ties to even; floor and
// ceil step back where that went too far. trunc goes through an integer register. In a dependent
// chain that adds 1.5 ns (nearest) to 3 ns (floor) to what SSE4.1's instruction takes, 1 ns less
// than floor by integers does.
namespace detail {

template <Float T>
WEFT_NUM constexpr bool may_have_fraction(T a) noexcept {
  return abs(a) < kIntegersOnly<T>;
}
// For the others: integers and infinities stay, NaNs are quieted.
template <Float T>
WEFT_NUM constexpr T whole(T a) noexcept {
  return a != a ? quiet(a) : a;
}
template <Float T>
WEFT_NUM constexpr T nearest_magnitude(T magnitude) noexcept {
  return (magnitude + kIntegersOnly<T>)-kIntegersOnly<T>;
}
// A zero that comes of it has the sign of a.
template <Float T>
WEFT_NUM constexpr T floor_fraction(T a) noexcept {
  const T rounded = copysign(nearest_magnitude(abs(a)), a);
  return rounded - (rounded > a ? T{1} : T{0});
}

}  // namespace detail

template <Float T>
WEFT_NUM constexpr T trunc(T a) noexcept {
#if defined(__SSE4_1__)
  if !consteval {
    return detail::round_native<_MM_FROUND_TO_ZERO>(a);
  }
#endif
  if (!detail::may_have_fraction(a)) [[unlikely]]
    return detail::whole(a);
  return copysign(static_cast<T>(static_cast<detail::Signed<detail::Carrier<T>>>(a)), a);
}
template <Float T>
WEFT_NUM constexpr T floor(T a) noexcept {
#if defined(__SSE4_1__)
  if !consteval {
    return detail::round_native<_MM_FROUND_TO_NEG_INF>(a);
  }
#endif
  if (!detail::may_have_fraction(a)) [[unlikely]]
    return detail::whole(a);
  return detail::floor_fraction(a);
}
template <Float T>
WEFT_NUM constexpr T ceil(T a) noexcept {
#if defined(__SSE4_1__)
  if !consteval {
    return detail::round_native<_MM_FROUND_TO_POS_INF>(a);
  }
#endif
  if (!detail::may_have_fraction(a)) [[unlikely]]
    return detail::whole(a);
  return neg(detail::floor_fraction(neg(a)));
}
template <Float T>
WEFT_NUM constexpr T nearest(T a) noexcept {
#if defined(__SSE4_1__)
  if !consteval {
    return detail::round_native<_MM_FROUND_TO_NEAREST_INT>(a);
  }
#endif
  if (!detail::may_have_fraction(a)) [[unlikely]]
    return detail::whole(a);
  return copysign(detail::nearest_magnitude(abs(a)), a);
}

// By intrinsic, as std::sqrt keeps a call for errno beside the instruction.
template <Float T>
WEFT_NUM T sqrt(T a) noexcept {
#if defined(__clang__)
  return __builtin_elementwise_sqrt(a);
#elif defined(__SSE2__)
  if constexpr (sizeof(T) == 4) {
    return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(a)));
  } else {
    return _mm_cvtsd_f64(_mm_sqrt_sd(_mm_setzero_pd(), _mm_set_sd(a)));
  }
#else
  return sizeof(T) == 4 ? T(__builtin_sqrtf(float(a))) : T(__builtin_sqrt(double(a)));
#endif
}

// ---- Conversions between integers

WEFT_NUM constexpr uint32_t wrap(uint64_t a) noexcept { return static_cast<uint32_t>(a); }
WEFT_NUM constexpr uint64_t extend_s(uint32_t a) noexcept {
  return static_cast<uint64_t>(int64_t{static_cast<int32_t>(a)});
}
WEFT_NUM constexpr uint64_t extend_u(uint32_t a) noexcept { return a; }

template <std::signed_integral Small, Int T>
WEFT_NUM constexpr T sign_extend(T a) noexcept {
  return static_cast<T>(detail::Signed<T>{static_cast<Small>(a)});
}

// ---- Conversions from float to integer

namespace detail {

// Whether a, truncated, is an I. The bounds are the nearest floats outside, or inside where those
// don't exist.
template <class I, Float T>
WEFT_NUM constexpr bool fits(T a) noexcept {
  constexpr T kAbove = T(uint64_t{1} << (std::numeric_limits<I>::digits - 1)) * 2;
  if constexpr (std::unsigned_integral<I>) {
    return a > T{-1} && a < kAbove;
  } else if constexpr (std::numeric_limits<T>::digits > std::numeric_limits<I>::digits) {
    return a > -kAbove - 1 && a < kAbove;
  } else {
    return a >= -kAbove && a < kAbove;
  }
}

// The truncated value through a 64-bit register: for what doesn't fit there, NaN included, the
// processor answers INT64_MIN, which makes one integer comparison the whole range check.
#if defined(__SSE2__)
WEFT_NUM int64_t truncate64(float a) noexcept { return _mm_cvttss_si64(_mm_set_ss(a)); }
WEFT_NUM int64_t truncate64(double a) noexcept { return _mm_cvttsd_si64(_mm_set_sd(a)); }
#endif

// Writes a, truncated, to result if it is an I. False may also be said of INT64_MIN itself: callers
// ask fits() then.
template <class I, Float T>
WEFT_NUM constexpr bool truncate_fast(T a, I& result) noexcept {
#if defined(__SSE2__)
  if !consteval {
    if constexpr (sizeof(I) == 4) {
      const int64_t whole = truncate64(a);
      result = static_cast<I>(whole);
      return whole == int64_t{result};
    } else if constexpr (std::signed_integral<I>) {
      result = truncate64(a);
      return result != std::numeric_limits<int64_t>::min();
    }
  }
#endif
  if (!fits<I>(a)) return false;
  result = static_cast<I>(a);
  return true;
}

}  // namespace detail

template <class I, Float T>
WEFT_NUM constexpr Trapping<detail::Carrier<I>> trunc_to(T a) noexcept {
  I result{};
  if (detail::truncate_fast(a, result)) [[likely]]
    return {static_cast<detail::Carrier<I>>(result)};
  if (a != a) return {0, TrapCode::InvalidConversionToInteger};
  if (!detail::fits<I>(a)) return {0, TrapCode::IntegerOverflow};
  return {static_cast<detail::Carrier<I>>(static_cast<I>(a))};
}

// NaN becomes 0, what is out of range the nearest end of it.
template <class I, Float T>
WEFT_NUM constexpr detail::Carrier<I> trunc_sat_to(T a) noexcept {
  using U = detail::Carrier<I>;
  I result{};
  if (detail::truncate_fast(a, result)) [[likely]]
    return static_cast<U>(result);
  if (a != a) return 0;
  return static_cast<U>(a < 0 ? std::numeric_limits<I>::min() : std::numeric_limits<I>::max());
}

// ---- Conversions to float

// I says whether the operand, carried unsigned, is signed.
template <Float T, class I>
WEFT_NUM constexpr T convert(detail::Carrier<I> a) noexcept {
  return static_cast<T>(static_cast<I>(a));
}
WEFT_NUM constexpr float demote(double a) noexcept { return static_cast<float>(a); }
WEFT_NUM constexpr double promote(float a) noexcept { return a; }

template <Number To, Number From>
  requires(sizeof(To) == sizeof(From))
WEFT_NUM constexpr To reinterpret(From a) noexcept {
  return std::bit_cast<To>(a);
}

}  // namespace weft::interp::num

#undef WEFT_NUM
