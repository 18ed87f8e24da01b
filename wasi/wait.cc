#include "wasi/wait.h"

#include <algorithm>
#include <cerrno>

#include "wasi/clock.h"

namespace weft::wasi {

namespace {

// Nothing wakes a sleeper when an interrupt arrives, so it looks now and then.
constexpr Timestamp kSlice = 5'000'000;

}  // namespace

Result<ErrnoOr<int>> wait_for(Call& call, std::span<pollfd> fds, std::optional<Timestamp> timeout) {
  const bool slices = call.state.interruptible;
  const Timestamp begin = system_monotonic();
  while (true) {
    // Before the wait: an interrupt that is pending already must not have to wait for it.
    if (auto ok = check_interrupt(call); !ok) return fail(std::move(ok).error());
    std::optional<Timestamp> left = timeout;
    if (left) *left -= std::min(*left, system_monotonic() - begin);
    const bool last = left && (!slices || *left <= kSlice);
    const timespec wait = to_timespec(last ? *left : kSlice);
    const int ready = ::ppoll(fds.data(), fds.size(), last || slices ? &wait : nullptr, nullptr);
    if (ready > 0) return ErrnoOr<int>(ready);
    if (ready == 0 && last) return ErrnoOr<int>(0);
    if (ready < 0 && errno != EINTR) return ErrnoOr<int>(refuse(last_host_errno()));
  }
}

}  // namespace weft::wasi
