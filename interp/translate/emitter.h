// IR to cells.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "interp/translate/ir.h"

namespace weft::interp {

// Where each instruction's cell lies, from the function's first cell; `size` bytes in all.
struct CellPlan {
  std::vector<uint32_t> offsets;  // by instruction; labels have the offset of what follows them
  size_t size = 0;
};

// The function must be final: the places of all operands decided.
CellPlan plan_cells(const IrFunction& function);

// Writes the cells to `code`, 8-byte aligned, plan.size bytes. Targets of branch tables are
// absolute: the code stays where it is written.
void write_cells(const IrFunction& function, const CellPlan& plan, std::span<uint8_t> code);

}  // namespace weft::interp
