#include "interp/execute/sampling.h"

#include <new>

#include "interp/core/small.h"
#include "interp/execute/frame_walk.h"
#include "interp/runtime/sampler.h"
#include "interp/runtime/store.h"

namespace weft::interp {

namespace {

// Adds the stack of guests to what is in `stack`, and the whole to the sampler's.
void add_sample(StoreState& state, Sampler::Stack stack, const Context* context,
                const uint8_t* cell, const Record* records, uint32_t ticks) {
  const uint8_t* last_cell = nullptr;
  const auto add = [&stack](const SampledFunc& func) {
    stack.push_back(func);
    return stack.size() < Sampler::kMaxFrames;
  };
  walk_frames(
      state, context, cell, records,
      [&](const Context* at, const uint8_t* in, bool is_return_address) {
        // Deep recursion returns to the same few cells.
        if (in == last_cell && stack.back().instance == at->instance) return add(stack.back());
        const auto found = at->code->find_function(is_return_address ? in - 1 : in);
        if (!found) return true;
        last_cell = in;
        return add({at->instance, found->func});
      },
      [&](const FuncInst* func) {
        last_cell = nullptr;
        return add({nullptr, func->index});
      });
  state.store->sampler()->add(stack, ticks);
}

}  // namespace

void take_sample(Context& context, const uint8_t* cell, const Record* records) noexcept {
  if constexpr (kSmall) return;
  StoreState& state = *context.state;
  const uint32_t ticks = state.take_ticks();
  if (ticks == 0) return;
  try {
    add_sample(state, {}, &context, cell, records, ticks);
  } catch (const std::bad_alloc&) {
    return;  // a sample less
  }
}

void take_host_sample(StoreState& state) noexcept {
  if constexpr (kSmall) return;
  const uint32_t ticks = state.take_ticks();
  const WaitingGuest& guest = state.waiting;
  if (ticks == 0 || guest.pc == nullptr) return;
  try {
    add_sample(state, {{nullptr, guest.host->index}}, guest.context, guest.pc, state.live_records,
               ticks);
  } catch (const std::bad_alloc&) {
    return;
  }
}

}  // namespace weft::interp
