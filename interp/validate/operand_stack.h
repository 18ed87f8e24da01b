// The operand stack of a FunctionValidator: types beside the sink's annotations, on the heap.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>

#include "interp/core/types.h"
#include "interp/validate/instr_sink.h"

namespace weft::interp {

// A vector with two differences, both measured: pushing is a store and an increment after one test
// that the caller makes (full()), and the floor, below which the current frame can't pop, is kept
// as a pointer.
template <class Operand>
class OperandStack {
 public:
  using Entry = StackEntry<Operand>;

  bool full() const { return x_top == x_end; }
  void grow() {
    const size_t capacity = std::max<size_t>(64, 2 * static_cast<size_t>(x_end - begin()));
    auto bigger = std::make_unique<Entry[]>(capacity);
    std::copy(begin(), x_top, bigger.get());
    x_floor = bigger.get() + floor();
    x_top = bigger.get() + height();
    x_entries = std::move(bigger);
    x_end = begin() + capacity;
  }
  void push(ValType type, Operand operand) { *x_top++ = {type, operand}; }

  bool above_floor() const { return x_top != x_floor; }
  Entry& top() { return x_top[-1]; }
  Entry pop() { return *--x_top; }

  size_t height() const { return static_cast<size_t>(x_top - begin()); }
  size_t floor() const { return static_cast<size_t>(x_floor - begin()); }
  size_t height_above_floor() const { return static_cast<size_t>(x_top - x_floor); }
  void set_floor(size_t height) { x_floor = begin() + height; }
  void cut(size_t height) { x_top = begin() + height; }
  // For a loop that pushes and pops by itself: the first free entry, the floor, the end of the
  // room.
  Entry* end_entry() { return x_top; }
  Entry* floor_entry() { return x_floor; }
  Entry* limit_entry() { return x_end; }
  void cut_to(Entry* top) { x_top = top; }
  void clear() { x_top = x_floor = begin(); }

  std::span<Entry> all() { return {begin(), x_top}; }
  std::span<Entry> top(size_t count) { return {x_top - count, count}; }

 private:
  Entry* begin() const { return x_entries.get(); }

  std::unique_ptr<Entry[]> x_entries;
  Entry* x_top = nullptr;
  Entry* x_floor = nullptr;
  Entry* x_end = nullptr;
};

}  // namespace weft::interp
