// What the sampler asked for (interp/runtime/sampler.h), where the guest looks for interrupts. Both
// do nothing if no tick is due.
#pragma once

#include "interp/runtime/context.h"

namespace weft::interp {

// The guest is at this cell.
void take_sample(Context& context, const uint8_t* cell, const Record* records) noexcept;

// A host function is about to return to the guest or to call one: the time was its own. Time in
// which no guest waits is nobody's.
void take_host_sample(StoreState& state) noexcept;

}  // namespace weft::interp
