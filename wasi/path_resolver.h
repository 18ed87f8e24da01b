// The sandbox's border: finds what a guest's path names below a directory, and nothing outside it.
//
// A path is relative; an absolute one, or one that leaves the directory at any point (by "..", or
// by a symbolic link, even if it comes back), is Errno::Perm. ".." counts from where symbolic links
// have led, so nothing is ever decided from the path's text alone. Symbolic links are followed
// below the directory only; one with an absolute text leads nowhere.
//
// Trailing slashes are taken off before the kernel sees the path, since they would make it follow
// a final symbolic link in spite of O_NOFOLLOW; what they ask for, a directory, is asked for by
// O_DIRECTORY.
#pragma once

#include <sys/types.h>

#include <array>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "wasi/host_errno.h"
#include "wasi/unique_fd.h"

namespace weft::wasi {

enum class Follow : bool { No, Yes };

/// A path whose last component is still to be used, by one of the *at() functions: a directory and
/// a name in it, which is neither empty nor "..", and has no slash. A path that ends in "." or ".."
/// gives the directory it means, and the name ".".
class ResolvedParent {
 public:
  /// Good as long as this object and the base directory.
  [[nodiscard]] int fd() const noexcept { return owned_ ? owned_.get() : base_; }
  [[nodiscard]] const char* name() const noexcept { return name_.data(); }
  /// Whether the path ended in a slash, or in "." or "..".
  [[nodiscard]] bool must_be_directory() const noexcept { return must_be_directory_; }

 private:
  friend class PathResolver;

  UniqueFd owned_;
  int base_ = -1;
  std::array<char, NAME_MAX + 1> name_{};
  bool must_be_directory_ = false;
};

class PathResolver {
 public:
  enum class Strategy : std::uint8_t {
    Auto,    ///< Kernel where it is there, otherwise Walk.
    Kernel,  ///< openat2 with RESOLVE_BENEATH: one system call, no races.
    Walk,    ///< Component by component, keeping every directory on the way open.
  };

  /// Paths are shorter than this, in bytes.
  static constexpr std::size_t kMaxPath = PATH_MAX;
  /// Symbolic links followed in one path.
  static constexpr int kMaxLinks = 40;
  /// How deep below its directory a path may be by Walk, which keeps so many descriptors open:
  /// deeper is Errno::NameTooLong.
  static constexpr std::size_t kMaxDepth = 256;

  explicit PathResolver(Strategy strategy = Strategy::Auto) noexcept;

  [[nodiscard]] static bool kernel_supported() noexcept;
  [[nodiscard]] Strategy strategy() const noexcept { return strategy_; }

  /// Opens what the path names, with open(2)'s flags and mode. Follow::No is Errno::Loop for a
  /// final symbolic link, unless `flags` has O_PATH: then the link itself is opened.
  [[nodiscard]] ErrnoOr<UniqueFd> open(int base, std::string_view path, int flags, mode_t mode,
                                       Follow follow) const;
  /// Resolves all but the last component.
  [[nodiscard]] ErrnoOr<ResolvedParent> parent(int base, std::string_view path) const;

 private:
  [[nodiscard]] static ErrnoOr<UniqueFd> open_by_kernel(int base, std::string_view path, int flags,
                                                        mode_t mode, Follow follow);
  [[nodiscard]] static ErrnoOr<UniqueFd> open_by_walk(int base, std::string_view path, int flags,
                                                      mode_t mode, Follow follow);

  Strategy strategy_;
};

}  // namespace weft::wasi
