// Constant expressions at instantiation (Spec 3.0, 3.4.13 "Constant Expressions").
#pragma once

#include "interp/core/trap.h"
#include "interp/core/value.h"
#include "interp/decode/module.h"

namespace weft::interp {

class Instance;

// The value of a validated expression, unless an object could not be made
// (TrapCode::AllocationFailure). The globals that it reads have been set. Not where anything may
// collect: Store::NoCollection.
Trapping<Value> evaluate(const ConstExpr& expr, Instance& instance);

}  // namespace weft::interp
