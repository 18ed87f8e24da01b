// A host's stat as the guest's filestat.
#pragma once

#include <sys/stat.h>

#include "wasi/abi.h"
#include "wasi/host_errno.h"

namespace weft::wasi {

[[nodiscard]] Filestat to_filestat(const struct stat& status) noexcept;

/// Of an open file of the host's, which may be opened by O_PATH.
[[nodiscard]] ErrnoOr<Filestat> filestat_of(int host_fd) noexcept;

}  // namespace weft::wasi
