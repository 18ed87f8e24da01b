// Loads and stores of memories other than memory 0, and of memories with 64-bit addresses: always
// checked.
#include "interp/execute/families.h"

namespace weft::interp {

HandlerFn* far_memory_handler(const HandlerKey&) { return nullptr; }

}  // namespace weft::interp
