#include "interp/debug/instr_printer.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <vector>

namespace weft::interp {
namespace {

TEST(PrintInstr, WritesImmediatesAsTheTextFormatDoes) {
  Immediate immediate;
  immediate.bits = 0xffff'ffff;
  EXPECT_EQ(print_instr(Opcode::I32Const, immediate), "i32.const -1");
  immediate.bits = std::bit_cast<uint64_t>(0.1);
  EXPECT_EQ(print_instr(Opcode::F64Const, immediate), "f64.const 0.1");
  immediate.memarg = {.align_log2 = 2, .memory = 0, .offset = 16};
  EXPECT_EQ(print_instr(Opcode::I32Load, immediate), "i32.load offset=16");
  immediate.memarg.memory = 3;
  EXPECT_EQ(print_instr(Opcode::I32Load, immediate), "i32.load 3 offset=16");
  const std::vector<uint32_t> labels{2, 0, 1};
  immediate.labels = labels;
  EXPECT_EQ(print_instr(Opcode::BrTable, immediate), "br_table 2 0 1");
  immediate.index = {7, 0};
  EXPECT_EQ(print_instr(Opcode::CallIndirect, immediate), "call_indirect (type 7)");
  immediate.index = {7, 1};
  EXPECT_EQ(print_instr(Opcode::CallIndirect, immediate), "call_indirect 1 (type 7)");
  immediate.block = {BlockType::Kind::Value, ValType::F32, 0};
  EXPECT_EQ(print_instr(Opcode::Block, immediate), "block (result f32)");
  EXPECT_EQ(print_instr(Opcode::Nop, immediate), "nop");
}

// Whatever an instruction's immediate, there is a text that begins with the instruction's.
TEST(PrintInstr, KnowsEveryInstruction) {
  for (const InstrInfo& instr : kInstrs) {
    const auto opcode = static_cast<Opcode>(&instr - kInstrs.data());
    EXPECT_TRUE(print_instr(opcode, Immediate{}).starts_with(instr.text));
  }
}

}  // namespace
}  // namespace weft::interp
