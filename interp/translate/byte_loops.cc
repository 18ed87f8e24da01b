// Loops that copy or fill memory, as toolchains make them of memory.copy and memory.fill: found
// here, and done by one cell before each, but for their last iteration.
//
// Such a loop is one straight block: loads, stores of what was loaded (or of a value that stays the
// same), additions of constants, and a branch. Its slots are followed through one iteration, as
// sums of what they held at its beginning. Whether the accesses make up one range without gaps, and
// which slots change by a constant, is decided here; how many iterations there are, and whether
// they may be done at once, when the cell runs. It never does the last one: what an iteration
// leaves behind, how the loop ends, and any trap are the loop's own. What does not fit is left to
// it, too.
#include <algorithm>
#include <optional>
#include <utility>

#include "interp/core/op_facts.h"
#include "interp/translate/flow.h"
#include "interp/translate/ir.h"

namespace weft::interp {
namespace {

// Bodies of more instructions than this are not looked at: the search stays linear.
constexpr size_t kMaxInstrs = 64;
// A cell for the loop takes about as long as this many of its instructions.
constexpr size_t kCellWorth = 24;
constexpr uint32_t kVectorBytes = 16;

// What a slot holds while an iteration is followed.
struct Value {
  enum class Kind : uint8_t { Sum, Loaded, Other };
  Kind kind = Kind::Other;
  SlotSum sum;      // Sum: of slots as they were when the iteration began
  size_t load = 0;  // Loaded: index of the load; Other: it is the second slot of a vector
};

struct Access {
  SlotSum base;
  uint32_t offset = 0;
  uint32_t bytes = 0;
  bool is_store = false;
  size_t load = 0;  // of a store that copies: index of the access that loaded the value
};

size_t count_of(const SlotSum& sum) {
  return static_cast<size_t>(std::ranges::count(sum.masks, UINT32_MAX));
}

std::optional<SlotSum> add(SlotSum a, const SlotSum& b) {
  a.constant += b.constant;
  size_t count = count_of(a);
  for (size_t i = 0; i < count_of(b); ++i) {
    if (count == SlotSum::kMost) return std::nullopt;
    a.slots[count] = b.slots[i];
    a.masks[count++] = UINT32_MAX;
  }
  std::sort(a.slots.begin(), a.slots.begin() + static_cast<ptrdiff_t>(count));
  return a;
}

SlotSum constant(uint64_t bits) { return {.constant = static_cast<uint32_t>(bits)}; }

bool same_slots(const SlotSum& a, const SlotSum& b) {
  return a.masks == b.masks && a.slots == b.slots;
}

class LoopReader {
 public:
  // The loop whose label follows instruction `at`.
  LoopReader(const IrFunction& function, size_t at)
      : x_instrs(function.instrs), x_label(function.instrs[at + 1].label), x_at(at + 2) {}

  std::optional<ByteLoop> read() {
    if (!read_block() || !read_steps() || !read_condition() || !read_ranges()) return std::nullopt;
    return x_loop;
  }

 private:
  // --- one iteration

  bool read_block() {
    const size_t begin = x_at;
    const size_t end = std::min(x_instrs.size(), begin + kMaxInstrs);
    for (; x_at < end; ++x_at) {
      const IrInstr& instr = x_instrs[x_at];
      if (instr.is_label) return false;
      if (instr.key.shape == Shape::kCount) continue;
      const Flow flow = flow_of(instr.key.shape);
      if (flow == Flow::Next) {
        if (!follow(instr)) return false;
        continue;
      }
      const bool is_back = instr.label == x_label;
      if (flow == Flow::Branch) {
        const bool skips = !is_back && skips_a_way_out(instr);
        if (x_branch != nullptr || !follow_condition(instr, is_back || skips)) return false;
        x_loop.ends_within = !is_back;
        if (skips) x_at += 2;
      } else if (flow != Flow::Jump || !is_back) {
        return false;
      }
      if (!is_back) continue;
      x_instr_count = x_at - begin + 1;
      return x_branch != nullptr;
    }
    return false;
  }

  bool follow(const IrInstr& instr) {
    switch (instr.key.shape) {
      case Shape::Fuel:
        x_loop.fuel = instr.x;
        return true;
      case Shape::Binary:
        return follow_sum(instr);
      case Shape::Move:
        if (instr.key.repr != Repr::I32) return false;
        set(instr.d, value_of(instr.a));
        return true;
      case Shape::Load:
        return follow_load(instr, access_bytes(instr.key.op));
      case Shape::VLoad:
        return instr.key.op == Opcode::V128Load && follow_load(instr, kVectorBytes);
      case Shape::Store:
        return follow_store(instr, access_bytes(instr.key.op));
      case Shape::VStore:
        return follow_store(instr, kVectorBytes);
      default:
        return false;
    }
  }

  bool follow_sum(const IrInstr& instr) {
    if (instr.key.op != Opcode::I32Add) return false;
    const Value a = value_of(instr.a);
    const Value b = value_of(instr.b);
    if (a.kind != Value::Kind::Sum || b.kind != Value::Kind::Sum) return false;
    const auto sum = add(a.sum, b.sum);
    if (!sum) return false;
    set(instr.d, {Value::Kind::Sum, *sum});
    return true;
  }

  bool follow_load(const IrInstr& instr, uint32_t bytes) {
    if (!add_access(instr, bytes)) return false;
    const size_t load = x_accesses.size() - 1;
    set(instr.d, {Value::Kind::Loaded, {}, load});
    if (bytes == kVectorBytes) set(instr.d + 1, {Value::Kind::Other, {}, load});
    return true;
  }

  bool follow_store(const IrInstr& instr, uint32_t bytes) {
    if (!add_access(instr, bytes)) return false;
    Access& store = x_accesses.back();
    store.is_store = true;
    const Value value = value_of(instr.b);
    if (value.kind == Value::Kind::Loaded) {
      store.load = value.load;
      // Both slots of a vector.
      if (bytes == kVectorBytes) {
        const Value high = value_of(IrOperand::at(instr.b.slot + 1));
        if (high.kind != Value::Kind::Other || high.load != value.load) return false;
      }
      return !x_fills && (x_copies = true) && x_accesses[value.load].bytes == store.bytes;
    }
    if (value.kind != Value::Kind::Sum || x_copies) return false;
    // The same value in each store, and, as read_steps() sees to, in each iteration.
    const bool is_const = instr.b.kind == IrOperand::Kind::Const;
    if (!is_const && (count_of(value.sum) != 1 || value.sum.constant != 0)) return false;
    const uint32_t slot = is_const ? kNoSlot : value.sum.slots[0];
    if (bytes == kVectorBytes) {
      const Value high = value_of(IrOperand::at(instr.b.slot + 1));
      if (high.kind != Value::Kind::Sum || high.sum.slots[0] != slot + 1) return false;
    }
    const uint64_t bits = is_const ? instr.b.bits : 0;
    if (x_fills &&
        (x_loop.value_slot != slot || x_loop.value != bits || x_loop.value_bytes != store.bytes)) {
      return false;
    }
    x_fills = true;
    x_loop.value_slot = slot;
    x_loop.value = bits;
    x_loop.value_bytes = static_cast<uint8_t>(store.bytes);
    return true;
  }

  bool add_access(const IrInstr& instr, uint32_t bytes) {
    const Value address = value_of(instr.a);
    if (address.kind != Value::Kind::Sum || count_of(address.sum) == 0) return false;
    x_accesses.push_back({address.sum, instr.offset, bytes});
    return true;
  }

  // Whether the branch goes on in the loop, past an instruction that doesn't.
  bool skips_a_way_out(const IrInstr& branch) const {
    if (x_at + 2 >= x_instrs.size()) return false;
    const IrInstr& skipped = x_instrs[x_at + 1];
    const IrInstr& target = x_instrs[x_at + 2];
    if (skipped.is_label || !target.is_label || target.label != branch.label) return false;
    const Flow flow = flow_of(skipped.key.shape);
    return flow == Flow::Leave || (flow == Flow::Jump && skipped.label != x_label);
  }

  // The branch's condition, of going on: that it is taken, or that it is not.
  bool follow_condition(const IrInstr& instr, bool taken) {
    x_branch = &instr;
    x_left = value_of(instr.a);
    if (instr.key.shape == Shape::BranchIf) {
      x_condition = Opcode::I32Ne;
      x_right = {Value::Kind::Sum, constant(0)};
    } else if (instr.key.shape == Shape::CompareBranch) {
      x_condition = instr.key.op;
      x_right = value_of(instr.b);
    } else {
      return false;
    }
    if (((instr.key.flags & kNegate) != 0) == taken) {
      const auto opposite = negated(x_condition);
      if (!opposite) return false;
      x_condition = *opposite;
    }
    return x_left.kind == Value::Kind::Sum && x_right.kind == Value::Kind::Sum;
  }

  // --- slots

  Value value_of(const IrOperand& operand) {
    if (operand.kind == IrOperand::Kind::Const) return {Value::Kind::Sum, constant(operand.bits)};
    for (const auto& [slot, value] : x_values) {
      if (slot == operand.slot) return value;
    }
    if (std::ranges::find(x_read, operand.slot) == x_read.end()) x_read.push_back(operand.slot);
    // Frames beyond 16 bits of slots are never translated.
    return {Value::Kind::Sum,
            {.slots = {static_cast<uint16_t>(operand.slot)}, .masks = {UINT32_MAX}}};
  }

  void set(uint32_t slot, const Value& value) {
    for (auto& [held, old] : x_values) {
      if (held == slot) {
        old = value;
        return;
      }
    }
    x_values.emplace_back(slot, value);
  }

  // Slots that an iteration takes over from the one before it must change by a constant. The others
  // are what the last iteration makes them.
  bool read_steps() {
    for (const auto& [slot, value] : x_values) {
      if (std::ranges::find(x_read, slot) == x_read.end()) continue;
      const SlotSum& sum = value.sum;
      if (value.kind != Value::Kind::Sum || count_of(sum) != 1 || sum.slots[0] != slot)
        return false;
      if (sum.constant == 0) continue;
      if (x_loop.step_count == ByteLoop::kMaxSteps) return false;
      x_loop.steps[x_loop.step_count++] = {static_cast<uint16_t>(slot),
                                           static_cast<int32_t>(sum.constant)};
    }
    if (!x_fills || x_loop.value_slot == kNoSlot) return true;
    return step_of(x_loop.value_slot) == 0 &&
           (x_loop.value_bytes != kVectorBytes || step_of(x_loop.value_slot + 1) == 0);
  }

  uint32_t step_of(uint32_t slot) const {
    for (size_t i = 0; i < x_loop.step_count; ++i) {
      if (x_loop.steps[i].slot == slot) return static_cast<uint32_t>(x_loop.steps[i].by);
    }
    return 0;
  }
  int32_t step_of(const SlotSum& sum) const {
    uint32_t step = 0;
    for (size_t i = 0; i < count_of(sum); ++i) step += step_of(sum.slots[i]);
    return static_cast<int32_t>(step);
  }

  // --- how long it goes on

  bool read_condition() {
    if (step_of(x_left.sum) == 0) {
      const auto turned = swapped(x_condition);
      if (!turned) return false;
      x_condition = *turned;
      std::swap(x_left, x_right);
    }
    const int32_t step = step_of(x_left.sum);
    if (step == 0 || step == INT32_MIN || step_of(x_right.sum) != 0) return false;
    const bool up = step > 0;
    using enum Opcode;
    switch (x_condition) {
      case I32Ne:
        break;
      case I32LtU:
      case I32LeU:
      case I32LtS:
      case I32LeS:
        if (!up) return false;
        x_loop.ordered = true;
        break;
      case I32GtU:
      case I32GeU:
      case I32GtS:
      case I32GeS:
        if (up) return false;
        x_loop.ordered = true;
        break;
      default:
        return false;
    }
    x_loop.inclusive = x_condition == I32LeU || x_condition == I32LeS || x_condition == I32GeU ||
                       x_condition == I32GeS;
    const bool is_signed = x_condition == I32LtS || x_condition == I32LeS ||
                           x_condition == I32GtS || x_condition == I32GeS;
    // Signed numbers are in the order of unsigned ones that are 2^31 more.
    for (Value* value : {&x_left, &x_right}) value->sum.constant += is_signed ? 1u << 31 : 0;
    x_loop.low = up ? x_left.sum : x_right.sum;
    x_loop.high = up ? x_right.sum : x_left.sum;
    x_loop.counter_step = static_cast<uint32_t>(up ? step : -step);
    const size_t iterations =
        std::max<size_t>(kCellWorth / x_instr_count, 2) + (x_loop.ends_within ? 1 : 0);
    x_loop.worth = (iterations - 1) * uint64_t{x_loop.counter_step};
    return true;
  }

  // --- what it reads and writes

  bool read_ranges() {
    if (!x_copies && !x_fills) return false;
    const auto first_store = std::ranges::find(x_accesses, true, &Access::is_store);
    x_loop.step = step_of(first_store->base);
    const auto to = range_of(true);
    if (!to) return false;
    x_loop.to = *to;
    if (x_fills) return std::ranges::all_of(x_accesses, &Access::is_store);
    const auto from = range_of(false);
    if (!from || step_of(from->base) != x_loop.step) return false;
    x_loop.from = *from;
    return read_pairs();
  }

  // The accesses of one kind as a range: if they have the same slots in their addresses and leave
  // no gaps.
  std::optional<LoopRange> range_of(bool stores) {
    std::vector<const Access*> accesses;
    for (const Access& access : x_accesses) {
      if (access.is_store == stores) accesses.push_back(&access);
    }
    LoopRange range{accesses.front()->base, 0};
    for (const Access* access : accesses) {
      if (!same_slots(access->base, range.base)) return std::nullopt;
      if (static_cast<int32_t>(access->base.constant - range.base.constant) < 0)
        range.base.constant = access->base.constant;
    }
    const auto begin = [&](const Access* access) { return place_of(*access, range); };
    std::ranges::sort(accesses, {}, begin);
    const uint64_t first = begin(accesses.front());
    uint64_t end = first;
    for (const Access* access : accesses) {
      if (begin(access) != end) return std::nullopt;
      end += access->bytes;
      x_loop.widest = std::max(x_loop.widest, static_cast<uint8_t>(access->bytes));
    }
    const uint64_t step = static_cast<uint64_t>(std::abs(int64_t{x_loop.step}));
    if (first > UINT32_MAX || end - first != step) return std::nullopt;
    range.offset = static_cast<uint32_t>(first);
    return range;
  }
  // From the range's base.
  static uint64_t place_of(const Access& access, const LoopRange& range) {
    return uint64_t{access.base.constant - range.base.constant} + access.offset;
  }

  // Each store's value must come from the place in `from` that it has in `to`.
  bool read_pairs() {
    x_loop.in_order = true;
    std::optional<uint64_t> last;
    for (size_t i = 0; i < x_accesses.size(); ++i) {
      const Access& store = x_accesses[i];
      if (!store.is_store) continue;
      const uint64_t to = place_of(store, x_loop.to) - x_loop.to.offset;
      const uint64_t from = place_of(x_accesses[store.load], x_loop.from) - x_loop.from.offset;
      if (to != from) return false;
      const bool follows = !last || (x_loop.step > 0 ? to > *last : to < *last);
      // The accesses alternate if every store is right after its load.
      if (store.load + 1 != i || !follows) x_loop.in_order = false;
      last = to;
    }
    return true;
  }

  const std::vector<IrInstr>& x_instrs;
  const LabelId x_label;
  size_t x_at;
  ByteLoop x_loop;
  std::vector<std::pair<uint32_t, Value>> x_values;  // of slots that were written
  std::vector<uint32_t> x_read;                      // slots that were read before that
  std::vector<Access> x_accesses;
  size_t x_instr_count = 0;
  const IrInstr* x_branch = nullptr;
  Opcode x_condition = Opcode::Nop;
  Value x_left;
  Value x_right;
  bool x_copies = false;
  bool x_fills = false;
};

}  // namespace

void find_byte_loops(IrFunction& function) {
  for (size_t at = 0; at + 1 < function.instrs.size(); ++at) {
    IrInstr& instr = function.instrs[at];
    if (instr.key.shape != Shape::ByteLoop) continue;
    if (const auto loop = LoopReader(function, at).read()) {
      instr.p = function.byte_loops.size();
      function.byte_loops.push_back(*loop);
    } else {
      instr.key.shape = Shape::kCount;
    }
  }
}

std::unique_ptr<ByteLoop[]> make_byte_loops(IrFunction& function) {
  if (function.byte_loops.empty()) return nullptr;
  auto loops = std::make_unique<ByteLoop[]>(function.byte_loops.size());
  std::ranges::copy(function.byte_loops, loops.get());
  for (IrInstr& instr : function.instrs) {
    if (instr.key.shape == Shape::ByteLoop) instr.p = reinterpret_cast<uintptr_t>(&loops[instr.p]);
  }
  return loops;
}

}  // namespace weft::interp
