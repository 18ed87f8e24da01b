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

constexpr HandlerKey with_memory_flags(HandlerKey key, unsigned flags) {
  key.flags = static_cast<uint8_t>(flags);
  return key;
}

}  // namespace weft::interp
