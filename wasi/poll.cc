// poll_oneoff: waits for clocks and descriptors at once.
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "wasi/clock.h"
#include "wasi/handlers.h"
#include "wasi/poll.h"
#include "wasi/wait.h"

namespace weft::wasi {

namespace {

/// More are Errno::Inval: what a call keeps in memory must not be for the guest to choose.
constexpr Size kMaxSubscriptions = 4096;

// One subscription on its way to becoming an event.
struct Pending {
  Subscription subscription{};
  Event event{};
  bool fired = false;
  /// For clocks: nanoseconds from the beginning of the call.
  std::optional<Timestamp> delay{};
  /// For descriptors that have to be waited for: the place in the list of pollfds.
  std::optional<std::size_t> poll{};
};

class Poll {
 public:
  explicit Poll(Call& call) : call_(call) {}

  [[nodiscard]] bool load(Address list, Size count, const SubscriptionLayout& layout) {
    pending_.resize(count);
    for (Size i = 0; i < count; ++i) {
      Pending& pending = pending_[i];
      const std::uint64_t address = list + std::uint64_t{i} * layout.size;
      if (!layout.load(call_.memory, address, pending.subscription)) return false;
      pending.event.userdata = pending.subscription.userdata;
      pending.event.type = pending.subscription.type;
    }
    return true;
  }

  /// Finds out what each subscription waits for. What needs no waiting fires.
  void prepare() {
    for (Pending& pending : pending_) {
      switch (pending.subscription.type) {
        case EventType::Clock:
          prepare_clock(pending);
          break;
        case EventType::FdRead:
        case EventType::FdWrite:
          prepare_descriptor(pending);
          break;
        default:
          fire(pending, Errno::Inval);
          break;
      }
    }
  }

  Outcome wait() {
    std::optional<Timestamp> timeout = first_delay();
    const bool immediate = std::ranges::any_of(pending_, &Pending::fired);
    if (immediate) timeout = 0;
    const auto& sleep = call_.state.config.sleep();
    if (sleep && timeout && *timeout != 0) return sleep_virtually(sleep, *timeout);
    const Timestamp begin = system_monotonic();
    Outcome done = poll(timeout);
    if (!done || *done != Errno::Success) return done;
    Timestamp elapsed = system_monotonic() - begin;
    // A clock may be another than that which measured the wait.
    if (ready_ == 0 && timeout) elapsed = std::max(elapsed, *timeout);
    collect(elapsed);
    return Errno::Success;
  }

  /// Gives the number of events.
  [[nodiscard]] std::optional<Size> store(Address list) const {
    Size count = 0;
    for (const Pending& pending : pending_) {
      if (!pending.fired) continue;
      const std::uint64_t address = list + std::uint64_t{count} * sizeof(Event);
      if (!call_.memory.store(address, pending.event)) return std::nullopt;
      ++count;
    }
    return count;
  }

 private:
  static void fire(Pending& pending, Errno error, FileSize bytes = 0, Flags flags = 0) {
    pending.fired = true;
    pending.event.error = error;
    pending.event.nbytes = bytes;
    pending.event.flags = static_cast<std::uint16_t>(flags);
  }

  void prepare_clock(Pending& pending) const {
    const Subscription& subscription = pending.subscription;
    const auto id = static_cast<ClockId>(subscription.clock_or_fd);
    // One can't sleep by CPU time.
    if ((id != ClockId::Realtime && id != ClockId::Monotonic) ||
        (subscription.clock_flags & ~kClockAbsolute) != 0) {
      return fire(pending, Errno::Inval);
    }
    pending.delay = subscription.timeout;
    if ((subscription.clock_flags & kClockAbsolute) != 0) {
      const ErrnoOr<Timestamp> now = clock_now(call_.state.config, id);
      if (!now) return fire(pending, now.error());
      *pending.delay -= std::min(*pending.delay, *now);
    }
    if (*pending.delay == 0) fire(pending, Errno::Success);
  }

  void prepare_descriptor(Pending& pending) {
    const bool reads = pending.subscription.type == EventType::FdRead;
    const Descriptor* descriptor = call_.find(pending.subscription.clock_or_fd);
    if (descriptor == nullptr) return fire(pending, Errno::Badf);
    const RightSet needed = right::kPollFdReadwrite | (reads ? right::kFdRead : right::kFdWrite);
    if ((descriptor->base & needed) != needed) return fire(pending, Errno::NotCapable);
    const int host_fd = descriptor->host_fd();
    if (const auto* reader = std::get_if<BytesReader>(&descriptor->source)) {
      return fire(pending, Errno::Success, reader->bytes.size() - reader->at);
    }
    if (host_fd < 0) return fire(pending, Errno::Success);
    if (!descriptor->is_stream()) {
      return fire(pending, Errno::Success, reads ? bytes_left(host_fd) : 0);
    }
    pending.poll = polls_.size();
    polls_.push_back({host_fd, static_cast<short>(reads ? POLLIN : POLLOUT), 0});
  }

  static FileSize bytes_left(int host_fd) {
    struct stat status{};
    const off_t at = ::lseek(host_fd, 0, SEEK_CUR);
    if (at < 0 || ::fstat(host_fd, &status) != 0 || status.st_size <= at) return 0;
    return static_cast<FileSize>(status.st_size - at);
  }

  [[nodiscard]] std::optional<Timestamp> first_delay() const {
    std::optional<Timestamp> first;
    for (const Pending& pending : pending_) {
      if (pending.delay && (!first || *pending.delay < *first)) first = pending.delay;
    }
    return first;
  }

  Outcome poll(std::optional<Timestamp> timeout) {
    const Result<ErrnoOr<int>> ready = wait_for(call_, polls_, timeout);
    if (!ready) return fail(ready.error());
    if (!*ready) return ready->error();
    ready_ = **ready;
    return Errno::Success;
  }

  // The host's sleep can't wait for descriptors: they are looked at before and after.
  Outcome sleep_virtually(const std::function<void(std::uint64_t)>& sleep, Timestamp timeout) {
    Outcome done = poll(0);
    if (!done || *done != Errno::Success) return done;
    if (ready_ > 0) {
      collect(0);
      return Errno::Success;
    }
    sleep(timeout);
    call_.memory.refresh();
    done = poll(0);
    if (!done || *done != Errno::Success) return done;
    collect(timeout);
    return Errno::Success;
  }

  void collect(Timestamp elapsed) {
    for (Pending& pending : pending_) {
      if (pending.fired) continue;
      if (pending.delay) {
        if (*pending.delay <= elapsed) fire(pending, Errno::Success);
      } else if (pending.poll) {
        collect_descriptor(pending, polls_[*pending.poll]);
      }
    }
  }

  static void collect_descriptor(Pending& pending, const pollfd& poll) {
    if (poll.revents == 0) return;
    if ((poll.revents & POLLNVAL) != 0) return fire(pending, Errno::Badf);
    int bytes = 0;
    if (pending.subscription.type == EventType::FdRead) (void)::ioctl(poll.fd, FIONREAD, &bytes);
    const bool hangup = (poll.revents & (POLLHUP | POLLERR)) != 0;
    fire(pending, Errno::Success, static_cast<FileSize>(std::max(bytes, 0)), hangup ? kHangup : 0);
  }

  Call& call_;
  std::vector<Pending> pending_;
  std::vector<pollfd> polls_;
  int ready_ = 0;
};

}  // namespace

Outcome poll_events(Call& call, Address subscriptions, Address events, Size count, Address nevents,
                    const SubscriptionLayout& layout) {
  if (count == 0) return Errno::Inval;
  if (!call.memory.contains(subscriptions, std::uint64_t{count} * layout.size) ||
      !call.memory.contains(events, std::uint64_t{count} * sizeof(Event)) ||
      !call.memory.contains(nevents, sizeof(Size))) {
    return Errno::Fault;
  }
  if (count > kMaxSubscriptions) return Errno::Inval;
  Poll poll(call);
  if (!poll.load(subscriptions, count, layout)) return Errno::Fault;
  poll.prepare();
  Outcome done = poll.wait();
  if (!done || *done != Errno::Success) return done;
  const std::optional<Size> fired = poll.store(events);
  if (!fired || !call.memory.store(nevents, *fired)) return Errno::Fault;
  return Errno::Success;
}

Outcome poll_oneoff(Call& call, Address subscriptions, Address events, Size count,
                    Address nevents) {
  constexpr auto kLoad = [](const GuestMemory& memory, std::uint64_t address, Subscription& to) {
    return memory.load(address, to);
  };
  return poll_events(call, subscriptions, events, count, nevents, {sizeof(Subscription), kLoad});
}

}  // namespace weft::wasi
