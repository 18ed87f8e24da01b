// Atomic memory instructions.
#include "interp/execute/families.h"

namespace weft::interp {

HandlerFn* atomic_handler(const HandlerKey&) { return nullptr; }

}  // namespace weft::interp
