#include "interp/execute/families.h"
#include "interp/execute/shapes_numeric.h"

namespace weft::interp {

HandlerFn* i64_handler(const HandlerKey& key) { return NumericFamily<'l'>::find(key); }

}  // namespace weft::interp
