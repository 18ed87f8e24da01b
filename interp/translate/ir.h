// What one function looks like between the validator's events and its cells: a list of instructions
// over frame slots.
#pragma once

#include <cstdint>
#include <vector>

#include "interp/core/opcode.h"
#include "interp/translate/cell.h"

namespace weft::interp {

struct IrOperand {
  enum class Kind : uint8_t { None, Slot, Const };
  Kind kind = Kind::None;
  bool dies = false;  // a temporary that nothing reads again
  uint32_t slot = 0;
  uint64_t bits = 0;  // Const

  static IrOperand at(uint32_t slot, bool dies = false) { return {Kind::Slot, dies, slot, 0}; }
  static IrOperand constant(uint64_t bits) { return {Kind::Const, false, 0, bits}; }
  bool is_slot(uint32_t s) const { return kind == Kind::Slot && slot == s; }
};

using LabelId = uint32_t;
inline constexpr LabelId kNoLabel = UINT32_MAX;

// An instruction becomes one cell. Places in `key` start out as Slot and Imm; the accumulator pass
// refines them.
struct IrInstr {
  HandlerKey key;
  bool is_label = false;     // not a cell: `label` is here
  LabelId label = kNoLabel;  // the label itself, or a branch's target; a BranchTable's first entry
                             // in IrFunction::tables
  uint32_t offset = 0;       // of a memory access
  uint32_t x = 0, y = 0, z = 0;
  IrOperand d, a, b, c;
  uint64_t p = 0, q = 0;
  Repr result =
      Repr::I32;  // calls with a single scalar result: its representation; d names its slot
  uint32_t wasm_offset = 0;  // byte offset in the module

  bool writes_slot(uint32_t slot) const { return d.is_slot(slot); }
  bool reads_slot(uint32_t slot) const {
    return a.is_slot(slot) || b.is_slot(slot) || c.is_slot(slot);
  }
};

struct IrFunction {
  std::vector<IrInstr> instrs;
  std::vector<LabelId> tables;  // the entries of all branch tables; x + 1 of them for each
  uint32_t label_count = 0;
  uint32_t frame_slots = 0;
};

// Replaces groups of instructions by single ones that do the same.
void fuse(IrFunction& function);

// Lets instructions read and leave values in the accumulators where that saves a slot access.
void use_accumulators(IrFunction& function);

}  // namespace weft::interp
