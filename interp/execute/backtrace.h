// Where a guest stopped, and how it had got there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "interp/runtime/store.h"

namespace weft::interp {

// One frame of a backtrace.
struct TraceFrame {
  const Instance* instance;  // null: a host function
  uint32_t func;    // function index in its module; in Store::host_funcs for host functions
  uint64_t offset;  // byte offset of the instruction in the module; 0 for host functions
};

struct Backtrace {
  std::vector<TraceFrame> frames;  // innermost first, as many as were asked for
  uint64_t depth = 0;              // all frames, those of waiting activations included
};

// The frames behind a trap of the store, before anything else has run in it. Empty if no guest ran.
Backtrace backtrace(Store& store, const TrapState& trap, size_t max_frames = 100);

}  // namespace weft::interp
