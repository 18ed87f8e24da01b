// Memories, tables and globals.
#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "api/backends/wasmtime/store.h"

namespace weft::backends {

using backend::Index;
using backend::RawVal;

namespace {

std::unexpected<Error> cant_grow(std::string_view what) {
  return fail(Errc::limit, std::string("the ") + std::string(what) + " can't grow");
}

}  // namespace

// --- Memories ---

std::uint64_t WasmtimeStore::most_bytes(const MemoryType& type) const {
  return std::min(limits_.memory_bytes,
                  type.index == IndexType::I32 ? engine_->memory_bytes : engine_->memory64_bytes);
}

Result<Index> WasmtimeStore::memory_new(const MemoryType& type) noexcept {
  if (type.shared) return fail(Errc::unsupported, "this backend has no shared memories");
  if (memories_ >= limits_.memories) return fail(Errc::limit, "too many memories in the store");
  if (Result<void> ok = check_memory(type); !ok) return std::unexpected(std::move(ok).error());
  c::MemoryType* converted = nullptr;
  if (c::Error* error = api().wasmtime_memorytype_new(
          type.limits.min, type.limits.max.has_value(), type.limits.max.value_or(0),
          type.index == IndexType::I64, false, type.page_size_log2, &converted)) {
    return fail(Errc::type_mismatch, "Wasmtime: " + take_message(api(), error));
  }
  c::Extern item;
  item.kind = c::kMemory;
  c::Error* const error = api().wasmtime_memory_new(context_, converted, &item.memory);
  api().wasm_memorytype_delete(converted);
  if (error != nullptr) return fail(Errc::limit, "Wasmtime: " + take_message(api(), error));
  ++memories_;
  note_memory(type);
  return record(item, type).index;
}

MemoryType WasmtimeStore::memory_type(Index memory) noexcept {
  const MemoryRecord& of = *at<MemoryRecord>(memory);
  MemoryType type = of.type;
  type.limits.min = api().wasmtime_memory_size(context_, &of.handle);
  return type;
}

std::uint64_t WasmtimeStore::memory_size(Index memory) noexcept {
  return api().wasmtime_memory_data_size(context_, &at<MemoryRecord>(memory)->handle);
}

Result<std::uint64_t> WasmtimeStore::memory_grow(Index memory, std::uint64_t pages) noexcept {
  const MemoryRecord& of = *at<MemoryRecord>(memory);
  const std::uint64_t most = most_bytes(of.type);
  const std::uint64_t size = memory_size(memory);
  if (size > most || pages > (most - size) / of.type.page_size()) return cant_grow("memory");
  std::uint64_t before = 0;
  if (c::Error* error = api().wasmtime_memory_grow(context_, &of.handle, pages, &before)) {
    api().wasmtime_error_delete(error);
    return cant_grow("memory");
  }
  return before;
}

backend::MemoryView WasmtimeStore::memory_view(Index memory) noexcept {
  const c::Memory& handle = at<MemoryRecord>(memory)->handle;
  return {api().wasmtime_memory_data(context_, &handle),
          api().wasmtime_memory_data_size(context_, &handle)};
}

// --- Tables ---

Result<Index> WasmtimeStore::table_new(const TableType& type, RawVal init) noexcept {
  if (tables_ >= limits_.tables) return fail(Errc::limit, "too many tables in the store");
  if (Result<void> ok = check_table(type); !ok) return std::unexpected(std::move(ok).error());
  // What the C API's type of tables has room for.
  constexpr std::uint64_t kMost = 0xffff'ffff;
  if (type.index == IndexType::I64) {
    return fail(Errc::unsupported, "Wasmtime's C API makes no tables with 64-bit indices");
  }
  const c::Limits limits{
      static_cast<std::uint32_t>(std::min(type.limits.min, kMost)),
      static_cast<std::uint32_t>(std::min(type.limits.max.value_or(kMost), kMost))};
  Result<c::Val> value = to_val(type.element, init);
  if (!value) return std::unexpected<Error>(std::move(value).error());
  Result<c::ValType*> element = wasmtime_type(*engine_, type.element);
  if (!element) {
    api().wasmtime_val_unroot(&*value);
    return std::unexpected<Error>(std::move(element).error());
  }
  c::TableType* const converted = api().wasm_tabletype_new(*element, &limits);
  c::Extern item;
  item.kind = c::kTable;
  c::Error* const error = api().wasmtime_table_new(context_, converted, &*value, &item.memory);
  api().wasm_tabletype_delete(converted);
  api().wasmtime_val_unroot(&*value);
  if (error != nullptr) return fail(Errc::limit, "Wasmtime: " + take_message(api(), error));
  ++tables_;
  return record(item, type).index;
}

TableType WasmtimeStore::table_type(Index table) noexcept {
  TableType type = at<TableRecord>(table)->type;
  type.limits.min = table_size(table);
  return type;
}

std::uint64_t WasmtimeStore::table_size(Index table) noexcept {
  return api().wasmtime_table_size(context_, &at<TableRecord>(table)->handle);
}

Result<std::uint64_t> WasmtimeStore::table_grow(Index table, std::uint64_t count,
                                                RawVal init) noexcept {
  const TableRecord& of = *at<TableRecord>(table);
  Result<c::Val> value = to_val(of.type.element, init);
  if (!value) return std::unexpected<Error>(std::move(value).error());
  std::uint64_t before = 0;
  c::Error* const error = api().wasmtime_table_grow(context_, &of.handle, count, &*value, &before);
  api().wasmtime_val_unroot(&*value);
  if (error == nullptr) return before;
  api().wasmtime_error_delete(error);
  return cant_grow("table");
}

Result<RawVal> WasmtimeStore::table_get(Index table, std::uint64_t index) noexcept {
  c::Val value;
  if (!api().wasmtime_table_get(context_, &at<TableRecord>(table)->handle, index, &value)) {
    return fail(Errc::out_of_bounds, "element " + std::to_string(index) + " of a table of " +
                                         std::to_string(table_size(table)));
  }
  return from_val(value);
}

Result<void> WasmtimeStore::table_set(Index table, std::uint64_t index, RawVal value) noexcept {
  const TableRecord& of = *at<TableRecord>(table);
  const std::uint64_t size = table_size(table);
  if (index >= size) {
    return fail(Errc::out_of_bounds,
                "element " + std::to_string(index) + " of a table of " + std::to_string(size));
  }
  Result<c::Val> converted = to_val(of.type.element, value);
  if (!converted) return std::unexpected<Error>(std::move(converted).error());
  c::Error* const error = api().wasmtime_table_set(context_, &of.handle, index, &*converted);
  api().wasmtime_val_unroot(&*converted);
  if (error != nullptr) return fail(Errc::type_mismatch, "Wasmtime: " + take_message(api(), error));
  return {};
}

// --- Globals ---

Result<Index> WasmtimeStore::global_new(const GlobalType& type, RawVal init) noexcept {
  Result<c::Val> value = to_val(type.content, init);
  if (!value) return std::unexpected<Error>(std::move(value).error());
  Result<c::ValType*> content = wasmtime_type(*engine_, type.content);
  if (!content) {
    api().wasmtime_val_unroot(&*value);
    return std::unexpected<Error>(std::move(content).error());
  }
  c::GlobalType* const converted =
      api().wasm_globaltype_new(*content, static_cast<std::uint8_t>(type.mutability));
  c::Extern item;
  item.kind = c::kGlobal;
  item.global = {};
  c::Error* const error = api().wasmtime_global_new(context_, converted, &*value, &item.global);
  api().wasm_globaltype_delete(converted);
  api().wasmtime_val_unroot(&*value);
  if (error != nullptr) return fail(Errc::limit, "Wasmtime: " + take_message(api(), error));
  return record(item, type).index;
}

GlobalType WasmtimeStore::global_type(Index global) noexcept {
  return at<GlobalRecord>(global)->type;
}

RawVal WasmtimeStore::global_get(Index global) noexcept {
  c::Val value;
  api().wasmtime_global_get(context_, &at<GlobalRecord>(global)->handle, &value);
  return from_val(value);
}

void WasmtimeStore::global_set(Index global, RawVal value) noexcept {
  const GlobalRecord& of = *at<GlobalRecord>(global);
  Result<c::Val> converted = to_val(of.type.content, value);
  if (!converted) return;  // a reference that can't have come out of this store
  if (c::Error* error = api().wasmtime_global_set(context_, &of.handle, &*converted)) {
    api().wasmtime_error_delete(error);
  }
  api().wasmtime_val_unroot(&*converted);
}

}  // namespace weft::backends
