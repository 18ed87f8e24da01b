// Cells that begin with a step do what they do without one, after it.
#include <gtest/gtest.h>

#include <vector>

#include "tests/execute/one_cell.h"

namespace weft::interp::testing {
namespace {

class StepHandlers : public OneCellTest {
 protected:
  // The keys with a step that have handlers, but for calls: what those call comes from translation.
  static std::vector<HandlerKey> keys() {
    std::vector<HandlerKey> keys;
    const auto add = [&keys](HandlerKey key) {
      for (unsigned flags = 0; flags < 64; ++flags) {
        if ((flags & kStepFlags) == 0) continue;
        key.flags = static_cast<uint8_t>(flags);
        each_form(key, [&keys](const HandlerKey& form) { keys.push_back(form); });
      }
    };
    for (const Shape shape : {Shape::Branch, Shape::BranchIf, Shape::MovePair})
      add({.shape = shape});
    add({.shape = Shape::MoveBranch, .repr = Repr::I64});
    add({.shape = Shape::Binary, .op = Opcode::I32Add});
    for (size_t op = 0; op < kOpcodeCount; ++op) {
      for (const Shape shape :
           {Shape::CompareBranch, Shape::Load, Shape::LoadIndexed, Shape::Store}) {
        add({.shape = shape, .op = static_cast<Opcode>(op)});
      }
    }
    for (const Fusion& fusion : kFusions) add(fusion.key());
    return keys;
  }

  void run_with(const HandlerKey& key, const CellFields& fields, uint64_t from) {
    prepare(key, fields);
    if (key.shape == Shape::MovePair) write_unaligned(cell + cell_layout(key).c, kSlotC);
    input.frame[fields.r] = from;
    ASSERT_EQ(run(), TrapCode::None);
  }
};

TEST_F(StepHandlers, StepAndThenDoWhatOthersDo) {
  const std::vector<HandlerKey> all = keys();
  // Branch, BranchIf, MovePair, MoveBranch, Binary; i32.and and ten comparisons; ten rows; loads of
  // two kinds, stores; of each three kinds of steps.
  constexpr size_t kAll = 3 * (2 + 8 + 4 + 6 + 8 + 16 + 10 * 8 + 10 * 4 + 4 * (4 + 8) + 3 * 5);
  if (kSmall) {
    EXPECT_GT(all.size(), 30u);
  } else {
    EXPECT_EQ(all.size(), kAll);
  }
  for (const HandlerKey& key : all) {
    SCOPED_TRACE(name(key));
    HandlerKey plain = key;
    plain.flags &= static_cast<uint8_t>(~kStepFlags);
    for (const uint64_t from : {uint64_t{5}, uint64_t{UINT32_MAX}}) {
      for (const uint64_t a : {uint64_t{0}, uint64_t{7}}) {
        const CellFields fields{.a = a, .b = 1, .c = 8, .t = -6};
        run_with(plain, fields, from);
        Machine expected = output;
        const uint64_t sum = from - 6;
        expected.frame[fields.s] = key.step() == kStep64 ? sum
                                   : key.step() == kStep ? static_cast<uint32_t>(sum)
                                                         : static_cast<uint32_t>(-6);
        run_with(key, fields, from);
        expect_machine(expected);
        if (HasFailure()) return;
      }
    }
  }
}

TEST_F(StepHandlers, WhatTheStepWroteIsRead) {
  const HandlerKey key{.shape = Shape::BranchIf, .flags = kStep};
  const CellFields fields{.a = 0, .s = kSlotA, .r = kSlotA, .t = 2};
  ASSERT_EQ(run(key, fields), TrapCode::None);
  EXPECT_EQ(output.exit, kTargetExit);
  EXPECT_EQ(output.frame[kSlotA], 2u);
}

}  // namespace
}  // namespace weft::interp::testing
