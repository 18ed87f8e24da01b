// libwasmtime, loaded while the program runs.
#pragma once

#include <memory>
#include <string>

#include "api/backends/wasmtime/c_api.h"
#include "weft/error.hpp"

namespace weft::backends {

// Major versions with the structures and functions of c_api.h.
inline constexpr unsigned kFirstWasmtime = 47;
inline constexpr unsigned kLastWasmtime = 50;

struct WasmtimeLibrary {
  WasmtimeApi api{};
  std::string path{};
  unsigned version = 0;  // the major one
};

// Looks in `path`, or, if that is empty, where WasmtimeOptions::file says. A library stays
// loaded for good. Errc::not_found with what was tried, Errc::unsupported for another version.
Result<std::shared_ptr<const WasmtimeLibrary>> load_wasmtime(const std::string& path);

}  // namespace weft::backends
