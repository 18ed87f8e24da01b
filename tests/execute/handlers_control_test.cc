// Moves, selection, globals, branches, and the cells that prepare a frame, in every form.
#include <gtest/gtest.h>

#include <bit>

#include "interp/core/numeric.h"
#include "tests/execute/one_cell.h"

namespace weft::interp::testing {
namespace {

constexpr Repr kScalars[] = {Repr::I32, Repr::I64, Repr::F32, Repr::F64};

// Distinct values of a representation; they fit in a cell. Signalling NaNs are moved as they are.
uint64_t value_of(Repr repr, int which) {
  static constexpr uint64_t kValues[][3] = {
      {0x80000001, 5, 7},
      {0xffffffff80000001, 5, 0x7fffffff},
      {0x7f800001, 0x40490fdb, 0x80000000},
      {0x7ff0000000000001, 0x4009'21fb'5444'2d18, 1ull << 63}};
  return kValues[static_cast<size_t>(repr)][which];
}

using ControlHandlers = OneCellTest;

TEST_F(ControlHandlers, MovesMoveBits) {
  for (const Repr repr : kScalars) {
    const int forms = each_form({.shape = Shape::Move, .repr = repr}, [&](const HandlerKey& key) {
      for (int which = 0; which < 3; ++which) {
        SCOPED_TRACE(name(key));
        ASSERT_EQ(run(key, {.a = value_of(repr, which)}), TrapCode::None);
        expect_result(key, value_of(repr, which));
      }
    });
    EXPECT_EQ(forms, kSmall ? 3 : 5);
  }
}

TEST_F(ControlHandlers, SelectTakesTheFirstUnlessTheConditionIsZero) {
  for (const Repr repr : kScalars) {
    const int forms = each_form({.shape = Shape::Select, .repr = repr}, [&](const HandlerKey& key) {
      for (const uint32_t condition : {0u, 1u, 0x80000000u, 0x100u}) {
        SCOPED_TRACE(name(key));
        const uint64_t a = value_of(repr, 0);
        const uint64_t b = value_of(repr, 1);
        ASSERT_EQ(run(key, {.a = a, .b = b, .c = condition}), TrapCode::None);
        expect_result(key, condition != 0 ? a : b);
      }
    });
    EXPECT_EQ(forms, 2 * 2 * 2 * 2);
  }
}

TEST_F(ControlHandlers, GlobalsAreReadAndWritten) {
  Value imported;
  for (const bool far : {false, true}) {
    for (const Repr repr : kScalars) {
      InstanceBuilder builder(types);
      builder.module.funcs.assign(1, {builder.type({ValType::I32}, {ValType::I32}), {}});
      ConstExpr zero = i32_const(0);
      builder.module.globals.push_back({{ValType::I32, true}, zero});
      instance = &instantiate_ok(*store, builder);
      made = instance->func(0);
      Value* own = &instance->context().at<Value>(instance->compiled().layout.globals);
      Value* global = far ? &imported : own;
      // An own global's place serves as the pointer to an imported one.
      if (far) own->ref = &imported;
      const uint32_t at = instance->compiled().layout.globals;
      const int gets =
          each_form({.shape = far ? Shape::GlobalGetFar : Shape::GlobalGet, .repr = repr},
                    [&](const HandlerKey& key) {
                      SCOPED_TRACE(name(key));
                      global->bits = value_of(repr, 0);
                      ASSERT_EQ(run(key, {.x = at}), TrapCode::None);
                      expect_result(key, value_of(repr, 0));
                    });
      EXPECT_EQ(gets, 2);
      const int sets =
          each_form({.shape = far ? Shape::GlobalSetFar : Shape::GlobalSet, .repr = repr},
                    [&](const HandlerKey& key) {
                      SCOPED_TRACE(name(key));
                      global->bits = 0xdddddddddddddddd;
                      ASSERT_EQ(run(key, {.a = value_of(repr, 1), .x = at}), TrapCode::None);
                      const uint64_t bits = repr == Repr::F32 ? global->i32 : global->bits;
                      EXPECT_EQ(bits, value_of(repr, 1));
                      Machine expected = input;
                      expected.exit = kNextExit;
                      expect_machine(expected);
                    });
      EXPECT_EQ(sets, 3);
    }
  }
}

// Both exits of a branch, and that a backward one is where interrupts are seen: only if taken.
class BranchHandlers : public OneCellTest {
 protected:
  void check(const HandlerKey& key, const CellFields& fields, bool taken) {
    SCOPED_TRACE(name(key));
    ASSERT_EQ(run(key, fields), TrapCode::None);
    Machine expected = input;
    expected.exit = taken ? kTargetExit : kNextExit;
    expect_machine(expected);

    prepare(key, fields, 0, hand_interrupt);
    const bool looks = taken && (key.flags & kBack) != 0;
    EXPECT_EQ(run(), looks ? TrapCode::Interrupted : TrapCode::None);
    // When it has left its cell.
    const int32_t distance = read_unaligned<int32_t>(cell + cell_layout(key).target);
    if (looks) expect_trapped_at(cell + distance);
    store->clear_interrupt();
  }
};

TEST_F(BranchHandlers, BranchesGoToTheirTarget) {
  for (const uint8_t flags : {uint8_t{0}, uint8_t{kBack}})
    check({.shape = Shape::Branch, .flags = flags}, {}, true);
}

TEST_F(BranchHandlers, ConditionalBranchesTestAllBitsOfTheirOperand) {
  for (unsigned flags = 0; flags < 4; ++flags) {
    const HandlerKey base{.shape = Shape::BranchIf, .flags = static_cast<uint8_t>(flags)};
    const int forms = each_form(base, [&](const HandlerKey& key) {
      for (const uint32_t a : {0u, 1u, 0x100u, 0x10000u, 0x80000000u, UINT32_MAX})
        check(key, {.a = a}, (a != 0) != ((flags & kNegate) != 0));
    });
    EXPECT_EQ(forms, 2);
  }
}

struct Comparison {
  Opcode op;
  bool (*holds)(uint64_t a, uint64_t b);
};

template <class A>
struct OperandOf;
template <class R, class A>
struct OperandOf<R (*)(A, A) noexcept> {
  using type = A;
};
template <auto Fn>
bool holds(uint64_t a, uint64_t b) {
  using A = typename OperandOf<decltype(Fn)>::type;
  if constexpr (std::is_same_v<decltype(Fn(A{}, A{})), uint32_t>) {
    if constexpr (sizeof(A) == 4) {
      return Fn(std::bit_cast<A>(uint32_t(a)), std::bit_cast<A>(uint32_t(b))) != 0;
    } else {
      return Fn(std::bit_cast<A>(a), std::bit_cast<A>(b)) != 0;
    }
  }
  return false;
}

const Comparison kComparisons[] = {
#define WEFT_OP(...)
#define WEFT_BINARY(prefix, code, Id, text, sig, feature, ...) {Opcode::Id, holds<&__VA_ARGS__>},
#include "interp/core/opcodes.def"
};

TEST_F(BranchHandlers, FusedComparisonsBranchAsTheirRowSays) {
  static constexpr uint64_t kInts[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff};
  static constexpr uint64_t kLongs[] = {0, 1, 0xffffffff, INT64_MAX, uint64_t{1} << 63, UINT64_MAX};
  static constexpr uint64_t kFloats[] = {0, 0x80000000, 0x3f800000, 0xff800000, 0x7fc00000};
  static constexpr uint64_t kDoubles[] = {0, 1ull << 63, 0x3ff0000000000000, 0x7ff0000000000000,
                                          0x7ff8000000000000};
  int fused = 0;
  for (const Comparison& row : kComparisons) {
    if (!fuses_with_branch(row.op)) {
      EXPECT_EQ(handler_for({.shape = Shape::CompareBranch, .op = row.op}), nullptr);
      continue;
    }
    ++fused;
    for (unsigned flags = 0; flags < 4; ++flags) {
      const HandlerKey base{
          .shape = Shape::CompareBranch, .op = row.op, .flags = static_cast<uint8_t>(flags)};
      const bool negates = (flags & kNegate) != 0;
      const int forms = each_form(base, [&](const HandlerKey& key) {
        const Repr repr = reprs_of(key).in[0];
        const std::span<const uint64_t> values =
            repr == Repr::I32   ? std::span(kInts)
            : repr == Repr::I64 ? std::span<const uint64_t>(kLongs)
            : repr == Repr::F32 ? std::span<const uint64_t>(kFloats)
                                : std::span<const uint64_t>(kDoubles);
        for (const uint64_t a : values) {
          for (const uint64_t b : values) {
            check(key, {.a = a, .b = b}, row.holds(a, b) != negates);
            if (HasFailure()) return;
          }
        }
      });
      if (HasFailure()) return;
      // a in slot or accumulator, b in a slot, the cell or the accumulator, not both there. What
      // has an opposite is not negated.
      EXPECT_EQ(forms, negates && negated(row.op) ? 0 : 5) << info(row.op).text;
    }
  }
  EXPECT_EQ(fused, 10 + 10 + 6 + 6 + 1);
}

TEST_F(BranchHandlers, TablesGoToTheEntryOrTheLast) {
  for (const uint32_t last : {0u, 1u, 4u}) {
    const int forms = each_form({.shape = Shape::BranchTable}, [&](const HandlerKey& key) {
      for (const uint32_t index : {0u, 1u, 3u, 4u, 5u, 0x80000000u, UINT32_MAX}) {
        SCOPED_TRACE(name(key));
        prepare(key, {.a = index, .x = last}, last + 1);
        ASSERT_EQ(run(), TrapCode::None);
        Machine expected = input;
        expected.exit = kTargetExit + std::min(index, last);
        expect_machine(expected);
        prepare(key, {.a = index, .x = last}, last + 1, hand_interrupt);
        EXPECT_EQ(run(), TrapCode::Interrupted);
        expect_trapped_at_cell();
      }
    });
    EXPECT_EQ(forms, 2);
  }
}

TEST_F(BranchHandlers, TablesAddTheirConstantAndWrap) {
  const HandlerKey key{.shape = Shape::BranchTable};
  for (const uint32_t index : {0u, 7u, 9u, UINT32_MAX}) {
    prepare(key, {.a = index, .x = 3, .z = static_cast<uint32_t>(-7)}, 4);
    ASSERT_EQ(run(), TrapCode::None);
    EXPECT_EQ(output.exit, kTargetExit + std::min(index - 7, 3u));
  }
}

TEST_F(BranchHandlers, TablesGoByWhatTheyLoad) {
  uint8_t* const base = instance->memory(0)->base;
  write_unaligned<uint32_t>(base + 40, 0x102);
  for (const uint8_t flags : {uint8_t{0}, uint8_t{kChecked}}) {
    for (const Opcode load : {Opcode::I32Load8U, Opcode::I32Load}) {
      const HandlerKey table{.shape = Shape::BranchTableLoad, .op = load, .flags = flags};
      const int forms = each_form(table, [&](const HandlerKey& key) {
        SCOPED_TRACE(name(key));
        const CellFields fields{.a = 32, .offset = 8, .x = 3, .z = static_cast<uint32_t>(-1)};
        prepare(key, fields, 4);
        ASSERT_EQ(run(), TrapCode::None);
        Machine expected = input;
        expected.exit = kTargetExit + (load == Opcode::I32Load8U ? 1 : 3);
        expect_machine(expected);
        prepare(key, fields, 4, hand_interrupt);
        EXPECT_EQ(run(), TrapCode::Interrupted);
        expect_trapped_at_cell();
        if (flags == 0 && instance->memory(0)->mode != MemoryMode::Guard) return;
        prepare(key, {.a = UINT32_MAX, .offset = 8, .x = 3}, 4);
        EXPECT_EQ(run(), TrapCode::OutOfBoundsMemoryAccess);
        expect_trapped_at_cell();
      });
      EXPECT_EQ(forms, kSmall ? forms : 2);
    }
  }
}

TEST_F(ControlHandlers, ZeroClearsItsSlotsOnly) {
  for (const uint32_t first : {0u, 3u, 31u}) {
    for (const uint32_t count : {1u, 2u, 9u, 32u}) {
      if (first + count > Machine::kSlots) continue;
      ASSERT_EQ(run({.shape = Shape::Zero}, {.x = first, .y = count}), TrapCode::None);
      Machine expected = input;
      expected.exit = kNextExit;
      std::fill_n(expected.frame.begin() + first, count, 0);
      expect_machine(expected);
    }
  }
}

TEST_F(ControlHandlers, FuelIsTakenWhileThereIsEnough) {
  open({.fuel = true});
  made = &func({});
  const HandlerKey key{.shape = Shape::Fuel};
  store->set_fuel(10);
  EXPECT_EQ(run(key, {.x = 7}), TrapCode::None);
  EXPECT_EQ(store->fuel(), 3u);
  EXPECT_EQ(run(key, {.x = 3}), TrapCode::None);
  EXPECT_EQ(store->fuel(), 0u);
  EXPECT_EQ(run(key, {.x = 1}), TrapCode::OutOfFuel);
  expect_trapped_at_cell();
  store->set_fuel(UINT64_MAX);
  EXPECT_EQ(run(key, {.x = UINT32_MAX}), TrapCode::None);
}

TEST_F(ControlHandlers, FramesMustFitBelowTheRecords) {
  const HandlerKey key{.shape = Shape::CheckStack};
  const StoreState& state = store->state();
  // The records of one activation: the entry's own.
  const auto room =
      static_cast<uint32_t>(reinterpret_cast<uint64_t*>(state.stack_top - 1) - state.stack_base);
  EXPECT_EQ(run(key, {.x = room}), TrapCode::None);
  EXPECT_EQ(run(key, {.x = room + 1}), TrapCode::CallStackExhausted);
  expect_trapped_at_cell();
  EXPECT_EQ(run(key, {.x = UINT32_MAX}), TrapCode::CallStackExhausted);
}

TEST_F(ControlHandlers, TrapCellsTrapWithTheirCode) {
  for (const TrapCode code : {TrapCode::Unreachable, TrapCode::CallStackExhausted}) {
    EXPECT_EQ(run({.shape = Shape::Trap}, {.x = static_cast<uint32_t>(code)}), code);
    expect_trapped_at_cell();
  }
}

}  // namespace
}  // namespace weft::interp::testing
