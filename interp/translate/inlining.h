// Which functions are so small that what they do replaces the calls of them.
//
// A leaf calls nothing, has no loop and catches nothing, so it costs its callers neither a
// safepoint nor a frame that anything but a backtrace could miss.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "interp/decode/module.h"

namespace weft::interp {

// What is larger gains nothing, as the call is little of its cost (docs/performance.md).
inline constexpr uint32_t kLeafBytes = 96;
inline constexpr uint32_t kLeafInstrs = 40;
inline constexpr uint32_t kLeafLocals = 12;
// The bodies that a function takes in, in bytes: so many, and so many times its own.
inline constexpr uint32_t kInlinedBytes = 512;
inline constexpr uint32_t kInlinedGrowth = 2;
// No leaf has so many slots of locals and operands, of which instructions push at most two.
inline constexpr uint32_t kLeafSlots = kLeafLocals + 2 * kLeafInstrs;

inline constexpr uint32_t kNoLocal = UINT32_MAX;

struct Leaf {
  struct Local {
    uint8_t reads = 0;  // before the first write
    uint8_t writes = 0;
    bool read_unset = false;  // or it may be: not all ways to a read set it
  };
  std::array<Local, kLeafLocals> locals;  // parameters first
  uint32_t result = kNoLocal;             // the local that is the result, if the end gets it last
  bool branches = false;                  // has blocks or branches: is not one straight line
};

// A defined function of the module, which is valid, if it is a leaf.
std::optional<Leaf> leaf_of(const Module& module, uint32_t func);

}  // namespace weft::interp
