// Loops that copy or fill memory, as compilers write them.
#pragma once

#include <string>

#include "tests/translate/translated.h"

namespace weft::interp::testing {

// Functions of (to, from, count, value), for `count` accesses, which return the locals as the loop
// leaves them: to, from, count, an index and what was loaded last.
struct ByteLoopForm {
  Opcode load = Opcode::I32Load8U;
  Opcode store = Opcode::I32Store8;
  uint32_t unrolled = 1;  // `count` must be a multiple
  bool fills = false;
  bool down = false;
  bool indexed = false;      // to[i] = from[i], not *to++ = *from++
  bool tests_first = false;  // while (count != 0) {...}, not do {...} while (--count != 0)
  bool skips_exit = false;   // if (count == 0) break; as a branch over that
  bool against_end = false;  // compares with an end, not with 0
  bool reversed = false;     // the accesses of an iteration in the other order than the iterations
  bool loads_first = false;  // all of an iteration's loads before its stores
  uint32_t offset = 0;

  uint32_t bytes() const { return access_bytes(load); }
};

inline std::string describe(const ByteLoopForm& form) {
  std::string text(info(form.store).text);
  text += " x" + std::to_string(form.unrolled);
  if (form.fills) text += " fills";
  if (form.down) text += " down";
  if (form.indexed) text += " indexed";
  if (form.tests_first) text += " tests first";
  if (form.skips_exit) text += " skips exit";
  if (form.against_end) text += " against end";
  if (form.reversed) text += " reversed";
  if (form.loads_first) text += " loads first";
  if (form.offset != 0) text += " offset " + std::to_string(form.offset);
  return text;
}

inline uint8_t value_type(const ByteLoopForm& form) {
  switch (info(form.store).params()[1]) {
    case 'l':
      return kI64;
    case 'f':
      return kF32;
    case 'd':
      return kF64;
    case 'v':
      return kV128;
    default:
      return kI32;
  }
}

inline Source byte_loop(const ByteLoopForm& form) {
  enum Local : uint32_t { kTo, kFrom, kCount, kValue, kIndex, kLoaded };
  const auto width = static_cast<int32_t>(form.bytes());
  const auto unrolled = static_cast<int32_t>(form.unrolled);
  const int32_t step = form.down ? -width * unrolled : width * unrolled;
  const auto add = [](const Bytes& code, int32_t n) {
    return n == 0 ? code : join(code, i32(n), op(Opcode::I32Add));
  };
  const auto address = [&](Local base, int32_t at) {
    // Descending loops are given ends: their first access lies below.
    const int32_t displacement = form.down ? -(at + 1) * width : at * width;
    const Bytes sum = form.indexed ? join(get(base), get(kIndex), op(Opcode::I32Add)) : get(base);
    return add(sum, displacement);
  };
  Bytes accesses;
  const auto each = [&](const auto& make) {
    for (int32_t i = 0; i < unrolled; ++i)
      append(accesses, make(form.reversed ? unrolled - 1 - i : i));
  };
  const auto load = [&](int32_t i) {
    return join(address(kFrom, i), memory_op(form.load, form.offset));
  };
  const auto store = [&](int32_t i, const Bytes& value) {
    return join(address(kTo, i), value, memory_op(form.store, form.offset));
  };
  Bytes locals{kI32, value_type(form)};
  if (form.fills) {
    each([&](int32_t i) { return store(i, get(kValue)); });
  } else if (form.loads_first) {
    for (int32_t i = 1; i < unrolled; ++i) locals.push_back(value_type(form));
    each([&](int32_t i) { return join(load(i), set(kLoaded + static_cast<uint32_t>(i))); });
    each([&](int32_t i) { return store(i, get(kLoaded + static_cast<uint32_t>(i))); });
  } else {
    each([&](int32_t i) { return store(i, join(load(i), tee(kLoaded))); });
  }
  Bytes advance;
  if (form.indexed) {
    advance = join(add(get(kIndex), step), set(kIndex));
  } else {
    advance = join(add(get(kTo), step), set(kTo), add(get(kFrom), step), set(kFrom));
  }
  // With an end to compare with, `count` is that of the index or of `to`.
  const Local moving = form.indexed ? kIndex : kTo;
  Bytes begin;
  if (form.against_end) {
    begin = join(get(kCount), i32(form.down ? -width : width), op(Opcode::I32Mul));
    if (!form.indexed) begin = join(begin, get(kTo), op(Opcode::I32Add));
    append(begin, set(kCount));
  }
  const Bytes goes_on = form.against_end ? join(get(moving), get(kCount), op(Opcode::I32Ne))
                                         : join(get(kCount), i32(0), op(Opcode::I32Ne));
  if (!form.against_end) append(advance, join(add(get(kCount), -unrolled), set(kCount)));
  const Bytes code = form.tests_first ? join(block(), loop(), goes_on, op(Opcode::I32Eqz), br_if(1),
                                             accesses, advance, br(0), end(), end())
                                      : join(loop(), accesses, advance, goes_on, br_if(0), end());
  return {{kI32, kI32, kI32, value_type(form)},
          {kI32, kI32, kI32, kI32, value_type(form)},
          locals,
          join(begin, code, get(kTo), get(kFrom), get(kCount), get(kIndex), get(kLoaded))};
}

// Forms of every kind.
inline std::vector<ByteLoopForm> byte_loop_forms() {
  using enum Opcode;
  std::vector<ByteLoopForm> forms;
  const std::pair<Opcode, Opcode> accesses[] = {
      {I32Load8U, I32Store8}, {I64Load16S, I64Store16}, {I32Load, I32Store},  {I64Load, I64Store},
      {F32Load, F32Store},    {F64Load, F64Store},      {V128Load, V128Store}};
  for (const auto& [load, store] : accesses) {
    for (const uint32_t unrolled : {1, 2, 4}) {
      for (unsigned flags = 0; flags < 128; ++flags) {
        const auto has = [flags](unsigned bit) { return (flags >> bit & 1) != 0; };
        const ByteLoopForm form{.load = load,
                                .store = store,
                                .unrolled = unrolled,
                                .fills = has(0),
                                .down = has(1),
                                .indexed = has(2),
                                .tests_first = has(3),
                                .skips_exit = has(3) && has(4),
                                .against_end = has(4),
                                .reversed = has(5),
                                .loads_first = has(6)};
        if (unrolled == 1 && (form.reversed || form.loads_first)) continue;
        if (form.fills && form.loads_first) continue;
        forms.push_back(form);
      }
    }
  }
  forms.push_back({.unrolled = 4, .indexed = true, .offset = 40});
  forms.push_back({.unrolled = 2, .down = true, .offset = 3});
  return forms;
}

}  // namespace weft::interp::testing
