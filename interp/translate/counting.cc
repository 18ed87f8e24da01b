#include "interp/translate/counting.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <vector>

#include "interp/translate/flow.h"

namespace weft::interp {

namespace {

bool is_counter(const IrInstr& instr) {
  return instr.key.shape == Shape::CountBlock || instr.key.shape == Shape::CountEdge;
}

class Counting {
 public:
  explicit Counting(IrFunction& function) : x_function(function) {}

  void run() {
    const std::vector<IrInstr> old = std::exchange(x_function.instrs, {});
    std::vector<size_t> moved;  // where the code of each old instruction begins
    moved.reserve(old.size() + 1);
    bool in_block = false;
    for (const IrInstr& instr : old) {
      moved.push_back(x_function.instrs.size());
      if (instr.is_label) {
        in_block = false;
        x_function.instrs.push_back(instr);
        continue;
      }
      if (instr.key.shape == Shape::kCount) continue;  // what a pass removed
      if (!in_block) add_counter(Shape::CountBlock, instr.origin);
      x_function.instrs.push_back(instr);
      const Flow flow = flow_of(instr.key.shape);
      in_block = flow == Flow::Next || flow == Flow::Branch;
      if (flow == Flow::Branch) add_counter(Shape::CountBlock, instr.origin);
      if (flow == Flow::Table) add_edges(instr);
    }
    moved.push_back(x_function.instrs.size());
    for (IrTryChange& change : x_function.try_changes) change.from = moved[change.from];
  }

 private:
  IrInstr& add_counter(Shape shape, const Origin& origin) {
    IrInstr& instr = x_function.instrs.emplace_back();
    instr.key = {.shape = shape};
    instr.p = x_function.counter_count++;
    instr.origin = origin;
    return instr;
  }

  // A counter between a branch table and each label that it goes to.
  void add_edges(const IrInstr& table) {
    std::map<LabelId, LabelId> edges;
    for (uint32_t i = 0; i <= table.x; ++i) {
      LabelId& target = x_function.tables[table.label + i];
      const auto [edge, is_new] = edges.try_emplace(target, x_function.label_count);
      if (is_new) {
        x_function.add_label(x_function.label_count++);
        add_counter(Shape::CountEdge, table.origin).label = target;
      }
      target = edge->second;
    }
  }

  IrFunction& x_function;
};

// What a call becomes when it is first executed.
HandlerKey linked(HandlerKey key) {
  if (key.shape == Shape::CallLazy) key.shape = Shape::Call;
  if (key.shape == Shape::ReturnCallLazy) key.shape = Shape::ReturnCall;
  return key;
}

}  // namespace

void count_blocks(IrFunction& function) { Counting(function).run(); }

std::unique_ptr<uint64_t[]> make_counters(IrFunction& function) {
  if (function.counter_count == 0) return nullptr;
  auto counters = std::make_unique<uint64_t[]>(function.counter_count);
  for (IrInstr& instr : function.instrs) {
    if (is_counter(instr)) instr.p = reinterpret_cast<uintptr_t>(&counters[instr.p]);
  }
  return counters;
}

// One function's counters, read in the order of its instructions.
class DispatchSums::Reader {
 public:
  Reader(DispatchSums& sums, const IrFunction& function, uint64_t* counters)
      : x_sums(sums), x_function(function), x_counters(counters), x_cells(function.label_count) {
    const IrInstr* next = nullptr;
    for (auto instr = function.instrs.rbegin(); instr != function.instrs.rend(); ++instr) {
      if (instr->is_label) {
        x_cells[instr->label] = next;
      } else if (!is_counter(*instr)) {
        next = &*instr;
      }
    }
    x_first = next;
  }

  const IrInstr* first() const { return x_first; }

  void run() {
    for (const IrInstr& instr : x_function.instrs) {
      if (instr.is_label) continue;
      if (is_counter(instr)) {
        read_counter(instr);
      } else {
        read_cell(instr);
      }
    }
  }

 private:
  void read_counter(const IrInstr& instr) {
    const uint64_t count = std::atomic_ref(x_counters[instr.p]).load(std::memory_order_relaxed);
    if (instr.key.shape == Shape::CountEdge) {  // of the table before it
      add_pair(*x_left, x_cells[instr.label], count);
      return;
    }
    if (x_left != nullptr && flow_of(x_left->key.shape) == Flow::Branch) {
      // Behind a branch: it was taken as often as it was executed and not passed.
      add_pair(*x_left, x_cells[x_left->label], x_count - std::min(count, x_count));
      x_previous = x_left;
      x_previous_count = count;
      x_left = nullptr;
    }
    x_count = count;
  }

  void read_cell(const IrInstr& instr) {
    const HandlerKey key = linked(instr.key);
    if (x_count != 0) x_sums.x_counts.handlers[key] += x_count;
    if (x_previous != nullptr) add_pair(*x_previous, &instr, x_previous_count);
    x_previous = nullptr;
    x_left = nullptr;
    switch (flow_of(key.shape)) {
      case Flow::Next:
        x_previous = &instr;
        x_previous_count = x_count;
        break;
      case Flow::Jump:
        add_pair(instr, x_cells[instr.label], x_count);
        break;
      case Flow::Branch:
      case Flow::Table:
        x_left = &instr;
        break;
      case Flow::Call:
      case Flow::Leave:
        if ((key.shape == Shape::Call || key.shape == Shape::ReturnCall) && x_count != 0) {
          x_sums.x_calls[{key, instr.y}] += x_count;
        }
        break;
    }
  }

  void add_pair(const IrInstr& first, const IrInstr* second, uint64_t count) {
    if (second != nullptr && count != 0) {
      x_sums.x_counts.pairs[{linked(first.key), linked(second->key)}] += count;
    }
  }

  DispatchSums& x_sums;
  const IrFunction& x_function;
  uint64_t* const x_counters;
  std::vector<const IrInstr*> x_cells;  // by label: the cell that it leads to
  const IrInstr* x_first = nullptr;
  uint64_t x_count = 0;                 // of the block that is being read
  const IrInstr* x_previous = nullptr;  // the cell from which the next one is reached
  uint64_t x_previous_count = 0;        // and how often
  const IrInstr* x_left = nullptr;      // the branch or table whose ways out come next
};

void DispatchSums::add(uint32_t func, const IrFunction& function, uint64_t* counters) {
  Reader reader(*this, function, counters);
  if (reader.first() != nullptr) x_entries.try_emplace(func, linked(reader.first()->key));
  reader.run();
}

DispatchCounts DispatchSums::take() {
  for (const auto& [call, count] : x_calls) {
    const auto callee = x_entries.find(call.second);
    if (callee != x_entries.end()) x_counts.pairs[{call.first, callee->second}] += count;
  }
  x_calls.clear();
  return std::move(x_counts);
}

}  // namespace weft::interp
