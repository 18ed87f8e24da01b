// SharedMemory: a linear memory that the guests of several stores use at once.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "weft/engine.hpp"
#include "weft/error.hpp"
#include "weft/export.hpp"
#include "weft/memory.hpp"
#include "weft/store_ref.hpp"
#include "weft/types.hpp"

namespace weft {

namespace backend {
class SharedMemory;
}  // namespace backend

/// A shared memory, which lives as long as a handle or a store that uses it. Guests run in parallel
/// by each having a store and a thread of its own; what they share, they import:
///
///   auto memory = or_throw(SharedMemory::create(engine, {.limits = {1, 16}, .shared = true}));
///   // on each thread:
///   Store store(engine);
///   auto instance = or_throw(Instance::create(store, module, {or_throw(memory.in(store))}));
///
/// The engine's Config must have Features::threads for modules to use it. Copying is cheap; all
/// methods may be called from any thread, in() from that of the store.
///
/// While other threads' guests run, Memory::read and Memory::write, which are not atomic, may see
/// and leave a mixture.
class WEFT_API SharedMemory {
 public:
  /// Makes a memory of zeros. Address space for the type's maximum is taken at once. Errc::limit,
  /// Errc::type_mismatch for a type that isn't shared or is impossible, Errc::unsupported where the
  /// backend has no Capability::SharedMemory.
  [[nodiscard]] static Result<SharedMemory> create(const Engine& engine, const MemoryType& type);
  /// What is behind a memory of a store, for other stores to import. Errc::type_mismatch if it
  /// isn't shared.
  [[nodiscard]] static Result<SharedMemory> of(StoreRef store, const Memory& memory);

  /// This memory as an object of a store: the same each time. Errc::usage for a store of another
  /// engine, Errc::limit if the store has too many memories. Growing it later asks the limits of
  /// the store that grows it.
  [[nodiscard]] Result<Memory> in(StoreRef store) const;

  /// limits.min is the present size in pages.
  [[nodiscard]] MemoryType type() const;
  /// The present size in bytes; never shrinks.
  [[nodiscard]] std::uint64_t byte_size() const noexcept;

  /// Wakes up to `count` of the guests that wait at an address (memory.atomic.wait), the longest
  /// waiting first; gives how many. Errc::out_of_bounds, Errc::usage for an address that isn't a
  /// multiple of 4.
  [[nodiscard]] Result<std::uint32_t> notify(std::uint64_t address,
                                             std::uint32_t count = UINT32_MAX) const;

 private:
  SharedMemory(Engine engine, std::shared_ptr<backend::SharedMemory> impl)
      : engine_(std::move(engine)), impl_(std::move(impl)) {}

  Engine engine_;
  std::shared_ptr<backend::SharedMemory> impl_;
};

}  // namespace weft
