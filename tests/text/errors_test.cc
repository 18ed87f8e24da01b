// What is said of texts that are wrong. The official suite's own are compared by weft-spectext.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "interp/text/assemble.h"

namespace weft::interp {

namespace {

using ::testing::StartsWith;

struct Wrong {
  std::string_view text;
  std::string_view error;
};

constexpr Wrong kWrong[] = {
    {"(func i32.ad)", "unknown operator i32.ad at 1:7, expected an instruction\n"},
    {"(func\n  (i32.add\n (nop) x))", "unknown operator x at 3:8, expected ( or )\n"},
    {"(func", "unexpected token: the end of the text at 1:6, expected )\n"},
    {"(func))", "unexpected token ) at 1:7, expected the end of the text\n"},
    {"(module) (module)", "unexpected token ( at 1:10, expected the end of the text\n"},
    {"(fnc)", "unknown operator fnc at 1:2, expected a module field\n"},
    {"(param)", "unexpected token param at 1:2, expected a module field\n"},
    {"func", "unexpected token func at 1:1, expected a module field\n"},
    {"(func (block)", "unexpected token: the end of the text"},
    {"(func block)", "unexpected token ) at 1:12, expected an instruction or end\n"},
    {"(func end)", "unexpected token end at 1:7, expected an instruction or )\n"},
    {"(func else)", "unexpected token else"},
    {"(func i32.const 0 if else else end)", "unexpected token else at 1:27"},
    {"(func try catch_all catch 0 end)", "unexpected token catch"},
    {"(func try catch_all delegate 0)", "unexpected token delegate"},
    {"(func (then))", "unexpected token then at 1:8"},
    {"(func (if (i32.const 0)))", "unexpected token ) at 1:24, expected (then\n"},
    {"(func (if (then) (nop)))", "unexpected token ( at 1:18, expected (else or )\n"},
    {"(func (if (then) (else) (else)))", "unexpected token ("},
    {"(func (try (catch 0)))", "unexpected token ( at 1:12, expected (do\n"},
    {"(func (try (do) (catch_all) (catch 0)))", "unexpected token ("},
    {"(func (try (do) (delegate 0) (catch 0)))", "unexpected token ("},
    {"(func (i32.const 0 nop))", "unexpected token nop at 1:20, expected ( or )\n"},
    {"(func (i32.const 4294967296))",
     "constant out of range 4294967296 at 1:18, expected an i32\n"},
    {"(func (i32.const 1.5))", "unexpected token 1.5"},
    {"(func (i32.const 0x))", "unknown operator 0x"},
    {"(func (f32.const 1e39))", "constant out of range 1e39"},
    {"(func (f32.const nan:0x0))", "constant out of range nan:0x0"},
    {"(func i32.load align=3)", "alignment must be a power of two align=3 at 1:16\n"},
    {"(func i32.load align=0)", "alignment must be a power of two"},
    {"(func i32.load offset=18446744073709551616)", "constant out of range"},
    {"(func i32.load align=1 offset=1)", "unexpected token offset=1"},
    {"(func i8x16.shuffle 1 2 3)", "invalid lane length ) at 1:26, expected 16 lane indices\n"},
    {"(func i8x16.extract_lane_s 256)", "malformed lane index 256"},
    {"(func v128.const i32x4 1 2 3)", "wrong number of lane literals ) at 1:29, expected 4\n"},
    {"(func v128.const i32x5 1 2 3)", "unknown operator i32x5"},
    {"(func br $l)", "unknown label $l at 1:10\n"},
    {"(func block $l end br $l)", "unknown label $l at 1:23\n"},
    {"(func (local.get $x))", "unknown local $x at 1:18\n"},
    {"(func call $g)", "unknown func $g"},
    {"(func (type $t))", "unknown type $t"},
    {"(type $t (struct)) (func struct.get $t $f)", "unknown field $f"},
    {"(func (type 1) (param i32))", "unknown type 1"},
    {"(type (func)) (func (type 0) (param i32))", "inline function type is not that of type 0"},
    {"(type (struct)) (func (type 0) (param i32))", "inline function type"},
    {"(func (result i32) (param i32))", "unexpected token ("},
    {"(func block $a end $b)", "mismatching label $b at 1:20, expected that of the block\n"},
    {"(func block end $b)", "mismatching label $b"},
    {"(func i32.const 0 if $a else $b end)", "mismatching label $b"},
    {"(func $f) (func $f)", "duplicate func $f at 1:17\n"},
    {"(func $f) (func $\"\\66\")", "duplicate func $\"\\66\""},
    {"(func (param $x i32) (local $x i32))", "duplicate local $x"},
    {"(type (struct (field $x i32) (field $x i32)))", "duplicate field $x"},
    {"(type $t (func)) (rec (type $t (func)))", "duplicate type $t"},
    {"(data $d) (memory (data)) (data $d)", "duplicate data $d"},
    {"(func) (import \"\" \"\" (memory 1))", "import after function"},
    {"(memory 1) (func (import \"\" \"\"))", "import after memory"},
    {"(tag) (import \"\" \"\" (tag))", "import after tag"},
    {"(func $f) (start $f) (start $f)", "multiple start sections"},
    {"(memory 1 (pagesize 3))", "invalid custom page size 3"},
    {"(func (export \"\\ff\"))", "malformed UTF-8 encoding \"\\ff\" at 1:15\n"},
    {"(func $ )", "empty identifier"},
    {"(func (block (param $x i32)))", "unexpected token $x at 1:21, expected a value type\n"},
    {"(elem $t (i32.const 0) $f) (table $u 1 funcref)", "unknown func $f"},
    {"(elem (table 0) (i32.const 0) 0)", "unexpected token 0"},
    {"(table 0)", "unexpected token ) at 1:9, expected a reference type\n"},
    {"(module instance)", "unexpected token instance"},
    {"(func (@name \"f\") nop)", ""},
    {"(func nop (@name \"f\"))", "misplaced @name annotation"},
    {"(func (@name \"f\") (@name \"g\"))", "@name annotation: multiple func (@name at 1:19"},
    {"(func (@custom \"f\"))", "misplaced @custom annotation"},
    {"(@custom)", "@custom annotation: missing section name"},
    {"(@custom \"x\" (before it))", "@custom annotation: malformed section kind it at 1:22"},
    {"(@custom \"x\" 1)", "@custom annotation: unexpected token"},
    {"(func (@metadata.code.branch_hint \"\\02\") br_if 0)",
     "@metadata.code.branch_hint annotation: invalid value"},
    {"(@custom \"x\" (here))", "@custom annotation: malformed placement here"},
    {"(func (@metadata.code.branch_hint \"\\01\"))", "unexpected token )"},
    {"(global i32 (@metadata.code.branch_hint \"\\01\") br_if 0)",
     "@metadata.code.branch_hint annotation: not in a function"},
};

TEST(TextErrors, BeginAsTheSuitesAndSayWhereAndWhatWasExpected) {
  for (const Wrong& wrong : kWrong) {
    const auto result = assemble(wrong.text);
    const std::string message = result ? "" : result.error().message();
    EXPECT_THAT(message, StartsWith(std::string(wrong.error))) << wrong.text;
    EXPECT_EQ(message.empty(), wrong.error.empty()) << wrong.text << "\n" << message;
  }
}

TEST(TextErrors, QuoteTheLineWithAMark) {
  const auto result = assemble("(module\n  (func (param $a i32)\n    (i32.ad (local.get $a))))\n");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::Malformed);
  EXPECT_EQ(result.error().message(),
            "unknown operator i32.ad at 3:6, expected an instruction\n"
            "    3 |     (i32.ad (local.get $a))))\n"
            "      |      ^~~~~~");
}

}  // namespace

}  // namespace weft::interp
