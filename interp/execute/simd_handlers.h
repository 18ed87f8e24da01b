// The handlers of vector shapes (Shape::V...), which exist once for each of Highway's targets.
#pragma once

#include <cstdint>

#include "interp/execute/abi.h"
#include "interp/translate/cell.h"

namespace weft::interp {

// One target's handlers.
struct SimdHandlers {
  int64_t target;  // a HWY_ bit
  // Null for keys that are not of a vector shape, or have no such variant.
  HandlerFn* (*find)(const HandlerKey& key);
};

// Those for `target`, a set of HWY_ bits of which the best counts that was compiled.
const SimdHandlers& simd_handlers(int64_t target);

// Those for this processor: decided once, at the first call.
const SimdHandlers& best_simd_handlers();

inline HandlerFn* simd_handler(const HandlerKey& key) { return best_simd_handlers().find(key); }

}  // namespace weft::interp
