// What handlers that access memory 0 share.
#pragma once

#include "interp/execute/abi.h"
#include "interp/execute/operands.h"
#include "interp/execute/variants.h"

namespace weft::interp {

// Whether an access of memory 0 must not happen. With guard pages it always may: a 32-bit address
// plus a 32-bit offset stays inside the reservation, and the hardware traps.
template <HandlerKey Key, size_t Bytes>
[[gnu::always_inline]] inline bool out_of_bounds(const Context* ctx, uint64_t at) {
  if constexpr ((Key.flags & kChecked) != 0) {
    return at + Bytes > ctx->memory0->bytes;  // at < 2^33: no overflow
  }
  return false;
}

// a + b + x + offset, where b may count elements: the sum of the first three wraps.
template <HandlerKey Key, class Stored>
[[gnu::always_inline]] inline uint64_t indexed_address(const CellLayout& cell, const uint8_t* pc,
                                                       const uint64_t* fp, uint64_t acc,
                                                       double facc, float sacc) {
  const uint32_t base = read_operand<Key.a, Repr::I32>(cell.a, WEFT_STATE);
  uint32_t index = read_operand<Key.b, Repr::I32>(cell.b, WEFT_STATE);
  if constexpr ((Key.flags & kScaled) != 0) index *= static_cast<uint32_t>(sizeof(Stored));
  return uint64_t{base + index + read_u32(pc, cell.x)} + read_u32(pc, cell.offset);
}

// A step comes after what may trap: such a cell may begin again. The access does not read what it
// writes.
template <HandlerKey Key, class Stored, class T>
WEFT_HANDLER(load) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const uint32_t address = read_operand<Key.a, Repr::I32>(cell.a, WEFT_STATE);
  const uint64_t at = uint64_t{address} + read_u32(pc, cell.offset);
  if (out_of_bounds<Key, sizeof(Stored)>(ctx, at)) [[unlikely]]
    WEFT_TRAP(TrapCode::OutOfBoundsMemoryAccess);
  const auto stored = read_unaligned<Stored>(mem + at);
  const T value = static_cast<T>(stored);
  keep_until_loaded(pc, value);
  take_step<Key>(cell, pc, fp);
  write_result<Key.d, kReprOf<T>>(value, cell.d, WEFT_STATE);
  WEFT_NEXT(cell.size);
}

template <HandlerKey Key, class Stored, class T>
WEFT_HANDLER(store) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const uint32_t address = read_operand<Key.a, Repr::I32>(cell.a, WEFT_STATE);
  const T value = read_operand<Key.b, kReprOf<T>>(cell.b, WEFT_STATE);
  const uint64_t at = uint64_t{address} + read_u32(pc, cell.offset);
  if (out_of_bounds<Key, sizeof(Stored)>(ctx, at)) [[unlikely]]
    WEFT_TRAP(TrapCode::OutOfBoundsMemoryAccess);
  write_unaligned<Stored>(mem + at, static_cast<Stored>(value));
  keep_until_stored(pc);
  take_step<Key>(cell, pc, fp);
  WEFT_NEXT(cell.size);
}

template <HandlerKey Key, class Stored, class T>
WEFT_HANDLER(load_indexed) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const uint64_t at = indexed_address<Key, Stored>(cell, WEFT_STATE);
  if (out_of_bounds<Key, sizeof(Stored)>(ctx, at)) [[unlikely]]
    WEFT_TRAP(TrapCode::OutOfBoundsMemoryAccess);
  const T value = static_cast<T>(read_unaligned<Stored>(mem + at));
  keep_until_loaded(pc, value);
  take_step<Key>(cell, pc, fp);
  write_result<Key.d, kReprOf<T>>(value, cell.d, WEFT_STATE);
  WEFT_NEXT(cell.size);
}

constexpr HandlerKey with_memory_flags(HandlerKey key, unsigned flags) {
  key.flags = static_cast<uint8_t>(flags);
  return key;
}

}  // namespace weft::interp
