#include "weft/config.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/version.hpp"

namespace weft {

namespace {

struct FeatureRow {
  std::string_view name;
  bool Features::* field;
  int version;  // the first of WebAssembly's that has it
};

constexpr int kNoVersion = 1000;
constexpr auto kFeatures = std::to_array<FeatureRow>({
    {"sign-extension", &Features::sign_extension, 2},
    {"nontrapping-fptoint", &Features::nontrapping_fptoint, 2},
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
    {"legacy-exceptions", &Features::legacy_exceptions, kNoVersion},
    {"threads", &Features::threads, kNoVersion},
    {"custom-page-sizes", &Features::custom_page_sizes, kNoVersion},
    {"wide-arithmetic", &Features::wide_arithmetic, kNoVersion},
});
static_assert(kFeatures.size() * sizeof(bool) == sizeof(Features), "every switch has a row");

Features up_to(int version) {
  Features features;
  for (const FeatureRow& row : kFeatures) {
    features.*row.field = row.version <= version;
  }
  return features;
}

}  // namespace

Features Features::none() { return up_to(1); }
Features Features::wasm2() { return up_to(2); }
Features Features::wasm3() { return up_to(3); }

Result<Features> Features::parse(std::string_view list) {
  Features features;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view name = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    const bool off = name.starts_with('-');
    if (off) name.remove_prefix(1);
    if (features.set(name, !off)) continue;
    constexpr auto kSets = std::to_array<std::pair<std::string_view, int>>(
        {{"wasm1", 1}, {"wasm2", 2}, {"wasm3", 3}, {"all", kNoVersion}});
    const auto* const found =
        std::ranges::find(kSets, name, &std::pair<std::string_view, int>::first);
    if (found == kSets.end() || off) {
      return fail(Errc::not_found, "there is no feature '" + std::string(name) + "'");
    }
    features = up_to(found->second);
  }
  return features;
}

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
