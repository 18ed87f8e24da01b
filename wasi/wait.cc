#include "wasi/wait.h"

#include <algorithm>
#include <cerrno>

#include "wasi/clock.h"

namespace weft::wasi {

namespace {

// Nothing wakes a sleeper when an interrupt arrives, so it looks now and then.
constexpr Timestamp kSlice = 5'000'000;

// The kernel lets a sleeper have 50 µs more than it asked for. Waits shorter than going to sleep
// and coming back are spent looking.
constexpr Timestamp kTooShortToSleep = 5'000;

constexpr Timestamp kForever = ~Timestamp{0};

}  // namespace

Result<ErrnoOr<int>> wait_for(Call& call, std::span<pollfd> fds, std::optional<Timestamp> timeout) {
  const bool slices = call.state.interruptible;
  const Timestamp begin = system_monotonic();
  std::optional<Timestamp> left = timeout;
  while (true) {
    // Before the wait: an interrupt that is pending already must not have to wait for it.
    if (auto ok = check_interrupt(call); !ok) return fail(std::move(ok).error());
    Timestamp slice = slices ? kSlice : kForever;
    if (left) slice = *left <= kTooShortToSleep ? 0 : std::min(slice, *left);
    const timespec wait = to_timespec(slice);
    const int ready = ::ppoll(fds.data(), fds.size(), slice == kForever ? nullptr : &wait, nullptr);
    if (ready > 0) return ErrnoOr<int>(ready);
    if (ready < 0 && errno != EINTR) return ErrnoOr<int>(refuse(last_host_errno()));
    if (!timeout) continue;
    left = *timeout - std::min(*timeout, system_monotonic() - begin);
    if (left == 0 && ready == 0) return ErrnoOr<int>(0);
  }
}

Outcome wait_until_ready(Call& call, const Descriptor& descriptor, short events) {
  pollfd poll{descriptor.host_fd(), events, 0};
  std::optional<Timestamp> timeout;
  if (descriptor.nonblocking()) timeout = 0;
  const Result<ErrnoOr<int>> ready = wait_for(call, std::span(&poll, 1), timeout);
  if (!ready) return fail(ready.error());
  if (!*ready) return ready->error();
  return **ready == 0 ? Errno::Again : Errno::Success;
}

}  // namespace weft::wasi
