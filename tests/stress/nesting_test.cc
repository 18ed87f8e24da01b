// Exception handlers nested a hundred thousand deep, in the present and the legacy form: translated
// and run without recursion, and in time that doesn't explode.
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <string_view>
#include <weft/weft.hpp>

#include "tests/decode/module_bytes.h"

namespace weft::testing {
namespace {

using interp::testing::append;
using interp::testing::Bytes;
using interp::testing::join;
using interp::testing::ModuleBuilder;
using interp::testing::text;
using interp::testing::unsigned_leb;

constexpr std::uint32_t kDepth = 100'000;
constexpr std::uint8_t kEnd = 0x0b, kEmpty = 0x40, kI32 = 0x7f, kConst = 0x41;
const Bytes kThrow = {0x08, 0};

// The function's body is a block of what `open` gives for each level from outside in, a throw of
// tag 0, and what `close` gives from inside out, and then 7; its result or error is the answer.
Result<std::int32_t> run(const std::function<Bytes(std::uint32_t)>& open,
                         const std::function<Bytes(std::uint32_t)>& close) {
  Bytes body = {0x02, kEmpty};
  for (std::uint32_t i = 0; i < kDepth; i++) append(body, open(i));
  append(body, kThrow);
  for (std::uint32_t i = kDepth; i-- > 0;) append(body, close(i));
  append(body, Bytes{kEnd, kConst, 7});
  const Bytes module = ModuleBuilder()
                           .type({}, {kI32})
                           .type({}, {})
                           .item(ModuleBuilder::kTag, {0, 1})
                           .item(ModuleBuilder::kTag, {0, 1})
                           .item(ModuleBuilder::kExport, join(text("run"), Bytes{0, 0}))
                           .func(0, body)
                           .build();
  Config config;
  config.features = or_throw(Features::parse("all"));
  const Engine engine(config);
  Store store(engine);
  const Module compiled = or_throw(Module::from_bytes(engine, std::as_bytes(std::span(module))));
  const Instance instance = or_throw(Instance::create(store, compiled));
  return or_throw(instance.func<std::int32_t()>(store, "run"))(store);
}

Bytes end(std::uint32_t) { return {kEnd}; }

// try_table with one clause: of tag 1 or of all, to a label.
Bytes try_table(bool catches_all, std::uint32_t label) {
  const Bytes head = {0x1f, kEmpty, 1};
  return join(head, catches_all ? Bytes{2} : Bytes{0, 1}, unsigned_leb(label));
}

TEST(DeepHandlers, CatchToTheNextLevel) {
  EXPECT_EQ(run([](std::uint32_t) { return join(try_table(true, 0)); }, end), 7);
}

// To the end of the block around it all.
TEST(DeepHandlers, CatchToTheOutermostBlock) {
  EXPECT_EQ(run([](std::uint32_t i) { return try_table(true, i); }, end), 7);
}

TEST(DeepHandlers, LetPassWhatTheyDoNotCatch) {
  const Result<std::int32_t> result = run([](std::uint32_t) { return try_table(false, 0); }, end);
  ASSERT_FALSE(result);
  EXPECT_TRUE(result.error().is(Errc::exception)) << result.error().message();
}

constexpr std::uint8_t kTry = 0x06, kCatch = 0x07, kDelegate = 0x18, kCatchAll = 0x19,
                       kRethrow = 0x09;

TEST(DeepHandlers, OfTheLegacyFormCatch) {
  EXPECT_EQ(run([](std::uint32_t) { return Bytes{kTry, kEmpty}; },
                [](std::uint32_t) { return Bytes{kCatchAll, kEnd}; }),
            7);
}

TEST(DeepHandlers, OfTheLegacyFormRethrow) {
  const auto close = [](std::uint32_t i) {
    return i == 0 ? Bytes{kCatchAll, kEnd} : Bytes{kCatchAll, kRethrow, 0, kEnd};
  };
  EXPECT_EQ(run([](std::uint32_t) { return Bytes{kTry, kEmpty}; }, close), 7);
}

TEST(DeepHandlers, OfTheLegacyFormLetPass) {
  const auto close = [](std::uint32_t i) {
    return i == 0 ? Bytes{kCatchAll, kEnd} : Bytes{kCatch, 1, kEnd};
  };
  EXPECT_EQ(run([](std::uint32_t) { return Bytes{kTry, kEmpty}; }, close), 7);
}

TEST(DeepHandlers, OfTheLegacyFormDelegate) {
  const auto close = [](std::uint32_t i) {
    return i == 0 ? Bytes{kCatchAll, kEnd} : Bytes{kDelegate, 0};
  };
  EXPECT_EQ(run([](std::uint32_t) { return Bytes{kTry, kEmpty}; }, close), 7);
}

}  // namespace
}  // namespace weft::testing
