// What an engine of Wasmtime's, its modules and its stores share.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "api/backends/wasmtime/library.h"
#include "weft/backend.hpp"

namespace weft::backends {

struct WasmtimeState {
  WasmtimeState() = default;
  WasmtimeState(const WasmtimeState&) = delete;
  WasmtimeState& operator=(const WasmtimeState&) = delete;
  ~WasmtimeState() {
    if (trapping_module_ != nullptr) api().wasmtime_module_delete(trapping_module_);
    if (engine != nullptr) api().wasm_engine_delete(engine);
  }

  [[nodiscard]] const WasmtimeApi& api() const { return library->api; }

  // Exports a function "f" that traps.
  [[nodiscard]] const c::Module* trapping_module() const;

  std::shared_ptr<const WasmtimeLibrary> library{};
  c::Engine* engine = nullptr;
  // The interpreter's, which decodes and validates, and knows the types.
  std::unique_ptr<backend::Engine> front{};
  bool backtraces = true;
  bool interruption = true;
  // Bounds on every memory (bytes) and table (elements) of every store.
  std::uint64_t memory_bytes = 0;    // with 32-bit addresses
  std::uint64_t memory64_bytes = 0;  // with 64-bit addresses
  std::uint64_t table_elements = 0;

 private:
  mutable std::once_flag trapping_module_made_;
  mutable c::Module* trapping_module_ = nullptr;
};

// The text of an error, which is deleted.
std::string take_message(const WasmtimeApi& api, c::Error* error);

// A function type for the C API; the caller deletes it. Errc::unsupported for concrete types, which
// the C API can only take from a module.
Result<c::FuncType*> wasmtime_type(const WasmtimeState& engine, const FuncType& type);
Result<c::ValType*> wasmtime_type(const WasmtimeState& engine, const ValType& type);

// A type of Wasmtime's. `exact` becomes false if a concrete type in it could only be told by what
// it is below.
FuncType public_type(const WasmtimeApi& api, const c::FuncType* type, bool& exact);

// The topmost heap type above a reference's.
HeapKind hierarchy_of(const ValType& type);

}  // namespace weft::backends
