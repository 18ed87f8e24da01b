// Algebra of instructions that translation relies on: swapping operands and negating conditions.
#pragma once

#include <optional>

#include "interp/core/opcode.h"

namespace weft::interp {

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
      return std::nullopt;
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
