// A host's stat as the guest's filestat.
#pragma once

#include <sys/stat.h>

#include <array>
#include <ctime>

#include "wasi/abi.h"
#include "wasi/host_errno.h"
#include "wasi/state.h"

namespace weft::wasi {

[[nodiscard]] Filestat to_filestat(const struct stat& status) noexcept;

/// Of an open file of the host's, which may be opened by O_PATH.
[[nodiscard]] ErrnoOr<Filestat> filestat_of(int host_fd) noexcept;

// What fd_filestat_get and path_filestat_get find, before it is laid out for the guest.
[[nodiscard]] ErrnoOr<Filestat> filestat_of(const Call& call, Fd fd);
[[nodiscard]] ErrnoOr<Filestat> filestat_at(const Call& call, Fd fd, Flags lookup, Address path,
                                            Size length);

/// What utimensat(2) takes: the time of access, then that of modification.
using HostTimes = std::array<timespec, 2>;

/// Of fstflags; "now" is the Config's, if it has a wall clock. Errno::Inval for flags that there
/// aren't or that contradict each other.
[[nodiscard]] ErrnoOr<HostTimes> to_host_times(Call& call, Timestamp atim, Timestamp mtim,
                                               Flags flags);

}  // namespace weft::wasi
