#include "api/backends/interp/shared_memory.h"

#include <utility>

#include "api/backends/interp/convert.h"
#include "api/backends/interp/store.h"

namespace weft::backends {

using backend::Index;

Result<std::shared_ptr<backend::SharedMemory>> InterpSharedMemory::make(const Settings& settings,
                                                                        const MemoryType& type) {
  Result<interp::MemoryType> converted = interp_type(type);
  if (!converted) return std::unexpected<Error>(std::move(converted).error());
  if (type.limits.min > settings.memory_bytes >> type.page_size_log2) {
    return fail(Errc::limit, "the engine's limits refuse a memory of this size");
  }
  const bool checked = settings.store.memories == interp::StoreConfig::Memories::Checked;
  auto memory =
      interp::SharedMemory::make(*converted, checked ? interp::SharedMemory::Pages::Plain
                                                     : interp::SharedMemory::Pages::Guarded);
  if (!memory) return fail(public_error(memory.error()));
  return std::make_shared<InterpSharedMemory>(std::move(*memory));
}

InterpSharedMemory::InterpSharedMemory(std::shared_ptr<interp::SharedMemory> memory)
    : memory_(std::move(memory)), type_(public_type(memory_->type())) {}

Result<Index> InterpStore::memory_adopt(
    const std::shared_ptr<backend::SharedMemory>& memory) noexcept {
  // The public layer gives this engine's shared memories only.
  auto adopted = store_->adopt_memory(static_cast<InterpSharedMemory&>(*memory).memory());
  if (!adopted) return fail(public_error(adopted.error()));
  return index_of(*adopted);
}

std::shared_ptr<backend::SharedMemory> InterpStore::memory_shared(Index memory) noexcept {
  const auto& shared = at<interp::MemoryInst>(memory)->shared;
  return shared == nullptr ? nullptr : std::make_shared<InterpSharedMemory>(shared);
}

}  // namespace weft::backends
