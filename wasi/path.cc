// path_*. A path is resolved by the PathResolver and by nothing else: path_open and
// path_filestat_* open what it names, the others resolve all but the last component and use an
// *at() function, which follows no link, on that one.
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "wasi/descriptor.h"
#include "wasi/filestat.h"
#include "wasi/handlers.h"
#include "wasi/system_call.h"

namespace weft::wasi {

namespace {

// The directory that a path begins at.
ErrnoOr<const Descriptor*> directory_of(const Call& call, Fd fd, RightSet needed) {
  const Descriptor* descriptor = call.find(fd);
  if (descriptor == nullptr) return refuse(Errno::Badf);
  if (!descriptor->is_directory()) return refuse(Errno::NotDir);
  if ((descriptor->base & needed) != needed) return refuse(Errno::NotCapable);
  return descriptor;
}

// As directory_of, for what changes the tree.
ErrnoOr<const Descriptor*> changeable_directory(const Call& call, Fd fd, RightSet needed) {
  const ErrnoOr<const Descriptor*> directory = directory_of(call, fd, needed);
  if (directory && !(*directory)->tree.modify) return refuse(Errno::Perm);
  return directory;
}

Follow follow_of(Flags lookup) { return (lookup & kSymlinkFollow) != 0 ? Follow::Yes : Follow::No; }

// What the path names, by O_PATH: for what is done to its attributes.
ErrnoOr<UniqueFd> open_path_only(const Call& call, const Descriptor& directory, Flags lookup,
                                 Address path, Size length) {
  GuestPath text;
  if (const Errno error = text.load(call.memory, path, length); error != Errno::Success) {
    return refuse(error);
  }
  return call.state.resolver.open(directory.host_fd(), text.view(), O_PATH, 0, follow_of(lookup));
}

ErrnoOr<ResolvedParent> resolve_parent(const Call& call, const Descriptor& directory, Address path,
                                       Size length) {
  GuestPath text;
  if (const Errno error = text.load(call.memory, path, length); error != Errno::Success) {
    return refuse(error);
  }
  return call.state.resolver.parent(directory.host_fd(), text.view());
}

// A place in a tree that may be changed there.
struct Place {
  const Descriptor* directory;
  ResolvedParent parent;
};

ErrnoOr<Place> changeable_place(const Call& call, Fd fd, RightSet needed, Address path,
                                Size length) {
  const ErrnoOr<const Descriptor*> directory = changeable_directory(call, fd, needed);
  if (!directory) return refuse(directory.error());
  ErrnoOr<ResolvedParent> parent = resolve_parent(call, **directory, path, length);
  if (!parent) return refuse(parent.error());
  return Place{*directory, std::move(*parent)};
}

// The type bits of what is there, without following a link.
ErrnoOr<mode_t> type_at(const ResolvedParent& parent) {
  struct stat status{};
  const Errno error = result_of(
      [&] { return ::fstatat(parent.fd(), parent.name(), &status, AT_SYMLINK_NOFOLLOW); });
  if (error != Errno::Success) return refuse(error);
  return status.st_mode & S_IFMT;
}

// What stands in the way of making something that is no directory under a name with a slash at its
// end.
Errno refuse_slash(const ResolvedParent& parent) {
  const ErrnoOr<mode_t> type = type_at(parent);
  if (!type) return type.error();
  return *type == S_IFDIR ? Errno::Exist : Errno::NotDir;
}

// Whether what the host forbids in one tree would become possible by moving it to the other.
bool widens(const Rights& from, const Rights& to) {
  return (to.read && !from.read) || (to.write && !from.write);
}

struct OpenRequest {
  Flags lookup;
  Flags oflags;
  Flags fdflags;
  RightSet base;
  RightSet inheriting;
};

// The host's flags for the request, if the host's rights for the tree allow it.
ErrnoOr<int> host_flags(const OpenRequest& request, const Rights& tree) {
  const bool truncate = (request.oflags & oflag::kTrunc) != 0;
  const bool create = (request.oflags & oflag::kCreat) != 0;
  const bool read = (request.base & (right::kFdRead | right::kFdReaddir)) != 0;
  // Truncation is a way of writing, whatever the guest wants to do with the file later.
  const bool write = (request.base & right::kFdWrite) != 0 || truncate;
  if ((read && !tree.read) || (write && !tree.write) || (create && !tree.modify)) {
    return refuse(Errno::Perm);
  }
  const bool reads_file = (request.base & right::kFdRead) != 0;
  int flags = !write ? O_RDONLY : reads_file ? O_RDWR : O_WRONLY;
  if (create) flags |= O_CREAT;
  if (truncate) flags |= O_TRUNC;
  if ((request.oflags & oflag::kExcl) != 0) flags |= O_EXCL;
  if ((request.oflags & oflag::kDirectory) != 0) flags |= O_DIRECTORY;
  if ((request.fdflags & fdflag::kAppend) != 0) flags |= O_APPEND;
  if ((request.fdflags & fdflag::kDsync) != 0) flags |= O_DSYNC;
  if ((request.fdflags & fdflag::kRsync) != 0) flags |= O_RSYNC;
  if ((request.fdflags & fdflag::kSync) != 0) flags |= O_SYNC;
  // Opening a pipe must not wait for somebody at its other end; see also Descriptor::lent.
  return flags | O_NONBLOCK;
}

ErrnoOr<Descriptor> make_descriptor(UniqueFd fd, const OpenRequest& request,
                                    const Descriptor& directory) {
  const ErrnoOr<Filestat> status = filestat_of(fd.get());
  if (!status) return refuse(status.error());
  constexpr RightSet kTransfers = right::kFdRead | kFileWriting;
  Descriptor descriptor;
  descriptor.type = status->filetype;
  descriptor.flags = request.fdflags;
  descriptor.tree = directory.tree;
  if (descriptor.is_directory()) {
    // Programs rarely ask for what they will do in a directory. The host's rights bound it.
    descriptor.base = directory.base;
    descriptor.inheriting = directory.inheriting & (request.inheriting | ~kTransfers);
    descriptor.flags = 0;
  } else {
    RightSet wanted = kFileAlways | (request.base & right::kFdRead);
    if ((request.base & right::kFdWrite) != 0) wanted |= kFileWriting;
    if (!directory.tree.write) wanted &= ~right::kFdFilestatSetTimes;
    descriptor.base = directory.inheriting & wanted;
  }
  if (descriptor.is_stream()) {
    if (::lseek(fd.get(), 0, SEEK_CUR) < 0) descriptor.base &= ~(right::kFdSeek | right::kFdTell);
    descriptor.waits = can_wait_for(fd.get());
  }
  descriptor.source = std::move(fd);
  return descriptor;
}

}  // namespace

Outcome path_open(Call& call, Fd fd, Flags lookup, Address path, Size length, Flags oflags,
                  RightSet base, RightSet inheriting, Flags fdflags, Address result) {
  if ((lookup & ~kSymlinkFollow) != 0 || (oflags & ~oflag::kAll) != 0 ||
      (fdflags & ~fdflag::kAll) != 0) {
    return Errno::Inval;
  }
  RightSet needed = right::kPathOpen;
  if ((oflags & oflag::kCreat) != 0) needed |= right::kPathCreateFile;
  if ((oflags & oflag::kTrunc) != 0) needed |= right::kPathFilestatSetSize;
  const ErrnoOr<const Descriptor*> directory = directory_of(call, fd, needed);
  if (!directory) return directory.error();
  GuestPath text;
  if (const Errno error = text.load(call.memory, path, length); error != Errno::Success) {
    return error;
  }
  if (!call.memory.contains(result, sizeof(Fd))) return Errno::Fault;
  // Nothing may be created or truncated by a call that fails for want of a number.
  if (call.state.fds.full()) return Errno::Mfile;
  if ((oflags & oflag::kCreat) != 0 && (oflags & oflag::kDirectory) != 0) return Errno::Inval;

  const OpenRequest request{lookup, oflags, fdflags, base & (*directory)->inheriting, inheriting};
  const ErrnoOr<int> flags = host_flags(request, (*directory)->tree);
  if (!flags) return flags.error();
  constexpr mode_t kMode = 0666;  // less the umask
  ErrnoOr<UniqueFd> opened = call.state.resolver.open((*directory)->host_fd(), text.view(), *flags,
                                                      kMode, follow_of(lookup));
  if (!opened) return opened.error();
  ErrnoOr<Descriptor> descriptor = make_descriptor(std::move(*opened), request, **directory);
  if (!descriptor) return descriptor.error();
  const ErrnoOr<Fd> number = call.state.fds.add(std::move(*descriptor));
  if (!number) return number.error();
  return call.memory.store(result, *number) ? Errno::Success : Errno::Fault;
}

ErrnoOr<Filestat> filestat_at(const Call& call, Fd fd, Flags lookup, Address path, Size length) {
  if ((lookup & ~kSymlinkFollow) != 0) return refuse(Errno::Inval);
  const ErrnoOr<const Descriptor*> directory = directory_of(call, fd, right::kPathFilestatGet);
  if (!directory) return refuse(directory.error());
  if (!(*directory)->tree.read) return refuse(Errno::Perm);
  const ErrnoOr<UniqueFd> opened = open_path_only(call, **directory, lookup, path, length);
  if (!opened) return refuse(opened.error());
  return filestat_of(opened->get());
}

Outcome path_filestat_get(Call& call, Fd fd, Flags lookup, Address path, Size length,
                          Address result) {
  const ErrnoOr<Filestat> filestat = filestat_at(call, fd, lookup, path, length);
  if (!filestat) return filestat.error();
  return call.memory.store(result, *filestat) ? Errno::Success : Errno::Fault;
}

// Needs Linux 5.8, for the empty path.
Outcome path_filestat_set_times(Call& call, Fd fd, Flags lookup, Address path, Size length,
                                Timestamp atim, Timestamp mtim, Flags flags) {
  if ((lookup & ~kSymlinkFollow) != 0) return Errno::Inval;
  const ErrnoOr<HostTimes> times = to_host_times(call, atim, mtim, flags);
  if (!times) return times.error();
  const ErrnoOr<const Descriptor*> directory = directory_of(call, fd, right::kPathFilestatSetTimes);
  if (!directory) return directory.error();
  if (!(*directory)->tree.write) return Errno::Perm;
  const ErrnoOr<UniqueFd> opened = open_path_only(call, **directory, lookup, path, length);
  if (!opened) return opened.error();
  return result_of([&] { return ::utimensat(opened->get(), "", times->data(), AT_EMPTY_PATH); });
}

Outcome path_create_directory(Call& call, Fd fd, Address path, Size length) {
  const auto place = changeable_place(call, fd, right::kPathCreateDirectory, path, length);
  if (!place) return place.error();
  constexpr mode_t kMode = 0777;  // less the umask
  return result_of([&] { return ::mkdirat(place->parent.fd(), place->parent.name(), kMode); });
}

Outcome path_remove_directory(Call& call, Fd fd, Address path, Size length) {
  const auto place = changeable_place(call, fd, right::kPathRemoveDirectory, path, length);
  if (!place) return place.error();
  return result_of(
      [&] { return ::unlinkat(place->parent.fd(), place->parent.name(), AT_REMOVEDIR); });
}

Outcome path_unlink_file(Call& call, Fd fd, Address path, Size length) {
  const auto place = changeable_place(call, fd, right::kPathUnlinkFile, path, length);
  if (!place) return place.error();
  if (place->parent.must_be_directory()) {
    const ErrnoOr<mode_t> type = type_at(place->parent);
    if (!type) return type.error();
    return *type == S_IFDIR ? Errno::IsDir : Errno::NotDir;
  }
  return result_of([&] { return ::unlinkat(place->parent.fd(), place->parent.name(), 0); });
}

Outcome path_rename(Call& call, Fd old_fd, Address old_path, Size old_length, Fd new_fd,
                    Address new_path, Size new_length) {
  const auto from = changeable_place(call, old_fd, right::kPathRenameSource, old_path, old_length);
  if (!from) return from.error();
  const auto to = changeable_place(call, new_fd, right::kPathRenameTarget, new_path, new_length);
  if (!to) return to.error();
  if (widens(from->directory->tree, to->directory->tree)) return Errno::Perm;
  if (from->parent.must_be_directory() || to->parent.must_be_directory()) {
    const ErrnoOr<mode_t> type = type_at(from->parent);
    if (!type) return type.error();
    if (*type != S_IFDIR) return Errno::NotDir;
  }
  return result_of([&] {
    return ::renameat(from->parent.fd(), from->parent.name(), to->parent.fd(), to->parent.name());
  });
}

// A link's link, never that to its target: with kSymlinkFollow the name would be resolved by the
// kernel, without the sandbox.
Outcome path_link(Call& call, Fd old_fd, Flags lookup, Address old_path, Size old_length, Fd new_fd,
                  Address new_path, Size new_length) {
  if (lookup != 0) return Errno::Inval;
  const auto from = changeable_place(call, old_fd, right::kPathLinkSource, old_path, old_length);
  if (!from) return from.error();
  const auto to = changeable_place(call, new_fd, right::kPathLinkTarget, new_path, new_length);
  if (!to) return to.error();
  if (widens(from->directory->tree, to->directory->tree)) return Errno::Perm;
  if (from->parent.must_be_directory()) {
    const ErrnoOr<mode_t> type = type_at(from->parent);
    if (!type) return type.error();
    return *type == S_IFDIR ? Errno::Perm : Errno::NotDir;
  }
  if (to->parent.must_be_directory()) return refuse_slash(to->parent);
  return result_of([&] {
    return ::linkat(from->parent.fd(), from->parent.name(), to->parent.fd(), to->parent.name(), 0);
  });
}

// The text may name anything but an absolute path: where it leads is decided at each use. Other
// programs of the host's, which know no sandbox, are why an absolute one isn't even written.
Outcome path_symlink(Call& call, Address old_path, Size old_length, Fd fd, Address new_path,
                     Size new_length) {
  GuestPath text;
  if (const Errno error = text.load(call.memory, old_path, old_length); error != Errno::Success) {
    return error;
  }
  const auto place = changeable_place(call, fd, right::kPathSymlink, new_path, new_length);
  if (!place) return place.error();
  if (text.view().front() == '/') return Errno::Perm;
  if (place->parent.must_be_directory()) return refuse_slash(place->parent);
  return result_of(
      [&] { return ::symlinkat(text.c_str(), place->parent.fd(), place->parent.name()); });
}

Outcome path_readlink(Call& call, Fd fd, Address path, Size length, Address buffer,
                      Size buffer_length, Address used) {
  const ErrnoOr<const Descriptor*> directory = directory_of(call, fd, right::kPathReadlink);
  if (!directory) return directory.error();
  if (!(*directory)->tree.read) return Errno::Perm;
  if (!call.memory.contains(buffer, buffer_length)) return Errno::Fault;
  if (!call.memory.contains(used, sizeof(Size))) return Errno::Fault;
  const ErrnoOr<ResolvedParent> parent = resolve_parent(call, **directory, path, length);
  if (!parent) return parent.error();
  if (parent->must_be_directory()) {
    const ErrnoOr<mode_t> type = type_at(*parent);
    if (!type) return type.error();
    return *type == S_IFDIR ? Errno::Inval : Errno::NotDir;
  }
  std::array<std::uint8_t, PathResolver::kMaxPath> text;
  const ssize_t size = uninterrupted([&] {
    return ::readlinkat(parent->fd(), parent->name(), reinterpret_cast<char*>(text.data()),
                        text.size());
  });
  if (size < 0) return last_host_errno();
  // It leads nowhere for the guest, and is about the host's directories.
  if (size > 0 && text[0] == '/') return Errno::Perm;
  const Size copied = std::min(static_cast<Size>(size), buffer_length);
  if (!call.memory.write(buffer, Bytes(text.data(), copied))) return Errno::Fault;
  return call.memory.store(used, copied) ? Errno::Success : Errno::Fault;
}

}  // namespace weft::wasi
