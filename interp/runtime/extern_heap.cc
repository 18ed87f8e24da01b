#include "interp/runtime/extern_heap.h"

#include <algorithm>
#include <utility>

namespace weft::interp {

namespace {

template <class Chunk>
uintptr_t address_of(const std::unique_ptr<Chunk>& chunk) {
  return reinterpret_cast<uintptr_t>(chunk.get());
}

}  // namespace

ExternHeap::~ExternHeap() { finalize_all(); }

ExternObject* ExternHeap::allocate(void* payload, void (*finalizer)(void* payload)) {
  if (x_free == nullptr) {
    auto chunk = std::make_unique<Chunk>();
    for (size_t i = kChunkObjects; i-- > 0;) {
      chunk->objects[i].next = x_free;
      x_free = &chunk->objects[i];
    }
    const auto at = std::ranges::upper_bound(x_chunks, address_of(chunk), {}, address_of<Chunk>);
    x_chunks.insert(at, std::move(chunk));
  }
  ExternObject* const object = x_free;
  x_free = object->next;
  object->payload = payload;
  object->finalizer = finalizer;
  object->host_refs.store(0, std::memory_order_relaxed);
  object->header.gc = 0;
  object->live = true;
  object->next = nullptr;
  ++x_live;
  return object;
}

ExternObject* ExternHeap::find(uint64_t word) const {
  if (x_chunks.empty()) return nullptr;
  if (word < address_of(x_chunks.front())) return nullptr;
  if (word - address_of(x_chunks.back()) >= sizeof(Chunk) && word > address_of(x_chunks.back())) {
    return nullptr;
  }
  const auto after = std::ranges::upper_bound(x_chunks, word, {}, address_of<Chunk>);
  Chunk& chunk = **(after - 1);
  const uint64_t offset = word - reinterpret_cast<uintptr_t>(&chunk);
  if (offset >= sizeof(Chunk) || offset % sizeof(ExternObject) != 0) return nullptr;
  ExternObject& object = chunk.objects[offset / sizeof(ExternObject)];
  return object.live ? &object : nullptr;
}

template <class Keep>
void ExternHeap::free_unless(Keep keep) {
  for (const auto& chunk : x_chunks) {
    for (ExternObject& object : chunk->objects) {
      if (!object.live) continue;
      if (keep(object)) {
        object.header.gc = 0;
        continue;
      }
      object.live = false;
      ExternObject*& list = object.finalizer != nullptr ? x_dead : x_free;
      object.next = list;
      list = &object;
      --x_live;
    }
  }
  set_threshold();
}

void ExternHeap::set_threshold() {
  x_threshold = x_dead != nullptr ? 0 : std::max(kFirstThreshold, 2 * x_live);
}

void ExternHeap::finalize_dead() {
  while (x_dead != nullptr) {
    ExternObject* const object = x_dead;
    x_dead = object->next;
    const auto finalizer = std::exchange(object->finalizer, nullptr);
    void* const payload = std::exchange(object->payload, nullptr);
    object->next = x_free;
    x_free = object;
    if (x_dead == nullptr) set_threshold();
    finalizer(payload);
  }
}

void ExternHeap::sweep() {
  free_unless([](const ExternObject& object) {
    return object.header.gc != 0 || object.host_refs.load(std::memory_order_acquire) != 0;
  });
}

void ExternHeap::finalize_all() {
  // A finaliser may make new objects: their turn comes too.
  while (x_live != 0 || x_dead != nullptr) {
    free_unless([](const ExternObject&) { return false; });
    finalize_dead();
  }
}

}  // namespace weft::interp
