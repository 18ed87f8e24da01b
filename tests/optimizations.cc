// What the engines of tests do that don't say it themselves: all optimizations, or what
// WEFT_TEST_OPTIMIZATIONS says, a list as in `weft run --optimizations`.
#include <cstdio>
#include <cstdlib>

#include "api/backends/interp/settings.h"

namespace weft::interp {

Optimizations default_optimizations() {
  static const Optimizations optimizations = [] {
    const char* const list = std::getenv("WEFT_TEST_OPTIMIZATIONS");
    const auto parsed =
        backends::parse_optimizations(list != nullptr ? list : "", Optimizations::all());
    if (!parsed) {
      std::fprintf(stderr, "WEFT_TEST_OPTIMIZATIONS: %s\n", parsed.error().message().c_str());
      std::exit(2);
    }
    return *parsed;
  }();
  return optimizations;
}

}  // namespace weft::interp
