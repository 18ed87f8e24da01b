// The targets that vector handlers and their functions are compiled for. Include instead of
// simd_targets.h, before any of Highway's headers.
#pragma once

// Of AVX-512 they would gain nothing: vectors are of 16 bytes, and comparisons are to make vectors,
// not masks.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3)
#include "interp/core/simd_targets.h"
