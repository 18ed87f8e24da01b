// fd_*, apart from the transfers and fd_readdir.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <limits>

#include "wasi/clock.h"
#include "wasi/descriptor.h"
#include "wasi/filestat.h"
#include "wasi/handlers.h"
#include "wasi/system_call.h"

namespace weft::wasi {

namespace {

constexpr auto kMaxOffset = static_cast<FileSize>(std::numeric_limits<off_t>::max());

// Files have times that no timestamp can hold: before 1970, and after 2554.
Timestamp to_timestamp(const timespec& time) noexcept {
  constexpr std::uint64_t kNanos = 1'000'000'000;
  constexpr std::uint64_t kMax = std::numeric_limits<Timestamp>::max();
  if (time.tv_sec < 0) return 0;
  const auto seconds = static_cast<std::uint64_t>(time.tv_sec);
  if (seconds >= kMax / kNanos) return kMax;
  return seconds * kNanos + static_cast<std::uint64_t>(time.tv_nsec);
}

// What a descriptor answers to an operation that it has no right to.
Errno lacks(const Descriptor& descriptor) {
  return descriptor.is_directory() ? Errno::IsDir : Errno::NotCapable;
}

// Checks the right, then makes the system call; what has no file behind it can't be synchronised,
// sized and so on.
template <class SystemCall>
Errno on_file(Call& call, Fd fd, RightSet needed, SystemCall&& system_call) {
  const Descriptor* descriptor = call.find(fd);
  if (descriptor == nullptr) return Errno::Badf;
  if ((descriptor->base & needed) != needed) return lacks(*descriptor);
  if (descriptor->host_fd() < 0) return Errno::Inval;
  return result_of([&] { return system_call(descriptor->host_fd()); });
}

}  // namespace

Filestat to_filestat(const struct stat& status) noexcept {
  Filestat filestat;
  filestat.dev = status.st_dev;
  filestat.ino = status.st_ino;
  filestat.filetype = file_type_of(status.st_mode);
  filestat.nlink = status.st_nlink;
  filestat.size = static_cast<FileSize>(status.st_size);
  filestat.atim = to_timestamp(status.st_atim);
  filestat.mtim = to_timestamp(status.st_mtim);
  filestat.ctim = to_timestamp(status.st_ctim);
  return filestat;
}

ErrnoOr<Filestat> filestat_of(int host_fd) noexcept {
  struct stat status{};
  const Errno error = result_of([&] { return ::fstat(host_fd, &status); });
  if (error != Errno::Success) return refuse(error);
  return to_filestat(status);
}

ErrnoOr<HostTimes> to_host_times(Call& call, Timestamp atim, Timestamp mtim, Flags flags) {
  if ((flags & ~fstflag::kAll) != 0) return refuse(Errno::Inval);
  const auto host_time = [&](Timestamp time, Flags given, Flags now) -> ErrnoOr<timespec> {
    if ((flags & given) != 0 && (flags & now) != 0) return refuse(Errno::Inval);
    if ((flags & now) != 0) {
      const Clock& clock = call.state.config.wall_clock();
      if (!clock.now) return timespec{0, UTIME_NOW};
      time = clock.now();
      call.memory.refresh();
    } else if ((flags & given) == 0) {
      return timespec{0, UTIME_OMIT};
    }
    return to_timespec(time);
  };
  const ErrnoOr<timespec> access = host_time(atim, fstflag::kAtim, fstflag::kAtimNow);
  if (!access) return refuse(access.error());
  const ErrnoOr<timespec> modification = host_time(mtim, fstflag::kMtim, fstflag::kMtimNow);
  if (!modification) return refuse(modification.error());
  return HostTimes{*access, *modification};
}

Outcome fd_close(Call& call, Fd fd) {
  const std::shared_ptr<Descriptor> closed = call.state.fds.remove(fd);
  if (closed == nullptr) return Errno::Badf;
  auto* owned = std::get_if<UniqueFd>(&closed->source);
  if (owned == nullptr) return Errno::Success;
  // Closed even if it fails, or a signal interrupts it; an error is that of earlier writes.
  if (::close(owned->release()) == 0 || errno == EINTR) return Errno::Success;
  return last_host_errno();
}

Outcome fd_renumber(Call& call, Fd from, Fd to) {
  const auto replaced = call.state.fds.renumber(from, to);
  return replaced ? Errno::Success : replaced.error();
}

Outcome fd_advise(Call& call, Fd fd, FileSize offset, FileSize length, Flags advice) {
  constexpr std::array kAdvice{POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
                               POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED,   POSIX_FADV_NOREUSE};
  if (call.find(fd) == nullptr) return Errno::Badf;
  if (advice >= kAdvice.size() || offset > kMaxOffset || length > kMaxOffset) return Errno::Inval;
  return on_file(call, fd, right::kFdAdvise, [&](int host_fd) {
    errno = ::posix_fadvise(host_fd, static_cast<off_t>(offset), static_cast<off_t>(length),
                            kAdvice[advice]);
    return errno == 0 ? 0 : -1;
  });
}

Outcome fd_datasync(Call& call, Fd fd) {
  return on_file(call, fd, right::kFdDatasync, ::fdatasync);
}

Outcome fd_sync(Call& call, Fd fd) { return on_file(call, fd, right::kFdSync, ::fsync); }

Outcome fd_filestat_set_size(Call& call, Fd fd, FileSize size) {
  if (call.find(fd) == nullptr) return Errno::Badf;
  if (size > kMaxOffset) return Errno::Inval;
  return on_file(call, fd, right::kFdFilestatSetSize,
                 [&](int host_fd) { return ::ftruncate(host_fd, static_cast<off_t>(size)); });
}

Outcome fd_filestat_set_times(Call& call, Fd fd, Timestamp atim, Timestamp mtim, Flags flags) {
  // Before the descriptor is looked for: the embedder's clock may do anything.
  const ErrnoOr<HostTimes> times = to_host_times(call, atim, mtim, flags);
  if (!times) return times.error();
  const Descriptor* descriptor = call.find(fd);
  if (descriptor == nullptr) return Errno::Badf;
  // A directory has the right whatever its tree allows.
  if (!descriptor->tree.write) return Errno::Perm;
  return on_file(call, fd, right::kFdFilestatSetTimes,
                 [&](int host_fd) { return ::futimens(host_fd, times->data()); });
}

// By fallocate(2), as posix_fallocate(3) writes where a file system can't: not what was asked for,
// and to the end of a file that is open for appending.
Outcome fd_allocate(Call& call, Fd fd, FileSize offset, FileSize length) {
  if (call.find(fd) == nullptr) return Errno::Badf;
  if (offset > kMaxOffset || length > kMaxOffset) return Errno::Inval;
  return on_file(call, fd, right::kFdAllocate, [&](int host_fd) {
    return ::fallocate(host_fd, 0, static_cast<off_t>(offset), static_cast<off_t>(length));
  });
}

Outcome fd_fdstat_get(Call& call, Fd fd, Address result) {
  const Descriptor* descriptor = call.find(fd);
  if (descriptor == nullptr) return Errno::Badf;
  Fdstat fdstat;
  fdstat.filetype = descriptor->type;
  fdstat.flags = static_cast<std::uint16_t>(descriptor->flags);
  fdstat.rights_base = descriptor->base;
  fdstat.rights_inheriting = descriptor->inheriting;
  return call.memory.store(result, fdstat) ? Errno::Success : Errno::Fault;
}

Outcome fd_fdstat_set_flags(Call& call, Fd fd, Flags flags) {
  Descriptor* descriptor = call.find(fd);
  if (descriptor == nullptr) return Errno::Badf;
  if ((descriptor->base & right::kFdFdstatSetFlags) == 0) return lacks(*descriptor);
  if ((flags & ~fdflag::kAll) != 0) return Errno::Inval;
  constexpr Flags kChangeable = fdflag::kAppend | fdflag::kNonblock;
  // Linux can't change how a file is synchronised after it was opened.
  if (((flags ^ descriptor->flags) & ~kChangeable) != 0) return Errno::NotSup;
  if (descriptor->lent()) {
    // Only what the shim can do by itself: other users of the open file must not notice.
    if (((flags ^ descriptor->flags) & fdflag::kAppend) != 0) return Errno::NotSup;
  } else if (const int host_fd = descriptor->host_fd(); host_fd >= 0) {
    const int append = (flags & fdflag::kAppend) != 0 ? O_APPEND : 0;
    const Errno error = result_of([&] { return ::fcntl(host_fd, F_SETFL, append | O_NONBLOCK); });
    if (error != Errno::Success) return error;
  }
  descriptor->flags = flags;
  return Errno::Success;
}

Outcome fd_fdstat_set_rights(Call& call, Fd fd, RightSet base, RightSet inheriting) {
  Descriptor* descriptor = call.find(fd);
  if (descriptor == nullptr) return Errno::Badf;
  if ((base & ~descriptor->base) != 0 || (inheriting & ~descriptor->inheriting) != 0) {
    return Errno::NotCapable;
  }
  descriptor->base = base;
  descriptor->inheriting = inheriting;
  return Errno::Success;
}

ErrnoOr<Filestat> filestat_of(const Call& call, Fd fd) {
  const Descriptor* descriptor = call.find(fd);
  if (descriptor == nullptr) return refuse(Errno::Badf);
  if ((descriptor->base & right::kFdFilestatGet) == 0) return refuse(Errno::NotCapable);
  ErrnoOr<Filestat> filestat = Filestat{};
  if (descriptor->host_fd() >= 0) filestat = filestat_of(descriptor->host_fd());
  if (filestat) filestat->filetype = descriptor->type;
  return filestat;
}

Outcome fd_filestat_get(Call& call, Fd fd, Address result) {
  const ErrnoOr<Filestat> filestat = filestat_of(call, fd);
  if (!filestat) return filestat.error();
  return call.memory.store(result, *filestat) ? Errno::Success : Errno::Fault;
}

Outcome fd_seek(Call& call, Fd fd, FileDelta offset, Flags whence, Address result) {
  constexpr std::array kWhence{SEEK_SET, SEEK_CUR, SEEK_END};
  const Descriptor* descriptor = call.find(fd);
  if (descriptor == nullptr) return Errno::Badf;
  if (descriptor->is_directory()) return Errno::IsDir;
  if ((descriptor->base & right::kFdSeek) == 0) {
    return descriptor->is_stream() ? Errno::Spipe : Errno::NotCapable;
  }
  if (whence >= kWhence.size()) return Errno::Inval;
  if (!call.memory.contains(result, sizeof(FileSize))) return Errno::Fault;
  const off_t at =
      uninterrupted([&] { return ::lseek(descriptor->host_fd(), offset, kWhence[whence]); });
  if (at < 0) return last_host_errno();
  return call.memory.store(result, static_cast<FileSize>(at)) ? Errno::Success : Errno::Fault;
}

Outcome fd_tell(Call& call, Fd fd, Address result) {
  const Descriptor* descriptor = call.find(fd);
  if (descriptor == nullptr) return Errno::Badf;
  if (descriptor->is_directory()) return Errno::IsDir;
  if ((descriptor->base & right::kFdTell) == 0) {
    return descriptor->is_stream() ? Errno::Spipe : Errno::NotCapable;
  }
  const off_t at = uninterrupted([&] { return ::lseek(descriptor->host_fd(), 0, SEEK_CUR); });
  if (at < 0) return last_host_errno();
  return call.memory.store(result, static_cast<FileSize>(at)) ? Errno::Success : Errno::Fault;
}

// Guests ask for one number after the other until they get Badf.
Outcome fd_prestat_get(Call& call, Fd fd, Address result) {
  const Descriptor* descriptor = call.find(fd);
  if (descriptor == nullptr || !descriptor->preopen) return Errno::Badf;
  Prestat prestat;
  prestat.name_len = static_cast<Size>(descriptor->preopen->size());
  return call.memory.store(result, prestat) ? Errno::Success : Errno::Fault;
}

Outcome fd_prestat_dir_name(Call& call, Fd fd, Address buffer, Size length) {
  const Descriptor* descriptor = call.find(fd);
  if (descriptor == nullptr || !descriptor->preopen) return Errno::Badf;
  if (length < descriptor->preopen->size()) return Errno::NameTooLong;
  return call.memory.write(buffer, *descriptor->preopen) ? Errno::Success : Errno::Fault;
}

}  // namespace weft::wasi
