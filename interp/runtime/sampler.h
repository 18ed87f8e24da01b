// Where a store's guest spends its time, found by looking about a thousand times a second. A thread
// counts the ticks that have passed; the guest notes where it is when it next looks for interrupts.
#pragma once

#include <chrono>
#include <compare>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "interp/runtime/context.h"

namespace weft::interp {

// A function on a sampled stack.
struct SampledFunc {
  const Instance* instance = nullptr;  // null: a host function
  uint32_t func = 0;                   // as TraceFrame has it
  auto operator<=>(const SampledFunc&) const = default;
};

class Sampler {
 public:
  static constexpr std::chrono::microseconds kTick{1'000};
  // Deeper stacks are cut: their outermost functions are left out.
  static constexpr size_t kMaxFrames = 250;

  using Stack = std::vector<SampledFunc>;  // innermost first
  using Stacks = std::map<Stack, uint64_t>;

  // Null if there can be no thread for it.
  static std::unique_ptr<Sampler> make(std::shared_ptr<StoreState> state);
  explicit Sampler(std::shared_ptr<StoreState> state);

  // On the store's thread.
  void add(const Stack& stack, uint32_t ticks) noexcept;
  const Stacks& stacks() const { return x_stacks; }

 private:
  void run(const std::stop_token& stop);

  const std::shared_ptr<StoreState> x_state;
  Stacks x_stacks;
  std::mutex x_mutex;
  std::condition_variable_any x_wake;
  std::jthread x_thread;  // the last: it uses the others
};

}  // namespace weft::interp
