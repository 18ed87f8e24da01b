// Code that counts what it executes (CodeOptions::count_dispatches).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "interp/translate/code.h"
#include "interp/translate/ir.h"

namespace weft::interp {

// Puts in cells that count: where a block of instructions begins that run one after the other, and
// on every way out of a branch but one, whose count is the rest. Each has the number of its counter
// in `p`. The last pass: what is counted is the code that others run.
void count_blocks(IrFunction& function);

// The function's counters, all 0, and their addresses in its cells instead of their numbers. Null
// if it has none.
std::unique_ptr<uint64_t[]> make_counters(IrFunction& function);

// From the counters of blocks and edges to those of handlers and pairs.
class DispatchSums {
 public:
  // A function as count_blocks made it, and what it has counted.
  void add(uint32_t func, const IrFunction& function, uint64_t* counters);
  // When all functions were added.
  DispatchCounts take();

 private:
  class Reader;
  DispatchCounts x_counts;
  std::map<uint32_t, HandlerKey> x_entries;                     // by function: its first cell
  std::map<std::pair<HandlerKey, uint32_t>, uint64_t> x_calls;  // by the cell and the callee
};

}  // namespace weft::interp
