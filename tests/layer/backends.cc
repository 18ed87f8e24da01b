#include "tests/layer/layer_test.h"

namespace weft::layer {

std::vector<BackendCase> backend_cases() {
  const auto interp = backends::interpreter();
  return {
      {"interp", interp, {}},
      {"interp_explicit", interp, {.memory_mode = MemoryMode::Explicit}},
      {"interp_eager", interp, {.eager_translation = true}},
      {"interp_fuel", interp, {.fuel = true}},
      {"interp_profile", interp, {.profile = true}},
      {"interp_fuel_explicit", interp, {.fuel = true, .memory_mode = MemoryMode::Explicit}},
  };
}

}  // namespace weft::layer
