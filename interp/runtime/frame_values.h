// Between the host's values, 16 bytes each, and frames of 8-byte slots, of which a v128 takes two.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "interp/core/types.h"
#include "interp/core/value.h"

namespace weft::interp {

inline void put_in_frame(uint64_t* frame, const Value* values, const std::vector<ValType>& types) {
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

inline void take_from_frame(const uint64_t* frame, Value* values,
                            const std::vector<ValType>& types) {
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

}  // namespace weft::interp
