#include "wasi/path_resolver.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "wasi/system_call.h"

namespace weft::wasi {

namespace {

// O_PATH takes few other flags: openat2 refuses them, openat ignores them.
int complete_flags(int flags) {
  return (flags & O_PATH) != 0 ? flags | O_CLOEXEC : flags | O_CLOEXEC | O_NOCTTY;
}

// glibc has no wrapper.
int openat2(int base, const char* path, int flags, mode_t mode, std::uint64_t resolve) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(static_cast<unsigned>(flags));
  how.mode = (flags & O_CREAT) != 0 ? mode : 0;
  how.resolve = resolve;
  return static_cast<int>(::syscall(SYS_openat2, base, path, &how, sizeof how));
}

int openat_retrying(int base, const char* path, int flags, mode_t mode) {
  return uninterrupted([&] { return ::openat(base, path, complete_flags(flags), mode); });
}

struct Stripped {
  std::string_view path;
  bool slashes;
};

Stripped strip_slashes(std::string_view path) {
  const std::size_t end = path.find_last_not_of('/');
  const std::size_t size = end == std::string_view::npos ? 0 : end + 1;
  return {path.substr(0, size), size != path.size()};
}

bool is_dots(std::string_view name) { return name == "." || name == ".."; }

// Refuses what no strategy needs to look at.
Errno check_path(std::string_view path) {
  if (path.empty()) return Errno::NoEnt;
  if (path.size() >= PathResolver::kMaxPath) return Errno::NameTooLong;
  if (path.find('\0') != std::string_view::npos) return Errno::Inval;
  if (path.front() == '/') return Errno::Perm;
  return Errno::Success;
}

using PathBuffer = std::array<char, PathResolver::kMaxPath>;

const char* terminate(std::string_view path, PathBuffer& buffer) {
  std::memcpy(buffer.data(), path.data(), path.size());
  buffer[path.size()] = '\0';
  return buffer.data();
}

// One resolution by the walk. Every directory on the way stays open, so that ".." means the one
// that was really passed, whatever others rename meanwhile.
class Walk {
 public:
  Walk(int base, std::string_view path, int flags, mode_t mode, Follow follow)
      : base_(base),
        rest_(path),
        flags_(flags | O_NOFOLLOW),
        mode_(mode),
        // O_EXCL takes a final link for something that exists, whatever it leads to.
        follow_(follow == Follow::Yes && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL)) {}

  ErrnoOr<UniqueFd> run() {
    while (true) {
      const std::string name = take_component();
      const bool last = at_ == rest_.size();
      if (name == "..") {
        if (stack_.empty()) return refuse(Errno::Perm);
        stack_.pop_back();
      }
      if (is_dots(name)) {
        if (last) return finish(".");
        continue;
      }
      if (!last || follow_) {
        const ErrnoOr<bool> link = expand_link(name, last);
        if (!link) return refuse(link.error());
        if (*link) continue;
      }
      if (last) return finish(name.c_str());
      if (const Errno error = enter(name.c_str()); error != Errno::Success) return refuse(error);
    }
  }

 private:
  [[nodiscard]] int here() const { return stack_.empty() ? base_ : stack_.back().get(); }

  // Leaves at_ at the next component. rest_ never begins with a slash, and isn't used up.
  std::string take_component() {
    const std::size_t end = std::min(rest_.find('/', at_), rest_.size());
    std::string name = rest_.substr(at_, end - at_);
    at_ = std::min(rest_.find_first_not_of('/', end), rest_.size());
    // Slashes at the end of a link's text count as those of the path.
    if (at_ == rest_.size() && end != rest_.size()) flags_ |= O_DIRECTORY;
    return name;
  }

  // Puts a link's text in the place of its name. False if the name is no link, or isn't there.
  ErrnoOr<bool> expand_link(const std::string& name, bool last) {
    PathBuffer text;
    const ssize_t length =
        uninterrupted([&] { return ::readlinkat(here(), name.c_str(), text.data(), text.size()); });
    if (length < 0) {
      if (errno == EINVAL || (errno == ENOENT && last)) return false;
      return refuse(last_host_errno());
    }
    if (++links_ > PathResolver::kMaxLinks) return refuse(Errno::Loop);
    if (static_cast<std::size_t>(length) == text.size()) return refuse(Errno::NameTooLong);
    if (length == 0) return refuse(Errno::NoEnt);
    if (text[0] == '/') return refuse(Errno::Perm);
    std::string rest(text.data(), static_cast<std::size_t>(length));
    if (!last) rest.append("/").append(rest_, at_);
    rest_ = std::move(rest);
    at_ = 0;
    return true;
  }

  Errno enter(const char* name) {
    if (stack_.size() == PathResolver::kMaxDepth) return Errno::NameTooLong;
    const int fd = openat_retrying(here(), name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
    if (fd < 0) return last_host_errno();
    stack_.emplace_back(fd);
    return Errno::Success;
  }

  ErrnoOr<UniqueFd> finish(const char* name) {
    if ((flags_ & O_DIRECTORY) != 0 && (flags_ & O_CREAT) != 0) return refuse(Errno::IsDir);
    const int fd = openat_retrying(here(), name, flags_, mode_);
    if (fd < 0) return refuse(last_host_errno());
    return UniqueFd(fd);
  }

  int base_;
  std::string rest_;
  std::size_t at_ = 0;
  int flags_;
  mode_t mode_;
  bool follow_;
  int links_ = 0;
  std::vector<UniqueFd> stack_;
};

}  // namespace

PathResolver::PathResolver(Strategy strategy) noexcept : strategy_(strategy) {
  if (strategy == Strategy::Auto) {
    strategy_ = kernel_supported() ? Strategy::Kernel : Strategy::Walk;
  }
}

bool PathResolver::kernel_supported() noexcept {
  // Old kernels answer ENOSYS, filters that don't know the call EPERM.
  static const bool supported = [] {
    const UniqueFd root(
        openat2(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0, RESOLVE_NO_MAGICLINKS));
    // Anything else, such as too many open files, says nothing about the next time.
    return root || (errno != ENOSYS && errno != EPERM);
  }();
  return supported;
}

ErrnoOr<UniqueFd> PathResolver::open_by_kernel(int base, std::string_view path, int flags,
                                               mode_t mode, Follow follow) {
  if (follow == Follow::No) flags |= O_NOFOLLOW;
  PathBuffer buffer;
  terminate(path, buffer);
  // EAGAIN: somebody renamed something while ".." was resolved. Patience has an end, since the
  // guest itself may be the renamer in another thread.
  constexpr int kAttempts = 64;
  for (int attempt = 0;; ++attempt) {
    const int fd = openat2(base, buffer.data(), complete_flags(flags), mode,
                           RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
    if (fd >= 0) return UniqueFd(fd);
    if (errno == EINTR) continue;
    if (errno == EAGAIN && attempt < kAttempts) continue;
    if (errno == EXDEV) return refuse(Errno::Perm);
    return refuse(last_host_errno());
  }
}

ErrnoOr<UniqueFd> PathResolver::open_by_walk(int base, std::string_view path, int flags,
                                             mode_t mode, Follow follow) {
  return Walk(base, path, flags, mode, follow).run();
}

ErrnoOr<UniqueFd> PathResolver::open(int base, std::string_view path, int flags, mode_t mode,
                                     Follow follow) const {
  if (const Errno error = check_path(path); error != Errno::Success) return refuse(error);
  const Stripped stripped = strip_slashes(path);
  if (stripped.slashes) flags |= O_DIRECTORY;
  // No file can be made under a name for a directory; what kernels do with both flags differs.
  if ((flags & O_DIRECTORY) != 0 && (flags & O_CREAT) != 0) return refuse(Errno::IsDir);
  return strategy_ == Strategy::Kernel ? open_by_kernel(base, stripped.path, flags, mode, follow)
                                       : open_by_walk(base, stripped.path, flags, mode, follow);
}

ErrnoOr<ResolvedParent> PathResolver::parent(int base, std::string_view path) const {
  if (const Errno error = check_path(path); error != Errno::Success) return refuse(error);
  const Stripped stripped = strip_slashes(path);
  const std::size_t slash = stripped.path.find_last_of('/');
  const bool single = slash == std::string_view::npos;
  std::string_view name = single ? stripped.path : stripped.path.substr(slash + 1);
  std::string_view directory = single ? std::string_view() : stripped.path.substr(0, slash);
  ResolvedParent result;
  result.base_ = base;
  result.must_be_directory_ = stripped.slashes || is_dots(name);
  if (is_dots(name)) {
    directory = stripped.path;
    name = ".";
  }
  if (name.size() > NAME_MAX) return refuse(Errno::NameTooLong);
  name.copy(result.name_.data(), name.size());
  if (directory.empty()) return result;
  ErrnoOr<UniqueFd> opened = open(base, directory, O_PATH | O_DIRECTORY, 0, Follow::Yes);
  if (!opened) return refuse(opened.error());
  result.owned_ = std::move(*opened);
  return result;
}

}  // namespace weft::wasi
