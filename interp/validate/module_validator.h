// The rules of whole modules (Spec 3.0, 3.5 "Modules"): index spaces, constant expressions,
// exports, segments, bodies.
#pragma once

#include "interp/core/error.h"
#include "interp/decode/module.h"
#include "interp/validate/type_registry.h"
#include "interp/validate/validate_options.h"

namespace weft::interp {

// Validates a decoded module whole, bodies included, and completes it: types get their ids and all
// references to types (in types, tables, globals, segments, imports) become TypeIds; constant
// expressions are reduced; declared_funcs and used_features are set. A module that was refused must
// not be used. The error is the same however many threads work.
Result<void> validate_module(Module& module, TypeRegistry& types,
                             const ValidateOptions& options = {});

}  // namespace weft::interp
