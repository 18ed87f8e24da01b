#include "wasi/descriptor.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

namespace weft::wasi {

int Descriptor::host_fd() const noexcept {
  if (const auto* owned = std::get_if<UniqueFd>(&source)) return owned->get();
  if (const auto* lent = std::get_if<std::shared_ptr<HostFile>>(&source)) return (*lent)->fd();
  return -1;
}

ErrnoOr<Fd> FdTable::add(Descriptor descriptor) {
  if (full()) return refuse(Errno::Mfile);
  while (first_free_ < entries_.size() && entries_[first_free_] != nullptr) ++first_free_;
  auto entry = std::make_shared<Descriptor>(std::move(descriptor));
  if (first_free_ == entries_.size()) {
    entries_.push_back(std::move(entry));
  } else {
    entries_[first_free_] = std::move(entry);
  }
  ++open_;
  return first_free_++;
}

std::shared_ptr<Descriptor> FdTable::remove(Fd fd) noexcept {
  if (find(fd) == nullptr) return nullptr;
  first_free_ = std::min(first_free_, fd);
  --open_;
  return std::exchange(entries_[fd], nullptr);
}

ErrnoOr<std::shared_ptr<Descriptor>> FdTable::renumber(Fd from, Fd to) noexcept {
  if (find(from) == nullptr || find(to) == nullptr) return refuse(Errno::Badf);
  if (from == to) return nullptr;
  return std::exchange(entries_[to], remove(from));
}

FileType file_type_of(unsigned mode) noexcept {
  switch (mode & S_IFMT) {
    case S_IFBLK:
      return FileType::BlockDevice;
    case S_IFCHR:
      return FileType::CharacterDevice;
    case S_IFDIR:
      return FileType::Directory;
    case S_IFREG:
      return FileType::RegularFile;
    case S_IFSOCK:
      return FileType::SocketStream;
    case S_IFLNK:
      return FileType::SymbolicLink;
    default:
      return FileType::Unknown;  // pipes have no name in preview1
  }
}

bool can_wait_for(int host_fd) noexcept {
  const UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{};
  const int status = ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, host_fd, &event);
  return status == 0 || errno != EPERM;
}

namespace {

constexpr RightSet kStreamAlways =
    kFileAlways & ~(right::kFdSeek | right::kFdTell | right::kFdFilestatSetTimes);

int socket_option(int socket, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(socket, SOL_SOCKET, option, &value, &size) == 0 ? value : 0;
}

FileType socket_type(int socket) {
  return socket_option(socket, SO_TYPE) == SOCK_STREAM ? FileType::SocketStream
                                                       : FileType::SocketDgram;
}

Result<void> add(FdTable& table, Descriptor descriptor) {
  if (table.add(std::move(descriptor))) return {};
  return fail(Errc::limit, "max_open_files leaves no room for the streams and directories");
}

Descriptor lend(std::shared_ptr<HostFile> file, RightSet transfer) {
  Descriptor descriptor;
  struct stat status{};
  if (::fstat(file->fd(), &status) == 0) descriptor.type = file_type_of(status.st_mode);
  if (descriptor.is_socket()) descriptor.type = socket_type(file->fd());
  // Pipes and sockets do; of others the system is asked.
  descriptor.waits = S_ISFIFO(status.st_mode) || descriptor.is_socket() ||
                     (descriptor.is_stream() && can_wait_for(file->fd()));
  descriptor.base = kStreamAlways | transfer;
  // Guests take a character device that can't seek for a terminal.
  if (::lseek(file->fd(), 0, SEEK_CUR) >= 0) descriptor.base |= right::kFdSeek | right::kFdTell;
  if ((transfer & right::kFdWrite) != 0 && descriptor.type == FileType::RegularFile) {
    descriptor.base |= kFileWriting | right::kFdFilestatSetTimes;
  }
  // The host's process may have fewer descriptors than it hands on: the guest's is there, and dead.
  const int flags = ::fcntl(file->fd(), F_GETFL);
  if (flags >= 0 && (flags & O_APPEND) != 0) descriptor.flags |= fdflag::kAppend;
  descriptor.source = std::move(file);
  return descriptor;
}

struct MakeStream {
  RightSet transfer;

  Descriptor operator()(const std::shared_ptr<HostFile>& file) const {
    return lend(file, transfer);
  }
  Descriptor operator()(const InputBytes& input) const {
    return stream(BytesReader{input.bytes, 0});
  }
  Descriptor operator()(const auto& other) const { return stream(other); }

 private:
  [[nodiscard]] Descriptor stream(Source source) const {
    Descriptor descriptor;
    descriptor.source = std::move(source);
    descriptor.base = kStreamAlways | transfer;
    return descriptor;
  }
};

// Opened anew, so that stores made from one Config don't share a position in the directory.
Result<Descriptor> open_preopen(const Preopen& preopen) {
  UniqueFd fd(::openat(preopen.directory->fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail(Error::from_errno(errno, "preopened directory " + preopen.guest_path));
  Descriptor descriptor;
  descriptor.source = std::move(fd);
  descriptor.type = FileType::Directory;
  descriptor.base = kDirectoryAll;
  descriptor.inheriting = kDirectoryAll | kFileAll;
  descriptor.tree = preopen.rights;
  descriptor.preopen = preopen.guest_path;
  return descriptor;
}

Descriptor make_socket(std::shared_ptr<HostFile> file) {
  const bool listens = socket_option(file->fd(), SO_ACCEPTCONN) != 0;
  Descriptor descriptor;
  descriptor.type = socket_type(file->fd());
  descriptor.base = listens ? kListenerAll : kConnectionAll;
  descriptor.inheriting = listens ? kConnectionAll : 0;
  descriptor.source = std::move(file);
  return descriptor;
}

}  // namespace

Result<void> add_initial_descriptors(FdTable& table, const Config& config) {
  constexpr MakeStream kInput{right::kFdRead};
  constexpr MakeStream kOutput{right::kFdWrite};
  if (auto done = add(table, std::visit(kInput, config.stdin_stream())); !done) return done;
  if (auto done = add(table, std::visit(kOutput, config.stdout_stream())); !done) return done;
  if (auto done = add(table, std::visit(kOutput, config.stderr_stream())); !done) return done;
  for (const Preopen& preopen : config.preopens()) {
    Result<Descriptor> descriptor = open_preopen(preopen);
    if (!descriptor) return fail(std::move(descriptor).error());
    if (auto done = add(table, std::move(*descriptor)); !done) return done;
  }
  for (const std::shared_ptr<HostFile>& socket : config.sockets()) {
    if (auto done = add(table, make_socket(socket)); !done) return done;
  }
  return {};
}

}  // namespace weft::wasi
