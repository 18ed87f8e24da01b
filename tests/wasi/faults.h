// System calls that fail as a test plans. The linker sends the shim's calls here (--wrap), and from
// here to the system unless their turn to fail has come.
#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace weft::wasi {

/// What happens while one of these is alive. Only one is, and on one thread.
class Faults {
 public:
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  /// From the call number `first` on, `count` calls fail with that errno.
  Faults(std::size_t first, int error, std::size_t count = 1)
      : first_(first), count_(count), error_(error) {
    active() = this;
  }
  /// Nothing fails; transfers move at most so many bytes at a time.
  explicit Faults(std::size_t most = kNone) : most_(most) { active() = this; }
  ~Faults() { active() = nullptr; }
  Faults(const Faults&) = delete;
  Faults& operator=(const Faults&) = delete;

  void set_most(std::size_t bytes) { most_ = bytes; }

  /// The calls that were made, by name.
  [[nodiscard]] const std::vector<std::string>& calls() const { return calls_; }

  /// Done instead of the calls that fail, as a signal handler might.
  std::function<void()> on_fault{};

  // For the wrappers.
  [[nodiscard]] static Faults*& active() {
    thread_local Faults* faults = nullptr;
    return faults;
  }
  /// The errno to fail with, or 0.
  [[nodiscard]] int next(const char* name) {
    const std::size_t number = calls_.size();
    calls_.emplace_back(name);
    if (number < first_ || number - first_ >= count_) return 0;
    if (on_fault) on_fault();
    return error_;
  }
  [[nodiscard]] std::size_t most() const { return most_; }

 private:
  std::size_t first_ = kNone;
  std::size_t count_ = 0;
  int error_ = 0;
  std::size_t most_ = kNone;
  std::vector<std::string> calls_;
};

}  // namespace weft::wasi
