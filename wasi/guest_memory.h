// Guest memory as the handlers use it. Nothing of the guest's is trusted: every address and length
// is checked in 64 bits, and a failed check changes nothing.
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <weft/bytes.hpp>
#include <weft/caller.hpp>
#include <weft/memory.hpp>

#include "wasi/abi.h"
#include "wasi/path_resolver.h"

namespace weft::wasi {

/// The calling instance's memory during one call of a handler. An instance without a memory has one
/// of size 0 here: every access fails. Where the backend gives no access in place, everything is
/// copied.
class GuestMemory {
 public:
  explicit GuestMemory(const Caller& caller) : caller_(&caller) { refresh(); }

  /// To be called after anything that may have grown the memory, such as a callback of the host's.
  void refresh() {
    if (Result<std::span<std::uint8_t>> whole = caller_->memory_span(); whole) [[likely]] {
      direct_ = true;
      base_ = whole->data();
      size_ = whole->size();
      return;
    }
    const Result<Memory> memory = caller_->memory();
    if (memory) memory_ = *memory;
    size_ = memory_.byte_size(*caller_).value_or(0);
  }

  [[nodiscard]] bool contains(std::uint64_t address, std::uint64_t length) const noexcept {
    return address <= size_ && length <= size_ - address;
  }
  /// Whether `at` may be used.
  [[nodiscard]] bool is_direct() const noexcept { return direct_; }
  /// In place; the range must have been checked by `contains`.
  [[nodiscard]] std::uint8_t* at(std::uint64_t address) const noexcept { return base_ + address; }

  [[nodiscard]] bool read(std::uint64_t address, MutableBytes to) const {
    if (!contains(address, to.size())) return false;
    if (to.empty()) return true;
    if (!direct_) return memory_.read(*caller_, address, to).has_value();
    std::memcpy(to.data(), base_ + address, to.size());
    return true;
  }
  [[nodiscard]] bool write(std::uint64_t address, Bytes from) const {
    if (!contains(address, from.size())) return false;
    if (from.empty()) return true;
    if (!direct_) return memory_.write(*caller_, address, from).has_value();
    std::memcpy(base_ + address, from.data(), from.size());
    return true;
  }

  /// At any alignment.
  template <class T>
    requires std::is_trivially_copyable_v<T>
  [[nodiscard]] bool load(std::uint64_t address, T& value) const {
    return read(address, {reinterpret_cast<std::uint8_t*>(&value), sizeof value});
  }
  template <GuestStruct T>
  [[nodiscard]] bool store(std::uint64_t address, const T& value) const {
    return write(address, {reinterpret_cast<const std::uint8_t*>(&value), sizeof value});
  }

 private:
  const Caller* caller_;
  Memory memory_{};
  bool direct_ = false;
  std::uint8_t* base_ = nullptr;
  std::uint64_t size_ = 0;
};

/// A guest's list of buffers, checked and copied once, so that nothing the guest does meanwhile can
/// change it. Lives on the stack, uninitialised beyond what is used.
class Iovecs {
 public:
  Iovecs() {}  // NOLINT(modernize-use-equals-default): the arrays stay as they are

  /// As POSIX's IOV_MAX: more are Errno::Inval, since a partial transfer of empty buffers would
  /// look like the end of the file.
  static constexpr Size kMax = 1024;
  /// What one call transfers at most, as on Linux. Buffers may overlap, so that a small memory
  /// could ask for terabytes.
  static constexpr std::uint64_t kMaxTransfer = 0x7fff'f000;

  [[nodiscard]] Errno load(const GuestMemory& memory, Address list, Size count) {
    const std::uint64_t size = std::uint64_t{count} * sizeof(GuestIovec);
    if (!memory.contains(list, size)) return Errno::Fault;
    if (count > kMax) return Errno::Inval;
    auto* bytes = reinterpret_cast<std::uint8_t*>(guest_.data());
    if (!memory.read(list, {bytes, static_cast<std::size_t>(size)})) return Errno::Fault;
    for (GuestIovec& guest : std::span(guest_.data(), count)) {
      if (!memory.contains(guest.buf, guest.buf_len)) return Errno::Fault;
      guest.buf_len =
          static_cast<Size>(std::min(std::uint64_t{guest.buf_len}, kMaxTransfer - total_));
      total_ += guest.buf_len;
    }
    count_ = count;
    return Errno::Success;
  }

  [[nodiscard]] std::span<const GuestIovec> buffers() const noexcept {
    return {guest_.data(), count_};
  }
  /// Bytes in all buffers together.
  [[nodiscard]] std::uint64_t total() const noexcept { return total_; }

  /// Takes the first bytes away: they have been transferred.
  void drop(std::size_t bytes) noexcept {
    total_ -= bytes;
    for (GuestIovec& buffer : std::span(guest_.data(), count_)) {
      const auto size = static_cast<Size>(std::min<std::size_t>(buffer.buf_len, bytes));
      buffer.buf += size;
      buffer.buf_len -= size;
      bytes -= size;
    }
  }

  /// The buffers in place up to so many bytes, for readv and writev. Only for a memory with direct
  /// access.
  [[nodiscard]] std::span<const iovec> in_place(const GuestMemory& memory,
                                                std::uint64_t limit = kMaxTransfer) {
    Size used = 0;
    for (; used < count_ && limit != 0; ++used) {
      const std::uint64_t size = std::min<std::uint64_t>(guest_[used].buf_len, limit);
      host_[used] = {memory.at(guest_[used].buf), static_cast<std::size_t>(size)};
      limit -= size;
    }
    return {host_.data(), used};
  }

  /// Copies the first bytes out of the buffers; gives how many there were.
  [[nodiscard]] std::size_t gather(const GuestMemory& memory, std::span<std::uint8_t> to) const {
    std::size_t done = 0;
    for (const GuestIovec& buffer : buffers()) {
      const std::size_t size = std::min<std::size_t>(buffer.buf_len, to.size() - done);
      if (!memory.read(buffer.buf, MutableBytes(to.data() + done, size))) break;
      done += size;
    }
    return done;
  }
  /// Copies bytes into the buffers, from the first on.
  void scatter(const GuestMemory& memory, std::span<const std::uint8_t> from) const {
    for (const GuestIovec& buffer : buffers()) {
      const std::size_t size = std::min<std::size_t>(buffer.buf_len, from.size());
      if (!memory.write(buffer.buf, Bytes(from.data(), size))) return;
      from = from.subspan(size);
    }
  }

 private:
  std::array<GuestIovec, kMax> guest_;
  std::array<iovec, kMax> host_;
  Size count_ = 0;
  std::uint64_t total_ = 0;
};

/// A path of the guest's, copied once.
class GuestPath {
 public:
  GuestPath() {}  // NOLINT(modernize-use-equals-default): the array stays as it is

  /// Errno::Fault, NameTooLong, Inval for a NUL inside, NoEnt for an empty one.
  [[nodiscard]] Errno load(const GuestMemory& memory, Address address, Size length) {
    if (!memory.contains(address, length)) return Errno::Fault;
    if (length == 0) return Errno::NoEnt;
    if (length >= sizeof text_) return Errno::NameTooLong;
    if (!memory.read(address, MutableBytes(reinterpret_cast<std::uint8_t*>(text_), length))) {
      return Errno::Fault;
    }
    text_[length] = '\0';
    length_ = length;
    return std::memchr(text_, 0, length) == nullptr ? Errno::Success : Errno::Inval;
  }

  [[nodiscard]] std::string_view view() const noexcept { return {text_, length_}; }
  [[nodiscard]] const char* c_str() const noexcept { return text_; }

 private:
  char text_[PathResolver::kMaxPath];
  Size length_ = 0;
};

}  // namespace weft::wasi
