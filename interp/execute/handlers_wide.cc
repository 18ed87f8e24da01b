// 128-bit arithmetic.
#include "interp/execute/families.h"

namespace weft::interp {

HandlerFn* wide_handler(const HandlerKey&) { return nullptr; }

}  // namespace weft::interp
