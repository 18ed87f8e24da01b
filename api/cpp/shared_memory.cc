#include "weft/shared_memory.hpp"

#include <string>

#include "api/cpp/store_state.h"

namespace weft {

Result<SharedMemory> SharedMemory::create(const Engine& engine, const MemoryType& type) {
  if (Result<void> possible = detail::check_memory_type(type); !possible) {
    return detail::forward_error(possible);
  }
  if (!type.shared) return fail(Errc::type_mismatch, "the type is not that of a shared memory");
  Result<std::shared_ptr<backend::SharedMemory>> impl = engine.impl().make_shared_memory(type);
  if (!impl) return detail::forward_error(impl);
  return SharedMemory(engine, std::move(*impl));
}

Result<SharedMemory> SharedMemory::of(StoreRef store, const Memory& memory) {
  const detail::Handle handle = detail::Access::handle(memory);
  Result<backend::Store*> impl = detail::open(store, handle);
  if (!impl) return detail::forward_error(impl);
  std::shared_ptr<backend::SharedMemory> shared = (*impl)->memory_shared(handle.index);
  if (shared == nullptr) return fail(Errc::type_mismatch, "the memory is not shared");
  return SharedMemory(store.state()->engine, std::move(shared));
}

Result<Memory> SharedMemory::in(StoreRef store) const {
  Result<backend::Store*> impl = detail::open(store);
  if (!impl) return detail::forward_error(impl);
  if (store.state()->engine != engine_) {
    return fail(Errc::usage, "the shared memory is of another engine");
  }
  Result<backend::Index> index = (*impl)->memory_adopt(impl_);
  if (!index) return detail::forward_error(index);
  return detail::Access::make<Memory>({store.id(), *index});
}

MemoryType SharedMemory::type() const {
  MemoryType type = impl_->type();
  type.limits.min = impl_->byte_size() / type.page_size();
  return type;
}

std::uint64_t SharedMemory::byte_size() const noexcept { return impl_->byte_size(); }

Result<std::uint32_t> SharedMemory::notify(std::uint64_t address, std::uint32_t count) const {
  constexpr std::uint64_t kWord = 4;
  const std::uint64_t size = impl_->byte_size();
  if (size < kWord || address > size - kWord) {
    return fail(Errc::out_of_bounds,
                "a word at " + std::to_string(address) + " in a memory of " + std::to_string(size));
  }
  if (address % kWord != 0) {
    return fail(Errc::usage, "guests wait at multiples of 4, not at " + std::to_string(address));
  }
  return impl_->notify(address, count);
}

}  // namespace weft
