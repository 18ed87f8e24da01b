// The GIL, and the thread that has guests look up for Ctrl-C.
#pragma once

#include <nanobind/nanobind.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <weft/store.hpp>

namespace weft::python {

/// Waits for the GIL. In a thread that outlives the interpreter CPython then ends the thread by
/// unwinding it, which the engine's stack doesn't stand: such a thread stops here instead.
void take_gil(PyThreadState* state) noexcept;

/// Calls a callable with `count` arguments, the first of which is arguments[1]; arguments[0] is for
/// Python's use. Throws what it raises. For threads that end as take_gil says, too.
[[nodiscard]] nanobind::object call_python(nanobind::handle callable, PyObject** arguments,
                                           std::size_t count);

/// Gives the GIL away.
class GilReleased {
 public:
  GilReleased() : state_(PyEval_SaveThread()) {}
  ~GilReleased() { take_gil(state_); }
  GilReleased(const GilReleased&) = delete;
  GilReleased& operator=(const GilReleased&) = delete;

 private:
  PyThreadState* state_;
};

/// Takes the GIL in whichever thread this is, if it doesn't have it.
class GilHeld {
 public:
  GilHeld();
  ~GilHeld() { PyGILState_Release(state_); }
  GilHeld(const GilHeld&) = delete;
  GilHeld& operator=(const GilHeld&) = delete;

 private:
  PyGILState_STATE state_;
};

/// Makes requests to the guest that runs on Python's main thread, the only one that looks at
/// signals, every kPeriod. The store's interrupt hook then finds out whether there is a reason. Its
/// thread starts with the first guest, and sleeps when none has run for a while.
class Ticker {
 public:
  /// A guest runs on the main thread. Costs nanoseconds.
  class Scope {
   public:
    explicit Scope(const InterruptHandle& guest);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    const InterruptHandle* outer_;
    bool is_main_;
  };

  /// Returns once the ticker doesn't use any handle that isn't running any more.
  static void settle();
  /// Begins, with the identifier of Python's main thread; again in a forked child.
  static void begin(unsigned long main);

 private:
  void start();
  void wake();
  void run();

  static Ticker* instance;
  static unsigned long main_thread;

  // The main thread writes.
  std::atomic<const InterruptHandle*> guest_{nullptr};
  std::atomic<std::uint32_t> calls_{0};
  // Whether the thread waits until it is woken, or isn't there.
  std::atomic<bool> asleep_{true};
  bool started_ = false;
  // Held while a handle is in use.
  std::mutex mutex_;
  std::condition_variable woken_;
};

inline Ticker::Scope::Scope(const InterruptHandle& guest)
    : is_main_(PyThread_get_thread_ident() == main_thread) {
  if (!is_main_) return;
  Ticker& ticker = *instance;
  outer_ = ticker.guest_.load(std::memory_order_relaxed);
  ticker.calls_.store(ticker.calls_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  // Before the look at asleep_, as the thread looks at guest_ after it has set that.
  ticker.guest_.store(&guest);
  if (ticker.asleep_.load()) ticker.wake();
}

inline Ticker::Scope::~Scope() {
  if (is_main_) instance->guest_.store(outer_, std::memory_order_release);
}

}  // namespace weft::python
