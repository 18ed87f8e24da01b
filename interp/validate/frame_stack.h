// The control stack of a FunctionValidator.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>

#include "interp/core/seldom.h"

namespace weft::interp {

// A vector with two differences: its length is a number, so that comparing a label's depth with it
// takes no division, and a frame that is pushed again is not made anew: the caller assigns it.
template <class Frame>
class FrameStack {
 public:
  size_t depth() const { return x_depth; }
  Frame& outermost() { return x_frames[0]; }
  Frame& push() {
    if (x_depth == x_capacity) [[unlikely]]
      grow();
    return x_frames[x_depth++];
  }
  void pop() { --x_depth; }
  void clear() { x_depth = 0; }

 private:
  WEFT_SELDOM void grow() {
    const size_t capacity = std::max<size_t>(16, 2 * x_capacity);
    auto bigger = std::make_unique<Frame[]>(capacity);
    std::copy_n(x_frames.get(), x_depth, bigger.get());
    x_frames = std::move(bigger);
    x_capacity = capacity;
  }

  std::unique_ptr<Frame[]> x_frames;
  size_t x_depth = 0;
  size_t x_capacity = 0;
};

}  // namespace weft::interp
