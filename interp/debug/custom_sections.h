// Custom sections that the specification describes (Spec 3.0, Appendix "Custom Sections"): names
// and branch hints.
#pragma once

#include "interp/core/error.h"
#include "interp/decode/module.h"

namespace weft::interp {

// The first thing wrong with one. A module is valid whatever they say.
Result<void> check_custom_sections(const Module& module);

}  // namespace weft::interp
