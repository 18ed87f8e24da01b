#include "interp/execute/families.h"
#include "interp/execute/shapes_numeric.h"

namespace weft::interp {

HandlerFn* i32_handler(const HandlerKey& key) { return NumericFamily<'i'>::find(key); }

}  // namespace weft::interp
