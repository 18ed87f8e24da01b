#include "tests/layer/layer_test.h"

namespace weft::layer {

std::vector<BackendCase> backend_cases() {
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
  return cases;
}

}  // namespace weft::layer
