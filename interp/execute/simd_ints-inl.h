// The vector instructions on integers; see simd_ops-inl.h.
#if defined(WEFT_INTERP_EXECUTE_SIMD_INTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_INTERP_EXECUTE_SIMD_INTS_INL_H_
#undef WEFT_INTERP_EXECUTE_SIMD_INTS_INL_H_
#else
#define WEFT_INTERP_EXECUTE_SIMD_INTS_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include <hwy/highway.h>
#include "interp/execute/simd_lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft::interp {
namespace HWY_NAMESPACE {

// ---- Integer comparisons

template <class D>
HWY_INLINE V eq(V a, V b) {
  return mask<D>(hn::Eq(as<D>(a), as<D>(b)));
}
template <class D>
HWY_INLINE V ne(V a, V b) {
  return mask<D>(hn::Ne(as<D>(a), as<D>(b)));
}
template <class D>
HWY_INLINE V lt(V a, V b) {
  return mask<D>(hn::Lt(as<D>(a), as<D>(b)));
}
template <class D>
HWY_INLINE V gt(V a, V b) {
  return mask<D>(hn::Gt(as<D>(a), as<D>(b)));
}
// By minimum and equality, where there is no instruction for it: one less than by negation.
template <class D>
HWY_INLINE V le(V a, V b) {
  return mask<D>(hn::Eq(hn::Min(as<D>(a), as<D>(b)), as<D>(a)));
}
template <class D>
HWY_INLINE V ge(V a, V b) {
  return mask<D>(hn::Eq(hn::Max(as<D>(a), as<D>(b)), as<D>(a)));
}

#define WEFT_INT_COMPARISONS(shape, S, U)     \
  inline constexpr auto shape##_eq = eq<U>;   \
  inline constexpr auto shape##_ne = ne<U>;   \
  inline constexpr auto shape##_lt_s = lt<S>; \
  inline constexpr auto shape##_lt_u = lt<U>; \
  inline constexpr auto shape##_gt_s = gt<S>; \
  inline constexpr auto shape##_gt_u = gt<U>; \
  inline constexpr auto shape##_le_s = le<S>; \
  inline constexpr auto shape##_le_u = le<U>; \
  inline constexpr auto shape##_ge_s = ge<S>; \
  inline constexpr auto shape##_ge_u = ge<U>
WEFT_INT_COMPARISONS(i8x16, I8, U8);
WEFT_INT_COMPARISONS(i16x8, I16, U16);
WEFT_INT_COMPARISONS(i32x4, I32, U32);
#undef WEFT_INT_COMPARISONS

inline constexpr auto i64x2_eq = eq<U64>;
inline constexpr auto i64x2_ne = ne<U64>;
inline constexpr auto i64x2_lt_s = lt<I64>;
inline constexpr auto i64x2_gt_s = gt<I64>;
HWY_INLINE V i64x2_le_s(V a, V b) { return hn::Not(gt<I64>(a, b)); }
HWY_INLINE V i64x2_ge_s(V a, V b) { return hn::Not(lt<I64>(a, b)); }

// ---- Integer arithmetic

template <class D>
HWY_INLINE V add(V a, V b) {
  return raw(hn::Add(as<D>(a), as<D>(b)));
}
template <class D>
HWY_INLINE V sub(V a, V b) {
  return raw(hn::Sub(as<D>(a), as<D>(b)));
}
template <class D>
HWY_INLINE V mul(V a, V b) {
  return raw(hn::Mul(as<D>(a), as<D>(b)));
}
template <class D>
HWY_INLINE V add_sat(V a, V b) {
  return raw(hn::SaturatedAdd(as<D>(a), as<D>(b)));
}
template <class D>
HWY_INLINE V sub_sat(V a, V b) {
  return raw(hn::SaturatedSub(as<D>(a), as<D>(b)));
}
template <class D>
HWY_INLINE V min(V a, V b) {
  return raw(hn::Min(as<D>(a), as<D>(b)));
}
template <class D>
HWY_INLINE V max(V a, V b) {
  return raw(hn::Max(as<D>(a), as<D>(b)));
}
template <class D>
HWY_INLINE V neg(V a) {
  return raw(hn::Sub(hn::Zero(D()), as<D>(a)));
}
template <class D>
HWY_INLINE V avgr(V a, V b) {
  return raw(hn::AverageRound(as<D>(a), as<D>(b)));
}
// The smallest number stays as it is.
template <class D>
HWY_INLINE V abs(V a) {
#if WEFT_EMULATED
  const V negated = neg<D>(a);
  return hn::IfVecThenElse(mask<D>(hn::Lt(as<D>(a), hn::Zero(D()))), negated, a);
#else
  return raw(hn::Abs(as<D>(a)));
#endif
}
// Counts are modulo the lanes' width.
template <class D>
HWY_INLINE V shl(V a, uint32_t count) {
  return raw(hn::ShiftLeftSame(as<D>(a), static_cast<int>(count % (8 * sizeof(Lane<D>)))));
}
template <class D>
HWY_INLINE V shr(V a, uint32_t count) {
  return raw(hn::ShiftRightSame(as<D>(a), static_cast<int>(count % (8 * sizeof(Lane<D>)))));
}

#define WEFT_INT_ARITHMETIC(shape, S, U)        \
  inline constexpr auto shape##_add = add<U>;   \
  inline constexpr auto shape##_sub = sub<U>;   \
  inline constexpr auto shape##_neg = neg<U>;   \
  inline constexpr auto shape##_abs = abs<S>;   \
  inline constexpr auto shape##_shl = shl<U>;   \
  inline constexpr auto shape##_shr_s = shr<S>; \
  inline constexpr auto shape##_shr_u = shr<U>
WEFT_INT_ARITHMETIC(i8x16, I8, U8);
WEFT_INT_ARITHMETIC(i16x8, I16, U16);
WEFT_INT_ARITHMETIC(i32x4, I32, U32);
WEFT_INT_ARITHMETIC(i64x2, I64, U64);
#undef WEFT_INT_ARITHMETIC

#define WEFT_INT_MIN_MAX(shape, S, U)           \
  inline constexpr auto shape##_min_s = min<S>; \
  inline constexpr auto shape##_min_u = min<U>; \
  inline constexpr auto shape##_max_s = max<S>; \
  inline constexpr auto shape##_max_u = max<U>
WEFT_INT_MIN_MAX(i8x16, I8, U8);
WEFT_INT_MIN_MAX(i16x8, I16, U16);
WEFT_INT_MIN_MAX(i32x4, I32, U32);
#undef WEFT_INT_MIN_MAX

#define WEFT_INT_SATURATING(shape, S, U)                \
  inline constexpr auto shape##_add_sat_s = add_sat<S>; \
  inline constexpr auto shape##_add_sat_u = add_sat<U>; \
  inline constexpr auto shape##_sub_sat_s = sub_sat<S>; \
  inline constexpr auto shape##_sub_sat_u = sub_sat<U>; \
  inline constexpr auto shape##_avgr_u = avgr<U>
WEFT_INT_SATURATING(i8x16, I8, U8);
WEFT_INT_SATURATING(i16x8, I16, U16);
#undef WEFT_INT_SATURATING

inline constexpr auto i16x8_mul = mul<I16>;
inline constexpr auto i32x4_mul = mul<U32>;
HWY_INLINE V i64x2_mul(V a, V b) {
#if HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86
  return raw(hn::Mul(as<U64>(a), as<U64>(b)));
#else
  // The low halves' product, and in the upper half the sum of both cross products.
  const auto low = hn::MulEven(as<U32>(a), as<U32>(b));
  const auto cross = hn::BitCast(U64(), hn::Mul(as<U32>(a), hn::Shuffle2301(as<U32>(b))));
  const auto upper = hn::And(cross, hn::Set(U64(), 0xffffffff00000000));
  return raw(hn::Add(low, hn::Add(hn::ShiftLeft<32>(cross), upper)));
#endif
}

// ---- Integers: across widths

template <class D, class From>
HWY_INLINE V extend_low(V a) {
  return raw(hn::PromoteTo(D(), hn::LowerHalf(as<From>(a))));
}
template <class D, class From>
HWY_INLINE V extend_high(V a) {
  return raw(hn::PromoteTo(D(), hn::UpperHalf(hn::Half<From>(), as<From>(a))));
}
template <class D, class From>
HWY_INLINE V extadd_pairwise(V a) {
  constexpr int kBits = 8 * sizeof(Lane<From>);
  // The even lane's extension: shifted up, and down again as signed or unsigned.
  const auto even = hn::ShiftRight<kBits>(hn::ShiftLeft<kBits>(as<D>(a)));
  return raw(hn::Add(even, hn::ShiftRight<kBits>(as<D>(a))));
}
// `a` becomes the lower half.
template <class D, class From>
HWY_INLINE V narrow(V a, V b) {
  const hn::Half<D> half;
  return raw(hn::Combine(D(), hn::DemoteTo(half, as<From>(b)), hn::DemoteTo(half, as<From>(a))));
}

template <class D, class From>
HWY_INLINE V extmul_low(V a, V b) {
  return raw(hn::Mul(as<D>(extend_low<D, From>(a)), as<D>(extend_low<D, From>(b))));
}
template <class D, class From>
HWY_INLINE V extmul_high(V a, V b) {
  return raw(hn::Mul(as<D>(extend_high<D, From>(a)), as<D>(extend_high<D, From>(b))));
}
// From 16 bits: the products' two halves, interleaved, are quicker than a multiplication of 32
// bits.
template <class From>
HWY_INLINE V extmul16_low(V a, V b) {
  const auto low = hn::BitCast(From(), mul<I16>(a, b));
  return raw(hn::InterleaveLower(From(), low, hn::MulHigh(as<From>(a), as<From>(b))));
}
template <class From>
HWY_INLINE V extmul16_high(V a, V b) {
  const auto low = hn::BitCast(From(), mul<I16>(a, b));
  return raw(hn::InterleaveUpper(From(), low, hn::MulHigh(as<From>(a), as<From>(b))));
}
// From 32 bits: the instruction that multiplies even lanes.
template <class From>
HWY_INLINE V extmul32_low(V a, V b) {
  const From d;
  return raw(hn::MulEven(hn::InterleaveLower(d, as<From>(a), as<From>(a)),
                         hn::InterleaveLower(d, as<From>(b), as<From>(b))));
}
template <class From>
HWY_INLINE V extmul32_high(V a, V b) {
  const From d;
  return raw(hn::MulEven(hn::InterleaveUpper(d, as<From>(a), as<From>(a)),
                         hn::InterleaveUpper(d, as<From>(b), as<From>(b))));
}

inline constexpr auto i16x8_extend_low_i8x16_s = extend_low<I16, I8>;
inline constexpr auto i16x8_extend_high_i8x16_s = extend_high<I16, I8>;
inline constexpr auto i16x8_extend_low_i8x16_u = extend_low<U16, U8>;
inline constexpr auto i16x8_extend_high_i8x16_u = extend_high<U16, U8>;
inline constexpr auto i32x4_extend_low_i16x8_s = extend_low<I32, I16>;
inline constexpr auto i32x4_extend_high_i16x8_s = extend_high<I32, I16>;
inline constexpr auto i32x4_extend_low_i16x8_u = extend_low<U32, U16>;
inline constexpr auto i32x4_extend_high_i16x8_u = extend_high<U32, U16>;
inline constexpr auto i64x2_extend_low_i32x4_s = extend_low<I64, I32>;
inline constexpr auto i64x2_extend_high_i32x4_s = extend_high<I64, I32>;
inline constexpr auto i64x2_extend_low_i32x4_u = extend_low<U64, U32>;
inline constexpr auto i64x2_extend_high_i32x4_u = extend_high<U64, U32>;

inline constexpr auto i16x8_extadd_pairwise_i8x16_s = extadd_pairwise<I16, I8>;
inline constexpr auto i16x8_extadd_pairwise_i8x16_u = extadd_pairwise<U16, U8>;
inline constexpr auto i32x4_extadd_pairwise_i16x8_u = extadd_pairwise<U32, U16>;

inline constexpr auto i8x16_narrow_i16x8_s = narrow<I8, I16>;
inline constexpr auto i8x16_narrow_i16x8_u = narrow<U8, I16>;
inline constexpr auto i16x8_narrow_i32x4_s = narrow<I16, I32>;
inline constexpr auto i16x8_narrow_i32x4_u = narrow<U16, I32>;

inline constexpr auto i16x8_extmul_low_i8x16_s = extmul_low<I16, I8>;
inline constexpr auto i16x8_extmul_high_i8x16_s = extmul_high<I16, I8>;
HWY_INLINE V i16x8_extmul_low_i8x16_u(V a, V b) {
  return mul<I16>(extend_low<U16, U8>(a), extend_low<U16, U8>(b));
}
HWY_INLINE V i16x8_extmul_high_i8x16_u(V a, V b) {
  return mul<I16>(extend_high<U16, U8>(a), extend_high<U16, U8>(b));
}
inline constexpr auto i32x4_extmul_low_i16x8_s = extmul16_low<I16>;
inline constexpr auto i32x4_extmul_high_i16x8_s = extmul16_high<I16>;
inline constexpr auto i32x4_extmul_low_i16x8_u = extmul16_low<U16>;
inline constexpr auto i32x4_extmul_high_i16x8_u = extmul16_high<U16>;
inline constexpr auto i64x2_extmul_low_i32x4_s = extmul32_low<I32>;
inline constexpr auto i64x2_extmul_high_i32x4_s = extmul32_high<I32>;
inline constexpr auto i64x2_extmul_low_i32x4_u = extmul32_low<U32>;
inline constexpr auto i64x2_extmul_high_i32x4_u = extmul32_high<U32>;

HWY_INLINE V i32x4_dot_i16x8_s(V a, V b) {
  // How the products are spread over the two sums is up to the target; rearranged, they are pairs.
  auto sum1 = hn::Zero(I32());
  const auto sum0 =
      hn::ReorderWidenMulAccumulate(I32(), as<I16>(a), as<I16>(b), hn::Zero(I32()), sum1);
  return raw(hn::RearrangeToOddPlusEven(sum0, sum1));
}
HWY_INLINE V i32x4_extadd_pairwise_i16x8_s(V a) { return i32x4_dot_i16x8_s(a, splat<I16>(1)); }

// Sums of two products of signed bytes, which wrap in a single case, four times -128. There Spec
// 3.0 would saturate, which no alternative of the official suite does. The upper half of (a * 2^8)
// * (b * 2^8) is a * b.
HWY_INLINE V i16x8_relaxed_dot_i8x16_i7x16_s(V a, V b) {
  const auto even = hn::MulHigh(hn::ShiftLeft<8>(as<I16>(a)), hn::ShiftLeft<8>(as<I16>(b)));
  const auto odd = hn::Mul(hn::ShiftRight<8>(as<I16>(a)), hn::ShiftRight<8>(as<I16>(b)));
  return raw(hn::Add(even, odd));
}
HWY_INLINE V i32x4_relaxed_dot_i8x16_i7x16_add_s(V a, V b, V c) {
  return add<I32>(i32x4_extadd_pairwise_i16x8_s(i16x8_relaxed_dot_i8x16_i7x16_s(a, b)), c);
}

// sat((a * b + 2^14) >> 15). Only -2^15 * -2^15 saturates; where the instruction wraps, to a value
// that nothing else yields, its bits are inverted.
HWY_INLINE V i16x8_q15mulr_sat_s(V a, V b) {
#if WEFT_EMULATED
  // Highway's own overflows an int.
  int16_t x[8];
  int16_t y[8];
  store(a, x);
  store(b, y);
  for (size_t i = 0; i < 8; ++i) {
    const int32_t rounded = (int32_t{x[i]} * y[i] + 0x4000) >> 15;
    x[i] = static_cast<int16_t>(rounded == 0x8000 ? 0x7fff : rounded);
  }
  return load(x);
#else
  const auto product = hn::MulFixedPoint15(as<I16>(a), as<I16>(b));
  const auto wrapped = hn::VecFromMask(I16(), hn::Eq(product, hn::Set(I16(), int16_t{-0x8000})));
  return raw(hn::Xor(product, wrapped));
#endif
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace weft::interp
HWY_AFTER_NAMESPACE();

#endif
