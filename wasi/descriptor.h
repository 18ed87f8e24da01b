// What a guest's descriptor stands for, and the table of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>
#include <weft/wasi.hpp>

#include "wasi/abi.h"
#include "wasi/host_errno.h"
#include "wasi/unique_fd.h"

namespace weft::wasi {

/// Bytes handed to the guest as its input, and how far it has read.
struct BytesReader {
  std::string bytes{};
  std::size_t at = 0;
};

/// What is behind a descriptor: a file or directory opened for the guest, one that the host lent
/// it, or something that is no file at all.
using Source = std::variant<NoStream, UniqueFd, std::shared_ptr<HostFile>, BytesReader, Capture,
                            ReadCallback, WriteCallback>;

struct Descriptor {
  Source source{};
  FileType type = FileType::Unknown;
  /// Whether transfers may have to wait for somebody, as those of pipes and terminals do.
  bool waits = false;
  Flags flags = 0;
  RightSet base = 0;
  RightSet inheriting = 0;
  /// What the host allows in the tree that this was opened in. Independent of the guest's rights,
  /// which the guest itself can only narrow.
  Rights tree{};
  /// The guest's name for it, if it is preopened.
  std::optional<std::string> preopen{};

  /// The host's descriptor, or -1.
  [[nodiscard]] int host_fd() const noexcept;
  /// Whether the host uses the open file too: its flags are not the guest's to change. All other
  /// descriptors of the host's have O_NONBLOCK, whatever the guest's flags say: the shim waits, and
  /// hears interrupts.
  [[nodiscard]] bool lent() const noexcept {
    return std::holds_alternative<std::shared_ptr<HostFile>>(source);
  }
  [[nodiscard]] bool nonblocking() const noexcept { return (flags & fdflag::kNonblock) != 0; }
  [[nodiscard]] bool is_directory() const noexcept { return type == FileType::Directory; }
  [[nodiscard]] bool is_socket() const noexcept {
    return type == FileType::SocketStream || type == FileType::SocketDgram;
  }
  [[nodiscard]] bool is_stream() const noexcept {
    return type != FileType::Directory && type != FileType::RegularFile;
  }
};

/// Descriptors by number. Numbers are dense: a new descriptor gets the lowest free one, and the
/// table is never larger than its limit, whatever number a guest names.
class FdTable {
 public:
  explicit FdTable(std::uint32_t limit) : limit_(limit) {}

  /// Null if there is none of that number.
  [[nodiscard]] Descriptor* find(Fd fd) const noexcept {
    return fd < entries_.size() ? entries_[fd].get() : nullptr;
  }
  /// As find; keeps the descriptor alive even if it is closed meanwhile, as a callback may do.
  [[nodiscard]] std::shared_ptr<Descriptor> share(Fd fd) const noexcept {
    return fd < entries_.size() ? entries_[fd] : nullptr;
  }
  /// Errno::Mfile if the table is full.
  [[nodiscard]] ErrnoOr<Fd> add(Descriptor descriptor);
  /// Whether add would find room.
  [[nodiscard]] bool full() const noexcept { return open_ >= limit_; }
  /// Takes the descriptor out and gives it; null if there is none.
  [[nodiscard]] std::shared_ptr<Descriptor> remove(Fd fd) noexcept;
  /// Moves a descriptor to the number of another, which is given back. Errno::Badf unless both are
  /// open; nothing happens if both are the same.
  [[nodiscard]] ErrnoOr<std::shared_ptr<Descriptor>> renumber(Fd from, Fd to) noexcept;

  /// How many are open.
  [[nodiscard]] std::uint32_t size() const noexcept { return open_; }

 private:
  std::vector<std::shared_ptr<Descriptor>> entries_;
  std::uint32_t limit_;
  std::uint32_t open_ = 0;
  /// All numbers below are in use.
  Fd first_free_ = 0;
};

/// What a host's file is to the guest.
[[nodiscard]] FileType file_type_of(unsigned mode) noexcept;

/// Whether a host's descriptor can be waited for. What can't, such as files and /dev/null, never
/// makes a caller wait for somebody else.
[[nodiscard]] bool can_wait_for(int host_fd) noexcept;

/// The descriptors that a guest starts with. Errc::io, Errc::limit.
[[nodiscard]] Result<void> add_initial_descriptors(FdTable& table, const Config& config);

// Rights, by what the descriptor is.

/// What a regular file or stream may always do, as far as the rights to open things in its
/// directory go. Guests ask for the right to read and forget that to seek.
inline constexpr RightSet kFileAlways = right::kFdDatasync | right::kFdFdstatSetFlags |
                                        right::kFdSync | right::kFdSeek | right::kFdTell |
                                        right::kFdAdvise | right::kFdFilestatGet |
                                        right::kPollFdReadwrite | right::kFdFilestatSetTimes;
/// What needs the file to be open for writing.
inline constexpr RightSet kFileWriting =
    right::kFdWrite | right::kFdAllocate | right::kFdFilestatSetSize;
inline constexpr RightSet kFileAll = kFileAlways | kFileWriting | right::kFdRead;
inline constexpr RightSet kConnectionAll = right::kFdRead | right::kFdWrite |
                                           right::kFdFdstatSetFlags | right::kFdFilestatGet |
                                           right::kPollFdReadwrite | right::kSockShutdown;
/// To be polled for connections is to be polled for reading.
inline constexpr RightSet kListenerAll = right::kFdRead | right::kFdFdstatSetFlags |
                                         right::kFdFilestatGet | right::kPollFdReadwrite |
                                         right::kSockShutdown | right::kSockAccept;
inline constexpr RightSet kDirectoryAll =
    right::kFdDatasync | right::kFdSync | right::kFdReaddir | right::kFdFilestatGet |
    right::kFdFilestatSetTimes | right::kPathCreateDirectory | right::kPathCreateFile |
    right::kPathLinkSource | right::kPathLinkTarget | right::kPathOpen | right::kPathReadlink |
    right::kPathRenameSource | right::kPathRenameTarget | right::kPathFilestatGet |
    right::kPathFilestatSetSize | right::kPathFilestatSetTimes | right::kPathSymlink |
    right::kPathRemoveDirectory | right::kPathUnlinkFile;

}  // namespace weft::wasi
