// What an embedder learns of a trap must not depend on what the translator made of calls.
#include <gtest/gtest.h>

#include <string>
#include <vector>
#include <weft/weft.hpp>

#include "tests/decode/module_bytes.h"

namespace weft {
namespace {

using enum interp::Opcode;
using Code = interp::testing::Bytes;
using interp::testing::encode;
using interp::testing::join;
using interp::testing::text;

// run(a, b) = divide(a, b), with names; divide is small enough to be inlined.
Code module_bytes() {
  constexpr uint8_t kI32 = 0x7f;
  interp::testing::ModuleBuilder builder;
  builder.type({kI32, kI32}, {kI32});
  builder.func(0, join(encode(LocalGet), Code{0}, encode(LocalGet), Code{1}, encode(I32DivS)));
  builder.func(0,
               join(encode(LocalGet), Code{0}, encode(LocalGet), Code{1}, encode(Call), Code{0}));
  builder.item(interp::testing::ModuleBuilder::kExport, join(text("run"), Code{0, 1}));
  const Code names = join(Code{2, 0}, text("divide"), Code{1}, text("run"));
  const Code content = join(text("name"), Code{1, static_cast<uint8_t>(names.size())}, names);
  return join(builder.build(), Code{0, static_cast<uint8_t>(content.size())}, content);
}

struct Outcome {
  std::string text;
  std::vector<Frame> frames;
};
Outcome divide_by_zero(const Config& config) {
  const Engine engine(config);
  const Code bytes = module_bytes();
  const Module module = or_throw(Module::from_bytes(engine, bytes));
  Store store(engine);
  if (config.fuel) or_throw(store.set_fuel(1'000));
  const Instance instance = or_throw(Instance::create(store, module));
  auto run = or_throw(instance.func<std::int32_t(std::int32_t, std::int32_t)>(store, "run"));
  EXPECT_EQ(or_throw(run(store, 42, 6)), 7);
  const auto result = run(store, 42, 0);
  if (result.has_value()) return {};
  const auto frames = result.error().frames();
  return {result.error().describe(), {frames.begin(), frames.end()}};
}

TEST(Backtraces, OfInlinedFunctionsAreThoseOfCalls) {
  const Outcome inlined = divide_by_zero({});
  ASSERT_EQ(inlined.frames.size(), 2u);
  EXPECT_EQ(inlined.frames[0].func_name, "divide");
  EXPECT_EQ(inlined.frames[1].func_name, "run");
  // Behind the number of locals and what pushes the operands.
  EXPECT_EQ(inlined.frames[0].func_offset, 5u);
  EXPECT_EQ(inlined.frames[1].func_offset, 5u);
  EXPECT_LT(inlined.frames[0].module_offset, inlined.frames[1].module_offset);
  for (const Config& config : {Config{.optimizations = "-inlining"}, Config{.fuel = true},
                               Config{.eager_translation = true}, Config{.profile = true}}) {
    if (config.profile && !Engine().supports(backend::Capability::Profile)) continue;
    const Outcome other = divide_by_zero(config);
    EXPECT_EQ(other.text, inlined.text);
    ASSERT_EQ(other.frames.size(), 2u);
    for (const size_t i : {0, 1}) {
      EXPECT_EQ(other.frames[i].func_index, inlined.frames[i].func_index);
      EXPECT_EQ(other.frames[i].module_offset, inlined.frames[i].module_offset);
      EXPECT_EQ(other.frames[i].func_offset, inlined.frames[i].func_offset);
    }
  }
}

}  // namespace
}  // namespace weft
