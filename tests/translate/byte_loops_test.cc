// Loops that copy or fill memory: which of them get a cell that does so.
#include "interp/debug/disassembler.h"
#include "tests/translate/byte_loop_forms.h"

namespace weft::interp::testing {
namespace {

using enum Opcode;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

Cells cells(const Source& source, CodeOptions options = {}) {
  Translated translated(source, options);
  const std::vector<const uint8_t*> starts = translated.starts();
  Cells lines;
  for (const uint8_t* const cell : starts) lines.push_back(print_cell(cell, starts.front()));
  return lines;
}

// A loop that counts local 2 down, with `body` in it; locals 0 to 4 are i32.
Source counting_loop(const Bytes& body) {
  return {{kI32, kI32, kI32, kI32, kI32},
          {},
          {},
          join(loop(), body, get(2), i32(-1), op(I32Add), tee(2), br_if(0), end())};
}
Bytes advance(uint32_t local, int32_t by) {
  return join(get(local), i32(by), op(I32Add), set(local));
}
Bytes load8(const Bytes& address) { return join(address, memory_op(I32Load8U, 0)); }
Bytes store8(const Bytes& address, const Bytes& value) {
  return join(address, value, memory_op(I32Store8, 0));
}
Bytes plus(const Bytes& a, const Bytes& b) { return join(a, b, op(I32Add)); }
const Bytes kCopyByte = store8(get(0), load8(get(1)));

TEST(ByteLoops, LoopsOfAllFormsAreFound) {
  for (const ByteLoopForm& form : byte_loop_forms()) {
    SCOPED_TRACE(describe(form));
    const auto step = static_cast<int32_t>(form.bytes() * form.unrolled);
    const std::string expected = std::string("byte loop ") + (form.fills ? "fill" : "copy") +
                                 ", step " + std::to_string(form.down ? -step : step);
    EXPECT_THAT(cells(byte_loop(form)), Contains(expected));
  }
}

TEST(ByteLoops, TheCellStandsBeforeTheLoop) {
  CodeOptions options = kWithoutFusions;
  options.optimizations.set(Optimization::ByteLoops, true);
  EXPECT_THAT(cells(counting_loop(join(kCopyByte, advance(0, 1), advance(1, 1))), options),
              ::testing::ElementsAre("byte loop copy, step 1", "i32.load8_u acc := [1]",
                                     "i32.store8 [0], acc", "i32.add [0] := [0], 1",
                                     "i32.add [1] := [1], 1", "i32.add [2] := [2], -1",
                                     "br_if acc, to +0010", "return"));
}

TEST(ByteLoops, AreFoundInEveryModeUnlessSwitchedOff) {
  const Source source = byte_loop({});
  CodeOptions off;
  off.optimizations.set(Optimization::ByteLoops, false);
  EXPECT_THAT(cells(source, off), Not(Contains(HasSubstr("byte loop"))));
  EXPECT_THAT(cells(source, {.fuel = true}), Contains(HasSubstr("byte loop")));
  EXPECT_THAT(cells(source, {.memory_mode = MemoryMode::Checked}),
              Contains(HasSubstr("byte loop")));
}

TEST(ByteLoops, OtherLoopsAreNotTaken) {
  const std::pair<const char*, Bytes> bodies[] = {
      {"nothing but the count", {}},
      {"no step", kCopyByte},
      {"only one of the two moves", join(kCopyByte, advance(0, 1))},
      {"the two move by different steps", join(kCopyByte, advance(0, 2), advance(1, 1))},
      {"gaps", join(kCopyByte, advance(0, 2), advance(1, 2))},
      {"reads again what it has read",
       join(store8(get(0), load8(get(1))), store8(plus(get(0), i32(1)), load8(get(1))),
            advance(0, 2), advance(1, 2))},
      {"swaps bytes",
       join(store8(get(0), load8(plus(get(1), i32(1)))),
            store8(plus(get(0), i32(1)), load8(get(1))), advance(0, 2), advance(1, 2))},
      {"a load that is not stored",
       join(kCopyByte, load8(get(4)), set(3), advance(0, 1), advance(1, 1))},
      {"stores more than it loads",
       join(kCopyByte, store8(plus(get(0), i32(1)), get(3)), advance(0, 2), advance(1, 1))},
      {"stores what it counts", join(store8(get(0), get(2)), advance(0, 1))},
      {"stores two values",
       join(store8(get(0), get(3)), store8(plus(get(0), i32(1)), get(4)), advance(0, 2))},
      {"stores a changed value",
       join(store8(get(0), plus(load8(get(1)), i32(1))), advance(0, 1), advance(1, 1))},
      {"stores what it loaded before",
       join(store8(get(0), get(3)), load8(get(1)), set(3), advance(0, 1), advance(1, 1))},
      {"loads words, stores bytes",
       join(store8(get(0), join(get(1), memory_op(I32Load, 0))), advance(0, 1), advance(1, 1))},
      {"multiplies the address",
       join(store8(join(get(0), i32(3), op(I32Mul)), get(3)), advance(0, 1))},
      {"three slots in an address",
       join(store8(plus(plus(get(0), get(1)), get(4)), get(3)), advance(0, 1))},
      {"exchanges its pointers",
       join(kCopyByte, get(0), i32(1), op(I32Add), get(1), i32(1), op(I32Add), set(0), set(1))},
      {"calls", join(kCopyByte, advance(0, 1), advance(1, 1), get(0), get(1), i32(0), get(3),
                     get(4), op(Call, 0))},
      {"has another way out",
       join(kCopyByte, advance(0, 1), advance(1, 1), block(), get(3), br_if(0), end())},
      {"grows memory",
       join(kCopyByte, advance(0, 1), advance(1, 1), i32(0), op(MemoryGrow, 0), op(Drop))},
  };
  for (const auto& [what, body] : bodies) {
    SCOPED_TRACE(what);
    EXPECT_THAT(cells(counting_loop(body)), Not(Contains(HasSubstr("byte loop"))));
  }
}

TEST(ByteLoops, LoopsThatEndInUnknownWaysAreNotTaken) {
  const auto with_end = [](const Bytes& condition) -> Source {
    return {{kI32, kI32, kI32, kI32, kI32},
            {},
            {},
            join(loop(), kCopyByte, advance(0, 1), advance(1, 1), condition, br_if(0), end())};
  };
  const auto found = [&](const Bytes& condition) {
    const Cells lines = cells(with_end(condition));
    return std::ranges::any_of(
        lines, [](const std::string& line) { return line.starts_with("byte loop"); });
  };
  EXPECT_TRUE(found(join(get(0), get(2), op(I32LtU))));
  EXPECT_TRUE(found(join(get(2), get(0), op(I32GeS))));
  EXPECT_FALSE(found(join(get(0), get(2), op(I32Eq))));
  EXPECT_FALSE(found(join(get(0), get(2), op(I32GtU))));  // until it wraps
  EXPECT_FALSE(found(join(get(0), i32(64), op(I32And))));
  EXPECT_FALSE(found(get(3)));
  EXPECT_FALSE(found(join(get(0), get(1), op(I32Ne))));  // neither stays
  EXPECT_FALSE(found(load8(get(4))));
}

TEST(ByteLoops, LoopsOfOtherMemoriesAreNotTaken) {
  ModuleBuilder shared;
  shared.type({kI32, kI32, kI32, kI32, kI32}, {});
  shared.item(ModuleBuilder::kMemory, {3, 1, 1});
  shared.func(0, counting_loop(join(kCopyByte, advance(0, 1), advance(1, 1))).code);
  auto module = decode(shared.build());
  ASSERT_TRUE(module);
  auto types = std::make_shared<TypeRegistry>();
  ASSERT_TRUE(validate_module(**module, *types));
  const CompiledModule compiled(*std::move(module), types);
  EXPECT_THAT(Translated::cells_of(compiled.code({})), Contains(HasSubstr("i32.store8")));
  for (const std::string& line : Translated::cells_of(compiled.code({})))
    EXPECT_FALSE(line.starts_with("shape")) << line;
}

}  // namespace
}  // namespace weft::interp::testing
