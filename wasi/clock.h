// The guest's clocks: the system's, or what the Config put in their place.
#pragma once

#include <cstdint>
#include <ctime>
#include <weft/wasi.hpp>

#include "wasi/abi.h"
#include "wasi/host_errno.h"

namespace weft::wasi {

/// Nanoseconds on that clock; Errno::Inval if there is no such clock.
[[nodiscard]] ErrnoOr<Timestamp> clock_now(const Config& config, ClockId id);
[[nodiscard]] ErrnoOr<Timestamp> clock_resolution(const Config& config, ClockId id);

/// The system's monotonic clock, which measures real waiting.
[[nodiscard]] Timestamp system_monotonic() noexcept;

/// Of a timestamp or a duration.
[[nodiscard]] timespec to_timespec(Timestamp nanoseconds) noexcept;

}  // namespace weft::wasi
