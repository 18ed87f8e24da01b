// Branches, traps, fuel, stack checks.
#include "interp/execute/families.h"
#include "interp/execute/shapes_branch.h"
#include "interp/execute/shapes_fused.h"

namespace weft::interp {
namespace {

// Goes to an entry. Looks at the interrupt flag, as a branch backward does.
#define WEFT_JUMP_BY_TABLE(cell, selected)                                                     \
  do {                                                                                         \
    uint64_t index = uint32_t{(selected) + read_u32(pc, (cell).z)};                            \
    const uint64_t last = read_u32(pc, (cell).x);                                              \
    index = index < last ? index : last;                                                       \
    const uint8_t* entry = pc + (cell).size + index * sizeof(BranchTableEntry);                \
    if (ctx->state->interrupt.load(std::memory_order_relaxed) != 0) [[unlikely]]               \
      WEFT_TAIL(interrupted);                                                                  \
    pc = read_unaligned<const uint8_t*>(entry + offsetof(BranchTableEntry, target));           \
    WEFT_DISPATCH_TO(read_unaligned<HandlerFn*>(entry + offsetof(BranchTableEntry, handler))); \
  } while (false)

template <HandlerKey Key>
WEFT_HANDLER(branch_table) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const uint32_t selected = read_operand<Key.a, Repr::I32>(cell.a, WEFT_STATE);
  WEFT_JUMP_BY_TABLE(cell, selected);
}

template <HandlerKey Key>
WEFT_HANDLER(branch_table_load) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  using Stored = StoredOf<Key.op>;
  const uint32_t address = read_operand<Key.a, Repr::I32>(cell.a, WEFT_STATE);
  const uint64_t at = uint64_t{address} + read_u32(pc, cell.offset);
  if (out_of_bounds<Key, sizeof(Stored)>(ctx, at)) [[unlikely]]
    WEFT_TRAP(TrapCode::OutOfBoundsMemoryAccess);
  const uint32_t selected = read_unaligned<Stored>(mem + at);
  keep_until_loaded(pc, selected);
  WEFT_JUMP_BY_TABLE(cell, selected);
}

// Goes on with the handler that the cell has now. Stands in table entries and call cells for one
// that will change.
WEFT_HANDLER(redispatch) {
  WEFT_REGS;
  WEFT_DISPATCH();
}

WEFT_HANDLER(trap) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout({.shape = Shape::Trap});
  WEFT_TRAP_WITH(read_u32(pc, cell.x));
}

WEFT_HANDLER(fuel) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout({.shape = Shape::Fuel});
  const int64_t units = read_u32(pc, cell.x);
  int64_t& left = ctx->state->fuel;
  if (left < units) [[unlikely]]
    WEFT_TRAP(TrapCode::OutOfFuel);
  left -= units;
  WEFT_NEXT(cell.size);
}

WEFT_HANDLER(check_stack) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout({.shape = Shape::CheckStack});
  const auto room = static_cast<uint64_t>(reinterpret_cast<uint64_t*>(rs) - fp);
  if (room < read_u32(pc, cell.x)) [[unlikely]]
    WEFT_TRAP(TrapCode::CallStackExhausted);
  WEFT_NEXT(cell.size);
}

// Other threads may run the same code: they make each other's counts too small, nothing worse.
[[gnu::always_inline]] inline void count(const uint8_t* at) {
  auto* const counter = read_unaligned<uint64_t*>(at);
  // Not by std::atomic_ref: its functions would be instrumented, as handlers are not.
  __atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
}

WEFT_HANDLER(count_block) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout({.shape = Shape::CountBlock});
  count(pc + cell.p);
  WEFT_NEXT(cell.size);
}

WEFT_HANDLER(count_edge) {
  WEFT_REGS;
  constexpr HandlerKey key{.shape = Shape::CountEdge};
  constexpr CellLayout cell = cell_layout(key);
  count(pc + cell.p);
  WEFT_JUMP(key, cell);
}

template <Opcode Load>
constexpr auto kBranchTableLoad = [] {
  constexpr auto make = []<uint8_t Flags>() {
    return std::array<HandlerFn*, 2>{
        &branch_table_load<HandlerKey{
            .shape = Shape::BranchTableLoad, .op = Load, .a = In::Slot, .flags = Flags}>,
        &branch_table_load<HandlerKey{
            .shape = Shape::BranchTableLoad, .op = Load, .a = In::Acc, .flags = Flags}>};
  };
  return std::array { make.template operator()<0>(), make.template operator()<kChecked>() };
}();

HandlerFn* branch_table_load_handler(const HandlerKey& key) {
  if (!exists(key)) return nullptr;
  const size_t checked = (key.flags & kChecked) != 0 ? 1 : 0;
  const size_t in_acc = key.a == In::Acc ? 1 : 0;
  return key.op == Opcode::I32Load8U ? kBranchTableLoad<Opcode::I32Load8U>[checked][in_acc]
                                     : kBranchTableLoad<Opcode::I32Load>[checked][in_acc];
}

using IfSpace = VariantSpace<1, false, kBranchFlags>;
using TableSpace = VariantSpace<1, false>;

constexpr auto kBranchIf = IfSpace::table<HandlerKey{.shape = Shape::BranchIf}>(
    []<HandlerKey key, size_t flags>() -> HandlerFn* {
      return &branch_if<kWithBranchFlags<key, flags>>;
    });
constexpr auto kMoveBranch = IfSpace::table<HandlerKey{.shape = Shape::MoveBranch}>(
    []<HandlerKey key, size_t flags>() -> HandlerFn* {
      if constexpr ((flags & kNegate) != 0) {
        return nullptr;
      } else {
        return &move_branch<kWithBranchFlags<key, flags>>;
      }
    });
constexpr auto kBranchTable = TableSpace::table<HandlerKey{.shape = Shape::BranchTable}>(
    []<HandlerKey key, size_t>() -> HandlerFn* { return &branch_table<key>; });

}  // namespace

HandlerFn* branch_handler(const HandlerKey& key) {
  switch (key.shape) {
    case Shape::Branch:
      return (key.flags & kBack) != 0 ? &branch<HandlerKey{.shape = Shape::Branch, .flags = kBack}>
                                      : &branch<HandlerKey{.shape = Shape::Branch}>;
    case Shape::BranchIf:
      return kBranchIf[IfSpace::index_of_key(key, key.flags & (kNegate | kBack))];
    case Shape::MoveBranch:
      return kMoveBranch[IfSpace::index_of_key(key, key.flags & (kNegate | kBack))];
    case Shape::BranchTable:
      return kBranchTable[TableSpace::index_of_key(key)];
    case Shape::BranchTableLoad:
      return branch_table_load_handler(key);
    case Shape::Redispatch:
      return &redispatch;
    case Shape::Trap:
      return &trap;
    case Shape::CountBlock:
      return &count_block;
    case Shape::CountEdge:
      return &count_edge;
    case Shape::Fuel:
      return &fuel;
    case Shape::CheckStack:
      return &check_stack;
    default:
      return nullptr;
  }
}

}  // namespace weft::interp
