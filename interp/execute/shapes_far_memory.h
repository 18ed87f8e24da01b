// What accesses share that name their memory: those of any memory but memory 0, and of memories
// with 64-bit addresses.
#pragma once

#include <algorithm>

#include "interp/execute/abi.h"
#include "interp/runtime/objects.h"

namespace weft::interp {

// Where `Bytes` bytes at `address` + `offset` are, or null if they are not all inside the memory.
// `offset` is far_offset()'s: the sum with `Bytes` does not overflow.
template <uint64_t Bytes>
[[gnu::always_inline]] inline uint8_t* far_access(const MemoryInst& memory, uint64_t address,
                                                  uint64_t offset) {
  const uint64_t size = memory.bytes;
  const uint64_t needed = offset + Bytes;
  if (needed > size || address > size - needed) [[unlikely]]
    return nullptr;
  return memory.base + address + offset;
}

}  // namespace weft::interp
