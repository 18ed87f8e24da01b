// Memories, tables and globals of <weft.h>.
#include "api/c/support.h"

using weft::c::attempt;
using weft::c::forward_error;
using weft::c::from_c;
using weft::c::guard;
using weft::c::new_ref;
using weft::c::open;
using weft::c::put;
using weft::c::put_as;
using weft::c::StoreHandle;
using weft::c::to_c;
using weft::c::to_ref;
using weft::c::view;

// NOLINTNEXTLINE(readability-identifier-naming): the name is <weft.h>'s
struct weft_shared_memory_t {
  weft::SharedMemory memory;
};

namespace {

using weft::Errc;
using weft::fail;
using weft::Result;

// As put, but nobody may want the value.
template <class T, class U>
Result<void> put_wanted(Result<T> value, U* out) {
  if (!value) return forward_error(value);
  if (out != nullptr) *out = *value;
  return {};
}

Result<void> put_memory(Result<weft::Memory> memory, const StoreHandle& store,
                        wasm_memory_t** out) {
  return put_as(std::move(memory), out,
                [&](const weft::Memory& made) { return new wasm_memory_t(store, made); });
}

Result<void> put_shared(Result<weft::SharedMemory> memory, weft_shared_memory_t** out) {
  return put_as(std::move(memory), out, [](weft::SharedMemory&& made) {
    return new weft_shared_memory_t{std::move(made)};
  });
}

Result<void> check_buffer(const void* bytes, std::size_t size) {
  if (bytes == nullptr && size != 0) return fail(Errc::usage, "NULL where something is needed");
  return {};
}

}  // namespace

weft_error_t* weft_memory_new(wasm_store_t* store, const wasm_memorytype_t* type,
                              wasm_memory_t** out) {
  return attempt(
      [&] {
        return put_memory(weft::Memory::create(open(store->handle), type->memory), store->handle,
                          out);
      },
      store, type, out);
}
weft_error_t* weft_memory_byte_size(const wasm_memory_t* memory, uint64_t* out) {
  return attempt([&] { return put(memory->memory().byte_size(open(memory->store)), out); }, memory,
                 out);
}
weft_error_t* weft_memory_pages(const wasm_memory_t* memory, uint64_t* out) {
  return attempt([&] { return put(memory->memory().size(open(memory->store)), out); }, memory, out);
}
weft_error_t* weft_memory_grow(wasm_memory_t* memory, uint64_t pages, uint64_t* before) {
  return attempt(
      [&] { return put_wanted(memory->memory().grow(open(memory->store), pages), before); },
      memory);
}
weft_error_t* weft_memory_read(const wasm_memory_t* memory, uint64_t address, void* to,
                               size_t size) {
  return attempt(
      [&]() -> Result<void> {
        if (Result<void> ok = check_buffer(to, size); !ok) return ok;
        return memory->memory().read(open(memory->store), address,
                                     {static_cast<std::uint8_t*>(to), size});
      },
      memory);
}
weft_error_t* weft_memory_write(wasm_memory_t* memory, uint64_t address, const void* from,
                                size_t size) {
  return attempt(
      [&]() -> Result<void> {
        if (Result<void> ok = check_buffer(from, size); !ok) return ok;
        return memory->memory().write(open(memory->store), address, view(from, size));
      },
      memory);
}
weft_error_t* weft_memory_fill(wasm_memory_t* memory, uint64_t address, uint8_t value,
                               uint64_t length) {
  return attempt([&] { return memory->memory().fill(open(memory->store), address, value, length); },
                 memory);
}
weft_error_t* weft_memory_copy_within(wasm_memory_t* memory, uint64_t to, uint64_t from,
                                      uint64_t length) {
  return attempt([&] { return memory->memory().copy(open(memory->store), to, from, length); },
                 memory);
}
weft_error_t* weft_memory_data(const wasm_memory_t* memory, uint8_t** data, uint64_t* size) {
  return attempt(
      [&]() -> Result<void> {
        Result<std::span<std::uint8_t>> bytes = memory->memory().span(open(memory->store));
        if (!bytes) return forward_error(bytes);
        *data = bytes->data();
        *size = bytes->size();
        return {};
      },
      memory, data, size);
}

weft_error_t* weft_shared_memory_new(const wasm_engine_t* engine, const wasm_memorytype_t* type,
                                     weft_shared_memory_t** out) {
  return attempt(
      [&] { return put_shared(weft::SharedMemory::create(engine->engine, type->memory), out); },
      engine, type, out);
}
weft_error_t* weft_shared_memory_of(const wasm_memory_t* memory, weft_shared_memory_t** out) {
  return attempt(
      [&] {
        return put_shared(weft::SharedMemory::of(open(memory->store), memory->memory()), out);
      },
      memory, out);
}
weft_shared_memory_t* weft_shared_memory_copy(const weft_shared_memory_t* memory) {
  return guard([&] { return memory == nullptr ? nullptr : new weft_shared_memory_t(*memory); });
}
void weft_shared_memory_delete(weft_shared_memory_t* memory) { delete memory; }
weft_error_t* weft_shared_memory_in(const weft_shared_memory_t* memory, wasm_store_t* store,
                                    wasm_memory_t** out) {
  return attempt(
      [&] { return put_memory(memory->memory.in(open(store->handle)), store->handle, out); },
      memory, store, out);
}
uint64_t weft_shared_memory_byte_size(const weft_shared_memory_t* memory) {
  return memory == nullptr ? 0 : memory->memory.byte_size();
}
weft_error_t* weft_shared_memory_notify(const weft_shared_memory_t* memory, uint64_t address,
                                        uint32_t count, uint32_t* woken) {
  return attempt([&] { return put_wanted(memory->memory.notify(address, count), woken); }, memory);
}

weft_error_t* weft_table_new(wasm_store_t* store, const wasm_tabletype_t* type,
                             const wasm_ref_t* init, wasm_table_t** out) {
  return attempt(
      [&]() -> Result<void> {
        Result<weft::Ref> value = to_ref(init, type->table.element);
        if (!value) return forward_error(value);
        return put_as(
            weft::Table::create(open(store->handle), type->table, *value), out,
            [&](const weft::Table& made) { return new wasm_table_t(store->handle, made); });
      },
      store, type, out);
}
weft_error_t* weft_table_size(const wasm_table_t* table, uint64_t* out) {
  return attempt([&] { return put(table->table().size(open(table->store)), out); }, table, out);
}
weft_error_t* weft_table_grow(wasm_table_t* table, uint64_t count, const wasm_ref_t* init,
                              uint64_t* before) {
  return attempt(
      [&]() -> Result<void> {
        const weft::StoreRef store = open(table->store);
        Result<weft::TableType> type = table->table().type(store);
        if (!type) return forward_error(type);
        Result<weft::Ref> value = to_ref(init, type->element);
        if (!value) return forward_error(value);
        return put_wanted(table->table().grow(store, count, *value), before);
      },
      table);
}
weft_error_t* weft_table_get(const wasm_table_t* table, uint64_t index, wasm_ref_t** out) {
  return attempt(
      [&] {
        return put_as(
            table->table().get(open(table->store), index), out,
            [&](const weft::Ref& found) { return new_ref(table->store, found).release(); });
      },
      table, out);
}
weft_error_t* weft_table_set(wasm_table_t* table, uint64_t index, const wasm_ref_t* value) {
  return attempt(
      [&]() -> Result<void> {
        const weft::StoreRef store = open(table->store);
        Result<weft::TableType> type = table->table().type(store);
        if (!type) return forward_error(type);
        Result<weft::Ref> ref = to_ref(value, type->element);
        if (!ref) return forward_error(ref);
        return table->table().set(store, index, *ref);
      },
      table);
}

weft_error_t* weft_global_new(wasm_store_t* store, const wasm_globaltype_t* type,
                              const weft_val_t* init, wasm_global_t** out) {
  return attempt(
      [&]() -> Result<void> {
        Result<weft::Val> value = from_c(*init);
        if (!value) return forward_error(value);
        return put_as(
            weft::Global::create(open(store->handle), type->global, *value), out,
            [&](const weft::Global& made) { return new wasm_global_t(store->handle, made); });
      },
      store, type, init, out);
}
weft_error_t* weft_global_get(const wasm_global_t* global, weft_val_t* out) {
  return attempt(
      [&] {
        return put_as(global->global().get(open(global->store)), out,
                      [&](const weft::Val& value) { return to_c(global->store, value); });
      },
      global, out);
}
weft_error_t* weft_global_set(wasm_global_t* global, const weft_val_t* value) {
  return attempt(
      [&]() -> Result<void> {
        Result<weft::Val> given = from_c(*value);
        if (!given) return forward_error(given);
        return global->global().set(open(global->store), *given);
      },
      global, value);
}
