// Whether this is a build for size (CMake's WEFT_SMALL): with fewer forms of cells, and neither the
// dump of code nor the profiler.
#pragma once

namespace weft::interp {

#ifdef WEFT_SMALL
inline constexpr bool kSmall = true;
#else
inline constexpr bool kSmall = false;
#endif

}  // namespace weft::interp
