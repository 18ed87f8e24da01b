// From where an exception is thrown to where it is caught.
#pragma once

#include "interp/execute/abi.h"

namespace weft::interp {

// The registers at the clause that caught an exception; or why none did, in `trap`.
struct Landing {
  TrapCode trap = TrapCode::None;
  Context* context = nullptr;
  Record* records = nullptr;
  uint8_t* memory = nullptr;
  const uint8_t* pc = nullptr;
  uint64_t* fp = nullptr;
};

// Finds who catches StoreState::exception in the frame at `fp` and those of the running activation
// that wait for it, and puts its values where the clause wants them. `cell` is what threw in this
// frame; null if the frame is done, so that the exception goes to its caller. Not caught:
// UncaughtException, with the exception as it was. Traps with Interrupted if that was asked for.
Landing unwind(Context* context, const uint8_t* cell, uint64_t* fp, Record* records);

// Unwinds from the current cell.
WEFT_HANDLER(throw_pending);
// The host function that the current cell called, or that replaced the current frame (a tail call),
// failed with the TrapCode in the accumulator. Exceptions go on in the guest.
WEFT_HANDLER(host_failed);
WEFT_HANDLER(tail_called_host_failed);

}  // namespace weft::interp
