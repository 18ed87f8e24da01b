#include "interp/execute/trap_signal.h"

#include "interp/runtime/objects.h"

#if defined(__x86_64__) && defined(__linux__)
#include <pthread.h>
#include <signal.h>
#include <ucontext.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <mutex>
#endif

#if defined(__SANITIZE_ADDRESS__)
#define WEFT_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WEFT_ASAN 1
#endif
#endif
#if WEFT_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace weft::interp {

constinit thread_local GuestThread g_guest_thread [[gnu::tls_model("initial-exec")]];

#if defined(__x86_64__) && defined(__linux__)

extern "C" void weft_trap_landing();  // entry_x86_64.S

namespace {

// What was installed when this handler was, the first time and each time that it was put back. Only
// grows; the signal handler reads below x_count without a lock.
class EarlierActions {
 public:
  void push(const struct sigaction& action) {
    const uint32_t count = x_count.load(std::memory_order_relaxed);
    if (count > 0 && same(x_actions[count - 1], action)) return;
    // The first one can't lead back here, so it must stay; whoever keeps fighting for the last
    // place gets it.
    const auto last = static_cast<uint32_t>(std::size(x_actions)) - 1;
    const uint32_t at = std::min(count, last);
    x_actions[at] = action;
    x_count.store(at + 1, std::memory_order_release);
  }

  // The one `depth` below the latest, but not below the first.
  const struct sigaction* below(uint32_t depth) const {
    const uint32_t count = x_count.load(std::memory_order_acquire);
    if (count == 0) return nullptr;
    return &x_actions[count - 1 - std::min(depth, count - 1)];
  }

 private:
  static bool same(const struct sigaction& a, const struct sigaction& b) {
    return a.sa_flags == b.sa_flags && a.sa_sigaction == b.sa_sigaction;
  }

  struct sigaction x_actions[8] = {};
  std::atomic<uint32_t> x_count{0};
};

constinit EarlierActions g_earlier;

const MemoryInst* find_guarded(const StoreState& state, uintptr_t address) {
  for (const MemoryInst* memory = state.guard_memories; memory != nullptr;
       memory = memory->next_guard) {
    if (address - reinterpret_cast<uintptr_t>(memory->reservation) < memory->reserved_bytes)
      return memory;
  }
  return nullptr;
}

// If the fault is a guest's: records the trap and lets the interrupted thread go on at the landing.
bool take_guest_fault(const siginfo_t& info, ucontext_t& interrupted) {
  const Activation* activation = g_guest_thread.activation;
  if (activation == nullptr || activation->entry.saved_stack_pointer == nullptr) return false;
  StoreState& state = *activation->state;
  if (state.in_host.load(std::memory_order_relaxed) != 0) return false;
  if (info.si_code != SEGV_MAPERR && info.si_code != SEGV_ACCERR) return false;
  if (find_guarded(state, reinterpret_cast<uintptr_t>(info.si_addr)) == nullptr) return false;

  auto& registers = interrupted.uc_mcontext.gregs;
  state.trap.code = TrapCode::OutOfBoundsMemoryAccess;
#if WEFT_DISPATCH_LOOP
  state.trap.pc = activation->entry.pc;
  state.trap.fp = activation->entry.fp;
  state.trap.records = activation->entry.rs;
  state.trap.context = activation->entry.ctx;
#else
  state.trap.pc = reinterpret_cast<const uint8_t*>(registers[REG_R15]);
  state.trap.fp = reinterpret_cast<uint64_t*>(registers[REG_RDI]);
  state.trap.records = reinterpret_cast<Record*>(registers[REG_R13]);
  state.trap.context = reinterpret_cast<Context*>(registers[REG_R12]);
#endif

  const auto landing_stack = reinterpret_cast<greg_t>(activation->entry.saved_stack_pointer);
#if WEFT_ASAN
  // The C++ frames in between are left without their epilogues, which would have unpoisoned them.
  const greg_t red_zone = 128;
  const greg_t faulting_stack = registers[REG_RSP] - red_zone;
  __asan_unpoison_memory_region(reinterpret_cast<void*>(faulting_stack),
                                static_cast<size_t>(landing_stack - faulting_stack));
#endif
  registers[REG_RSP] = landing_stack;
  registers[REG_RIP] = reinterpret_cast<greg_t>(&weft_trap_landing);
  // As the ABI wants them: string operations go upwards, alignment is not checked.
  constexpr greg_t direction_flag = 1 << 10;
  constexpr greg_t alignment_check = 1 << 18;
  registers[REG_EFL] &= ~(direction_flag | alignment_check);
  return true;
}

void set_default(int signal) {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  sigaction(signal, &action, nullptr);
}

// Lets the signal do what it does to a process that handles nothing.
void take_default(int signal, const siginfo_t& info) {
  set_default(signal);
  // A fault happens again when this handler returns. A signal that somebody sent does not.
  const bool was_sent = info.si_code <= 0;
  if (was_sent) raise(signal);  // delivered once this handler has returned
}

void pass_on(int signal, siginfo_t* info, void* interrupted) {
  GuestThread& thread = g_guest_thread;
  const auto frame = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  // A handler that was installed later than this one may pass the same signal on to this one: it
  // then goes one further back. Not so if that handler has left by longjmp and this is another
  // signal, possibly at the same place.
  const bool came_back = interrupted == thread.passed_on && frame < thread.passed_on_frame;
  const uint32_t rounds = came_back ? thread.passed_on_rounds : 0;
  const struct sigaction* const earlier = g_earlier.below(rounds);
  if (earlier == nullptr) return take_default(signal, *info);

  if ((earlier->sa_flags & SA_SIGINFO) == 0) {
    if (earlier->sa_handler == SIG_DFL) return take_default(signal, *info);
    if (earlier->sa_handler == SIG_IGN) {
      // Can be ignored if sent; the system does not let a process ignore a fault of its own.
      if (info->si_code > 0) take_default(signal, *info);
      return;
    }
  }
  // Meant for one signal only: what comes after is the default's.
  if ((earlier->sa_flags & SA_RESETHAND) != 0) set_default(signal);
  thread.passed_on = interrupted;
  thread.passed_on_frame = frame;
  thread.passed_on_rounds = rounds + 1;
  if ((earlier->sa_flags & SA_SIGINFO) != 0) {
    earlier->sa_sigaction(signal, info, interrupted);
  } else {
    earlier->sa_handler(signal);
  }
}

void on_fault(int signal, siginfo_t* info, void* interrupted) {
  const int saved_errno = errno;
  if (!take_guest_fault(*info, *static_cast<ucontext_t*>(interrupted)))
    pass_on(signal, info, interrupted);
  errno = saved_errno;
}

void install() {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  struct sigaction present = {};
  if (sigaction(SIGSEGV, nullptr, &present) != 0) return;
  if ((present.sa_flags & SA_SIGINFO) != 0 && present.sa_sigaction == &on_fault) return;
  g_earlier.push(present);
  struct sigaction ours = {};
  ours.sa_sigaction = &on_fault;
  // Guests' faults need no alternate stack, but the handlers behind this one may: stack overflows
  // come here too. They find the signals masked that they asked for.
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK | (present.sa_flags & (SA_NODEFER | SA_RESTART));
  ours.sa_mask = present.sa_mask;
  sigaction(SIGSEGV, &ours, nullptr);
}

}  // namespace

void prepare_guest_faults() {
  install();
  // A blocked fault ends the process.
  sigset_t faults;
  sigemptyset(&faults);
  sigaddset(&faults, SIGSEGV);
  pthread_sigmask(SIG_UNBLOCK, &faults, nullptr);
  g_guest_thread.prepared = true;
}

#else

// No guarded memories: nothing to handle.
void prepare_guest_faults() { g_guest_thread.prepared = true; }

#endif

}  // namespace weft::interp
