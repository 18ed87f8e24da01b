// Bytes -> Module: the sections of the binary format (Spec 3.0, 5.5 "Modules"). Function bodies are
// only delimited; what they hold is read when it is validated.
#pragma once

#include <memory>

#include "interp/core/error.h"
#include "interp/core/features.h"
#include "interp/decode/limits.h"
#include "interp/decode/module.h"

namespace weft::interp {

struct DecodeOptions {
  FeatureSet features = kSupportedFeatures;
  ImplementationLimits limits;
};

// Time and memory are linear in the number of bytes, whatever counts they claim. The module keeps
// `source` alive and points into it.
Result<std::unique_ptr<Module>> decode_module(ModuleBytes source,
                                              const DecodeOptions& options = {});

}  // namespace weft::interp
