// The bulk operations for one of Highway's targets. Included once for each by bytes.cc.
#if defined(WEFT_INTERP_CORE_BYTES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_INTERP_CORE_BYTES_INL_H_
#undef WEFT_INTERP_CORE_BYTES_INL_H_
#else
#define WEFT_INTERP_CORE_BYTES_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <hwy/highway.h>
#include "interp/core/bytes.h"
#include "interp/core/utf8_rules.h"
#include "interp/core/value.h"

HWY_BEFORE_NAMESPACE();
namespace weft::interp {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using detail::BytesTable;

// From these sizes on the C library takes over: it knows the caches' sizes and streams past them,
// and is no slower otherwise (bench/bytes_bench.cc).
#if WEFT_TSAN
// ThreadSanitizer would take its accesses to a guest's memory for ours.
inline constexpr size_t kLargeCopyBytes = SIZE_MAX;
inline constexpr size_t kLargeFillBytes = SIZE_MAX;
#else
inline constexpr size_t kLargeCopyBytes = size_t{1} << 20;
inline constexpr size_t kLargeFillBytes = size_t{1} << 15;
#endif

// Vectors of up to 64 bytes, the size of a cache line.
using Wide = hn::CappedTag<uint8_t, 64>;
using WideVec = hn::Vec<Wide>;

// ---- Copy

// From kVectors whole vectors to twice as many bytes: all loads come before all stores.
template <class D, size_t kVectors>
HWY_INLINE HWY_ATTR void copy_ends(D d, uint8_t* to, const uint8_t* from, size_t n) {
  const size_t lanes = hn::Lanes(d);
  const size_t tail = n - kVectors * lanes;
  if constexpr (kVectors == 1) {
    const auto head0 = hn::LoadU(d, from);
    const auto tail0 = hn::LoadU(d, from + tail);
    hn::StoreU(head0, d, to);
    hn::StoreU(tail0, d, to + tail);
  } else if constexpr (kVectors == 2) {
    const auto head0 = hn::LoadU(d, from);
    const auto head1 = hn::LoadU(d, from + lanes);
    const auto tail0 = hn::LoadU(d, from + tail);
    const auto tail1 = hn::LoadU(d, from + tail + lanes);
    hn::StoreU(head0, d, to);
    hn::StoreU(head1, d, to + lanes);
    hn::StoreU(tail0, d, to + tail);
    hn::StoreU(tail1, d, to + tail + lanes);
  } else {
    static_assert(kVectors == 4);
    const auto head0 = hn::LoadU(d, from);
    const auto head1 = hn::LoadU(d, from + lanes);
    const auto head2 = hn::LoadU(d, from + 2 * lanes);
    const auto head3 = hn::LoadU(d, from + 3 * lanes);
    const auto tail0 = hn::LoadU(d, from + tail);
    const auto tail1 = hn::LoadU(d, from + tail + lanes);
    const auto tail2 = hn::LoadU(d, from + tail + 2 * lanes);
    const auto tail3 = hn::LoadU(d, from + tail + 3 * lanes);
    hn::StoreU(head0, d, to);
    hn::StoreU(head1, d, to + lanes);
    hn::StoreU(head2, d, to + 2 * lanes);
    hn::StoreU(head3, d, to + 3 * lanes);
    hn::StoreU(tail0, d, to + tail);
    hn::StoreU(tail1, d, to + tail + lanes);
    hn::StoreU(tail2, d, to + tail + 2 * lanes);
    hn::StoreU(tail3, d, to + tail + 3 * lanes);
  }
}

HWY_INLINE HWY_ATTR void copy_four(Wide d, uint8_t* to, const uint8_t* from) {
  const size_t lanes = hn::Lanes(d);
  const WideVec v0 = hn::LoadU(d, from);
  const WideVec v1 = hn::LoadU(d, from + lanes);
  const WideVec v2 = hn::LoadU(d, from + 2 * lanes);
  const WideVec v3 = hn::LoadU(d, from + 3 * lanes);
  hn::Store(v0, d, to);
  hn::Store(v1, d, to + lanes);
  hn::Store(v2, d, to + 2 * lanes);
  hn::Store(v3, d, to + 3 * lanes);
}

// Ends that the aligned loop does not reach are loaded before it and stored after it, as the loop
// may overwrite where they come from.
WEFT_GUEST_ACCESS HWY_ATTR void copy_long(uint8_t* to, const uint8_t* from, size_t n) {
  const Wide d;
  const size_t lanes = hn::Lanes(d);
  const size_t step = 4 * lanes;
  uint8_t* const end = to + n;
  if (reinterpret_cast<uintptr_t>(to) - reinterpret_cast<uintptr_t>(from) >= n) {
    // Forwards; also whenever the ranges are apart.
    const WideVec head = hn::LoadU(d, from);
    const WideVec tail0 = hn::LoadU(d, from + n - step);
    const WideVec tail1 = hn::LoadU(d, from + n - 3 * lanes);
    const WideVec tail2 = hn::LoadU(d, from + n - 2 * lanes);
    const WideVec tail3 = hn::LoadU(d, from + n - lanes);
    const size_t skip = lanes - (reinterpret_cast<uintptr_t>(to) & (lanes - 1));
    uint8_t* t = to + skip;
    const uint8_t* f = from + skip;
    for (; t < end - step; t += step, f += step) copy_four(d, t, f);
    hn::StoreU(tail0, d, end - step);
    hn::StoreU(tail1, d, end - 3 * lanes);
    hn::StoreU(tail2, d, end - 2 * lanes);
    hn::StoreU(tail3, d, end - lanes);
    hn::StoreU(head, d, to);
  } else {
    const WideVec head0 = hn::LoadU(d, from);
    const WideVec head1 = hn::LoadU(d, from + lanes);
    const WideVec head2 = hn::LoadU(d, from + 2 * lanes);
    const WideVec head3 = hn::LoadU(d, from + 3 * lanes);
    const WideVec tail = hn::LoadU(d, from + n - lanes);
    const size_t skip = reinterpret_cast<uintptr_t>(end) & (lanes - 1);
    uint8_t* t = end - skip;
    const uint8_t* f = from + n - skip;
    while (t > to + step) {
      t -= step;
      f -= step;
      copy_four(d, t, f);
    }
    hn::StoreU(head0, d, to);
    hn::StoreU(head1, d, to + lanes);
    hn::StoreU(head2, d, to + 2 * lanes);
    hn::StoreU(head3, d, to + 3 * lanes);
    hn::StoreU(tail, d, end - lanes);
  }
}

WEFT_GUEST_ACCESS HWY_ATTR void copy(uint8_t* to, const uint8_t* from, size_t n) {
  if (n >= kLargeCopyBytes) {
    std::memmove(to, from, n);
    return;
  }
  const Wide d;
  const size_t lanes = hn::Lanes(d);
  if (lanes > 32 && n < 64) {
    copy_ends<hn::CappedTag<uint8_t, 32>, 1>({}, to, from, n);
  } else if (n <= 2 * lanes) {
    copy_ends<Wide, 1>(d, to, from, n);
  } else if (n <= 4 * lanes) {
    copy_ends<Wide, 2>(d, to, from, n);
  } else if (n <= 8 * lanes) {
    copy_ends<Wide, 4>(d, to, from, n);
  } else {
    copy_long(to, from, n);
  }
}

// ---- Fill

WEFT_GUEST_ACCESS HWY_ATTR void fill(uint8_t* to, uint8_t value, size_t n) {
  if (n >= kLargeFillBytes) {
    std::memset(to, value, n);
    return;
  }
  const Wide d;
  const size_t lanes = hn::Lanes(d);
  uint8_t* const end = to + n;
  if (lanes > 32 && n < 64) {
    const hn::CappedTag<uint8_t, 32> half;
    const auto v = hn::Set(half, value);
    hn::StoreU(v, half, to);
    hn::StoreU(v, half, end - hn::Lanes(half));
    return;
  }
  const WideVec v = hn::Set(d, value);
  hn::StoreU(v, d, to);
  if (n <= 2 * lanes) {
    hn::StoreU(v, d, end - lanes);
    return;
  }
  if (n <= 8 * lanes) {
    hn::StoreU(v, d, to + lanes);
    if (n > 4 * lanes) {
      hn::StoreU(v, d, to + 2 * lanes);
      hn::StoreU(v, d, to + 3 * lanes);
      hn::StoreU(v, d, end - 4 * lanes);
      hn::StoreU(v, d, end - 3 * lanes);
    }
    hn::StoreU(v, d, end - 2 * lanes);
    hn::StoreU(v, d, end - lanes);
    return;
  }
  uint8_t* t = to + (lanes - (reinterpret_cast<uintptr_t>(to) & (lanes - 1)));
  for (; t < end - 4 * lanes; t += 4 * lanes) {
    hn::Store(v, d, t);
    hn::Store(v, d, t + lanes);
    hn::Store(v, d, t + 2 * lanes);
    hn::Store(v, d, t + 3 * lanes);
  }
  hn::StoreU(v, d, end - 4 * lanes);
  hn::StoreU(v, d, end - 3 * lanes);
  hn::StoreU(v, d, end - 2 * lanes);
  hn::StoreU(v, d, end - lanes);
}

// ---- UTF-8

// The rules that `bytes` breaks, given the three bytes before it in memory; not zero where it
// breaks one.
HWY_INLINE HWY_ATTR WideVec utf8_errors(WideVec bytes, const uint8_t* at) {
  const Wide d;
  const hn::RepartitionToWide<Wide> d16;
  const WideVec before1 = hn::LoadU(d, at - 1);
  const WideVec before2 = hn::LoadU(d, at - 2);
  const WideVec before3 = hn::LoadU(d, at - 3);
  const WideVec low_nibble = hn::Set(d, 0x0f);
  const auto high_nibbles = [&](WideVec v) HWY_ATTR {
    return hn::And(hn::BitCast(d, hn::ShiftRight<4>(hn::BitCast(d16, v))), low_nibble);
  };
  const WideVec broken = hn::And(
      hn::And(
          hn::TableLookupBytes(hn::LoadDup128(d, utf8::kFirstHigh.data()), high_nibbles(before1)),
          hn::TableLookupBytes(hn::LoadDup128(d, utf8::kFirstLow.data()),
                               hn::And(before1, low_nibble))),
      hn::TableLookupBytes(hn::LoadDup128(d, utf8::kSecondHigh.data()), high_nibbles(bytes)));
  // The third byte of sequences of three and four, and the fourth, are a second continuation in a
  // row; nothing else may be. Only e0-ff, and f0-ff, keep the top bit in these subtractions.
  const WideVec third = hn::SaturatedSub(before2, hn::Set(d, 0xe0 - 0x80));
  const WideVec fourth = hn::SaturatedSub(before3, hn::Set(d, 0xf0 - 0x80));
  const WideVec expected =
      hn::And(hn::Or(third, fourth), hn::Set(d, 1u << utf8::kTwoContinuations));
  return hn::Xor(broken, expected);
}

HWY_INLINE HWY_ATTR bool is_ascii(WideVec bytes) {
  const hn::RebindToSigned<Wide> di;
  return hn::AllFalse(di, hn::Lt(hn::BitCast(di, bytes), hn::Zero(di)));
}

// For names, most of which are short: a word at a time, without the buffer below.
inline bool is_short_ascii(const uint8_t* bytes, size_t n) {
  uint64_t all = 0;
  if (n >= 8) {
    for (size_t i = 0; i + 8 < n; i += 8) all |= read_unaligned<uint64_t>(bytes + i);
    all |= read_unaligned<uint64_t>(bytes + n - 8);
  } else {
    for (size_t i = 0; i < n; ++i) all |= bytes[i];
  }
  return (all & 0x8080808080808080) == 0;
}

HWY_ATTR bool is_valid_utf8(const uint8_t* bytes, size_t n) {
  const Wide d;
  const size_t lanes = hn::Lanes(d);
  if (n < lanes && is_short_ascii(bytes, n)) return true;
  // The first and the last vector, and the last three bytes once more, are checked in a buffer with
  // zeros around them, so that the loop needs no cases.
  constexpr size_t kBefore = 3;
  uint8_t buffer[kBefore + hn::MaxLanes(Wide())];

  size_t at = n < lanes ? n : lanes;
  std::memset(buffer, 0, sizeof buffer);
  std::memcpy(buffer + kBefore, bytes, at);
  WideVec block = hn::LoadU(d, buffer + kBefore);
  bool after_ascii = is_ascii(block);
  WideVec errors = after_ascii ? hn::Zero(d) : utf8_errors(block, buffer + kBefore);
  if (n < lanes) {
    // Zeros follow in the buffer: a sequence cut short has been found already.
    return hn::AllTrue(d, hn::Eq(errors, hn::Zero(d)));
  }

  while (n - at >= lanes) {
    if (after_ascii) {
      while (n - at >= 4 * lanes) {
        const WideVec b01 = hn::Or(hn::LoadU(d, bytes + at), hn::LoadU(d, bytes + at + lanes));
        const WideVec b23 =
            hn::Or(hn::LoadU(d, bytes + at + 2 * lanes), hn::LoadU(d, bytes + at + 3 * lanes));
        if (!is_ascii(hn::Or(b01, b23))) break;
        at += 4 * lanes;
      }
      if (n - at < lanes) break;
    }
    block = hn::LoadU(d, bytes + at);
    const bool ascii = is_ascii(block);
    // A sequence that the block before left open is an error of this one.
    if (!(ascii && after_ascii)) errors = hn::Or(errors, utf8_errors(block, bytes + at));
    after_ascii = ascii;
    at += lanes;
  }
  std::memset(buffer, 0, sizeof buffer);
  std::memcpy(buffer, bytes + at - kBefore, kBefore + n - at);
  errors = hn::Or(errors, utf8_errors(hn::LoadU(d, buffer + kBefore), buffer + kBefore));
  return hn::AllTrue(d, hn::Eq(errors, hn::Zero(d)));
}

const BytesTable& bytes_table() {
  static constexpr BytesTable kTable = {copy, fill, is_valid_utf8};
  return kTable;
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace weft::interp
HWY_AFTER_NAMESPACE();

#endif
