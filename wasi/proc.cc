// proc_exit, sched_yield
#include <sched.h>

#include "wasi/handlers.h"

namespace weft::wasi {

Result<void> proc_exit(Call& /*call*/, ExitCode status) {
  return fail(Error::exit(static_cast<std::int32_t>(status)));
}

Outcome sched_yield(Call& /*call*/) {
  ::sched_yield();
  return Errno::Success;
}

}  // namespace weft::wasi
