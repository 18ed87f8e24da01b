// The guest whose calls are measured.
#pragma once

#include <cstdint>

#include "tests/decode/module_bytes.h"

namespace weft::bench {

inline constexpr std::uint32_t kTimes = 10'000;

// Imports `host`, (i32 i32) -> i32. The loops call functions of that type as often as their
// argument says: the import, one of the module's own, the same by the table. `twice` calls the host
// once, `nothing` and `add` nobody.
inline interp::testing::Bytes calls_program() {
  using enum interp::Opcode;
  using Code = interp::testing::Bytes;
  using B = interp::testing::ModuleBuilder;
  using interp::testing::encode;
  using interp::testing::join;
  using interp::testing::text;
  constexpr std::uint8_t kI32 = 0x7f;
  constexpr std::uint8_t kVoid = 0x40;
  const auto op = [](interp::Opcode opcode, const Code& immediates = {}) {
    return join(encode(opcode), immediates);
  };
  B builder;
  builder.type({}, {}).type({kI32, kI32}, {kI32}).type({kI32}, {});
  builder.item(B::kImport, join(text("m"), text("host"), Code{0, 1}));
  const auto loop = [&](const Code& call) {
    return join(op(Loop, {kVoid}), op(LocalGet, {0}), op(I32Const, {3}), call, op(Drop),
                op(LocalGet, {0}), op(I32Const, {1}), op(I32Sub), op(LocalTee, {0}), op(BrIf, {0}),
                op(End));
  };
  builder.func(0, {});
  builder.func(1, join(op(LocalGet, {0}), op(LocalGet, {1}), op(I32Add)));
  builder.func(1, join(op(LocalGet, {0}), op(LocalGet, {1}), op(Call, {0})));
  builder.func(2, loop(op(Call, {0})));
  builder.func(2, loop(op(Call, {2})));
  builder.func(2, loop(join(op(I32Const, {0}), op(CallIndirect, {1, 0}))));
  builder.item(B::kTable, {0x70, 0, 1});
  builder.item(B::kElement, {0, 0x41, 0, 0x0b, 1, 2});
  std::uint8_t index = 1;
  for (const char* name : {"nothing", "add", "twice", "host", "direct", "indirect"})
    builder.item(B::kExport, join(text(name), Code{0, index++}));
  return builder.build();
}

}  // namespace weft::bench
