// Scripts of the official suite, as text.
#include "spec-tests/scripts/wast.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace weft::spectest {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

Command only(std::string_view text) {
  const Script script = read_wast(text);
  EXPECT_EQ(script.commands.size(), 1u);
  return script.commands.at(0);
}

std::string problem_of(std::string_view text) {
  try {
    read_wast(text);
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return "none";
}

TEST(Wast, CommandsHaveTheirTypesLinesAndNumbers) {
  const Script script = read_wast(R"((module $m (func (export "f")))
;; (assert_return
(register "r" $m)
(invoke "f") (invoke $m "f" (i32.const -1))

(assert_return (get $m "g") (i64.const 0xffff_ffff_ffff_ffff))
(assert_trap (invoke "f") "unreachable")
(assert_trap (module (func unreachable) (start 0)) "unreachable")
(assert_exhaustion (invoke "f") "call stack exhausted")
(assert_exception (invoke "f"))
(assert_invalid (module (func i32.add)) "type mismatch")
(assert_malformed (module quote "(func") "unexpected token")
(assert_unlinkable (module (import "a" "b" (func))) "unknown import")
(assert_invalid_custom (module) "x") (assert_malformed_custom (module quote "") "x")
(module definition $d) (module instance $i $d) (module instance)
(wait $t) (assert_suspension (invoke "f") "unhandled"))");
  const struct {
    CommandType type;
    std::uint32_t line;
    std::string_view name;
  } expected[] = {
      {CommandType::Module, 1, "$m"},
      {CommandType::Register, 3, "$m"},
      {CommandType::Action, 4, ""},
      {CommandType::Action, 4, ""},
      {CommandType::AssertReturn, 6, ""},
      {CommandType::AssertTrap, 7, ""},
      {CommandType::AssertUninstantiable, 8, ""},
      {CommandType::AssertExhaustion, 9, ""},
      {CommandType::AssertException, 10, ""},
      {CommandType::AssertInvalid, 11, ""},
      {CommandType::AssertMalformed, 12, ""},
      {CommandType::AssertUnlinkable, 13, ""},
      {CommandType::AssertInvalidCustom, 14, ""},
      {CommandType::AssertMalformedCustom, 14, ""},
      {CommandType::ModuleDefinition, 15, "$d"},
      {CommandType::ModuleInstance, 15, "$i"},
      {CommandType::ModuleInstance, 15, ""},
      {CommandType::Wait, 16, "$t"},
      {CommandType::Unknown, 16, ""},
  };
  ASSERT_EQ(script.commands.size(), std::size(expected));
  EXPECT_EQ(script.size, std::size(expected));
  for (std::size_t i = 0; i < std::size(expected); i++) {
    const Command& command = script.commands[i];
    EXPECT_EQ(command.type, expected[i].type) << i;
    EXPECT_EQ(command.line, expected[i].line) << i;
    EXPECT_EQ(command.name, expected[i].name) << i;
    EXPECT_EQ(command.number, i);
  }
  EXPECT_EQ(script.commands[1].as, "r");
  EXPECT_EQ(to_string(script.commands[3].action), "invoke $m \"f\" (i32 -1)");
  EXPECT_EQ(to_string(script.commands[4].action), "get $m \"g\"");
  EXPECT_EQ(to_string(script.commands[4].expected), "(i64 -1)");
  EXPECT_EQ(script.commands[5].text, "unreachable");
  EXPECT_EQ(script.commands[15].definition, "$d");
  EXPECT_EQ(script.commands[16].definition, "");
}

TEST(Wast, ModulesAreBytesAndQuotedOnesText) {
  const std::string empty("\0asm\1\0\0\0", 8);
  EXPECT_EQ(only("(module)").binary, empty);
  EXPECT_EQ(only("(module binary \"\\00asm\" \"\\01\\00\\00\\00\")").binary, empty);
  EXPECT_EQ(only("(module binary)").binary, "");
  const Command quoted = only("(module quote \"(fu\" \"nc)\")");
  EXPECT_EQ(quoted.quoted, "(func)");
  EXPECT_FALSE(quoted.binary.has_value());
}

TEST(Wast, FieldsAloneAreAModule) {
  const Command fields = only("(func) (memory 0)");
  EXPECT_EQ(fields.type, CommandType::Module);
  EXPECT_EQ(fields.binary, only("(module (func) (memory 0))").binary);
}

TEST(Wast, ResultsMayBePatterns) {
  const Command command = only(R"((assert_return (invoke "f")
    (f32.const nan:canonical) (f64.const nan:arithmetic) (f32.const -nan:0x200000) (f64.const 0x1p-1)
    (v128.const i16x8 0 1 2 3 4 5 -1 0xffff) (v128.const f32x4 1 nan:canonical nan:arithmetic -0)
    (ref.null) (ref.null func) (ref.extern 5) (ref.extern) (ref.host 7) (ref.func 3) (ref.i31)
    (either (i32.const 1) (i32.const 2))))");
  EXPECT_EQ(to_string(command.expected),
            "(f32 nan:canonical, f64 nan:arithmetic, f32 -nan:0x200000, f64 0.5, "
            "v128 i16x8 0 1 2 3 4 5 -1 -1, v128 f32x4 1 nan:canonical nan:arithmetic -0, "
            "null, null func, host extern 5, any extern but null, host any 7, any func but null, "
            "any i31 but null, one of (i32 1) (i32 2))");
}

TEST(Wast, ThreadsHoldCommands) {
  const Script script = read_wast(R"((thread $t (shared (module $m))
  (register "mem" $m)
  (invoke "f"))
(wait $t))");
  ASSERT_EQ(script.commands.size(), 2u);
  EXPECT_EQ(script.size, 4u);
  const Command& thread = script.commands[0];
  EXPECT_EQ(thread.type, CommandType::Thread);
  EXPECT_EQ(thread.name, "$t");
  EXPECT_EQ(thread.shared, "$m");
  ASSERT_EQ(thread.commands.size(), 2u);
  EXPECT_EQ(thread.commands[1].number, 2u);
  EXPECT_EQ(thread.commands[1].line, 3u);
  EXPECT_EQ(script.commands[1].number, 3u);
}

TEST(Wast, NamesOfFieldsMayBeAnyBytes) {
  EXPECT_EQ(only("(invoke \"\\00\\ffx\")").action.field, std::string("\0\xffx", 3));
}

TEST(Wast, WhatIsWrongIsSaidWithItsPlace) {
  EXPECT_THAT(problem_of("(module)\n  (assert_return (invok \"f\"))"), HasSubstr(" at 2:18"));
  EXPECT_THAT(problem_of("(module (func i32.foo))"), StartsWith("unknown operator i32.foo"));
  EXPECT_THAT(problem_of("(invoke \"f\" (i32.const 0x1_0000_0000))"), HasSubstr(" at 1:24"));
  EXPECT_THAT(problem_of("(invoke \"f\" (i32.const nan:canonical))"), HasSubstr(" at 1:24"));
  EXPECT_THAT(problem_of("(invoke \"f\" (v128.const i32x4 1 2 3))"), HasSubstr(" at 1:36"));
  EXPECT_THAT(problem_of("(assert_return (invoke \"f\")"), HasSubstr("the end of the text"));
  EXPECT_THAT(problem_of("(thread $t (thread $u))"), HasSubstr(" at 1:12"));
  EXPECT_THAT(problem_of("assert_return"), StartsWith("unknown operator"));
  EXPECT_EQ(problem_of(""), "none");
}

}  // namespace
}  // namespace weft::spectest
