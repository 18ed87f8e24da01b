// Moving bytes between the guest's buffers and the host's files: what files and sockets share.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

#include "wasi/state.h"
#include "wasi/wait.h"

namespace weft::wasi {

/// How a system call for bytes ended.
struct Transfer {
  Errno error = Errno::Success;
  std::size_t bytes = 0;
};

/// What every transfer checks before it begins: an address that is no good must not be found out
/// after bytes were moved.
[[nodiscard]] Errno prepare(Call& call, Iovecs& iovecs, Address list, Size count,
                            Address transferred);
/// Tells the guest how many bytes there were, or what went wrong.
[[nodiscard]] Outcome finish(Call& call, Address transferred, const Result<Transfer>& transfer);

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

/// As retrying, for a call that answers EAGAIN rather than wait: does the waiting for it, unless
/// the guest would rather know.
template <class SystemCall>
[[nodiscard]] Result<Transfer> when_ready(Call& call, const Descriptor& descriptor, short events,
                                          SystemCall&& system_call) {
  while (true) {
    Result<Transfer> done = retrying(call, system_call);
    if (!done || done->error != Errno::Again || descriptor.nonblocking()) return done;
    const Outcome ready = wait_until_ready(call, descriptor, events);
    if (!ready) return fail(ready.error());
    if (*ready != Errno::Success) return Transfer{*ready, 0};
  }
}

/// Repeats a transfer until the buffers are through, or it moves nothing more. What was moved
/// before an error counts; the next call will find the error.
template <class Step>
[[nodiscard]] Result<Transfer> transfer_all(Iovecs& iovecs, Step&& step) {
  std::size_t total = 0;
  while (true) {
    Result<Transfer> done = step();
    if (!done) return done;
    if (done->error != Errno::Success && total == 0) return done;
    total += done->bytes;
    iovecs.drop(done->bytes);
    if (done->bytes == 0 || iovecs.total() == 0) return Transfer{Errno::Success, total};
  }
}

/// Has the buffers filled: in place, or by way of a copy where that isn't possible.
template <class Read>
[[nodiscard]] Result<Transfer> read_into(Call& call, Iovecs& iovecs, Read&& read) {
  if (call.memory.is_direct()) return read(iovecs.in_place(call.memory));
  const std::span<std::uint8_t> scratch = call.state.scratch_bytes();
  const iovec buffer{scratch.data(), std::min<std::size_t>(scratch.size(), iovecs.total())};
  Result<Transfer> done = read(std::span(&buffer, 1));
  if (done) iovecs.scatter(call.memory, scratch.first(done->bytes));
  return done;
}

/// Has the buffers written, up to so many bytes of them.
template <class Write>
[[nodiscard]] Result<Transfer> write_from(Call& call, Iovecs& iovecs, std::size_t limit,
                                          Write&& write) {
  if (call.memory.is_direct()) return write(iovecs.in_place(call.memory, limit));
  const std::span<std::uint8_t> scratch = call.state.scratch_bytes();
  const auto room = scratch.first(std::min(scratch.size(), limit));
  const iovec buffer{scratch.data(), iovecs.gather(call.memory, room)};
  return write(std::span(&buffer, 1));
}

}  // namespace weft::wasi
