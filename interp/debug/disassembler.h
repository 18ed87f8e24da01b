// Functions as text: WebAssembly's instructions beside the cells that were made of them.
#pragma once

#include <cstdint>
#include <string>

#include "interp/decode/names.h"
#include "interp/translate/code.h"

namespace weft::interp {

// One cell, read back from memory: "i32.add [2] := [0], 5". Slots are in brackets, acc is the
// accumulator; targets of branches are bytes from `function`, the function's first cell.
std::string print_cell(const uint8_t* cell, const uint8_t* function);

// What cells with this handler have in common: "i32.add acc := slot, const".
std::string print_handler(const HandlerKey& key);

// A defined function, translating it if need be. Empty if memory for its code could not be had.
std::string disassemble(CodeSpace& code, const NameSection& names, uint32_t func);

}  // namespace weft::interp
