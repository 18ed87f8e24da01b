// Validates all function bodies of a module, with several threads if that pays.
#pragma once

#include "interp/core/error.h"
#include "interp/core/features.h"
#include "interp/validate/validate_options.h"

namespace weft::interp {

// The features that the bodies use, or the error of the first body that has one.
Result<FeatureSet> validate_bodies(const ValidationContext& context);

}  // namespace weft::interp
