#include "tests/wasi/faults.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

using weft::wasi::Faults;

namespace {

int next_fault(const char* name) {
  Faults* faults = Faults::active();
  return faults == nullptr ? 0 : faults->next(name);
}

std::size_t at_most(std::size_t size) {
  const Faults* faults = Faults::active();
  return faults == nullptr ? size : std::min(size, faults->most());
}

// A list of buffers cut off after the bytes that may be transferred.
std::vector<iovec> cut(const iovec* buffers, int count) {
  std::vector<iovec> list(buffers, buffers + count);
  std::size_t left = at_most(Faults::kNone);
  for (iovec& buffer : list) {
    buffer.iov_len = std::min(buffer.iov_len, left);
    left -= buffer.iov_len;
  }
  return list;
}

// The same of a message.
class Cut {
 public:
  explicit Cut(const msghdr& whole)
      : list_(cut(whole.msg_iov, static_cast<int>(whole.msg_iovlen))), message_(whole) {
    message_.msg_iov = list_.data();
  }
  msghdr* get() { return &message_; }

 private:
  std::vector<iovec> list_;
  msghdr message_;
};

}  // namespace

// The linker's names.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
#define REAL(result, name, parameters) extern "C" result __real_##name parameters
#define FAULT(name)                          \
  if (const int fault = next_fault(#name)) { \
    errno = fault;                           \
    return -1;                               \
  }
#define WRAP(result, name, parameters, arguments) \
  REAL(result, name, parameters);                 \
  extern "C" result __wrap_##name parameters {    \
    FAULT(name)                                   \
    return __real_##name arguments;               \
  }
#define WRAP_LIST(name, parameters, arguments)   \
  REAL(ssize_t, name, parameters);               \
  extern "C" ssize_t __wrap_##name parameters {  \
    FAULT(name)                                  \
    const std::vector<iovec> list = cut(iov, n); \
    iov = list.data();                           \
    return __real_##name arguments;              \
  }

using Names = const char*;
using Stat = struct stat;
WRAP(ssize_t, read, (int fd, void* to, std::size_t n), (fd, to, at_most(n)))
WRAP(ssize_t, write, (int fd, const void* from, std::size_t n), (fd, from, at_most(n)))
WRAP_LIST(readv, (int fd, const iovec* iov, int n), (fd, iov, n))
WRAP_LIST(writev, (int fd, const iovec* iov, int n), (fd, iov, n))
WRAP_LIST(preadv, (int fd, const iovec* iov, int n, off_t at), (fd, iov, n, at))
WRAP_LIST(pwritev, (int fd, const iovec* iov, int n, off_t at), (fd, iov, n, at))
WRAP_LIST(pwritev2, (int fd, const iovec* iov, int n, off_t at, int how), (fd, iov, n, at, how))
WRAP(off_t, lseek, (int fd, off_t to, int whence), (fd, to, whence))
WRAP(int, fstat, (int fd, Stat* to), (fd, to))
WRAP(int, fstatat, (int fd, Names path, Stat* to, int flags), (fd, path, to, flags))
WRAP(int, futimens, (int fd, const timespec* times), (fd, times))
WRAP(int, utimensat, (int fd, Names path, const timespec* times, int flags),
     (fd, path, times, flags))
WRAP(int, fallocate, (int fd, int mode, off_t at, off_t size), (fd, mode, at, size))
WRAP(int, ftruncate, (int fd, off_t size), (fd, size))
WRAP(int, fsync, (int fd), (fd))
WRAP(int, fdatasync, (int fd), (fd))
WRAP(int, fcntl, (int fd, int command, long argument), (fd, command, argument))
WRAP(int, ioctl, (int fd, unsigned long request, void* argument), (fd, request, argument))
WRAP(int, openat, (int fd, Names path, int flags, mode_t mode), (fd, path, flags, mode))
WRAP(ssize_t, readlinkat, (int fd, Names path, char* to, std::size_t n), (fd, path, to, n))
WRAP(int, mkdirat, (int fd, Names path, mode_t mode), (fd, path, mode))
WRAP(int, unlinkat, (int fd, Names path, int flags), (fd, path, flags))
WRAP(int, renameat, (int fd, Names path, int to_fd, Names to), (fd, path, to_fd, to))
WRAP(int, linkat, (int fd, Names path, int to_fd, Names to, int flags),
     (fd, path, to_fd, to, flags))
WRAP(int, symlinkat, (Names text, int fd, Names path), (text, fd, path))
WRAP(int, epoll_create1, (int flags), (flags))
WRAP(int, epoll_ctl, (int fd, int op, int of, epoll_event* event), (fd, op, of, event))
WRAP(ssize_t, getrandom, (void* to, std::size_t n, unsigned flags), (to, at_most(n), flags))
WRAP(int, accept4, (int fd, sockaddr* from, socklen_t* size, int flags), (fd, from, size, flags))
WRAP(int, shutdown, (int fd, int how), (fd, how))
WRAP(ssize_t, sendmsg, (int fd, const msghdr* message, int flags), (fd, Cut(*message).get(), flags))
WRAP(int, ppoll, (pollfd * fds, nfds_t n, const timespec* timeout, const sigset_t* mask),
     (fds, n, timeout, mask))

REAL(ssize_t, recvmsg, (int fd, msghdr* message, int flags));
extern "C" ssize_t __wrap_recvmsg(int fd, msghdr* message, int flags) {
  FAULT(recvmsg)
  Cut shorter(*message);
  const ssize_t size = __real_recvmsg(fd, shorter.get(), flags);
  message->msg_flags = shorter.get()->msg_flags;
  return size;
}

// Gives its error instead of setting errno.
REAL(int, posix_fadvise, (int fd, off_t at, off_t size, int advice));
extern "C" int __wrap_posix_fadvise(int fd, off_t at, off_t size, int advice) {
  if (const int fault = next_fault("posix_fadvise")) return fault;
  return __real_posix_fadvise(fd, at, size, advice);
}

// Closes even if it fails.
REAL(int, close, (int fd));
extern "C" int __wrap_close(int fd) {
  const int fault = next_fault("close");
  const int status = __real_close(fd);
  if (fault == 0) return status;
  errno = fault;
  return -1;
}

// Those without a function in the C library.
REAL(long, syscall, (long number, long a, long b, long c, long d, long e, long f));
extern "C" long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f) {
  if (number == SYS_openat2) FAULT(openat2)
  if (number == SYS_getdents64) FAULT(getdents64)
  return __real_syscall(number, a, b, c, d, e, f);
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
