#include "weft/memory.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "tests/api/fake_backend.h"
#include "weft/func.hpp"
#include "weft/global.hpp"
#include "weft/store.hpp"
#include "weft/table.hpp"

namespace weft {
namespace {

// Everything but span() works the same with and without direct access to the memory.
class MemoryTest : public testing::TestWithParam<bool> {
 protected:
  Engine engine_{Config{},
                 std::make_shared<fake::FakeBackend>(GetParam() ? fake::kAll : fake::kRemote)};
  Store store_{engine_};
  Memory memory_ = or_throw(Memory::create(store_, {.limits = {2, 4}}));
};

INSTANTIATE_TEST_SUITE_P(Access, MemoryTest, testing::Bool(),
                         [](const auto& access) { return access.param ? "Direct" : "Remote"; });

TEST_P(MemoryTest, HasASizeInBytesAndPages) {
  EXPECT_EQ(memory_.byte_size(store_), 2 * kPageSize);
  EXPECT_EQ(memory_.size(store_), 2u);
  EXPECT_EQ(memory_.grow(store_, 1), 2u);
  EXPECT_EQ(memory_.size(store_), 3u);
  EXPECT_EQ(memory_.type(store_)->limits, (Limits{3, 4}));
  EXPECT_EQ(memory_.grow(store_, 2).error().code(), Errc::limit);
  EXPECT_EQ(memory_.grow(store_, std::numeric_limits<std::uint64_t>::max()).error().code(),
            Errc::limit);
}

TEST_P(MemoryTest, ReadsWhatWasWritten) {
  ASSERT_TRUE(memory_.write(store_, 10, "hello"));
  std::string text(5, '\0');
  ASSERT_TRUE(memory_.read(store_, 10, text));
  EXPECT_EQ(text, "hello");
  EXPECT_EQ(memory_.string(store_, 11, 3), "ell");
  std::vector<std::byte> bytes(2);
  ASSERT_TRUE(memory_.read(store_, 14, bytes));
  EXPECT_EQ(bytes[0], std::byte{'o'});
  EXPECT_EQ(bytes[1], std::byte{0});
}

TEST_P(MemoryTest, NumbersAreLittleEndianAtAnyAlignment) {
  ASSERT_TRUE(memory_.store<std::uint32_t>(store_, 3, 0x0403'0201));
  EXPECT_EQ(memory_.load<std::uint8_t>(store_, 3), 1);
  EXPECT_EQ(memory_.load<std::uint16_t>(store_, 5), 0x0403);
  ASSERT_TRUE(memory_.store<double>(store_, 9, -2.5));
  EXPECT_EQ(memory_.load<double>(store_, 9), -2.5);
}

TEST_P(MemoryTest, ChecksBoundsIn64Bits) {
  const std::uint64_t end = 2 * kPageSize;
  constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();
  EXPECT_TRUE(memory_.store<std::uint32_t>(store_, end - 4, 1));
  const std::uint64_t bad[] = {end - 3, end, std::uint64_t{1} << 32, kHuge, kHuge - 3};
  for (const std::uint64_t address : bad) {
    EXPECT_EQ(memory_.store<std::uint32_t>(store_, address, 1).error().code(), Errc::out_of_bounds);
    EXPECT_EQ(memory_.load<std::uint32_t>(store_, address).error().code(), Errc::out_of_bounds);
    EXPECT_EQ(memory_.fill(store_, address, 0, 4).error().code(), Errc::out_of_bounds);
  }
  EXPECT_EQ(memory_.fill(store_, 4, 0, kHuge).error().code(), Errc::out_of_bounds);
  EXPECT_EQ(memory_.copy(store_, 0, 1, end).error().code(), Errc::out_of_bounds);
  EXPECT_EQ(memory_.copy(store_, 1, 0, end).error().code(), Errc::out_of_bounds);
  EXPECT_EQ(memory_.string(store_, 0, kHuge).error().code(), Errc::out_of_bounds);
  EXPECT_TRUE(memory_.write(store_, end, Bytes()));
  EXPECT_EQ(memory_.write(store_, end + 1, Bytes()).error().code(), Errc::out_of_bounds);
}

TEST_P(MemoryTest, FillsAndCopiesOverlappingRanges) {
  std::vector<std::uint8_t> expected(2 * kPageSize);
  std::iota(expected.begin(), expected.end(), std::uint8_t{3});
  ASSERT_TRUE(memory_.write(store_, 0, expected));
  // Longer than any piece that a remote memory is copied in.
  const std::size_t length = kPageSize + 1000;
  ASSERT_TRUE(memory_.copy(store_, 100, 0, length));
  std::memmove(expected.data() + 100, expected.data(), length);
  ASSERT_TRUE(memory_.copy(store_, 5, 77, length));
  std::memmove(expected.data() + 5, expected.data() + 77, length);
  ASSERT_TRUE(memory_.fill(store_, 30, 0xee, length));
  std::memset(expected.data() + 30, 0xee, length);
  std::vector<std::uint8_t> actual(expected.size());
  ASSERT_TRUE(memory_.read(store_, 0, actual));
  EXPECT_EQ(actual, expected);
}

TEST_P(MemoryTest, CStringsEndAtNulWithinLimits) {
  const std::string text(600, 'x');
  ASSERT_TRUE(memory_.write(store_, 10, text));
  EXPECT_EQ(memory_.c_string(store_, 10), text);
  EXPECT_EQ(memory_.c_string(store_, 10, 600), text);
  EXPECT_EQ(memory_.c_string(store_, 10, 599).error().code(), Errc::limit);
  EXPECT_EQ(memory_.c_string(store_, 5), "");
  const std::uint64_t end = 2 * kPageSize;
  ASSERT_TRUE(memory_.write(store_, end - 2, "ab"));
  EXPECT_EQ(memory_.c_string(store_, end - 2).error().code(), Errc::out_of_bounds);
  EXPECT_EQ(memory_.c_string(store_, end).error().code(), Errc::out_of_bounds);
  EXPECT_EQ(memory_.c_string(store_, end + 1).error().code(), Errc::out_of_bounds);
}

TEST_P(MemoryTest, SpansNeedDirectAccess) {
  if (!GetParam()) {
    EXPECT_EQ(memory_.span(store_).error().code(), Errc::unsupported);
    EXPECT_EQ(memory_.is_pinned(store_), false);
    return;
  }
  const std::span<std::uint8_t> all = or_throw(memory_.span(store_));
  EXPECT_EQ(all.size(), 2 * kPageSize);
  all[5] = 9;
  EXPECT_EQ(memory_.load<std::uint8_t>(store_, 5), 9);
  EXPECT_EQ(or_throw(memory_.span(store_, 5, 2))[0], 9);
  EXPECT_EQ(memory_.span(store_, 2 * kPageSize, 1).error().code(), Errc::out_of_bounds);
  EXPECT_TRUE(or_throw(memory_.span(store_, 2 * kPageSize, 0)).empty());
}

TEST_P(MemoryTest, ImpossibleTypesAreRefused) {
  const MemoryType bad[] = {
      {.limits = {2, 1}},
      {.limits = {65537, {}}},
      {.limits = {0, 65537}},
      {.limits = {1, {}}, .shared = true},
      {.limits = {1, {}}, .page_size_log2 = 17},
  };
  for (const MemoryType& type : bad) {
    EXPECT_EQ(Memory::create(store_, type).error().code(), Errc::type_mismatch) << to_string(type);
  }
  const Memory empty = or_throw(Memory::create(store_, {}));
  EXPECT_EQ(empty.byte_size(store_), 0u);
  EXPECT_EQ(empty.c_string(store_, 0).error().code(), Errc::out_of_bounds);
}

class TableAndGlobalTest : public testing::Test {
 protected:
  Engine engine_{Config{}, std::make_shared<fake::FakeBackend>()};
  Store store_{engine_};
};

TEST_F(TableAndGlobalTest, TablesHoldFunctions) {
  const Func f = or_throw(Func::wrap(store_, [] {}));
  const Table table = or_throw(Table::create(store_, {.limits = {2, 4}}, f));
  EXPECT_EQ(table.size(store_), 2u);
  EXPECT_EQ(or_throw(table.get(store_, 1)).func(), f);
  EXPECT_EQ(table.grow(store_, 2, Ref()), 2u);
  EXPECT_TRUE(or_throw(table.get(store_, 3)).is_null());
  EXPECT_EQ(table.grow(store_, 1, Ref()).error().code(), Errc::limit);
  EXPECT_EQ(table.get(store_, 4).error().code(), Errc::out_of_bounds);
  EXPECT_EQ(table.set(store_, 4, Ref()).error().code(), Errc::out_of_bounds);
  EXPECT_EQ(table.set(store_, 0, ExternRef::make<int>(store_, 1)).error().code(),
            Errc::type_mismatch);
  EXPECT_EQ(table.type(store_)->limits, (Limits{4, 4}));
}

TEST_F(TableAndGlobalTest, ImpossibleTableTypesAreRefused) {
  const auto code = [&](const TableType& type) {
    return Table::create(store_, type, Ref()).error().code();
  };
  EXPECT_EQ(code({.element = ValType::I32}), Errc::type_mismatch);
  EXPECT_EQ(code({.limits = {2, 1}}), Errc::type_mismatch);
  EXPECT_EQ(code({.limits = {std::uint64_t{1} << 32, {}}}), Errc::type_mismatch);
  EXPECT_EQ(code({.element = ValType::ref(HeapKind::Func, false), .limits = {1, {}}}),
            Errc::type_mismatch);
}

TEST_F(TableAndGlobalTest, GlobalsCheckMutabilityAndType) {
  const Global variable = or_throw(Global::create(store_, {ValType::F64, Mutability::Var}, 1.5));
  EXPECT_EQ(variable.get(store_), Val(1.5));
  ASSERT_TRUE(variable.set(store_, 2.5));
  EXPECT_EQ(variable.get(store_), Val(2.5));
  EXPECT_EQ(variable.set(store_, 1).error().code(), Errc::type_mismatch);
  const Global constant =
      or_throw(Global::create(store_, {ValType::I64, Mutability::Const}, std::int64_t{7}));
  EXPECT_EQ(constant.set(store_, std::int64_t{8}).error().code(), Errc::type_mismatch);
  EXPECT_EQ(constant.get(store_), Val(std::int64_t{7}));
  EXPECT_EQ(Global::create(store_, {ValType::I32, Mutability::Var}, 1.0).error().code(),
            Errc::type_mismatch);
  const V128 bits = V128::from_lanes(std::array<std::uint64_t, 2>{1, 2});
  EXPECT_EQ(or_throw(Global::create(store_, {ValType::V128, Mutability::Var}, bits)).get(store_),
            Val(bits));
}

}  // namespace
}  // namespace weft
