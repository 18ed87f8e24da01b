// How handlers read operands and write results, by the places that a HandlerKey names.
#pragma once

#include <cstdint>
#include <type_traits>

#include "interp/execute/abi.h"
#include "interp/translate/cell_layout.h"

namespace weft::interp {

namespace detail {
template <Repr R>
struct CTypeOf;
template <>
struct CTypeOf<Repr::I32> {
  using type = uint32_t;
};
template <>
struct CTypeOf<Repr::I64> {
  using type = uint64_t;
};
template <>
struct CTypeOf<Repr::F32> {
  using type = float;
};
template <>
struct CTypeOf<Repr::F64> {
  using type = double;
};
}  // namespace detail

// The C++ type that computes with a representation.
template <Repr R>
using CType = typename detail::CTypeOf<R>::type;

template <class T>
inline constexpr Repr kReprOf = std::is_same_v<T, float>    ? Repr::F32
                                : std::is_same_v<T, double> ? Repr::F64
                                : sizeof(T) == 8            ? Repr::I64
                                                            : Repr::I32;

// What read_operand and write_result need of the registers.
#define WEFT_STATE pc, fp, acc, facc, sacc

template <In Place, Repr R>
[[gnu::always_inline]] inline CType<R> read_operand(size_t at, const uint8_t* pc,
                                                    const uint64_t* fp, uint64_t acc, double facc,
                                                    float sacc) {
  using T = CType<R>;
  if constexpr (Place == In::Slot) {
    return read_unaligned<T>(fp + read_unaligned<uint16_t>(pc + at));
  } else if constexpr (Place == In::Imm) {
    return read_unaligned<T>(pc + at);
  } else if constexpr (R == Repr::F64) {
    return facc;
  } else if constexpr (R == Repr::F32) {
    return sacc;
  } else {
    return static_cast<T>(acc);
  }
}

template <Out Place, Repr R>
[[gnu::always_inline]] inline void write_result(CType<R> value, size_t at, const uint8_t* pc,
                                                uint64_t* fp, uint64_t& acc, double& facc,
                                                float& sacc) {
  if constexpr (R == Repr::F64) {
    facc = value;
    if constexpr (Place == Out::Slot)
      write_unaligned<double>(fp + read_unaligned<uint16_t>(pc + at), value);
  } else if constexpr (R == Repr::F32) {
    sacc = value;
    if constexpr (Place == Out::Slot)
      write_unaligned<float>(fp + read_unaligned<uint16_t>(pc + at), value);
  } else {
    acc = value;
    if constexpr (Place == Out::Slot) fp[read_unaligned<uint16_t>(pc + at)] = value;
  }
}

// What a cell with kStep does first.
template <HandlerKey Key>
[[gnu::always_inline]] inline void take_step(const CellLayout& cell, const uint8_t* pc,
                                             uint64_t* fp) {
  if constexpr ((Key.flags & kStep) != 0) {
    const uint64_t from = fp[read_unaligned<uint16_t>(pc + cell.r)];
    const auto to = from + static_cast<uint64_t>(int64_t{read_unaligned<int32_t>(pc + cell.t)});
    fp[read_unaligned<uint16_t>(pc + cell.s)] =
        (Key.flags & kStep64) != 0 ? to : static_cast<uint32_t>(to);
  }
}

[[gnu::always_inline]] inline uint32_t read_u32(const uint8_t* pc, size_t at) {
  return read_unaligned<uint32_t>(pc + at);
}

}  // namespace weft::interp
