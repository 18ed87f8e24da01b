// Memory and SharedMemory: bytes of guests, copied or in place.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <weft/weft.hpp>

#include "bindings/python/src/store.h"
#include "bindings/python/src/support.h"

namespace weft::python {

/// A memory of a store. As a buffer it gives its bytes in place; it then keeps its store.
class Memory {
 public:
  Memory(Store& store, weft::Memory handle) : handle_(handle), store_(store.weak()) {}
  Memory(Storelike store, const MemoryType& type);

  [[nodiscard]] const weft::Memory& handle() const { return handle_; }
  /// All of its bytes, in place.
  [[nodiscard]] std::span<std::uint8_t> span(Storelike store) const {
    return take(handle_.span(store.open()));
  }

  /// What the buffer protocol asks for. Raises BufferError.
  void get_buffer(nb::handle self, Py_buffer& view, int flags);
  void release_buffer();

  template <class Visitor>
  void traverse(const Visitor& visit) {
    visit(store_);
    visit(viewed_);
  }
  // What is viewed stays as long as the views.
  void clear() {}

 private:
  weft::Memory handle_;
  // A weak reference to the Store, and a strong one while there are views.
  nb::object store_;
  nb::object viewed_;
  std::size_t views_ = 0;
  bool pinned_ = true;
};

/// A memory that several stores use.
class SharedMemory {
 public:
  SharedMemory(const weft::Engine& engine, weft::SharedMemory handle)
      : engine_(engine), handle_(std::move(handle)) {}

  [[nodiscard]] const weft::SharedMemory& handle() const { return handle_; }
  [[nodiscard]] std::span<std::uint8_t> span() { return take(in_own_store().span(*store_)); }
  std::uint64_t grow(std::uint64_t pages) { return take(in_own_store().grow(*store_, pages)); }

 private:
  weft::Memory in_own_store();

  weft::Engine engine_;
  weft::SharedMemory handle_;
  // For what only a store's memory can do.
  std::optional<weft::Store> store_;
};

/// The Memory or SharedMemory that a memory of a store is.
[[nodiscard]] nb::object wrap_memory(Store& store, const weft::Memory& memory);

}  // namespace weft::python
