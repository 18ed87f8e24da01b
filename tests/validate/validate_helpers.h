// Decodes and validates in one go, and says what went wrong.
#pragma once

#include <string>

#include "interp/decode/module_decoder.h"
#include "interp/validate/module_validator.h"
#include "tests/decode/module_bytes.h"

namespace weft::interp::testing {

// "" for a valid module.
inline std::string validation_error(const Bytes& bytes, FeatureSet features = kSupportedFeatures,
                                    const ImplementationLimits& limits = {}) {
  auto module = decode(bytes, {.features = features, .limits = limits});
  if (!module) return module.error().message();
  TypeRegistry types;
  const auto valid =
      validate_module(**module, types, {.features = features, .limits = limits, .threads = 1});
  return valid ? "" : valid.error().message();
}

// A module whose one function () -> () has this body, without the final `end`; with a memory, a
// funcref table 0, an externref table 1, a mutable i32 global, an element and a data segment.
inline ModuleBuilder module_with_body(const Bytes& code, const Bytes& locals = {0}) {
  ModuleBuilder builder;
  builder.type({}, {}).memory();
  builder.item(ModuleBuilder::kTable, {0x70, 0, 10}).item(ModuleBuilder::kTable, {0x6f, 0, 10});
  builder.item(ModuleBuilder::kGlobal, {0x7f, 1, 0x41, 0, 0x0b});
  builder.item(ModuleBuilder::kElement, {1, 0, 1, 0}).item(ModuleBuilder::kData, {1, 1, 'x'});
  builder.raw(ModuleBuilder::kDataCount, {1});
  return builder.func(0, code, locals);
}

inline std::string body_error(const Bytes& code, FeatureSet features = kSupportedFeatures) {
  return validation_error(module_with_body(code).build(), features);
}

}  // namespace weft::interp::testing
