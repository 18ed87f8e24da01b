// fd_readdir. Nothing is kept between calls: a cookie is the position that the kernel gave for the
// entry, so that a directory of any size costs one buffer, and any cookie may be used again.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <string_view>

#include "wasi/filestat.h"
#include "wasi/handlers.h"
#include "wasi/system_call.h"
#include "wasi/wait.h"

namespace weft::wasi {

namespace {

// The kernel's entry, which glibc gives no name: two words, a length, a type, and the name.
struct KernelEntry {
  std::uint64_t ino;
  std::int64_t next;
  std::uint16_t length;
  std::uint8_t type;
};
constexpr std::size_t kNameOffset = offsetof(KernelEntry, type) + 1;
static_assert(kNameOffset == 19);

FileType from_dirent_type(std::uint8_t type) {
  return file_type_of(static_cast<unsigned>(type) << 12);
}

// Fills the guest's buffer up to its last byte.
class DirentBuffer {
 public:
  DirentBuffer(const GuestMemory& memory, Address buffer, Size size)
      : memory_(memory), at_(buffer), left_(size) {}

  /// False once the buffer is full, after which the guest knows that there is more.
  [[nodiscard]] bool put(Bytes bytes) {
    const std::size_t size = std::min<std::size_t>(bytes.size(), left_);
    if (!memory_.write(at_, Bytes(bytes.data(), size))) return false;
    at_ += size;
    left_ -= static_cast<Size>(size);
    return left_ != 0;
  }
  [[nodiscard]] Size left() const { return left_; }

 private:
  const GuestMemory& memory_;
  std::uint64_t at_;
  Size left_;
};

// The number and type that stat gives: some file systems have others in their directories.
Dirent describe(int directory, const KernelEntry& kernel, const char* c_name,
                const struct stat& self) {
  const std::string_view name(c_name);
  Dirent entry;
  entry.next = static_cast<Cookie>(kernel.next);
  entry.namlen = static_cast<std::uint32_t>(name.size());
  struct stat status{};
  if (name == "." || name == "..") {
    // What is above a preopened directory is none of the guest's business, its number neither.
    entry.ino = self.st_ino;
    entry.type = FileType::Directory;
  } else if (result_of([&] {
               return ::fstatat(directory, c_name, &status, AT_SYMLINK_NOFOLLOW);
             }) == Errno::Success) {
    entry.ino = status.st_ino;
    entry.type = file_type_of(status.st_mode);
  } else {  // removed meanwhile
    entry.ino = kernel.ino;
    entry.type = from_dirent_type(kernel.type);
  }
  return entry;
}

}  // namespace

Outcome fd_readdir(Call& call, Fd fd, Address buffer, Size length, Cookie cookie, Address used) {
  const Descriptor* descriptor = call.find(fd);
  if (descriptor == nullptr) return Errno::Badf;
  if (!descriptor->is_directory()) return Errno::NotDir;
  if ((descriptor->base & right::kFdReaddir) == 0) return Errno::NotCapable;
  if (!descriptor->tree.read) return Errno::Perm;
  if (!call.memory.contains(used, sizeof(Size))) return Errno::Fault;
  if (!call.memory.contains(buffer, length)) return Errno::Fault;
  if (cookie > static_cast<Cookie>(std::numeric_limits<std::int64_t>::max())) return Errno::Inval;

  const int host_fd = descriptor->host_fd();
  struct stat self{};
  const Errno error = result_of([&] { return ::fstat(host_fd, &self); });
  if (error != Errno::Success) return error;
  const auto position = static_cast<off_t>(cookie);
  if (uninterrupted([&] { return ::lseek(host_fd, position, SEEK_SET); }) < 0)
    return last_host_errno();
  DirentBuffer output(call.memory, buffer, length);
  alignas(KernelEntry) std::array<char, 32768> entries;
  // A guest's entry is about as long as the kernel's: more than fits need not be read.
  const std::size_t chunk = std::clamp<std::size_t>(length, 1024, entries.size());
  while (output.left() != 0) {
    if (auto ok = check_interrupt(call); !ok) return fail(std::move(ok).error());
    const long got =
        uninterrupted([&] { return ::syscall(SYS_getdents64, host_fd, entries.data(), chunk); });
    if (got < 0) return last_host_errno();
    if (got == 0) break;
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      KernelEntry kernel;
      std::memcpy(&kernel, entries.data() + at, kNameOffset);
      const char* name = entries.data() + at + kNameOffset;
      at += kernel.length;
      const Dirent entry = describe(host_fd, kernel, name, self);
      if (!output.put({reinterpret_cast<const std::uint8_t*>(&entry), sizeof entry})) break;
      if (!output.put(std::string_view(name))) break;
    }
  }
  return call.memory.store(used, length - output.left()) ? Errno::Success : Errno::Fault;
}

}  // namespace weft::wasi
