// Writing to a pipe that nobody reads is an error, not the end of the host.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <cerrno>
#include <ctime>

namespace weft::wasi {

/// Makes a system call that writes, by which this thread gets no SIGPIPE. What the host does with
/// the signal stays as it is.
template <class SystemCall>
ssize_t without_sigpipe(SystemCall&& system_call) {
  sigset_t sigpipe;
  sigset_t blocked;
  sigset_t pending;
  sigemptyset(&sigpipe);
  sigaddset(&sigpipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &sigpipe, &blocked);
  const bool was_blocked = sigismember(&blocked, SIGPIPE) == 1;
  const bool was_pending =
      was_blocked && ::sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
  const ssize_t done = system_call();
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
