#include "interp/runtime/sampler.h"

#include <algorithm>
#include <new>
#include <system_error>

namespace weft::interp {

std::unique_ptr<Sampler> Sampler::make(std::shared_ptr<StoreState> state) {
  try {
    return std::make_unique<Sampler>(std::move(state));
  } catch (const std::system_error&) {
    return nullptr;
  }
}

Sampler::Sampler(std::shared_ptr<StoreState> state)
    : x_state(std::move(state)), x_thread([this](const std::stop_token& stop) { run(stop); }) {}

void Sampler::run(const std::stop_token& stop) {
  using Clock = std::chrono::steady_clock;
  // A tick that comes late counts for those that were missed.
  constexpr int64_t kMostTicks = 1'000;
  Clock::time_point seen = Clock::now();
  std::unique_lock lock(x_mutex);
  while (!stop.stop_requested()) {
    x_wake.wait_for(lock, stop, kTick, [] { return false; });
    const Clock::time_point now = Clock::now();
    const int64_t ticks = (now - seen) / kTick;
    seen += ticks * kTick;
    if (ticks > 0) x_state->request_samples(static_cast<uint32_t>(std::min(ticks, kMostTicks)));
  }
}

void Sampler::add(const Stack& stack, uint32_t ticks) noexcept {
  try {
    x_stacks[stack] += ticks;
  } catch (const std::bad_alloc&) {
    return;  // a sample less
  }
}

}  // namespace weft::interp
