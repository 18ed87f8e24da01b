// Between the host's values, 16 bytes each, and frames of 8-byte slots, of which a v128 takes two.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

#include "interp/core/types.h"
#include "interp/core/value.h"
#include "interp/validate/type_registry.h"

namespace weft::interp {

inline void put_in_frame(uint64_t* frame, const Value* values, std::span<const ValType> types) {
  for (const ValType type : types) {
    const ValType::Kind kind = type.kind();
    if (kind == ValType::V128) [[unlikely]] {
      std::memcpy(frame, &values->v128, sizeof(V128));
    } else {
      // The host may have left anything above an i32 or f32; slots hold i32 zero-extended.
      const bool is_half = kind == ValType::I32 || kind == ValType::F32;
      *frame = is_half ? values->i32 : values->bits;
    }
    frame += type.slots();
    ++values;
  }
}

inline void take_from_frame(const uint64_t* frame, Value* values, std::span<const ValType> types) {
  for (const ValType type : types) {
    const ValType::Kind kind = type.kind();
    if (kind == ValType::V128) [[unlikely]] {
      std::memcpy(&values->v128, frame, sizeof(V128));
    } else {
      // Handlers write f32 slots by half.
      values->bits = kind == ValType::F32 ? static_cast<uint32_t>(*frame) : *frame;
    }
    frame += type.slots();
    ++values;
  }
}

// The same, with less to look at for most types. There are few values: unrolling these loops would
// make them longer to run, too.
constexpr uint64_t lower_half_if(uint64_t half) { return UINT64_MAX >> (half << 5); }
inline void put_in_frame(uint64_t* frame, const Value* values, const FuncLayout::Values& layout) {
  if (!layout.is_plain) [[unlikely]]
    return put_in_frame(frame, values, layout.types);
  uint64_t halves = layout.halves;
  uint64_t* const end = frame + layout.slots;
#pragma GCC unroll 1
  for (; frame != end; ++frame, ++values, halves >>= 1)
    *frame = values->bits & lower_half_if(halves & 1);
}

inline void take_from_frame(const uint64_t* frame, Value* values,
                            const FuncLayout::Values& layout) {
  if (!layout.is_plain) [[unlikely]]
    return take_from_frame(frame, values, layout.types);
  const uint64_t* const end = frame + layout.slots;
  uint64_t floats = layout.floats;
  if (floats == 0) [[likely]] {
#pragma GCC unroll 1
    for (; frame != end; ++frame, ++values) values->bits = *frame;
    return;
  }
#pragma GCC unroll 1
  for (; frame != end; ++frame, ++values, floats >>= 1)
    values->bits = *frame & lower_half_if(floats & 1);
}

}  // namespace weft::interp
