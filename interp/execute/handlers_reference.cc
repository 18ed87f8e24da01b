// Calls through references and tail calls.
#include "interp/execute/families.h"

namespace weft::interp {

HandlerFn* reference_handler(const HandlerKey&) { return nullptr; }

}  // namespace weft::interp
