// Messages through sockets of the host's. No system call here blocks or raises SIGPIPE: waiting is
// wait_for's, which hears interrupts.
#pragma once

#include "wasi/descriptor.h"
#include "wasi/guest_memory.h"
#include "wasi/state.h"
#include "wasi/transfer.h"

namespace weft::wasi {

/// `truncated`, if asked for: whether the message was longer than the buffers. Flags are those of
/// sock_recv.
[[nodiscard]] Result<Transfer> receive(Call& call, const Descriptor& descriptor, Iovecs& iovecs,
                                       Flags flags = 0, bool* truncated = nullptr);
[[nodiscard]] Result<Transfer> send(Call& call, const Descriptor& descriptor, Iovecs& iovecs);

}  // namespace weft::wasi
