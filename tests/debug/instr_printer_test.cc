#include "interp/debug/instr_printer.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <string_view>
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
  EXPECT_EQ(print_instr(Opcode::I64Load, immediate), "i64.load 3 offset=16 align=4");
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
  immediate.bits = 0xffa0'0000;
  EXPECT_EQ(print_instr(Opcode::F32Const, immediate), "f32.const -nan:0x200000");
}

// The text's order of immediates, which is not always the binary format's.
TEST(PrintInstr, WritesOptionalIndicesFirst) {
  Immediate immediate;
  immediate.index = {2, 0};
  EXPECT_EQ(print_instr(Opcode::MemoryInit, immediate), "memory.init 2");
  EXPECT_EQ(print_instr(Opcode::TableInit, immediate), "table.init 2");
  immediate.index = {2, 1};
  EXPECT_EQ(print_instr(Opcode::MemoryInit, immediate), "memory.init 1 2");
  EXPECT_EQ(print_instr(Opcode::TableInit, immediate), "table.init 1 2");
  EXPECT_EQ(print_instr(Opcode::TableCopy, immediate), "table.copy 2 1");
  immediate.index = {};
  EXPECT_EQ(print_instr(Opcode::MemoryCopy, immediate), "memory.copy");
}

TEST(PrintInstr, WritesTypesOfReferencesWhole) {
  Immediate immediate;
  immediate.heap = HeapType::of_index(3);
  EXPECT_EQ(print_instr(Opcode::RefNull, immediate), "ref.null 3");
  EXPECT_EQ(print_instr(Opcode::RefTest, immediate), "ref.test (ref 3)");
  EXPECT_EQ(print_instr(Opcode::RefTestNull, immediate), "ref.test (ref null 3)");
  EXPECT_EQ(print_instr(Opcode::RefCastNull, immediate), "ref.cast (ref null 3)");
  immediate.cast = {1, true, false, HeapType::Any, HeapType::I31};
  EXPECT_EQ(print_instr(Opcode::BrOnCast, immediate), "br_on_cast 1 (ref null any) (ref i31)");
  const std::vector<ValType> types{ValType::I32};
  immediate.types = types;
  EXPECT_EQ(print_instr(Opcode::SelectT, immediate), "select (result i32)");
}

// Whatever an instruction's immediate, there is a text that begins with the instruction's.
TEST(PrintInstr, KnowsEveryInstruction) {
  for (const InstrInfo& instr : kInstrs) {
    const auto opcode = static_cast<Opcode>(&instr - kInstrs.data());
    const std::string_view word = instr.text.substr(0, instr.text.find(' '));
    EXPECT_TRUE(print_instr(opcode, Immediate{}).starts_with(word)) << instr.text;
  }
}

}  // namespace
}  // namespace weft::interp
