// Tail calls, typed references, casts, structs and arrays.
#include <gtest/gtest.h>

#include "tests/validate/validate_helpers.h"

namespace weft::interp::testing {
namespace {

constexpr uint8_t kUnreachable = 0x00, kBlock = 0x02, kEnd = 0x0b, kReturnCall = 0x12,
                  kReturnCallIndirect = 0x13, kCallRef = 0x14, kReturnCallRef = 0x15, kDrop = 0x1a,
                  kLocalGet = 0x20, kLocalSet = 0x21, kI32Const = 0x41, kI64Const = 0x42,
                  kI32Add = 0x6a, kRefNull = 0xd0, kRefFunc = 0xd2, kRefEq = 0xd3,
                  kAsNonNull = 0xd4, kBrOnNull = 0xd5, kBrOnNonNull = 0xd6, kGc = 0xfb,
                  kEmpty = 0x40, kI32 = 0x7f, kI64 = 0x7e, kRef = 0x64, kFuncHeap = 0x70,
                  kExternHeap = 0x6f, kAnyHeap = 0x6e, kEqHeap = 0x6d, kI31Heap = 0x6c,
                  kStructHeap = 0x6b;

// The types that bodies may name.
constexpr uint8_t kVoid = 0, kToI32 = 1, kPair = 2, kBytes = 3, kRefs = 4, kFixed = 5, kSub = 6,
                  kOpenPair = 7;

// Function 0 has the body and yields nothing, 1 yields an i32, 2 nothing; both are declared.
std::string error_of(const Bytes& code, const Bytes& locals = {0}) {
  ModuleBuilder builder;
  builder.type({}, {}).type({}, {kI32});
  builder.item(ModuleBuilder::kType, {0x5f, 2, kI32, 1, 0x78, 0});  // struct i32 mut, i8
  builder.item(ModuleBuilder::kType, {0x5e, 0x78, 1});              // array i8 mut
  builder.item(ModuleBuilder::kType, {0x5e, kRef, kPair, 1});       // array (ref 2) mut
  builder.item(ModuleBuilder::kType, {0x5e, kI64, 0});              // array i64
  builder.item(ModuleBuilder::kType, {0x50, 0, 0x5f, 1, kI32, 1});  // open struct i32 mut
  builder.item(ModuleBuilder::kType, {0x50, 1, kSub, 0x5f, 2, kI32, 1, kI32, 0});  // its subtype
  builder.item(ModuleBuilder::kTable, {kFuncHeap, 0, 1}).memory();
  builder.item(ModuleBuilder::kElement, {3, 0, 2, 1, 2});
  builder.raw(ModuleBuilder::kDataCount, {1}).item(ModuleBuilder::kData, {1, 1, 'x'});
  builder.func(kVoid, code, locals).func(kToI32, {kI32Const, 0}).func(kVoid, {});
  return validation_error(builder.build(), all_features());
}

void expect_valid(const Bytes& code, const Bytes& locals = {0}) {
  EXPECT_EQ(error_of(code, locals), "");
}
void expect_error(const Bytes& code, std::string_view text, const Bytes& locals = {0}) {
  const std::string error = error_of(code, locals);
  EXPECT_TRUE(error.starts_with(text)) << '"' << error << "\" instead of " << text;
}

TEST(TailCalls, YieldWhatTheFunctionYields) {
  expect_valid({kReturnCall, 2});
  expect_error({kReturnCall, 1}, "type mismatch");
  expect_error({kReturnCall, 9}, "unknown function 9");
  expect_valid({kI32Const, 0, kReturnCallIndirect, kVoid, 0});
  expect_error({kI32Const, 0, kReturnCallIndirect, kToI32, 0}, "type mismatch");
  expect_valid({kRefFunc, 2, kReturnCallRef, kVoid});
  expect_error({kRefFunc, 1, kReturnCallRef, kToI32}, "type mismatch");
}

TEST(TailCalls, TheCodeAfterIsDead) { expect_valid({kReturnCall, 2, kI32Add, kDrop}); }

TEST(CallRef, TakesAFunctionOfItsType) {
  expect_valid({kRefFunc, 1, kCallRef, kToI32, kDrop});
  expect_valid({kRefNull, kToI32, kCallRef, kToI32, kDrop});
  expect_error({kRefFunc, 2, kCallRef, kToI32, kDrop}, "type mismatch");
  expect_error({kRefNull, kFuncHeap, kCallRef, kToI32, kDrop}, "type mismatch");
  expect_error({kRefFunc, 1, kCallRef, kPair, kDrop}, "unknown type");
}

TEST(Null, ARefThatIsNotNullStaysSo) {
  expect_valid({kRefNull, kVoid, kAsNonNull, kLocalSet, 0}, {1, 1, kRef, kVoid});
  expect_error({kRefNull, kVoid, kLocalSet, 0}, "type mismatch", {1, 1, kRef, kVoid});
  expect_error({kI32Const, 0, kAsNonNull, kDrop}, "type mismatch");
}

TEST(Null, InDeadCodeAReferenceIsOfAnyTypeButNoNumber) {
  expect_valid({kUnreachable, kAsNonNull, kLocalSet, 0}, {1, 1, kRef, kVoid});
  expect_error({kUnreachable, kAsNonNull, kI32Const, 0, kI32Add, kDrop}, "type mismatch");
}

TEST(Null, ABranchOnNullLeavesAReferenceThatIsNot) {
  expect_valid({kRefNull, kVoid, kBrOnNull, 0, kLocalSet, 0}, {1, 1, kRef, kVoid});
  expect_error({kBlock, kI32, kRefNull, kVoid, kBrOnNull, 0, kDrop, kI32Const, 0, kEnd, kDrop},
               "type mismatch");
}

TEST(Null, ABranchOnNonNullTakesTheReference) {
  expect_valid({kBlock, kRef, kVoid, kRefNull, kVoid, kBrOnNonNull, 0, kUnreachable, kEnd, kDrop});
  expect_error({kRefNull, kVoid, kBrOnNonNull, 0}, "type mismatch");
  expect_error({kBlock, kI32, kRefNull, kVoid, kBrOnNonNull, 0, kI32Const, 0, kEnd, kDrop},
               "type mismatch");
}

TEST(Locals, WithoutADefaultAreSetBeforeTheyAreRead) {
  expect_error({kLocalGet, 0, kDrop}, "uninitialized local 0", {1, 1, kRef, kVoid});
  expect_valid({kRefFunc, 2, kLocalSet, 0, kLocalGet, 0, kDrop}, {1, 1, kRef, kVoid});
  expect_error({kBlock, kEmpty, kRefFunc, 2, kLocalSet, 0, kEnd, kLocalGet, 0, kDrop},
               "uninitialized local 0", {1, 1, kRef, kVoid});
}

TEST(Casts, StayInTheirHierarchy) {
  expect_valid({kRefNull, kAnyHeap, kGc, 0x14, kPair, kDrop});
  expect_valid({kRefNull, kAnyHeap, kGc, 0x17, kI31Heap, kDrop});
  expect_error({kRefNull, kFuncHeap, kGc, 0x14, kPair, kDrop}, "type mismatch");
  expect_error({kRefNull, kAnyHeap, kGc, 0x16, kExternHeap, kDrop}, "type mismatch");
  expect_error({kRefNull, kAnyHeap, kGc, 0x14, 48, kDrop}, "unknown type 48");
}

TEST(Casts, ABranchTakesTheTypeThatWasCastTo) {
  const Bytes on_cast = {kBlock, kRef,     kPair, kRefNull, kAnyHeap,     kGc,  0x18, 1,
                         0,      kAnyHeap, kPair, kDrop,    kUnreachable, kEnd, kDrop};
  expect_valid(on_cast);
  // The type that is cast to must be below the other.
  expect_error({kBlock, kRef, kPair, kRefNull, kEqHeap, kGc, 0x18, 1, 0, kI31Heap, kPair, kDrop,
                kUnreachable, kEnd, kDrop},
               "type mismatch");
  // Without a reference in the label there is nothing to take.
  expect_error({kRefNull, kAnyHeap, kGc, 0x18, 1, 0, kAnyHeap, kPair, kDrop}, "type mismatch");
}

TEST(Casts, ReferencesChangeHierarchyByConversionOnly) {
  expect_valid({kRefNull, kExternHeap, kGc, 0x1a, kGc, 0x1b, kDrop});
  expect_error({kRefNull, kAnyHeap, kGc, 0x1a, kDrop}, "type mismatch");
  expect_valid({kRefNull, kEqHeap, kRefNull, kStructHeap, kRefEq, kDrop});
  expect_error({kRefNull, kAnyHeap, kRefNull, kEqHeap, kRefEq, kDrop}, "type mismatch");
}

TEST(Structs, AreMadeOfTheirFields) {
  expect_valid({kI32Const, 1, kI32Const, 2, kGc, 0x00, kPair, kDrop});
  expect_error({kI32Const, 1, kGc, 0x00, kPair, kDrop}, "type mismatch");
  expect_error({kI32Const, 1, kI64Const, 2, kGc, 0x00, kPair, kDrop}, "type mismatch");
  expect_error({kGc, 0x00, kBytes, kDrop}, "type mismatch");
  expect_valid({kGc, 0x01, kPair, kDrop});
}

TEST(Structs, FieldsAreReadAsTheyArePacked) {
  expect_valid({kGc, 0x01, kPair, kGc, 0x02, kPair, 0, kDrop});
  expect_error({kGc, 0x01, kPair, kGc, 0x02, kPair, 1, kDrop}, "type mismatch: field is packed");
  expect_valid({kGc, 0x01, kPair, kGc, 0x03, kPair, 1, kDrop});
  expect_error({kGc, 0x01, kPair, kGc, 0x04, kPair, 0, kDrop}, "type mismatch: field is not");
  expect_error({kGc, 0x01, kPair, kGc, 0x02, kPair, 2, kDrop}, "unknown field 2");
}

TEST(Structs, OnlyMutableFieldsAreWritten) {
  expect_valid({kGc, 0x01, kPair, kI32Const, 0, kGc, 0x05, kPair, 0});
  expect_error({kGc, 0x01, kPair, kI32Const, 0, kGc, 0x05, kPair, 1}, "immutable field 1");
}

TEST(Structs, ASubtypeStandsForItsSupertype) {
  expect_valid({kGc, 0x01, kOpenPair, kGc, 0x02, kSub, 0, kDrop});
  expect_error({kGc, 0x01, kSub, kGc, 0x02, kOpenPair, 0, kDrop}, "type mismatch");
}

TEST(Arrays, WithoutADefaultAreMadeOfAValue) {
  expect_valid({kI32Const, 3, kGc, 0x07, kBytes, kDrop});
  expect_error({kI32Const, 3, kGc, 0x07, kRefs, kDrop}, "type mismatch");
  expect_valid({kGc, 0x01, kPair, kI32Const, 3, kGc, 0x06, kRefs, kDrop});
  expect_valid({kI32Const, 1, kI32Const, 2, kGc, 0x08, kBytes, 2, kDrop});
  expect_error({kI32Const, 1, kGc, 0x08, kBytes, 2, kDrop}, "type mismatch");
  expect_error({kUnreachable, kGc, 0x08, kBytes, 0xff, 0xff, 0xff, 0xff, 0x0f, kDrop},
               "too many elements");
}

TEST(Arrays, OnlyMutableOnesAreWritten) {
  expect_valid({kRefNull, kBytes, kI32Const, 0, kI32Const, 0, kGc, 0x0e, kBytes});
  expect_error({kRefNull, kFixed, kI32Const, 0, kI64Const, 0, kGc, 0x0e, kFixed},
               "immutable array 5");
  expect_error({kRefNull, kFixed, kI32Const, 0, kI64Const, 0, kI32Const, 0, kGc, 0x10, kFixed},
               "immutable array 5");
}

TEST(Arrays, AreFilledFromSegmentsOfTheirKind) {
  expect_valid({kI32Const, 0, kI32Const, 1, kGc, 0x09, kBytes, 0, kDrop});
  expect_error({kI32Const, 0, kI32Const, 1, kGc, 0x09, kRefs, 0, kDrop},
               "array type is not numeric or vector");
  expect_error({kI32Const, 0, kI32Const, 1, kGc, 0x09, kBytes, 1, kDrop}, "unknown data segment 1");
  expect_error({kI32Const, 0, kI32Const, 1, kGc, 0x0a, kRefs, 0, kDrop}, "type mismatch");
  expect_error({kI32Const, 0, kI32Const, 1, kGc, 0x0a, kRefs, 7, kDrop}, "unknown elem segment 7");
}

TEST(Arrays, AreCopiedBetweenEqualElements) {
  const auto copy = [](uint8_t to, uint8_t from) {
    return Bytes{kRefNull, to,        kI32Const, 0,   kRefNull, from, kI32Const,
                 0,        kI32Const, 0,         kGc, 0x11,     to,   from};
  };
  expect_valid(copy(kBytes, kBytes));
  expect_valid(copy(kRefs, kRefs));
  expect_error(copy(kBytes, kFixed), "array types do not match");
  expect_error(copy(kFixed, kFixed), "immutable array 5");
}

}  // namespace
}  // namespace weft::interp::testing
