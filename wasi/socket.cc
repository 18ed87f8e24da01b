// sock_*, and what fd_read and fd_write do with sockets.
#include "wasi/socket.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "wasi/handlers.h"

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

// Makes a system call that answers EAGAIN rather than wait; waits instead of it, unless the guest
// wants to know.
template <class SystemCall>
Result<Transfer> when_ready(Call& call, const Descriptor& descriptor, short events,
                            SystemCall&& system_call) {
  while (true) {
    Result<Transfer> done = retrying(call, system_call);
    if (!done || done->error != Errno::Again) return done;
    if ((descriptor.flags & fdflag::kNonblock) != 0) return done;
    pollfd poll{descriptor.host_fd(), events, 0};
    const Result<ErrnoOr<int>> ready = wait_for(call, std::span(&poll, 1), std::nullopt);
    if (!ready) return fail(ready.error());
    if (!*ready) return Transfer{ready->error(), 0};
  }
}

msghdr message_of(std::span<const iovec> buffers) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(buffers.data());  // which neither call changes
  message.msg_iovlen = buffers.size();
  return message;
}

Result<Transfer> receive_once(Call& call, const Descriptor& descriptor, Iovecs& iovecs, int flags,
                              bool& truncated) {
  const auto receive_into = [&](std::span<const iovec> buffers) {
    return when_ready(call, descriptor, POLLIN, [&] {
      msghdr message = message_of(buffers);
      const ssize_t size =
          ::recvmsg(descriptor.host_fd(), &message, flags | MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
      truncated = size >= 0 && (message.msg_flags & MSG_TRUNC) != 0;
      return size;
    });
  };
  if (call.memory.is_direct()) return receive_into(iovecs.in_place(call.memory));
  const std::span<std::uint8_t> scratch = call.state.scratch_bytes();
  const iovec buffer{scratch.data(), std::min<std::size_t>(scratch.size(), iovecs.total())};
  Result<Transfer> done = receive_into(std::span(&buffer, 1));
  if (done) iovecs.scatter(call.memory, scratch.first(done->bytes));
  return done;
}

}  // namespace

Result<Transfer> receive(Call& call, const Descriptor& descriptor, Iovecs& iovecs, Flags flags,
                         bool* truncated) {
  bool ignored = false;
  bool& cut = truncated != nullptr ? *truncated : ignored;
  const bool peek = (flags & riflag::kPeek) != 0;
  Result<Transfer> done = receive_once(call, descriptor, iovecs, peek ? MSG_PEEK : 0, cut);
  // A message isn't continued by the next, and what was only looked at would be found again.
  if ((flags & riflag::kWaitall) == 0 || peek || descriptor.type != FileType::SocketStream) {
    return done;
  }
  std::size_t total = 0;
  while (done && done->error == Errno::Success && done->bytes != 0) {
    total += done->bytes;
    iovecs.drop(done->bytes);
    if (iovecs.total() == 0) break;
    done = receive_once(call, descriptor, iovecs, 0, cut);
  }
  // What came before an error counts; the next call will find the error.
  if (done && total != 0) return Transfer{Errno::Success, total};
  return done;
}

Result<Transfer> send(Call& call, const Descriptor& descriptor, Iovecs& iovecs) {
  const auto send_from = [&](std::span<const iovec> buffers) {
    return when_ready(call, descriptor, POLLOUT, [&] {
      const msghdr message = message_of(buffers);
      return ::sendmsg(descriptor.host_fd(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    });
  };
  if (call.memory.is_direct()) return send_from(iovecs.in_place(call.memory));
  const std::span<std::uint8_t> scratch = call.state.scratch_bytes();
  // A message must not be sent in part.
  if (descriptor.type == FileType::SocketDgram && iovecs.total() > scratch.size()) {
    return Transfer{Errno::MsgSize, 0};
  }
  const iovec buffer{scratch.data(), iovecs.gather(call.memory, scratch)};
  return send_from(std::span(&buffer, 1));
}

Outcome sock_accept(Call& call, Fd fd, Flags flags, Address result) {
  const ErrnoOr<const Descriptor*> listener = socket_of(call, fd, right::kSockAccept);
  if (!listener) return listener.error();
  if ((flags & ~fdflag::kNonblock) != 0) return Errno::Inval;
  if (!call.memory.contains(result, sizeof(Fd))) return Errno::Fault;
  // No connection may be lost by a call that fails for want of a number.
  if (call.state.fds.full()) return Errno::Mfile;
  const int type = SOCK_CLOEXEC | ((flags & fdflag::kNonblock) != 0 ? SOCK_NONBLOCK : 0);
  // Listening sockets of guests don't block: see Config::socket.
  const Result<Transfer> accepted = when_ready(call, **listener, POLLIN, [&] {
    return ::accept4((*listener)->host_fd(), nullptr, nullptr, type);
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
  if (!call.memory.contains(received, sizeof(Size))) return Errno::Fault;
  if (!call.memory.contains(result_flags, sizeof(std::uint16_t))) return Errno::Fault;
  Iovecs iovecs;
  if (const Errno error = iovecs.load(call.memory, list, count); error != Errno::Success) {
    return error;
  }
  bool truncated = false;
  const Result<Transfer> done = receive(call, **socket, iovecs, flags, &truncated);
  if (!done) return fail(done.error());
  if (done->error != Errno::Success) return done->error;
  const auto told = static_cast<std::uint16_t>(truncated ? kDataTruncated : 0);
  const bool stored = call.memory.store(received, static_cast<Size>(done->bytes)) &&
                      call.memory.store(result_flags, told);
  return stored ? Errno::Success : Errno::Fault;
}

Outcome sock_send(Call& call, Fd fd, Address list, Size count, Flags flags, Address sent) {
  const ErrnoOr<const Descriptor*> socket = socket_of(call, fd, right::kFdWrite);
  if (!socket) return socket.error();
  if (flags != 0) return Errno::Inval;
  if (!call.memory.contains(sent, sizeof(Size))) return Errno::Fault;
  Iovecs iovecs;
  if (const Errno error = iovecs.load(call.memory, list, count); error != Errno::Success) {
    return error;
  }
  const Result<Transfer> done = send(call, **socket, iovecs);
  if (!done) return fail(done.error());
  if (done->error != Errno::Success) return done->error;
  return call.memory.store(sent, static_cast<Size>(done->bytes)) ? Errno::Success : Errno::Fault;
}

Outcome sock_shutdown(Call& call, Fd fd, Flags how) {
  constexpr std::array kHow{SHUT_RD, SHUT_WR, SHUT_RDWR};
  static_assert(sdflag::kRd == 1 && sdflag::kWr == 2);
  const ErrnoOr<const Descriptor*> socket = socket_of(call, fd, right::kSockShutdown);
  if (!socket) return socket.error();
  if (how == 0 || (how & ~sdflag::kAll) != 0) return Errno::Inval;
  const int status = ::shutdown((*socket)->host_fd(), kHow[how - 1]);
  return status == 0 ? Errno::Success : last_host_errno();
}

}  // namespace weft::wasi
