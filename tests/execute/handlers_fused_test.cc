// Every row of fusions.def in every operand form, against the two cells that it stands for.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <vector>

#include "interp/translate/fusion_rows.h"
#include "tests/execute/one_cell.h"

namespace weft::interp::testing {
namespace {

struct Mode {
  StoreConfig::Memories memories;
  uint8_t flags;
};

const std::vector<uint64_t>& values_of(Repr repr) {
  static const std::vector<uint64_t> ints{0, 1, 5, 31, 0x80000000, 0xffffff85};
  static const std::vector<uint64_t> longs{0, 1, 5, 63, 0x7fffffff, ~uint64_t{0x7b}};
  static const std::vector<uint64_t> floats{0, 0x3f000000, 0xc0100000, 0x4f32d05e, 0x7f800000};
  static const std::vector<uint64_t> doubles{0, 0x3fe0000000000000, 0xc002000000000000,
                                             0x41e65a0bc0000000, 0x7ff0000000000000};
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

class FusedHandlers : public OneCellTest, public ::testing::WithParamInterface<Mode> {
 protected:
  FusedHandlers() : OneCellTest({.memories = GetParam().memories}) {
    MemoryInst& memory = *instance->memory(0);
    base = memory.base;
    size = memory.bytes;
    // Finite as floats of either size.
    for (size_t i = 0; i < size; ++i) base[i] = static_cast<uint8_t>(0x3c + i * 5 % 6);
    before.assign(base, base + size);
  }

  // What one instruction yields, by a cell of its own.
  uint64_t alone(Shape shape, Opcode op, uint64_t a, uint64_t b = 0) {
    HandlerKey key{.shape = shape, .op = op};
    if (shape == Shape::Load) key.flags = GetParam().flags;
    EXPECT_EQ(run(key, {.a = a, .b = b}), TrapCode::None);
    return output.accumulator(reprs_of(key).out);
  }

  // The second instruction's result, of the first one's and the other operand.
  uint64_t outer(const Fusion& row, uint64_t inner, uint64_t other) {
    return row.right ? alone(Shape::Binary, row.op, other, inner)
                     : alone(Shape::Binary, row.op, inner, other);
  }

  // Calls f with every form of the row that belongs to the mode.
  template <class F>
  int each_fused_form(const Fusion& row, F f) {
    int forms = 0;
    const uint8_t flags = fused_flags(row.shape);
    const uint8_t mode = flags & GetParam().flags;
    for (const unsigned variant : {0u, unsigned{kBack}, unsigned{kScaled}}) {
      if ((variant & ~unsigned{flags}) != 0) continue;
      HandlerKey key = row.key();
      key.flags |= static_cast<uint8_t>(mode | variant);
      forms += each_form(key, f);
    }
    return forms;
  }

  // Calls f with operands of the form: a, b and c of the representations that it has.
  template <class F>
  void each_operands(const HandlerKey& key, F f) {
    const Reprs reprs = reprs_of(key);
    for (const uint64_t a : values_of(reprs.in[0])) {
      for (const uint64_t b : values_of(reprs.in[1])) {
        for (const uint64_t c : values_of(reprs.in[2])) {
          f(a, b, c);
          if (HasFailure()) return;
        }
      }
    }
  }

  void check_op_op(const Fusion& row, const HandlerKey& key) {
    each_operands(key, [&](uint64_t a, uint64_t b, uint64_t c) {
      const uint64_t expected = outer(row, alone(Shape::Binary, row.inner, a, b), c);
      ASSERT_EQ(run(key, {.a = a, .b = b, .c = c}), TrapCode::None);
      expect_result(key, expected);
    });
  }

  void check_branch_op(const Fusion& row, const HandlerKey& key) {
    each_operands(key, [&](uint64_t a, uint64_t b, uint64_t c) {
      const uint64_t value = alone(Shape::Binary, row.inner, a, b);
      const bool taken = alone(Shape::Binary, row.op, value, c) != 0;
      ASSERT_EQ(run(key, {.a = a, .b = b, .c = c}), TrapCode::None);
      expect_result(key, value, taken ? kTargetExit : kNextExit);
    });
  }

  void check_return_op(const Fusion& row, const HandlerKey& key) {
    each_operands(key, [&](uint64_t a, uint64_t b, uint64_t) {
      const uint64_t expected = alone(Shape::Binary, row.inner, a, b);
      prepare(key, {.a = a, .b = b});
      FuncInst& function = *wide->func(0);
      function.code = made->code;
      Value value;
      ASSERT_EQ(invoke(*store, function, &value), TrapCode::None);
      EXPECT_EQ(value.bits, expected);
    });
  }

  // Forms without a check don't trap where there are no guard pages.
  static bool traps(const HandlerKey& key) {
    return (fused_flags(key.shape) & kChecked) != 0 ||
           GetParam().memories != StoreConfig::Memories::Checked;
  }

  // Where the accesses of these tests are: in bounds, at the last byte, and beyond.
  void check_load(const Fusion& row, const HandlerKey& key) {
    const size_t bytes = access_bytes(row.inner);
    const Repr other = reprs_of(key).in[2];
    for (const uint64_t at : {uint64_t{64}, size - bytes, size - bytes + 1}) {
      for (const uint64_t c : values_of(other)) {
        CellFields fields{.c = c};
        const bool indexed =
            key.shape == Shape::OpLoadIndexed || key.shape == Shape::BranchLoadIndexed;
        const auto scale = static_cast<uint32_t>((key.flags & kScaled) != 0 ? bytes : 1);
        fields.offset = 8;
        if (indexed) {
          fields.b = 2;
          fields.x = static_cast<uint32_t>(-24);
          fields.a = static_cast<uint32_t>(at - 8 + 24 - 2 * scale);
        } else {
          fields.a = at - 8;
        }
        if (at + bytes > size && !traps(key)) continue;
        const TrapCode trap = run(key, fields);
        if (at + bytes > size) {
          ASSERT_EQ(trap, TrapCode::OutOfBoundsMemoryAccess);
          expect_trapped_at_cell();
          continue;
        }
        ASSERT_EQ(trap, TrapCode::None);
        const Machine fused_input = input;
        const Machine fused_output = output;
        const uint64_t loaded = alone(Shape::Load, row.inner, at);
        const bool branches =
            key.shape == Shape::BranchLoad || key.shape == Shape::BranchLoadIndexed;
        const uint64_t result = outer(row, loaded, c);
        input = fused_input;
        output = fused_output;
        expect_result(key, branches ? loaded : result,
                      branches && result != 0 ? kTargetExit : kNextExit);
        if (HasFailure()) return;
      }
    }
  }

  void check_store(const Fusion& row, const HandlerKey& key) {
    const size_t bytes = access_bytes(row.op);
    const Reprs reprs = reprs_of(key);
    for (const uint64_t at : {uint64_t{64}, size - bytes, size - bytes + 1}) {
      for (const uint64_t b : values_of(reprs.in[1])) {
        const uint64_t a = values_of(reprs.in[0])[1];
        const uint64_t value = alone(Shape::Binary, row.inner, a, b);
        const TrapCode trap = run(key, {.a = a, .b = b, .c = at - 8, .offset = 8});
        std::vector<uint8_t> expected = before;
        if (at + bytes > size) {
          ASSERT_EQ(trap, TrapCode::OutOfBoundsMemoryAccess);
          expect_trapped_at_cell();
        } else {
          ASSERT_EQ(trap, TrapCode::None);
          std::memcpy(expected.data() + at, &value, bytes);
          Machine machine = input;
          machine.exit = kNextExit;
          expect_machine(machine);
        }
        ASSERT_EQ(std::memcmp(base, expected.data(), size), 0);
        std::memcpy(base, before.data(), size);
      }
    }
  }

  Instance* wide = &instance_of({{}, {ValType::I64}});  // functions whose whole slot is the result
  uint8_t* base;
  uint64_t size;
  std::vector<uint8_t> before;
};

TEST_P(FusedHandlers, DoWhatTheTwoInstructionsDo) {
  for (const Fusion& row : kFusions) {
    if (is_vector(row.shape)) continue;  // simd_handlers_test.cc
    const int forms = each_fused_form(row, [&](const HandlerKey& key) {
      if (HasFailure()) return;
      SCOPED_TRACE(name(key) + " after " + std::string(info(key.inner).text));
      switch (row.shape) {
        case Shape::OpOp:
          check_op_op(row, key);
          break;
        case Shape::BranchOp:
          check_branch_op(row, key);
          break;
        case Shape::ReturnOp:
          check_return_op(row, key);
          break;
        case Shape::StoreOp:
          check_store(row, key);
          break;
        default:
          check_load(row, key);
          break;
      }
    });
    if (HasFailure()) return;
    // A build for size has none that checks.
    const int least = !kSmall ? 4 : GetParam().flags == 0 ? 2 : 0;
    EXPECT_GE(forms, least) << info(row.op).text << " after " << info(row.inner).text;
  }
}

// In order: the second may read what the first has written.
TEST_P(FusedHandlers, PairsOfMovesMoveOneAfterTheOther) {
  const int forms = each_form({.shape = Shape::MovePair}, [&](const HandlerKey& key) {
    SCOPED_TRACE(name(key));
    const uint64_t a = key.a == In::Imm ? 0xffffffff'80000001 : 0x123456789abcdef0;
    const uint64_t b = key.b == In::Imm ? 77 : 0xfedcba9876543210;
    prepare(key, {.a = a, .b = b});
    write_unaligned(cell + cell_layout(key).c, kSlotC);
    ASSERT_EQ(run(), TrapCode::None);
    Machine expected = input;
    expected.frame[CellFields().d] = a;
    expected.frame[kSlotC] = b;
    expected.acc = b;
    expected.exit = kNextExit;
    expect_machine(expected);
    HandlerKey into_accumulator = key;
    into_accumulator.c = In::Acc;
    EXPECT_EQ(handler_for(into_accumulator), nullptr);
  });
  EXPECT_EQ(forms, 4);

  const HandlerKey chain{.shape = Shape::MovePair};
  CellFields fields{.d = kSlotB, .a = 5, .b = 6};
  prepare(chain, fields);
  write_unaligned(cell + cell_layout(chain).c, kSlotC);
  ASSERT_EQ(run(), TrapCode::None);
  EXPECT_EQ(output.frame[kSlotC], 5u);
}

TEST_P(FusedHandlers, MovesAreMadeBeforeTheJump) {
  for (const uint8_t flags : {uint8_t{0}, uint8_t{kBack}}) {
    const HandlerKey base_key{.shape = Shape::MoveBranch, .repr = Repr::I64, .flags = flags};
    const int forms = each_form(base_key, [&](const HandlerKey& key) {
      SCOPED_TRACE(name(key));
      ASSERT_EQ(run(key, {.a = 0x7abcdef0}), TrapCode::None);
      expect_result(key, 0x7abcdef0, kTargetExit);
    });
    EXPECT_EQ(forms, 3);
  }
}

// A branch that finds the interrupt flag set has done its work: the guest stops at the target.
TEST_P(FusedHandlers, BackwardBranchesKeepTheirResultWhenInterrupted) {
  const HandlerKey key{.shape = Shape::BranchOp,
                       .op = Opcode::I32Ne,
                       .inner = Opcode::I32Add,
                       .b = In::Imm,
                       .c = In::Imm,
                       .flags = kBack};
  prepare(key, {.a = 5, .b = 1, .c = 0}, 0, hand_interrupt);
  EXPECT_EQ(run(), TrapCode::Interrupted);
  const TrapState& trap = store->state().trap;
  EXPECT_GT(trap.pc, cell);
  EXPECT_EQ(trap.fp[CellFields().d], 6u);
  store->clear_interrupt();
}

constexpr Mode kModes[] = {
#ifdef __x86_64__
    {StoreConfig::Memories::Guard, 0},
#endif
    {StoreConfig::Memories::Checked, kChecked},
};
INSTANTIATE_TEST_SUITE_P(Modes, FusedHandlers, ::testing::ValuesIn(kModes));

}  // namespace
}  // namespace weft::interp::testing
