// Handlers that compute: d := op(a), d := op(a, b), for every row of the instruction table that
// names a pure function.
#pragma once

#include "interp/core/numeric.h"
#include "interp/execute/abi.h"
#include "interp/execute/operands.h"
#include "interp/execute/variants.h"

namespace weft::interp {

template <class T>
inline constexpr bool kMayTrap = requires(T result) { result.trap; };

// D := Fn(A)
template <HandlerKey Key, auto Fn>
WEFT_HANDLER(unary) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  constexpr Reprs reprs = reprs_of(Key);
  const auto a = read_operand<Key.a, reprs.in[0]>(cell.a, WEFT_STATE);
  const auto result = Fn(a);
  if constexpr (kMayTrap<decltype(result)>) {
    if (result.trap != TrapCode::None) [[unlikely]]
      WEFT_TRAP_WITH(result.trap);
    write_result<Key.d, reprs.out>(result.value, cell.d, WEFT_STATE);
  } else {
    write_result<Key.d, reprs.out>(result, cell.d, WEFT_STATE);
  }
  WEFT_NEXT(cell.size);
}

// D := Fn(A, B)
template <HandlerKey Key, auto Fn>
WEFT_HANDLER(binary) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  take_step<Key>(cell, pc, fp);
  constexpr Reprs reprs = reprs_of(Key);
  const auto a = read_operand<Key.a, reprs.in[0]>(cell.a, WEFT_STATE);
  const auto b = read_operand<Key.b, reprs.in[1]>(cell.b, WEFT_STATE);
  const auto result = Fn(a, b);
  if constexpr (kMayTrap<decltype(result)>) {
    if (result.trap != TrapCode::None) [[unlikely]]
      WEFT_TRAP_WITH(result.trap);
    write_result<Key.d, reprs.out>(result.value, cell.d, WEFT_STATE);
  } else {
    write_result<Key.d, reprs.out>(result, cell.d, WEFT_STATE);
  }
  WEFT_NEXT(cell.size);
}

// Every variant of every numeric row whose first operand has one of these signature letters.
template <char... Letters>
struct NumericFamily {
  using UnarySpace = VariantSpace<1, true>;
  using BinarySpace = VariantSpace<2, true>;

  static constexpr bool has(Opcode op) { return ((info(op).signature[0] == Letters) || ...); }

  template <Opcode Op, auto Fn>
  static constexpr OpcodeTable<UnarySpace::Table> unary_row() {
    if constexpr (has(Op)) {
      return {Op, UnarySpace::table<HandlerKey{.shape = Shape::Unary, .op = Op}>(
                      []<HandlerKey key, size_t>() -> HandlerFn* { return &unary<key, Fn>; })};
    }
    return {Op, {}};
  }
  template <Opcode Op, auto Fn>
  static constexpr OpcodeTable<BinarySpace::Table> binary_row() {
    if constexpr (has(Op)) {
      return {Op, BinarySpace::table<HandlerKey{.shape = Shape::Binary, .op = Op}>(
                      []<HandlerKey key, size_t>() -> HandlerFn* { return &binary<key, Fn>; })};
    }
    return {Op, {}};
  }

  static HandlerFn* find(const HandlerKey& key) {
    using Unary = OpcodeTables<[] {
      return std::array{
#define WEFT_OP(...)
#define WEFT_UNARY(prefix, code, Id, text, sig, feature, ...) unary_row<Opcode::Id, &__VA_ARGS__>(),
#include "interp/core/opcodes.def"
      };
    }>;
    using Binary = OpcodeTables<[] {
      return std::array{
#define WEFT_OP(...)
#define WEFT_BINARY(prefix, code, Id, text, sig, feature, ...) \
  binary_row<Opcode::Id, &__VA_ARGS__>(),
#include "interp/core/opcodes.def"
      };
    }>;
    if (key.shape == Shape::Unary) return Unary::find(key.op, UnarySpace::index_of_key(key));
    if (key.shape == Shape::Binary) return Binary::find(key.op, BinarySpace::index_of_key(key));
    return nullptr;
  }
};

}  // namespace weft::interp
