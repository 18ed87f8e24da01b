#include "interp/runtime/parker.h"

#include <algorithm>
#include <thread>

#if defined(__linux__) && defined(__LP64__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#define WEFT_FUTEX 1
#endif

namespace weft::interp {

#if WEFT_FUTEX

namespace {

uint32_t* word_of(std::atomic<uint32_t>& atomic) {
  static_assert(sizeof atomic == sizeof(uint32_t) && std::atomic<uint32_t>::is_always_lock_free);
  return reinterpret_cast<uint32_t*>(&atomic);
}

}  // namespace

void Parker::sleep(uint32_t ticket, const Deadline& deadline) noexcept {
  using std::chrono::nanoseconds;
  timespec left{};
  if (deadline) {
    const int64_t now = Clock::now().time_since_epoch() / nanoseconds(1);
    const int64_t until = deadline->time_since_epoch() / nanoseconds(1);
    if (until <= now) return;
    constexpr int64_t second = 1'000'000'000;
    left.tv_sec = (until - now) / second;
    left.tv_nsec = (until - now) % second;
  }
  // A wake() that does not see the sleeper has counted before the system compares.
  x_sleeping.store(1);
  syscall(SYS_futex, word_of(x_wakes), FUTEX_WAIT_PRIVATE, ticket, deadline ? &left : nullptr,
          nullptr, 0);
  x_sleeping.store(0);
}

void Parker::wake_sleeper() noexcept {
  const int saved_errno = errno;
  syscall(SYS_futex, word_of(x_wakes), FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  errno = saved_errno;
}

#else

// Nothing else can be woken from a signal handler everywhere: the sleeper looks now and then.
void Parker::sleep(uint32_t ticket, const Deadline& deadline) noexcept {
  if (this->ticket() != ticket) return;
  auto until = Clock::now() + std::chrono::milliseconds(2);
  if (deadline) until = std::min(until, *deadline);
  std::this_thread::sleep_until(until);
}

void Parker::wake_sleeper() noexcept {}

#endif

}  // namespace weft::interp
