#include "interp/runtime/extern_heap.h"

#include <algorithm>

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
      chunk->objects[i].next_free = x_free;
      x_free = &chunk->objects[i];
    }
    const auto at = std::ranges::upper_bound(x_chunks, address_of(chunk), {}, address_of<Chunk>);
    x_chunks.insert(at, std::move(chunk));
  }
  ExternObject* const object = x_free;
  x_free = object->next_free;
  object->payload = payload;
  object->finalizer = finalizer;
  object->host_refs.store(0, std::memory_order_relaxed);
  object->marked = false;
  object->live = true;
  object->next_free = nullptr;
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

void ExternHeap::mark_conservatively(const uint64_t* begin, const uint64_t* end) {
  if (x_live == 0) return;
  for (const uint64_t* at = begin; at != end; ++at) mark(find(*at));
}

template <class Keep>
void ExternHeap::free_unless(Keep keep) {
  std::vector<Finalizer> finalizers;
  for (const auto& chunk : x_chunks) {
    for (ExternObject& object : chunk->objects) {
      if (!object.live) continue;
      if (keep(object)) {
        object.marked = false;
        continue;
      }
      if (object.finalizer != nullptr) finalizers.push_back({object.payload, object.finalizer});
      object.live = false;
      object.payload = nullptr;
      object.finalizer = nullptr;
      object.next_free = x_free;
      x_free = &object;
      --x_live;
    }
  }
  x_threshold = std::max(kFirstThreshold, 2 * x_live);
  for (const Finalizer& finalizer : finalizers) finalizer.call(finalizer.payload);
}

void ExternHeap::sweep() {
  free_unless([](const ExternObject& object) {
    return object.marked || object.host_refs.load(std::memory_order_acquire) != 0;
  });
}

void ExternHeap::finalize_all() {
  // A finaliser may make new objects: their turn comes too.
  while (x_live != 0) {
    free_unless([](const ExternObject&) { return false; });
  }
}

}  // namespace weft::interp
