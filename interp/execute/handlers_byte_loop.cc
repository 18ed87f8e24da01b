// The cell before a loop that copies or fills memory: all of it but the last iteration.
#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

#include "interp/core/bytes.h"
#include "interp/execute/families.h"
#include "interp/execute/operands.h"
#include "interp/execute/steps.h"
#include "interp/translate/byte_loop.h"
#include "interp/translate/code.h"

namespace weft::interp {
namespace {

// How far the loop's counter is from its end.
[[gnu::always_inline]] inline uint64_t distance_of(const ByteLoop& loop, const uint64_t* fp) {
  const uint32_t low = loop.low.value(fp);
  const uint32_t high = loop.high.value(fp);
  if (loop.ordered && high < low) return 0;
  return uint64_t{high - low} + (loop.inclusive ? 1 : 0);
}

// Copies bytes one by one, as far as can be told: ascending ones that copy what they have copied
// repeat what lies between `from` and `to`; descending ones likewise.
void copy_in_order(uint8_t* to, const uint8_t* from, uint64_t count, bool up) {
  const auto distance = static_cast<uint64_t>(up ? to - from : from - to);
  // Below zero, it is large.
  if (distance == 0 || distance >= count) return copy_bytes(to, from, count);
  for (uint64_t done = 0; done < count;) {
    const uint64_t n = std::min(count - done, done + distance);
    if (up) {
      copy_bytes(to + done, from, n);
    } else {
      copy_bytes(to + (count - done - n), from + (count - n), n);
    }
    done += n;
  }
}

void fill(const ByteLoop& loop, const uint64_t* fp, uint8_t* to, uint64_t count) {
  const auto* const value = loop.value_slot == kNoSlot
                                ? reinterpret_cast<const uint8_t*>(&loop.value)
                                : reinterpret_cast<const uint8_t*>(fp + loop.value_slot);
  const uint64_t bytes = loop.value_bytes;
  if (std::all_of(value + 1, value + bytes, [value](uint8_t byte) { return byte == *value; })) {
    return fill_bytes(to, *value, count);
  }
  copy_bytes(to, value, bytes);
  copy_in_order(to + bytes, to, count - bytes, true);
}

// Whether copying byte by byte does what the loop does.
bool keeps_order(const ByteLoop& loop, uint64_t to, uint64_t from) {
  const bool up = loop.step > 0;
  const uint64_t distance = to > from ? to - from : from - to;
  if (distance >= static_cast<uint64_t>(std::abs(int64_t{loop.step})) || distance == 0) return true;
  // Within an iteration.
  return loop.in_order && ((to < from) == up || distance >= loop.widest);
}

// Does as many iterations as there are after which the loop goes on: or none, if there is anything
// unusual about them.
void run_byte_loop(Context* ctx, uint64_t* fp, const ByteLoop& loop) {
  uint64_t iterations = (distance_of(loop, fp) + loop.counter_step - 1) / loop.counter_step -
                        (loop.ends_within ? 1 : 0);
  StoreState& state = *ctx->state;
  if (loop.fuel != 0) {
    iterations = std::min(iterations, static_cast<uint64_t>(state.fuel) / loop.fuel);
    if (iterations == 0) return;
  }
  const MemoryInst& memory = *ctx->memory0;
  const bool up = loop.step > 0;
  const auto step = static_cast<uint64_t>(std::abs(int64_t{loop.step}));
  const uint64_t count = iterations * step;  // both are below 2^33
  const bool copies = loop.value_bytes == 0;
  // The lowest byte of all iterations, if no address wraps and all are in bounds.
  const auto lowest = [&](const LoopRange& range) -> std::optional<uint64_t> {
    const uint64_t base = range.base.value(fp);
    const uint64_t below = up ? 0 : count - step;
    if (base < below) return std::nullopt;
    const uint64_t begin = base - below + range.offset;
    return memory.in_bounds(begin, count) ? std::optional(begin) : std::nullopt;
  };
  const auto to = lowest(loop.to);
  const auto from = copies ? lowest(loop.from) : to;
  if (!to || !from || (copies && !keeps_order(loop, *to, *from))) return;

  const uint64_t most = std::max(kStepBytes / step, uint64_t{1});
  uint64_t done = 0;
  // An interrupt is the loop's to obey.
  const auto noticed = [&] { return state.interrupt.load(std::memory_order_relaxed) != 0; };
  in_steps_until(noticed, iterations, most, false, [&](uint64_t at, uint64_t n) {
    const uint64_t begin = (up ? at : iterations - at - n) * step;
    if (copies) {
      copy_in_order(memory.base + *to + begin, memory.base + *from + begin, n * step, up);
    } else {
      fill(loop, fp, memory.base + *to + begin, n * step);
    }
    done = at + n;
  });
  if (loop.fuel != 0) state.fuel -= static_cast<int64_t>(done * loop.fuel);
  for (size_t i = 0; i < loop.step_count; ++i) {
    uint64_t& slot = fp[loop.steps[i].slot];
    slot = static_cast<uint32_t>(slot + done * static_cast<uint64_t>(int64_t{loop.steps[i].by}));
  }
}

constexpr CellLayout kCell = cell_layout({.shape = Shape::ByteLoop});

// Out of line, so that a loop that is not worth it pays for no call.
[[gnu::noinline]] WEFT_HANDLER(run_loop) {
  WEFT_REGS;
  run_byte_loop(ctx, fp, *read_unaligned<const ByteLoop*>(pc + kCell.p));
  WEFT_NEXT(kCell.size);
}

WEFT_HANDLER(byte_loop) {
  WEFT_REGS;
  const ByteLoop& loop = *read_unaligned<const ByteLoop*>(pc + kCell.p);
  if (distance_of(loop, fp) > loop.worth) WEFT_TAIL(run_loop);
  WEFT_NEXT(kCell.size);
}

}  // namespace

HandlerFn* byte_loop_handler(const HandlerKey& key) {
  return key == HandlerKey{.shape = Shape::ByteLoop} ? &byte_loop : nullptr;
}

}  // namespace weft::interp
