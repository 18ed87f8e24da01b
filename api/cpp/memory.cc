#include "weft/memory.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "api/cpp/store_state.h"

namespace weft {

namespace {

// An opened memory. `base` is null without direct memory, and may be when the size is 0.
struct Opened {
  backend::Store* store;
  backend::Index index;
  std::uint8_t* base;
  std::uint64_t size;
  bool direct;
  bool pinned;
};

Result<Opened> open_memory(StoreRef store, detail::Handle handle) {
  Result<backend::Store*> impl = detail::open(store, handle);
  if (!impl) return detail::forward_error(impl);
  if (!store.state()->direct_memory) {
    return Opened{*impl, handle.index, nullptr, (*impl)->memory_size(handle.index), false, false};
  }
  const backend::MemoryView view = (*impl)->memory_view(handle.index);
  return Opened{*impl, handle.index, view.base, view.size, true, view.pinned};
}

Result<Opened> open_range(StoreRef store, detail::Handle handle, std::uint64_t address,
                          std::uint64_t length) {
  Result<Opened> memory = open_memory(store, handle);
  if (memory && (address > memory->size || length > memory->size - address)) {
    return fail(Errc::out_of_bounds, std::to_string(length) + " bytes at " +
                                         std::to_string(address) + " in a memory of " +
                                         std::to_string(memory->size));
  }
  return memory;
}

// The piece in which data goes to and from backends without direct memory.
constexpr std::size_t kPiece = 65536;

Result<void> fill_remote(const Opened& memory, std::uint64_t address, std::uint8_t value,
                         std::uint64_t length) {
  const std::vector<std::uint8_t> piece(
      static_cast<std::size_t>(std::min<std::uint64_t>(length, kPiece)), value);
  while (length > 0) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(length, piece.size()));
    if (auto done = memory.store->memory_write(memory.index, address, {piece.data(), size});
        !done) {
      return done;
    }
    address += size;
    length -= size;
  }
  return {};
}

Result<void> copy_remote(const Opened& memory, std::uint64_t to, std::uint64_t from,
                         std::uint64_t length) {
  std::vector<std::uint8_t> piece(
      static_cast<std::size_t>(std::min<std::uint64_t>(length, kPiece)));
  const bool backwards = to > from;  // so that overlapping bytes are read before they change
  for (std::uint64_t done_bytes = 0; done_bytes < length;) {
    const auto size =
        static_cast<std::size_t>(std::min<std::uint64_t>(length - done_bytes, piece.size()));
    const std::uint64_t offset = backwards ? length - done_bytes - size : done_bytes;
    auto done = memory.store->memory_read(memory.index, from + offset, {piece.data(), size});
    if (done) done = memory.store->memory_write(memory.index, to + offset, {piece.data(), size});
    if (!done) return done;
    done_bytes += size;
  }
  return {};
}

}  // namespace

Result<void> detail::check_memory_type(const MemoryType& type) {
  if (type.limits.max && *type.limits.max < type.limits.min) {
    return fail(Errc::type_mismatch, "a memory's maximum is below its minimum");
  }
  if (type.page_size_log2 != 0 && type.page_size_log2 != 16) {
    return fail(Errc::type_mismatch, "a memory's pages have 1 byte or 64 KiB");
  }
  // Spec 3.0, 3.2.10 "Memory Types": what an index type can address.
  const unsigned address_bits = type.index == IndexType::I32 ? 32 : 64;
  const unsigned page_bits = address_bits - type.page_size_log2;
  const std::uint64_t most = page_bits == 64 ? ~std::uint64_t{0} : std::uint64_t{1} << page_bits;
  if (type.limits.min > most || (type.limits.max && *type.limits.max > most)) {
    return fail(Errc::type_mismatch, "a memory's limits exceed what its addresses can reach");
  }
  if (type.shared && !type.limits.max) {
    return fail(Errc::type_mismatch, "a shared memory needs a maximum");
  }
  return {};
}

Result<Memory> Memory::create(StoreRef store, const MemoryType& type) {
  Result<backend::Store*> impl = detail::open(store);
  if (!impl) return detail::forward_error(impl);
  if (Result<void> possible = detail::check_memory_type(type); !possible) {
    return detail::forward_error(possible);
  }
  Result<backend::Index> index = (*impl)->memory_new(type);
  if (!index) return detail::forward_error(index);
  return Memory({store.id(), *index});
}

Result<MemoryType> Memory::type(StoreRef store) const {
  Result<backend::Store*> impl = detail::open(store, handle_);
  if (!impl) return detail::forward_error(impl);
  return (*impl)->memory_type(handle_.index);
}

Result<std::uint64_t> Memory::byte_size(StoreRef store) const {
  Result<Opened> memory = open_memory(store, handle_);
  if (!memory) return detail::forward_error(memory);
  return memory->size;
}

Result<std::uint64_t> Memory::size(StoreRef store) const {
  Result<MemoryType> type = this->type(store);
  if (!type) return detail::forward_error(type);
  return type->limits.min;
}

Result<std::uint64_t> Memory::grow(StoreRef store, std::uint64_t pages) const {
  Result<backend::Store*> impl = detail::open(store, handle_);
  if (!impl) return detail::forward_error(impl);
  return (*impl)->memory_grow(handle_.index, pages);
}

Result<void> Memory::read(StoreRef store, std::uint64_t address, MutableBytes to) const {
  Result<Opened> memory = open_range(store, handle_, address, to.size());
  if (!memory) return detail::forward_error(memory);
  if (to.empty()) return {};
  if (!memory->direct) return memory->store->memory_read(handle_.index, address, to);
  std::memcpy(to.data(), memory->base + address, to.size());
  return {};
}

Result<void> Memory::write(StoreRef store, std::uint64_t address, Bytes from) const {
  Result<Opened> memory = open_range(store, handle_, address, from.size());
  if (!memory) return detail::forward_error(memory);
  if (from.empty()) return {};
  if (!memory->direct) return memory->store->memory_write(handle_.index, address, from);
  // Not memcpy: the bytes may come from a span of this very memory.
  std::memmove(memory->base + address, from.data(), from.size());
  return {};
}

Result<void> Memory::fill(StoreRef store, std::uint64_t address, std::uint8_t value,
                          std::uint64_t length) const {
  Result<Opened> memory = open_range(store, handle_, address, length);
  if (!memory) return detail::forward_error(memory);
  if (length == 0) return {};
  if (!memory->direct) return fill_remote(*memory, address, value, length);
  std::memset(memory->base + address, value, static_cast<std::size_t>(length));
  return {};
}

Result<void> Memory::copy(StoreRef store, std::uint64_t to, std::uint64_t from,
                          std::uint64_t length) const {
  Result<Opened> memory = open_range(store, handle_, from, length);
  if (memory) memory = open_range(store, handle_, to, length);
  if (!memory) return detail::forward_error(memory);
  if (length == 0) return {};
  if (!memory->direct) return copy_remote(*memory, to, from, length);
  std::memmove(memory->base + to, memory->base + from, static_cast<std::size_t>(length));
  return {};
}

Result<std::string> Memory::c_string(StoreRef store, std::uint64_t address,
                                     std::uint64_t max_length) const {
  Result<Opened> memory = open_range(store, handle_, address, 0);
  if (!memory) return detail::forward_error(memory);
  std::string text;
  std::array<std::uint8_t, 256> piece;
  const std::uint64_t available = memory->size - address;
  // One byte more than the longest text: the NUL.
  const std::uint64_t most = max_length < available ? max_length + 1 : available;
  for (std::uint64_t done = 0; done < most;) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(most - done, piece.size()));
    if (auto ok = read(store, address + done, MutableBytes(piece.data(), size)); !ok) {
      return detail::forward_error(ok);
    }
    if (const void* end = std::memchr(piece.data(), 0, size)) {
      return text.append(reinterpret_cast<const char*>(piece.data()),
                         static_cast<const char*>(end));
    }
    text.append(reinterpret_cast<const char*>(piece.data()), size);
    done += size;
  }
  if (most == available) return fail(Errc::out_of_bounds, "no NUL before the end of the memory");
  return fail(Errc::limit, "no NUL within " + std::to_string(max_length) + " bytes");
}

Result<std::string> Memory::string(StoreRef store, std::uint64_t address,
                                   std::uint64_t length) const {
  // Checked before the allocation, whose size may be the guest's choice.
  if (auto memory = open_range(store, handle_, address, length); !memory) {
    return detail::forward_error(memory);
  }
  std::string text(static_cast<std::size_t>(length), '\0');
  if (auto ok = read(store, address, text); !ok) return detail::forward_error(ok);
  return text;
}

Result<std::span<std::uint8_t>> Memory::span(StoreRef store, std::uint64_t address,
                                             std::uint64_t length) const {
  Result<Opened> memory = open_range(store, handle_, address, length);
  if (!memory) return detail::forward_error(memory);
  if (!memory->direct) {
    return fail(Errc::unsupported, "this backend gives no access to memory in place");
  }
  if (length == 0) return std::span<std::uint8_t>();
  return std::span(memory->base + address, static_cast<std::size_t>(length));
}

Result<std::span<std::uint8_t>> Memory::span(StoreRef store) const {
  Result<std::uint64_t> size = byte_size(store);
  if (!size) return detail::forward_error(size);
  return span(store, 0, *size);
}

Result<bool> Memory::is_pinned(StoreRef store) const {
  Result<Opened> memory = open_memory(store, handle_);
  if (!memory) return detail::forward_error(memory);
  return memory->pinned;
}

}  // namespace weft
