// Which targets Google Highway compiles our vector code for, and how a target's table is had. Of
// Highway we use what its headers hold: loading its library costs a process milliseconds, which its
// initialisers spend on measuring a timer.
// Include before any of Highway's headers.
#pragma once

#include <bit>
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

// Calls `getter` as compiled for the best of `targets` (HWY_ bits) or, if it was compiled for none
// of them, for the baseline. Highway's list is in the order of its bits, best first, and its last
// entry is the fallback.
#define WEFT_CALL_FOR_TARGET(getter, targets)                                               \
  ([](int64_t wanted) -> decltype(auto) {                                                   \
    using Getter = decltype(&HWY_STATIC_DISPATCH(getter));                                  \
    static constexpr Getter kGetters[] = {HWY_CHOOSE_TARGET_LIST(getter),                   \
                                          HWY_CHOOSE_FALLBACK(getter)};                     \
    const auto bits = static_cast<uint64_t>(HWY_CHOSEN_TARGET_SHIFT(wanted & HWY_TARGETS) | \
                                            HWY_CHOSEN_TARGET_MASK_SCALAR);                 \
    return kGetters[std::countr_zero(bits) - 1]();                                          \
  }(targets))

namespace weft::interp {

// The targets that this processor and system can run, as HWY_ bits: of those that we compile for.
int64_t supported_targets();

}  // namespace weft::interp
