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
  // Twice as many objects live as survived the last collection, or dead ones wait to be finalised.
  bool attention_due() const { return x_live >= x_threshold; }

  // The live object at exactly this address, or null: for words that may be anything.
  ExternObject* find(uint64_t word) const;
  // Frees the objects that are neither marked (HeapObject::gc) nor held by the host, and unmarks
  // the rest. Runs no code of the host and takes no memory: finalisers wait for finalize_dead().
  void sweep();
  bool has_dead() const { return x_dead != nullptr; }
  // The heap is in order before each finaliser runs: they may allocate, even collect.
  void finalize_dead();
  // All objects, held or not.
  void finalize_all();

 private:
  static constexpr size_t kChunkObjects = 512;
  static constexpr size_t kFirstThreshold = 4096;

  struct Chunk {
    ExternObject objects[kChunkObjects];
  };

  template <class Keep>
  void free_unless(Keep keep);
  void set_threshold();

  std::vector<std::unique_ptr<Chunk>> x_chunks;  // sorted by address
  ExternObject* x_free = nullptr;
  ExternObject* x_dead = nullptr;  // swept, to be finalised
  size_t x_live = 0;
  size_t x_threshold = kFirstThreshold;
};

}  // namespace weft::interp
