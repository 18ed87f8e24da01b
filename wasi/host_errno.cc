#include "wasi/host_errno.h"

#include <cerrno>

namespace weft::wasi {

// clang-format off
#define WEFT_WASI_ERRNOS(X)                                                                    \
  X(E2BIG, TooBig) X(EACCES, Acces) X(EADDRINUSE, AddrInUse) X(EADDRNOTAVAIL, AddrNotAvail)    \
  X(EAFNOSUPPORT, AfNoSupport) X(EAGAIN, Again) X(EALREADY, Already) X(EBADF, Badf)            \
  X(EBADMSG, BadMsg) X(EBUSY, Busy) X(ECANCELED, Canceled) X(ECHILD, Child)                    \
  X(ECONNABORTED, ConnAborted) X(ECONNREFUSED, ConnRefused) X(ECONNRESET, ConnReset)           \
  X(EDEADLK, Deadlk) X(EDESTADDRREQ, DestAddrReq) X(EDOM, Dom) X(EDQUOT, Dquot)                \
  X(EEXIST, Exist) X(EFAULT, Fault) X(EFBIG, Fbig) X(EHOSTUNREACH, HostUnreach) X(EIDRM, Idrm) \
  X(EILSEQ, Ilseq) X(EINPROGRESS, InProgress) X(EINTR, Intr) X(EINVAL, Inval) X(EIO, Io)       \
  X(EISCONN, IsConn) X(EISDIR, IsDir) X(ELOOP, Loop) X(EMFILE, Mfile) X(EMLINK, Mlink)         \
  X(EMSGSIZE, MsgSize) X(EMULTIHOP, MultiHop) X(ENAMETOOLONG, NameTooLong)                     \
  X(ENETDOWN, NetDown) X(ENETRESET, NetReset) X(ENETUNREACH, NetUnreach) X(ENFILE, Nfile)      \
  X(ENOBUFS, NoBufs) X(ENODEV, NoDev) X(ENOENT, NoEnt) X(ENOEXEC, NoExec) X(ENOLCK, NoLck)     \
  X(ENOLINK, NoLink) X(ENOMEM, NoMem) X(ENOMSG, NoMsg) X(ENOPROTOOPT, NoProtoOpt)              \
  X(ENOSPC, NoSpc) X(ENOSYS, NoSys) X(ENOTCONN, NotConn) X(ENOTDIR, NotDir)                    \
  X(ENOTEMPTY, NotEmpty) X(ENOTRECOVERABLE, NotRecoverable) X(ENOTSOCK, NotSock)               \
  X(ENOTSUP, NotSup) X(ENOTTY, NoTty) X(ENXIO, Nxio) X(EOVERFLOW, Overflow)                    \
  X(EOWNERDEAD, OwnerDead) X(EPERM, Perm) X(EPIPE, Pipe) X(EPROTO, Proto)                      \
  X(EPROTONOSUPPORT, ProtoNoSupport) X(EPROTOTYPE, Prototype) X(ERANGE, Range) X(EROFS, Rofs)  \
  X(ESPIPE, Spipe) X(ESRCH, Srch) X(ESTALE, Stale) X(ETIMEDOUT, TimedOut) X(ETXTBSY, TxtBsy)   \
  X(EXDEV, Xdev)
// clang-format on

Errno from_host_errno(int host_errno) noexcept {
  switch (host_errno) {
#define X(host, guest) \
  case host:           \
    return Errno::guest;
    WEFT_WASI_ERRNOS(X)
#undef X
    default:
      return Errno::Io;
  }
}

#undef WEFT_WASI_ERRNOS

Errno last_host_errno() noexcept { return from_host_errno(errno); }

}  // namespace weft::wasi
