// Blocking that an InterruptHandle can end.
#pragma once

#include <poll.h>

#include <optional>
#include <span>

#include "wasi/state.h"

namespace weft::wasi {

/// Waits until one of the descriptors is ready or so many nanoseconds have passed; forever without
/// a timeout. Gives how many are ready, or an errno of the guest's. Errc::interrupted.
[[nodiscard]] Result<ErrnoOr<int>> wait_for(Call& call, std::span<pollfd> fds,
                                            std::optional<Timestamp> timeout);

/// Whether an interrupt is pending; then takes it.
[[nodiscard]] inline Result<void> check_interrupt(Call& call) {
  if (!call.caller.interrupt_pending()) [[likely]]
    return {};
  return call.caller.check_interrupt();
}

/// How a system call for bytes ended.
struct Transfer {
  Errno error = Errno::Success;
  std::size_t bytes = 0;
};

/// Makes a system call that counts bytes, again while signals interrupt it.
template <class SystemCall>
[[nodiscard]] Result<Transfer> retrying(Call& call, SystemCall&& system_call) {
  while (true) {
    const auto count = system_call();
    if (count >= 0) return Transfer{Errno::Success, static_cast<std::size_t>(count)};
    const Errno error = last_host_errno();
    if (error != Errno::Intr) return Transfer{error, 0};
    if (auto ok = check_interrupt(call); !ok) return fail(std::move(ok).error());
  }
}

}  // namespace weft::wasi
