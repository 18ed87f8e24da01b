#include "interp/execute/backtrace.h"

#include <algorithm>

#include "interp/execute/frame_walk.h"
#include "interp/translate/code.h"

namespace weft::interp {

namespace {

class Walk {
 public:
  Walk(Store& store, size_t max_frames) : x_state(store.state()), x_max_frames(max_frames) {}

  Backtrace run(const TrapState& trap) && {
    walk_frames(
        x_state, trap.context, trap.pc, trap.records,
        [this](const Context* context, const uint8_t* cell, bool is_return_address) {
          add_guest(context, cell, is_return_address);
          return true;
        },
        [this](const FuncInst* func) {
          add_host(func);
          return true;
        });
    return std::move(x_result);
  }

 private:
  void add_guest(const Context* context, const uint8_t* cell, bool is_return_address) {
    if (x_result.frames.size() >= x_max_frames) {
      ++x_result.depth;
      return;
    }
    // Deep recursion returns to the same few cells, and finding an offset is work.
    if (cell != x_last_cell || context->instance != x_last_instance) {
      x_last_cell = cell;
      x_last_instance = context->instance;
      x_last = context->code->positions_of(cell, is_return_address);
    }
    // None in a cell that belongs to no function, such as the one that translates.
    for (const CodePosition& position : x_last) {
      ++x_result.depth;
      if (x_result.frames.size() < x_max_frames)
        x_result.frames.push_back({context->instance, position.func, position.offset});
    }
  }

  void add_host(const FuncInst* func) {
    ++x_result.depth;
    if (x_result.frames.size() < x_max_frames) x_result.frames.push_back({nullptr, func->index, 0});
  }

  const StoreState& x_state;
  const size_t x_max_frames;
  Backtrace x_result;
  const uint8_t* x_last_cell = nullptr;
  const Instance* x_last_instance = nullptr;
  std::vector<CodePosition> x_last;
};

// After a fault they are what registers held, so they are not believed blindly.
bool is_sound(Store& store, const TrapState& trap) {
  const StoreState& state = store.state();
  if (trap.pc == nullptr) return false;
  // A call that found the depth used up may have gone a little below.
  constexpr uintptr_t slack = 4 * sizeof(Record);
  const auto records = reinterpret_cast<uintptr_t>(trap.records);
  const auto top = reinterpret_cast<uintptr_t>(state.stack_top);
  if (records < state.lowest_record - slack || records >= top) return false;
  if ((top - records) % sizeof(Record) != 0) return false;
  return std::ranges::any_of(store.instances(), [&](const auto& instance) {
    return &instance->context() == trap.context;
  });
}

}  // namespace

Backtrace backtrace(Store& store, const TrapState& trap, size_t max_frames) {
  if (!is_sound(store, trap)) return {};
  return Walk(store, max_frames).run(trap);
}

}  // namespace weft::interp
