// Large operations go in steps, so that an interrupt is seen between them.
#pragma once

#include <algorithm>
#include <cstdint>

#include "interp/core/trap.h"
#include "interp/runtime/context.h"

namespace weft::interp {

// A gigabyte takes longer to fill than an interrupt may take to be seen: a step takes a millisecond
// or less.
inline constexpr uint64_t kStepBytes = uint64_t{4} << 20;

// `step(at, n)` handles the units [at, at + n), at most `most` of `count`. Whether all were handled
// before `stop()`.
template <class Stop, class Step>
bool in_steps_until(Stop stop, uint64_t count, uint64_t most, bool backwards, Step step) {
  uint64_t done = 0;
  while (true) {
    const uint64_t n = std::min(count - done, most);
    step(backwards ? count - done - n : done, n);
    done += n;
    if (done == count) return true;
    if (stop()) return false;
  }
}

template <class Step>
TrapCode in_steps(StoreState& state, uint64_t count, uint64_t most, bool backwards, Step step) {
  const auto stop = [&] { return state.stop_requested(); };
  return in_steps_until(stop, count, most, backwards, step) ? TrapCode::None
                                                            : TrapCode::Interrupted;
}

}  // namespace weft::interp
