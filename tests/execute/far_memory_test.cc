// Memories beside the first, with 64-bit addresses, with other page sizes.
#include <bit>

#include "tests/execute/wat_store.h"

namespace weft::interp::testing {
namespace {

class FarMemories : public ::testing::TestWithParam<StoreConfig::Memories> {
 protected:
  FarMemories() : guest(s.add("memories")) {}
  uint64_t call(std::string_view name, std::vector<uint64_t> arguments = {}) {
    const uint64_t result = s.call(guest, name, std::move(arguments));
    EXPECT_EQ(s.trap, TrapCode::None) << name;
    return result;
  }
  void expect_out_of_bounds(std::string_view name, std::vector<uint64_t> arguments = {}) {
    const uint64_t first = arguments.empty() ? 0 : arguments[0];
    s.call(guest, name, std::move(arguments));
    EXPECT_EQ(s.trap, TrapCode::OutOfBoundsMemoryAccess) << name << " " << first;
  }

  WatStore s{{.memories = GetParam()}};
  Instance& guest;
};

INSTANTIATE_TEST_SUITE_P(Modes, FarMemories,
                         ::testing::Values(StoreConfig::Memories::Auto,
                                           StoreConfig::Memories::Checked),
                         [](const auto& info) {
                           return info.param == StoreConfig::Memories::Auto ? "Auto" : "Checked";
                         });

constexpr uint64_t kPage = kPageBytes;

TEST_P(FarMemories, AreApartFromTheFirst) {
  EXPECT_EQ(call("store_load_one", {kPage - 8, 0x123456789abcdef0}), 0x123456789abcdef0);
  expect_out_of_bounds("store_load_one", {kPage - 7, 1});
  expect_out_of_bounds("store_load_one", {UINT32_MAX, 1});
}

TEST_P(FarMemories, AddressesHave64Bits) {
  EXPECT_EQ(call("load_wide", {kPage - 1}), 0u);
  for (const uint64_t address :
       {kPage, uint64_t{1} << 32, uint64_t{1} << 63, UINT64_MAX - 1, UINT64_MAX}) {
    expect_out_of_bounds("load_wide", {address});
    expect_out_of_bounds("load_wide_offset", {address});
  }
  EXPECT_EQ(call("load_wide_offset", {0}), 0u);
  expect_out_of_bounds("load_wide_offset", {1});
  // The sum would wrap around to the first byte, and to the last.
  expect_out_of_bounds("load_wide_offset", {0 - (kPage - 1)});
  for (const uint64_t address : {uint64_t{0}, uint64_t{1}, kPage}) {
    expect_out_of_bounds("load_wide_beyond", {address});
  }
  expect_out_of_bounds("load_wide_minus_one");
  expect_out_of_bounds("load_wide_high_constant");
}

TEST_P(FarMemories, HoldFloats) {
  EXPECT_EQ(std::bit_cast<double>(call("float_wide", {16, std::bit_cast<uint64_t>(2.0)})), 2.5);
}

TEST_P(FarMemories, GrowPast4GiB) {
  EXPECT_EQ(call("grow_wide", {0x18000 - 1}), 1u);  // 6 GiB that nobody touches
  EXPECT_EQ(call("size_wide"), 0x18000u);
  EXPECT_EQ(call("last_byte_wide"), 77u);
  EXPECT_EQ(call("load_wide", {(uint64_t{0x18000} << 16) - 1}), 77u);
  EXPECT_EQ(call("load_wide_high_constant"), 0u);
  EXPECT_EQ(call("grow_wide", {1}), 0x18000u);  // moves, if at all, without a copy
  for (const uint64_t delta : {uint64_t{1} << 48, uint64_t{1} << 63, UINT64_MAX}) {
    EXPECT_EQ(call("grow_wide", {delta}), UINT64_MAX) << delta;
  }
}

TEST_P(FarMemories, ConstantAddressesAreNotNegative) { EXPECT_EQ(call("high_constant"), 99u); }

TEST_P(FarMemories, PagesOfOneByte) {
  EXPECT_EQ(call("load_bytes", {3}), 0u);
  expect_out_of_bounds("load_bytes", {4});
  EXPECT_EQ(call("grow_bytes", {1}), 5u);
  EXPECT_EQ(call("load_bytes", {4}), 0u);
  EXPECT_EQ(call("grow_bytes", {15}), UINT32_MAX);
  EXPECT_EQ(call("grow_bytes", {14}), 6u);
}

TEST_P(FarMemories, HoldVectors) {
  // Lane 1 is what the lane store wrote over it; the load puts word 2 into lane 1 of zeros.
  EXPECT_EQ(call("vectors", {kPage - 16}), 9u + 3);
  EXPECT_EQ(call("vector_bounds", {kPage - 16}), 1u);
  for (const uint64_t address : {kPage - 15, UINT64_MAX, UINT64_MAX - 15}) {
    expect_out_of_bounds("vectors", {address});
    expect_out_of_bounds("vector_bounds", {address});
  }
}

TEST_P(FarMemories, CopyBetweenIndexTypes) {
  call("store_load_one", {100, 7});
  EXPECT_EQ(call("copy", {kPage - 8, 100, 8}), 7u);
  expect_out_of_bounds("copy", {kPage - 8, 100, 9});
  expect_out_of_bounds("copy", {UINT64_MAX, 100, 8});
}

TEST(Memory64, WorksThroughTheAccumulator) {
  WatStore s;
  Instance& guest = s.add("memory64");
  EXPECT_EQ(s.call(guest, "sum", {8192}), 8191u * 8192 / 2);
  EXPECT_EQ(s.trap, TrapCode::None);
  s.call(guest, "sum", {8193});
  EXPECT_EQ(s.trap, TrapCode::OutOfBoundsMemoryAccess);
}

}  // namespace
}  // namespace weft::interp::testing
