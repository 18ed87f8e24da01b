// Copies, fills and UTF-8 checks, through the public functions and on every target that this
// machine can run.
#include "interp/core/bytes.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "interp/core/simd_targets.h"

// After simd_targets.h.
#include <hwy/highway.h>

namespace weft::interp {
namespace {

std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// One target's functions, or those chosen for this machine.
class Bytes : public testing::TestWithParam<int64_t> {
 protected:
  void copy(uint8_t* to, const uint8_t* from, size_t n) const {
    if (GetParam() == 0 || n <= detail::kInPlaceBytes) {
      copy_bytes(to, from, n);
    } else {
      detail::bytes_table_for(GetParam()).copy(to, from, n);
    }
  }
  void fill(uint8_t* to, uint8_t value, size_t n) const {
    if (GetParam() == 0 || n <= detail::kInPlaceBytes) {
      fill_bytes(to, value, n);
    } else {
      detail::bytes_table_for(GetParam()).fill(to, value, n);
    }
  }
  bool is_valid(std::string_view text) const {
    const auto bytes = bytes_of(text);
    return GetParam() == 0
               ? is_valid_utf8(bytes)
               : detail::bytes_table_for(GetParam()).is_valid_utf8(bytes.data(), bytes.size());
  }
};

// All sizes that are handled apart, and some around and beyond the sizes left to the C library.
std::vector<size_t> sizes() {
  std::vector<size_t> sizes;
  for (size_t n = 0; n <= 600; ++n) sizes.push_back(n);
  for (size_t n : {1000u, 1023u, 1024u, 4095u, 4096u, 5000u, 65536u, 100'003u}) sizes.push_back(n);
  for (size_t n : {size_t{1} << 20, size_t{1} << 22}) {
    for (size_t at : {n - 65, n - 1, n, n + 1, n + 77}) sizes.push_back(at);
  }
  return sizes;
}

std::vector<uint8_t> pattern(size_t n) {
  std::vector<uint8_t> bytes(n);
  uint32_t state = 1;
  for (uint8_t& byte : bytes)
    byte = static_cast<uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  return bytes;
}

TEST_P(Bytes, CopiesToAnotherRangeAndNothingElse) {
  constexpr size_t kMargin = 80;
  for (size_t n : sizes()) {
    const bool large = n > 5000;
    const auto source = pattern(n + 64);
    for (size_t to_offset : {0, 1, 15, 33}) {
      for (size_t from_offset : {0, 1, 31, 63}) {
        if (large && to_offset != 1) continue;
        std::vector<uint8_t> target(n + 2 * kMargin, 0xee);
        auto expected = target;
        std::memcpy(expected.data() + kMargin / 2 + to_offset, source.data() + from_offset, n);
        copy(target.data() + kMargin / 2 + to_offset, source.data() + from_offset, n);
        ASSERT_EQ(target, expected) << n << " bytes from +" << from_offset << " to +" << to_offset;
      }
    }
  }
}

TEST_P(Bytes, CopiesBetweenOverlappingRanges) {
  for (size_t n : sizes()) {
    const bool large = n > 5000;
    std::vector<size_t> distances = {0,  1,  2,  3,  4,  7,   8,   15,  16,  17,   31,
                                     32, 33, 63, 64, 65, 127, 128, 255, 256, n / 2};
    if (n > 0) distances.push_back(n - 1);
    if (large) distances = {1, 16, 63, 64, 300, n / 2, n - 1};
    for (size_t distance : distances) {
      if (distance > n) continue;
      for (size_t base : large ? std::vector<size_t>{5} : std::vector<size_t>{0, 5, 32}) {
        const auto before = pattern(n + distance + base + 64);
        auto forward = before;
        auto expected = before;
        std::memmove(expected.data() + base, before.data() + base + distance, n);
        copy(forward.data() + base, forward.data() + base + distance, n);
        ASSERT_TRUE(forward == expected) << n << " bytes down by " << distance << " from +" << base;
        auto backward = before;
        expected = before;
        std::memmove(expected.data() + base + distance, before.data() + base, n);
        copy(backward.data() + base + distance, backward.data() + base, n);
        ASSERT_TRUE(backward == expected) << n << " bytes up by " << distance << " from +" << base;
      }
    }
  }
}

TEST_P(Bytes, FillsARangeAndNothingElse) {
  for (size_t n : sizes()) {
    for (size_t offset : {0, 1, 15, 33, 63}) {
      for (uint8_t value : {uint8_t{0}, uint8_t{0xa5}}) {
        std::vector<uint8_t> target(n + 128, 0x5a);
        auto expected = target;
        std::memset(expected.data() + offset, value, n);
        fill(target.data() + offset, value, n);
        ASSERT_TRUE(target == expected) << n << " bytes at +" << offset;
      }
    }
  }
}

// The definition (Unicode 15, table 3-7), byte by byte.
bool reference_is_valid(std::string_view text) {
  size_t i = 0;
  const auto at = [&](size_t k) -> unsigned {
    return k < text.size() ? static_cast<uint8_t>(text[k]) : 0;
  };
  const auto within = [](unsigned x, unsigned low, unsigned high) { return low <= x && x <= high; };
  while (i < text.size()) {
    const unsigned lead = at(i);
    size_t length = 1;
    unsigned low = 0x80;
    unsigned high = 0xbf;
    if (lead < 0x80) {
      ++i;
      continue;
    }
    if (within(lead, 0xc2, 0xdf)) {
      length = 2;
    } else if (within(lead, 0xe0, 0xef)) {
      length = 3;
      if (lead == 0xe0) low = 0xa0;
      if (lead == 0xed) high = 0x9f;
    } else if (within(lead, 0xf0, 0xf4)) {
      length = 4;
      if (lead == 0xf0) low = 0x90;
      if (lead == 0xf4) high = 0x8f;
    } else {
      return false;
    }
    if (!within(at(i + 1), low, high)) return false;
    for (size_t k = 2; k < length; ++k) {
      if (!within(at(i + k), 0x80, 0xbf)) return false;
    }
    i += length;
  }
  return true;
}

TEST_P(Bytes, TellsUtf8FromWhatIsNot) {
  EXPECT_TRUE(is_valid(""));
  EXPECT_TRUE(is_valid("name"));
  EXPECT_TRUE(is_valid("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"));
  EXPECT_TRUE(is_valid(std::string_view("\0", 1)));
  EXPECT_TRUE(is_valid("\xf4\x8f\xbf\xbf"));
  EXPECT_FALSE(is_valid("\xf4\x90\x80\x80")) << "above U+10FFFF";
  EXPECT_FALSE(is_valid("\xc0\x80")) << "overlong";
  EXPECT_FALSE(is_valid("\xe0\x9f\xbf")) << "overlong";
  EXPECT_FALSE(is_valid("\xf0\x8f\xbf\xbf")) << "overlong";
  EXPECT_FALSE(is_valid("\xed\xa0\x80")) << "a surrogate";
  EXPECT_FALSE(is_valid("\x80")) << "a continuation byte alone";
  EXPECT_FALSE(is_valid("\xe2\x82")) << "cut short";
}

// At every position of a vector, across vectors, and at the end: any two bytes, which settle most
// rules, and the longer sequences that begin with interesting bytes.
TEST_P(Bytes, ChecksEverySequenceAtEveryPosition) {
  std::vector<std::string> sequences;
  for (unsigned a = 0; a < 256; ++a) {
    for (unsigned b : {0x00u, 0x41u, 0x7fu, 0x80u, 0x8fu, 0x90u, 0x9fu, 0xa0u, 0xbfu, 0xc0u, 0xc2u,
                       0xe0u, 0xf0u, 0xffu}) {
      sequences.push_back({static_cast<char>(a), static_cast<char>(b)});
      if (a < 0xc0) continue;
      for (unsigned c : {0x41u, 0x80u, 0xbfu, 0xc2u}) {
        sequences.push_back({static_cast<char>(a), static_cast<char>(b), static_cast<char>(c)});
        for (unsigned d : {0x41u, 0x80u, 0xbfu, 0xe1u}) {
          sequences.push_back({static_cast<char>(a), static_cast<char>(b), static_cast<char>(c),
                               static_cast<char>(d)});
        }
      }
    }
  }
  const std::string around(140, 'x');
  const std::vector<size_t> positions = {0,  1,  13, 14, 15, 16, 28,  29,  30,  31, 32,
                                         45, 61, 62, 63, 64, 65, 125, 126, 127, 128};
  for (const std::string& sequence : sequences) {
    const bool expected = reference_is_valid(sequence);
    for (size_t position : positions) {
      std::string text = around.substr(0, position) + sequence;
      ASSERT_EQ(is_valid(text), expected)
          << testing::PrintToString(sequence) << " at the end, +" << position;
      text += around;
      ASSERT_EQ(is_valid(text), expected)
          << testing::PrintToString(sequence) << " within, +" << position;
    }
  }
}

TEST_P(Bytes, AgreesWithTheDefinitionOnRandomText) {
  std::mt19937 random(7);
  int valid = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    const size_t length = random() % 300;
    const bool mostly_ascii = random() % 2 == 0;
    while (text.size() < length) {
      const uint32_t point = mostly_ascii && random() % 40 != 0 ? random() % 0x80
                             : random() % 3 == 0                ? random() % 0x800
                             : random() % 2 == 0                ? random() % 0xd800
                                                                : 0x10000 + random() % 0x100000;
      const auto put = [&text](uint32_t byte) { text += static_cast<char>(byte); };
      if (point < 0x80) {
        put(point);
      } else if (point < 0x800) {
        put(0xc0 | point >> 6);
        put(0x80 | (point & 0x3f));
      } else if (point < 0x10000) {
        put(0xe0 | point >> 12);
        put(0x80 | (point >> 6 & 0x3f));
        put(0x80 | (point & 0x3f));
      } else {
        put(0xf0 | point >> 18);
        put(0x80 | (point >> 12 & 0x3f));
        put(0x80 | (point >> 6 & 0x3f));
        put(0x80 | (point & 0x3f));
      }
    }
    ASSERT_TRUE(is_valid(text));
    if (text.empty()) continue;
    // Broken in one place, as a rule.
    const size_t at = random() % text.size();
    switch (random() % 3) {
      case 0:
        text[at] = static_cast<char>(random());
        break;
      case 1:
        text.erase(at, 1);
        break;
      default:
        text.resize(at);
    }
    ASSERT_EQ(is_valid(text), reference_is_valid(text)) << testing::PrintToString(text);
    valid += reference_is_valid(text);
  }
  EXPECT_GT(valid, 1000);
  EXPECT_LT(valid, 19'000);
}

std::vector<int64_t> targets() {
  std::vector<int64_t> targets = {0};
  const int64_t all = supported_targets();
  for (int bit = 0; bit < 63; ++bit) {
    if (all >> bit & 1) targets.push_back(int64_t{1} << bit);
  }
  return targets;
}

INSTANTIATE_TEST_SUITE_P(Targets, Bytes, testing::ValuesIn(targets()), [](const auto& target) {
  return target.param == 0 ? std::string("Chosen") : std::string(hwy::TargetName(target.param));
});

}  // namespace
}  // namespace weft::interp
