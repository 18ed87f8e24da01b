// System calls that signals of the host's may interrupt, which is no business of the guest's.
#pragma once

#include <cerrno>
#include <utility>

#include "wasi/host_errno.h"

namespace weft::wasi {

/// Makes a system call that waits for nobody, again while a signal interrupts it. (For those that
/// wait, see wasi/transfer.h.)
template <class SystemCall>
auto uninterrupted(SystemCall&& system_call) {
  auto status = system_call();
  while (status < 0 && errno == EINTR) status = system_call();
  return status;
}

/// As uninterrupted, for calls that give 0 or fail.
template <class SystemCall>
[[nodiscard]] Errno result_of(SystemCall&& system_call) {
  return uninterrupted(std::forward<SystemCall>(system_call)) == 0 ? Errno::Success
                                                                   : last_host_errno();
}

}  // namespace weft::wasi
