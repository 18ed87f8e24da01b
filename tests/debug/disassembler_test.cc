// The disassembler through its public face, Module::dump_function.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <weft/weft.hpp>

#include "interp/core/small.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Dump : public ::testing::TestWithParam<bool> {
 protected:
  Dump()
      : x_engine({.eager_translation = GetParam()}),
        x_module(or_throw(Module::from_file(x_engine, WEFT_FIXTURES_DIR "/loop.wasm"))) {}

  void SetUp() override {
    if (interp::kSmall) GTEST_SKIP() << "a build for size has no dump";
  }

  std::string dump(std::uint32_t func) { return or_throw(x_module.dump_function(func)); }

  Engine x_engine;
  Module x_module;
};

TEST_P(Dump, ShowsInstructionsAndCells) {
  const std::string text = dump(1);
  EXPECT_THAT(text, StartsWith("function 1 sum: "));
  EXPECT_THAT(text, AllOf(HasSubstr("local 1..2 i32 "), HasSubstr("  loop"),
                          HasSubstr("    i32.load offset=8"), HasSubstr("br_if 0")));
  // Something is read from local 1, and the loop branches back.
  EXPECT_THAT(text, AllOf(HasSubstr("| +0000"), HasSubstr("offset=8\n"), HasSubstr("to +")));
  EXPECT_THAT(text, Not(HasSubstr("?")));
}

TEST_P(Dump, ShowsBranchTablesCallsAndRuntimeFunctions) {
  const std::string text = dump(2);
  EXPECT_THAT(text, AllOf(HasSubstr("br_table 1 0"), HasSubstr("1 and default, to +"),
                          HasSubstr("call import"), HasSubstr("runtime memory.fill"),
                          HasSubstr("global.set"), HasSubstr("trap unreachable")));
}

TEST_P(Dump, ShowsVectors) {
  EXPECT_THAT(dump(3),
              AllOf(HasSubstr("v128.const i8x16 0x01 0x00"), HasSubstr("| +"),
                    HasSubstr("i32x4.add ["), HasSubstr("0x00000004000000030000000200000001")));
}

TEST_P(Dump, EveryCellIsShownOnce) {
  for (std::uint32_t func = 1; func < x_module.function_count(); func++) {
    const std::string text = dump(func);
    std::string last;
    for (std::size_t at = text.find("| +"); at != std::string::npos;
         at = text.find("| +", at + 1)) {
      const std::string offset = text.substr(at + 3, 4);
      EXPECT_LT(last, offset) << text;
      last = offset;
    }
    EXPECT_FALSE(last.empty());
  }
}

TEST_P(Dump, SaysWhatHasNoCode) {
  EXPECT_TRUE(x_module.dump_function(0).error().is(Errc::not_found));
  EXPECT_TRUE(x_module.dump_function(4).error().is(Errc::not_found));
}

TEST(DumpReferences, ShowsTailCallsAndNamedMemories) {
  if (interp::kSmall) GTEST_SKIP() << "a build for size has no dump";
  const Engine engine;
  const Module module = or_throw(Module::from_file(engine, WEFT_FIXTURES_DIR "/references.wasm"));
  const auto dump = [&](std::uint32_t func) { return or_throw(module.dump_function(func)); };
  EXPECT_THAT(dump(0),
              AllOf(HasSubstr("i32.store [0], 3, memory at context+"), HasSubstr(", offset=12\n"),
                    HasSubstr("i32.load [0] := [0], memory at context+"),
                    HasSubstr("return_call lazy function 1")));
  EXPECT_THAT(dump(1), ContainsRegex("return_call_indirect (acc|\\[2\\]), type "));
  EXPECT_THAT(dump(2),
              AllOf(HasSubstr("call_ref [2], frame [1]"), HasSubstr("return_call_ref [2]")));
  EXPECT_THAT(dump(3), HasSubstr("ref.as_non_null [0]"));
  for (std::uint32_t func = 0; func < 4; func++) EXPECT_THAT(dump(func), Not(HasSubstr("other")));
}

TEST(DumpWide, NamesAllWords) {
  if (interp::kSmall) GTEST_SKIP() << "a build for size has no dump";
  Config config;
  config.features.wide_arithmetic = true;
  const Engine engine(config);
  const Module module = or_throw(Module::from_file(engine, WEFT_FIXTURES_DIR "/wide.wasm"));
  EXPECT_THAT(or_throw(module.dump_function(0)),
              AllOf(HasSubstr("i64.mul_wide_u [3] := [0], [1], high word [4]\n"),
                    HasSubstr("i64.add128 [3] := [3], [4], [2], [6], high word [4]\n")));
}

INSTANTIATE_TEST_SUITE_P(LazyAndEager, Dump, ::testing::Bool());

}  // namespace
}  // namespace weft
