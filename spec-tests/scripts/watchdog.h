// Stops guest code that runs for too long: a broken engine shall fail assertions, not hang.
#pragma once

#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <stop_token>
#include <thread>
#include <weft/weft.hpp>

namespace weft::spectest {

class Watchdog {
  struct Entry {
    bool running = false;
    std::chrono::steady_clock::time_point deadline{};
    InterruptHandle handle{};
  };

 public:
  explicit Watchdog(std::chrono::nanoseconds limit)
      : x_limit(limit), x_thread([this](const std::stop_token& stop) { watch(stop); }) {}

  // One for each thread that runs guest code.
  class Watched {
   public:
    explicit Watched(Watchdog& dog) : x_dog(dog) {
      const std::lock_guard lock(x_dog.x_mutex);
      x_entry = x_dog.x_entries.emplace(x_dog.x_entries.end());
    }
    ~Watched() {
      const std::lock_guard lock(x_dog.x_mutex);
      x_dog.x_entries.erase(x_entry);
    }
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

    void begin(const InterruptHandle& handle) {
      const std::lock_guard lock(x_dog.x_mutex);
      *x_entry = {true, std::chrono::steady_clock::now() + x_dog.x_limit, handle};
    }
    void end() {
      const std::lock_guard lock(x_dog.x_mutex);
      *x_entry = {};
    }

   private:
    Watchdog& x_dog;
    std::list<Entry>::iterator x_entry{};
  };

 private:
  void watch(const std::stop_token& stop) {
    std::unique_lock lock(x_mutex);
    while (!x_wake.wait_for(lock, stop, std::chrono::milliseconds(200), [] { return false; }) &&
           !stop.stop_requested()) {
      const auto now = std::chrono::steady_clock::now();
      for (const Entry& entry : x_entries) {
        if (entry.running && entry.deadline < now) entry.handle.interrupt();
      }
    }
  }

  std::chrono::nanoseconds x_limit;
  std::mutex x_mutex{};
  std::condition_variable_any x_wake{};
  std::list<Entry> x_entries{};
  std::jthread x_thread;  // the last: it uses the others
};

}  // namespace weft::spectest
