#include "interp/runtime/gc_heap.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdlib>
#include <new>

#include "interp/core/value.h"
#include "interp/runtime/pages.h"

namespace weft::interp {

namespace {

constexpr uint64_t bit(uint64_t index) { return uint64_t{1} << index; }

// Elements of an array that are followed before what they refer to is.
constexpr uint32_t kElementsAtOnce = 128;
// Entries of the mark stack to begin with.
constexpr size_t kFirstWaiting = 4096;
// An entry that says "from the element below on".
constexpr uint64_t kPartTag = 1;

uint64_t round_up(uint64_t bytes, uint64_t to) { return (bytes + to - 1) / to * to; }

uint64_t load_ref(const uint8_t* at) { return read_unaligned<uint64_t>(at); }

}  // namespace

GcHeap::~GcHeap() {
  for (Arena* arena : x_arenas) pages::release(reinterpret_cast<uint8_t*>(arena), arena->mapping);
  std::free(x_waiting);
}

// --- sizes

uint32_t GcHeap::coarse_class_of(uint64_t bytes) {
  // bytes in (2^log2, 2^(log2 + 1)], in quarters.
  const auto log2 = static_cast<uint32_t>(std::bit_width(bytes - 1)) - 1;
  const auto quarter = static_cast<uint32_t>((bytes - 1) >> (log2 - 2)) & 3;
  constexpr uint32_t fine_log2 = std::bit_width(kFineBytes) - 1;
  return kFineClasses + (log2 - fine_log2) * 4 + quarter;
}

uint32_t GcHeap::cell_bytes_of(uint32_t size_class) {
  if (size_class < kFineClasses) return (size_class + 1) * 16;
  const uint32_t power = static_cast<uint32_t>(kFineBytes) << ((size_class - kFineClasses) / 4);
  return power / 4 * (5 + (size_class - kFineClasses) % 4);
}

// --- walking

template <class F>
void GcHeap::each_unit(F f) {
  for (Arena* arena : x_arenas) {
    for (Unit& unit : arena->units) {
      if (unit.kind != UnitKind::Free) f(unit);
    }
  }
}

// The cells that were ever given out, free ones as well, or the large object.
template <class F>
void GcHeap::each_object(Unit& unit, F f) {
  const uint32_t step = unit.kind == UnitKind::Large ? 1 : unit.cell_bytes;
  const uint32_t end = unit.kind == UnitKind::Large ? 1 : unit.used;
  for (uint32_t at = 0; at < end; at += step) f(*reinterpret_cast<HeapObject*>(unit.begin + at));
}

// --- memory

bool GcHeap::may_take(uint64_t bytes) {
  return !x_may_grow || x_may_grow(x_taken, x_taken + bytes);
}

GcHeap::Arena* GcHeap::new_arena(uint64_t bytes) {
  uint8_t* const base = pages::allocate_aligned(bytes, kArenaBytes);
  if (base == nullptr) return nullptr;
  auto* const arena = reinterpret_cast<Arena*>(base);
  arena->free = ~bit(0);
  arena->mapping = bytes;
  for (uint64_t i = 1; i < kUnits; ++i) arena->units[i].begin = base + i * kUnitBytes;
  try {
    x_arenas.insert(std::ranges::upper_bound(x_arenas, arena, std::less<>{}), arena);
  } catch (const std::bad_alloc&) {
    pages::release(base, bytes);
    return nullptr;
  }
  return arena;
}

// A unit for cells, with anything in it.
GcHeap::Unit* GcHeap::take_block() {
  const auto take = [](Arena& arena, uint64_t from) {
    const auto index = static_cast<uint64_t>(std::countr_zero(from));
    arena.free &= ~bit(index);
    arena.dirty &= ~bit(index);
    Unit& unit = arena.units[index];
    unit.kind = UnitKind::Cells;
    unit.used = 0;
    return &unit;
  };
  for (Arena* arena : x_arenas) {
    if (arena->dirty != 0) return take(*arena, arena->dirty);
  }
  if (!may_take(kUnitBytes)) return nullptr;
  auto found = std::ranges::find_if(x_arenas, [](const Arena* arena) { return arena->free != 0; });
  Arena* const arena = found != x_arenas.end() ? *found : new_arena(kArenaBytes);
  if (arena == nullptr) return nullptr;
  x_taken += kUnitBytes;
  return take(*arena, arena->free);
}

// Adjoining units, zero, for an object of `bytes`.
GcHeap::Unit* GcHeap::take_units(uint64_t count, uint64_t bytes) {
  const uint64_t taken = round_up(bytes, pages::page_bytes());
  if (!may_take(taken)) return nullptr;
  Arena* arena = nullptr;
  uint64_t first = 1;
  if (count > kMaxUnitsOfObject) {
    arena = new_arena(kUnitBytes + taken);
    if (arena == nullptr) return nullptr;
    arena->free = 0;
    count = 0;
  } else {
    for (Arena* candidate : x_arenas) {
      uint64_t runs = candidate->free;
      for (uint64_t i = 1; i < count && runs != 0; ++i) runs &= runs >> 1;
      if (runs == 0) continue;
      arena = candidate;
      first = static_cast<uint64_t>(std::countr_zero(runs));
      break;
    }
    if (arena == nullptr) arena = new_arena(kArenaBytes);
    if (arena == nullptr) return nullptr;
    for (uint64_t i = first; i < first + count; ++i) {
      if ((arena->dirty & bit(i)) != 0) {
        pages::discard(arena->units[i].begin, kUnitBytes);
        arena->dirty &= ~bit(i);
        x_taken -= kUnitBytes;
      }
      arena->free &= ~bit(i);
    }
  }
  x_taken += taken;
  Unit& unit = arena->units[first];
  unit.kind = UnitKind::Large;
  unit.units = static_cast<uint8_t>(count);
  unit.bytes = taken;
  return &unit;
}

void GcHeap::release_block(Unit& unit) {
  Arena& arena = arena_of(&unit);
  const uint64_t index = static_cast<uint64_t>(&unit - arena.units);
  unit.kind = UnitKind::Free;
  arena.free |= bit(index);
  arena.dirty |= bit(index);
}

void GcHeap::release_large(Unit& unit) {
  Arena& arena = arena_of(&unit);
  const uint64_t index = static_cast<uint64_t>(&unit - arena.units);
  unit.kind = UnitKind::Free;
  x_taken -= unit.bytes;
  if (unit.units == 0) {
    arena.free = ~bit(0);  // trim() unmaps it
    return;
  }
  pages::discard(unit.begin, unit.bytes);
  for (uint64_t i = index; i < index + unit.units; ++i) arena.free |= bit(i);
}

// Gives free blocks back to the system, but for `reserve` bytes of them, and arenas without any
// object.
void GcHeap::trim(uint64_t reserve) {
  std::erase_if(x_arenas, [&](Arena* arena) {
    for (uint64_t dirty = arena->dirty; dirty != 0; dirty &= dirty - 1) {
      if (reserve >= kUnitBytes) {
        reserve -= kUnitBytes;
        continue;
      }
      const auto index = static_cast<uint64_t>(std::countr_zero(dirty));
      pages::discard(arena->units[index].begin, kUnitBytes);
      arena->dirty &= ~bit(index);
      x_taken -= kUnitBytes;
    }
    if (arena->free != ~bit(0) || arena->dirty != 0) return false;
    pages::release(reinterpret_cast<uint8_t*>(arena), arena->mapping);
    return true;
  });
}

// --- allocation

HeapObject* GcHeap::allocate_slowly(uint32_t type, uint64_t bytes, bool if_not_due) {
  if (bytes > kMaxSmallBytes) {
    if (bytes > kMaxObjectBytes) return nullptr;
    if (if_not_due && x_allocated + bytes > std::max(kMinBudget, x_live_bytes)) return nullptr;
    return allocate_large(type, bytes);
  }
  const uint32_t size_class = class_of(bytes);
  SizeClass& cells = x_classes[size_class];
  if (cells.free == nullptr && cells.bump == cells.bump_end && !refill(size_class, if_not_due)) {
    return nullptr;
  }
  HeapObject* object;
  if (cells.free != nullptr) {
    object = &cells.free->header;
    cells.free = cells.free->next;
  } else {
    object = reinterpret_cast<HeapObject*>(cells.bump);
    cells.bump += cells.cell_bytes;
  }
  return born(object, type);
}

HeapObject* GcHeap::allocate_large(uint32_t type, uint64_t bytes) {
  Unit* const unit = take_units(round_up(bytes, kUnitBytes) / kUnitBytes, bytes);
  if (unit == nullptr) return nullptr;
  x_allocated += unit->bytes;
  return born(reinterpret_cast<HeapObject*>(unit->begin), type);
}

// Gives a size class cells to hand out.
bool GcHeap::refill(uint32_t size_class, bool if_not_due) {
  SizeClass& cells = x_classes[size_class];
  if (cells.block != nullptr)
    cells.block->used = static_cast<uint32_t>(cells.bump_end - cells.block->begin);
  cells.block = nullptr;
  if (if_not_due && x_allocated >= std::max(kMinBudget, x_live_bytes)) return false;
  Unit* block = cells.unswept;
  if (block != nullptr) {
    cells.unswept = block->next;
    sweep(*block);
    x_allocated += kUnitBytes - uint64_t{block->marked} * block->cell_bytes;
  } else {
    block = take_block();
    if (block == nullptr) return false;
    block->size_class = static_cast<uint8_t>(size_class);
    block->cell_bytes = cells.cell_bytes = cell_bytes_of(size_class);
    x_allocated += kUnitBytes;
  }
  cells.block = block;
  cells.bump = block->begin + block->used;
  cells.bump_end = block->begin + kUnitBytes / cells.cell_bytes * cells.cell_bytes;
  return true;
}

// Links the cells of a block that hold no living object, in the order of their addresses.
void GcHeap::sweep(Unit& block) {
  FreeCell** link = &x_classes[block.size_class].free;
  each_object(block, [&](HeapObject& object) {
    if (object.gc == x_epoch) return;
    object = {kFreeCell, 0};
    auto& cell = reinterpret_cast<FreeCell&>(object);
    *link = &cell;
    link = &cell.next;
  });
  *link = nullptr;
}

// --- looking up

// Cells that were never given out hold anything: blocks must say where those begin.
void GcHeap::note_bumps() {
  for (const SizeClass& cells : x_classes) {
    if (cells.block != nullptr)
      cells.block->used = static_cast<uint32_t>(cells.bump - cells.block->begin);
  }
}

HeapObject* GcHeap::find(uint64_t word) {
  if (x_arenas.empty() || word % 16 != 0) return nullptr;
  const uint64_t base = word & ~(kArenaBytes - 1);
  const auto address = [](const Arena* arena) { return reinterpret_cast<uintptr_t>(arena); };
  if (base < address(x_arenas.front()) || base > address(x_arenas.back())) return nullptr;
  const auto at = std::ranges::lower_bound(x_arenas, base, {}, address);
  if (at == x_arenas.end() || address(*at) != base) return nullptr;
  if (!x_marking) note_bumps();
  const Unit& unit = (*at)->units[word / kUnitBytes % kUnits];
  const auto offset = static_cast<uint32_t>(word % kUnitBytes);
  if (unit.kind == UnitKind::Free) return nullptr;
  if (unit.kind == UnitKind::Large ? offset != 0
                                   : offset >= unit.used || offset % unit.cell_bytes != 0) {
    return nullptr;
  }
  auto* const object = reinterpret_cast<HeapObject*>(word);
  return is_alive(*object) ? object : nullptr;
}

// --- marking

// After four thousand million collections: all marks begin anew.
void GcHeap::restart_epochs() {
  each_unit([this](Unit& unit) {
    each_object(unit,
                [this](HeapObject& object) { object.gc = object.gc == x_epoch ? kFirstEpoch : 0; });
  });
  x_epoch = kFirstEpoch;
}

void GcHeap::begin_marking() {
  note_bumps();
  if (x_epoch == UINT32_MAX) restart_epochs();
  ++x_epoch;
  x_marking = true;
  each_unit([](Unit& unit) { unit.marked = 0; });
}

void GcHeap::mark_object(HeapObject* object) {
  object->gc = x_epoch;
  ++unit_of(object).marked;
  wait(reinterpret_cast<uint64_t>(object));
}

// At most a sixteenth of the heap, so that even the worst heap is looked through a few times only.
size_t GcHeap::most_waiting() const {
  constexpr size_t least = size_t{64} << 10;
  return std::min(x_mark_limit, std::max(least, static_cast<size_t>(x_taken / 128)));
}

// There is always room for two where there is room for one: an array that is followed in parts
// needs that.
void GcHeap::wait(uint64_t entry) {
  if (x_waiting_count + 2 > x_waiting_capacity) [[unlikely]] {
    const size_t wanted = std::min(std::max(kFirstWaiting, 2 * x_waiting_capacity), most_waiting());
    void* const grown =
        wanted > x_waiting_capacity ? std::realloc(x_waiting, wanted * sizeof(uint64_t)) : nullptr;
    if (grown == nullptr) {
      unit_of(reinterpret_cast<void*>(entry)).overflowed = true;
      x_overflowed = true;
      return;
    }
    x_waiting = static_cast<uint64_t*>(grown);
    x_waiting_capacity = wanted;
  }
  x_waiting[x_waiting_count++] = entry;
}

void GcHeap::mark_elements(ArrayObject& array, uint32_t from, uint32_t to) {
  const auto* const elements = reinterpret_cast<const uint8_t*>(&array) + kArrayElements;
  for (uint64_t i = from; i < to; ++i) mark(load_ref(elements + i * sizeof(uint64_t)));
}

// Marks what a struct or an exception refers to.
void GcHeap::mark_fields(HeapObject& object) {
  if (object.type != kExnObjectType) {
    const auto* const base = reinterpret_cast<const uint8_t*>(&object);
    for (const uint32_t offset : x_types.layout(object.type).refs) mark(load_ref(base + offset));
    return;
  }
  auto& exception = reinterpret_cast<ExnObject&>(object);
  const uint64_t* slot = exception.slots();
  for (const ValType type : exception.tag->func_type->params) {
    if (holds_collected_refs(type, x_types)) mark(*slot);
    slot += type.slots();
  }
}

bool GcHeap::has_elements_to_mark(const HeapObject& object) const {
  return object.type < kFirstObjectKind && x_types.layout(object.type).has_collected_elements;
}

void GcHeap::follow_waiting() {
  while (x_waiting_count != 0) {
    const uint64_t entry = x_waiting[--x_waiting_count];
    auto& object = *reinterpret_cast<HeapObject*>(entry & ~kPartTag);
    const bool is_part = (entry & kPartTag) != 0;
    const auto from = is_part ? static_cast<uint32_t>(x_waiting[--x_waiting_count]) : 0;
    if (!has_elements_to_mark(object)) {
      mark_fields(object);
      continue;
    }
    auto& array = reinterpret_cast<ArrayObject&>(object);
    const uint32_t to =
        array.length - from > kElementsAtOnce ? from + kElementsAtOnce : array.length;
    if (to != array.length) {
      // Below what is found now, and where the entry just taken left room for two.
      x_waiting[x_waiting_count++] = to;
      x_waiting[x_waiting_count++] = reinterpret_cast<uint64_t>(&object) | kPartTag;
    }
    mark_elements(array, from, to);
  }
}

// Follows the marked objects of units in which some found no room to wait.
void GcHeap::follow_overflowed() {
  const auto follow = [this](HeapObject& object) {
    if (object.gc != x_epoch) return;
    if (!has_elements_to_mark(object)) {
      mark_fields(object);
      return follow_waiting();
    }
    auto& array = reinterpret_cast<ArrayObject&>(object);
    for (uint64_t from = 0; from < array.length; from += kElementsAtOnce) {
      const uint64_t to = std::min<uint64_t>(from + kElementsAtOnce, array.length);
      mark_elements(array, static_cast<uint32_t>(from), static_cast<uint32_t>(to));
      follow_waiting();
    }
  };
  while (x_overflowed) {
    x_overflowed = false;
    each_unit([&](Unit& unit) {
      if (!unit.overflowed) return;
      unit.overflowed = false;
      each_object(unit, follow);
    });
  }
}

void GcHeap::finish_marking(Keep keep) {
  follow_waiting();
  follow_overflowed();
  std::free(x_waiting);
  x_waiting = nullptr;
  x_waiting_capacity = 0;

  for (SizeClass& cells : x_classes) {
    cells.free = nullptr;
    cells.bump = cells.bump_end = nullptr;
    cells.block = cells.unswept = nullptr;
  }
  x_live_bytes = 0;
  each_unit([this](Unit& unit) {
    if (unit.kind == UnitKind::Large) {
      if (reinterpret_cast<HeapObject*>(unit.begin)->gc == x_epoch) {
        x_live_bytes += unit.bytes;
      } else {
        release_large(unit);
      }
      return;
    }
    if (unit.marked == 0) return release_block(unit);
    const uint64_t marked_bytes = uint64_t{unit.marked} * unit.cell_bytes;
    x_live_bytes += marked_bytes;
    if (marked_bytes + unit.cell_bytes > kUnitBytes) return;  // full
    Unit*& list = x_classes[unit.size_class].unswept;
    unit.next = list;
    list = &unit;
  });
  x_marking = false;
  x_allocated = 0;
  ++x_collections;
  trim(keep == Keep::WorkingSet ? std::max(kMinBudget, x_live_bytes) : kSmallReserve);
}

}  // namespace weft::interp
