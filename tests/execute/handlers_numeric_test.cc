// Every numeric row of the instruction table, in every operand form that exists, against the row's
// own function: one cell, edge values by edge values.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "interp/core/numeric.h"
#include "interp/execute/variants.h"
#include "tests/execute/one_cell.h"

namespace weft::interp::testing {
namespace {

struct Outcome {
  uint64_t bits;
  TrapCode trap = TrapCode::None;
};
using Function = Outcome (*)(uint64_t a, uint64_t b);

template <class T>
T from_bits(uint64_t bits) {
  if constexpr (sizeof(T) == 4) {
    return std::bit_cast<T>(static_cast<uint32_t>(bits));
  } else {
    return std::bit_cast<T>(bits);
  }
}
template <class T>
uint64_t to_bits(T value) {
  return std::bit_cast<std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>>(value);
}
template <class T>
Outcome outcome_of(T value) {
  return {to_bits(value)};
}
template <class T>
Outcome outcome_of(Trapping<T> result) {
  return {to_bits(result.value), result.trap};
}

template <class A>
struct Signature;
template <class R, class A>
struct Signature<R (*)(A) noexcept> {
  template <auto Fn>
  static Outcome call(uint64_t a, uint64_t) {
    return outcome_of(Fn(from_bits<A>(a)));
  }
};
template <class R, class A>
struct Signature<R (*)(A, A) noexcept> {
  template <auto Fn>
  static Outcome call(uint64_t a, uint64_t b) {
    return outcome_of(Fn(from_bits<A>(a), from_bits<A>(b)));
  }
};
template <auto Fn>
constexpr Function erase = &Signature<decltype(Fn)>::template call<Fn>;

struct Row {
  Opcode op;
  Shape shape;
  Function function;
};
const Row kRows[] = {
#define WEFT_OP(...)
#define WEFT_UNARY(prefix, code, Id, text, sig, feature, ...) \
  {Opcode::Id, Shape::Unary, erase<&__VA_ARGS__>},
#define WEFT_BINARY(prefix, code, Id, text, sig, feature, ...) \
  {Opcode::Id, Shape::Binary, erase<&__VA_ARGS__>},
#include "interp/core/opcodes.def"
};

const std::vector<uint64_t>& edge_values(Repr repr) {
  static const std::vector<uint64_t> ints = {
      0, 1, 2, 7, 31, 32, 33, 0x80, 0x7fff, 0x7fffffff, 0x80000000, 0xffffff85, UINT32_MAX};
  static const std::vector<uint64_t> longs = [] {
    std::vector<uint64_t> values = ints;
    for (const uint64_t more :
         {uint64_t{63}, uint64_t{64}, uint64_t{1} << 32, uint64_t{INT64_MAX}, uint64_t{1} << 63,
          ~uint64_t{0x7b}, UINT64_MAX, uint64_t{0xffffffff80000000}})
      values.push_back(more);
    return values;
  }();
  static const std::vector<double> reals = {0.0,
                                            -0.0,
                                            0.5,
                                            -0.5,
                                            1,
                                            -1.5,
                                            2.5,
                                            1e-310,
                                            3e9,
                                            -2147483648.0,
                                            2147483648.0,
                                            4294967295.0,
                                            9223372036854775808.0,
                                            -9223372036854775808.0,
                                            18446744073709551616.0,
                                            1e300,
                                            std::numeric_limits<double>::infinity(),
                                            -std::numeric_limits<double>::infinity()};
  static const std::vector<uint64_t> doubles = [] {
    std::vector<uint64_t> values;
    for (const double real : reals) values.push_back(to_bits(real));
    for (const uint64_t nan : {0x7ff8000000000000u, 0xfff8000000000000u, 0x7ff0000000000001u})
      values.push_back(nan);
    return values;
  }();
  static const std::vector<uint64_t> floats = [] {
    std::vector<uint64_t> values;
    for (const double real : reals) values.push_back(to_bits(static_cast<float>(real)));
    for (const uint64_t nan : {0x7fc00000u, 0xffc00000u, 0x7f800001u}) values.push_back(nan);
    return values;
  }();
  switch (repr) {
    case Repr::I64:
      return longs;
    case Repr::F32:
      return floats;
    case Repr::F64:
      return doubles;
    default:
      return ints;
  }
}

bool is_nan(Repr repr, uint64_t bits) {
  return repr == Repr::F32   ? std::isnan(from_bits<float>(bits))
         : repr == Repr::F64 ? std::isnan(from_bits<double>(bits))
                             : false;
}

class NumericHandlers : public OneCellTest {
 protected:
  void check(const Row& row, const HandlerKey& key, uint64_t a, uint64_t b) {
    const Outcome expected = row.function(a, b);
    prepare(key, {.a = a, .b = b});
    ASSERT_EQ(run(), expected.trap);
    if (expected.trap != TrapCode::None) return expect_trapped_at_cell();
    uint64_t bits = expected.bits;
    // Compilers may swap the operands of a sum, which changes nothing but which NaN comes out.
    const Repr repr = reprs_of(key).out;
    if (is_nan(repr, bits) && key.shape == Shape::Binary) {
      ASSERT_TRUE(is_nan(repr, output.accumulator(repr)));
      bits = output.accumulator(repr);
    }
    expect_result(key, bits);
  }
};

TEST_F(NumericHandlers, ComputeTheirRowInEveryForm) {
  int forms = 0;
  for (const Row& row : kRows) {
    forms += each_form({.shape = row.shape, .op = row.op}, [&](const HandlerKey& key) {
      SCOPED_TRACE(name(key));
      const Reprs reprs = reprs_of(key);
      static const std::vector<uint64_t> none = {0};
      const auto& rights = row.shape == Shape::Binary ? edge_values(reprs.in[1]) : none;
      for (const uint64_t a : edge_values(reprs.in[0])) {
        for (const uint64_t b : rights) {
          check(row, key, a, b);
          if (HasFailure()) FAIL() << std::hex << a << " " << b;
        }
      }
    });
    if (HasFailure()) return;
  }
  // Unary: a in slot or accumulator. Binary: the same and constants, but never two constants or two
  // accumulators; a constant on the left only where operands can't be swapped.
  size_t expected = 0;
  for (const Row& row : kRows) {
    const size_t all = row.shape == Shape::Unary ? 4 : swapped(row.op) ? 10 : 14;
    // Half of these don't write their result.
    const bool whole = !kSmall || (row.shape == Shape::Binary && is_common(row.op));
    expected += whole ? all : all / 2;
  }
  EXPECT_EQ(static_cast<size_t>(forms), expected);
}

TEST_F(NumericHandlers, AResultMayReplaceAnOperand) {
  for (const Row& row : kRows) {
    const HandlerKey key{.shape = row.shape, .op = row.op};
    const Reprs reprs = reprs_of(key);
    for (const uint16_t slot : {kSlotA, kSlotB}) {
      const uint64_t a = edge_values(reprs.in[0])[7];
      const uint64_t b = edge_values(reprs.in[1])[4];
      const Outcome expected = row.function(a, b);
      if (expected.trap != TrapCode::None) continue;
      ASSERT_EQ(run(key, {.d = slot, .a = a, .b = b}), TrapCode::None) << name(key);
      const uint64_t mask = reprs.out == Repr::F32 ? UINT32_MAX : UINT64_MAX;
      EXPECT_EQ(output.frame[slot] & mask, expected.bits) << name(key);
    }
  }
}

struct WideRow {
  Opcode op;
  num::Words (*of_two)(uint64_t, uint64_t) noexcept = nullptr;
  num::Words (*of_four)(uint64_t, uint64_t, uint64_t, uint64_t) noexcept = nullptr;
};
constexpr WideRow wide_row(Opcode op, num::Words (*fn)(uint64_t, uint64_t) noexcept) {
  return {op, fn, nullptr};
}
constexpr WideRow wide_row(Opcode op,
                           num::Words (*fn)(uint64_t, uint64_t, uint64_t, uint64_t) noexcept) {
  return {op, nullptr, fn};
}
const WideRow kWideRows[] = {
#define WEFT_OP(...)
#define WEFT_WIDE(prefix, code, Id, text, sig, feature, fn) wide_row(Opcode::Id, fn),
#include "interp/core/opcodes.def"
};

class WideHandlers : public OneCellTest {
 protected:
  static constexpr uint16_t kSlotY = 3;

  // The cell with its results in slots `low` and `high`, and the words that it should write.
  num::Words run_row(const WideRow& row, uint16_t low, uint16_t high,
                     const std::array<uint64_t, 4>& words) {
    const HandlerKey key{.shape = row.of_four != nullptr ? Shape::Wide : Shape::MulWide,
                         .op = row.op};
    const auto& [a, b, c, y] = words;
    prepare(key, {.d = low, .a = a, .b = b, .c = c, .x = high, .y = kSlotY});
    input.frame[kSlotY] = y;
    EXPECT_EQ(run(), TrapCode::None);
    return row.of_four != nullptr ? row.of_four(a, b, c, y) : row.of_two(a, b);
  }
};

TEST_F(WideHandlers, WriteBothWords) {
  const std::vector<uint64_t>& edges = edge_values(Repr::I64);
  for (const WideRow& row : kWideRows) {
    SCOPED_TRACE(info(row.op).text);
    for (size_t i = 0; i < edges.size() * edges.size(); ++i) {
      const uint64_t a = edges[i % edges.size()];
      const uint64_t b = edges[i / edges.size()];
      const auto [low, high] = run_row(row, 20, 25, {a, b, ~b, a ^ b >> 1});
      Machine expected = input;
      expected.exit = kNextExit;
      expected.frame[25] = high;
      expected.frame[20] = low;
      expected.acc = low;
      expect_machine(expected);
      if (HasFailure()) FAIL() << std::hex << a << " " << b;
    }
  }
}

TEST_F(WideHandlers, ReadAllBeforeTheyWriteAndTheLowWordLast) {
  constexpr uint16_t kPlaces[] = {kSlotA, kSlotB, kSlotC, kSlotY};
  for (const WideRow& row : kWideRows) {
    SCOPED_TRACE(info(row.op).text);
    for (const uint16_t low : kPlaces) {
      for (const uint16_t high : kPlaces) {
        const num::Words expected =
            run_row(row, low, high, {~uint64_t{4}, uint64_t{1} << 63, ~uint64_t{9}, 77});
        EXPECT_EQ(output.frame[low], expected.low);
        if (low != high) {
          EXPECT_EQ(output.frame[high], expected.high);
        }
      }
    }
  }
}

bool has_repr(Shape shape) {
  switch (shape) {
    case Shape::Move:
    case Shape::Select:
    case Shape::GlobalGet:
    case Shape::GlobalSet:
    case Shape::GlobalGetFar:
    case Shape::GlobalSetFar:
    case Shape::Return:
      return true;
    default:
      return false;
  }
}

// A key names its handler, and a handler its key: what the disassembler relies on. Relaxed
// instructions share the handlers of the strict ones.
TEST(HandlerKeys, AreTheInverseOfHandlers) {
  size_t keys = 0;
  const auto check = [&](HandlerKey key) {
    for (unsigned places = 0; places < 27 * 2; ++places) {
      key.d = static_cast<Out>(places % 2);
      key.a = static_cast<In>(places / 2 % 3);
      key.b = static_cast<In>(places / 6 % 3);
      key.c = static_cast<In>(places / 18);
      if (!exists(key)) continue;
      const Handler handler = handler_for(key);
      if (handler == nullptr) continue;
      ++keys;
      const auto found = key_of(handler);
      ASSERT_TRUE(found.has_value());
      EXPECT_EQ(handler_for(*found), handler);
      // Relaxed instructions share the handlers of strict ones.
      if (info(key.op).feature != Feature::RelaxedSimd) {
        EXPECT_EQ(*found, key);
      }
    }
  };
  for (size_t s = 0; s < kShapeCount; ++s) {
    HandlerKey key{.shape = static_cast<Shape>(s)};
    if (has_opcode(key.shape)) {
      for (size_t op = 0; op < kOpcodeCount; ++op) {
        key.op = static_cast<Opcode>(op);
        check(key);
      }
    } else {
      for (int repr = 0; repr <= (has_repr(key.shape) ? 3 : 0); ++repr) {
        key.repr = static_cast<Repr>(repr);
        check(key);
      }
    }
  }
  EXPECT_GT(keys, kSmall ? 1000u : 2000u);
  EXPECT_FALSE(key_of(reinterpret_cast<Handler>(&keys)).has_value());
}

// A comparison and the choice by it: as the comparison alone decides.
TEST_F(NumericHandlers, ChooseByAComparison) {
  int forms = 0;
  for (size_t i = index_of(Opcode::I32Eq); i <= index_of(Opcode::I32GeU); ++i) {
    const auto op = static_cast<Opcode>(i);
    forms += each_form({.shape = Shape::CompareSelect, .op = op}, [&](const HandlerKey& key) {
      SCOPED_TRACE(name(key));
      for (const uint64_t a : edge_values(Repr::I32)) {
        for (const uint64_t b : edge_values(Repr::I32)) {
          ASSERT_EQ(run({.shape = Shape::Binary, .op = op}, {.a = a, .b = b}), TrapCode::None);
          const bool holds = output.acc != 0;
          const CellFields fields{.a = a, .b = b, .c = 0x80000003};
          prepare(key, fields);
          input.frame[fields.s] = 0xfffffffe;
          ASSERT_EQ(run(), TrapCode::None);
          expect_result(key, holds ? 0xfffffffe : 0x80000003);
          if (HasFailure()) return;
        }
      }
    });
    if (HasFailure()) return;
  }
  EXPECT_EQ(forms, 10 * 5 * 2 * 2);
}

}  // namespace
}  // namespace weft::interp::testing
