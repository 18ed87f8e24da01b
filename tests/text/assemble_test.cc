// What texts become: whole modules as bytes, and choices of encodings.
#include "interp/text/assemble.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "interp/debug/instr_printer.h"
#include "interp/decode/module_decoder.h"
#include "interp/decode/names.h"

namespace weft::interp {

namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

using Bytes = std::vector<uint8_t>;

Bytes assembled(std::string_view text, bool names = false) {
  Result<Bytes> bytes = assemble(text, {.names = names});
  EXPECT_TRUE(bytes.has_value()) << (bytes ? "" : bytes.error().message());
  return bytes ? *std::move(bytes) : Bytes();
}

std::unique_ptr<Module> decoded(std::string_view text, bool names = false) {
  auto bytes = std::make_shared<Bytes>(assembled(text, names));
  const std::span<const uint8_t> view = *bytes;
  Result<std::unique_ptr<Module>> module = decode_module({view, std::move(bytes)});
  EXPECT_TRUE(module.has_value()) << (module ? "" : module.error().message());
  return module ? *std::move(module) : std::make_unique<Module>();
}

// The instructions of the module's first function with a body, a line each.
std::vector<std::string> listed(std::string_view text) {
  const std::unique_ptr<Module> module = decoded(text);
  std::vector<std::string> lines;
  if (module->defined_funcs() == 0) return lines;
  for (const ListedInstr& line : list_function(*module, module->imported_funcs)) {
    lines.push_back(line.text);
  }
  if (!lines.empty()) lines.pop_back();  // the end
  return lines;
}

// As listed, of a function's body with these fields before it.
std::vector<std::string> body(std::string_view instrs, std::string_view fields = "") {
  return listed(std::string(fields) + "(func $f " + std::string(instrs) + ")");
}

TEST(Assemble, AModuleOrItsFieldsAlone) {
  const Bytes empty = {0, 'a', 's', 'm', 1, 0, 0, 0};
  for (const char* text : {"", "(module)", "(module $m)", ";; nothing",
                           "(module binary \"\\00asm\" \"\\01\\00\\00\\00\")", "(module quote)",
                           "(module quote \"(mod\" \"ule)\")", "(module definition $m)"}) {
    EXPECT_EQ(assembled(text), empty) << text;
  }
  EXPECT_EQ(assembled("(module $m (func))"), assembled("(func)"));
}

TEST(Assemble, WritesSectionsInTheirOrder) {
  const Bytes module = assembled(
      "(data \"ab\") (elem func 0) (import \"m\" \"f\" (func)) (start 0)"
      "(export \"f\" (func 0)) (global i32 (i32.const 7)) (tag) (memory 1) (table 1 funcref) "
      "(func)");
  const Bytes expected = {0,  'a', 's', 'm',  1,   0,    0,   0,        //
                          1,  4,   1,   0x60, 0,   0,                   // types
                          2,  7,   1,   1,    'm', 1,    'f', 0,    0,  // imports
                          3,  2,   1,   0,                              // functions
                          4,  4,   1,   0x70, 0,   1,                   // tables
                          5,  3,   1,   0,    1,                        // memories
                          13, 3,   1,   0,    0,                        // tags
                          6,  6,   1,   0x7f, 0,   0x41, 7,   0x0b,     // globals
                          7,  5,   1,   1,    'f', 0,    0,             // exports
                          8,  1,   0,                                   // start
                          9,  5,   1,   1,    0,   1,    0,             // elements
                          10, 4,   1,   2,    0,   0x0b,                // code
                          11, 5,   1,   1,    2,   'a',  'b'};          // data
  EXPECT_EQ(module, expected);
}

TEST(Assemble, FoldedInstructionsComeBehindTheirOperands) {
  EXPECT_THAT(
      body("(i32.add (i32.const 1) (i32.mul (i32.const 2) (i32.const 3))) drop"),
      ElementsAre("i32.const 1", "i32.const 2", "i32.const 3", "i32.mul", "i32.add", "drop"));
  EXPECT_THAT(body("(if $l (i32.eqz (i32.const 0)) (then (br $l)) (else nop (br 0)))"),
              ElementsAre("i32.const 0", "i32.eqz", "if", "br 0", "else", "nop", "br 0", "end"));
  EXPECT_THAT(body("(block $a (loop $b (br_if $a (i32.const 1)) br $b))"),
              ElementsAre("block", "loop", "i32.const 1", "br_if 1", "br 0", "end", "end"));
}

TEST(Assemble, LabelsShadowEachOther) {
  EXPECT_THAT(
      body("block $l block $l br $l end br $l loop $m (block $l (br $l) (br $m)) end end $l"),
      ElementsAre("block", "block", "br 0", "end", "br 0", "loop", "block", "br 0", "br 1", "end",
                  "end", "end"));
}

TEST(Assemble, LegacyExceptionsInBothForms) {
  const std::vector<std::string> expected = {"try",       "call 0", "catch 0", "rethrow 0",
                                             "catch_all", "nop",    "end"};
  EXPECT_EQ(body("(try $t (do (call $f)) (catch $e (rethrow $t)) (catch_all nop))", "(tag $e)"),
            expected);
  EXPECT_EQ(body("try $t call $f catch $e rethrow $t catch_all $t nop end $t", "(tag $e)"),
            expected);
  const std::vector<std::string> delegated = {"block", "try", "nop", "delegate 0", "end"};
  EXPECT_EQ(body("(block $b (try $t (do nop) (delegate $b)))"), delegated);
  EXPECT_EQ(body("block $b try $t nop delegate $b end"), delegated);
}

TEST(Assemble, CatchClausesNameLabelsOutsideOfTheirBlock) {
  EXPECT_THAT(body("(block $b (try_table $t (catch $e $b) (catch_all_ref 0) (catch_ref 0 1) nop))",
                   "(tag $e)"),
              ElementsAre("block", "try_table (catch 0 0) (catch_all_ref 0) (catch_ref 0 1)", "nop",
                          "end", "end"));
}

TEST(Assemble, WhatFollowsChoosesTheInstruction) {
  EXPECT_THAT(body("(select (result i32) (i32.const 1) (i32.const 2) (i32.const 3)) select "
                   "(ref.test (ref null any) (ref.null none)) ref.test i31ref (ref.cast (ref eq))"),
              ElementsAre("i32.const 1", "i32.const 2", "i32.const 3", "select (result i32)",
                          "select", "ref.null none", "ref.test (ref null any)",
                          "ref.test (ref null i31)", "ref.cast (ref eq)"));
}

TEST(Assemble, OmittedIndicesAreZero) {
  EXPECT_THAT(
      body("memory.size memory.size $n memory.copy memory.copy $n $m memory.init $d memory.init $n "
           "$d "
           "table.get table.get $u table.init 0 table.init $u 0 table.copy $u $t "
           "i32.load $n offset=8 align=1 v128.load8_lane 3 v128.load8_lane 1 3 v128.load8_lane $n "
           "offset=1 3",
           "(memory $m 1) (memory $n 1) (data $d) (table $t 1 funcref) (table $u 1 funcref) (elem "
           "func)"),
      ElementsAre("memory.size", "memory.size 1", "memory.copy", "memory.copy 1 0", "memory.init 0",
                  "memory.init 1 0", "table.get", "table.get 1", "table.init 0", "table.init 1 0",
                  "table.copy 1 0", "i32.load 1 offset=8 align=1", "v128.load8_lane 3",
                  "v128.load8_lane 1 3", "v128.load8_lane 1 offset=1 3"));
}

TEST(Assemble, VectorsOfEveryShape) {
  EXPECT_EQ(body("v128.const i8x16 1 0 0 0 2 0 0 0 3 0 0 0 0xff -1 255 -1"),
            body("v128.const i32x4 1 2 3 -1"));
  EXPECT_EQ(body("v128.const i16x8 0 0 0 0x3ff0 0 0 0 0x7ff8"), body("v128.const f64x2 1.0 nan"));
  EXPECT_EQ(body("v128.const f32x4 1 -0 inf nan:0x1"),
            body("v128.const i32x4 0x3f800000 0x80000000 0x7f800000 0x7f800001"));
  EXPECT_EQ(body("v128.const i64x2 1 -1"), body("v128.const i32x4 1 0 -1 -1"));
}

TEST(Assemble, TypeUsesWithoutAnIndexFindTheirTypeOrAddIt) {
  const std::unique_ptr<Module> module = decoded(
      "(func (param i32)) (type $t (func (result i32))) (func (result i32) unreachable)"
      "(type (sub (func (param i64)))) (rec (type (func (param f32)))) (func (param i64)) (func "
      "(param f32))");
  std::vector<uint32_t> used;
  for (const Func& func : module->funcs) used.push_back(func.type_index);
  // Those that are not final, or in a group of their own with a word for it, are others.
  EXPECT_THAT(used, ElementsAre(3, 0, 4, 5));
  EXPECT_EQ(module->types.size(), 6u);
}

TEST(Assemble, NewTypesComeInTheOrderOfFlatText) {
  const char* folded =
      "(table 1 funcref) (func (call_indirect (param i32 i64) (i32.const 0) "
      "(if (result i32 i64) (i32.const 0) (then (loop (param f32 f64))) (else unreachable)) "
      "(i32.const 0)))";
  const std::unique_ptr<Module> module = decoded(folded);
  ASSERT_EQ(module->types.size(), 4u);
  EXPECT_EQ(to_string(module->types[1].type.composite.func), "() -> (i32, i64)");
  EXPECT_EQ(to_string(module->types[2].type.composite.func), "(f32, f64) -> ()");
  EXPECT_EQ(to_string(module->types[3].type.composite.func), "(i32, i64) -> ()");
}

TEST(Assemble, TypesReferToLaterOnesAndFieldsHaveNames) {
  EXPECT_THAT(body("(struct.get $s $y (ref.null $s)) (struct.set $r $x)",
                   "(rec (type $s (struct (field $x i8) (field $y (mut (ref null $r))))) "
                   "(type $r (sub $o (struct (field i32 i64) (field $x (mut i16))))))"
                   "(type $o (sub (struct)))"),
              ElementsAre("ref.null 0", "struct.get 0 1", "struct.set 1 2"));
}

TEST(Assemble, InlineImportsExportsAndSegments) {
  const std::unique_ptr<Module> module = decoded(
      "(func (export \"a\") (export \"b\") (import \"m\" \"f\") (param i32)) (memory $m (export "
      "\"c\") (data \"xyz\"))"
      "(table $t i64 funcref (elem 0 0)) (memory i64 (pagesize 1) (data \"xyz\")) (data $d \"\") "
      "(elem $e func)"
      "(func data.drop $d elem.drop $e)");
  EXPECT_EQ(module->exports.size(), 3u);
  EXPECT_EQ(module->imported_funcs, 1u);
  EXPECT_EQ(module->memories[0].limits, (Limits{1, 1}));
  EXPECT_EQ(module->memories[1].limits, (Limits{3, 3}));
  EXPECT_EQ(module->memories[1].page_bytes_log2, 0u);
  EXPECT_EQ(module->tables[0].type.limits, (Limits{2, 2}));
  ASSERT_EQ(module->elems.size(), 2u);
  EXPECT_THAT(module->elems[0].funcs, ElementsAre(0, 0));
  ASSERT_EQ(module->datas.size(), 3u);
  EXPECT_EQ(module->data_count, 3u);
  EXPECT_THAT(list_function(*module, 1)[0].text, "data.drop 2");
  EXPECT_THAT(list_function(*module, 1)[1].text, "elem.drop 1");
}

TEST(Assemble, ElementSegmentsOfAllForms) {
  const auto flags = [](std::string_view segment) {
    const std::string text = "(func $f) (table $t 1 funcref) (elem " + std::string(segment) + ")";
    const Bytes bytes = assembled(text);
    // The element section comes right before that of code: one function, 6 bytes.
    for (size_t at = 8; at < bytes.size(); at += 2u + bytes[at + 1]) {
      if (bytes[at] == 9) return static_cast<int>(bytes[at + 3]);
    }
    return -1;
  };
  EXPECT_EQ(flags("(i32.const 0) $f"), 0);
  EXPECT_EQ(flags("(offset i32.const 0) func $f"), 0);
  EXPECT_EQ(flags("func $f"), 1);
  EXPECT_EQ(flags("(table $t) (i32.const 0) func $f"), 2);
  EXPECT_EQ(flags("declare func $f"), 3);
  EXPECT_EQ(flags("(i32.const 0) funcref (ref.func $f) (item ref.null func)"), 4);
  EXPECT_EQ(flags("(ref func) (ref.func $f)"), 5);
  EXPECT_EQ(flags("(i32.const 0) (ref func) (ref.func $f)"), 6);
  EXPECT_EQ(flags("declare funcref"), 7);
}

TEST(Assemble, NamesAreIdentifiersOrAnnotations) {
  const std::unique_ptr<Module> module = decoded(
      "(module $mod (type $t (struct (field $x i32))) (import \"a\" \"b\" (func $i (param $p i32)))"
      "(func $f (@name \"other\") (param $a i32) (local i64) (local $b (@name \"c\") i64) (block "
      "$l)) (global $g i32 (i32.const 0)))",
      true);
  const NameSection names(*module);
  EXPECT_EQ(names.module(), "mod");
  EXPECT_EQ(names.find(NameOf::Func, 0), "i");
  EXPECT_EQ(names.find(NameOf::Func, 1), "other");
  EXPECT_EQ(names.find(NameOf::Global, 0), "g");
  EXPECT_EQ(names.find(NameOf::Type, 0), "t");
  EXPECT_EQ(names.find(NameOf::Field, 0, 0), "x");
  EXPECT_EQ(names.find(NameOf::Local, 0, 0), "p");
  EXPECT_EQ(names.find(NameOf::Local, 1, 0), "a");
  EXPECT_EQ(names.find(NameOf::Local, 1, 2), "c");
  EXPECT_EQ(names.find(NameOf::Label, 1, 0), "l");
  EXPECT_TRUE(decoded("(module $mod (func $f))")->customs.empty());
}

TEST(Assemble, CustomSectionsGoWhereTheySay) {
  const std::unique_ptr<Module> module = decoded(
      "(@custom \"d\" \"1\" \"2\") (@custom \"a\" (before first)) (@custom \"c\" (after func) "
      "\"x\")"
      "(@custom \"b\" (before func)) (@custom \"e\" (after last)) (func)");
  std::string order;
  for (const CustomSection& custom : module->customs) order += custom.name;
  EXPECT_EQ(order, "abcde");
  EXPECT_EQ(module->customs[3].payload.size(), 2u);
}

TEST(Assemble, BranchHintsKnowWhereTheirBranchIs) {
  const char* text =
      "(func (local i32) (@metadata.code.branch_hint \"\\01\") (if (i32.eqz (local.get 0)) (then "
      "(local.get 0) (@metadata.code.branch_hint \"\\00\") br_if 0)))";
  const std::unique_ptr<Module> module = decoded(text);
  ASSERT_EQ(module->customs.size(), 1u);
  EXPECT_EQ(module->customs[0].name, "metadata.code.branch_hint");
  const std::span<const uint8_t> hints = module->bytes(module->customs[0].payload);
  EXPECT_THAT(hints, ElementsAre(1, 0, 2, 6, 1, 1, 10, 1, 0));
  const std::span<const uint8_t> code = module->bytes(module->funcs[0].body);
  EXPECT_EQ(code[6], 0x04);
  EXPECT_EQ(code[10], 0x0d);
}

TEST(Assemble, NestsAsDeepAsTheTextDoes) {
  constexpr size_t kDepth = 300'000;
  const auto nested = [](std::string_view open, std::string_view inner, std::string_view close) {
    std::string text = "(func ";
    for (size_t i = 0; i < kDepth; ++i) text += open;
    text += inner;
    for (size_t i = 0; i < kDepth; ++i) text += close;
    return text + ")";
  };
  EXPECT_GT(assembled(nested("(block $l ", "(br $l)", ")")).size(), 3 * kDepth);
  EXPECT_GT(assembled(nested("(i32.eqz ", "(i32.const 0)", ")")).size(), kDepth);
  EXPECT_GT(assembled(nested("(if ", "(i32.const 0)", " (then))")).size(), 3 * kDepth);
  EXPECT_GT(assembled(nested("(try (do ", "", "))")).size(), 3 * kDepth);
  EXPECT_GT(assembled(nested("loop ", "", "end ")).size(), 3 * kDepth);
  EXPECT_GT(assembled(nested("(; ", "", ";) ")).size(), 8u);
  EXPECT_FALSE(assemble(nested("(block ", "", "")).has_value());
}

TEST(Assemble, ReadsModulesInsideOfALargerText) {
  Lexer in(
      "(module $a (func $f)) (assert_malformed (module quote \"(\" \"func\") \"x\") (module "
      "instance $i $a) tail");
  TextModule module = read_module(in, {});
  EXPECT_EQ(module.id, "a");
  EXPECT_EQ(module.bytes, assembled("(func)"));
  in.advance();
  in.advance();
  module = read_module(in, {});
  EXPECT_EQ(module.form, TextModule::Form::Quote);
  EXPECT_EQ(module.quoted, "(func");
  EXPECT_THAT(assemble(module.quoted).error().message(),
              StartsWith("unexpected token: the end of the text"));
  in.skip_to_close();
  module = read_module(in, {});
  EXPECT_EQ(module.form, TextModule::Form::Instance);
  EXPECT_EQ(module.id, "i");
  EXPECT_EQ(module.definition, "a");
  EXPECT_TRUE(in.at_keyword("tail"));
}

}  // namespace

}  // namespace weft::interp
