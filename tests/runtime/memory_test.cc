#include <sys/resource.h>

#include <cstring>

#include "interp/core/bytes.h"
#include "tests/runtime/fixtures.h"

namespace weft::interp::testing {
namespace {

using Memories = StoreConfig::Memories;

class MemoryTest : public ::testing::TestWithParam<Memories> {
 protected:
  std::unique_ptr<Store> store = make_store({.memories = GetParam()});
  MemoryInst& memory(const MemoryType& type) {
    auto made = store->new_memory(type);
    EXPECT_TRUE(made) << made.error().message();
    return **made;
  }
};

std::string name_of(const ::testing::TestParamInfo<Memories>& info) {
  return info.param == Memories::Checked ? "Checked" : "Auto";
}
INSTANTIATE_TEST_SUITE_P(Modes, MemoryTest, ::testing::Values(Memories::Auto, Memories::Checked),
                         name_of);

TEST_P(MemoryTest, HasTheModeThatTheStoreAsksFor) {
  const bool guarded = kHasGuardMode && GetParam() == Memories::Auto;
  EXPECT_EQ(memory(memory_type(1)).mode, guarded ? MemoryMode::Guard : MemoryMode::Checked);
}

TEST_P(MemoryTest, GrowsByPagesOfZeroesAndKeepsItsContents) {
  MemoryInst& m = memory(memory_type(1));
  ASSERT_EQ(m.bytes, kPageBytes);
  std::memset(m.base, 0xaa, m.bytes);
  EXPECT_EQ(m.grow(3), 1);
  EXPECT_EQ(m.pages(), 4u);
  EXPECT_EQ(m.base[kPageBytes - 1], 0xaa);
  for (uint64_t i = kPageBytes; i < m.bytes; ++i) ASSERT_EQ(m.base[i], 0) << i;
  m.base[m.bytes - 1] = 1;
  EXPECT_EQ(m.grow(0), 4);
}

TEST_P(MemoryTest, GrowsFromNothing) {
  MemoryInst& m = memory(memory_type(0));
  EXPECT_EQ(m.bytes, 0u);
  EXPECT_TRUE(m.in_bounds(0, 0));
  EXPECT_FALSE(m.in_bounds(0, 1));
  EXPECT_EQ(m.grow(1), 0);
  m.base[0] = 7;
  EXPECT_EQ(m.base[0], 7);
}

TEST_P(MemoryTest, GrowthPageByPageKeepsEverything) {
  MemoryInst& m = memory(memory_type(0));
  for (uint64_t page = 0; page < 300; ++page) {
    ASSERT_EQ(m.grow(1), static_cast<int64_t>(page));
    m.base[page * kPageBytes] = static_cast<uint8_t>(page);
  }
  for (uint64_t page = 0; page < 300; ++page)
    ASSERT_EQ(m.base[page * kPageBytes], static_cast<uint8_t>(page));
}

TEST_P(MemoryTest, RespectsItsMaximum) {
  MemoryInst& m = memory(memory_type(1, 3));
  EXPECT_EQ(m.grow(3), -1);
  EXPECT_EQ(m.grow(UINT64_MAX), -1);
  EXPECT_EQ(m.grow(UINT32_MAX), -1);
  EXPECT_EQ(m.grow(2), 1);
  EXPECT_EQ(m.grow(1), -1);
  EXPECT_EQ(m.pages(), 3u);
}

TEST_P(MemoryTest, HasAtMost65536Pages) {
  MemoryInst& m = memory(memory_type(0));
  EXPECT_EQ(m.grow(65'537), -1);
  // 4 GiB of untouched pages; refusing is allowed, aborting is not.
  if (m.grow(65'536) == 0) {
    m.base[m.bytes - 1] = 1;
    EXPECT_EQ(m.grow(1), -1);
    EXPECT_TRUE(m.in_bounds(uint64_t{1} << 32, 0));
  }
  EXPECT_FALSE(store->new_memory(memory_type(65'537)));
}

TEST_P(MemoryTest, BoundsAreCheckedWithoutOverflow) {
  MemoryInst& m = memory(memory_type(1));
  EXPECT_TRUE(m.in_bounds(kPageBytes, 0));
  EXPECT_TRUE(m.in_bounds(kPageBytes - 1, 1));
  EXPECT_FALSE(m.in_bounds(kPageBytes - 1, 2));
  EXPECT_FALSE(m.in_bounds(kPageBytes + 1, 0));
  EXPECT_FALSE(m.in_bounds(1, UINT64_MAX));
  EXPECT_FALSE(m.in_bounds(UINT64_MAX, 1));
}

TEST_P(MemoryTest, TheLimiterIsAskedInBytes) {
  std::vector<std::array<uint64_t, 3>> asked;
  uint64_t allowed = 3 * kPageBytes;
  store->set_limiter(
      {.memory = [&](uint64_t current, uint64_t wanted, std::optional<uint64_t> max) {
        asked.push_back({current, wanted, max.value_or(0)});
        return wanted <= allowed;
      }});
  MemoryInst& m = memory(memory_type(1, 10));
  EXPECT_EQ(m.grow(2), 1);
  EXPECT_EQ(m.grow(1), -1);
  EXPECT_EQ(m.pages(), 3u);
  using Call = std::array<uint64_t, 3>;
  EXPECT_EQ(asked, (std::vector<Call>{{0, kPageBytes, 10 * kPageBytes},
                                      {kPageBytes, 3 * kPageBytes, 10 * kPageBytes},
                                      {3 * kPageBytes, 4 * kPageBytes, 10 * kPageBytes}}));
  allowed = 0;
  const auto refused = store->new_memory(memory_type(1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::Limit);
}

TEST_P(MemoryTest, TheStoreHoldsAsManyAsTheLimitSays) {
  store->set_limiter({.max_memories = 2});
  EXPECT_TRUE(store->new_memory(memory_type(0)));
  EXPECT_TRUE(store->new_memory(memory_type(0)));
  const auto third = store->new_memory(memory_type(0));
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().kind(), ErrorKind::Limit);
}

TEST_P(MemoryTest, NoBytesOfAnEarlierMemoryAreSeen) {
  for (int round = 0; round < 3; ++round) {
    const auto other = make_store({.memories = GetParam()});
    MemoryInst& m = **other->new_memory(memory_type(4));
    for (uint64_t i = 0; i < m.bytes; ++i) ASSERT_EQ(m.base[i], 0);
    std::memset(m.base, 0xee, m.bytes);
  }
}

TEST_P(MemoryTest, ManyStoresWithAMemoryLeaveNothingBehind) {
  for (int i = 0; i < 20'000; ++i) {
    const auto other = make_store({.memories = GetParam()});
    MemoryInst& m = **other->new_memory(memory_type(1));
    m.base[0] = 1;
  }
}

TEST(MemoryModes, AGuardedMemoryNeverMoves) {
  if (!kHasGuardMode) GTEST_SKIP();
  const auto store = make_store({.memories = Memories::Guard});
  MemoryInst& m = **store->new_memory(memory_type(1));
  const uint8_t* const base = m.base;
  EXPECT_EQ(m.grow(1000), 1);
  EXPECT_EQ(m.base, base);
  EXPECT_GE(m.reserved_bytes, (uint64_t{1} << 33) + 15);
}

TEST(MemoryModes, A64BitMemoryIsChecked) {
  const auto store = make_store({.memories = Memories::Guard});
  MemoryInst& m = **store->new_memory({.limits = {1, {}}, .index = IndexType::I64});
  EXPECT_EQ(m.mode, MemoryMode::Checked);
  EXPECT_EQ(m.max_pages(), 262'144u);
  EXPECT_EQ(m.grow(uint64_t{1} << 48), -1);
}

TEST(MemoryModes, PagesOfOneByteAreChecked) {
  const auto store = make_store({.memories = Memories::Guard});
  MemoryInst& m = **store->new_memory({.limits = {5, {}}, .page_bytes_log2 = 0});
  EXPECT_EQ(m.mode, MemoryMode::Checked);
  EXPECT_EQ(m.bytes, 5u);
  m.base[4] = 9;
  EXPECT_EQ(m.grow(100'000), 5);
  EXPECT_EQ(m.bytes, 100'005u);
  EXPECT_EQ(m.base[4], 9);
  EXPECT_EQ(m.base[100'004], 0);
}

// Sanitizers have reserved terabytes already.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WEFT_NO_ADDRESS_LIMIT 1
#endif
#endif
#else
#define WEFT_NO_ADDRESS_LIMIT 1
#endif

#if !WEFT_NO_ADDRESS_LIMIT
class AddressLimit {
 public:
  explicit AddressLimit(rlim_t bytes) {
    getrlimit(RLIMIT_AS, &x_before);
    const rlimit limit{bytes, x_before.rlim_max};
    setrlimit(RLIMIT_AS, &limit);
  }
  ~AddressLimit() { setrlimit(RLIMIT_AS, &x_before); }

 private:
  rlimit x_before{};
};

TEST(MemoryModes, WhereNoReservationCanBeHadAutoChecksAndGuardFails) {
  const auto automatic = make_store({.memories = Memories::Auto});
  const auto guard = make_store({.memories = Memories::Guard});
  const AddressLimit limit(rlim_t{4} << 30);
  const auto checked = automatic->new_memory(memory_type(1));
  ASSERT_TRUE(checked) << checked.error().message();
  EXPECT_EQ((*checked)->mode, MemoryMode::Checked);
  EXPECT_EQ((*checked)->grow(65'535), -1);
  EXPECT_EQ((*checked)->pages(), 1u);
  if (kHasGuardMode) {
    const auto refused = guard->new_memory(memory_type(1));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind(), ErrorKind::Exhausted);
    EXPECT_TRUE(guard->memories().empty());
  }
}
#endif

}  // namespace
}  // namespace weft::interp::testing
