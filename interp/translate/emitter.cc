#include "interp/translate/emitter.h"

#include "interp/core/value.h"
#include "interp/execute/handlers.h"
#include "interp/translate/flow.h"

namespace weft::interp {

namespace {

bool has_cell(const IrInstr& instr) { return !instr.is_label && instr.key.shape != Shape::kCount; }

size_t cell_bytes(const IrInstr& instr, KeyFacts& facts) {
  size_t bytes = facts.of(instr.key).layout.size;
  if (flow_of(instr.key.shape) == Flow::Table)
    bytes += (size_t{instr.x} + 1) * sizeof(BranchTableEntry);
  return bytes;
}

class CellWriter {
 public:
  CellWriter(const IrFunction& function, const CellPlan& plan, std::span<uint8_t> code,
             KeyFacts& facts)
      : x_function(function),
        x_plan(plan),
        x_code(code),
        x_facts(facts),
        x_label_offsets(function.label_count) {
    for (size_t i = 0; i < function.instrs.size(); ++i) {
      const IrInstr& instr = function.instrs[i];
      if (instr.is_label) x_label_offsets[instr.label] = plan.offsets[i];
    }
  }

  void run() {
    for (size_t i = 0; i < x_function.instrs.size(); ++i) {
      if (has_cell(x_function.instrs[i])) write(x_function.instrs[i], x_plan.offsets[i]);
    }
    // Last, as their entries hold the handlers of the cells that they go to.
    for (size_t i = 0; i < x_function.instrs.size(); ++i) {
      const IrInstr& instr = x_function.instrs[i];
      if (has_cell(instr) && flow_of(instr.key.shape) == Flow::Table)
        write_table(instr, x_plan.offsets[i]);
    }
  }

 private:
  template <class T>
  void put(size_t at, T value) {
    write_unaligned<T>(x_code.data() + at, value);
  }

  void put_operand(const IrInstr& instr, size_t at, In place, const IrOperand& operand, Repr repr) {
    if (place == In::Slot) {
      put(at, static_cast<uint16_t>(operand.slot));
    } else if (place == In::Imm && repr == Repr::V128) {
      put(at, instr.p);
      put(at + 8, instr.q);
    } else if (place == In::Imm && imm_bytes(repr) == 8) {
      put(at, operand.bits);
    } else if (place == In::Imm) {
      put(at, static_cast<uint32_t>(operand.bits));
    }
  }

  void write(const IrInstr& instr, size_t at) {
    const HandlerKey& key = instr.key;
    const KeyFacts::Entry& facts = x_facts.of(key);
    const CellLayout& layout = facts.layout;
    const Reprs& reprs = facts.reprs;
    put(at, facts.handler);
    for (Field field : facts.fields) {
      switch (field) {
        case Field::None:  // the last was before it
          return;
        case Field::S:
          put(at + layout.s, static_cast<uint16_t>(instr.s));
          break;
        case Field::R:
          put(at + layout.r, static_cast<uint16_t>(instr.r));
          break;
        case Field::T:
          put(at + layout.t, instr.t);
          break;
        case Field::D:
          if (key.d == Out::Slot) put(at + layout.d, static_cast<uint16_t>(instr.d.slot));
          break;
        case Field::A:
          put_operand(instr, at + layout.a, key.a, instr.a, reprs.in[0]);
          break;
        case Field::B:
          put_operand(instr, at + layout.b, key.b, instr.b, reprs.in[1]);
          break;
        case Field::C:
          put_operand(instr, at + layout.c, key.c, instr.c, reprs.in[2]);
          break;
        case Field::Offset:
          put(at + layout.offset, instr.offset);
          break;
        case Field::Target:
          put(at + layout.target,
              static_cast<int32_t>(static_cast<int64_t>(x_label_offsets[instr.label]) -
                                   static_cast<int64_t>(at)));
          break;
        case Field::X:
          put(at + layout.x, instr.x);
          break;
        case Field::Y:
          put(at + layout.y, instr.y);
          break;
        case Field::Z:
          put(at + layout.z, instr.z);
          break;
        case Field::P:
          put(at + layout.p, instr.p);
          break;
        case Field::Q:
          put(at + layout.q, instr.q);
          break;
      }
    }
  }

  void write_table(const IrInstr& instr, size_t at) {
    const Handler redispatch = handler_for({.shape = Shape::Redispatch});
    size_t entry = at + cell_layout(instr.key).size;
    for (size_t i = 0; i <= instr.x; ++i) {
      const size_t target = x_label_offsets[x_function.tables[instr.label + i]];
      const auto handler = read_unaligned<Handler>(x_code.data() + target);
      put(entry, BranchTableEntry{x_code.data() + target,
                                  replaces_itself(handler) ? redispatch : handler});
      entry += sizeof(BranchTableEntry);
    }
  }

  const IrFunction& x_function;
  const CellPlan& x_plan;
  std::span<uint8_t> x_code;
  KeyFacts& x_facts;
  std::vector<uint32_t> x_label_offsets;
};

}  // namespace

// The upper bits of the product depend on all bits of the word. An entry that was never made has no
// layout: cells begin with their handler.
const KeyFacts::Entry& KeyFacts::of(const HandlerKey& key) {
  Entry& entry = x_entries[key.word() * kMultiplier >> kHashShift];
  if (entry.key != key || entry.layout.size == 0)
    entry = {key, cell_layout(key), fields_of(key), reprs_of(key), handler_for(key)};
  return entry;
}

CellPlan plan_cells(const IrFunction& function, KeyFacts& facts) {
  CellPlan plan;
  plan.offsets.reserve(function.instrs.size());
  for (const IrInstr& instr : function.instrs) {
    plan.offsets.push_back(static_cast<uint32_t>(plan.size));
    if (has_cell(instr)) plan.size += cell_bytes(instr, facts);
  }
  return plan;
}

void write_cells(const IrFunction& function, const CellPlan& plan, std::span<uint8_t> code,
                 KeyFacts& facts) {
  CellWriter(function, plan, code, facts).run();
}

}  // namespace weft::interp
