#include "wasi/sigpipe.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "wasi/unique_fd.h"

namespace weft::wasi {

namespace {

// RWF_NOSIGNAL, which headers before Linux 6.18 don't have.
constexpr int kNoSignal = 0x100;

ssize_t write_no_signal(int fd, std::span<const iovec> buffers) noexcept {
  constexpr off_t kNoOffset = -1;
  return ::pwritev2(fd, buffers.data(), static_cast<int>(buffers.size()), kNoOffset, kNoSignal);
}

bool kernel_knows_no_signal() noexcept {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return false;
  const UniqueFd reading(ends[0]);
  const UniqueFd writing(ends[1]);
  char byte = 0;
  const iovec buffer{&byte, 1};
  return write_no_signal(writing.get(), std::span(&buffer, 1)) == 1;
}

}  // namespace

ssize_t write_to_pipe(int fd, std::span<const iovec> buffers) noexcept {
  static const bool no_signal = kernel_knows_no_signal();
  return no_signal ? write_no_signal(fd, buffers) : write_without_sigpipe(fd, buffers);
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
