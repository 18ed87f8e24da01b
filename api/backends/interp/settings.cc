#include "api/backends/interp/settings.h"

#include <algorithm>
#include <limits>
#include <string>

#include "api/backends/interp/convert.h"
#include "interp/core/simd_targets.h"
#include "interp/execute/simd_handlers.h"

#include <hwy/targets.h>

namespace weft::backends {

namespace {

interp::ImplementationLimits limits_of(const ModuleLimits& limits) {
  interp::ImplementationLimits result;
  result.module_bytes = limits.module_bytes;
  result.types = limits.types;
  result.functions = limits.functions;
  result.imports = limits.imports;
  result.exports = limits.exports;
  result.globals = limits.globals;
  result.tags = limits.tags;
  result.tables = limits.tables;
  result.memories = limits.memories;
  result.data_segments = limits.data_segments;
  result.element_segments = limits.element_segments;
  // A segment that is larger than any table fills none.
  result.segment_entries = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(limits.table_elements, std::numeric_limits<std::uint32_t>::max()));
  result.table_elements = limits.table_elements;
  result.params = limits.params;
  result.results = limits.results;
  result.fields = limits.struct_fields;
  result.subtype_depth = limits.subtyping_depth;
  result.locals = limits.locals;
  result.body_bytes = limits.function_bytes;
  result.name_bytes = limits.name_bytes;
  return result;
}

std::uint64_t bytes_of_pages(std::uint64_t pages) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  return pages > kMost / kPageSize ? kMost : pages * kPageSize;
}

// The store's stack holds frames and call records, 16 bytes each. Many calls of a small stack leave
// room for frames all the same.
void divide_stack(const Config& config, interp::StoreConfig& store) {
  constexpr std::uint64_t kRecordShare = 4;
  const std::uint64_t most_calls = config.max_stack_bytes / kRecordShare / sizeof(interp::Record);
  store.max_call_depth =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(config.max_call_depth, most_calls));
  store.stack_bytes =
      config.max_stack_bytes - std::uint64_t{store.max_call_depth} * sizeof(interp::Record);
}

}  // namespace

Result<interp::Optimizations> parse_optimizations(std::string_view list,
                                                  interp::Optimizations optimizations) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view name = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (name == "none") {
      optimizations = interp::Optimizations::none();
      continue;
    }
    const bool off = name.starts_with('-');
    if (off) name.remove_prefix(1);
    const auto& names = interp::kOptimizationNames;
    const auto* const found = std::ranges::find(names, name);
    if (found == names.end()) {
      std::string known;
      for (const std::string_view other : names)
        known.append(known.empty() ? "" : ", ").append(other);
      return fail(Errc::not_found,
                  "there is no optimization '" + std::string(name) + "'; there are " + known);
    }
    optimizations.set(static_cast<interp::Optimization>(found - names.begin()), !off);
  }
  return optimizations;
}

Result<std::shared_ptr<const Settings>> make_settings(const Config& config) {
  auto settings = std::make_shared<Settings>();
  settings->decode = {supported_features(config.features), limits_of(config.limits)};
  settings->validate = {.features = settings->decode.features,
                        .limits = settings->decode.limits,
                        .threads = config.validation_threads};
  settings->backtraces = config.backtraces;
  settings->eager_translation = config.eager_translation;
  settings->memory_bytes = bytes_of_pages(config.limits.memory_pages);
  settings->memory64_bytes = bytes_of_pages(config.limits.memory64_pages);
  settings->table_elements = config.limits.table_elements;
  settings->types = std::make_shared<interp::TypeRegistry>();

  interp::StoreConfig& store = settings->store;
  using Memories = interp::StoreConfig::Memories;
  switch (config.memory_mode) {
    case MemoryMode::Auto:
      store.memories = Memories::Auto;
      break;
    case MemoryMode::Guard:
      if (!interp::kHasGuardMode) {
        return fail(Errc::unsupported, "this system has no guard pages for memories");
      }
      store.memories = Memories::Guard;
      break;
    case MemoryMode::Explicit:
      store.memories = Memories::Checked;
      break;
  }
  store.fuel = config.fuel;
  const Result<interp::Optimizations> optimizations =
      parse_optimizations(config.optimizations, store.optimizations);
  if (!optimizations) return std::unexpected(optimizations.error());
  store.optimizations = *optimizations;
  store.profile = config.profile;
  store.collect_always = config.gc_stress;
  store.max_host_depth = config.max_host_depth;
  divide_stack(config, store);

  // The handlers are chosen once per process.
  const std::string_view best = hwy::TargetName(interp::best_simd_handlers().target);
  if (!config.simd_target.empty() && config.simd_target != best) {
    return fail(Errc::unsupported,
                "the SIMD target is " + std::string(best) + ", not " + config.simd_target);
  }
  return settings;
}

}  // namespace weft::backends
