// Calls and returns. A callee's frame begins at its arguments, which the caller has put at the top
// of its own frame: nothing is copied. Return records are on a stack of their own, so that a return
// does not wait for loads through the frame.
#include <algorithm>
#include <iterator>

#include "interp/execute/families.h"
#include "interp/execute/handlers.h"
#include "interp/execute/operands.h"
#include "interp/execute/runtime_calls.h"
#include "interp/execute/shapes_call.h"
#include "interp/execute/variants.h"
#include "interp/translate/code.h"

namespace weft::interp {
namespace {

// Host functions for which FuncLayout::is_short are called here. They need no room of their own:
// what they copy is in the caller's frame (Translator::call), and what runs above it checks for its
// own. The record limit is looked at as in any call, for the sake of interrupts.
WEFT_HANDLER(call_import) {
  WEFT_REGS;
  constexpr HandlerKey key{.shape = Shape::CallImport};
  constexpr CellLayout cell = cell_layout(key);
  auto* func = ctx->at<FuncInst*>(read_u32(pc, cell.y));
  if (kSmall || func->context != nullptr || !func->host->layout->is_short ||
      reinterpret_cast<uintptr_t>(rs - 2) <
          ctx->state->record_limit.load(std::memory_order_relaxed)) {
    acc = reinterpret_cast<uint64_t>(func);
    WEFT_TAIL(call_far<key>);
  }
  uint64_t* frame = fp + read_u32(pc, cell.x);
  const TrapCode trap = call_short_host(ctx, func, frame, pc, rs);
  WEFT_AFTER_HOST(trap, frame, host_failed);
  WEFT_NEXT(cell.size);
}

// The element's type is not the very one that is expected: a subtype will do (Spec 3.0, 4.6.11
// "Control Instructions").
template <HandlerKey Key>
[[gnu::cold, gnu::noinline]] WEFT_HANDLER(call_indirect_other) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const TrapCode refused = check_callee(ctx, acc, read_u32(pc, cell.y));
  if (refused != TrapCode::None) WEFT_TRAP_WITH(refused);
  auto* func = reinterpret_cast<FuncInst*>(acc);
  if (func->context != ctx) WEFT_TAIL(call_far<Key>);
  *--rs = {pc + cell.size, fp};
  fp += read_u32(pc, cell.x);
  pc = func->code;
  WEFT_DISPATCH();
}

template <HandlerKey Key>
WEFT_HANDLER(call_indirect) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const uint64_t index = read_operand<Key.a, Key.repr>(cell.a, WEFT_STATE);
  const TableInst* table = ctx->at<TableInst*>(read_u32(pc, cell.z));
  if (index >= table->size) [[unlikely]]
    WEFT_TRAP(TrapCode::UndefinedElement);
  const TableSlot& slot = table->elems[index];
  auto* func = static_cast<FuncInst*>(slot.ref);
  uint64_t* frame = fp + read_u32(pc, cell.x);
  Record* record = rs - 1;
  WEFT_CHECK_ROOM(
      frame, record);  // first: it may go on from the cell's start, with the accumulator as it was
  acc = reinterpret_cast<uint64_t>(func);
  if (slot.key != read_u32(pc, cell.y)) [[unlikely]]
    WEFT_TAIL(call_indirect_other<Key>);
  if (func->context != ctx) [[unlikely]]
    WEFT_TAIL(call_far<Key>);
  record->pc = pc + cell.size;
  record->fp = fp;
  pc = func->code;
  fp = frame;
  rs = record;
  WEFT_DISPATCH();
}

// First cell of every function that is not translated yet; the accumulator holds its FuncInst.
WEFT_HANDLER(enter_lazy) {
  WEFT_REGS;
  auto* func = reinterpret_cast<FuncInst*>(acc);
  const uint8_t* entry = ctx->code->entry(func->index);
  if (entry == nullptr) [[unlikely]]
    WEFT_TRAP(TrapCode::AllocationFailure);
  func->code = entry;
  pc = entry;
  WEFT_DISPATCH();
}

template <HandlerKey Key>
WEFT_HANDLER(return_one) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  write_return_value<Key.repr>(read_operand<Key.a, Key.repr>(cell.a, WEFT_STATE), fp, acc, facc,
                               sacc);
  WEFT_RETURN();
}

WEFT_HANDLER(return_void) {
  WEFT_REGS;
  WEFT_RETURN();
}

// The results are in consecutive slots at or above frame[0]; copying upwards is safe.
WEFT_HANDLER(return_many) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout({.shape = Shape::ReturnMany});
  const uint64_t* from = fp + read_u32(pc, cell.x);
  const uint64_t count = read_u32(pc, cell.y);
  for (uint64_t i = 0; i < count; ++i) fp[i] = from[i];
  WEFT_RETURN();
}

// A callee in another instance has returned here: its record's frame pointer is the caller's
// Context.
WEFT_HANDLER(switch_back) {
  WEFT_REGS;
  ctx = reinterpret_cast<Context*>(fp);
  mem = memory_base(ctx);
  WEFT_RETURN();
}

WEFT_HANDLER(exit_interpreter) {
  WEFT_REGS;
  WEFT_EXIT();
}

WEFT_HANDLER(runtime) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout({.shape = Shape::Runtime});
  const auto function = read_unaligned<RuntimeFn*>(pc + cell.p);
  const TrapCode trap =
      function(ctx, fp + read_u32(pc, cell.x), read_u32(pc, cell.y), read_u32(pc, cell.z));
  if (trap != TrapCode::None) [[unlikely]]
    WEFT_TRAP_WITH(trap);
  mem = memory_base(ctx);  // memory.grow may have moved it
  WEFT_NEXT(cell.size);
}

using IndirectSpace = VariantSpace<1, false>;
template <Repr Index>
constexpr auto kCallIndirect =
    IndirectSpace::table<HandlerKey{.shape = Shape::CallIndirect, .repr = Index}>(
        []<HandlerKey key, size_t>() -> HandlerFn* { return &call_indirect<key>; });

constexpr auto kReturn = []<size_t... R>(std::index_sequence<R...>) {
  return std::array<IndirectSpace::Table, sizeof...(R)>{
      IndirectSpace::table<HandlerKey{.shape = Shape::Return, .repr = static_cast<Repr>(R)}>(
          []<HandlerKey key, size_t>() -> HandlerFn* { return &return_one<key>; })...};
}(std::make_index_sequence<4>{});

}  // namespace

HandlerFn* call_handler(const HandlerKey& key) {
  switch (key.shape) {
    case Shape::Call:
      return &call<HandlerKey{.shape = Shape::Call}>;
    case Shape::CallLazy:
      return &call_lazy<HandlerKey{.shape = Shape::CallLazy}>;
    case Shape::CallImport:
      return &call_import;
    case Shape::CallIndirect:
      return key.repr == Repr::I32   ? kCallIndirect<Repr::I32>[IndirectSpace::index_of_key(key)]
             : key.repr == Repr::I64 ? kCallIndirect<Repr::I64>[IndirectSpace::index_of_key(key)]
                                     : nullptr;
    case Shape::Return:
      return key.repr == Repr::V128
                 ? nullptr
                 : kReturn[static_cast<size_t>(key.repr)][IndirectSpace::index_of_key(key)];
    case Shape::ReturnVoid:
      return &return_void;
    case Shape::ReturnMany:
      return &return_many;
    case Shape::Runtime:
      return &runtime;
    case Shape::Exit:
      return &exit_interpreter;
    case Shape::SwitchBack:
      return &switch_back;
    case Shape::EnterLazy:
      return &enter_lazy;
    default:
      return nullptr;
  }
}

namespace {

// A cell that no function owns: just its handler.
const uint8_t* shared_cell(Shape shape) {
  static constexpr HandlerFn* handlers[] = {&exit_interpreter, &switch_back, &enter_lazy};
  return reinterpret_cast<const uint8_t*>(
      &handlers[static_cast<size_t>(shape) - static_cast<size_t>(Shape::Exit)]);
}

}  // namespace

bool replaces_itself(Handler handler) {
  static const Handler lazy[] = {
      handler_for({.shape = Shape::CallLazy}),
      handler_for({.shape = Shape::CallLazy, .flags = kStep}),
      handler_for({.shape = Shape::CallLazy, .flags = kStepConst}),
      handler_for({.shape = Shape::CallLazy, .flags = kStep64}),
      handler_for({.shape = Shape::ReturnCallLazy}),
  };
  return std::ranges::find(lazy, handler) != std::end(lazy) && handler != nullptr;
}

const uint8_t* exit_cell() { return shared_cell(Shape::Exit); }
const uint8_t* switch_back_cell() { return shared_cell(Shape::SwitchBack); }
const uint8_t* enter_lazy_cell() { return shared_cell(Shape::EnterLazy); }

}  // namespace weft::interp
