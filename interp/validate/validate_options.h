// What validation may accept and use.
#pragma once

#include "interp/core/features.h"
#include "interp/decode/limits.h"
#include "interp/decode/module.h"
#include "interp/validate/type_registry.h"

namespace weft::interp {

struct ValidateOptions {
  FeatureSet features = kSupportedFeatures;
  ImplementationLimits limits;
  // For the bodies of large modules; 0: as many as the machine has.
  unsigned threads = 0;
  // Whether the commonest instructions have a way of their own. Without it the result is the same.
  bool quick = true;
};

// What instructions are validated against. All three must outlive the validator.
struct ValidationContext {
  const Module& module;
  const TypeRegistry& types;
  const ValidateOptions& options;
};

}  // namespace weft::interp
