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
  static constexpr UnarySpace::Table kUnary =
      UnarySpace::table<HandlerKey{.shape = Shape::Unary, .op = Op}>(
          []<HandlerKey key, size_t>() -> HandlerFn* { return &unary<key, Fn>; });
  template <Opcode Op, auto Fn>
  static constexpr BinarySpace::Table kBinary =
      BinarySpace::table<HandlerKey{.shape = Shape::Binary, .op = Op}>(
          []<HandlerKey key, size_t>() -> HandlerFn* { return &binary<key, Fn>; });

  template <Opcode Op, auto Fn>
  static constexpr HandlerFn* const* unary_row() {
    if constexpr (has(Op)) return kUnary<Op, Fn>.data();
    return nullptr;
  }
  template <Opcode Op, auto Fn>
  static constexpr HandlerFn* const* binary_row() {
    if constexpr (has(Op)) return kBinary<Op, Fn>.data();
    return nullptr;
  }

  static HandlerFn* find(const HandlerKey& key) {
    static constexpr auto kUnaryRows = [] {
      std::array<HandlerFn* const*, kOpcodeCount> rows{};
#define WEFT_OP(...)
#define WEFT_UNARY(prefix, code, Id, text, sig, feature, ...) \
  rows[index_of(Opcode::Id)] = unary_row<Opcode::Id, &__VA_ARGS__>();
#include "interp/core/opcodes.def"
      return rows;
    }();
    static constexpr auto kBinaryRows = [] {
      std::array<HandlerFn* const*, kOpcodeCount> rows{};
#define WEFT_OP(...)
#define WEFT_BINARY(prefix, code, Id, text, sig, feature, ...) \
  rows[index_of(Opcode::Id)] = binary_row<Opcode::Id, &__VA_ARGS__>();
#include "interp/core/opcodes.def"
      return rows;
    }();
    if (key.shape == Shape::Unary) {
      const auto row = kUnaryRows[index_of(key.op)];
      return row ? row[UnarySpace::index_of_key(key)] : nullptr;
    }
    if (key.shape == Shape::Binary) {
      const auto row = kBinaryRows[index_of(key.op)];
      return row ? row[BinarySpace::index_of_key(key)] : nullptr;
    }
    return nullptr;
  }
};

}  // namespace weft::interp
