// Whether tests can run guests on Wasmtime.
#pragma once

#include <cstdlib>

#include "interp/core/small.h"

namespace weft {

constexpr char kNoWasmtime[] =
    "sanitizers don't know Wasmtime's code, builds for size leave its backend out, or "
    "WEFT_WASMTIME_LIB is not set";

inline bool has_wasmtime() {
  const char* const library = std::getenv("WEFT_WASMTIME_LIB");
  return !WEFT_SANITIZED && !interp::kSmall && library != nullptr && *library != '\0';
}

}  // namespace weft
