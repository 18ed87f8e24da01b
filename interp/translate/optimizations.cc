#include "interp/translate/optimizations.h"

namespace weft::interp {

Optimizations default_optimizations() { return Optimizations::all(); }

}  // namespace weft::interp
