#include "interp/core/types.h"

#include <gtest/gtest.h>

namespace weft::interp {
namespace {

TEST(ValType, IsFourBytesAndComparesAsOne) {
  EXPECT_EQ(sizeof(ValType), 4u);
  EXPECT_EQ(ValType(), ValType(ValType::Bot));
  EXPECT_EQ(ValType::ref(HeapType::Func, true), kFuncRef);
  EXPECT_NE(ValType::ref(HeapType::Func, false), kFuncRef);
  EXPECT_NE(ValType::ref(HeapType::of_index(0), true), ValType::ref(HeapType::of_index(1), true));
}

TEST(ValType, KeepsItsHeapType) {
  for (const uint32_t index : {0u, 1u, 1'000'000u, 0xff'ff00u}) {
    const ValType type = ValType::ref(HeapType::of_index(index), false);
    EXPECT_TRUE(type.is_ref() && type.heap().is_index());
    EXPECT_EQ(type.heap().index(), index);
  }
  EXPECT_EQ(kExternRef.heap(), HeapType(HeapType::Extern));
}

TEST(ValType, ClassesDontOverlap) {
  for (const ValType::Kind kind : {ValType::I32, ValType::I64, ValType::F32, ValType::F64}) {
    const ValType type = kind;
    EXPECT_TRUE(type.is_num() && !type.is_vec() && !type.is_ref() && type.is_defaultable());
    EXPECT_EQ(type.slots(), 1u);
  }
  const ValType vector = ValType::V128;
  EXPECT_TRUE(vector.is_vec() && !vector.is_num() && !vector.is_ref());
  EXPECT_EQ(vector.slots(), 2u);
  EXPECT_FALSE(ValType::ref(HeapType::Func, false).is_defaultable());
}

TEST(Types, PrintAsInTheTextFormat) {
  EXPECT_EQ(to_string(ValType(ValType::I32)), "i32");
  EXPECT_EQ(to_string(kFuncRef), "funcref");
  EXPECT_EQ(to_string(kExternRef), "externref");
  EXPECT_EQ(to_string(ValType::ref(HeapType::of_index(3), true)), "(ref null 3)");
  EXPECT_EQ(to_string(ValType::ref(HeapType::Eq, false)), "(ref eq)");
  EXPECT_EQ(to_string(FuncType{}), "() -> ()");
  EXPECT_EQ(to_string(FuncType{{ValType::I32, ValType::I64}, {ValType::F32}}), "(i32, i64) -> f32");
  EXPECT_EQ(to_string(FuncType{{}, {ValType::F32, ValType::F64}}), "() -> (f32, f64)");
}

}  // namespace
}  // namespace weft::interp
