// Handlers of vector shapes, compiled for each of Highway's targets: this file is included again
// for every one.
#include "interp/execute/simd_handlers.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "interp/core/opcode.h"
#include "interp/core/simd_targets.h"
#include "interp/execute/abi.h"
#include "interp/execute/operands.h"
#include "interp/execute/shapes_far_memory.h"
#include "interp/translate/cell_layout.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "interp/execute/handlers_simd.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>
#include "interp/execute/simd_ops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft::interp {
namespace HWY_NAMESPACE {

// All operands are in slots, so a shape has one layout.
template <Shape S>
inline constexpr CellLayout kCell = cell_layout({.shape = S});

HWY_INLINE uint64_t* slot(const uint8_t* pc, uint64_t* fp, size_t at) {
  return fp + read_unaligned<uint16_t>(pc + at);
}
HWY_INLINE V read_vector(const uint8_t* pc, uint64_t* fp, size_t at) {
  return load(slot(pc, fp, at));
}
HWY_INLINE void write_vector(V value, const uint8_t* pc, uint64_t* fp, size_t at) {
  store(value, slot(pc, fp, at));
}

// ---- Pure functions

// D := Fn(A)
template <auto Fn>
HWY_ATTR WEFT_HANDLER(v_unary) {
  WEFT_REGS;
  constexpr CellLayout cell = kCell<Shape::VUnary>;
  write_vector(Fn(read_vector(pc, fp, cell.a)), pc, fp, cell.d);
  WEFT_NEXT(cell.size);
}

// D := Fn(A, B)
template <auto Fn>
HWY_ATTR WEFT_HANDLER(v_binary) {
  WEFT_REGS;
  constexpr CellLayout cell = kCell<Shape::VBinary>;
  const V a = read_vector(pc, fp, cell.a);
  const V b = read_vector(pc, fp, cell.b);
  write_vector(Fn(a, b), pc, fp, cell.d);
  WEFT_NEXT(cell.size);
}

// D := Fn(A, B, C)
template <auto Fn>
HWY_ATTR WEFT_HANDLER(v_ternary) {
  WEFT_REGS;
  constexpr CellLayout cell = kCell<Shape::VTernary>;
  const V a = read_vector(pc, fp, cell.a);
  const V b = read_vector(pc, fp, cell.b);
  const V c = read_vector(pc, fp, cell.c);
  write_vector(Fn(a, b, c), pc, fp, cell.d);
  WEFT_NEXT(cell.size);
}

// D := Fn(A, scalar B)
template <auto Fn>
HWY_ATTR WEFT_HANDLER(v_shift) {
  WEFT_REGS;
  constexpr CellLayout cell = kCell<Shape::VShift>;
  const V a = read_vector(pc, fp, cell.a);
  const uint32_t count = read_operand<In::Slot, Repr::I32>(cell.b, WEFT_STATE);
  write_vector(Fn(a, count), pc, fp, cell.d);
  WEFT_NEXT(cell.size);
}

// scalar D := Fn(A)
template <auto Fn>
HWY_ATTR WEFT_HANDLER(v_test) {
  WEFT_REGS;
  constexpr CellLayout cell = kCell<Shape::VTest>;
  const uint32_t result = Fn(read_vector(pc, fp, cell.a));
  write_result<Out::Slot, Repr::I32>(result, cell.d, WEFT_STATE);
  WEFT_NEXT(cell.size);
}

// D := Fn(scalar A)
template <auto Fn, class Scalar>
HWY_ATTR WEFT_HANDLER(v_splat) {
  WEFT_REGS;
  constexpr CellLayout cell = kCell<Shape::VSplat>;
  const Scalar a = read_operand<In::Slot, kReprOf<Scalar>>(cell.a, WEFT_STATE);
  write_vector(Fn(a), pc, fp, cell.d);
  WEFT_NEXT(cell.size);
}

// scalar D := lane X of A
template <auto Fn, class Scalar>
HWY_ATTR WEFT_HANDLER(v_extract) {
  WEFT_REGS;
  constexpr CellLayout cell = kCell<Shape::VExtract>;
  const Scalar lane =
      Fn(reinterpret_cast<const uint8_t*>(slot(pc, fp, cell.a)), read_u32(pc, cell.x));
  write_result<Out::Slot, kReprOf<Scalar>>(lane, cell.d, WEFT_STATE);
  WEFT_NEXT(cell.size);
}

// D := A with scalar B as lane X
template <auto Fn, class Scalar>
HWY_ATTR WEFT_HANDLER(v_replace) {
  WEFT_REGS;
  constexpr CellLayout cell = kCell<Shape::VReplace>;
  const V a = read_vector(pc, fp, cell.a);
  const Scalar b = read_operand<In::Slot, kReprOf<Scalar>>(cell.b, WEFT_STATE);
  write_vector(Fn(a, b, read_u32(pc, cell.x)), pc, fp, cell.d);
  WEFT_NEXT(cell.size);
}

// D := bytes of A and B, by the lanes P, Q
HWY_ATTR WEFT_HANDLER(v_shuffle) {
  WEFT_REGS;
  constexpr CellLayout cell = kCell<Shape::VShuffle>;
  static_assert(cell.q == cell.p + 8);
  const V a = read_vector(pc, fp, cell.a);
  const V b = read_vector(pc, fp, cell.b);
  write_vector(i8x16_shuffle(a, b, load(pc + cell.p)), pc, fp, cell.d);
  WEFT_NEXT(cell.size);
}

// ---- Moves

// D := the value P, Q
HWY_ATTR WEFT_HANDLER(v_const) {
  WEFT_REGS;
  constexpr CellLayout cell = kCell<Shape::VConst>;
  static_assert(cell.q == cell.p + 8);
  write_vector(load(pc + cell.p), pc, fp, cell.d);
  WEFT_NEXT(cell.size);
}

// D := A
HWY_ATTR WEFT_HANDLER(v_move) {
  WEFT_REGS;
  constexpr CellLayout cell = kCell<Shape::VMove>;
  write_vector(read_vector(pc, fp, cell.a), pc, fp, cell.d);
  WEFT_NEXT(cell.size);
}

// D := scalar C ? A : B, without a branch
HWY_ATTR WEFT_HANDLER(v_select) {
  WEFT_REGS;
  constexpr CellLayout cell = kCell<Shape::VSelect>;
  const V a = read_vector(pc, fp, cell.a);
  const V b = read_vector(pc, fp, cell.b);
  const V zero = splat<U32>(read_operand<In::Slot, Repr::I32>(cell.c, WEFT_STATE));
  write_vector(v128_bitselect(b, a, eq<U32>(zero, hn::Zero(U8()))), pc, fp, cell.d);
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
template <Shape S>
HWY_ATTR WEFT_HANDLER(v_global_get) {
  WEFT_REGS;
  constexpr CellLayout cell = kCell<S>;
  write_vector(load(global_at<S>(ctx, read_u32(pc, cell.x))), pc, fp, cell.d);
  WEFT_NEXT(cell.size);
}

// global X := A
template <Shape S>
HWY_ATTR WEFT_HANDLER(v_global_set) {
  WEFT_REGS;
  constexpr CellLayout cell = kCell<S>;
  store(read_vector(pc, fp, cell.a), global_at<S>(ctx, read_u32(pc, cell.x)));
  WEFT_NEXT(cell.size);
}

// ---- Memory 0

// Guard pages catch what lies beyond the memory, as a 32-bit address and offset stay in the
// reservation.
template <bool kCheck, size_t kBytes>
HWY_INLINE bool out_of_bounds(const Context* ctx, uint64_t at) {
  if constexpr (kCheck) return at + kBytes > ctx->memory0->bytes;
  return false;
}

// D := Fn(memory[A + offset])
template <auto Fn, size_t kBytes, bool kCheck>
HWY_ATTR WEFT_HANDLER(v_load) {
  WEFT_REGS;
  constexpr CellLayout cell = kCell<Shape::VLoad>;
  const uint64_t at =
      uint64_t{read_operand<In::Slot, Repr::I32>(cell.a, WEFT_STATE)} + read_u32(pc, cell.offset);
  if (out_of_bounds<kCheck, kBytes>(ctx, at)) [[unlikely]]
    WEFT_TRAP(TrapCode::OutOfBoundsMemoryAccess);
  const V value = Fn(mem + at);
  keep_until_stored(pc);
  write_vector(value, pc, fp, cell.d);
  WEFT_NEXT(cell.size);
}

// memory[A + offset] := B
template <bool kCheck>
HWY_ATTR WEFT_HANDLER(v_store) {
  WEFT_REGS;
  constexpr CellLayout cell = kCell<Shape::VStore>;
  const uint64_t at =
      uint64_t{read_operand<In::Slot, Repr::I32>(cell.a, WEFT_STATE)} + read_u32(pc, cell.offset);
  const V value = read_vector(pc, fp, cell.b);
  if (out_of_bounds<kCheck, 16>(ctx, at)) [[unlikely]]
    WEFT_TRAP(TrapCode::OutOfBoundsMemoryAccess);
  store(value, mem + at);
  keep_until_stored(pc);
  WEFT_NEXT(cell.size);
}

// D := B with lane X from memory[A + offset]
template <class D, bool kCheck>
HWY_ATTR WEFT_HANDLER(v_load_lane) {
  WEFT_REGS;
  constexpr CellLayout cell = kCell<Shape::VLoadLane>;
  const uint64_t at =
      uint64_t{read_operand<In::Slot, Repr::I32>(cell.a, WEFT_STATE)} + read_u32(pc, cell.offset);
  if (out_of_bounds<kCheck, sizeof(Lane<D>)>(ctx, at)) [[unlikely]]
    WEFT_TRAP(TrapCode::OutOfBoundsMemoryAccess);
  const auto lane = read_unaligned<Lane<D>>(mem + at);
  keep_until_loaded(pc, lane);
  write_vector(replace_lane<D>(read_vector(pc, fp, cell.b), lane, read_u32(pc, cell.x)), pc, fp,
               cell.d);
  WEFT_NEXT(cell.size);
}

// memory[A + offset] := lane X of B
template <class D, bool kCheck>
HWY_ATTR WEFT_HANDLER(v_store_lane) {
  WEFT_REGS;
  constexpr CellLayout cell = kCell<Shape::VStoreLane>;
  const uint64_t at =
      uint64_t{read_operand<In::Slot, Repr::I32>(cell.a, WEFT_STATE)} + read_u32(pc, cell.offset);
  const auto* lanes = reinterpret_cast<const uint8_t*>(slot(pc, fp, cell.b));
  const auto lane = extract_lane<Lane<D>, Lane<D>>(lanes, read_u32(pc, cell.x));
  if (out_of_bounds<kCheck, sizeof lane>(ctx, at)) [[unlikely]]
    WEFT_TRAP(TrapCode::OutOfBoundsMemoryAccess);
  write_unaligned(mem + at, lane);
  keep_until_stored(pc);
  WEFT_NEXT(cell.size);
}

// ---- The memory at byte Y of the Context

// Where the cell's access goes, or null if that is out of bounds.
template <Shape S, uint64_t kBytes>
HWY_INLINE uint8_t* far_place(Context* ctx, const uint8_t* pc, uint64_t* fp) {
  constexpr CellLayout cell = kCell<S>;
  const MemoryInst* memory = ctx->at<MemoryInst*>(read_u32(pc, cell.y));
  return far_access<kBytes>(*memory, *slot(pc, fp, cell.a), read_unaligned<uint64_t>(pc + cell.p));
}

// D := Fn(memory[A + P])
template <auto Fn, size_t kBytes>
HWY_ATTR WEFT_HANDLER(v_load_far) {
  WEFT_REGS;
  constexpr CellLayout cell = kCell<Shape::VLoadFar>;
  const uint8_t* at = far_place<Shape::VLoadFar, kBytes>(ctx, pc, fp);
  if (at == nullptr) [[unlikely]]
    WEFT_TRAP(TrapCode::OutOfBoundsMemoryAccess);
  write_vector(Fn(at), pc, fp, cell.d);
  WEFT_NEXT(cell.size);
}

// memory[A + P] := B
HWY_ATTR WEFT_HANDLER(v_store_far) {
  WEFT_REGS;
  constexpr CellLayout cell = kCell<Shape::VStoreFar>;
  uint8_t* at = far_place<Shape::VStoreFar, 16>(ctx, pc, fp);
  if (at == nullptr) [[unlikely]]
    WEFT_TRAP(TrapCode::OutOfBoundsMemoryAccess);
  store(read_vector(pc, fp, cell.b), at);
  WEFT_NEXT(cell.size);
}

// D := B with lane X from memory[A + P]
template <class D>
HWY_ATTR WEFT_HANDLER(v_load_lane_far) {
  WEFT_REGS;
  constexpr CellLayout cell = kCell<Shape::VLoadLaneFar>;
  const uint8_t* at = far_place<Shape::VLoadLaneFar, sizeof(Lane<D>)>(ctx, pc, fp);
  if (at == nullptr) [[unlikely]]
    WEFT_TRAP(TrapCode::OutOfBoundsMemoryAccess);
  const auto lane = read_unaligned<Lane<D>>(at);
  write_vector(replace_lane<D>(read_vector(pc, fp, cell.b), lane, read_u32(pc, cell.x)), pc, fp,
               cell.d);
  WEFT_NEXT(cell.size);
}

// memory[A + P] := lane X of B
template <class D>
HWY_ATTR WEFT_HANDLER(v_store_lane_far) {
  WEFT_REGS;
  constexpr CellLayout cell = kCell<Shape::VStoreLaneFar>;
  uint8_t* at = far_place<Shape::VStoreLaneFar, sizeof(Lane<D>)>(ctx, pc, fp);
  if (at == nullptr) [[unlikely]]
    WEFT_TRAP(TrapCode::OutOfBoundsMemoryAccess);
  const auto* lanes = reinterpret_cast<const uint8_t*>(slot(pc, fp, cell.b));
  write_unaligned(at, extract_lane<Lane<D>, Lane<D>>(lanes, read_u32(pc, cell.x)));
  WEFT_NEXT(cell.size);
}

// ---- Tables

// The scalar that a function of a vector row takes or returns.
template <class T>
T splat_scalar(V (*)(T));
template <class T>
T extract_scalar(T (*)(const uint8_t*, uint32_t));
template <class T>
T replace_scalar(V (*)(V, T, uint32_t));

template <size_t kBytes>
using LaneOfBytes = std::conditional_t<
    kBytes == 1, U8,
    std::conditional_t<kBytes == 2, U16, std::conditional_t<kBytes == 4, U32, U64>>>;

struct Row {
  Shape shape = Shape::kCount;
  HandlerFn* handler = nullptr;
  HandlerFn* checked = nullptr;  // MemoryMode::Checked; null where no memory is accessed
  HandlerFn* far = nullptr;      // the shape of the same name that names its memory
};

// The shape whose rows hold this one's handlers, and whether they are the `far` ones.
struct FarShape {
  Shape near;
  bool is_far;
};
constexpr FarShape split(Shape shape) {
  switch (shape) {
    case Shape::VLoadFar:
      return {Shape::VLoad, true};
    case Shape::VStoreFar:
      return {Shape::VStore, true};
    case Shape::VLoadLaneFar:
      return {Shape::VLoadLane, true};
    case Shape::VStoreLaneFar:
      return {Shape::VStoreLane, true};
    default:
      return {shape, false};
  }
}

constexpr std::array<Row, kOpcodeCount> kRows = [] {
  std::array<Row, kOpcodeCount> rows{};
  const auto set = [&rows](Opcode op, Shape shape, HandlerFn* handler, HandlerFn* checked = nullptr,
                           HandlerFn* far = nullptr) {
    rows[index_of(op)] = {shape, handler, checked, far};
  };
#define WEFT_OP(...)
#define WEFT_V_UNARY(prefix, code, Id, text, sig, feature, fn) \
  set(Opcode::Id, Shape::VUnary, v_unary<fn>);
#define WEFT_V_BINARY(prefix, code, Id, text, sig, feature, fn) \
  set(Opcode::Id, Shape::VBinary, v_binary<fn>);
#define WEFT_V_TERNARY(prefix, code, Id, text, sig, feature, fn) \
  set(Opcode::Id, Shape::VTernary, v_ternary<fn>);
#define WEFT_V_SHIFT(prefix, code, Id, text, sig, feature, fn) \
  set(Opcode::Id, Shape::VShift, v_shift<fn>);
#define WEFT_V_TEST(prefix, code, Id, text, sig, feature, fn) \
  set(Opcode::Id, Shape::VTest, v_test<fn>);
#define WEFT_V_SPLAT(prefix, code, Id, text, sig, feature, fn) \
  set(Opcode::Id, Shape::VSplat, v_splat<fn, decltype(splat_scalar(fn))>);
#define WEFT_V_EXTRACT(prefix, code, Id, text, sig, feature, fn, lanes) \
  set(Opcode::Id, Shape::VExtract, v_extract<fn, decltype(extract_scalar(fn))>);
#define WEFT_V_REPLACE(prefix, code, Id, text, sig, feature, fn, lanes) \
  set(Opcode::Id, Shape::VReplace, v_replace<fn, decltype(replace_scalar(fn))>);
#define WEFT_V_LOAD(prefix, code, Id, text, sig, feature, fn, bytes)               \
  set(Opcode::Id, Shape::VLoad, v_load<fn, bytes, false>, v_load<fn, bytes, true>, \
      v_load_far<fn, bytes>);
#define WEFT_V_LOAD_LANE(prefix, code, Id, text, sig, feature, bytes)       \
  set(Opcode::Id, Shape::VLoadLane, v_load_lane<LaneOfBytes<bytes>, false>, \
      v_load_lane<LaneOfBytes<bytes>, true>, v_load_lane_far<LaneOfBytes<bytes>>);
#define WEFT_V_STORE_LANE(prefix, code, Id, text, sig, feature, bytes)        \
  set(Opcode::Id, Shape::VStoreLane, v_store_lane<LaneOfBytes<bytes>, false>, \
      v_store_lane<LaneOfBytes<bytes>, true>, v_store_lane_far<LaneOfBytes<bytes>>);
#include "interp/core/opcodes.def"
  return rows;
}();

constexpr std::array<Row, kShapeCount> kRowsWithoutOpcode = [] {
  std::array<Row, kShapeCount> rows{};
  const auto set = [&rows](Shape shape, HandlerFn* handler, HandlerFn* checked = nullptr,
                           HandlerFn* far = nullptr) {
    rows[static_cast<size_t>(shape)] = {shape, handler, checked, far};
  };
  set(Shape::VShuffle, v_shuffle);
  set(Shape::VConst, v_const);
  set(Shape::VMove, v_move);
  set(Shape::VSelect, v_select);
  set(Shape::VGlobalGet, v_global_get<Shape::VGlobalGet>);
  set(Shape::VGlobalGetFar, v_global_get<Shape::VGlobalGetFar>);
  set(Shape::VGlobalSet, v_global_set<Shape::VGlobalSet>);
  set(Shape::VGlobalSetFar, v_global_set<Shape::VGlobalSetFar>);
  set(Shape::VStore, v_store<false>, v_store<true>, v_store_far);
  return rows;
}();

HandlerFn* find(const HandlerKey& key) {
  if (key.a != In::Slot || key.b != In::Slot || key.c != In::Slot || key.d != Out::Slot)
    return nullptr;
  const auto [shape, is_far] = split(key.shape);
  const bool checked = key.flags == kChecked;
  if (key.flags != 0 && (!checked || is_far)) return nullptr;
  const Row& row = has_opcode(key.shape) ? kRows[index_of(key.op)]
                                         : kRowsWithoutOpcode[static_cast<size_t>(shape)];
  if (has_opcode(key.shape) && row.shape != shape) return nullptr;
  return is_far ? row.far : checked ? row.checked : row.handler;
}

const SimdHandlers& handlers() {
  static constexpr SimdHandlers kHandlers = {HWY_TARGET, find};
  return kHandlers;
}

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
