// Calls and returns. A callee's frame begins at its arguments, which the caller has put at the top
// of its own frame: nothing is copied. Return records are on a stack of their own, so that a return
// does not wait for loads through the frame.
#include <atomic>

#include "interp/execute/families.h"
#include "interp/execute/handlers.h"
#include "interp/execute/host_call.h"
#include "interp/execute/operands.h"
#include "interp/execute/runtime_calls.h"
#include "interp/execute/variants.h"
#include "interp/translate/code.h"

namespace weft::interp {
namespace {

// A call found the record limit raised: by an interrupt, or because the depth is used up. If it is
// neither, a late writer left it so, and the calling cell goes on from its start.
[[gnu::cold, gnu::noinline]] WEFT_HANDLER(record_limit_hit) {
  WEFT_REGS;
  const TrapCode trap = ctx->state->on_record_limit(rs - 2);
  if (trap != TrapCode::None) WEFT_TRAP_WITH(trap);
  WEFT_DISPATCH();
}

// Values grow up, records grow down, in one region: one compare, with a red zone that spares most
// functions a check of their frame's size, bounds both. The record limit bounds the depth, and is
// where an interrupt makes itself felt.
#define WEFT_CHECK_ROOM(frame, record)                                                    \
  do {                                                                                    \
    if ((frame) + kRedZoneSlots > reinterpret_cast<const uint64_t*>(record)) [[unlikely]] \
      WEFT_TRAP(TrapCode::CallStackExhausted);                                            \
    if (reinterpret_cast<uintptr_t>(record) <                                             \
        ctx->state->record_limit.load(std::memory_order_relaxed)) [[unlikely]]            \
      WEFT_TAIL(record_limit_hit);                                                        \
  } while (false)

[[gnu::always_inline]] inline uint8_t* memory_base(const Context* ctx) {
  return ctx->memory0 != nullptr ? ctx->memory0->base : nullptr;
}

WEFT_HANDLER(call) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout({.shape = Shape::Call});
  uint64_t* frame = fp + read_u32(pc, cell.x);
  Record* record = rs - 1;
  WEFT_CHECK_ROOM(frame, record);
  record->pc = pc + cell.size;
  record->fp = fp;
  const auto handler = read_unaligned<HandlerFn*>(pc + cell.q);
  pc = read_unaligned<const uint8_t*>(pc + cell.p);
  fp = frame;
  rs = record;
  WEFT_DISPATCH_TO(handler);
}

// A cell's handler as others may keep it: not one that a later call replaces.
Handler lasting_handler(const uint8_t* cell) {
  const auto handler = read_unaligned<Handler>(cell);
  return handler == handler_for({.shape = Shape::CallLazy})
             ? handler_for({.shape = Shape::Redispatch})
             : handler;
}

// Makes a CallLazy cell into a Call. Code is shared by threads: whoever sees the new handler sees
// the new operands.
void link_call(const uint8_t* cell, const uint8_t* entry) {
  constexpr CellLayout layout = cell_layout({.shape = Shape::Call});
  const auto word = [cell](size_t at) {
    return std::atomic_ref(*reinterpret_cast<uint64_t*>(const_cast<uint8_t*>(cell) + at));
  };
  word(layout.p).store(reinterpret_cast<uint64_t>(entry), std::memory_order_relaxed);
  word(layout.q).store(reinterpret_cast<uint64_t>(lasting_handler(entry)),
                       std::memory_order_relaxed);
  word(0).store(reinterpret_cast<uint64_t>(handler_for({.shape = Shape::Call})),
                std::memory_order_release);
}

WEFT_HANDLER(call_lazy) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout({.shape = Shape::CallLazy});
  const uint8_t* entry = ctx->code->entry(read_u32(pc, cell.y));
  if (entry == nullptr) [[unlikely]]
    WEFT_TRAP(TrapCode::AllocationFailure);
  link_call(pc, entry);
  WEFT_DISPATCH();
}

// Calls the function that the accumulator holds, of another instance or of the host. `pc` is the
// calling cell.
template <HandlerKey Key>
[[gnu::noinline]] WEFT_HANDLER(call_far) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  auto* func = reinterpret_cast<FuncInst*>(acc);
  uint64_t* frame = fp + read_u32(pc, cell.x);
  if (frame + kRedZoneSlots > reinterpret_cast<const uint64_t*>(rs - 2)) [[unlikely]] {
    WEFT_TRAP(TrapCode::CallStackExhausted);
  }
  if (reinterpret_cast<uintptr_t>(rs - 2) <
      ctx->state->record_limit.load(std::memory_order_relaxed)) [[unlikely]] {
    // Not by going on from the cell's start: the accumulator no longer holds what it did there.
    const TrapCode refused = ctx->state->on_record_limit(rs - 2);
    if (refused != TrapCode::None) WEFT_TRAP_WITH(refused);
  }
  if (func->context == nullptr) {
    const TrapCode trap = call_host_from_wasm(ctx, func, frame, pc, rs);
    if (trap != TrapCode::None) [[unlikely]]
      WEFT_TRAP_WITH(trap);
    mem = memory_base(ctx);
    acc = frame[0];
    facc = read_unaligned<double>(frame);
    sacc = read_unaligned<float>(frame);
    WEFT_NEXT(cell.size);
  }
  rs -= 2;
  rs[1] = {pc + cell.size, fp};
  rs[0] = {switch_back_cell(), reinterpret_cast<uint64_t*>(ctx)};
  ctx = func->context;
  mem = memory_base(ctx);
  fp = frame;
  pc = func->code;
  WEFT_DISPATCH();
}

WEFT_HANDLER(call_import) {
  WEFT_REGS;
  constexpr HandlerKey key{.shape = Shape::CallImport};
  constexpr CellLayout cell = cell_layout(key);
  acc = reinterpret_cast<uint64_t>(ctx->at<FuncInst*>(read_u32(pc, cell.y)));
  WEFT_TAIL(call_far<key>);
}

// The element's type is not the expected one.
[[gnu::cold, gnu::noinline]] WEFT_HANDLER(call_indirect_refused) {
  WEFT_REGS;
  if (acc == 0) WEFT_TRAP(TrapCode::UninitializedElement);
  WEFT_TRAP(TrapCode::IndirectCallTypeMismatch);
}

template <HandlerKey Key>
WEFT_HANDLER(call_indirect) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const uint64_t index = read_operand<Key.a, Repr::I32>(cell.a, WEFT_STATE);
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
    WEFT_TAIL(call_indirect_refused);
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

#define WEFT_RETURN() \
  do {                \
    pc = rs->pc;      \
    fp = rs->fp;      \
    ++rs;             \
    WEFT_DISPATCH();  \
  } while (false)

template <HandlerKey Key>
WEFT_HANDLER(return_one) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const auto value = read_operand<Key.a, Key.repr>(cell.a, WEFT_STATE);
  if constexpr (Key.repr == Repr::F64) {
    facc = value;
    write_unaligned<double>(fp, value);
  } else if constexpr (Key.repr == Repr::F32) {
    sacc = value;
    write_unaligned<float>(fp, value);
  } else {
    acc = value;
    fp[0] = value;
  }
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
constexpr auto kCallIndirect = IndirectSpace::table<HandlerKey{.shape = Shape::CallIndirect}>(
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
      return &call;
    case Shape::CallLazy:
      return &call_lazy;
    case Shape::CallImport:
      return &call_import;
    case Shape::CallIndirect:
      return kCallIndirect[IndirectSpace::index_of_key(key)];
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
  static const Handler handlers[] = {
      handler_for({.shape = Shape::Exit}),
      handler_for({.shape = Shape::SwitchBack}),
      handler_for({.shape = Shape::EnterLazy}),
  };
  return reinterpret_cast<const uint8_t*>(
      &handlers[static_cast<size_t>(shape) - static_cast<size_t>(Shape::Exit)]);
}

}  // namespace

const uint8_t* exit_cell() { return shared_cell(Shape::Exit); }
const uint8_t* switch_back_cell() { return shared_cell(Shape::SwitchBack); }
const uint8_t* enter_lazy_cell() { return shared_cell(Shape::EnterLazy); }

}  // namespace weft::interp
