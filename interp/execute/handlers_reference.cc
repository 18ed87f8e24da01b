// Calls through references, tail calls, and the check that a reference is not null.
//
// A tail call finds its arguments at the beginning of the frame already, which becomes the
// callee's: no record is pushed, and the caller's caller gets the results. As the frame and the
// record stay where they are, room for both was checked when the caller was called. Loops may be
// made of tail calls, so each looks at the interrupt flag.
#include "interp/execute/families.h"
#include "interp/execute/operands.h"
#include "interp/execute/shapes_branch.h"
#include "interp/execute/shapes_call.h"
#include "interp/execute/unwind.h"
#include "interp/execute/variants.h"

namespace weft::interp {
namespace {

// Out of line: most references are not null.
template <TrapCode Code>
[[gnu::cold, gnu::noinline]] WEFT_HANDLER(null_found) {
  WEFT_REGS;
  WEFT_TRAP(Code);
}

template <HandlerKey Key>
WEFT_HANDLER(call_ref) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  auto* func = reinterpret_cast<FuncInst*>(read_operand<Key.a, Repr::I64>(cell.a, WEFT_STATE));
  if (func == nullptr) [[unlikely]]
    WEFT_TAIL(null_found<TrapCode::NullFunctionReference>);
  uint64_t* frame = fp + read_u32(pc, cell.x);
  Record* record = rs - 1;
  WEFT_CHECK_ROOM(
      frame, record);  // first: it may go on from the cell's start, with the accumulator as it was
  acc = reinterpret_cast<uint64_t>(func);
  if (func->context != ctx) [[unlikely]]
    WEFT_TAIL(call_far<Key>);
  record->pc = pc + cell.size;
  record->fp = fp;
  pc = func->code;
  fp = frame;
  rs = record;
  WEFT_DISPATCH();
}

#define WEFT_CHECK_INTERRUPT()                                                   \
  do {                                                                           \
    if (ctx->state->interrupt.load(std::memory_order_relaxed) != 0) [[unlikely]] \
      WEFT_TAIL(interrupted);                                                    \
  } while (false)

WEFT_HANDLER(return_call) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout({.shape = Shape::ReturnCall});
  WEFT_AFTER_LINKING();
  WEFT_CHECK_INTERRUPT();
  const auto handler = read_unaligned<HandlerFn*>(pc + cell.q);
  pc = read_unaligned<const uint8_t*>(pc + cell.p);
  WEFT_DISPATCH_TO(handler);
}

WEFT_HANDLER(return_call_lazy) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout({.shape = Shape::ReturnCallLazy});
  const uint8_t* entry = ctx->code->entry(read_u32(pc, cell.y));
  if (entry == nullptr) [[unlikely]]
    WEFT_TRAP(TrapCode::AllocationFailure);
  link_call<HandlerKey{.shape = Shape::ReturnCall}>(pc, entry);
  WEFT_DISPATCH();
}

// Whether whoever this frame returns to finds its own Context without help.
bool restores_context(const Record* record) {
  return record->pc == switch_back_cell() || record->pc == exit_cell();
}

// Tail-calls the function that the accumulator holds, of another instance or of the host. `pc` is
// the calling cell.
[[gnu::noinline]] WEFT_HANDLER(return_call_far) {
  WEFT_REGS;
  auto* func = reinterpret_cast<FuncInst*>(acc);
  if (func->context == nullptr) {
    const TrapCode trap = call_host_from_wasm(ctx, func, fp, pc, rs);
    WEFT_AFTER_HOST(trap, fp, tail_called_host_failed);
    WEFT_RETURN();
  }
  // One record at most, however many instances a chain of tail calls goes through.
  if (!restores_context(rs)) {
    Record* record = rs - 1;
    if (fp + kRedZoneSlots > reinterpret_cast<const uint64_t*>(record)) [[unlikely]] {
      WEFT_TRAP(TrapCode::CallStackExhausted);
    }
    if (reinterpret_cast<uintptr_t>(record) <
        ctx->state->record_limit.load(std::memory_order_relaxed)) [[unlikely]] {
      take_sample(*ctx, pc, rs);
      const TrapCode refused = ctx->state->on_record_limit(record);
      if (refused != TrapCode::None) WEFT_TRAP_WITH(refused);
    }
    *record = {switch_back_cell(), reinterpret_cast<uint64_t*>(ctx)};
    rs = record;
  }
  ctx = func->context;
  mem = memory_base(ctx);
  pc = func->code;
  WEFT_DISPATCH();
}

WEFT_HANDLER(return_call_import) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout({.shape = Shape::ReturnCallImport});
  WEFT_CHECK_INTERRUPT();
  acc = reinterpret_cast<uint64_t>(ctx->at<FuncInst*>(read_u32(pc, cell.y)));
  WEFT_TAIL(return_call_far);
}

// As call_indirect_other.
template <HandlerKey Key>
[[gnu::cold, gnu::noinline]] WEFT_HANDLER(return_call_indirect_other) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const TrapCode refused = check_callee(ctx, acc, read_u32(pc, cell.y));
  if (refused != TrapCode::None) WEFT_TRAP_WITH(refused);
  auto* func = reinterpret_cast<FuncInst*>(acc);
  if (func->context != ctx) WEFT_TAIL(return_call_far);
  pc = func->code;
  WEFT_DISPATCH();
}

template <HandlerKey Key>
WEFT_HANDLER(return_call_indirect) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  WEFT_CHECK_INTERRUPT();
  const uint64_t index = read_operand<Key.a, Key.repr>(cell.a, WEFT_STATE);
  const TableInst* table = ctx->at<TableInst*>(read_u32(pc, cell.z));
  if (index >= table->size) [[unlikely]]
    WEFT_TRAP(TrapCode::UndefinedElement);
  const TableSlot& slot = table->elems[index];
  auto* func = static_cast<FuncInst*>(slot.ref);
  acc = reinterpret_cast<uint64_t>(func);
  if (slot.key != read_u32(pc, cell.y)) [[unlikely]]
    WEFT_TAIL(return_call_indirect_other<Key>);
  if (func->context != ctx) [[unlikely]]
    WEFT_TAIL(return_call_far);
  pc = func->code;
  WEFT_DISPATCH();
}

template <HandlerKey Key>
WEFT_HANDLER(return_call_ref) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  WEFT_CHECK_INTERRUPT();
  auto* func = reinterpret_cast<FuncInst*>(read_operand<Key.a, Repr::I64>(cell.a, WEFT_STATE));
  if (func == nullptr) [[unlikely]]
    WEFT_TAIL(null_found<TrapCode::NullFunctionReference>);
  acc = reinterpret_cast<uint64_t>(func);
  if (func->context != ctx) [[unlikely]]
    WEFT_TAIL(return_call_far);
  pc = func->code;
  WEFT_DISPATCH();
}

template <HandlerKey Key>
WEFT_HANDLER(ref_as_non_null) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  if (read_operand<Key.a, Repr::I64>(cell.a, WEFT_STATE) == 0) [[unlikely]]
    WEFT_TAIL(null_found<TrapCode::NullReference>);
  WEFT_NEXT(cell.size);
}

using Space = VariantSpace<1, false>;
template <Repr Index>
constexpr auto kReturnCallIndirect =
    Space::table<HandlerKey{.shape = Shape::ReturnCallIndirect, .repr = Index}>(
        []<HandlerKey key, size_t>() -> HandlerFn* { return &return_call_indirect<key>; });
constexpr auto kCallRef = Space::table<HandlerKey{.shape = Shape::CallRef, .repr = Repr::I64}>(
    []<HandlerKey key, size_t>() -> HandlerFn* { return &call_ref<key>; });
constexpr auto kReturnCallRef =
    Space::table<HandlerKey{.shape = Shape::ReturnCallRef, .repr = Repr::I64}>(
        []<HandlerKey key, size_t>() -> HandlerFn* { return &return_call_ref<key>; });
constexpr auto kRefAsNonNull =
    Space::table<HandlerKey{.shape = Shape::RefAsNonNull, .repr = Repr::I64}>(
        []<HandlerKey key, size_t>() -> HandlerFn* { return &ref_as_non_null<key>; });

// Those whose operand is a reference.
const Space::Table* reference_table(Shape shape) {
  switch (shape) {
    case Shape::CallRef:
      return &kCallRef;
    case Shape::ReturnCallRef:
      return &kReturnCallRef;
    case Shape::RefAsNonNull:
      return &kRefAsNonNull;
    default:
      return nullptr;
  }
}

}  // namespace

HandlerFn* reference_handler(const HandlerKey& key) {
  switch (key.shape) {
    case Shape::ReturnCall:
      return &return_call;
    case Shape::ReturnCallLazy:
      return &return_call_lazy;
    case Shape::ReturnCallImport:
      return &return_call_import;
    case Shape::ReturnCallIndirect:
      return key.repr == Repr::I32   ? kReturnCallIndirect<Repr::I32>[Space::index_of_key(key)]
             : key.repr == Repr::I64 ? kReturnCallIndirect<Repr::I64>[Space::index_of_key(key)]
                                     : nullptr;
    default:
      break;
  }
  const Space::Table* table = key.repr == Repr::I64 ? reference_table(key.shape) : nullptr;
  return table != nullptr ? (*table)[Space::index_of_key(key)] : nullptr;
}

}  // namespace weft::interp
