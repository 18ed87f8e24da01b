#include "interp/core/bytes.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "interp/core/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "interp/core/bytes-inl.h"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>
#include "interp/core/bytes-inl.h"

namespace weft::interp {
namespace detail {
namespace {

const BytesTable& choose() {
  const BytesTable& best = bytes_table_for(supported_targets());
  g_bytes.store(&best, std::memory_order_relaxed);
  return best;
}

// Stands in until the first call. Static initialisers of other files may be among the callers, so
// this must not wait for one of ours.
constexpr BytesTable kChoosing = {
    [](uint8_t* to, const uint8_t* from, size_t n) { choose().copy(to, from, n); },
    [](uint8_t* to, uint8_t value, size_t n) { choose().fill(to, value, n); },
    [](const uint8_t* bytes, size_t n) { return choose().is_valid_utf8(bytes, n); },
};

}  // namespace

constinit std::atomic<const BytesTable*> g_bytes{&kChoosing};

const BytesTable& bytes_table_for(int64_t target) {
  return WEFT_CALL_FOR_TARGET(bytes_table, target);
}

}  // namespace detail
}  // namespace weft::interp
