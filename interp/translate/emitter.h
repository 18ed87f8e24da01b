// IR to cells.
#pragma once

#include <array>
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
  // Eight bytes to be copied from an instruction to its cell.
  struct FieldCopy {
    uint8_t from;
    uint8_t to;
  };
  struct Entry {
    HandlerKey key;
    uint8_t size;    // of the cell
    uint8_t target;  // where it has a branch's target, or 0
    uint8_t field_count;
    std::array<FieldCopy, kMaxFields> fields;  // the others, ascending
    Handler handler;
  };
  // Lasts until the next call.
  const Entry& of(const HandlerKey& key);

 private:
  [[gnu::noinline]] static void make(Entry& entry, const HandlerKey& key);

  static constexpr size_t kEntries = 512;
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

// Writes the cells to `code`, 8-byte aligned, plan.size bytes, and may overwrite the kCodeSlack
// bytes behind it. Targets of branch tables are absolute: the code stays where it is written.
inline constexpr size_t kCodeSlack = sizeof(uint64_t);
void write_cells(const IrFunction& function, const CellPlan& plan, std::span<uint8_t> code,
                 KeyFacts& facts);

}  // namespace weft::interp
