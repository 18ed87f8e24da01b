// Blocks, branches, dead code, locals, and the bounds of both stacks.
#include <gtest/gtest.h>

#include "tests/validate/validate_helpers.h"

namespace weft::interp::testing {
namespace {

constexpr uint8_t kUnreachable = 0x00, kBlock = 0x02, kLoop = 0x03, kIf = 0x04, kElse = 0x05,
                  kEnd = 0x0b, kBr = 0x0c, kBrIf = 0x0d, kBrTable = 0x0e, kReturn = 0x0f,
                  kCall = 0x10, kDrop = 0x1a, kSelect = 0x1b, kSelectT = 0x1c, kLocalGet = 0x20,
                  kLocalSet = 0x21, kI32Const = 0x41, kI64Const = 0x42, kI32Add = 0x6a,
                  kEmpty = 0x40, kI32 = 0x7f, kI64 = 0x7e, kRefNull = 0xd0, kFunc = 0x70;

void expect_valid(const Bytes& code) { EXPECT_EQ(body_error(code), ""); }
void expect_error(const Bytes& code, std::string_view text) {
  const std::string error = body_error(code);
  EXPECT_TRUE(error.starts_with(text)) << '"' << error << "\" instead of " << text;
}

TEST(Control, BlocksYieldWhatTheyDeclare) {
  expect_valid({kBlock, kI32, kI32Const, 0, kEnd, kDrop});
  expect_error({kBlock, kI32, kEnd, kDrop}, "type mismatch");
  expect_error({kBlock, kI32, kI64Const, 0, kEnd, kDrop}, "type mismatch");
  expect_error({kBlock, kEmpty, kI32Const, 0, kEnd}, "type mismatch");
  expect_error({kI32Const, 0}, "type mismatch");
}

TEST(Control, BlocksDontReachBelowTheirParameters) {
  expect_error({kI32Const, 0, kBlock, kEmpty, kDrop, kEnd, kDrop}, "type mismatch");
}

TEST(Control, BranchesTakeTheResultsOfBlocksAndTheParametersOfLoops) {
  expect_valid({kBlock, kI32, kI32Const, 0, kBr, 0, kEnd, kDrop});
  expect_error({kBlock, kI32, kBr, 0, kEnd, kDrop}, "type mismatch");
  expect_valid({kLoop, kI32, kBr, 0, kEnd, kDrop});
  expect_error({kBr, 1}, "unknown label 1");
  expect_valid({kBr, 0});
}

TEST(Control, ConditionalBranchesKeepTheValuesThatTheyMightTake) {
  expect_valid({kBlock, kI32, kI32Const, 7, kI32Const, 0, kBrIf, 0, kEnd, kDrop});
  expect_error({kBlock, kI32, kI32Const, 0, kBrIf, 0, kI32Const, 0, kEnd, kDrop}, "type mismatch");
}

TEST(Control, AnIfWithoutElseYieldsWhatItTakes) {
  expect_valid({kI32Const, 0, kIf, kEmpty, kEnd});
  expect_error({kI32Const, 0, kIf, kI32, kI32Const, 0, kEnd, kDrop}, "type mismatch");
  expect_valid({kI32Const, 0, kIf, kI32, kI32Const, 0, kElse, kI32Const, 1, kEnd, kDrop});
  expect_error({kI32Const, 0, kIf, kI32, kI32Const, 0, kElse, kI64Const, 1, kEnd, kDrop},
               "type mismatch");
  expect_error({kI64Const, 0, kIf, kEmpty, kEnd}, "type mismatch");
}

TEST(Control, AnElseBelongsToAnIf) {
  expect_error({kBlock, kEmpty, kElse, kEnd}, "END opcode expected");
  expect_error({kI32Const, 0, kIf, kEmpty, kElse, kElse, kEnd}, "END opcode expected");
  expect_error({kElse}, "END opcode expected");
}

TEST(Control, TableBranchesAgreeInArity) {
  expect_valid({kBlock, kEmpty, kBlock, kEmpty, kI32Const, 0, kBrTable, 2, 0, 1, 0, kEnd, kEnd});
  expect_error({kBlock, kI32, kBlock, kEmpty, kI32Const, 0, kBrTable, 1, 0, 1, kEnd, kI32Const, 0,
                kEnd, kDrop},
               "type mismatch");
  expect_error({kBlock, kEmpty, kI32Const, 0, kBrTable, 1, 0, 9, kEnd}, "unknown label 9");
  expect_error({kBlock, kEmpty, kI32Const, 0, kBrTable, 1, 9, 0, kEnd}, "unknown label 9");
  // In dead code labels of different types can agree; of different arity they can't.
  expect_valid({kBlock, kI32, kBlock, kI64, kUnreachable, kBrTable, 1, 0, 1, kEnd, kDrop, kI32Const,
                0, kEnd, kDrop});
  expect_error({kBlock, kI32, kBlock, kEmpty, kUnreachable, kBrTable, 1, 0, 1, kEnd, kI32Const, 0,
                kEnd, kDrop},
               "type mismatch");
}

TEST(Control, DeadCodeIsPolymorphicBelowWhatItPushed) {
  expect_valid({kUnreachable, kI32Add, kDrop});
  expect_valid({kReturn, kDrop, kDrop});
  expect_error({kUnreachable, kI64Const, 0, kI32Add, kDrop}, "type mismatch");
  expect_error({kUnreachable, kI32Const, 0}, "type mismatch");
  expect_error({kUnreachable, kBlock, kEmpty, kDrop, kEnd}, "type mismatch");
  expect_valid({kBlock, kI32, kUnreachable, kEnd, kDrop});
  expect_error({kBlock, kI32, kUnreachable, kI64Const, 0, kEnd, kDrop}, "type mismatch");
  expect_error({kBlock, kI32, kBr, 1, kEnd}, "type mismatch");
}

TEST(Control, SelectWithoutATypeIsForEqualNumbers) {
  expect_valid({kI32Const, 0, kI32Const, 0, kI32Const, 0, kSelect, kDrop});
  expect_error({kI32Const, 0, kI64Const, 0, kI32Const, 0, kSelect, kDrop}, "type mismatch");
  expect_error({kRefNull, kFunc, kRefNull, kFunc, kI32Const, 0, kSelect, kDrop}, "type mismatch");
  expect_valid({kUnreachable, kSelect, kDrop});
  expect_valid({kUnreachable, kI64Const, 0, kI32Const, 0, kSelect, kDrop});
  expect_valid({kBlock, kI64, kUnreachable, kSelect, kEnd, kDrop});
  expect_error({kUnreachable, kI64Const, 0, kI32Const, 0, kSelect, kI32Add, kDrop},
               "type mismatch");
}

TEST(Control, SelectWithATypeHasOne) {
  expect_valid({kRefNull, kFunc, kRefNull, kFunc, kI32Const, 0, kSelectT, 1, kFunc, kDrop});
  expect_error({kUnreachable, kSelectT, 0, kDrop}, "invalid result arity");
  expect_error({kUnreachable, kSelectT, 2, kI32, kI32, kDrop}, "invalid result arity");
}

TEST(Control, BlocksOfATypeTakeParameters) {
  ModuleBuilder builder;
  builder.type({}, {}).type({kI32, kI64}, {kI64, kI32});
  const auto error = [&](const Bytes& code) {
    return validation_error(ModuleBuilder(builder).func(0, code).build());
  };
  EXPECT_EQ(error({kI32Const, 0, kI64Const, 0, kBlock, 1, kDrop, kDrop, kI64Const, 0, kI32Const, 0,
                   kEnd, kDrop, kDrop}),
            "");
  EXPECT_EQ(error({kI32Const, 0, kI64Const, 0, kLoop, 1, kBr, 0, kEnd, kDrop, kDrop}), "");
  EXPECT_EQ(error({kI32Const, 0,         kI64Const, 0,         kI32Const, 0,    kIf,   1,
                   kDrop,     kDrop,     kI64Const, 0,         kI32Const, 0,    kElse, kDrop,
                   kDrop,     kI64Const, 0,         kI32Const, 0,         kEnd, kDrop, kDrop}),
            "");
  EXPECT_NE(error({kI64Const, 0, kI64Const, 0, kBlock, 1, kEnd, kDrop, kDrop}), "");
  EXPECT_NE(error({kI64Const, 0, kBlock, 1, kEnd, kDrop, kDrop}), "");
  EXPECT_EQ(error({kUnreachable, kBlock, 1, kUnreachable, kEnd, kDrop, kDrop}), "");
  EXPECT_EQ(error({kBlock, 2, kEnd}), "unknown type 2");
}

TEST(Control, CallsTakeAndGiveWhatTheTypeSays) {
  ModuleBuilder builder;
  builder.type({}, {}).type({kI32, kI64}, {kI64, kI32});
  builder.func(1, {kUnreachable});
  const auto error = [&](const Bytes& code) {
    return validation_error(ModuleBuilder(builder).func(0, code).build());
  };
  EXPECT_EQ(error({kI32Const, 0, kI64Const, 0, kCall, 0, kDrop, kDrop}), "");
  EXPECT_NE(error({kI64Const, 0, kI32Const, 0, kCall, 0, kDrop, kDrop}), "");
  EXPECT_NE(error({kI64Const, 0, kCall, 0, kDrop, kDrop}), "");
  EXPECT_EQ(error({kUnreachable, kI64Const, 0, kCall, 0, kI32Add, kDrop}),
            "type mismatch: expected i32, found i64");
  EXPECT_EQ(error({kCall, 9}), "unknown function 9");
}

TEST(Control, LocalsAreParametersThenDeclared) {
  const auto error = [](const Bytes& code, const Bytes& locals) {
    return validation_error(ModuleBuilder().type({kI64}, {}).func(0, code, locals).build());
  };
  EXPECT_EQ(error({kLocalGet, 0, kDrop, kI32Const, 0, kLocalSet, 2}, {1, 2, kI32}), "");
  EXPECT_EQ(error({kLocalGet, 3, kDrop}, {1, 2, kI32}), "unknown local 3");
  EXPECT_NE(error({kI32Const, 0, kLocalSet, 0}, {0}), "");
  EXPECT_EQ(error({}, join(Bytes{1}, unsigned_leb(49'999), Bytes{kI32})), "");
  EXPECT_EQ(error({}, join(Bytes{1}, unsigned_leb(50'000), Bytes{kI32})), "too many locals");
  EXPECT_EQ(error({}, join(Bytes{2}, unsigned_leb(UINT32_MAX), Bytes{kI32}, unsigned_leb(2),
                           Bytes{kI64})),
            "too many locals");
}

TEST(Control, NonNullableLocalsAreSetBeforeTheyAreRead) {
  // (func (local (ref func)) ...), function-references
  const auto error = [](const Bytes& code) {
    return validation_error(module_with_body(code, {1, 1, 0x64, kFunc}).build(), all_features());
  };
  const Bytes set = {0xd2, 0, kLocalSet, 0};
  const Bytes get = {kLocalGet, 0, kDrop};
  EXPECT_EQ(error(get), "uninitialized local 0");
  EXPECT_EQ(error(join(set, get)), "");
  EXPECT_EQ(error(join(Bytes{kBlock, kEmpty}, set, get, Bytes{kEnd})), "");
  EXPECT_EQ(error(join(Bytes{kBlock, kEmpty}, set, Bytes{kEnd}, get)), "uninitialized local 0");
  EXPECT_EQ(error(join(Bytes{kI32Const, 0, kIf, kEmpty}, set, Bytes{kElse}, get, Bytes{kEnd})),
            "uninitialized local 0");
}

TEST(Control, ABodyEndsAtItsEnd) {
  EXPECT_TRUE(body_error({kEnd}).starts_with("section size mismatch"));
  EXPECT_TRUE(body_error({kBlock, kEmpty}).starts_with("unexpected end of section or function"));
}

TEST(Control, BlocksNestAMillionDeepWithoutRecursion) {
  constexpr size_t kDepth = 999'999;  // and the function's own frame
  for (const uint8_t opener : {kBlock, kLoop}) {
    Bytes code;
    for (size_t i = 0; i < kDepth; ++i) append(code, {opener, kEmpty});
    code.resize(code.size() + kDepth, kEnd);
    expect_valid(code);
  }
  Bytes ifs;
  for (size_t i = 0; i < kDepth; ++i) append(ifs, {kI32Const, 0, kIf, kEmpty});
  ifs.resize(ifs.size() + kDepth, kEnd);
  expect_valid(ifs);
  Bytes unfinished;
  for (size_t i = 0; i <= kDepth + 1; ++i) append(unfinished, {kBlock, kEmpty});
  expect_error(unfinished, "blocks nested too deeply");
}

TEST(Control, OperandsAreBoundedByTheirOwnLimit) {
  constexpr size_t kHeight = 1'000'000;
  Bytes code;
  for (size_t i = 0; i < kHeight; ++i) append(code, {kI32Const, 0});
  code.resize(code.size() + kHeight, kDrop);
  expect_valid(code);
  ImplementationLimits limits;
  limits.operands = 1000;
  EXPECT_EQ(validation_error(module_with_body(code).build(), kSupportedFeatures, limits),
            "operand stack too high");
}

TEST(Control, ALargeTableBranchIsLinear) {
  constexpr uint32_t kTargets = 1'000'000;
  const Bytes code =
      join(Bytes{kI32Const, 0, kBrTable}, unsigned_leb(kTargets), Bytes(kTargets + 1, 0));
  expect_valid(code);
}

}  // namespace
}  // namespace weft::interp::testing
