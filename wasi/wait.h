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

/// Waits until a descriptor is ready, but Errno::Again at once if the guest would not wait.
[[nodiscard]] Outcome wait_until_ready(Call& call, const Descriptor& descriptor, short events);

/// Whether an interrupt is pending; then takes it.
[[nodiscard]] inline Result<void> check_interrupt(Call& call) {
  if (!call.caller.interrupt_pending()) [[likely]]
    return {};
  return call.caller.check_interrupt();
}

}  // namespace weft::wasi
