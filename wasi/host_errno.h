// The system's error numbers as the guest sees them.
#pragma once

#include <expected>

#include "wasi/abi.h"

namespace weft::wasi {

/// What a system call's errno means to the guest; Errno::Io for one that WASI has no name for.
[[nodiscard]] Errno from_host_errno(int host_errno) noexcept;
/// from_host_errno of `errno` as it is.
[[nodiscard]] Errno last_host_errno() noexcept;

template <class T>
using ErrnoOr = std::expected<T, Errno>;

[[nodiscard]] inline std::unexpected<Errno> refuse(Errno error) {
  return std::unexpected<Errno>(error);
}

}  // namespace weft::wasi
