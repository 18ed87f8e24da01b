// Algebra of instructions that translation relies on: swapping operands and negating conditions.
#pragma once

#include <optional>

#include "interp/core/opcode.h"

namespace weft::interp {

constexpr bool commutes_vector(Opcode op) {
  using enum Opcode;
  switch (op) {
    case I8x16Eq:
    case I8x16Ne:
    case I8x16Add:
    case I8x16MinS:
    case I8x16MinU:
    case I8x16MaxS:
    case I8x16MaxU:
    case I8x16AddSatS:
    case I8x16AddSatU:
    case I8x16AvgrU:
    case I16x8Eq:
    case I16x8Ne:
    case I16x8Add:
    case I16x8Mul:
    case I16x8MinS:
    case I16x8MinU:
    case I16x8MaxS:
    case I16x8MaxU:
    case I16x8AddSatS:
    case I16x8AddSatU:
    case I16x8AvgrU:
    case I32x4Eq:
    case I32x4Ne:
    case I32x4Add:
    case I32x4Mul:
    case I32x4MinS:
    case I32x4MinU:
    case I32x4MaxS:
    case I32x4MaxU:
    case I64x2Eq:
    case I64x2Ne:
    case I64x2Add:
    case I64x2Mul:
    case I32x4DotI16x8S:
    case I16x8Q15mulrSatS:
    case I16x8RelaxedQ15mulrS:
    case F32x4Eq:
    case F32x4Ne:
    case F32x4Add:
    case F32x4Mul:
    case F64x2Eq:
    case F64x2Ne:
    case F64x2Add:
    case F64x2Mul:
    case V128And:
    case V128Or:
    case V128Xor:
      return true;
    default:
      return false;
  }
}

constexpr std::optional<Opcode> swapped_vector(Opcode op) {
  using enum Opcode;
  switch (op) {
    case I8x16LtS:
      return I8x16GtS;
    case I8x16GtS:
      return I8x16LtS;
    case I8x16LeS:
      return I8x16GeS;
    case I8x16GeS:
      return I8x16LeS;
    case I8x16LtU:
      return I8x16GtU;
    case I8x16GtU:
      return I8x16LtU;
    case I8x16LeU:
      return I8x16GeU;
    case I8x16GeU:
      return I8x16LeU;
    case I16x8LtS:
      return I16x8GtS;
    case I16x8GtS:
      return I16x8LtS;
    case I16x8LeS:
      return I16x8GeS;
    case I16x8GeS:
      return I16x8LeS;
    case I16x8LtU:
      return I16x8GtU;
    case I16x8GtU:
      return I16x8LtU;
    case I16x8LeU:
      return I16x8GeU;
    case I16x8GeU:
      return I16x8LeU;
    case I32x4LtS:
      return I32x4GtS;
    case I32x4GtS:
      return I32x4LtS;
    case I32x4LeS:
      return I32x4GeS;
    case I32x4GeS:
      return I32x4LeS;
    case I32x4LtU:
      return I32x4GtU;
    case I32x4GtU:
      return I32x4LtU;
    case I32x4LeU:
      return I32x4GeU;
    case I32x4GeU:
      return I32x4LeU;
    case I64x2LtS:
      return I64x2GtS;
    case I64x2GtS:
      return I64x2LtS;
    case I64x2LeS:
      return I64x2GeS;
    case I64x2GeS:
      return I64x2LeS;
    case F32x4Lt:
      return F32x4Gt;
    case F32x4Gt:
      return F32x4Lt;
    case F32x4Le:
      return F32x4Ge;
    case F32x4Ge:
      return F32x4Le;
    case F64x2Lt:
      return F64x2Gt;
    case F64x2Gt:
      return F64x2Lt;
    case F64x2Le:
      return F64x2Ge;
    case F64x2Ge:
      return F64x2Le;
    default:
      return commutes_vector(op) ? std::optional(op) : std::nullopt;
  }
}

// The instruction that computes op(b, a) as swapped(op)(a, b), if there is one.
constexpr std::optional<Opcode> swapped(Opcode op) {
  using enum Opcode;
  switch (op) {
    case I32Add:
    case I32Mul:
    case I32And:
    case I32Or:
    case I32Xor:
    case I32Eq:
    case I32Ne:
    case I64Add:
    case I64Mul:
    case I64And:
    case I64Or:
    case I64Xor:
    case I64Eq:
    case I64Ne:
    case F32Eq:
    case F32Ne:
    case F64Eq:
    case F64Ne:
      return op;
    case I32LtS:
      return I32GtS;
    case I32LtU:
      return I32GtU;
    case I32GtS:
      return I32LtS;
    case I32GtU:
      return I32LtU;
    case I32LeS:
      return I32GeS;
    case I32LeU:
      return I32GeU;
    case I32GeS:
      return I32LeS;
    case I32GeU:
      return I32LeU;
    case I64LtS:
      return I64GtS;
    case I64LtU:
      return I64GtU;
    case I64GtS:
      return I64LtS;
    case I64GtU:
      return I64LtU;
    case I64LeS:
      return I64GeS;
    case I64LeU:
      return I64GeU;
    case I64GeS:
      return I64LeS;
    case I64GeU:
      return I64LeU;
    case F32Lt:
      return F32Gt;
    case F32Gt:
      return F32Lt;
    case F32Le:
      return F32Ge;
    case F32Ge:
      return F32Le;
    case F64Lt:
      return F64Gt;
    case F64Gt:
      return F64Lt;
    case F64Le:
      return F64Ge;
    case F64Ge:
      return F64Le;
    // Float addition and multiplication commute except for which NaN comes out, which the spec
    // leaves open.
    case F32Add:
    case F32Mul:
    case F64Add:
    case F64Mul:
      return op;
    default:
      return swapped_vector(op);
  }
}

// The integer comparison that holds exactly when `op` does not. Float comparisons have none: NaN
// fails both.
constexpr std::optional<Opcode> negated(Opcode op) {
  using enum Opcode;
  switch (op) {
    case I32Eq:
      return I32Ne;
    case I32Ne:
      return I32Eq;
    case I32LtS:
      return I32GeS;
    case I32LtU:
      return I32GeU;
    case I32GtS:
      return I32LeS;
    case I32GtU:
      return I32LeU;
    case I32LeS:
      return I32GtS;
    case I32LeU:
      return I32GtU;
    case I32GeS:
      return I32LtS;
    case I32GeU:
      return I32LtU;
    case I64Eq:
      return I64Ne;
    case I64Ne:
      return I64Eq;
    case I64LtS:
      return I64GeS;
    case I64LtU:
      return I64GeU;
    case I64GtS:
      return I64LeS;
    case I64GtU:
      return I64LeU;
    case I64LeS:
      return I64GtS;
    case I64LeU:
      return I64GtU;
    case I64GeS:
      return I64LtS;
    case I64GeU:
      return I64LtU;
    default:
      return std::nullopt;
  }
}

// Whether a numeric instruction with two operands may trap: divisions do.
constexpr bool may_trap(Opcode op) {
  return (op >= Opcode::I32DivS && op <= Opcode::I32RemU) ||
         (op >= Opcode::I64DivS && op <= Opcode::I64RemU);
}

constexpr bool is_comparison(Opcode op) {
  return (op >= Opcode::I32Eq && op <= Opcode::I32GeU) ||
         (op >= Opcode::I64Eq && op <= Opcode::I64GeU) ||
         (op >= Opcode::F32Eq && op <= Opcode::F64Ge);
}

// Instructions that a conditional branch can take in: comparisons, and the bit test of i32.and.
constexpr bool fuses_with_branch(Opcode op) { return is_comparison(op) || op == Opcode::I32And; }

}  // namespace weft::interp
