// The garbage-collected heap of a store: structs, arrays and exceptions. Mark and sweep; objects
// never move.
//
// Memory comes in arenas of 4 MiB, aligned to their size, of 64 units each. The first unit of an
// arena describes the others. A unit is a block of cells of one size, or the beginning of one large
// object; an object larger than an arena has an arena to itself that continues behind its end. So
// what surrounds an object is found from its address, and whether a word is an object's address
// from the arenas' list: frames are scanned without maps of where their references are.
//
// A collection only marks. Blocks without a marked object go back to the arena at once, and, beyond
// a reserve, to the system; the others are swept when the allocator comes to need their cells. An
// object is alive if its mark is the heap's present epoch, which new objects are born with and
// every collection advances: nothing is ever unmarked.
//
// A collection, in this order: begin_marking(); mark() for each reference that something outside
// holds, find() for words that may be anything; finish_marking(). The objects' own references are
// followed by the heap. See Store::gc().
//
// To make an exception: Store::new_exception(tag), then set its slots. Its values are marked
// precisely, by the tag's parameter types. Other kinds of objects: a number of their own above
// kFirstObjectKind, and a case in GcHeap::mark_fields.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "interp/runtime/objects.h"
#include "interp/validate/type_registry.h"

namespace weft::interp {

class GcHeap {
 public:
  // Asked before the heap takes more from the system: bytes that it has, and wants.
  using MayGrow = std::function<bool(uint64_t current, uint64_t wanted)>;
  static constexpr uint32_t kFirstEpoch = 1;

  explicit GcHeap(const TypeRegistry& types, MayGrow may_grow = {},
                  uint32_t first_epoch = kFirstEpoch)
      : x_types(types), x_may_grow(std::move(may_grow)), x_epoch(first_epoch) {}
  ~GcHeap();
  GcHeap(const GcHeap&) = delete;
  GcHeap& operator=(const GcHeap&) = delete;

  // Objects that are larger are refused.
  static constexpr uint64_t kMaxObjectBytes = uint64_t{1} << 30;

  // An object of this many bytes, its header set, the rest undefined: set its references before the
  // next allocation. Null when memory is refused, or a collection should come first: then collect
  // and use allocate_anyway(), which is null only when memory is refused.
  HeapObject* allocate(uint32_t type, uint64_t bytes) {
    if (bytes <= kMaxSmallBytes) [[likely]] {
      SizeClass& cells = x_classes[class_of(bytes)];
      if (FreeCell* const cell = cells.free) [[likely]] {
        cells.free = cell->next;
        return born(&cell->header, type);
      }
      if (cells.bump != cells.bump_end) [[likely]] {
        auto* const object = reinterpret_cast<HeapObject*>(cells.bump);
        cells.bump += cells.cell_bytes;
        return born(object, type);
      }
    }
    return allocate_slowly(type, bytes, true);
  }
  HeapObject* allocate_anyway(uint32_t type, uint64_t bytes) {
    return allocate_slowly(type, bytes, false);
  }
  // Whether objects of this size are zero but for their header.
  static constexpr bool is_zeroed(uint64_t bytes) { return bytes > kMaxSmallBytes; }

  // The object at exactly this address, or null: for words that may be anything.
  HeapObject* find(uint64_t word);

  void begin_marking();
  // A reference of the any, extern or exn hierarchy, or null. Host objects are marked, too.
  void mark(uint64_t ref) {
    if (ref == 0 || is_i31(ref)) return;
    auto* const object = reinterpret_cast<HeapObject*>(ref);
    if (object->type == kExternObjectType) {
      object->gc = 1;
    } else if (object->gc != x_epoch) {
      mark_object(object);
    }
  }
  // What is dead is free from here on. Keeps the memory that the program will use before the next
  // collection, or gives it back.
  enum class Keep : uint8_t { WorkingSet, Little };
  void finish_marking(Keep keep);

  // As of the last collection.
  uint64_t live_bytes() const { return x_live_bytes; }
  // What the heap has from the system.
  uint64_t taken_bytes() const { return x_taken; }
  uint64_t collections() const { return x_collections; }
  // For tests: the objects that wait while marking, at most. Less memory makes it slower, not
  // wrong.
  void limit_mark_stack(size_t entries) { x_mark_limit = entries; }

 private:
  static constexpr uint64_t kUnitBytes = uint64_t{64} << 10;
  static constexpr uint64_t kUnits = 64;
  static constexpr uint64_t kArenaBytes = kUnits * kUnitBytes;
  // Of cells: up to kFineBytes in steps of 16 bytes, then four sizes per power of two.
  static constexpr uint64_t kFineBytes = 256;
  static constexpr uint64_t kMaxSmallBytes = 8192;
  static constexpr uint32_t kFineClasses = kFineBytes / 16;
  static constexpr uint32_t kClasses = kFineClasses + 4 * 5;
  // Objects above this have an arena of their own.
  static constexpr uint64_t kMaxUnitsOfObject = 32;
  // Allocated between collections, at least; otherwise as much as survived the last.
  static constexpr uint64_t kMinBudget = uint64_t{2} << 20;
  static constexpr uint64_t kSmallReserve = uint64_t{256} << 10;

  struct FreeCell {
    HeapObject header;
    FreeCell* next;
  };

  enum class UnitKind : uint8_t { Free, Cells, Large };
  struct Unit {
    UnitKind kind;
    bool overflowed;      // holds marked objects whose references were not followed
    uint8_t size_class;   // Cells
    uint8_t units;        // Large: how many it takes; 0: it has its arena for itself
    uint32_t cell_bytes;  // Cells
    uint32_t used;        // Cells: bytes from the beginning that have ever been given out
    uint32_t marked;      // Cells: objects
    uint64_t bytes;       // Large: whole pages
    Unit* next;           // Cells: in a list of blocks to sweep
    uint8_t* begin;
  };

  struct Arena {
    uint64_t free;     // a bit for each unit
    uint64_t dirty;    // free units that still have memory, with anything in it
    uint64_t mapping;  // bytes
    Unit units[kUnits];
  };
  static_assert(sizeof(Arena) <= kUnitBytes);

  struct SizeClass {
    FreeCell* free = nullptr;
    uint8_t* bump = nullptr;  // cells from here to the end of their block were never used
    uint8_t* bump_end = nullptr;
    uint32_t cell_bytes = 0;
    Unit* block = nullptr;  // that bump is in
    Unit* unswept = nullptr;
  };

  static constexpr uint32_t class_of(uint64_t bytes) {
    if (bytes <= kFineBytes) return static_cast<uint32_t>((bytes + 15) / 16 - 1);
    return coarse_class_of(bytes);
  }
  static uint32_t coarse_class_of(uint64_t bytes);
  static uint32_t cell_bytes_of(uint32_t size_class);

  HeapObject* born(HeapObject* object, uint32_t type) const {
    *object = {type, x_epoch};
    return object;
  }
  static Arena& arena_of(const void* object) {
    return *reinterpret_cast<Arena*>(reinterpret_cast<uintptr_t>(object) & ~(kArenaBytes - 1));
  }
  static Unit& unit_of(const void* object) {
    return arena_of(object).units[reinterpret_cast<uintptr_t>(object) / kUnitBytes % kUnits];
  }
  bool is_alive(const HeapObject& object) const {
    return object.gc == x_epoch || (x_marking && object.gc == x_epoch - 1);
  }

  HeapObject* allocate_slowly(uint32_t type, uint64_t bytes, bool if_not_due);
  HeapObject* allocate_large(uint32_t type, uint64_t bytes);
  bool refill(uint32_t size_class, bool if_not_due);
  void sweep(Unit& block);
  Unit* take_block();
  Unit* take_units(uint64_t count, uint64_t bytes);
  Arena* new_arena(uint64_t bytes);
  bool may_take(uint64_t bytes);
  void release_block(Unit& unit);
  void release_large(Unit& unit);
  void trim(uint64_t reserve);
  void note_bumps();
  void restart_epochs();
  template <class F>
  void each_unit(F f);
  template <class F>
  static void each_object(Unit& unit, F f);

  void mark_object(HeapObject* object);
  void wait(uint64_t entry);
  void mark_elements(ArrayObject& array, uint32_t from, uint32_t to);
  void mark_fields(HeapObject& object);
  bool has_elements_to_mark(const HeapObject& object) const;
  void follow_waiting();
  void follow_overflowed();
  size_t most_waiting() const;

  const TypeRegistry& x_types;
  const MayGrow x_may_grow;
  std::vector<Arena*> x_arenas;  // by address
  std::array<SizeClass, kClasses> x_classes{};
  uint32_t x_epoch;
  bool x_marking = false;
  uint64_t x_taken = 0;
  uint64_t x_live_bytes = 0;
  uint64_t x_allocated = 0;  // since the last collection, counted when a block begins to be used
  uint64_t x_collections = 0;

  // Objects that are marked and whose references were not followed yet. An array that is followed
  // in parts has two entries: the next element, below its address with the lowest bit set.
  uint64_t* x_waiting = nullptr;
  size_t x_waiting_count = 0;
  size_t x_waiting_capacity = 0;
  size_t x_mark_limit = SIZE_MAX;
  bool x_overflowed = false;
};

}  // namespace weft::interp
