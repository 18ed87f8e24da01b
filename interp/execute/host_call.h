// How handlers reach host functions.
#pragma once

#include "interp/core/trap.h"
#include "interp/runtime/context.h"
#include "interp/runtime/objects.h"

namespace weft::interp {

// Calls a host function with its arguments in frame[0..) and leaves its results there. `pc` and
// `records` are the calling cell and its innermost return record: what a backtrace, a collection or
// a nested invocation needs to know of the guest that waits here.
TrapCode call_host_from_wasm(Context* caller, FuncInst* func, uint64_t* frame, const uint8_t* pc,
                             Record* records);

}  // namespace weft::interp
