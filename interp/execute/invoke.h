// How the host calls into guests.
#pragma once

#include "interp/core/trap.h"
#include "interp/core/value.h"
#include "interp/runtime/objects.h"
#include "interp/runtime/store.h"

namespace weft::interp {

// Calls a function of the store: arguments in values[0..params), then results in
// values[0..results); there are max(params, results) values. i32 and f32 arguments may have
// anything in their upper half; results have zeroes there.
//
// Other than None: why the guest stopped; StoreState::trap says where, until the store's next
// invocation, and the results are unspecified. TrapCode::Interrupted uses up the interrupt.
// TrapCode::HostError: the reason is in Store::take_host_error. TrapCode::CallStackExhausted may
// also mean StoreConfig::max_host_depth.
TrapCode invoke(Store& store, FuncInst& func, Value* values);

}  // namespace weft::interp
