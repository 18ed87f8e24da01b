// Atomic memory instructions (threads proposal): of any memory, shared or not, always checked. What
// an atomic access itself costs, which is 5 ns at best, leaves little to gain by variants.
#include "interp/execute/atomic_ops.h"
#include "interp/execute/families.h"
#include "interp/execute/operands.h"
#include "interp/runtime/shared_memory.h"

namespace weft::interp {
namespace {

template <Opcode Op>
constexpr HandlerKey kKey{.shape = Shape::Atomic, .op = Op};
template <Opcode Op>
constexpr CellLayout kCell = cell_layout(kKey<Op>);

// Of a cell's memory access: where, and why not.
struct Access {
  const MemoryInst* memory;
  uint64_t address;
  TrapCode trap;

  template <class T>
  T* pointer() const {
    return reinterpret_cast<T*>(memory->base + address);
  }
};

// Alignment comes first, as in the proposal's interpreter. Where the sum overflows it is that of
// what is left, since 2^64 is a multiple of every alignment.
template <Opcode Op>
[[gnu::always_inline]] inline Access access_of(Context* ctx, const uint8_t* pc,
                                               const uint64_t* fp) {
  constexpr uint64_t bytes = access_bytes(Op);
  constexpr CellLayout cell = kCell<Op>;
  const MemoryInst* const memory = ctx->at<MemoryInst*>(read_u32(pc, cell.y));
  const uint64_t base = fp[read_unaligned<uint16_t>(pc + cell.a)];
  uint64_t address = 0;
  const bool overflows =
      __builtin_add_overflow(base, read_unaligned<uint64_t>(pc + cell.p), &address);
  TrapCode trap = TrapCode::None;
  if (overflows || memory->bytes < bytes || address > memory->bytes - bytes) [[unlikely]]
    trap = TrapCode::OutOfBoundsMemoryAccess;
  if (address % bytes != 0) [[unlikely]]
    trap = TrapCode::UnalignedAtomic;
  return {memory, address, trap};
}

// Through trap_exit, which knows how a memory may have grown meanwhile.
#define WEFT_CHECK_ACCESS(access)                                                           \
  do {                                                                                      \
    if ((access).trap != TrapCode::None) [[unlikely]] {                                     \
      if ((access).trap == TrapCode::UnalignedAtomic) WEFT_TRAP(TrapCode::UnalignedAtomic); \
      WEFT_TRAP(TrapCode::OutOfBoundsMemoryAccess);                                         \
    }                                                                                       \
  } while (false)

// d := memory[a + p]
template <Opcode Op, class Stored, class Value>
WEFT_HANDLER(load) {
  WEFT_REGS;
  constexpr CellLayout cell = kCell<Op>;
  const Access access = access_of<Op>(ctx, pc, fp);
  WEFT_CHECK_ACCESS(access);
  const Value value = atomic_ops::load(access.pointer<Stored>());
  write_result<Out::Slot, kReprOf<Value>>(value, cell.d, WEFT_STATE);
  WEFT_NEXT(cell.size);
}

// memory[a + p] := b
template <Opcode Op, class Stored, class Value>
WEFT_HANDLER(store) {
  WEFT_REGS;
  constexpr CellLayout cell = kCell<Op>;
  const Access access = access_of<Op>(ctx, pc, fp);
  WEFT_CHECK_ACCESS(access);
  const Value value = read_operand<In::Slot, kReprOf<Value>>(cell.b, WEFT_STATE);
  atomic_ops::store(access.pointer<Stored>(), static_cast<Stored>(value));
  WEFT_NEXT(cell.size);
}

// d := memory[a + p], and memory[a + p] := Fn of that and b
template <Opcode Op, class Stored, class Value, auto Fn>
WEFT_HANDLER(rmw) {
  WEFT_REGS;
  constexpr CellLayout cell = kCell<Op>;
  const Access access = access_of<Op>(ctx, pc, fp);
  WEFT_CHECK_ACCESS(access);
  const Value operand = read_operand<In::Slot, kReprOf<Value>>(cell.b, WEFT_STATE);
  const Value before = Fn(access.pointer<Stored>(), static_cast<Stored>(operand));
  write_result<Out::Slot, kReprOf<Value>>(before, cell.d, WEFT_STATE);
  WEFT_NEXT(cell.size);
}

// d := memory[a + p], and if that is b, memory[a + p] := c
template <Opcode Op, class Stored, class Value>
WEFT_HANDLER(cmpxchg) {
  WEFT_REGS;
  constexpr CellLayout cell = kCell<Op>;
  const Access access = access_of<Op>(ctx, pc, fp);
  WEFT_CHECK_ACCESS(access);
  const Value expected = read_operand<In::Slot, kReprOf<Value>>(cell.b, WEFT_STATE);
  const Value replacement = read_operand<In::Slot, kReprOf<Value>>(cell.c, WEFT_STATE);
  // Narrow ones wrap what they expect, too.
  const Value before = atomic_ops::compare_exchange(
      access.pointer<Stored>(), static_cast<Stored>(expected), static_cast<Stored>(replacement));
  write_result<Out::Slot, kReprOf<Value>>(before, cell.d, WEFT_STATE);
  WEFT_NEXT(cell.size);
}

// d := how a wait for memory[a + p], while it is b, has ended; c: nanoseconds
template <Opcode Op, class Stored>
WEFT_HANDLER(wait) {
  WEFT_REGS;
  constexpr CellLayout cell = kCell<Op>;
  const Access access = access_of<Op>(ctx, pc, fp);
  WEFT_CHECK_ACCESS(access);
  SharedMemory* const memory = access.memory->shared.get();
  if (memory == nullptr) WEFT_TRAP(TrapCode::ExpectedSharedMemory);
  const Stored expected = read_operand<In::Slot, kReprOf<Stored>>(cell.b, WEFT_STATE);
  const auto timeout = static_cast<int64_t>(read_operand<In::Slot, Repr::I64>(cell.c, WEFT_STATE));
  const SharedMemory::Waited waited = memory->wait(*ctx->state, access.address, expected, timeout);
  if (waited == SharedMemory::Waited::Interrupted) WEFT_TRAP(TrapCode::Interrupted);
  write_result<Out::Slot, Repr::I32>(static_cast<uint32_t>(waited), cell.d, WEFT_STATE);
  WEFT_NEXT(cell.size);
}

// d := how many of at most b waiters at memory[a + p] were woken
template <Opcode Op>
WEFT_HANDLER(notify) {
  WEFT_REGS;
  constexpr CellLayout cell = kCell<Op>;
  const Access access = access_of<Op>(ctx, pc, fp);
  WEFT_CHECK_ACCESS(access);
  SharedMemory* const memory = access.memory->shared.get();
  const uint32_t count = read_operand<In::Slot, Repr::I32>(cell.b, WEFT_STATE);
  const uint32_t woken = memory == nullptr ? 0 : memory->notify(access.address, count);
  write_result<Out::Slot, Repr::I32>(woken, cell.d, WEFT_STATE);
  WEFT_NEXT(cell.size);
}

WEFT_HANDLER(fence) {
  WEFT_REGS;
  atomic_ops::fence();
  WEFT_NEXT(kCell<Opcode::AtomicFence>.size);
}

}  // namespace

HandlerFn* atomic_handler(const HandlerKey& key) {
  if (key != HandlerKey{.shape = Shape::Atomic, .op = key.op}) return nullptr;
  switch (key.op) {
#define WEFT_OP(...)
#define WEFT_ATOMIC_LOAD(prefix, code, Id, text, sig, feature, Stored, Value) \
  case Opcode::Id:                                                            \
    return &load<Opcode::Id, Stored, Value>;
#define WEFT_ATOMIC_STORE(prefix, code, Id, text, sig, feature, Stored, Value) \
  case Opcode::Id:                                                             \
    return &store<Opcode::Id, Stored, Value>;
#define WEFT_ATOMIC_RMW(prefix, code, Id, text, sig, feature, Stored, Value, fn) \
  case Opcode::Id:                                                               \
    return &rmw<Opcode::Id, Stored, Value, &atomic_ops::fn<Stored>>;
#define WEFT_ATOMIC_CMPXCHG(prefix, code, Id, text, sig, feature, Stored, Value) \
  case Opcode::Id:                                                               \
    return &cmpxchg<Opcode::Id, Stored, Value>;
#define WEFT_ATOMIC_WAIT(prefix, code, Id, text, sig, feature, Stored) \
  case Opcode::Id:                                                     \
    return &wait<Opcode::Id, Stored>;
#define WEFT_ATOMIC_NOTIFY(prefix, code, Id, text, sig, feature, Stored) \
  case Opcode::Id:                                                       \
    return &notify<Opcode::Id>;
#include "interp/core/opcodes.def"
    case Opcode::AtomicFence:
      return &fence;
    default:
      return nullptr;
  }
}

}  // namespace weft::interp
