// The objects behind a store's externrefs: allocated in chunks, so that they stay at one address
// and a word found on the stack can be told from an object's address.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "interp/runtime/objects.h"

namespace weft::interp {

class ExternHeap {
 public:
  ExternHeap() = default;
  ~ExternHeap();
  ExternHeap(const ExternHeap&) = delete;
  ExternHeap& operator=(const ExternHeap&) = delete;

  // `finalizer` may be null. Nobody holds the object yet: it lives until the next collection that
  // can't reach it.
  ExternObject* allocate(void* payload, void (*finalizer)(void* payload));

  size_t live() const { return x_live; }
  // Twice as many objects live as survived the last collection.
  bool collection_due() const { return x_live >= x_threshold; }

  // The live object at exactly this address, or null: for words that may be anything.
  ExternObject* find(uint64_t word) const;
  // A null or an object of this heap.
  static void mark(void* ref) {
    if (ref != nullptr) static_cast<ExternObject*>(ref)->marked = true;
  }
  // Marks what the words name, if they name objects.
  void mark_conservatively(const uint64_t* begin, const uint64_t* end);

  // Frees the objects that are neither marked nor held by the host, and unmarks the rest. The heap
  // is in order again before the first finaliser runs: finalisers may allocate, even collect.
  void sweep();
  // All of them, held or not.
  void finalize_all();

 private:
  static constexpr size_t kChunkObjects = 512;
  static constexpr size_t kFirstThreshold = 4096;

  struct Chunk {
    ExternObject objects[kChunkObjects];
  };
  struct Finalizer {
    void* payload;
    void (*call)(void* payload);
  };

  template <class Keep>
  void free_unless(Keep keep);

  std::vector<std::unique_ptr<Chunk>> x_chunks;  // sorted by address
  ExternObject* x_free = nullptr;
  size_t x_live = 0;
  size_t x_threshold = kFirstThreshold;
};

}  // namespace weft::interp
