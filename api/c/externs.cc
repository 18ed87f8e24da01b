// Externs of <wasm.h>: globals, tables, memories, and what all have in common.
#include <algorithm>

#include "api/c/objects.h"

using weft::c::guard;
using weft::c::kind_of;
using weft::c::new_externtype;
using weft::c::new_ref;
using weft::c::new_val;
using weft::c::open;
using weft::c::to_ref;
using weft::c::to_val;

wasm_externkind_t wasm_extern_kind(const wasm_extern_t* item) {
  return item == nullptr ? wasm_externkind_t{} : kind_of(item->item.kind());
}
wasm_externtype_t* wasm_extern_type(const wasm_extern_t* item) {
  return guard([&]() -> wasm_externtype_t* {
    if (item == nullptr) return nullptr;
    const auto type = item->item.type(open(item->store));
    return type ? new_externtype(*type).release() : nullptr;
  });
}

wasm_global_t* wasm_global_new(wasm_store_t* store, const wasm_globaltype_t* type,
                               const wasm_val_t* init) {
  return guard([&]() -> wasm_global_t* {
    if (store == nullptr || type == nullptr || init == nullptr) return nullptr;
    const auto value = to_val(*init, type->global.content);
    if (!value) return nullptr;
    const auto global = weft::Global::create(open(store->handle), type->global, *value);
    return global ? new wasm_global_t(store->handle, *global) : nullptr;
  });
}
wasm_globaltype_t* wasm_global_type(const wasm_global_t* global) {
  return guard([&]() -> wasm_globaltype_t* {
    if (global == nullptr) return nullptr;
    const auto type = global->global().type(open(global->store));
    return type ? new wasm_globaltype_t(*type) : nullptr;
  });
}
void wasm_global_get(const wasm_global_t* global, wasm_val_t* out) {
  if (out == nullptr) return;
  *out = WASM_INIT_VAL;
  if (global == nullptr) return;
  guard([&] {
    const auto value = global->global().get(open(global->store));
    if (value) *out = new_val(global->store, *value);
  });
}
void wasm_global_set(wasm_global_t* global, const wasm_val_t* value) {
  if (global == nullptr || value == nullptr) return;
  guard([&] {
    const weft::StoreRef store = open(global->store);
    const auto type = global->global().type(store);
    if (!type) return;
    const auto wanted = to_val(*value, type->content);
    if (!wanted) return;
    // A refusal has no way out.
    [[maybe_unused]] const auto done = global->global().set(store, *wanted);
  });
}

wasm_table_t* wasm_table_new(wasm_store_t* store, const wasm_tabletype_t* type, wasm_ref_t* init) {
  return guard([&]() -> wasm_table_t* {
    if (store == nullptr || type == nullptr) return nullptr;
    const auto value = to_ref(init, type->table.element);
    if (!value) return nullptr;
    const auto table = weft::Table::create(open(store->handle), type->table, *value);
    return table ? new wasm_table_t(store->handle, *table) : nullptr;
  });
}
wasm_tabletype_t* wasm_table_type(const wasm_table_t* table) {
  return guard([&]() -> wasm_tabletype_t* {
    if (table == nullptr) return nullptr;
    const auto type = table->table().type(open(table->store));
    return type ? new wasm_tabletype_t(*type) : nullptr;
  });
}
wasm_ref_t* wasm_table_get(const wasm_table_t* table, wasm_table_size_t index) {
  return guard([&]() -> wasm_ref_t* {
    if (table == nullptr) return nullptr;
    const auto value = table->table().get(open(table->store), index);
    return value ? new_ref(table->store, *value).release() : nullptr;
  });
}
bool wasm_table_set(wasm_table_t* table, wasm_table_size_t index, wasm_ref_t* ref) {
  return guard([&] {
    if (table == nullptr) return false;
    const weft::StoreRef store = open(table->store);
    const auto type = table->table().type(store);
    if (!type) return false;
    const auto value = to_ref(ref, type->element);
    return value && table->table().set(store, index, *value);
  });
}
wasm_table_size_t wasm_table_size(const wasm_table_t* table) {
  if (table == nullptr) return 0;
  return guard([&] {
    const std::uint64_t size = table->table().size(open(table->store)).value_or(0);
    return static_cast<wasm_table_size_t>(std::min<std::uint64_t>(size, UINT32_MAX));
  });
}
bool wasm_table_grow(wasm_table_t* table, wasm_table_size_t delta, wasm_ref_t* init) {
  return guard([&] {
    if (table == nullptr) return false;
    const weft::StoreRef store = open(table->store);
    const auto type = table->table().type(store);
    if (!type) return false;
    const auto value = to_ref(init, type->element);
    return value && table->table().grow(store, delta, *value);
  });
}

wasm_memory_t* wasm_memory_new(wasm_store_t* store, const wasm_memorytype_t* type) {
  return guard([&]() -> wasm_memory_t* {
    if (store == nullptr || type == nullptr) return nullptr;
    const auto memory = weft::Memory::create(open(store->handle), type->memory);
    return memory ? new wasm_memory_t(store->handle, *memory) : nullptr;
  });
}
wasm_memorytype_t* wasm_memory_type(const wasm_memory_t* memory) {
  return guard([&]() -> wasm_memorytype_t* {
    if (memory == nullptr) return nullptr;
    const auto type = memory->memory().type(open(memory->store));
    return type ? new wasm_memorytype_t(*type) : nullptr;
  });
}
byte_t* wasm_memory_data(wasm_memory_t* memory) {
  return guard([&]() -> byte_t* {
    if (memory == nullptr) return nullptr;
    const auto bytes = memory->memory().span(open(memory->store));
    return bytes ? reinterpret_cast<byte_t*>(bytes->data()) : nullptr;
  });
}
size_t wasm_memory_data_size(const wasm_memory_t* memory) {
  return guard([&]() -> size_t {
    if (memory == nullptr) return 0;
    return memory->memory().byte_size(open(memory->store)).value_or(0);
  });
}
wasm_memory_pages_t wasm_memory_size(const wasm_memory_t* memory) {
  return guard([&]() -> wasm_memory_pages_t {
    if (memory == nullptr) return 0;
    const std::uint64_t size = memory->memory().size(open(memory->store)).value_or(0);
    return static_cast<wasm_memory_pages_t>(std::min<std::uint64_t>(size, UINT32_MAX));
  });
}
bool wasm_memory_grow(wasm_memory_t* memory, wasm_memory_pages_t delta) {
  return guard([&] {
    return memory != nullptr && memory->memory().grow(open(memory->store), delta).has_value();
  });
}
