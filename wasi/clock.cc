// clock_*
#include "wasi/clock.h"

#include "wasi/handlers.h"

namespace weft::wasi {

namespace {

constexpr std::uint64_t kNanos = 1'000'000'000;

Timestamp nanoseconds(const timespec& time) {
  return time.tv_sec < 0 ? 0
                         : static_cast<std::uint64_t>(time.tv_sec) * kNanos +
                               static_cast<std::uint64_t>(time.tv_nsec);
}

// The Config's clock for that id; null if there is no such clock.
const Clock* replacement(const Config& config, ClockId id) {
  switch (id) {
    case ClockId::Realtime:
      return &config.wall_clock();
    // With a virtual monotonic clock nothing of the real time's passing shows: CPU time neither.
    case ClockId::Monotonic:
    case ClockId::ProcessCputime:
    case ClockId::ThreadCputime:
      return &config.monotonic_clock();
  }
  return nullptr;
}

clockid_t system_clock(ClockId id) {
  switch (id) {
    case ClockId::Realtime:
      return CLOCK_REALTIME;
    case ClockId::Monotonic:
      return CLOCK_MONOTONIC;
    case ClockId::ProcessCputime:
      return CLOCK_PROCESS_CPUTIME_ID;
    case ClockId::ThreadCputime:
      return CLOCK_THREAD_CPUTIME_ID;
  }
  return CLOCK_REALTIME;
}

}  // namespace

ErrnoOr<Timestamp> clock_now(const Config& config, ClockId id) {
  const Clock* virtual_clock = replacement(config, id);
  if (virtual_clock == nullptr) return refuse(Errno::Inval);
  if (virtual_clock->now) return virtual_clock->now();
  timespec time{};
  if (::clock_gettime(system_clock(id), &time) != 0) return refuse(last_host_errno());
  return nanoseconds(time);
}

ErrnoOr<Timestamp> clock_resolution(const Config& config, ClockId id) {
  const Clock* virtual_clock = replacement(config, id);
  if (virtual_clock == nullptr) return refuse(Errno::Inval);
  if (virtual_clock->now) return virtual_clock->resolution;
  timespec time{};
  if (::clock_getres(system_clock(id), &time) != 0) return refuse(last_host_errno());
  return nanoseconds(time);
}

Timestamp system_monotonic() noexcept {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return nanoseconds(time);
}

timespec to_timespec(Timestamp nanoseconds) noexcept {
  return {static_cast<time_t>(nanoseconds / kNanos), static_cast<long>(nanoseconds % kNanos)};
}

Outcome clock_res_get(Call& call, ClockId id, Address resolution) {
  const ErrnoOr<Timestamp> value = clock_resolution(call.state.config, id);
  if (!value) return value.error();
  return call.memory.store(resolution, *value) ? Errno::Success : Errno::Fault;
}

Outcome clock_time_get(Call& call, ClockId id, Timestamp /*precision*/, Address time) {
  const ErrnoOr<Timestamp> value = clock_now(call.state.config, id);
  if (!value) return value.error();
  if (replacement(call.state.config, id)->now) call.memory.refresh();
  return call.memory.store(time, *value) ? Errno::Success : Errno::Fault;
}

}  // namespace weft::wasi
