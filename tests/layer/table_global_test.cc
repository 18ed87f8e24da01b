#include "tests/layer/layer_test.h"

namespace weft::layer {
namespace {

class TableLayer : public LayerTest {
 protected:
  Instance instance_ = make("tables");
  Table table_ = or_throw(instance_.table(store_, "table"));
  Func seven_ = or_throw(instance_.func(store_, "seven"));
  TypedFunc<std::int32_t(std::int32_t)> call_ = func<std::int32_t(std::int32_t)>(instance_, "call");
};
WEFT_ON_EVERY_BACKEND(TableLayer);

TEST_P(TableLayer, FunctionsKeepTheirIdentity) {
  EXPECT_EQ(or_throw(table_.get(store_, 0)).func(), seven_);
  EXPECT_TRUE(or_throw(table_.get(store_, 2)).is_null());
  const auto get = func<std::optional<Func>(std::int32_t)>(instance_, "get");
  EXPECT_EQ(or_throw(get(store_, 0)), seven_);
  EXPECT_EQ(or_throw(get(store_, 2)), std::nullopt);
  const auto same = func<std::optional<Func>(std::optional<Func>)>(instance_, "same");
  const Func host = wrap([] { return 1; });
  EXPECT_EQ(or_throw(same(store_, host)), host);
  EXPECT_EQ(or_throw(same(store_, std::nullopt)), std::nullopt);
}

TEST_P(TableLayer, HostAndGuestSeeTheSameElements) {
  EXPECT_EQ(call_(store_, 0), 7);
  ASSERT_TRUE(table_.set(store_, 2, or_throw(instance_.func(store_, "eight"))));
  EXPECT_EQ(call_(store_, 2), 8);
  ASSERT_TRUE(table_.set(store_, 0, wrap([] { return 9; })));
  EXPECT_EQ(call_(store_, 0), 9);
  ASSERT_TRUE(table_.set(store_, 0, wrap([](std::int32_t) {})));
  EXPECT_EQ(call_(store_, 0).error().trap_code(), TrapCode::IndirectCallTypeMismatch);
  ASSERT_TRUE(table_.set(store_, 0, Ref()));
  EXPECT_EQ(call_(store_, 0).error().trap_code(), TrapCode::UninitializedElement);
  const auto set = func<void(std::int32_t, std::optional<Func>)>(instance_, "set");
  ASSERT_TRUE(set(store_, 3, seven_));
  EXPECT_EQ(or_throw(table_.get(store_, 3)).func(), seven_);
}

TEST_P(TableLayer, AccessesAreChecked) {
  EXPECT_EQ(table_.get(store_, 4).error().code(), Errc::out_of_bounds);
  EXPECT_EQ(table_.get(store_, ~std::uint64_t{0}).error().code(), Errc::out_of_bounds);
  EXPECT_EQ(table_.set(store_, 4, Ref()).error().code(), Errc::out_of_bounds);
  EXPECT_EQ(table_.set(store_, 0, Ref::null(HeapKind::Extern)).error().code(), Errc::type_mismatch);
  EXPECT_EQ(call_(store_, 4).error().trap_code(), TrapCode::UndefinedElement);
  EXPECT_EQ(call_(store_, -1).error().trap_code(), TrapCode::UndefinedElement);
}

TEST_P(TableLayer, GrowsUpToItsMaximum) {
  const auto grow = func<std::int32_t(std::int32_t)>(instance_, "grow");
  EXPECT_EQ(table_.grow(store_, 2, seven_), 4u);
  EXPECT_EQ(grow(store_, 1), 6);
  EXPECT_EQ(call_(store_, 5), 7);
  EXPECT_EQ(call_(store_, 6).error().trap_code(), TrapCode::UninitializedElement);
  EXPECT_EQ(grow(store_, 4), -1);
  EXPECT_EQ(table_.grow(store_, 4, Ref()).error().code(), Errc::limit);
  EXPECT_EQ(table_.grow(store_, ~std::uint64_t{0}, Ref()).error().code(), Errc::limit);
  EXPECT_EQ(table_.grow(store_, 3, Ref()), 7u);
  EXPECT_EQ(or_throw(table_.type(store_)), (TableType{.limits = {10, 10}}));
  EXPECT_EQ(func<std::int32_t()>(instance_, "size")(store_), 10);
}

TEST_P(TableLayer, TheHostMakesTables) {
  const Table table = or_throw(Table::create(store_, {.limits = {3, {}}}, seven_));
  EXPECT_EQ(or_throw(table.get(store_, 2)).func(), seven_);
  EXPECT_EQ(table.size(store_), 3u);
  EXPECT_EQ(Table::create(store_, {.element = ValType::I32}, Ref()).error().code(),
            Errc::type_mismatch);
}

class GlobalLayer : public LayerTest {
 protected:
  Global counter_ = or_throw(Global::create(store_, {ValType::I32, Mutability::Var}, 10));
  Global limit_ = or_throw(Global::create(store_, {ValType::I64}, std::int64_t{1} << 40));
  Instance instance_ = make("globals", {counter_, limit_});
  [[nodiscard]] Global global(std::string_view name) const {
    return or_throw(instance_.global(store_, name));
  }
};
WEFT_ON_EVERY_BACKEND(GlobalLayer);

TEST_P(GlobalLayer, ImportedOnesAreShared) {
  const auto bump = func<std::int32_t()>(instance_, "bump");
  EXPECT_EQ(bump(store_), 11);
  EXPECT_EQ(or_throw(counter_.get(store_)), Val(11));
  ASSERT_TRUE(counter_.set(store_, -1));
  EXPECT_EQ(bump(store_), 0);
  const Instance other = make("globals", {counter_, limit_});
  EXPECT_EQ(func<std::int32_t()>(other, "bump")(store_), 1);
  EXPECT_EQ(bump(store_), 2);
  EXPECT_EQ(func<std::int64_t()>(instance_, "limit")(store_), std::int64_t{1} << 40);
}

TEST_P(GlobalLayer, HoldEveryTypeWithItsBits) {
  EXPECT_EQ(or_throw(global("i32").get(store_)), Val(-1));
  EXPECT_EQ(or_throw(global("i64").get(store_)), Val(std::int64_t{5}));
  EXPECT_EQ(or_throw(global("f32").get(store_)), Val::f32_bits(0x7fa0'0001));
  EXPECT_EQ(or_throw(global("f64").get(store_)), Val(-0.0));
  EXPECT_EQ(or_throw(global("v128").get(store_)),
            Val(V128::from_lanes(std::array<std::uint64_t, 2>{1, 2})));
  ASSERT_TRUE(global("i64").set(store_, std::int64_t{-7}));
  EXPECT_EQ(func<std::int64_t()>(instance_, "read64")(store_), -7);
  ASSERT_TRUE(global("v128").set(store_, V128::from_lanes(std::array<std::uint64_t, 2>{3, 4})));
  EXPECT_EQ(func<std::int64_t()>(instance_, "lane")(store_), 4);
  ASSERT_TRUE(global("f32").set(store_, Val::f32_bits(0xffbf'ffff)));
  EXPECT_EQ(or_throw(global("f32").get(store_)), Val::f32_bits(0xffbf'ffff));
}

TEST_P(GlobalLayer, HoldFunctions) {
  EXPECT_TRUE(or_throw(global("func").get(store_)).ref().is_null());
  const Func host = wrap([] {});
  ASSERT_TRUE(global("func").set(store_, host));
  EXPECT_EQ(or_throw(global("func").get(store_)).ref().func(), host);
  EXPECT_EQ(func<std::int32_t()>(instance_, "is_null")(store_), 0);
}

TEST_P(GlobalLayer, WrongTypesAndConstantsAreRefused) {
  EXPECT_EQ(global("i32").set(store_, 1.0).error().code(), Errc::type_mismatch);
  EXPECT_EQ(global("const").set(store_, 1).error().code(), Errc::type_mismatch);
  EXPECT_EQ(or_throw(global("const").get(store_)), Val(42));
  EXPECT_EQ(or_throw(global("const").type(store_)), (GlobalType{ValType::I32}));
  EXPECT_EQ(Global::create(store_, {ValType::I64}, 1).error().code(), Errc::type_mismatch);
}

}  // namespace
}  // namespace weft::layer
