#include <cstdio>
#include <utility>

#include "tests/layer/layer_test.h"

namespace weft::layer {

namespace {

// With Wasmtime's ways to run code, if there is a library.
void add_wasmtime(std::vector<BackendCase>& cases) {
  // Sanitizers know neither its machine code nor its handlers of faults.
  if constexpr (WEFT_SANITIZED) return;
  const auto make = [](backends::WasmtimeCompiler compiler) {
    return backends::wasmtime({.compiler = compiler});
  };
  const auto cranelift = make(backends::WasmtimeCompiler::Cranelift);
  if (!cranelift) {
    std::fprintf(stderr, "without Wasmtime: %s\n", cranelift.error().message().c_str());
    return;
  }
  cases.push_back({"wasmtime", *cranelift, {}});
  cases.push_back({"wasmtime_explicit", *cranelift, {.memory_mode = MemoryMode::Explicit}});
  cases.push_back({"wasmtime_fuel", *cranelift, {.fuel = true}});
  cases.push_back({"wasmtime_winch", or_throw(make(backends::WasmtimeCompiler::Winch)), {}});
  cases.push_back({"wasmtime_pulley", or_throw(make(backends::WasmtimeCompiler::Pulley)), {}});
}

std::vector<BackendCase> make_cases() {
  const auto interp = backends::interpreter();
  std::vector<BackendCase> cases{
      {"interp", interp, {}},
      {"interp_explicit", interp, {.memory_mode = MemoryMode::Explicit}},
      {"interp_eager", interp, {.eager_translation = true}},
      {"interp_fuel", interp, {.fuel = true}},
      {"interp_fuel_explicit", interp, {.fuel = true, .memory_mode = MemoryMode::Explicit}},
  };
  if (Engine().supports(backend::Capability::Profile))
    cases.push_back({"interp_profile", interp, {.profile = true}});
  add_wasmtime(cases);
  return cases;
}

}  // namespace

std::vector<BackendCase> backend_cases() {
  static const std::vector<BackendCase> kCases = make_cases();
  return kCases;
}

}  // namespace weft::layer
