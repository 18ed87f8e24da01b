#include "tests/runtime/fixtures.h"

namespace weft::interp::testing {
namespace {

class TableTest : public ::testing::Test {
 protected:
  std::unique_ptr<Store> store = make_store();
  const FuncType func_type{{ValType::I32}, {}};
  FuncInst* func =
      store->new_host_func(store->types()->intern(func_type), func_type, nullptr, nullptr, nullptr);
};

TEST_F(TableTest, StartsWithItsInitialValue) {
  TableInst& t = **store->new_table(table_type(3), func);
  ASSERT_EQ(t.size, 3u);
  for (uint64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(t.elems[i].ref, func);
    EXPECT_EQ(t.elems[i].key, type_key(func->type));
  }
}

TEST_F(TableTest, SetKeepsTheTypeInStep) {
  TableInst& t = **store->new_table(table_type(2), nullptr);
  EXPECT_EQ(t.elems[0].key, 0u);
  t.set(0, func);
  EXPECT_EQ(t.elems[0].key, type_key(func->type));
  t.set(0, nullptr);
  EXPECT_EQ(t.elems[0].ref, nullptr);
  EXPECT_EQ(t.elems[0].key, 0u);
}

TEST_F(TableTest, ExternrefsHaveNoType) {
  TableInst& t = **store->new_table(table_type(1, {}, kExternRef), nullptr);
  t.set(0, store->new_extern(nullptr, nullptr));
  EXPECT_EQ(t.elems[0].key, 0u);
}

TEST_F(TableTest, GrowsWithAValueUpToItsMaximum) {
  TableInst& t = **store->new_table(table_type(1, 10), nullptr);
  EXPECT_EQ(t.grow(4, func), 1);
  EXPECT_EQ(t.size, 5u);
  EXPECT_EQ(t.elems[0].ref, nullptr);
  EXPECT_EQ(t.elems[4].ref, func);
  EXPECT_EQ(t.elems[4].key, type_key(func->type));
  EXPECT_EQ(t.grow(0, nullptr), 5);
  EXPECT_EQ(t.grow(6, nullptr), -1);
  EXPECT_EQ(t.grow(UINT64_MAX, nullptr), -1);
  EXPECT_EQ(t.grow(5, nullptr), 5);
}

TEST_F(TableTest, HasAtMostTenMillionElements) {
  TableInst& t = **store->new_table(table_type(1), nullptr);
  EXPECT_EQ(t.max_size(), 10'000'000u);
  EXPECT_EQ(t.grow(10'000'000, nullptr), -1);
  EXPECT_EQ(t.grow(UINT32_MAX, nullptr), -1);
  const auto large = store->new_table(table_type(UINT32_MAX), nullptr);
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().kind(), ErrorKind::Limit);
}

TEST_F(TableTest, TheLimiterIsAskedInElements) {
  store->set_limiter(
      {.table = [](uint64_t, uint64_t wanted, std::optional<uint64_t>) { return wanted <= 4; },
       .max_tables = 2});
  TableInst& t = **store->new_table(table_type(2), nullptr);
  EXPECT_EQ(t.grow(2, nullptr), 2);
  EXPECT_EQ(t.grow(1, nullptr), -1);
  EXPECT_FALSE(store->new_table(table_type(5), nullptr));
  EXPECT_TRUE(store->new_table(table_type(4), nullptr));
  EXPECT_FALSE(store->new_table(table_type(0), nullptr)) << "a third table";
}

TEST_F(TableTest, StaysAtOneAddressWhileOthersAreMade) {
  TableInst* const first = *store->new_table(table_type(1), func);
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(store->new_table(table_type(1), nullptr));
  EXPECT_EQ(&store->tables().front(), first);
  EXPECT_EQ(first->elems[0].ref, func);
}

}  // namespace
}  // namespace weft::interp::testing
