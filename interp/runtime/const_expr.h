// Constant expressions at instantiation (Spec 3.0, 3.4.13 "Constant Expressions").
#pragma once

#include "interp/core/value.h"
#include "interp/decode/module.h"

namespace weft::interp {

class Instance;

// The value of a validated expression. The globals that it reads have been set.
Value evaluate(const ConstExpr& expr, Instance& instance);

}  // namespace weft::interp
