// Decodes and validates in one go, and says what went wrong.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "interp/decode/module_decoder.h"
#include "interp/validate/module_validator.h"
#include "tests/decode/module_bytes.h"

namespace weft::interp::testing {

inline Result<void> decode_and_validate(const Bytes& bytes, const ValidateOptions& options) {
  auto module = decode(bytes, {.features = options.features, .limits = options.limits});
  if (!module) return std::unexpected(std::move(module).error());
  TypeRegistry types;
  return validate_module(**module, types, options);
}

// "" for a valid module. Checks that the quick way changes nothing.
inline std::string validation_error(const Bytes& bytes, FeatureSet features = kSupportedFeatures,
                                    const ImplementationLimits& limits = {}) {
  ValidateOptions options{.features = features, .limits = limits, .threads = 1};
  const auto quick = decode_and_validate(bytes, options);
  options.quick = false;
  const auto literal = decode_and_validate(bytes, options);
  EXPECT_EQ(quick.has_value(), literal.has_value());
  if (quick || literal) return "";
  EXPECT_EQ(quick.error().message(), literal.error().message());
  EXPECT_EQ(quick.error().offset(), literal.error().offset());
  return quick.error().message();
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
