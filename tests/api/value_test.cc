#include "weft/value.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>

#include "weft/config.hpp"
#include "weft/types.hpp"

namespace weft {
namespace {

constexpr ValType kRefNullAny = ValType::ref(HeapKind::Any, true);

TEST(ValType, PrintsAsTheTextFormat) {
  EXPECT_EQ(to_string(ValType::I32), "i32");
  EXPECT_EQ(to_string(ValType::V128), "v128");
  EXPECT_EQ(to_string(ValType::FuncRef), "funcref");
  EXPECT_EQ(to_string(ValType::ExternRef), "externref");
  EXPECT_EQ(to_string(kRefNullAny), "anyref");
  EXPECT_EQ(to_string(ValType::ref(HeapKind::None, true)), "nullref");
  EXPECT_EQ(to_string(ValType::ref(HeapKind::I31, false)), "(ref i31)");
  EXPECT_EQ(to_string(ValType::ref(HeapType::concrete(4, HeapKind::Struct), true)), "(ref null 4)");
}

TEST(ValType, AbstractReferencesAreOrderedAsInTheSpec) {
  const auto below = [](HeapType sub, HeapType super) { return is_subtype(sub, super); };
  EXPECT_TRUE(below(HeapKind::I31, HeapKind::Eq));
  EXPECT_TRUE(below(HeapKind::Struct, HeapKind::Any));
  EXPECT_TRUE(below(HeapKind::None, HeapKind::Array));
  EXPECT_TRUE(below(HeapKind::NoFunc, HeapKind::Func));
  EXPECT_FALSE(below(HeapKind::Any, HeapKind::Eq));
  EXPECT_FALSE(below(HeapKind::Func, HeapKind::Any));
  EXPECT_FALSE(below(HeapKind::NoExtern, HeapKind::Func));
  EXPECT_FALSE(below(HeapKind::Struct, HeapKind::Array));
}

TEST(ValType, ConcreteTypesAreBelowTheirAbstractOnes) {
  const HeapType point = HeapType::concrete(4, HeapKind::Struct);
  EXPECT_TRUE(is_subtype(point, point));
  EXPECT_TRUE(is_subtype(point, HeapKind::Struct));
  EXPECT_TRUE(is_subtype(point, HeapKind::Any));
  EXPECT_TRUE(is_subtype(HeapType(HeapKind::None), point));
  EXPECT_FALSE(is_subtype(point, HeapKind::Func));
  EXPECT_FALSE(is_subtype(point, HeapType::concrete(5, HeapKind::Struct)));
  EXPECT_FALSE(is_subtype(HeapType(HeapKind::Struct), point));
}

TEST(ValType, NonNullIsBelowNullable) {
  const ValType non_null = ValType::ref(HeapKind::Func, false);
  EXPECT_TRUE(is_subtype(non_null, ValType::FuncRef));
  EXPECT_FALSE(is_subtype(ValType::FuncRef, non_null));
  EXPECT_FALSE(is_subtype(ValType::I32, ValType::I64));
}

TEST(Val, TakesItsTypeFromTheNumber) {
  EXPECT_EQ(Val(5).type(), ValType::I32);
  EXPECT_EQ(Val(5u).type(), ValType::I32);
  EXPECT_EQ(Val(std::int64_t{5}).type(), ValType::I64);
  EXPECT_EQ(Val(1.5f).type(), ValType::F32);
  EXPECT_EQ(Val(1.5).type(), ValType::F64);
  static_assert(!std::is_constructible_v<Val, bool>);
  static_assert(!std::is_constructible_v<Val, std::int8_t>);
}

TEST(Val, ReadingAnotherTypeIsAnErrorOrAnException) {
  const Val value(-5);
  EXPECT_EQ(value.i32(), -5);
  EXPECT_EQ(*value.get<std::uint32_t>(), 0xffff'fffbu);
  const Result<double> wrong = value.get<double>();
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code(), Errc::type_mismatch);
  EXPECT_THROW((void)value.i64(), Exception);
}

TEST(Val, KeepsTheBitsOfNaNs) {
  const Val value = Val::f32_bits(0x7fa0'1234);
  EXPECT_EQ(value.type(), ValType::F32);
  EXPECT_EQ(value, Val::f32_bits(0x7fa0'1234));
  EXPECT_NE(value, Val::f32_bits(0x7fa0'1235));
  EXPECT_NE(Val(0.0), Val(-0.0));
}

TEST(Val, ZeroOfAReferenceTypeIsNullOfItsHeapType) {
  const Val null = Val::zero(kRefNullAny);
  EXPECT_TRUE(null.ref().is_null());
  EXPECT_EQ(null.type(), kRefNullAny);
  EXPECT_EQ(Val::zero(ValType::V128).v128(), V128());
}

TEST(Val, PrintsTypeAndValue) {
  EXPECT_EQ(to_string(Val(-1)), "i32:-1");
  EXPECT_EQ(to_string(Val(1.5)), "f64:1.5");
  EXPECT_EQ(to_string(Val(Ref())), "funcref:null");
  V128 bytes;
  bytes.bytes[0] = 0xab;
  EXPECT_EQ(to_string(Val(bytes)), "v128:0x000000000000000000000000000000ab");
}

TEST(V128, LanesLieInMemoryOrder) {
  const V128 value = V128::from_lanes(std::array<std::uint32_t, 4>{1, 2, 3, 0x0403'0201});
  EXPECT_EQ(value.bytes[4], 2);
  EXPECT_EQ(value.bytes[12], 1);
  EXPECT_EQ(value.lanes<std::uint16_t>()[7], 0x0403);
}

TEST(Matches, LimitsMustLieInside) {
  const MemoryType wanted{.limits = {1, 4}};
  EXPECT_TRUE(matches(MemoryType{.limits = {1, 4}}, wanted));
  EXPECT_TRUE(matches(MemoryType{.limits = {2, 3}}, wanted));
  EXPECT_FALSE(matches(MemoryType{.limits = {0, 4}}, wanted));
  EXPECT_FALSE(matches(MemoryType{.limits = {2, 5}}, wanted));
  EXPECT_FALSE(matches(MemoryType{.limits = {2, {}}}, wanted));
  EXPECT_TRUE(matches(MemoryType{.limits = {2, {}}}, MemoryType{.limits = {1, {}}}));
  EXPECT_FALSE(matches(MemoryType{.limits = {1, 4}, .index = IndexType::I64}, wanted));
}

TEST(Matches, OnlyConstantGlobalsMayBeSubtypes) {
  const ValType non_null = ValType::ref(HeapKind::Func, false);
  const GlobalType given{non_null, Mutability::Const};
  EXPECT_TRUE(matches(given, GlobalType{ValType::FuncRef, Mutability::Const}));
  EXPECT_FALSE(matches(GlobalType{non_null, Mutability::Var},
                       GlobalType{ValType::FuncRef, Mutability::Var}));
  EXPECT_FALSE(matches(given, GlobalType{non_null, Mutability::Var}));
}

TEST(Matches, KindsMustBeTheSame) {
  EXPECT_FALSE(matches(FuncType{}, MemoryType{}));
  EXPECT_TRUE(matches(FuncType({ValType::I32}, {}), FuncType({ValType::I32}, {})));
  EXPECT_FALSE(matches(FuncType({ValType::I32}, {}), FuncType({}, {})));
}

TEST(ExternTypes, PrintReadably) {
  EXPECT_EQ(to_string(FuncType({ValType::I32, ValType::I64}, {ValType::F32})), "(i32, i64) -> f32");
  EXPECT_EQ(to_string(FuncType()), "() -> ()");
  EXPECT_EQ(to_string(ExternType(MemoryType{.limits = {1, 4}})), "memory 1..4");
  EXPECT_EQ(to_string(ExternType(GlobalType{ValType::I32, Mutability::Var})), "global (mut i32)");
  EXPECT_EQ(to_string(ExternType(TableType{.limits = {2, {}}})), "table 2.. funcref");
}

TEST(Features, AreKnownByName) {
  Features features = Features::none();
  EXPECT_TRUE(features.names().empty());
  EXPECT_TRUE(features.set("bulk-memory", true));
  EXPECT_FALSE(features.set("no-such-thing", true));
  EXPECT_EQ(features.names(), std::vector<std::string_view>{"bulk-memory"});
  EXPECT_TRUE(Features::wasm2().simd);
  EXPECT_FALSE(Features::wasm2().gc);
  EXPECT_TRUE(Features::wasm3().gc);
  EXPECT_FALSE(Features::wasm3().threads);
}

TEST(Features, TheDefaultIsWasm3AndTheOldExceptions) {
  Features features = Features::wasm3();
  EXPECT_FALSE(features.legacy_exceptions);
  features.legacy_exceptions = true;
  EXPECT_EQ(features, Features());
}

TEST(Features, AreReadFromAList) {
  EXPECT_EQ(or_throw(Features::parse("")), Features());
  EXPECT_EQ(or_throw(Features::parse("wasm2")), Features::wasm2());
  EXPECT_EQ(or_throw(Features::parse("wasm1")), Features::none());
  EXPECT_EQ(or_throw(Features::parse("threads,-gc,all")).names().size(),
            or_throw(Features::parse("all")).names().size());
  Features some = Features::wasm2();
  some.tail_call = true;
  some.simd = false;
  EXPECT_EQ(or_throw(Features::parse("wasm2,tail-call,-simd")), some);
  for (const std::string_view wrong : {"no-such-thing", "-wasm2", "gc,,simd", "gc simd"}) {
    EXPECT_EQ(Features::parse(wrong).error().code(), Errc::not_found) << wrong;
  }
}

}  // namespace
}  // namespace weft
