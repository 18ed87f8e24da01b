#include "wasi/sigpipe.h"

#include <signal.h>

#include <atomic>
#include <cerrno>
#include <ctime>

namespace weft::wasi {

namespace {

// RWF_NOSIGNAL, which headers before Linux 6.18 don't have.
constexpr int kNoSignal = 0x100;

}  // namespace

ssize_t write_to_pipe(int fd, std::span<const iovec> buffers) noexcept {
  static std::atomic<bool> supported = true;
  if (supported.load(std::memory_order_relaxed)) {
    constexpr off_t kHere = -1;
    const auto count = static_cast<int>(buffers.size());
    const ssize_t done = ::pwritev2(fd, buffers.data(), count, kHere, kNoSignal);
    if (done >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS)) return done;
    supported.store(false, std::memory_order_relaxed);
  }
  return write_without_sigpipe(fd, buffers);
}

ssize_t write_without_sigpipe(int fd, std::span<const iovec> buffers) noexcept {
  sigset_t sigpipe;
  sigset_t blocked;
  sigset_t pending;
  sigemptyset(&sigpipe);
  sigaddset(&sigpipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &sigpipe, &blocked);
  const bool was_blocked = sigismember(&blocked, SIGPIPE) == 1;
  const bool was_pending =
      was_blocked && ::sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
  const ssize_t done = ::writev(fd, buffers.data(), static_cast<int>(buffers.size()));
  const int error = errno;
  if (done < 0 && error == EPIPE && !was_pending) {
    constexpr timespec kNow{};
    while (::sigtimedwait(&sigpipe, nullptr, &kNow) < 0 && errno == EINTR) {
    }
  }
  if (!was_blocked) ::pthread_sigmask(SIG_UNBLOCK, &sigpipe, nullptr);
  errno = error;
  return done;
}

}  // namespace weft::wasi
