// The vector instructions on floats; see simd_ops-inl.h. The same two rules hold as in
// core/numeric.h.
#if defined(WEFT_INTERP_EXECUTE_SIMD_FLOATS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_INTERP_EXECUTE_SIMD_FLOATS_INL_H_
#undef WEFT_INTERP_EXECUTE_SIMD_FLOATS_INL_H_
#else
#define WEFT_INTERP_EXECUTE_SIMD_FLOATS_INL_H_
#endif

#include <cstdint>
#include <limits>

#include <hwy/highway.h>
#include "interp/core/numeric.h"
#include "interp/execute/simd_ints-inl.h"
#include "interp/execute/simd_lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft::interp {
namespace HWY_NAMESPACE {

// ---- Floats: comparisons and arithmetic

// Not Highway's Ne, which on AVX3 finds NaNs equal.
template <class D>
HWY_INLINE V float_ne(V a, V b) {
  return mask<D>(hn::Not(hn::Eq(as<D>(a), as<D>(b))));
}
template <class D>
HWY_INLINE V float_le(V a, V b) {
  return mask<D>(hn::Le(as<D>(a), as<D>(b)));
}
template <class D>
HWY_INLINE V float_ge(V a, V b) {
  return mask<D>(hn::Ge(as<D>(a), as<D>(b)));
}
template <class D>
HWY_INLINE V div(V a, V b) {
  return raw(hn::Div(as<D>(a), as<D>(b)));
}
// On bits, so that signalling NaNs stay as they are.
template <class D>
HWY_INLINE V float_abs(V a) {
  return hn::AndNot(raw(hn::SignBit(D())), a);
}
template <class D>
HWY_INLINE V float_neg(V a) {
  return hn::Xor(raw(hn::SignBit(D())), a);
}

template <class D>
HWY_INLINE Lanes<D> quiet_nan() {
  constexpr uint64_t kBits = sizeof(Lane<D>) == 4 ? 0x7fc00000 : 0x7ff8000000000000;
  return hn::BitCast(D(), hn::Set(UnsignedOf<D>(), static_cast<Lane<UnsignedOf<D>>>(kBits)));
}

// x86's instructions return the second of two equal operands, and likewise if there is a NaN. Both
// orders joined settle the sign of zero; if one is a NaN, so is their union. Any NaN becomes the
// canonical one.
template <class D>
HWY_INLINE V float_min(V va, V vb) {
  const Lanes<D> a = as<D>(va);
  const Lanes<D> b = as<D>(vb);
  const Lanes<D> both = hn::Or(hn::Min(a, b), hn::Min(b, a));
#if WEFT_NATIVE_X86
  const auto nan = hn::IsNaN(both);
#else
  const auto nan = hn::Or(hn::IsNaN(a), hn::IsNaN(b));
#endif
  return raw(hn::IfThenElse(nan, quiet_nan<D>(), both));
}
template <class D>
HWY_INLINE V float_max(V va, V vb) {
  const Lanes<D> a = as<D>(va);
  const Lanes<D> b = as<D>(vb);
  const Lanes<D> ab = hn::Max(a, b);
  const Lanes<D> ba = hn::Max(b, a);
#if WEFT_NATIVE_X86
  const auto nan = hn::IsNaN(hn::Or(ab, ba));
#else
  const auto nan = hn::Or(hn::IsNaN(a), hn::IsNaN(b));
#endif
  return raw(hn::IfThenElse(nan, quiet_nan<D>(), hn::And(ab, ba)));
}
// b < a ? b : a, which is what x86's minimum of (b, a) computes; a NaN passes as it is.
template <class D>
HWY_INLINE V pmin(V a, V b) {
#if WEFT_NATIVE_X86
  return raw(hn::Min(as<D>(b), as<D>(a)));
#else
  return raw(hn::IfThenElse(hn::Lt(as<D>(b), as<D>(a)), as<D>(b), as<D>(a)));
#endif
}
template <class D>
HWY_INLINE V pmax(V a, V b) {
#if WEFT_NATIVE_X86
  return raw(hn::Max(as<D>(b), as<D>(a)));
#else
  return raw(hn::IfThenElse(hn::Lt(as<D>(a), as<D>(b)), as<D>(b), as<D>(a)));
#endif
}

#if WEFT_EMULATED
#define WEFT_ROUNDING(name, Op)                                   \
  template <class D>                                              \
  HWY_INLINE V name(V a) {                                        \
    return lane_by_lane<Lane<D>, num::name<Lane<D>>, Lane<D>>(a); \
  }
#else
#define WEFT_ROUNDING(name, Op) \
  template <class D>            \
  HWY_INLINE V name(V a) {      \
    return raw(Op(as<D>(a)));   \
  }
#endif
WEFT_ROUNDING(ceil, hn::Ceil)
WEFT_ROUNDING(floor, hn::Floor)
WEFT_ROUNDING(trunc, hn::Trunc)
WEFT_ROUNDING(nearest, hn::Round)
WEFT_ROUNDING(sqrt, hn::Sqrt)
#undef WEFT_ROUNDING

#define WEFT_FLOATS(shape, F)                         \
  inline constexpr auto shape##_eq = eq<F>;           \
  inline constexpr auto shape##_ne = float_ne<F>;     \
  inline constexpr auto shape##_lt = lt<F>;           \
  inline constexpr auto shape##_gt = gt<F>;           \
  inline constexpr auto shape##_le = float_le<F>;     \
  inline constexpr auto shape##_ge = float_ge<F>;     \
  inline constexpr auto shape##_abs = float_abs<F>;   \
  inline constexpr auto shape##_neg = float_neg<F>;   \
  inline constexpr auto shape##_ceil = ceil<F>;       \
  inline constexpr auto shape##_floor = floor<F>;     \
  inline constexpr auto shape##_trunc = trunc<F>;     \
  inline constexpr auto shape##_nearest = nearest<F>; \
  inline constexpr auto shape##_sqrt = sqrt<F>;       \
  inline constexpr auto shape##_add = add<F>;         \
  inline constexpr auto shape##_sub = sub<F>;         \
  inline constexpr auto shape##_mul = mul<F>;         \
  inline constexpr auto shape##_div = div<F>;         \
  inline constexpr auto shape##_min = float_min<F>;   \
  inline constexpr auto shape##_max = float_max<F>;   \
  inline constexpr auto shape##_pmin = pmin<F>;       \
  inline constexpr auto shape##_pmax = pmax<F>
WEFT_FLOATS(f32x4, F32);
WEFT_FLOATS(f64x2, F64);
#undef WEFT_FLOATS

// Unfused, as the deterministic profile has it: also where the processor could round just once.
template <class D>
HWY_INLINE V relaxed_madd(V a, V b, V c) {
  return add<D>(mul<D>(a, b), c);
}
// -(a * b) + c, less the negation.
template <class D>
HWY_INLINE V relaxed_nmadd(V a, V b, V c) {
  return sub<D>(c, mul<D>(a, b));
}
inline constexpr auto f32x4_relaxed_madd = relaxed_madd<F32>;
inline constexpr auto f32x4_relaxed_nmadd = relaxed_nmadd<F32>;
inline constexpr auto f64x2_relaxed_madd = relaxed_madd<F64>;
inline constexpr auto f64x2_relaxed_nmadd = relaxed_nmadd<F64>;

// ---- Floats: conversions

HWY_INLINE V f32x4_convert_i32x4_s(V a) { return raw(hn::ConvertTo(F32(), as<I32>(a))); }
HWY_INLINE V f64x2_convert_low_i32x4_s(V a) {
  return raw(hn::PromoteTo(F64(), hn::LowerHalf(as<I32>(a))));
}

// With 2^52's exponent above it, the integer is the fraction of 2^52 + integer.
HWY_INLINE V f64x2_convert_low_i32x4_u(V a) {
  const auto biased = hn::Or(as<U64>(extend_low<U64, U32>(a)), hn::Set(U64(), 0x4330000000000000));
  return raw(hn::Sub(hn::BitCast(F64(), biased), hn::Set(F64(), 0x1p52)));
}

#if WEFT_EMULATED

HWY_INLINE V f32x4_convert_i32x4_u(V a) {
  return lane_by_lane<float, num::convert<float, uint32_t>, uint32_t>(a);
}
HWY_INLINE V f32x4_demote_f64x2_zero(V a) { return lane_by_lane<float, num::demote, double>(a); }
HWY_INLINE V f64x2_promote_low_f32x4(V a) { return lane_by_lane<double, num::promote, float>(a); }
HWY_INLINE V i32x4_trunc_sat_f32x4_s(V a) {
  return lane_by_lane<uint32_t, num::trunc_sat_to<int32_t, float>, float>(a);
}
HWY_INLINE V i32x4_trunc_sat_f32x4_u(V a) {
  return lane_by_lane<uint32_t, num::trunc_sat_to<uint32_t, float>, float>(a);
}
HWY_INLINE V i32x4_trunc_sat_f64x2_s_zero(V a) {
  return lane_by_lane<uint32_t, num::trunc_sat_to<int32_t, double>, double>(a);
}
HWY_INLINE V i32x4_trunc_sat_f64x2_u_zero(V a) {
  return lane_by_lane<uint32_t, num::trunc_sat_to<uint32_t, double>, double>(a);
}

#else

HWY_INLINE V f32x4_convert_i32x4_u(V a) { return raw(hn::ConvertTo(F32(), as<U32>(a))); }
HWY_INLINE V f32x4_demote_f64x2_zero(V a) {
  return raw(hn::ZeroExtendVector(F32(), hn::DemoteTo(hn::Half<F32>(), as<F64>(a))));
}
HWY_INLINE V f64x2_promote_low_f32x4(V a) {
  return raw(hn::PromoteTo(F64(), hn::LowerHalf(as<F32>(a))));
}

template <class D>
HWY_INLINE Lanes<D> zero_if_nan(Lanes<D> a) {
  return hn::IfThenElseZero(hn::Eq(a, a), a);
}
// NaN is not positive either.
template <class D>
HWY_INLINE Lanes<D> zero_unless_positive(Lanes<D> a) {
  return hn::IfThenElseZero(hn::Gt(a, hn::Zero(D())), a);
}

// Highway's conversions saturate, but for NaN.
HWY_INLINE V i32x4_trunc_sat_f32x4_s(V a) {
  return raw(hn::ConvertTo(I32(), zero_if_nan<F32>(as<F32>(a))));
}
HWY_INLINE V i32x4_trunc_sat_f64x2_s_zero(V a) {
  const auto low = hn::DemoteTo(hn::Half<I32>(), zero_if_nan<F64>(as<F64>(a)));
  return raw(hn::ZeroExtendVector(I32(), low));
}
HWY_INLINE V i32x4_trunc_sat_f32x4_u(V a) {
  const auto x = zero_unless_positive<F32>(as<F32>(a));
#if WEFT_NATIVE_X86 && HWY_TARGET <= HWY_AVX3
  return raw(Lanes<U32>{_mm_cvttps_epu32(x.raw)});
#else
  // From 2^31 on by the signed conversion of the rest, which saturates for what is beyond 2^32.
  const auto half = hn::Set(F32(), 0x1p31f);
  const auto small = hn::ConvertTo(I32(), x);
  const auto rest = hn::ConvertTo(I32(), hn::Sub(x, half));
  const auto large = hn::Xor(rest, hn::Set(I32(), std::numeric_limits<int32_t>::min()));
  return raw(hn::IfThenElse(hn::RebindMask(I32(), hn::Lt(x, half)), small, large));
#endif
}
// In range and truncated, 2^52 pushes the integer to the end of the fraction.
HWY_INLINE V i32x4_trunc_sat_f64x2_u_zero(V a) {
  const auto x = hn::Min(zero_unless_positive<F64>(as<F64>(a)), hn::Set(F64(), 0xffffffffp0));
  const auto biased = hn::BitCast(U32(), hn::Add(hn::Trunc(x), hn::Set(F64(), 0x1p52)));
  return raw(hn::ConcatEven(U32(), hn::Zero(U32()), biased));
}

#endif

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace weft::interp
HWY_AFTER_NAMESPACE();

#endif
