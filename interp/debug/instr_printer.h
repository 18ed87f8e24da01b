// Instructions and types in the text format's words, for the disassembler and the module printer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "interp/debug/index_names.h"
#include "interp/decode/instr_reader.h"
#include "interp/decode/module.h"

namespace weft::interp {

// "i32.load offset=4", "br_table 0 1 2", "v128.const i8x16 0x0...".
std::string print_instr(Opcode opcode, const Immediate& immediate,
                        const IndexNames& names = IndexNames());

// "i32", "funcref", "(ref null $t)". Indices are those of a decoded module.
std::string print_type(ValType type, const IndexNames& names);

struct ListedInstr {
  uint64_t offset = 0;  // in the module
  uint32_t depth = 0;   // blocks around it
  std::string text{};
};

// The body of a validated function: its instructions in order, the local declarations first, as
// lines such as "local i32 i32" with the next local's number.
std::vector<ListedInstr> list_function(const Module& module, uint32_t func);

}  // namespace weft::interp
