// Tables (Spec 3.0, 4.2.8 "Table Instances").
#include <algorithm>
#include <cstdlib>
#include <string>

#include "interp/runtime/objects.h"
#include "interp/runtime/store.h"
#include "interp/validate/type_registry.h"

namespace weft::interp {

TableInst::~TableInst() { std::free(elems); }

uint64_t TableInst::max_size() const {
  return type.limits.max ? std::min(*type.limits.max, kMaxTableElements) : kMaxTableElements;
}

TableSlot TableInst::slot_of(void* ref) const {
  TableSlot slot{ref};
  if (holds_funcs && ref != nullptr) slot.key = type_key(static_cast<const FuncInst*>(ref)->type);
  return slot;
}

int64_t TableInst::grow(uint64_t delta, void* init) {
  const uint64_t max = max_size();
  // Nothing stops a declared minimum above the implementation's maximum but the check at creation.
  if (size > max || delta > max - size) return -1;
  if (delta == 0) return static_cast<int64_t>(size);
  if (!store->allows_table(size, size + delta, type.limits.max)) return -1;
  if (size + delta > capacity) {
    // Twice as many, so that growing by one does not copy each time.
    const uint64_t wanted = std::min(std::max(size + delta, 2 * capacity), max);
    void* const moved = std::realloc(elems, wanted * sizeof(TableSlot));
    if (moved == nullptr) return -1;
    elems = static_cast<TableSlot*>(moved);
    capacity = wanted;
  }
  std::fill_n(elems + size, delta, slot_of(init));
  const uint64_t old_size = size;
  size += delta;
  return static_cast<int64_t>(old_size);
}

Result<TableInst*> Store::new_table(const TableType& type, void* init) {
  if (type.limits.min > kMaxTableElements) {
    return fail(ErrorKind::Limit,
                "table size must be at most " + std::to_string(kMaxTableElements) + " elements");
  }
  if (x_tables.size() >= x_limiter.max_tables) {
    return fail(ErrorKind::Limit, "too many tables in the store (at most " +
                                      std::to_string(x_limiter.max_tables) + ")");
  }
  if (!allows_table(0, type.limits.min, type.limits.max)) {
    return fail(ErrorKind::Limit, "the store's limiter refused a table of " +
                                      std::to_string(type.limits.min) + " elements");
  }
  TableInst& table = x_tables.emplace_back();
  table.type = type;
  table.store = this;
  table.holds_funcs = holds_func_refs(type.element, *x_types);
  if (const uint64_t size = type.limits.min; size != 0) {
    // Zeroed memory is null references, and untouched until used.
    table.elems = static_cast<TableSlot*>(std::calloc(size, sizeof(TableSlot)));
    if (table.elems == nullptr) {
      x_tables.pop_back();
      return fail(ErrorKind::Exhausted,
                  "a table of " + std::to_string(size) + " elements could not be had");
    }
    if (init != nullptr) std::fill_n(table.elems, size, table.slot_of(init));
    table.size = table.capacity = size;
  }
  return &table;
}

void Store::drop_last_table() { x_tables.pop_back(); }

}  // namespace weft::interp
