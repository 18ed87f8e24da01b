// IR to cells.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "interp/translate/cell_layout.h"
#include "interp/translate/ir.h"

namespace weft::interp {

// What the emitter wants to know of a key, kept from cell to cell: most cells of a program have one
// of a few hundred keys.
class KeyFacts {
 public:
  struct Entry {
    HandlerKey key;
    CellLayout layout;
    Fields fields;
    Reprs reprs;
    Handler handler;
  };
  // Lasts until the next call.
  const Entry& of(const HandlerKey& key);

 private:
  static constexpr size_t kEntries = 512;
  static constexpr uint64_t kMultiplier = 0x9e37'79b9'7f4a'7c15;  // 2^64 by the golden ratio
  static constexpr int kHashShift = 64 - std::countr_zero(kEntries);
  std::unique_ptr<Entry[]> x_entries = std::make_unique<Entry[]>(kEntries);
};

// Where each instruction's cell lies, from the function's first cell; `size` bytes in all.
struct CellPlan {
  std::vector<uint32_t> offsets;  // by instruction; labels have the offset of what follows them
  size_t size = 0;
};

// The function must be final: the places of all operands decided.
CellPlan plan_cells(const IrFunction& function, KeyFacts& facts);

// Writes the cells to `code`, 8-byte aligned, plan.size bytes. Targets of branch tables are
// absolute: the code stays where it is written.
void write_cells(const IrFunction& function, const CellPlan& plan, std::span<uint8_t> code,
                 KeyFacts& facts);

}  // namespace weft::interp
