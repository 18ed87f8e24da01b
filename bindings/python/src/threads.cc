#include "bindings/python/src/threads.h"

#include <cxxabi.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "bindings/python/src/support.h"

namespace weft::python {

namespace {

constexpr std::chrono::milliseconds kPeriod{50};
// Periods without a guest after which the thread sleeps.
constexpr int kIdlePeriods = 20;

// Runs what may wait for the GIL. See take_gil.
template <class Call>
auto stay_in(Call&& call) noexcept {
  try {
    return call();
  } catch (abi::__forced_unwind&) {
    for (;;) ::pause();
  }
}

}  // namespace

void take_gil(PyThreadState* state) noexcept {
  stay_in([&] { PyEval_RestoreThread(state); });
}

nb::object call_python(nb::handle callable, PyObject** arguments, std::size_t count) {
  // Nothing of ours may be destroyed without the GIL.
  PyObject* result = stay_in([&] {
    return PyObject_Vectorcall(callable.ptr(), arguments + 1,
                               count | PY_VECTORCALL_ARGUMENTS_OFFSET, nullptr);
  });
  if (result == nullptr) nb::raise_python_error();
  return nb::steal(result);
}

GilHeld::GilHeld() : state_(stay_in([] { return PyGILState_Ensure(); })) {}

// Neither is ever destroyed: the thread outlives everything.
Ticker* Ticker::instance = new Ticker;
unsigned long Ticker::main_thread = 0;

void Ticker::begin(unsigned long main) {
  main_thread = main;
  const InterruptHandle* guest = instance->guest_.load();
  // Of a parent's, whose thread isn't here; somebody may have held its mutex.
  if (instance->started_) instance = new Ticker;
  instance->guest_.store(guest);
}

void Ticker::settle() { const std::lock_guard lock(instance->mutex_); }

void Ticker::wake() {
  const std::lock_guard lock(mutex_);
  if (!started_) start();
  asleep_.store(false);
  woken_.notify_one();
}

void Ticker::start() {
  // Signals are for Python's threads: one that is handled here would interrupt nobody's system
  // call.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread([this] { run(); }).detach();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  started_ = true;
}

void Ticker::run() {
  std::uint32_t seen = 0;
  int idle = 0;
  std::unique_lock lock(mutex_);
  for (;;) {
    if (idle >= kIdlePeriods) {
      asleep_.store(true);
      if (guest_.load() == nullptr) woken_.wait(lock, [this] { return !asleep_.load(); });
      asleep_.store(false);
      idle = 0;
    }
    woken_.wait_for(lock, kPeriod);
    const InterruptHandle* guest = guest_.load();
    const std::uint32_t calls = calls_.load(std::memory_order_relaxed);
    // Calls shorter than a period are left alone.
    if (guest != nullptr && calls == seen) guest->interrupt();
    idle = guest == nullptr && calls == seen ? idle + 1 : 0;
    seen = calls;
  }
}

void bind_threads() {
  const nb::object main = nb::module_::import_("threading").attr("main_thread")();
  Ticker::begin(nb::cast<unsigned long>(main.attr("ident")));
  const nb::object forked = nb::cpp_function([] { Ticker::begin(PyThread_get_thread_ident()); });
  nb::module_::import_("os").attr("register_at_fork")("after_in_child"_a = forked);
}

}  // namespace weft::python
