// Memory: a linear memory of a store. Every access is checked.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>

#include "weft/bytes.hpp"
#include "weft/error.hpp"
#include "weft/export.hpp"
#include "weft/store_ref.hpp"
#include "weft/types.hpp"

namespace weft {

/// A handle to a memory. All methods answer Errc::wrong_store for another store's memory and
/// Errc::usage for a default-made handle; accesses beyond the end are Errc::out_of_bounds and
/// change nothing. Addresses and lengths are bytes.
class WEFT_API Memory {
 public:
  Memory() = default;

  /// Makes a memory of zeros. Errc::limit, Errc::type_mismatch for an impossible type.
  [[nodiscard]] static Result<Memory> create(StoreRef store, const MemoryType& type);

  /// limits.min is the present size in pages.
  [[nodiscard]] Result<MemoryType> type(StoreRef store) const;
  /// The present size in bytes.
  [[nodiscard]] Result<std::uint64_t> byte_size(StoreRef store) const;
  /// The present size in pages of the memory's page size (64 KiB as a rule).
  [[nodiscard]] Result<std::uint64_t> size(StoreRef store) const;
  /// Adds pages of zeros; gives the size before, in pages. Errc::limit if refused.
  [[nodiscard]] Result<std::uint64_t> grow(StoreRef store, std::uint64_t pages) const;

  /// Copies out of the memory.
  [[nodiscard]] Result<void> read(StoreRef store, std::uint64_t address, MutableBytes to) const;
  /// Copies into the memory.
  [[nodiscard]] Result<void> write(StoreRef store, std::uint64_t address, Bytes from) const;
  [[nodiscard]] Result<void> fill(StoreRef store, std::uint64_t address, std::uint8_t value,
                                  std::uint64_t length) const;
  /// Copies within the memory; the ranges may overlap.
  [[nodiscard]] Result<void> copy(StoreRef store, std::uint64_t to, std::uint64_t from,
                                  std::uint64_t length) const;

  /// A little-endian number, or any trivially copyable type without padding of meaning, at any
  /// alignment.
  template <class T>
    requires std::is_trivially_copyable_v<T>
  [[nodiscard]] Result<T> load(StoreRef store, std::uint64_t address) const {
    std::uint8_t bytes[sizeof(T)];
    if (Result<void> done = read(store, address, MutableBytes(bytes, sizeof bytes)); !done) {
      return std::unexpected<Error>(std::move(done).error());
    }
    return std::bit_cast<T>(bytes);
  }
  template <class T>
    requires std::is_trivially_copyable_v<T>
  [[nodiscard]] Result<void> store(StoreRef store, std::uint64_t address,
                                   const std::type_identity_t<T>& value) const {
    std::uint8_t bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof bytes);
    return write(store, address, Bytes(bytes, sizeof bytes));
  }

  /// The bytes up to a NUL, without it. Errc::out_of_bounds if there is none before the end,
  /// Errc::limit if there is none within max_length bytes.
  [[nodiscard]] Result<std::string> c_string(StoreRef store, std::uint64_t address,
                                             std::uint64_t max_length = std::uint64_t{1}
                                                                        << 20) const;
  /// A copy of a range as text or bytes.
  [[nodiscard]] Result<std::string> string(StoreRef store, std::uint64_t address,
                                           std::uint64_t length) const;

  /// The whole memory in place: good until it grows or the guest runs, whichever is first.
  /// Errc::unsupported on backends without backend::Capability::DirectMemory.
  [[nodiscard]] Result<std::span<std::uint8_t>> span(StoreRef store) const;
  /// Whether the bytes stay where they are when the memory grows: spans then remain good as long as
  /// the store, of the size that they have.
  [[nodiscard]] Result<bool> is_pinned(StoreRef store) const;
  /// As span, for a range of it; Errc::out_of_bounds.
  [[nodiscard]] Result<std::span<std::uint8_t>> span(StoreRef store, std::uint64_t address,
                                                     std::uint64_t length) const;

  friend bool operator==(const Memory&, const Memory&) = default;

 private:
  friend detail::Access;
  explicit Memory(detail::Handle handle) : handle_(handle) {}

  detail::Handle handle_{};
};

static_assert(std::endian::native == std::endian::little, "guest memory is little-endian");

}  // namespace weft
