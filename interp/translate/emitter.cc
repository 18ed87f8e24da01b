#include "interp/translate/emitter.h"

#include <cstddef>

#include "interp/core/hash_index.h"
#include "interp/core/value.h"
#include "interp/execute/handlers.h"
#include "interp/translate/flow.h"

namespace weft::interp {

namespace {

size_t cell_bytes(const IrInstr& instr, KeyFacts& facts) {
  size_t bytes = facts.of(instr.key).size;
  if (flow_of(instr.key.shape) == Flow::Table)
    bytes += (size_t{instr.x} + 1) * sizeof(BranchTableEntry);
  return bytes;
}

constexpr size_t in_operand(size_t operand, In place) {
  return operand + (place == In::Slot ? offsetof(IrOperand, slot) : offsetof(IrOperand, bits));
}

// Where an instruction has a field of at most eight bytes.
constexpr size_t place_in_instr(Field field, const HandlerKey& key) {
  switch (field) {
    case Field::S:
      return offsetof(IrInstr, s);
    case Field::R:
      return offsetof(IrInstr, r);
    case Field::T:
      return offsetof(IrInstr, t);
    case Field::D:
      return offsetof(IrInstr, d);
    case Field::A:
      return in_operand(offsetof(IrInstr, a), key.a);
    case Field::B:
      return in_operand(offsetof(IrInstr, b), key.b);
    case Field::C:
      return in_operand(offsetof(IrInstr, c), key.c);
    case Field::Offset:
      return offsetof(IrInstr, offset);
    case Field::X:
      return offsetof(IrInstr, x);
    case Field::Y:
      return offsetof(IrInstr, y);
    case Field::Z:
      return offsetof(IrInstr, z);
    case Field::Q:
      return offsetof(IrInstr, q);
    default:
      return offsetof(IrInstr, p);
  }
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
    size_t at = 0;
    for (const IrInstr& instr : function.instrs) {
      const uint32_t offset = plan.offsets[at++];
      if (instr.is_label) x_label_offsets[instr.label] = offset;
    }
  }

  void run() {
    size_t at = 0;
    for (const IrInstr& instr : x_function.instrs) {
      const size_t offset = x_plan.offsets[at++];
      if (instr.is_cell()) write(instr, offset);
    }
    // Last, as their entries hold the handlers of the cells that they go to.
    at = 0;
    for (const IrInstr& instr : x_function.instrs) {
      const size_t offset = x_plan.offsets[at++];
      if (instr.is_cell() && flow_of(instr.key.shape) == Flow::Table) write_table(instr, offset);
    }
  }

 private:
  template <class T>
  void put(size_t at, T value) {
    write_unaligned<T>(x_code.data() + at, value);
  }

  void write(const IrInstr& instr, size_t at) {
    const KeyFacts::Entry& facts = x_facts.of(instr.key);
    put(at, facts.handler);
    // Eight bytes of each, of which those behind the field belong to what is written later.
    const auto* const from = reinterpret_cast<const uint8_t*>(&instr);
    for (size_t i = 0; i < facts.field_count; ++i)
      put(at + facts.fields[i].to, read_unaligned<uint64_t>(from + facts.fields[i].from));
    if (facts.target != 0) {
      put(at + facts.target,
          static_cast<int32_t>(static_cast<int64_t>(x_label_offsets[instr.label]) -
                               static_cast<int64_t>(at)));
    }
  }

  void write_table(const IrInstr& instr, size_t at) {
    const Handler redispatch = handler_for({.shape = Shape::Redispatch});
    size_t entry = at + x_facts.of(instr.key).size;
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

const KeyFacts::Entry& KeyFacts::of(const HandlerKey& key) {
  const auto [low, middle, high] = key.words();
  const uint64_t word = (uint64_t{middle} << 32 | low) ^ uint64_t { high } << 16;
  Entry& entry = x_entries[word * kHashMultiplier >> kHashShift];
  if (entry.key != key || entry.size == 0) [[unlikely]]  // the latter has never been made
    make(entry, key);
  return entry;
}

void KeyFacts::make(Entry& entry, const HandlerKey& key) {
  entry = {};
  entry.key = key;
  entry.handler = handler_for(key);
  const auto add = [&entry](size_t from, size_t to) {
    entry.fields[entry.field_count++] = {static_cast<uint8_t>(from), static_cast<uint8_t>(to)};
  };
  const size_t size = for_each_field(key, [&](Field field, size_t at, size_t bytes) {
    if (field == Field::Target) {
      entry.target = static_cast<uint8_t>(at);
    } else if (bytes <= sizeof(uint64_t)) {
      add(place_in_instr(field, key), at);
    } else {  // a vector
      add(offsetof(IrInstr, p), at);
      add(offsetof(IrInstr, q), at + sizeof(uint64_t));
    }
  });
  entry.size = static_cast<uint8_t>(size);
}

CellPlan plan_cells(const IrFunction& function, KeyFacts& facts) {
  CellPlan plan;
  plan.offsets.resize(function.instrs.size());
  size_t at = 0;
  for (const IrInstr& instr : function.instrs) {
    plan.offsets[at++] = static_cast<uint32_t>(plan.size);
    if (instr.is_cell()) plan.size += cell_bytes(instr, facts);
  }
  return plan;
}

void write_cells(const IrFunction& function, const CellPlan& plan, std::span<uint8_t> code,
                 KeyFacts& facts) {
  CellWriter(function, plan, code, facts).run();
}

}  // namespace weft::interp
