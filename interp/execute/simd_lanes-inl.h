// Vectors and their lanes: the types of simd_ops-inl.h, and the instructions on bits, lanes and
// memory.
#if defined(WEFT_INTERP_EXECUTE_SIMD_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_INTERP_EXECUTE_SIMD_LANES_INL_H_
#undef WEFT_INTERP_EXECUTE_SIMD_LANES_INL_H_
#else
#define WEFT_INTERP_EXECUTE_SIMD_LANES_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include <hwy/highway.h>
#include "interp/core/value.h"

HWY_BEFORE_NAMESPACE();
namespace weft::interp {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using I8 = hn::Full128<int8_t>;
using U8 = hn::Full128<uint8_t>;
using I16 = hn::Full128<int16_t>;
using U16 = hn::Full128<uint16_t>;
using I32 = hn::Full128<int32_t>;
using U32 = hn::Full128<uint32_t>;
using I64 = hn::Full128<int64_t>;
using U64 = hn::Full128<uint64_t>;
using F32 = hn::Full128<float>;
using F64 = hn::Full128<double>;

using V = hn::Vec<U8>;

template <class D>
using Lanes = hn::Vec<D>;
template <class D>
using Lane = hn::TFromD<D>;
template <class D>
using UnsignedOf = hn::RebindToUnsigned<D>;
template <class D>
using WideOf = hn::RepartitionToWide<D>;

HWY_INLINE V load(const void* from) { return hn::LoadU(U8(), static_cast<const uint8_t*>(from)); }
HWY_INLINE void store(V v, void* to) { hn::StoreU(v, U8(), static_cast<uint8_t*>(to)); }

template <class D>
HWY_INLINE Lanes<D> as(V v) {
  return hn::BitCast(D(), v);
}
template <class L>
HWY_INLINE V raw(L lanes) {
  return hn::BitCast(U8(), lanes);
}
template <class D, class M>
HWY_INLINE V mask(M m) {
  return raw(hn::VecFromMask(D(), m));
}

// Highway's emulated target is not exact where floats are concerned; there we compute lane by lane.
#undef WEFT_EMULATED
#define WEFT_EMULATED (HWY_TARGET == HWY_EMU128)
// Where some of Highway's operations may be taken for the instructions that they are.
#undef WEFT_NATIVE_X86
#define WEFT_NATIVE_X86 (HWY_ARCH_X86 && !WEFT_EMULATED)
#if WEFT_EMULATED
template <class To, auto Fn, class From>
HWY_INLINE V lane_by_lane(V v) {
  From from[16 / sizeof(From)];
  To to[16 / sizeof(To)] = {};
  store(v, from);
  constexpr size_t kLanes = 16 / (sizeof(To) > sizeof(From) ? sizeof(To) : sizeof(From));
  for (size_t i = 0; i < kLanes; ++i) to[i] = Fn(from[i]);
  return load(to);
}
#endif

// ---- Bits

HWY_INLINE V v128_not(V a) { return hn::Not(a); }
HWY_INLINE V v128_and(V a, V b) { return hn::And(a, b); }
HWY_INLINE V v128_andnot(V a, V b) { return hn::AndNot(b, a); }
HWY_INLINE V v128_or(V a, V b) { return hn::Or(a, b); }
HWY_INLINE V v128_xor(V a, V b) { return hn::Xor(a, b); }
// Not IfVecThenElse, which on some targets looks only at each byte's top bit.
HWY_INLINE V v128_bitselect(V a, V b, V c) { return hn::Or(hn::And(a, c), hn::AndNot(c, b)); }
HWY_INLINE uint32_t v128_any_true(V a) { return !hn::AllTrue(U8(), hn::Eq(a, hn::Zero(U8()))); }

template <class D>
HWY_INLINE uint32_t all_true(V a) {
  return hn::AllFalse(D(), hn::Eq(as<D>(a), hn::Zero(D())));
}
inline constexpr auto i8x16_all_true = all_true<U8>;
inline constexpr auto i16x8_all_true = all_true<U16>;
inline constexpr auto i32x4_all_true = all_true<U32>;
inline constexpr auto i64x2_all_true = all_true<U64>;

template <class D>
HWY_INLINE uint32_t bitmask(V a) {
#if WEFT_NATIVE_X86
  const auto negative = hn::MaskFromVec(as<D>(a));  // only looks at top bits here
#else
  const auto negative = hn::Lt(as<D>(a), hn::Zero(D()));
#endif
  uint8_t bits[8] = {};
  hn::StoreMaskBits(D(), negative, bits);
  return read_unaligned<uint32_t>(bits);
}
inline constexpr auto i8x16_bitmask = bitmask<I8>;
inline constexpr auto i16x8_bitmask = bitmask<I16>;
inline constexpr auto i32x4_bitmask = bitmask<I32>;
inline constexpr auto i64x2_bitmask = bitmask<I64>;

HWY_INLINE V i8x16_popcnt(V a) { return hn::PopulationCount(a); }

// ---- Lanes

template <class D, class Scalar>
HWY_INLINE V splat(Scalar x) {
  return raw(hn::Set(D(), static_cast<Lane<D>>(x)));
}
inline constexpr auto i8x16_splat = splat<U8, uint32_t>;
inline constexpr auto i16x8_splat = splat<U16, uint32_t>;
inline constexpr auto i32x4_splat = splat<U32, uint32_t>;
inline constexpr auto i64x2_splat = splat<U64, uint64_t>;
inline constexpr auto f32x4_splat = splat<F32, float>;
inline constexpr auto f64x2_splat = splat<F64, double>;

template <class Stored, class Scalar>
HWY_INLINE Scalar extract_lane(const uint8_t* vector, uint32_t lane) {
  return static_cast<Scalar>(read_unaligned<Stored>(vector + lane * sizeof(Stored)));
}
inline constexpr auto i8x16_extract_lane_s = extract_lane<int8_t, uint32_t>;
inline constexpr auto i8x16_extract_lane_u = extract_lane<uint8_t, uint32_t>;
inline constexpr auto i16x8_extract_lane_s = extract_lane<int16_t, uint32_t>;
inline constexpr auto i16x8_extract_lane_u = extract_lane<uint16_t, uint32_t>;
inline constexpr auto i32x4_extract_lane = extract_lane<uint32_t, uint32_t>;
inline constexpr auto i64x2_extract_lane = extract_lane<uint64_t, uint64_t>;
inline constexpr auto f32x4_extract_lane = extract_lane<float, float>;
inline constexpr auto f64x2_extract_lane = extract_lane<double, double>;

// A blend: storing the lane into a vector in memory would make the next load of that vector wait.
template <class D, class Scalar>
HWY_INLINE V replace_lane(V a, Scalar x, uint32_t lane) {
  using U = UnsignedOf<D>;
  const auto here = hn::Eq(hn::Iota(U(), 0), hn::Set(U(), static_cast<Lane<U>>(lane)));
  return raw(hn::IfThenElse(here, as<U>(splat<D>(x)), as<U>(a)));
}
inline constexpr auto i8x16_replace_lane = replace_lane<U8, uint32_t>;
inline constexpr auto i16x8_replace_lane = replace_lane<U16, uint32_t>;
inline constexpr auto i32x4_replace_lane = replace_lane<U32, uint32_t>;
inline constexpr auto i64x2_replace_lane = replace_lane<U64, uint64_t>;
inline constexpr auto f32x4_replace_lane = replace_lane<F32, float>;
inline constexpr auto f64x2_replace_lane = replace_lane<F64, double>;

// The byte of `a` that each byte of `lanes` names; 0 where it is 16 or more.
HWY_INLINE V i8x16_swizzle(V a, V lanes) {
#if WEFT_NATIVE_X86
  // The instruction looks at the low four bits, and at the top one for 0.
  return hn::TableLookupBytesOr0(a, hn::SaturatedAdd(lanes, hn::Set(U8(), 0x70)));
#else
  const auto in_range = hn::Lt(lanes, hn::Set(U8(), 16));
  return hn::IfThenElseZero(in_range, hn::TableLookupBytes(a, hn::And(lanes, hn::Set(U8(), 15))));
#endif
}
// Likewise of the 32 bytes of `a` and `b`; all lanes are below 32.
HWY_INLINE V i8x16_shuffle(V a, V b, V lanes) {
  return hn::Or(i8x16_swizzle(a, lanes), i8x16_swizzle(b, hn::Sub(lanes, hn::Set(U8(), 16))));
}

// ---- Loads

template <class D>
HWY_INLINE V load_splat(const uint8_t* from) {
  return raw(hn::Set(D(), read_unaligned<Lane<D>>(from)));
}
// Through half a vector of lanes half as wide.
template <class D, class Narrow>
HWY_INLINE V load_extend(const uint8_t* from) {
  const hn::Half<hn::Full128<Narrow>> half;
  return raw(hn::PromoteTo(D(), hn::BitCast(half, hn::LoadU(hn::Half<U8>(), from))));
}
template <class Stored>
HWY_INLINE V load_zero(const uint8_t* from) {
#if WEFT_EMULATED
  const uint64_t lanes[2] = {read_unaligned<Stored>(from), 0};
  return load(lanes);
#else
  return raw(hn::ZeroExtendVector(
      U64(), hn::Set(hn::Half<U64>(), uint64_t{read_unaligned<Stored>(from)})));
#endif
}
HWY_INLINE V v128_load(const uint8_t* from) { return load(from); }
inline constexpr auto v128_load8x8_s = load_extend<I16, int8_t>;
inline constexpr auto v128_load8x8_u = load_extend<U16, uint8_t>;
inline constexpr auto v128_load16x4_s = load_extend<I32, int16_t>;
inline constexpr auto v128_load16x4_u = load_extend<U32, uint16_t>;
inline constexpr auto v128_load32x2_s = load_extend<I64, int32_t>;
inline constexpr auto v128_load32x2_u = load_extend<U64, uint32_t>;
inline constexpr auto v128_load8_splat = load_splat<U8>;
inline constexpr auto v128_load16_splat = load_splat<U16>;
inline constexpr auto v128_load32_splat = load_splat<U32>;
inline constexpr auto v128_load64_splat = load_splat<U64>;
inline constexpr auto v128_load32_zero = load_zero<uint32_t>;
inline constexpr auto v128_load64_zero = load_zero<uint64_t>;

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace weft::interp
HWY_AFTER_NAMESPACE();

#endif
