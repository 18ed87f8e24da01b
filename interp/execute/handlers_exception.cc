// Throwing.
#include "interp/execute/families.h"

namespace weft::interp {

HandlerFn* exception_handler(const HandlerKey&) { return nullptr; }

}  // namespace weft::interp
