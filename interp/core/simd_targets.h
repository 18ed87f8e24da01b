// Which targets Google Highway compiles our vector code for, and how a target's table is had.
// Include before any of Highway's headers.
#pragma once

#include <cstddef>
#include <cstdint>

// SSSE3 without SSE4 is a processor of 2006: not worth a fifth copy of everything.
#ifndef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS HWY_SSSE3
#endif

// For gcc before 12.3 Highway would fall back to vectors of one lane; we need 16 bytes everywhere.
// The tests run every vector function on the emulated target too, so that a miscompilation would
// show.
#ifndef HWY_BROKEN_EMU128
#define HWY_BROKEN_EMU128 0
#endif

// Calls `getter`, exported by HWY_EXPORT, as compiled for `target` (one HWY_ bit) or, if it was not
// compiled for that, for the best one below.
#define WEFT_CALL_FOR_TARGET(getter, target)                                           \
  (HWY_DISPATCH_TABLE(                                                                 \
      getter)[::weft::interp::detail::table_index<HWY_TARGETS>(target, [](int64_t t) { \
    hwy::ChosenTarget chosen;                                                          \
    chosen.Update(t);                                                                  \
    return chosen.GetIndex();                                                          \
  })]())

namespace weft::interp::detail {

// With one target compiled, HWY_EXPORT's table has one entry; otherwise Highway's numbering holds.
template <int64_t kTargets, class Index>
size_t table_index(int64_t target, Index index) {
  return (kTargets & (kTargets - 1)) == 0 ? 0 : index(target);
}

}  // namespace weft::interp::detail
