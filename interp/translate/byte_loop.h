// What a ByteLoop cell points to: a loop that copies or fills memory, in terms of the slots that it
// begins with.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace weft::interp {

// What some slots hold and a constant, added up modulo 2^32.
struct SlotSum {
  static constexpr size_t kMost = 2;
  std::array<uint16_t, kMost> slots{};
  std::array<uint32_t, kMost> masks{};  // all ones for slots that are in the sum
  uint32_t constant = 0;

  uint32_t value(const uint64_t* fp) const {
    return constant + (static_cast<uint32_t>(fp[slots[0]]) & masks[0]) +
           (static_cast<uint32_t>(fp[slots[1]]) & masks[1]);
  }
};

// Where an iteration's bytes begin: at the first one's lowest address.
struct LoopRange {
  SlotSum base;
  uint32_t offset = 0;  // added without wrapping
};

struct ByteLoop {
  struct Step {
    uint16_t slot;
    int32_t by;
  };
  static constexpr size_t kMaxSteps = 6;

  // Each iteration brings the two nearer to each other, by `counter_step`. The loop goes on until
  // they are equal or, if it is `ordered`, until `high` is below `low` or, unless it is inclusive,
  // equal to it.
  SlotSum low;
  SlotSum high;
  uint32_t counter_step = 0;
  bool ordered = false;
  bool inclusive = false;
  bool ends_within = false;  // the last iteration may be a part of one
  uint64_t worth = 0;        // how far they must be from each other

  // Each iteration writes the bytes at `to`, as many as `step` takes it on.
  LoopRange to;
  int32_t step = 0;
  // Copies what is at `from`; or, if `value_bytes` is not 0, repeats so many bytes of a slot or, if
  // that is kNoSlot, of `value`.
  LoopRange from;
  uint8_t value_bytes = 0;
  uint8_t widest = 0;     // bytes of the largest access
  bool in_order = false;  // each load is followed by its store, all in the direction of the step
  uint32_t value_slot = 0;
  uint64_t value = 0;

  uint32_t fuel = 0;  // what an iteration takes of it, where it is counted

  // What each iteration adds to slots.
  std::array<Step, kMaxSteps> steps{};
  size_t step_count = 0;
};

}  // namespace weft::interp
