// Writing to a pipe that nobody reads is an error, not the end of the host.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <span>

namespace weft::wasi {

/// writev(2) without SIGPIPE. What the host does with the signal stays as it is.
[[nodiscard]] ssize_t write_to_pipe(int fd, std::span<const iovec> buffers) noexcept;

/// The same by keeping the signal back, which takes two system calls more: for kernels before 6.18.
[[nodiscard]] ssize_t write_without_sigpipe(int fd, std::span<const iovec> buffers) noexcept;

}  // namespace weft::wasi
