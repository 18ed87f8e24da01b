// The vector instructions as pure functions (Spec 2.0, 4.3.5 "Vector Operations"), for one of
// Highway's targets; what the WEFT_V_ rows of opcodes.def name in their last column. Included once
// for each target.
//
// Every vector travels as V, 16 bytes: reinterpreting lanes is free, and between two unaligned
// 16-byte accesses to a frame an operation is the one instruction that it should be. Lanes of 8 and
// 16 bits are i32 scalars, as the spec has it. The signatures, by row:
//
//   UNARY    V(V)
//   BINARY   V(V, V)
//   TERNARY  V(V, V, V)
//   SHIFT    V(V, uint32_t count)
//   TEST     uint32_t(V)
//   SPLAT    V(T)
//   EXTRACT  T(const uint8_t* vector, uint32_t lane)
//   REPLACE  V(V, T, uint32_t lane)
//   LOAD     V(const uint8_t* from)
//
// All but EXTRACT take vectors in registers; a single lane is best loaded from where its vector
// lies.
#if defined(WEFT_INTERP_EXECUTE_SIMD_OPS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_INTERP_EXECUTE_SIMD_OPS_INL_H_
#undef WEFT_INTERP_EXECUTE_SIMD_OPS_INL_H_
#else
#define WEFT_INTERP_EXECUTE_SIMD_OPS_INL_H_
#endif

#include "interp/execute/simd_floats-inl.h"
#include "interp/execute/simd_ints-inl.h"
#include "interp/execute/simd_lanes-inl.h"

#endif
