// fd_read, fd_write, fd_pread, fd_pwrite. Files are read and written in place, by one system call
// and without a copy; what has no descriptor of the host's goes piece by piece.
#include "wasi/transfer.h"

#include <limits.h>
#include <poll.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "wasi/handlers.h"
#include "wasi/sigpipe.h"
#include "wasi/socket.h"

namespace weft::wasi {

namespace {

// The answer to a transfer for which the descriptor lacks the right.
Errno no_transfer(const Descriptor& descriptor) {
  return descriptor.is_directory() ? Errno::IsDir : Errno::Badf;
}

// The kernel takes one buffer faster than a list of one.
ssize_t read_at(int fd, std::span<const iovec> buffers, std::optional<FileSize> offset) {
  const int count = static_cast<int>(buffers.size());
  if (count == 1 && !offset) return ::read(fd, buffers[0].iov_base, buffers[0].iov_len);
  return offset ? ::preadv(fd, buffers.data(), count, static_cast<off_t>(*offset))
                : ::readv(fd, buffers.data(), count);
}

#ifndef RWF_NOAPPEND
constexpr int kNoAppend = 0x20;
#else
constexpr int kNoAppend = RWF_NOAPPEND;
#endif

ssize_t write_at(int fd, std::span<const iovec> buffers, std::optional<FileSize> offset,
                 bool append) {
  const int count = static_cast<int>(buffers.size());
  if (count == 1 && !offset) return ::write(fd, buffers[0].iov_base, buffers[0].iov_len);
  if (!offset) return ::writev(fd, buffers.data(), count);
  const auto at = static_cast<off_t>(*offset);
  if (append) {
    // Linux ignores the offset in a file opened for appending, against POSIX, unless told so.
    const ssize_t done = ::pwritev2(fd, buffers.data(), count, at, kNoAppend);
    if (done >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL)) return done;
  }
  return ::pwritev(fd, buffers.data(), count, at);
}

// A pipe that nobody has opened for writing yet answers as if it were at its end, and one that is
// lent may wait in the kernel: the shim waits before it reads.
Result<Transfer> read_stream(Call& call, const Descriptor& descriptor, Iovecs& iovecs) {
  const Outcome ready = wait_until_ready(call, descriptor, POLLIN);
  if (!ready) return fail(ready.error());
  if (*ready != Errno::Success) return Transfer{*ready, 0};
  return read_into(call, iovecs, [&](std::span<const iovec> buffers) {
    // Another reader may have been quicker.
    return when_ready(call, descriptor, POLLIN,
                      [&] { return read_at(descriptor.host_fd(), buffers, std::nullopt); });
  });
}

// One write to a stream. What is lent may wait in the kernel: it gets no more than a pipe takes at
// once when it is ready.
Result<Transfer> write_piece(Call& call, const Descriptor& descriptor, Iovecs& iovecs) {
  if (descriptor.lent()) {
    const Outcome ready = wait_until_ready(call, descriptor, POLLOUT);
    if (!ready) return fail(ready.error());
    if (*ready != Errno::Success) return Transfer{*ready, 0};
  }
  const bool pipe = descriptor.type == FileType::Unknown;  // which have no type of their own
  const std::size_t limit = descriptor.lent() ? PIPE_BUF : Iovecs::kMaxTransfer;
  return write_from(call, iovecs, limit, [&](std::span<const iovec> buffers) {
    return when_ready(call, descriptor, POLLOUT, [&] {
      const int fd = descriptor.host_fd();
      return pipe ? write_to_pipe(fd, buffers) : write_at(fd, buffers, std::nullopt, false);
    });
  });
}

Result<Transfer> read_host(Call& call, const Descriptor& descriptor, Iovecs& iovecs,
                           std::optional<FileSize> offset) {
  if (!offset && descriptor.is_socket()) return receive(call, descriptor, iovecs);
  if (!offset && descriptor.waits && iovecs.total() != 0) {
    return read_stream(call, descriptor, iovecs);
  }
  const int fd = descriptor.host_fd();
  return read_into(call, iovecs, [&](std::span<const iovec> buffers) {
    return retrying(call, [&] { return read_at(fd, buffers, offset); });
  });
}

Result<Transfer> write_host(Call& call, const Descriptor& descriptor, Iovecs& iovecs,
                            std::optional<FileSize> offset) {
  if (!offset && descriptor.is_socket()) return send(call, descriptor, iovecs);
  if (!offset && descriptor.waits && iovecs.total() != 0) {
    return transfer_all(iovecs, [&] { return write_piece(call, descriptor, iovecs); });
  }
  const int fd = descriptor.host_fd();
  const bool append = (descriptor.flags & fdflag::kAppend) != 0;
  return write_from(call, iovecs, Iovecs::kMaxTransfer, [&](std::span<const iovec> buffers) {
    return retrying(call, [&] { return write_at(fd, buffers, offset, append); });
  });
}

// Reads from what has no descriptor of the host's.
Transfer read_bytes(Call& call, BytesReader& reader, const Iovecs& iovecs) {
  const std::size_t left = reader.bytes.size() - reader.at;
  const std::size_t size = std::min<std::size_t>(left, iovecs.total());
  const auto* data = reinterpret_cast<const std::uint8_t*>(reader.bytes.data()) + reader.at;
  iovecs.scatter(call.memory, std::span(data, size));
  reader.at += size;
  return {Errno::Success, size};
}

Transfer read_callback(Call& call, const ReadCallback& callback, const Iovecs& iovecs) {
  const std::span<std::uint8_t> scratch = call.state.scratch_bytes();
  const auto room = scratch.first(std::min<std::size_t>(scratch.size(), iovecs.total()));
  const Result<std::size_t> got = callback(room);
  call.memory.refresh();
  if (!got || *got > room.size()) return {Errno::Io, 0};
  iovecs.scatter(call.memory, room.first(*got));
  return {Errno::Success, *got};
}

// Gives the buffers' bytes to `take` piece by piece, which says how many it took, until it takes
// less than it is given. What was taken before an error counts.
template <class Take>
Transfer write_pieces(Call& call, const Iovecs& iovecs, Take&& take) {
  std::size_t total = 0;
  for (const GuestIovec& buffer : iovecs.buffers()) {
    for (std::size_t done = 0; done < buffer.buf_len;) {
      std::size_t size = buffer.buf_len - done;
      const std::uint64_t address = std::uint64_t{buffer.buf} + done;
      std::span<const std::uint8_t> piece;
      if (call.memory.is_direct()) {
        piece = {call.memory.at(address), size};
      } else {
        const std::span<std::uint8_t> scratch = call.state.scratch_bytes();
        size = std::min(size, scratch.size());
        if (!call.memory.read(address, scratch.first(size))) return {Errno::Fault, 0};
        piece = scratch.first(size);
      }
      const ErrnoOr<std::size_t> taken = take(piece);
      if (!taken && total == 0) return {taken.error(), 0};
      if (!taken) return {Errno::Success, total};
      total += *taken;
      if (*taken < size) return {Errno::Success, total};
      done += size;
    }
  }
  return {Errno::Success, total};
}

Transfer write_capture(Call& call, Capture& capture, const Iovecs& iovecs) {
  return write_pieces(call, iovecs, [&](std::span<const std::uint8_t> piece) {
    const std::size_t kept = capture.append(Bytes(piece).text());
    return kept == 0 ? ErrnoOr<std::size_t>(refuse(Errno::NoSpc)) : kept;
  });
}

Transfer write_callback(Call& call, const WriteCallback& callback, const Iovecs& iovecs) {
  return write_pieces(call, iovecs, [&](std::span<const std::uint8_t> piece) {
    const Result<std::size_t> took = callback(piece);
    call.memory.refresh();
    if (!took || *took > piece.size()) return ErrnoOr<std::size_t>(refuse(Errno::Io));
    return ErrnoOr<std::size_t>(*took);
  });
}

bool valid_offset(FileSize offset) {
  return offset <= static_cast<FileSize>(std::numeric_limits<off_t>::max());
}

}  // namespace

Errno prepare(Call& call, Iovecs& iovecs, Address list, Size count, Address transferred) {
  if (!call.memory.contains(transferred, sizeof(Size))) return Errno::Fault;
  return iovecs.load(call.memory, list, count);
}

Outcome finish(Call& call, Address transferred, const Result<Transfer>& transfer) {
  if (!transfer) return fail(transfer.error());
  if (transfer->error != Errno::Success) return transfer->error;
  // Checked before anything was transferred, and memories don't shrink.
  return call.memory.store(transferred, static_cast<Size>(transfer->bytes)) ? Errno::Success
                                                                            : Errno::Fault;
}

Outcome fd_read(Call& call, Fd fd, Address list, Size count, Address nread) {
  Descriptor* descriptor = call.find(fd);
  if (descriptor == nullptr) return Errno::Badf;
  if ((descriptor->base & right::kFdRead) == 0) return no_transfer(*descriptor);
  Iovecs iovecs;
  if (const Errno error = prepare(call, iovecs, list, count, nread); error != Errno::Success) {
    return error;
  }
  if (descriptor->host_fd() >= 0) {
    return finish(call, nread, read_host(call, *descriptor, iovecs, std::nullopt));
  }
  if (auto* reader = std::get_if<BytesReader>(&descriptor->source)) {
    return finish(call, nread, read_bytes(call, *reader, iovecs));
  }
  if (std::holds_alternative<ReadCallback>(descriptor->source)) {
    const std::shared_ptr<Descriptor> kept = call.state.fds.share(fd);
    return finish(call, nread, read_callback(call, std::get<ReadCallback>(kept->source), iovecs));
  }
  return finish(call, nread, Transfer{});
}

Outcome fd_write(Call& call, Fd fd, Address list, Size count, Address nwritten) {
  Descriptor* descriptor = call.find(fd);
  if (descriptor == nullptr) return Errno::Badf;
  if ((descriptor->base & right::kFdWrite) == 0) return no_transfer(*descriptor);
  Iovecs iovecs;
  if (const Errno error = prepare(call, iovecs, list, count, nwritten); error != Errno::Success) {
    return error;
  }
  if (descriptor->host_fd() >= 0) {
    return finish(call, nwritten, write_host(call, *descriptor, iovecs, std::nullopt));
  }
  if (auto* capture = std::get_if<Capture>(&descriptor->source)) {
    return finish(call, nwritten, write_capture(call, *capture, iovecs));
  }
  if (std::holds_alternative<WriteCallback>(descriptor->source)) {
    const std::shared_ptr<Descriptor> kept = call.state.fds.share(fd);
    return finish(call, nwritten,
                  write_callback(call, std::get<WriteCallback>(kept->source), iovecs));
  }
  return finish(call, nwritten, Transfer{Errno::Success, iovecs.total()});
}

Outcome fd_pread(Call& call, Fd fd, Address list, Size count, FileSize offset, Address nread) {
  const Descriptor* descriptor = call.find(fd);
  if (descriptor == nullptr) return Errno::Badf;
  if ((descriptor->base & right::kFdRead) == 0) return no_transfer(*descriptor);
  if (descriptor->host_fd() < 0) return Errno::Spipe;
  if (!valid_offset(offset)) return Errno::Inval;
  Iovecs iovecs;
  if (const Errno error = prepare(call, iovecs, list, count, nread); error != Errno::Success) {
    return error;
  }
  return finish(call, nread, read_host(call, *descriptor, iovecs, offset));
}

Outcome fd_pwrite(Call& call, Fd fd, Address list, Size count, FileSize offset, Address nwritten) {
  const Descriptor* descriptor = call.find(fd);
  if (descriptor == nullptr) return Errno::Badf;
  if ((descriptor->base & right::kFdWrite) == 0) return no_transfer(*descriptor);
  if (descriptor->host_fd() < 0) return Errno::Spipe;
  if (!valid_offset(offset)) return Errno::Inval;
  Iovecs iovecs;
  if (const Errno error = prepare(call, iovecs, list, count, nwritten); error != Errno::Success) {
    return error;
  }
  return finish(call, nwritten, write_host(call, *descriptor, iovecs, offset));
}

}  // namespace weft::wasi
