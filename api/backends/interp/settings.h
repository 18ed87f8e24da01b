// An engine's Config in the interpreter's terms.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "interp/decode/limits.h"
#include "interp/decode/module_decoder.h"
#include "interp/runtime/store.h"
#include "interp/validate/type_registry.h"
#include "interp/validate/validate_options.h"
#include "weft/config.hpp"
#include "weft/error.hpp"

namespace weft::backends {

// Shared by an engine, its modules and its stores.
struct Settings {
  interp::DecodeOptions decode;
  interp::ValidateOptions validate;
  interp::StoreConfig store;
  bool backtraces = true;
  bool eager_translation = false;
  // Bounds on every memory (bytes) and table (elements) of every store.
  std::uint64_t memory_bytes = 0;    // with 32-bit addresses
  std::uint64_t memory64_bytes = 0;  // with 64-bit addresses
  std::uint64_t table_elements = 0;
  std::shared_ptr<interp::TypeRegistry> types;
};

// Those optimizations changed by a list (Config::optimizations); Errc::not_found for a name that
// isn't there.
Result<interp::Optimizations> parse_optimizations(std::string_view list,
                                                  interp::Optimizations optimizations);

// Errc::unsupported for what this build or machine can't do.
Result<std::shared_ptr<const Settings>> make_settings(const Config& config);

}  // namespace weft::backends
