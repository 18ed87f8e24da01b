// Exceptions in both forms, atomics and wide arithmetic.
#include <gtest/gtest.h>

#include "tests/validate/validate_helpers.h"

namespace weft::interp::testing {
namespace {

constexpr uint8_t kBlock = 0x02, kTry = 0x06, kCatch = 0x07, kThrow = 0x08, kRethrow = 0x09,
                  kThrowRef = 0x0a, kEnd = 0x0b, kDelegate = 0x18, kCatchAll = 0x19, kDrop = 0x1a,
                  kTryTable = 0x1f, kI32Const = 0x41, kI64Const = 0x42, kI32Add = 0x6a,
                  kRefNull = 0xd0, kEmpty = 0x40, kI32 = 0x7f, kExn = 0x69, kFunc = 0x70,
                  kRef = 0x64, kAtomic = 0xfe;

// Tag 0 carries an i32, tag 1 nothing.
std::string error_of(const Bytes& code) {
  ModuleBuilder builder;
  builder.type({}, {}).type({kI32}, {}).type({}, {kI32, kExn});
  builder.memory().item(ModuleBuilder::kTag, {0, 1}).item(ModuleBuilder::kTag, {0, 0});
  builder.func(0, code);
  return validation_error(builder.build(), all_features());
}
void expect_valid(const Bytes& code) { EXPECT_EQ(error_of(code), ""); }
void expect_error(const Bytes& code, std::string_view text) {
  const std::string error = error_of(code);
  EXPECT_TRUE(error.starts_with(text)) << '"' << error << "\" instead of " << text;
}

TEST(Exceptions, AThrowTakesWhatItsTagCarries) {
  expect_valid({kI32Const, 0, kThrow, 0});
  expect_valid({kThrow, 1, kI32Add, kDrop});
  expect_error({kI64Const, 0, kThrow, 0}, "type mismatch");
  expect_error({kThrow, 2}, "unknown tag 2");
  expect_valid({kRefNull, kExn, kThrowRef});
  expect_error({kRefNull, kFunc, kThrowRef}, "type mismatch");
}

TEST(Exceptions, AClausesLabelTakesItsValues) {
  expect_valid({kBlock, kI32, kTryTable, kEmpty, 1, 0, 0, 0, kEnd, kI32Const, 0, kEnd, kDrop});
  expect_error({kTryTable, kEmpty, 1, 0, 0, 0, kEnd}, "type mismatch");
  expect_valid({kTryTable, kEmpty, 2, 0, 1, 0, 2, 0, kEnd});
  expect_valid({kBlock, 2, kTryTable, kEmpty, 1, 1, 0, 0, kEnd, kI32Const, 0, kRefNull, kExn, kEnd,
                kDrop, kDrop});
  expect_valid({kBlock, kRef, kExn, kTryTable, kEmpty, 1, 3, 0, kEnd, 0x00, kEnd, kDrop});
  expect_error({kTryTable, kEmpty, 1, 3, 0, kEnd}, "type mismatch");
  expect_error({kTryTable, kEmpty, 1, 0, 9, 0, kEnd}, "unknown tag 9");
  expect_error({kTryTable, kEmpty, 1, 4, 0, kEnd}, "malformed catch clause");
}

TEST(Exceptions, AClausesLabelsCountFromOutside) {
  expect_error({kTryTable, kEmpty, 1, 2, 1, kEnd}, "unknown label 1");
  expect_error({kTryTable, kI32, 1, 0, 0, 0, kI32Const, 0, kEnd, kDrop}, "type mismatch");
}

TEST(LegacyExceptions, ACatchGetsTheTagsValuesAndYieldsTheTrysResults) {
  expect_valid({kTry, kI32, kI32Const, 1, kCatch, 0, kCatchAll, kI32Const, 2, kEnd, kDrop});
  expect_error({kTry, kEmpty, kCatch, 0, kEnd}, "type mismatch");
  expect_error({kTry, kI32, kI32Const, 1, kCatch, 1, kEnd, kDrop}, "type mismatch");
  expect_valid({kTry, kEmpty, kEnd});
}

TEST(LegacyExceptions, NothingFollowsACatchAll) {
  expect_error({kTry, kEmpty, kCatchAll, kCatch, 1, kEnd}, "END opcode expected");
  expect_error({kTry, kEmpty, kCatchAll, kCatchAll, kEnd}, "END opcode expected");
  expect_error({kBlock, kEmpty, kCatchAll, kEnd}, "END opcode expected");
}

TEST(LegacyExceptions, OnlyACatchRethrows) {
  expect_valid({kTry, kEmpty, kCatchAll, kRethrow, 0, kEnd});
  expect_valid({kTry, kEmpty, kCatchAll, kBlock, kEmpty, kRethrow, 1, kEnd, kEnd});
  expect_error({kTry, kEmpty, kRethrow, 0, kEnd}, "invalid rethrow label");
  expect_error({kRethrow, 0}, "invalid rethrow label");
}

TEST(LegacyExceptions, ADelegateEndsATryAndCountsFromOutside) {
  expect_valid({kTry, kEmpty, kDelegate, 0});
  expect_valid({kTry, kEmpty, kTry, kEmpty, kDelegate, 0, kCatchAll, kEnd});
  expect_error({kTry, kEmpty, kDelegate, 1}, "unknown label 1");
  expect_error({kTry, kEmpty, kDelegate, 0xff, 0xff, 0xff, 0xff, 0x0f}, "unknown label");
  expect_error({kTry, kEmpty, kCatchAll, kDelegate, 0}, "END opcode expected");
}

TEST(Atomics, AreAlignedNaturally) {
  expect_valid({kI32Const, 0, kAtomic, 0x10, 2, 0, kDrop});
  expect_error({kI32Const, 0, kAtomic, 0x10, 1, 0, kDrop}, "alignment must be natural");
  expect_error({kI32Const, 0, kAtomic, 0x10, 3, 0, kDrop}, "alignment must not be larger");
}

TEST(Atomics, TakeTheOperandsOfTheirSignature) {
  expect_valid({kI32Const, 0, kI32Const, 1, kI32Const, 2, kAtomic, 0x48, 2, 0, kDrop});
  expect_error({kI32Const, 0, kI64Const, 1, kI32Const, 2, kAtomic, 0x48, 2, 0, kDrop},
               "type mismatch");
  expect_valid({kAtomic, 0x03, 0});
  expect_error({kAtomic, 0x03, 1}, "zero byte expected");
}

TEST(WideArithmetic, TakesAndYieldsPairs) {
  expect_valid({kI64Const, 0, kI64Const, 1, kI64Const, 2, kI64Const, 3, 0xfc, 0x13, kDrop, kDrop});
  expect_valid({kI64Const, 0, kI64Const, 1, 0xfc, 0x15, kDrop, kDrop});
  expect_error({kI64Const, 0, kI32Const, 1, 0xfc, 0x15, kDrop, kDrop}, "type mismatch");
}

}  // namespace
}  // namespace weft::interp::testing
