// Linear memories (Spec 3.0, 4.2.9 "Memory Instances").
#include <algorithm>
#include <string>

#include "interp/runtime/objects.h"
#include "interp/runtime/pages.h"
#include "interp/runtime/shared_memory.h"
#include "interp/runtime/store.h"

namespace weft::interp {

namespace {

std::optional<uint64_t> declared_max_bytes(const MemoryType& type) {
  if (!type.limits.max) return std::nullopt;
  const uint64_t pages = *type.limits.max;
  return pages > UINT64_MAX >> type.page_bytes_log2 ? UINT64_MAX : pages << type.page_bytes_log2;
}

Fail too_many_memories(uint64_t most) {
  return fail(ErrorKind::Limit,
              "too many memories in the store (at most " + std::to_string(most) + ")");
}

bool reserve_guarded(MemoryInst& memory, uint64_t bytes) {
  if constexpr (sizeof(size_t) < 8) return false;
  uint8_t* const reservation = pages::reserve(kGuardReservation);
  if (reservation == nullptr) return false;
  if (!pages::commit(reservation, bytes)) {
    pages::release(reservation, kGuardReservation);
    return false;
  }
  memory.mode = MemoryMode::Guard;
  memory.base = memory.reservation = reservation;
  memory.reserved_bytes = kGuardReservation;
  memory.bytes = bytes;
  return true;
}

bool allocate_checked(MemoryInst& memory, uint64_t bytes) {
  memory.mode = MemoryMode::Checked;
  if (bytes != 0) {
    memory.base = pages::allocate(bytes);
    if (memory.base == nullptr) return false;
  }
  memory.bytes = bytes;
  return true;
}

}  // namespace

uint64_t max_memory_bytes(const MemoryType& type) {
  const uint64_t most = type.index == IndexType::I64 ? kMaxMemory64Bytes : kMaxMemoryBytes;
  return std::min<uint64_t>(most, SIZE_MAX / 2);
}

uint64_t max_memory_pages(const MemoryType& type) {
  // With pages of one byte, a 32-bit size in pages stops short of 2^32.
  uint64_t most = max_memory_bytes(type) >> type.page_bytes_log2;
  if (type.index == IndexType::I32) most = std::min<uint64_t>(most, UINT32_MAX);
  return type.limits.max ? std::min(*type.limits.max, most) : most;
}

MemoryInst::~MemoryInst() {
  if (shared != nullptr) return;
  if (reservation != nullptr) {
    pages::release(reservation, reserved_bytes);
  } else if (base != nullptr) {
    pages::release(base, bytes);
  }
}

int64_t MemoryInst::grow(uint64_t delta_pages) {
  if (shared != nullptr) return grow_shared(delta_pages);
  const uint64_t old_pages = pages();
  const uint64_t most = max_pages();
  if (old_pages > most || delta_pages > most - old_pages) return -1;
  if (delta_pages == 0) return static_cast<int64_t>(old_pages);
  const uint64_t wanted = (old_pages + delta_pages) << type.page_bytes_log2;
  if (!store->allows_memory(type.index, bytes, wanted, declared_max_bytes(type))) return -1;
  if (mode == MemoryMode::Guard) {
    if (!pages::commit(base + bytes, wanted - bytes)) return -1;
  } else {
    uint8_t* const moved =
        base == nullptr ? pages::allocate(wanted) : pages::grow(base, bytes, wanted);
    if (moved == nullptr) return -1;
    base = moved;
  }
  bytes = wanted;
  return static_cast<int64_t>(old_pages);
}

// The limiter is the embedder's code, and is asked without a lock: if another thread has grown the
// memory meanwhile, it is asked again. That can't go on for longer than the memory can grow.
int64_t MemoryInst::grow_shared(uint64_t delta_pages) {
  while (true) {
    const uint64_t from = shared->bytes();
    const uint64_t old_pages = from >> type.page_bytes_log2;
    const uint64_t most = max_pages();
    if (old_pages > most || delta_pages > most - old_pages) return -1;
    if (delta_pages == 0) return static_cast<int64_t>(old_pages);
    const uint64_t wanted = (old_pages + delta_pages) << type.page_bytes_log2;
    if (!store->allows_memory(type.index, from, wanted, declared_max_bytes(type))) return -1;
    switch (shared->grow(from, wanted)) {
      case SharedMemory::Grown::Done:
        refresh();
        return static_cast<int64_t>(old_pages);
      case SharedMemory::Grown::Refused:
        return -1;
      case SharedMemory::Grown::Changed:
        break;
    }
  }
}

uint64_t MemoryInst::shared_bytes() const { return shared->bytes(); }

bool MemoryInst::refresh() {
  const uint64_t before = bytes;
  bytes = byte_size();
  return bytes != before;
}

bool refresh_shared_memories(StoreState& state) {
  bool grown = false;
  for (MemoryInst* memory = state.shared_memories; memory != nullptr;
       memory = memory->next_shared) {
    grown |= memory->refresh();
  }
  return grown;
}

Result<MemoryInst*> Store::new_memory(const MemoryType& type) {
  const uint64_t most = max_memory_bytes(type) >> type.page_bytes_log2;
  if (type.limits.min > most) {
    return fail(ErrorKind::Limit, "memory size must be at most " + std::to_string(most) + " pages");
  }
  if (x_memories.size() >= x_limiter.max_memories) return too_many_memories(x_limiter.max_memories);
  const uint64_t bytes = type.limits.min << type.page_bytes_log2;
  if (!allows_memory(type.index, 0, bytes, declared_max_bytes(type))) {
    return fail(ErrorKind::Limit,
                "the store's limiter refused a memory of " + std::to_string(bytes) + " bytes");
  }

  if (type.shared) {
    WEFT_ASSIGN(const auto shared, SharedMemory::make(type, shared_pages()));
    return attach(shared);
  }

  MemoryInst& memory = x_memories.emplace_back();
  memory.type = type;
  memory.store = this;
  const bool guarded = x_config.memories != StoreConfig::Memories::Checked && can_guard(type) &&
                       reserve_guarded(memory, bytes);
  // Settings ask for guard pages where a type can have them; others are always checked.
  const bool must_guard = x_config.memories == StoreConfig::Memories::Guard && can_guard(type);
  if (!guarded && (must_guard || !allocate_checked(memory, bytes))) {
    x_memories.pop_back();
    return fail(ErrorKind::Exhausted,
                "a memory of " + std::to_string(bytes) + " bytes could not be had");
  }
  if (guarded) link_guarded(memory);
  return &memory;
}

SharedMemory::Pages Store::shared_pages() const {
  return x_config.memories == StoreConfig::Memories::Checked ? SharedMemory::Pages::Plain
                                                             : SharedMemory::Pages::Guarded;
}

Result<MemoryInst*> Store::adopt_memory(std::shared_ptr<SharedMemory> shared) {
  for (MemoryInst& memory : x_memories) {
    if (memory.shared == shared) return &memory;
  }
  if (x_memories.size() >= x_limiter.max_memories) return too_many_memories(x_limiter.max_memories);
  return attach(std::move(shared));
}

Result<MemoryInst*> Store::attach(std::shared_ptr<SharedMemory> shared) {
  const bool guarded = shared->guarded() && x_config.memories != StoreConfig::Memories::Checked;
  if (!guarded && x_config.memories == StoreConfig::Memories::Guard && can_guard(shared->type())) {
    return fail(ErrorKind::Exhausted, "guard pages for a shared memory could not be had");
  }
  MemoryInst& memory = x_memories.emplace_back();
  memory.type = shared->type();
  memory.store = this;
  memory.base = shared->base();
  memory.bytes = shared->bytes();
  memory.shared = std::move(shared);
  memory.next_shared = x_state->shared_memories;
  x_state->shared_memories = &memory;
  if (guarded) {
    memory.mode = MemoryMode::Guard;
    memory.reservation = memory.base;
    memory.reserved_bytes = memory.shared->reserved_bytes();
    link_guarded(memory);
  }
  return &memory;
}

void Store::link_guarded(MemoryInst& memory) {
  memory.next_guard = x_state->guard_memories;
  x_state->guard_memories = &memory;
}

void Store::drop_last_memory() {
  MemoryInst& memory = x_memories.back();
  if (memory.mode == MemoryMode::Guard) x_state->guard_memories = memory.next_guard;
  if (memory.shared != nullptr) x_state->shared_memories = memory.next_shared;
  x_memories.pop_back();
}

}  // namespace weft::interp
