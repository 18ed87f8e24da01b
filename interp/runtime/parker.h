// Where a thread sleeps until another thread, or a signal handler, wakes it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace weft::interp {

// One thread at a time sleeps here. So that no wake() is lost, the sleeper takes a ticket, then
// looks whether there is a reason to sleep, and passes the ticket: a wake() since ends the sleep.
class Parker {
 public:
  using Clock = std::chrono::steady_clock;
  using Deadline = std::optional<Clock::time_point>;  // none: never

  uint32_t ticket() const noexcept { return x_wakes.load(); }
  // Until wake() or the deadline; may return earlier.
  void sleep(uint32_t ticket, const Deadline& deadline) noexcept;
  // Thread-safe and async-signal-safe.
  void wake() noexcept {
    x_wakes.fetch_add(1);
    if (x_sleeping.load() != 0) wake_sleeper();
  }

 private:
  void wake_sleeper() noexcept;

  std::atomic<uint32_t> x_wakes{0};
  std::atomic<uint32_t> x_sleeping{0};
};

}  // namespace weft::interp
