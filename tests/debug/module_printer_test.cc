// Modules as text, through their public face: what is printed assembles to the same bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>
#include <weft/weft.hpp>

#include "interp/core/small.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Wasm2Wat : public ::testing::Test {
 protected:
  void SetUp() override {
    if (interp::kSmall) GTEST_SKIP() << "a build for size writes no text";
  }

  static std::vector<std::uint8_t> assembled(std::string_view text, bool names = true) {
    return or_throw(wat2wasm(text, {.names = names}));
  }
  static std::string printed(std::string_view text, bool names = true) {
    return or_throw(wasm2wat(assembled(text, names)));
  }
  // That the text's module comes back from its printed text, which is returned.
  static std::string round_trip(std::string_view text) {
    const std::vector<std::uint8_t> bytes = assembled(text);
    const std::string again = or_throw(wasm2wat(bytes));
    EXPECT_EQ(assembled(again), bytes) << again;
    return again;
  }
};

TEST_F(Wasm2Wat, WritesAModuleAsPeopleWould) {
  EXPECT_EQ(round_trip(R"((module $m
  (import "env" "log" (func $log (param $text i32)))
  (memory 1)
  (func $f (export "f") (param $x i32) (param i64) (result i32) (local $sum f64) (local i32 i32)
    (block $out (br_if $out (local.get $x)) (call $log (i32.const 1)))
    (i32.load offset=4 align=1 (local.get 2)))
  (data (i32.const 8) "a\"\00\ff")))"),
            R"((module $m
  (type (;0;) (func (param i32)))
  (type (;1;) (func (param i32 i64) (result i32)))
  (import "env" "log" (func $log (type 0) (param $text i32)))
  (memory (;0;) 1)
  (export "f" (func $f))
  (func $f (type 1) (param $x i32) (param i64) (result i32)
    (local $sum f64) (local i32 i32)
    block $out
      local.get $x
      br_if $out
      i32.const 1
      call $log
    end
    local.get $sum
    i32.load offset=4 align=1
  )
  (data (;0;) (i32.const 8) "a\"\00\ff")
)
)");
}

TEST_F(Wasm2Wat, NamesThatAreNoIdentifiersAreQuotedOrAnnotated) {
  const std::string text = round_trip(R"((module
  (func $"a b" call $"a b" call $"é" call 2 call 3)
  (func $"é")
  (func $first (@name "same"))
  (func $second (@name "same") (param $x (@name "p") i32) (param $y (@name "p") i32)
    local.get 0 local.get 1 drop drop)))");
  EXPECT_THAT(text, HasSubstr("(func $\"a b\" (type"));
  EXPECT_THAT(text, HasSubstr("call $\"a b\"\n    call $\"é\"\n    call $same\n    call 3\n"));
  EXPECT_THAT(text, HasSubstr("(func (;3;) (@name \"same\") (type"));
  EXPECT_THAT(text, HasSubstr("(param $p i32) (param (@name \"p\") i32)"));
  EXPECT_THAT(text, HasSubstr("local.get $p\n    local.get 1\n"));
}

// A label hides one of its name outside of it, which only its depth still reaches.
TEST_F(Wasm2Wat, HiddenLabelsAreNumbers) {
  EXPECT_THAT(round_trip("(func block $l loop $l br 0 br 1 end br 0 end br 0)"),
              HasSubstr("    block $l\n      loop $l\n        br $l\n        br 1\n      end\n"
                        "      br $l\n    end\n    br 0\n"));
}

TEST_F(Wasm2Wat, WritesTypesOfAllKinds) {
  const std::string text = round_trip(R"((module
  (type $a (array (mut i8)))
  (rec (type $s (sub (struct (field $x i32) (field (mut (ref null $t)))))))
  (rec (type $t (sub $s (struct (field $x i32) (field (mut (ref null $t))) (field i16))))
       (type $u (sub final $s (struct (field i32) (field (mut (ref null $t)))))))
  (func (param (ref $s) anyref (ref extern)) (result i32) (local nullref (ref null $a))
    (struct.get $s $x (local.get 0)) (ref.test (ref null $t) (local.get 1)) i32.add
    (block (result (ref eq)) (br_on_cast 0 anyref (ref i31) (local.get 1)) drop
           (ref.i31 (i32.const 1))) drop)))");
  EXPECT_THAT(text, HasSubstr("  (rec\n    (type $s (sub (struct (field $x i32) (field (mut (ref "
                              "null $t))))))\n  )\n"));
  EXPECT_THAT(text, HasSubstr("(type $u (sub final $s (struct"));
  EXPECT_THAT(text, HasSubstr("struct.get $s $x\n"));
  EXPECT_THAT(text, HasSubstr("ref.test (ref null $t)\n"));
}

TEST_F(Wasm2Wat, WritesSegmentsOfAllForms) {
  const std::string text = round_trip(R"((module
  (table $t 4 funcref) (table $u i64 4 4 funcref (ref.null func)) (memory 1) (memory $n i64 1 2)
  (global $g i32 (i32.const 1))
  (func $f)
  (elem (i32.const 0) $f $f)
  (elem (table $t) (i32.const 0) func $f)
  (elem (table $u) (i64.const 0) func $f)
  (elem func $f)
  (elem declare func $f)
  (elem (offset global.get $g i32.const 1 i32.add) funcref (ref.func $f) (ref.null func))
  (elem (table $u) (offset i64.const 1) (ref null func) (item ref.func $f))
  (elem (ref func) (ref.func $f))
  (elem declare funcref)
  (data "passive") (data (memory $n) (i64.const 0) "") (data (offset global.get $g) "x")))");
  EXPECT_THAT(text, HasSubstr("(elem (;0;) (i32.const 0) func $f $f)"));
  EXPECT_THAT(text, HasSubstr("(elem (;1;) (table $t) (i32.const 0) func $f)"));
  EXPECT_THAT(text, HasSubstr("(elem (;5;) (offset global.get $g i32.const 1 i32.add) funcref"));
  EXPECT_THAT(text, HasSubstr("(elem (;8;) declare funcref)"));
  EXPECT_THAT(text, HasSubstr("(data (;1;) (memory $n) (i64.const 0))"));
}

TEST_F(Wasm2Wat, LongDataIsWrittenInLines) {
  const std::string text = round_trip("(data \"" + std::string(130, 'x') + "\")");
  const std::string line = "\n    \"" + std::string(64, 'x') + "\"";
  EXPECT_THAT(text, HasSubstr("(data (;0;)" + line + line + "\n    \"xx\")\n"));
}

TEST_F(Wasm2Wat, FloatsAreExact) {
  const std::string text = round_trip(R"((func
  f32.const 0x1.fffffep127 f32.const -0 f32.const nan f32.const -nan:0x200000 f32.const 1e-45
  f64.const 0.1 f64.const nan:0x1 f64.const -inf f64.const 4.9406564584124654e-324 unreachable))");
  for (const char* const instr :
       {"f32.const -0\n", "f32.const nan\n", "f32.const -nan:0x200000\n", "f64.const 0.1\n",
        "f64.const nan:0x1\n", "f64.const -inf\n", "f64.const 5e-324\n"}) {
    EXPECT_THAT(text, HasSubstr(instr));
  }
}

TEST_F(Wasm2Wat, CustomSectionsKeepTheirPlaces) {
  const std::string text = round_trip(R"((module
  (@custom "a" (before first) "\00\01") (@custom "é" (after type) "x") (@custom "c" (before code))
  (@custom "d" (after last)) (@custom "e" (after code) "y")
  (type (func)) (func (type 0) (data.drop 0)) (data "")))");
  EXPECT_THAT(text, HasSubstr("(@custom \"a\" (before first) \"\\00\\01\")"));
  EXPECT_THAT(text, HasSubstr("(@custom \"é\" (after type) \"x\")"));
  EXPECT_THAT(text, HasSubstr("(@custom \"c\" (before code) \"\")"));
  EXPECT_THAT(text, HasSubstr("(@custom \"d\" (after data) \"\")"));
}

TEST_F(Wasm2Wat, BranchHintsAreWhereTheirBranchesAre) {
  const std::string text = round_trip(R"((func (param i32)
  block local.get 0 (@metadata.code.branch_hint "\01") br_if 0 end
  local.get 0 (@metadata.code.branch_hint "\00") if end))");
  EXPECT_THAT(text, HasSubstr("      (@metadata.code.branch_hint \"\\01\")\n      br_if 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("@custom")));
}

// Hints for what is no branch stay bytes.
TEST_F(Wasm2Wat, MalformedBranchHintsAreACustomSection) {
  EXPECT_THAT(round_trip("(@custom \"metadata.code.branch_hint\" (before code) "
                         "\"\\01\\00\\01\\01\\01\\01\") (func nop)"),
              HasSubstr("(@custom \"metadata.code.branch_hint\""));
}

TEST_F(Wasm2Wat, WritesExceptionsOfBothKinds) {
  const std::string text = round_trip(R"((module
  (tag $e (param i32))
  (func block $h (result i32) (try_table $t (catch $e $h) (catch_all 0) nop) i32.const 0 end drop
    try $l try nop delegate $l catch $e drop catch_all rethrow $l end)))");
  EXPECT_THAT(text, HasSubstr("try_table $t (catch $e $h) (catch_all $h)\n"));
  EXPECT_THAT(text, HasSubstr("      delegate $l\n    catch $e\n      drop\n    catch_all\n"
                              "      rethrow $l\n    end\n"));
}

TEST_F(Wasm2Wat, WritesWhatOtherProposalsHave) {
  round_trip(R"((module
  (memory $m 1 1 shared) (memory i64 1 (pagesize 1)) (memory 1 1 (pagesize 65536))
  (func (param i32) (result v128)
    (i32.atomic.rmw.add $m offset=8 (local.get 0) (i32.const 1)) drop atomic.fence
    (v128.load8_lane 1 offset=3 3 (i64.const 0) (v128.const i32x4 1 2 3 4))
    (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31 (v128.const i64x2 0 1))
    (i64.mul_wide_s (i64.const 1) (i64.const 2)) drop drop
    (memory.copy 2 $m (i32.const 0) (i32.const 0) (i32.const 0))
    (select (result i32) (i32.const 0) (i32.const 0) (i32.const 0)) drop)))");
}

TEST_F(Wasm2Wat, NestsOfAnyDepthAreIndentedToALimit) {
  std::string text = "(func";
  for (int i = 0; i < 100'000; i++) text += " block";
  for (int i = 0; i < 100'000; i++) text += " end";
  const std::string again = round_trip(text + ")");
  EXPECT_LT(again.size(), std::size_t{100'000} * 2 * 100);
}

// The text comes in pieces, which together are the whole.
TEST_F(Wasm2Wat, WritesPieceByPiece) {
  std::string text = "(func";
  for (int i = 0; i < 50'000; i++) text += " nop";
  const std::vector<std::uint8_t> bytes = assembled(text + ")");
  std::string whole;
  std::size_t pieces = 0;
  std::size_t largest = 0;
  or_throw(wasm2wat(bytes, [&](std::string_view piece) {
    whole += piece;
    pieces++;
    largest = std::max(largest, piece.size());
  }));
  EXPECT_EQ(whole, or_throw(wasm2wat(bytes)));
  EXPECT_GT(pieces, std::size_t{3});
  EXPECT_LT(largest, std::size_t{1} << 17);
}

TEST_F(Wasm2Wat, RefusesWhatIsNoModule) {
  const Result<std::string> text = wasm2wat(Bytes(std::string_view("(module)")));
  EXPECT_TRUE(text.error().is(Errc::malformed));
  EXPECT_THAT(text.error().message(), StartsWith("magic header not detected"));
}

// A body is read for the first time when it is printed. Each of these is (func ... end) with other
// bytes for the instructions.
TEST_F(Wasm2Wat, RefusesBodiesThatAreNoInstructions) {
  const auto error_of = [](std::vector<std::uint8_t> instrs) {
    std::vector<std::uint8_t> bytes = assembled("(func nop nop nop)", false);
    EXPECT_EQ(instrs.size(), std::size_t{4});
    std::ranges::copy(instrs, bytes.end() - 4);
    const Result<std::string> text = wasm2wat(bytes);
    EXPECT_TRUE(text ? false : text.error().is(Errc::malformed));
    EXPECT_TRUE(text ? false : text.error().byte_offset().has_value());
    return text ? std::string() : text.error().message();
  };
  EXPECT_THAT(error_of({0x01, 0x01, 0x01, 0x01}), StartsWith("END opcode expected"));
  EXPECT_THAT(error_of({0x02, 0x40, 0x01, 0x0b}), StartsWith("END opcode expected"));
  EXPECT_THAT(error_of({0x0b, 0x01, 0x01, 0x0b}), StartsWith("END opcode expected"));
  EXPECT_THAT(error_of({0x05, 0x01, 0x01, 0x0b}), StartsWith("unexpected else"));
  EXPECT_THAT(error_of({0x01, 0x19, 0x01, 0x0b}), StartsWith("unexpected catch_all"));
  EXPECT_THAT(error_of({0x18, 0x00, 0x01, 0x0b}), StartsWith("unexpected delegate"));
  EXPECT_THAT(error_of({0xff, 0x01, 0x01, 0x0b}), StartsWith("illegal opcode"));
}

// Whatever the bytes are, there is a text or an error; and what a text makes comes back.
TEST_F(Wasm2Wat, MutatedModulesArePrintedOrRefused) {
  const std::vector<std::uint8_t> bytes = assembled(R"((module $m
    (type $s (sub (struct (field $x (mut i8)) (field (ref null $s)))))
    (import "a" "b" (func $i (param $p f32))) (table $t 3 funcref) (memory $n i64 1 2) (tag $e)
    (global $g (mut i32) (i32.const 1)) (export "f" (func $f)) (start $i)
    (elem $l (i32.const 0) func $f) (elem (ref func) (ref.func $f)) (data $d (i64.const 1) "abc")
    (func $f (param $x i32) (result i64) (local $y i64) (local f64 f64)
      block $b loop $b local.get $x (@metadata.code.branch_hint "\01") br_if $b
        block $c try_table (catch_all $c) throw $e end end
        local.get $x if local.get $x br_table 0 $b 1 else memory.size drop end end end
      (call_indirect $t (type 0) (i32.const 1)) (v128.const i32x4 1 2 3 4) drop
      (struct.get_u $s $x (ref.null $s)) drop (data.drop $d) (i64.load offset=9 (i64.const 3)))
    (@custom "x" (after code) "y")))");
  std::mt19937 random(7);
  const auto below = [&](std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
  };
  std::size_t printed_and_back = 0;
  for (int i = 0; i < 4000; i++) {
    std::vector<std::uint8_t> mutant = bytes;
    for (std::size_t n = 1 + below(2); n > 0; n--) {
      mutant[8 + below(mutant.size() - 8)] = static_cast<std::uint8_t>(below(256));
    }
    const Result<std::string> text = wasm2wat(mutant);
    if (!text) continue;
    const auto back = wat2wasm(*text, {.names = true});
    if (!back) continue;  // invalid in a way that the parser knows, such as parameters of no type
    printed_and_back++;
    EXPECT_EQ(assembled(or_throw(wasm2wat(*back))), *back);
  }
  EXPECT_GT(printed_and_back, 500u);
}

TEST_F(Wasm2Wat, AListOfNoBranchHintsComesBack) {
  const std::vector<std::uint8_t> bytes = assembled(
      R"((module (func) (func (if (i32.const 0) (then)))
        (@custom "metadata.code.branch_hint" (before code) "\02\00\00\01\01\03\01\01")))");
  const std::string text = or_throw(wasm2wat(bytes));
  EXPECT_THAT(text, HasSubstr("@custom"));
  EXPECT_EQ(assembled(text), bytes);
}

// Text says less than bytes: names alone are no section, and empty sections are none.
TEST_F(Wasm2Wat, NamesAreNoCustomSection) {
  EXPECT_THAT(printed("(module $m (func $f))"), Not(HasSubstr("@custom")));
  EXPECT_EQ(printed("(module $m)", false), "(module\n)\n");
}

TEST(Wasm2WatSmall, ABuildForSizeSaysThatItWritesNone) {
  if (!interp::kSmall) GTEST_SKIP() << "only of a build for size";
  const std::uint8_t empty[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
  EXPECT_TRUE(wasm2wat(Bytes(empty)).error().is(Errc::unsupported));
}

}  // namespace
}  // namespace weft
