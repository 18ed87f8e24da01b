// Faults of guests in guarded memories, turned into traps by a signal handler.
//
// A fault is taken for a guest's only if this thread is inside an activation, none of the host's
// code runs in it, the signal says that an address is not mapped or not accessible, and that
// address lies in a reservation of the running store. Everything else goes to the handler that was
// there before. The handler never jumps: it rewrites the interrupted registers so that the
// activation's entry returns.
//
// A host that installs a handler of its own later gets guests' faults first, until the next
// instance with a guarded memory puts this one back in front; one that doesn't pass on what it does
// not know ends the process until then.
#pragma once

#include "interp/execute/abi.h"
#include "interp/runtime/context.h"

namespace weft::interp {

// A stay in threaded code: from weft_enter to its return.
struct Activation {
  EntryState entry{};  // saved_stack_pointer is null until weft_enter has set it
  StoreState* state = nullptr;
  Activation* outer = nullptr;  // of this thread
};

struct GuestThread {
  Activation* activation = nullptr;  // the innermost
  bool prepared = false;             // see prepare_guest_faults
  // The signal (by its context) that was last passed on, from which stack frame, and how often it
  // has come back.
  const void* passed_on = nullptr;
  uintptr_t passed_on_frame = 0;
  uint32_t passed_on_rounds = 0;
};

// Initial-exec, so that the signal handler may use it: no allocation, no lock.
extern constinit thread_local GuestThread g_guest_thread [[gnu::tls_model("initial-exec")]];

// Installs the handler, or puts it back in front of one installed since, and lets this thread
// receive SIGSEGV. Before a thread first runs guests, and once after instances with guarded
// memories were made (0.2 us if nothing is to be done).
void prepare_guest_faults();

}  // namespace weft::interp
