// random_get
#include <sys/random.h>

#include <algorithm>
#include <cerrno>

#include "wasi/handlers.h"

namespace weft::wasi {

namespace {

Errno fill_from_system(std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t got = ::getrandom(bytes.data(), bytes.size(), 0);
    if (got >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(got));
    } else if (errno != EINTR) {
      return last_host_errno();
    }
  }
  return Errno::Success;
}

}  // namespace

// In pieces: the guest chooses the length, and must remain stoppable in the middle of 4 GiB.
Outcome random_get(Call& call, Address buffer, Size length) {
  if (!call.memory.contains(buffer, length)) return Errno::Fault;
  const auto& fill = call.state.config.random();
  const bool in_place = call.memory.is_direct() && !fill;
  std::span<std::uint8_t> scratch;
  if (!in_place) scratch = call.state.scratch_bytes();
  for (std::uint64_t done = 0; done < length;) {
    const auto size =
        static_cast<std::size_t>(std::min<std::uint64_t>(length - done, State::kScratchBytes));
    const std::span<std::uint8_t> piece =
        in_place ? std::span(call.memory.at(buffer + done), size) : scratch.first(size);
    if (fill) {
      fill(piece);
      call.memory.refresh();
    } else if (const Errno error = fill_from_system(piece); error != Errno::Success) {
      return error;
    }
    if (!in_place && !call.memory.write(buffer + done, piece)) return Errno::Fault;
    done += size;
    if (call.caller.interrupt_pending()) [[unlikely]] {
      if (auto ok = call.caller.check_interrupt(); !ok) return fail(std::move(ok).error());
    }
  }
  return Errno::Success;
}

}  // namespace weft::wasi
