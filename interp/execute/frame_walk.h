// The frames of all activations of a store, innermost first.
#pragma once

#include "interp/runtime/context.h"
#include "interp/translate/code.h"

namespace weft::interp {

// Calls guest(context, cell, is_return_address) and host(func) until one of them returns false.
// `context`, `cell` and `records` are where the innermost guest is.
template <class Guest, class Host>
void walk_frames(const StoreState& state, const Context* context, const uint8_t* cell,
                 const Record* records, Guest guest, Host host) {
  if (!guest(context, cell, false)) return;
  for (const Record* at = records; at < state.stack_top; ++at) {
    if (at->pc == switch_back_cell()) {
      context = reinterpret_cast<const Context*>(at->fp);
    } else if (at->pc != exit_cell()) {
      if (!guest(context, at->pc, true)) return;
    } else if (at + 1 < state.stack_top) {
      // The bottom of a nested activation, and the guest that waits for the host function which
      // made it (invoke.cc).
      if (!host(reinterpret_cast<const FuncInst*>(at->fp))) return;
      ++at;
      context = reinterpret_cast<const Context*>(at->fp);
      if (!guest(context, at->pc, false)) return;
    }
  }
}

}  // namespace weft::interp
