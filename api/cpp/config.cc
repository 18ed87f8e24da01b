#include "weft/config.hpp"

#include <array>
#include <string_view>
#include <vector>

#include "weft/version.hpp"

namespace weft {

namespace {

struct FeatureRow {
  std::string_view name;
  bool Features::* field;
  int version;  // of WebAssembly; 0 for proposals
};

constexpr auto kFeatures = std::to_array<FeatureRow>({
    {"sign-extension", &Features::sign_extension, 2},
    {"saturating-conversion", &Features::saturating_conversion, 2},
    {"multi-value", &Features::multi_value, 2},
    {"mutable-globals", &Features::mutable_globals, 2},
    {"bulk-memory", &Features::bulk_memory, 2},
    {"reference-types", &Features::reference_types, 2},
    {"simd", &Features::simd, 2},
    {"extended-const", &Features::extended_const, 3},
    {"tail-call", &Features::tail_call, 3},
    {"function-references", &Features::function_references, 3},
    {"gc", &Features::gc, 3},
    {"exceptions", &Features::exceptions, 3},
    {"memory64", &Features::memory64, 3},
    {"multi-memory", &Features::multi_memory, 3},
    {"relaxed-simd", &Features::relaxed_simd, 3},
    {"threads", &Features::threads, 0},
    {"custom-page-sizes", &Features::custom_page_sizes, 0},
    {"wide-arithmetic", &Features::wide_arithmetic, 0},
});
static_assert(kFeatures.size() * sizeof(bool) == sizeof(Features), "every switch has a row");

Features up_to(int version) {
  Features features;
  for (const FeatureRow& row : kFeatures) {
    features.*row.field = row.version != 0 && row.version <= version;
  }
  return features;
}

}  // namespace

Features Features::none() { return up_to(1); }
Features Features::wasm2() { return up_to(2); }

std::vector<std::string_view> Features::names() const {
  std::vector<std::string_view> names;
  for (const FeatureRow& row : kFeatures) {
    if (this->*row.field) names.push_back(row.name);
  }
  return names;
}

bool Features::set(std::string_view name, bool on) {
  for (const FeatureRow& row : kFeatures) {
    if (row.name != name) continue;
    this->*row.field = on;
    return true;
  }
  return false;
}

ModuleLimits ModuleLimits::strict() {
  ModuleLimits limits;
  limits.module_bytes = 64u << 20;
  limits.types = 10'000;
  limits.functions = 10'000;
  limits.imports = 1'000;
  limits.exports = 10'000;
  limits.globals = 1'000;
  limits.tags = 100;
  limits.tables = 100;
  limits.memories = 1;
  limits.data_segments = 1'000;
  limits.element_segments = 1'000;
  limits.params = 32;
  limits.results = 32;
  limits.locals = 5'000;
  limits.function_bytes = 1u << 20;
  limits.name_bytes = 10'000;
  limits.table_elements = 1'000'000;
  limits.subtyping_depth = 16;
  limits.struct_fields = 1'000;
  return limits;
}

#ifdef WEFT_VERSION
std::string_view version() noexcept { return WEFT_VERSION; }
#else
std::string_view version() noexcept { return "0.1.0"; }
#endif

}  // namespace weft
