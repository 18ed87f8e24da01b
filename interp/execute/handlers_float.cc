#include "interp/execute/families.h"
#include "interp/execute/shapes_numeric.h"

namespace weft::interp {

HandlerFn* float_handler(const HandlerKey& key) { return NumericFamily<'f', 'd'>::find(key); }

}  // namespace weft::interp
