// What one function looks like between the validator's events and its cells: a list of instructions
// over frame slots.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "interp/core/opcode.h"
#include "interp/translate/byte_loop.h"
#include "interp/translate/cell.h"
#include "interp/translate/code.h"
#include "interp/translate/optimizations.h"

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

// Where a cell has the operand, before the accumulator pass.
constexpr In place_of(const IrOperand& operand) {
  return operand.kind == IrOperand::Kind::Const ? In::Imm : In::Slot;
}

using LabelId = uint32_t;
inline constexpr LabelId kNoLabel = UINT32_MAX;

// An instruction becomes one cell. Places in `key` start out as Slot and Imm; the accumulator pass
// refines them.
struct IrInstr {
  HandlerKey key;
  bool is_label = false;     // `label` is here; of the shape kCount
  Repr result = Repr::I32;   // of calls with a single scalar result; d is its slot
  LabelId label = kNoLabel;  // the label itself, or a branch's target; a BranchTable's first entry
                             // in IrFunction::tables
  uint32_t offset = 0;       // of a memory access
  uint32_t x = 0, y = 0, z = 0;
  uint32_t s = 0, r = 0;  // slots; r is kNoSlot where it is absent
  int32_t t = 0;
  uint32_t d = kNoSlot;  // the result's slot
  Origin origin;
  IrOperand a, b, c;
  uint64_t p = 0, q = 0;

  // Neither a label nor what a pass has removed.
  bool is_cell() const { return key.shape != Shape::kCount; }
  bool has_result() const { return d != kNoSlot; }
  bool steps() const { return key.step() != 0; }
  bool writes_slot(uint32_t slot) const { return d == slot || (steps() && s == slot); }
  bool reads_slot(uint32_t slot) const {
    return a.is_slot(slot) || b.is_slot(slot) || c.is_slot(slot) || (steps() && r == slot) ||
           (key.shape == Shape::CompareSelect && s == slot);
  }
};
static_assert(sizeof(IrInstr) == 128);  // pages of them are touched: a large function has thousands

using TryId = uint32_t;
inline constexpr TryId kNoTry = UINT32_MAX;
inline constexpr uint32_t kNoCatch = UINT32_MAX;

// What a stretch of code does with exceptions: its clauses in order, then those around it.
struct IrTry {
  TryId parent = kNoTry;  // where exceptions go that no clause catches: made earlier than this one
  uint32_t first = kNoCatch;
  uint32_t last = kNoCatch;
};

struct IrCatch {
  uint32_t tag = kAnyTag;        // where the Context has it
  uint32_t values = 0;           // first slot of the tag's values
  uint32_t reference = kNoSlot;  // slot of the exception itself
  LabelId target = kNoLabel;
  uint32_t next = kNoCatch;  // of the same try
};

// From instruction `from` on, exceptions go to `innermost`.
struct IrTryChange {
  size_t from;
  TryId innermost;
};

struct IrFunction {
  std::vector<IrInstr> instrs;
  std::vector<LabelId> tables;  // the entries of all branch tables; x + 1 of them for each
  std::vector<IrTry> tries;
  std::vector<IrCatch> catches;
  std::vector<IrTryChange> try_changes;  // ascending
  std::vector<ByteLoop> byte_loops;      // by `p` of their cells
  uint32_t label_count = 0;
  uint32_t local_slots = 0;  // the frame begins with them
  uint32_t frame_slots = 0;
  uint32_t counter_count = 0;

  void add_label(LabelId label) {
    IrInstr& instr = instrs.emplace_back();
    instr.key.shape = Shape::kCount;
    instr.is_label = true;
    instr.label = label;
  }
};

// Keeps those ByteLoop cells, of which the translator puts one before each loop, whose loops copy
// or fill memory. Comes first: it reads plain instructions.
void find_byte_loops(IrFunction& function);
// What these cells point to, from then on; null if there are none.
std::unique_ptr<ByteLoop[]> make_byte_loops(IrFunction& function);

// Replaces groups of instructions by single ones that do the same.
void fuse(IrFunction& function, Optimizations optimizations);

// Lets instructions read and leave values in the accumulators where that saves a slot access.
void use_accumulators(IrFunction& function);

}  // namespace weft::interp
