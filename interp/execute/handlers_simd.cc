// Handlers of vector shapes, compiled for each of Highway's targets: this file is included again
// for every one.
#include "interp/execute/simd_handlers.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "interp/core/opcode.h"
#include "interp/execute/abi.h"
#include "interp/execute/operands.h"
#include "interp/execute/shapes_branch.h"
#include "interp/execute/shapes_far_memory.h"
#include "interp/execute/shapes_fused.h"
#include "interp/execute/shapes_memory.h"
#include "interp/execute/simd_handler_targets.h"
#include "interp/execute/vector_forms.h"
#include "interp/translate/cell_layout.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "interp/execute/handlers_simd.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>
#include "interp/execute/simd_ops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft::interp {
namespace HWY_NAMESPACE {

// Nobody chooses the emulated target for its speed.
#if WEFT_EMULATED && defined(__clang__)
#pragma clang attribute push(__attribute__((minsize)), apply_to = function)
#endif

// Targets of old processors have one form of each handler, with all operands in slots.
#undef WEFT_ALL_FORMS
#if WEFT_EMULATED || (HWY_ARCH_X86 && HWY_TARGET > HWY_AVX2 && !defined(WEFT_SMALL))
#define WEFT_ALL_FORMS 0
#else
#define WEFT_ALL_FORMS 1
#endif

HWY_INLINE uint64_t* slot(const uint8_t* pc, uint64_t* fp, size_t at) {
  return fp + read_unaligned<uint16_t>(pc + at);
}
template <In Place>
HWY_INLINE V read_vector(size_t at, const uint8_t* pc, uint64_t* fp, const VectorAcc& vacc) {
  if constexpr (Place == In::Slot) return load(slot(pc, fp, at));
  if constexpr (Place == In::Imm) return load(pc + at);
  return load(&vacc);
}
template <Out Place>
HWY_INLINE void write_vector(V value, size_t at, const uint8_t* pc, uint64_t* fp,
                             [[maybe_unused]] VectorAcc& vacc) {
#if WEFT_ALL_FORMS
  store(value, &vacc);
#endif
  if constexpr (Place == Out::Slot) store(value, slot(pc, fp, at));
}

#undef WEFT_V_A
#undef WEFT_V_B
#undef WEFT_V_C
#undef WEFT_V_WRITE
#define WEFT_V_A read_vector<Key.a>(cell.a, pc, fp, vacc)
#define WEFT_V_B read_vector<Key.b>(cell.b, pc, fp, vacc)
#define WEFT_V_C read_vector<Key.c>(cell.c, pc, fp, vacc)
#define WEFT_V_WRITE(value) write_vector<Key.d>(value, cell.d, pc, fp, vacc)

// ---- Pure functions

// An instruction's function, what accesses of memory touch, and lanes.
template <Opcode Op>
struct Vector;
template <auto Fn>
struct VectorFunction {
  static constexpr auto kFunction = Fn;
};
template <size_t kBytes>
struct VectorLane {
  using D = std::conditional_t<
      kBytes == 1, U8,
      std::conditional_t<kBytes == 2, U16, std::conditional_t<kBytes == 4, U32, U64>>>;
};
#define WEFT_OP(...)
#define WEFT_V_UNARY(prefix, code, Id, text, sig, feature, fn) \
  template <>                                                  \
  struct Vector<Opcode::Id> : VectorFunction<fn> {};
#define WEFT_V_BINARY WEFT_V_UNARY
#define WEFT_V_TERNARY WEFT_V_UNARY
#define WEFT_V_SHIFT WEFT_V_UNARY
#define WEFT_V_TEST WEFT_V_UNARY
#define WEFT_V_SPLAT WEFT_V_UNARY
#define WEFT_V_EXTRACT(prefix, code, Id, text, sig, feature, fn, lanes) \
  template <>                                                           \
  struct Vector<Opcode::Id> : VectorFunction<fn> {};
#define WEFT_V_REPLACE WEFT_V_EXTRACT
#define WEFT_V_LOAD WEFT_V_EXTRACT
#define WEFT_V_LOAD_LANE(prefix, code, Id, text, sig, feature, bytes) \
  template <>                                                         \
  struct Vector<Opcode::Id> : VectorLane<bytes> {};
#define WEFT_V_STORE_LANE WEFT_V_LOAD_LANE
#include "interp/core/opcodes.def"

template <Opcode Op>
inline constexpr auto kVectorFunction = Vector<Op>::kFunction;
template <Opcode Op>
using LaneOf = typename Vector<Op>::D;

// D := op(A)
template <HandlerKey Key>
HWY_ATTR WEFT_HANDLER(v_unary) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  WEFT_V_WRITE(kVectorFunction<Key.op>(WEFT_V_A));
  WEFT_NEXT(cell.size);
}

// D := op(A, B)
template <HandlerKey Key>
HWY_ATTR WEFT_HANDLER(v_binary) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const V a = WEFT_V_A;
  const V b = WEFT_V_B;
  WEFT_V_WRITE(kVectorFunction<Key.op>(a, b));
  WEFT_NEXT(cell.size);
}

// D := op(A, B, C)
template <HandlerKey Key>
HWY_ATTR WEFT_HANDLER(v_ternary) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const V a = WEFT_V_A;
  const V b = WEFT_V_B;
  const V c = WEFT_V_C;
  WEFT_V_WRITE(kVectorFunction<Key.op>(a, b, c));
  WEFT_NEXT(cell.size);
}

// D := op(A, scalar B)
template <HandlerKey Key>
HWY_ATTR WEFT_HANDLER(v_shift) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const V a = WEFT_V_A;
  const uint32_t count = read_operand<Key.b, Repr::I32>(cell.b, WEFT_STATE);
  WEFT_V_WRITE(kVectorFunction<Key.op>(a, count));
  WEFT_NEXT(cell.size);
}

// D := op(A, scalar B) | A shifted right by C
template <HandlerKey Key>
HWY_ATTR WEFT_HANDLER(v_shift_or) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  constexpr Opcode kRightShift = Key.op == Opcode::I32x4Shl ? Opcode::I32x4ShrU : Opcode::I64x2ShrU;
  const V a = WEFT_V_A;
  const uint32_t left = read_operand<Key.b, Repr::I32>(cell.b, WEFT_STATE);
  const uint32_t right = read_operand<Key.c, Repr::I32>(cell.c, WEFT_STATE);
  WEFT_V_WRITE(v128_or(kVectorFunction<Key.op>(a, left), kVectorFunction<kRightShift>(a, right)));
  WEFT_NEXT(cell.size);
}

// scalar D := op(A)
template <HandlerKey Key>
HWY_ATTR WEFT_HANDLER(v_test) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const uint32_t result = kVectorFunction<Key.op>(WEFT_V_A);
  write_result<Key.d, Repr::I32>(result, cell.d, WEFT_STATE);
  WEFT_NEXT(cell.size);
}

// D := op(scalar A)
template <HandlerKey Key>
HWY_ATTR WEFT_HANDLER(v_splat) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  WEFT_V_WRITE(
      kVectorFunction<Key.op>(read_operand<Key.a, reprs_of(Key).in[0]>(cell.a, WEFT_STATE)));
  WEFT_NEXT(cell.size);
}

// Lane X of A. In a slot it is read where it lies; of the accumulator it is brought to the bottom.
template <Opcode Op, In Place>
HWY_INLINE auto lane_of(size_t at, uint32_t lane, const uint8_t* pc, uint64_t* fp,
                        const VectorAcc& vacc) {
  constexpr auto kExtract = kVectorFunction<Op>;
  if constexpr (Place == In::Slot) {
    return kExtract(reinterpret_cast<const uint8_t*>(slot(pc, fp, at)), lane);
  } else {
    static constexpr uint8_t kBytes[32] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const V from = load(kBytes + lane * (16 / lane_count(Op)));
    uint8_t bottom[16];
    store(hn::TableLookupBytes(load(&vacc), from), bottom);
    return kExtract(bottom, 0);
  }
}

// scalar D := lane X of A
template <HandlerKey Key>
HWY_ATTR WEFT_HANDLER(v_extract) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const auto lane = lane_of<Key.op, Key.a>(cell.a, read_u32(pc, cell.x), pc, fp, vacc);
  write_result<Key.d, reprs_of(Key).out>(lane, cell.d, WEFT_STATE);
  WEFT_NEXT(cell.size);
}

// D := A with scalar B as lane X
template <HandlerKey Key>
HWY_ATTR WEFT_HANDLER(v_replace) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const V a = WEFT_V_A;
  const auto b = read_operand<Key.b, reprs_of(Key).in[1]>(cell.b, WEFT_STATE);
  WEFT_V_WRITE(kVectorFunction<Key.op>(a, b, read_u32(pc, cell.x)));
  WEFT_NEXT(cell.size);
}

// D := bytes of A and B, by the lanes P, Q
template <HandlerKey Key>
HWY_ATTR WEFT_HANDLER(v_shuffle) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  static_assert(cell.q == cell.p + 8);
  const V a = WEFT_V_A;
  const V b = WEFT_V_B;
  WEFT_V_WRITE(i8x16_shuffle(a, b, load(pc + cell.p)));
  WEFT_NEXT(cell.size);
}

// ---- Moves

// D := the value P, Q
template <HandlerKey Key>
HWY_ATTR WEFT_HANDLER(v_const) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  static_assert(cell.q == cell.p + 8);
  WEFT_V_WRITE(load(pc + cell.p));
  WEFT_NEXT(cell.size);
}

// D := A
template <HandlerKey Key>
HWY_ATTR WEFT_HANDLER(v_move) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  WEFT_V_WRITE(WEFT_V_A);
  WEFT_NEXT(cell.size);
}

// D := scalar C ? A : B, without a branch
template <HandlerKey Key>
HWY_ATTR WEFT_HANDLER(v_select) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const V a = WEFT_V_A;
  const V b = WEFT_V_B;
  const V zero = splat<U32>(read_operand<Key.c, Repr::I32>(cell.c, WEFT_STATE));
  WEFT_V_WRITE(v128_bitselect(b, a, eq<U32>(zero, hn::Zero(U8()))));
  WEFT_NEXT(cell.size);
}

template <Shape S>
HWY_INLINE void* global_at(Context* ctx, uint32_t offset) {
  if constexpr (S == Shape::VGlobalGetFar || S == Shape::VGlobalSetFar) {
    return ctx->at<Value*>(offset);
  } else {
    return &ctx->at<Value>(offset);
  }
}

// D := global X
template <HandlerKey Key>
HWY_ATTR WEFT_HANDLER(v_global_get) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  WEFT_V_WRITE(load(global_at<Key.shape>(ctx, read_u32(pc, cell.x))));
  WEFT_NEXT(cell.size);
}

// global X := A
template <HandlerKey Key>
HWY_ATTR WEFT_HANDLER(v_global_set) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  store(WEFT_V_A, global_at<Key.shape>(ctx, read_u32(pc, cell.x)));
  WEFT_NEXT(cell.size);
}

// ---- Memory 0

// Keeps `pc` at this cell until `value`, which depends on guest memory, is there.
HWY_INLINE void keep_until_computed(const uint8_t*& pc, [[maybe_unused]] const V& value) {
#if WEFT_NATIVE_X86
  asm volatile("" : "+r"(pc) : "x"(value.raw));
#else
  keep_until_stored(pc);
#endif
}

#undef WEFT_V_AT
#define WEFT_V_AT \
  (uint64_t{read_operand<Key.a, Repr::I32>(cell.a, WEFT_STATE)} + read_u32(pc, cell.offset))

// D := op(memory[A + offset])
template <HandlerKey Key>
HWY_ATTR WEFT_HANDLER(v_load) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const uint64_t at = WEFT_V_AT;
  if (out_of_bounds<Key, access_bytes(Key.op)>(ctx, at)) [[unlikely]]
    WEFT_TRAP(TrapCode::OutOfBoundsMemoryAccess);
  const V value = kVectorFunction<Key.op>(mem + at);
  keep_until_computed(pc, value);
  WEFT_V_WRITE(value);
  WEFT_NEXT(cell.size);
}

// D := op(memory[A + B + X + offset])
template <HandlerKey Key>
HWY_ATTR WEFT_HANDLER(v_load_indexed) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const V value = kVectorFunction<Key.op>(mem + indexed_address<Key, V128>(cell, WEFT_STATE));
  keep_until_computed(pc, value);
  WEFT_V_WRITE(value);
  WEFT_NEXT(cell.size);
}

// memory[A + offset] := B
template <HandlerKey Key>
HWY_ATTR WEFT_HANDLER(v_store) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const uint64_t at = WEFT_V_AT;
  const V value = WEFT_V_B;
  if (out_of_bounds<Key, 16>(ctx, at)) [[unlikely]]
    WEFT_TRAP(TrapCode::OutOfBoundsMemoryAccess);
  store(value, mem + at);
  keep_until_stored(pc);
  WEFT_NEXT(cell.size);
}

// memory[A + B + X + offset] := C
template <HandlerKey Key>
HWY_ATTR WEFT_HANDLER(v_store_indexed) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  store(WEFT_V_C, mem + indexed_address<Key, V128>(cell, WEFT_STATE));
  keep_until_stored(pc);
  WEFT_NEXT(cell.size);
}

// D := B with lane X from memory[A + offset]
template <HandlerKey Key>
HWY_ATTR WEFT_HANDLER(v_load_lane) {
  WEFT_REGS;
  using D = LaneOf<Key.op>;
  constexpr CellLayout cell = cell_layout(Key);
  const uint64_t at = WEFT_V_AT;
  if (out_of_bounds<Key, sizeof(Lane<D>)>(ctx, at)) [[unlikely]]
    WEFT_TRAP(TrapCode::OutOfBoundsMemoryAccess);
  const auto lane = read_unaligned<Lane<D>>(mem + at);
  keep_until_loaded(pc, lane);
  WEFT_V_WRITE(replace_lane<D>(WEFT_V_B, lane, read_u32(pc, cell.x)));
  WEFT_NEXT(cell.size);
}

// Lane X of B
template <HandlerKey Key>
HWY_INLINE auto stored_lane(const CellLayout& cell, const uint8_t* pc, uint64_t* fp,
                            const VectorAcc& vacc) {
  constexpr size_t kBytes = access_bytes(Key.op);
  constexpr Opcode kExtract = kBytes == 1   ? Opcode::I8x16ExtractLaneU
                              : kBytes == 2 ? Opcode::I16x8ExtractLaneU
                              : kBytes == 4 ? Opcode::I32x4ExtractLane
                                            : Opcode::I64x2ExtractLane;
  return static_cast<Lane<LaneOf<Key.op>>>(
      lane_of<kExtract, Key.b>(cell.b, read_u32(pc, cell.x), pc, fp, vacc));
}

// memory[A + offset] := lane X of B
template <HandlerKey Key>
HWY_ATTR WEFT_HANDLER(v_store_lane) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const uint64_t at = WEFT_V_AT;
  const auto lane = stored_lane<Key>(cell, pc, fp, vacc);
  if (out_of_bounds<Key, sizeof lane>(ctx, at)) [[unlikely]]
    WEFT_TRAP(TrapCode::OutOfBoundsMemoryAccess);
  write_unaligned(mem + at, lane);
  keep_until_stored(pc);
  WEFT_NEXT(cell.size);
}

// ---- The memory at byte Y of the Context

// Where the cell's access goes, or null if that is out of bounds.
template <HandlerKey Key, uint64_t kBytes>
HWY_INLINE uint8_t* far_place(Context* ctx, const uint8_t* pc, uint64_t* fp) {
  constexpr CellLayout cell = cell_layout(Key);
  const MemoryInst* memory = ctx->at<MemoryInst*>(read_u32(pc, cell.y));
  return far_access<kBytes>(*memory, *slot(pc, fp, cell.a), read_unaligned<uint64_t>(pc + cell.p));
}

// D := op(memory[A + P])
template <HandlerKey Key>
HWY_ATTR WEFT_HANDLER(v_load_far) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const uint8_t* at = far_place<Key, access_bytes(Key.op)>(ctx, pc, fp);
  if (at == nullptr) [[unlikely]]
    WEFT_TRAP(TrapCode::OutOfBoundsMemoryAccess);
  WEFT_V_WRITE(kVectorFunction<Key.op>(at));
  WEFT_NEXT(cell.size);
}

// memory[A + P] := B
template <HandlerKey Key>
HWY_ATTR WEFT_HANDLER(v_store_far) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  uint8_t* at = far_place<Key, 16>(ctx, pc, fp);
  if (at == nullptr) [[unlikely]]
    WEFT_TRAP(TrapCode::OutOfBoundsMemoryAccess);
  store(WEFT_V_B, at);
  WEFT_NEXT(cell.size);
}

// D := B with lane X from memory[A + P]
template <HandlerKey Key>
HWY_ATTR WEFT_HANDLER(v_load_lane_far) {
  WEFT_REGS;
  using D = LaneOf<Key.op>;
  constexpr CellLayout cell = cell_layout(Key);
  const uint8_t* at = far_place<Key, sizeof(Lane<D>)>(ctx, pc, fp);
  if (at == nullptr) [[unlikely]]
    WEFT_TRAP(TrapCode::OutOfBoundsMemoryAccess);
  const auto lane = read_unaligned<Lane<D>>(at);
  WEFT_V_WRITE(replace_lane<D>(WEFT_V_B, lane, read_u32(pc, cell.x)));
  WEFT_NEXT(cell.size);
}

// memory[A + P] := lane X of B
template <HandlerKey Key>
HWY_ATTR WEFT_HANDLER(v_store_lane_far) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const auto lane = stored_lane<Key>(cell, pc, fp, vacc);
  uint8_t* at = far_place<Key, sizeof lane>(ctx, pc, fp);
  if (at == nullptr) [[unlikely]]
    WEFT_TRAP(TrapCode::OutOfBoundsMemoryAccess);
  write_unaligned(at, lane);
  WEFT_NEXT(cell.size);
}

// ---- Two instructions in one (fusions.def)

#if WEFT_ALL_FORMS

// The second instruction, applied to the first one's result and its own other operand.
template <HandlerKey Key>
HWY_INLINE V apply_outer(V inner, V other) {
  if constexpr ((Key.flags & kRight) != 0) {
    return kVectorFunction<Key.op>(other, inner);
  } else {
    return kVectorFunction<Key.op>(inner, other);
  }
}

// inner(A, B)
template <HandlerKey Key>
HWY_INLINE V inner_of_operands(const CellLayout& cell, const uint8_t* pc, uint64_t* fp,
                               const VectorAcc& vacc) {
  const V a = WEFT_V_A;
  if constexpr (reprs_of(Key).in[1] == Repr::I32) {
    static_assert(Key.b == In::Imm);
    return kVectorFunction<Key.inner>(a, read_u32(pc, cell.b));
  } else {
    return kVectorFunction<Key.inner>(a, WEFT_V_B);
  }
}

// D := op(inner(A, B), C)
template <HandlerKey Key>
HWY_ATTR WEFT_HANDLER(v_op_op) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const V inner = inner_of_operands<Key>(cell, pc, fp, vacc);
  WEFT_V_WRITE(apply_outer<Key>(inner, WEFT_V_C));
  WEFT_NEXT(cell.size);
}

// D := op(inner(memory[A + offset]), C)
template <HandlerKey Key>
HWY_ATTR WEFT_HANDLER(v_op_load) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const V c = WEFT_V_C;
  const V value = apply_outer<Key>(kVectorFunction<Key.inner>(mem + WEFT_V_AT), c);
  keep_until_computed(pc, value);
  WEFT_V_WRITE(value);
  WEFT_NEXT(cell.size);
}

// D := op(inner(memory[A + B + X + offset]), C)
template <HandlerKey Key>
HWY_ATTR WEFT_HANDLER(v_op_load_indexed) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const V c = WEFT_V_C;
  const uint8_t* at = mem + indexed_address<Key, V128>(cell, WEFT_STATE);
  const V value = apply_outer<Key>(kVectorFunction<Key.inner>(at), c);
  keep_until_computed(pc, value);
  WEFT_V_WRITE(value);
  WEFT_NEXT(cell.size);
}

// memory[C + offset] := inner(A, B)
template <HandlerKey Key>
HWY_ATTR WEFT_HANDLER(v_store_op) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const uint32_t address = read_operand<Key.c, Repr::I32>(cell.c, WEFT_STATE);
  const V value = inner_of_operands<Key>(cell, pc, fp, vacc);
  store(value, mem + address + read_u32(pc, cell.offset));
  keep_until_stored(pc);
  WEFT_NEXT(cell.size);
}

// scalar D := inner(A); if op(D, 0) go to target
template <HandlerKey Key>
HWY_ATTR WEFT_HANDLER(v_branch_test) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const uint32_t value = kVectorFunction<Key.inner>(WEFT_V_A);
  write_result<Key.d, Repr::I32>(value, cell.d, WEFT_STATE);
  if (kFunctionOf<Key.op>(value, 0) != 0) WEFT_JUMP(Key, cell);
  WEFT_NEXT(cell.size);
}

// scalar D := op(lane X of A, C)
template <HandlerKey Key>
HWY_ATTR WEFT_HANDLER(v_op_extract) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  constexpr Repr kRepr = reprs_of(Key).out;
  const auto lane = lane_of<Key.inner, Key.a>(cell.a, read_u32(pc, cell.x), pc, fp, vacc);
  const auto c = read_operand<Key.c, kRepr>(cell.c, WEFT_STATE);
  write_result<Key.d, kRepr>(kFunctionOf<Key.op>(lane, c), cell.d, WEFT_STATE);
  WEFT_NEXT(cell.size);
}

struct MakeFused {
  template <HandlerKey Key>
  constexpr HandlerFn* operator()() const {
    if constexpr (Key.shape == Shape::VOpOp) return &v_op_op<Key>;
    if constexpr (Key.shape == Shape::VOpLoad) return &v_op_load<Key>;
    if constexpr (Key.shape == Shape::VOpLoadIndexed) return &v_op_load_indexed<Key>;
    if constexpr (Key.shape == Shape::VStoreOp) return &v_store_op<Key>;
    if constexpr (Key.shape == Shape::VBranchTest) return &v_branch_test<Key>;
    if constexpr (Key.shape == Shape::VOpExtract) return &v_op_extract<Key>;
    return nullptr;
  }
};
using Fused = FusedFamily<MakeFused, Shape::VOpOp, Shape::VOpLoad, Shape::VOpLoadIndexed,
                          Shape::VStoreOp, Shape::VBranchTest, Shape::VOpExtract>;

#endif  // WEFT_ALL_FORMS

// ---- Tables

template <HandlerKey Key>
constexpr HandlerFn* make() {
  if constexpr (Key.shape == Shape::VUnary) return &v_unary<Key>;
  if constexpr (Key.shape == Shape::VBinary) return &v_binary<Key>;
  if constexpr (Key.shape == Shape::VTernary) return &v_ternary<Key>;
  if constexpr (Key.shape == Shape::VShift) return &v_shift<Key>;
  if constexpr (Key.shape == Shape::VShiftOr) return &v_shift_or<Key>;
  if constexpr (Key.shape == Shape::VTest) return &v_test<Key>;
  if constexpr (Key.shape == Shape::VSplat) return &v_splat<Key>;
  if constexpr (Key.shape == Shape::VExtract) return &v_extract<Key>;
  if constexpr (Key.shape == Shape::VReplace) return &v_replace<Key>;
  if constexpr (Key.shape == Shape::VShuffle) return &v_shuffle<Key>;
  if constexpr (Key.shape == Shape::VConst) return &v_const<Key>;
  if constexpr (Key.shape == Shape::VMove) return &v_move<Key>;
  if constexpr (Key.shape == Shape::VSelect) return &v_select<Key>;
  if constexpr (Key.shape == Shape::VGlobalGet) return &v_global_get<Key>;
  if constexpr (Key.shape == Shape::VGlobalGetFar) return &v_global_get<Key>;
  if constexpr (Key.shape == Shape::VGlobalSet) return &v_global_set<Key>;
  if constexpr (Key.shape == Shape::VGlobalSetFar) return &v_global_set<Key>;
  if constexpr (Key.shape == Shape::VLoad) return &v_load<Key>;
  if constexpr (Key.shape == Shape::VLoadIndexed) return &v_load_indexed<Key>;
  if constexpr (Key.shape == Shape::VStore) return &v_store<Key>;
  if constexpr (Key.shape == Shape::VStoreIndexed) return &v_store_indexed<Key>;
  if constexpr (Key.shape == Shape::VLoadLane) return &v_load_lane<Key>;
  if constexpr (Key.shape == Shape::VStoreLane) return &v_store_lane<Key>;
  if constexpr (Key.shape == Shape::VLoadFar) return &v_load_far<Key>;
  if constexpr (Key.shape == Shape::VStoreFar) return &v_store_far<Key>;
  if constexpr (Key.shape == Shape::VLoadLaneFar) return &v_load_lane_far<Key>;
  if constexpr (Key.shape == Shape::VStoreLaneFar) return &v_store_lane_far<Key>;
  return nullptr;
}

// The forms of a shape, numbered from 1. Of binary instructions those whose operands can be swapped
// have others.
template <Shape S, bool kSwaps = false>
struct Forms {
  static constexpr size_t kPlaces = 27 * 2;
  static constexpr size_t kSize = kPlaces * 2;

  static constexpr size_t index_of(const HandlerKey& key) {
    const auto place = [](In in) { return static_cast<size_t>(in); };
    return (key.flags != 0 ? kPlaces : 0) +
           ((place(key.a) * 3 + place(key.b)) * 3 + place(key.c)) * 2 + static_cast<size_t>(key.d);
  }
  static constexpr HandlerKey with(HandlerKey key, size_t index) {
    key.flags = index >= kPlaces ? kChecked : 0;
    index %= kPlaces;
    key.d = static_cast<Out>(index % 2);
    key.c = static_cast<In>(index / 2 % 3);
    key.b = static_cast<In>(index / 6 % 3);
    key.a = static_cast<In>(index / 18);
    return key;
  }
  static constexpr bool exists(size_t index) {
    constexpr Opcode kOne = S == Shape::VReplace ? Opcode::I32x4ReplaceLane
                            : kSwaps             ? Opcode::I32x4Add
                                                 : Opcode::I32x4Sub;
    const HandlerKey key = with({.shape = S, .op = kOne}, index);
    return is_normal(key) &&
           (WEFT_ALL_FORMS ? vector_form_exists(key) : plain_vector_form_exists(key));
  }

  static constexpr auto kNumbers = [] {
    std::array<uint8_t, kSize> numbers{};
    uint8_t count = 0;
    for (size_t i = 0; i < kSize; ++i) numbers[i] = exists(i) ? ++count : uint8_t{0};
    return numbers;
  }();
  static constexpr size_t kCount = std::ranges::max(kNumbers);

  // The handlers of a key with these forms.
  template <HandlerKey Base>
  static constexpr auto kHandlers = [] {
    constexpr auto kIndices = [] {
      std::array<size_t, kCount> indices{};
      for (size_t i = 0; i < kSize; ++i) {
        if (kNumbers[i] != 0) indices[kNumbers[i] - 1u] = i;
      }
      return indices;
    }();
    return [&]<size_t... I>(std::index_sequence<I...>) {
      return std::array<HandlerFn*, kCount>{make<with(Base, kIndices[I])>()...};
    }(std::make_index_sequence<kCount>{});
  }();
};

// The instruction with the same function, for those that have no handlers of their own.
constexpr Opcode with_handlers(Opcode op) {
  using enum Opcode;
  switch (op) {
    case I8x16RelaxedSwizzle:
      return I8x16Swizzle;
    case I32x4RelaxedTruncF32x4S:
      return I32x4TruncSatF32x4S;
    case I32x4RelaxedTruncF32x4U:
      return I32x4TruncSatF32x4U;
    case I32x4RelaxedTruncF64x2SZero:
      return I32x4TruncSatF64x2SZero;
    case I32x4RelaxedTruncF64x2UZero:
      return I32x4TruncSatF64x2UZero;
    case I8x16RelaxedLaneselect:
    case I16x8RelaxedLaneselect:
    case I32x4RelaxedLaneselect:
    case I64x2RelaxedLaneselect:
      return V128Bitselect;
    case F32x4RelaxedMin:
      return F32x4Min;
    case F32x4RelaxedMax:
      return F32x4Max;
    case F64x2RelaxedMin:
      return F64x2Min;
    case F64x2RelaxedMax:
      return F64x2Max;
    case I16x8RelaxedQ15mulrS:
      return I16x8Q15mulrSatS;
    default:
      return op;
  }
}

// An instruction's handlers, in the order of its shape's forms.
using Row = std::span<HandlerFn* const>;
template <Shape S, Opcode Op = Opcode::Nop>
constexpr Row row() {
  using Of = Forms<S, S == Shape::VBinary && swapped(Op).has_value()>;
  return Of::template kHandlers<HandlerKey{.shape = S, .op = Op}>;
}

constexpr size_t kFirstOp = index_of(Opcode::V128Load);
constexpr size_t kOpCount = index_of(Opcode::I32x4RelaxedDotI8x16I7x16AddS) + 1 - kFirstOp;
// Accesses of memory are among the first.
constexpr size_t kAccessCount = index_of(Opcode::V128Load64Zero) + 1 - kFirstOp;

using RowNumber = uint16_t;
constexpr RowNumber kNoRow = UINT16_MAX;
template <size_t N>
constexpr auto kNoRows = [] {
  std::array<RowNumber, N> none{};
  none.fill(kNoRow);
  return none;
}();

struct RowNumbers {
  std::array<Shape, kOpCount> shapes{};
  std::array<RowNumber, kOpCount> rows = kNoRows<kOpCount>;
  std::array<RowNumber, kAccessCount> far = kNoRows<kAccessCount>;
  std::array<RowNumber, kAccessCount> indexed = kNoRows<kAccessCount>;
  // Of shapes with one row.
  std::array<RowNumber, kShapeCount> of_shapes = kNoRows<kShapeCount>;
  RowNumber shift_or_i32 = kNoRow;
  RowNumber shift_or_i64 = kNoRow;
};

// All rows and their numbers. It exists only when compiling.
constexpr auto kAll = [] {
  struct {
    RowNumbers numbers;
    std::array<Row, 2 * kOpCount> rows;
    size_t count = 0;
  } all;
  const auto add = [&all](RowNumber& number, Row row) {
    if (row.empty()) return;
    number = static_cast<RowNumber>(all.count);
    all.rows[all.count++] = row;
  };
  const auto at = [](Opcode op) { return index_of(op) - kFirstOp; };
#define WEFT_ROW(Id, S)                                                 \
  all.numbers.shapes[at(Opcode::Id)] = Shape::S;                        \
  if constexpr (with_handlers(Opcode::Id) == Opcode::Id) {              \
    add(all.numbers.rows[at(Opcode::Id)], row<Shape::S, Opcode::Id>()); \
  }
#define WEFT_OP(...)
#define WEFT_V_UNARY(prefix, code, Id, ...) WEFT_ROW(Id, VUnary)
#define WEFT_V_BINARY(prefix, code, Id, ...) WEFT_ROW(Id, VBinary)
#define WEFT_V_TERNARY(prefix, code, Id, ...) WEFT_ROW(Id, VTernary)
#define WEFT_V_SHIFT(prefix, code, Id, ...) WEFT_ROW(Id, VShift)
#define WEFT_V_TEST(prefix, code, Id, ...) WEFT_ROW(Id, VTest)
#define WEFT_V_SPLAT(prefix, code, Id, ...) WEFT_ROW(Id, VSplat)
#define WEFT_V_EXTRACT(prefix, code, Id, ...) WEFT_ROW(Id, VExtract)
#define WEFT_V_REPLACE(prefix, code, Id, ...) WEFT_ROW(Id, VReplace)
#define WEFT_V_LOAD(prefix, code, Id, ...)                                  \
  WEFT_ROW(Id, VLoad)                                                       \
  add(all.numbers.far[at(Opcode::Id)], row<Shape::VLoadFar, Opcode::Id>()); \
  add(all.numbers.indexed[at(Opcode::Id)], row<Shape::VLoadIndexed, Opcode::Id>());
#define WEFT_V_LOAD_LANE(prefix, code, Id, ...) \
  WEFT_ROW(Id, VLoadLane)                       \
  add(all.numbers.far[at(Opcode::Id)], row<Shape::VLoadLaneFar, Opcode::Id>());
#define WEFT_V_STORE_LANE(prefix, code, Id, ...) \
  WEFT_ROW(Id, VStoreLane)                       \
  add(all.numbers.far[at(Opcode::Id)], row<Shape::VStoreLaneFar, Opcode::Id>());
#include "interp/core/opcodes.def"
#undef WEFT_ROW
  for (size_t op = 0; op < kOpCount; ++op) {
    const size_t same = at(with_handlers(static_cast<Opcode>(op + kFirstOp)));
    all.numbers.rows[op] = all.numbers.rows[same];
  }
#define WEFT_ROW(S) add(all.numbers.of_shapes[static_cast<size_t>(Shape::S)], row<Shape::S>());
  WEFT_ROW(VShuffle)
  WEFT_ROW(VConst)
  WEFT_ROW(VMove)
  WEFT_ROW(VSelect)
  WEFT_ROW(VGlobalGet)
  WEFT_ROW(VGlobalGetFar)
  WEFT_ROW(VGlobalSet)
  WEFT_ROW(VGlobalSetFar)
  WEFT_ROW(VStore)
  WEFT_ROW(VStoreFar)
  WEFT_ROW(VStoreIndexed)
#undef WEFT_ROW
  add(all.numbers.shift_or_i32, row<Shape::VShiftOr, Opcode::I32x4Shl>());
  add(all.numbers.shift_or_i64, row<Shape::VShiftOr, Opcode::I64x2Shl>());
  return all;
}();

constexpr RowNumbers kRows = kAll.numbers;
using Handlers = HandlerLists<[] {
  std::array<Row, kAll.count> rows;
  std::ranges::copy_n(kAll.rows.begin(), kAll.count, rows.begin());
  return rows;
}>;

RowNumber find_row(Shape shape, Opcode op) {
  const RowNumber of_shape = kRows.of_shapes[static_cast<size_t>(shape)];
  if (of_shape != kNoRow) return of_shape;
  const size_t at = index_of(op) - kFirstOp;  // beyond all rows, if before the first
  if (at >= kOpCount) return kNoRow;
  const Shape is = kRows.shapes[at];
  if (shape == is) return kRows.rows[at];
  switch (shape) {
    case Shape::VShiftOr:
      return op == Opcode::I32x4Shl   ? kRows.shift_or_i32
             : op == Opcode::I64x2Shl ? kRows.shift_or_i64
                                      : kNoRow;
    case Shape::VLoadIndexed:
      return is == Shape::VLoad ? kRows.indexed[at] : kNoRow;
    case Shape::VLoadFar:
      return is == Shape::VLoad ? kRows.far[at] : kNoRow;
    case Shape::VLoadLaneFar:
      return is == Shape::VLoadLane ? kRows.far[at] : kNoRow;
    case Shape::VStoreLaneFar:
      return is == Shape::VStoreLane ? kRows.far[at] : kNoRow;
    default:
      return kNoRow;
  }
}

// The numbers of the forms that an instruction's row is in the order of.
const uint8_t* form_numbers(Shape shape, Opcode op) {
  switch (shape) {
    case Shape::VBinary:
      return swapped(op) ? Forms<Shape::VBinary, true>::kNumbers.data()
                         : Forms<Shape::VBinary, false>::kNumbers.data();
#define WEFT_FORMS(S) \
  case Shape::S:      \
    return Forms<Shape::S>::kNumbers.data();
      WEFT_FORMS(VUnary)
      WEFT_FORMS(VTernary)
      WEFT_FORMS(VShift)
      WEFT_FORMS(VShiftOr)
      WEFT_FORMS(VTest)
      WEFT_FORMS(VSplat)
      WEFT_FORMS(VExtract)
      WEFT_FORMS(VReplace)
      WEFT_FORMS(VShuffle)
      WEFT_FORMS(VConst)
      WEFT_FORMS(VMove)
      WEFT_FORMS(VSelect)
      WEFT_FORMS(VGlobalGet)
      WEFT_FORMS(VGlobalGetFar)
      WEFT_FORMS(VGlobalSet)
      WEFT_FORMS(VGlobalSetFar)
      WEFT_FORMS(VLoad)
      WEFT_FORMS(VLoadIndexed)
      WEFT_FORMS(VLoadFar)
      WEFT_FORMS(VLoadLane)
      WEFT_FORMS(VLoadLaneFar)
      WEFT_FORMS(VStore)
      WEFT_FORMS(VStoreIndexed)
      WEFT_FORMS(VStoreFar)
      WEFT_FORMS(VStoreLane)
      WEFT_FORMS(VStoreLaneFar)
#undef WEFT_FORMS
    default:
      return nullptr;  // no row either
  }
}

HandlerFn* find(const HandlerKey& key) {
  if (has_inner(key.shape)) {
#if WEFT_ALL_FORMS
    return Fused::find(key);
#else
    return nullptr;
#endif
  }
  if ((key.flags & ~kChecked) != 0) return nullptr;
  const RowNumber row = find_row(key.shape, key.op);
  if (row == kNoRow) return nullptr;
  const uint8_t number = form_numbers(key.shape, key.op)[Forms<Shape::VUnary>::index_of(key)];
  return number == 0 ? nullptr : Handlers::at(row, number - 1u);
}

const SimdHandlers& handlers() {
  static constexpr SimdHandlers kHandlers = {HWY_TARGET, find};
  return kHandlers;
}

#if WEFT_EMULATED && defined(__clang__)
#pragma clang attribute pop
#endif

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace weft::interp
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft::interp {
const SimdHandlers& simd_handlers(int64_t target) { return WEFT_CALL_FOR_TARGET(handlers, target); }

const SimdHandlers& best_simd_handlers() {
  static const SimdHandlers& best = simd_handlers(supported_targets());
  return best;
}

}  // namespace weft::interp
#endif  // HWY_ONCE
