// sock_*, and what fd_read and fd_write do with sockets.
#include "wasi/socket.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "wasi/handlers.h"
#include "wasi/system_call.h"

namespace weft::wasi {

namespace {

// What a socket's function answers without the socket, or without the right.
ErrnoOr<const Descriptor*> socket_of(const Call& call, Fd fd, RightSet needed) {
  const Descriptor* descriptor = call.find(fd);
  if (descriptor == nullptr) return refuse(Errno::Badf);
  if (!descriptor->is_socket()) return refuse(Errno::NotSock);
  if ((descriptor->base & needed) != needed) return refuse(Errno::NotCapable);
  return descriptor;
}

msghdr message_of(std::span<const iovec> buffers) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(buffers.data());  // which neither call changes
  message.msg_iovlen = buffers.size();
  return message;
}

}  // namespace

Result<Transfer> receive(Call& call, const Descriptor& descriptor, Iovecs& iovecs, Flags flags,
                         bool* truncated) {
  const bool peek = (flags & riflag::kPeek) != 0;
  const int host_flags = MSG_DONTWAIT | MSG_CMSG_CLOEXEC | (peek ? MSG_PEEK : 0);
  const auto receive_once = [&] {
    return read_into(call, iovecs, [&](std::span<const iovec> buffers) {
      return when_ready(call, descriptor, POLLIN, [&] {
        msghdr message = message_of(buffers);
        const ssize_t size = ::recvmsg(descriptor.host_fd(), &message, host_flags);
        if (truncated != nullptr) *truncated = size >= 0 && (message.msg_flags & MSG_TRUNC) != 0;
        return size;
      });
    });
  };
  // A message isn't continued by the next, and what was only looked at would be found again.
  const bool all = (flags & riflag::kWaitall) != 0 && !peek;
  return all && descriptor.type == FileType::SocketStream ? transfer_all(iovecs, receive_once)
                                                          : receive_once();
}

Result<Transfer> send(Call& call, const Descriptor& descriptor, Iovecs& iovecs) {
  // A message must not be sent in part.
  if (descriptor.type == FileType::SocketDgram && !call.memory.is_direct() &&
      iovecs.total() > call.state.scratch_bytes().size()) {
    return Transfer{Errno::MsgSize, 0};
  }
  return transfer_all(iovecs, [&] {
    return write_from(call, iovecs, Iovecs::kMaxTransfer, [&](std::span<const iovec> buffers) {
      return when_ready(call, descriptor, POLLOUT, [&] {
        const msghdr message = message_of(buffers);
        return ::sendmsg(descriptor.host_fd(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
      });
    });
  });
}

Outcome sock_accept(Call& call, Fd fd, Flags flags, Address result) {
  const ErrnoOr<const Descriptor*> listener = socket_of(call, fd, right::kSockAccept);
  if (!listener) return listener.error();
  if ((flags & ~fdflag::kNonblock) != 0) return Errno::Inval;
  if (!call.memory.contains(result, sizeof(Fd))) return Errno::Fault;
  // No connection may be lost by a call that fails for want of a number.
  if (call.state.fds.full()) return Errno::Mfile;
  // Listening sockets of guests don't block: see Config::socket.
  const Result<Transfer> accepted = when_ready(call, **listener, POLLIN, [&] {
    return ::accept4((*listener)->host_fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  });
  if (!accepted) return fail(accepted.error());
  if (accepted->error != Errno::Success) return accepted->error;
  Descriptor connection;
  connection.source = UniqueFd(static_cast<int>(accepted->bytes));
  connection.type = (*listener)->type;
  connection.flags = flags;
  connection.base = (*listener)->inheriting;
  const ErrnoOr<Fd> number = call.state.fds.add(std::move(connection));
  if (!number) return number.error();
  return call.memory.store(result, *number) ? Errno::Success : Errno::Fault;
}

Outcome sock_recv(Call& call, Fd fd, Address list, Size count, Flags flags, Address received,
                  Address result_flags) {
  const ErrnoOr<const Descriptor*> socket = socket_of(call, fd, right::kFdRead);
  if (!socket) return socket.error();
  if ((flags & ~riflag::kAll) != 0) return Errno::Inval;
  if (!call.memory.contains(result_flags, sizeof(std::uint16_t))) return Errno::Fault;
  Iovecs iovecs;
  if (const Errno error = prepare(call, iovecs, list, count, received); error != Errno::Success) {
    return error;
  }
  bool truncated = false;
  Outcome done = finish(call, received, receive(call, **socket, iovecs, flags, &truncated));
  if (!done || *done != Errno::Success) return done;
  const auto told = static_cast<std::uint16_t>(truncated ? kDataTruncated : 0);
  return call.memory.store(result_flags, told) ? Errno::Success : Errno::Fault;
}

Outcome sock_send(Call& call, Fd fd, Address list, Size count, Flags flags, Address sent) {
  const ErrnoOr<const Descriptor*> socket = socket_of(call, fd, right::kFdWrite);
  if (!socket) return socket.error();
  if (flags != 0) return Errno::Inval;
  Iovecs iovecs;
  if (const Errno error = prepare(call, iovecs, list, count, sent); error != Errno::Success) {
    return error;
  }
  return finish(call, sent, send(call, **socket, iovecs));
}

Outcome sock_shutdown(Call& call, Fd fd, Flags how) {
  constexpr std::array kHow{SHUT_RD, SHUT_WR, SHUT_RDWR};
  static_assert(sdflag::kRd == 1 && sdflag::kWr == 2);
  const ErrnoOr<const Descriptor*> socket = socket_of(call, fd, right::kSockShutdown);
  if (!socket) return socket.error();
  if (how == 0 || (how & ~sdflag::kAll) != 0) return Errno::Inval;
  return result_of([&] { return ::shutdown((*socket)->host_fd(), kHow[how - 1]); });
}

}  // namespace weft::wasi
