#include "interp/decode/reader.h"

#include <gtest/gtest.h>

#include <limits>
#include <tuple>

#include "tests/decode/module_bytes.h"

namespace weft::interp::testing {
namespace {

template <class Read>
std::string error_of(const Bytes& bytes, Read&& read) {
  Reader in(bytes);
  read(in);
  return in.ok() ? "" : in.take_error().message();
}

std::string u32_error(const Bytes& bytes) {
  return error_of(bytes, [](Reader& in) { in.u32(); });
}
std::string s32_error(const Bytes& bytes) {
  return error_of(bytes, [](Reader& in) { in.s32(); });
}

TEST(Reader, UnsignedIntegersRoundTripAtTheEdgesOfEveryLength) {
  for (int bit = 0; bit < 64; ++bit) {
    for (const uint64_t value :
         {uint64_t{1} << bit, (uint64_t{1} << bit) - 1, ~uint64_t{0} >> bit}) {
      const Bytes bytes = unsigned_leb(value);
      Reader wide(bytes);
      EXPECT_EQ(wide.u64(), value);
      EXPECT_TRUE(wide.ok() && wide.at_end());
      if (value > UINT32_MAX) continue;
      Reader narrow(bytes);
      EXPECT_EQ(narrow.u32(), value);
      EXPECT_TRUE(narrow.ok() && narrow.at_end());
    }
  }
}

TEST(Reader, SignedIntegersRoundTripAtTheEdgesOfEveryLength) {
  for (int bit = 0; bit < 64; ++bit) {
    const auto edge = static_cast<int64_t>(uint64_t{1} << bit);
    for (const int64_t value :
         {edge, static_cast<int64_t>(static_cast<uint64_t>(edge) - 1), -(edge / 2), ~edge}) {
      const Bytes bytes = signed_leb(value);
      Reader wide(bytes);
      EXPECT_EQ(wide.s64(), value);
      EXPECT_TRUE(wide.ok() && wide.at_end());
      if (value >= -(int64_t{1} << 32) && value < (int64_t{1} << 32)) {
        Reader block(bytes);
        EXPECT_EQ(block.s33(), value);
      }
      if (value < INT32_MIN || value > INT32_MAX) continue;
      Reader narrow(bytes);
      EXPECT_EQ(narrow.s32(), value);
    }
  }
}

TEST(Reader, PaddedIntegersAreReadUpToTheirLongestForm) {
  const Bytes padded = {0x83, 0x80, 0x80, 0x80, 0x00};
  EXPECT_EQ(Reader(padded).u32(), 3u);
  EXPECT_EQ(Reader(Bytes{0xff, 0xff, 0xff, 0xff, 0x0f}).u32(), UINT32_MAX);
  EXPECT_EQ(Reader(Bytes{0xfe, 0xff, 0xff, 0xff, 0x7f}).s32(), -2);
}

TEST(Reader, IntegersWithTooManyBytesAreTooLong) {
  EXPECT_EQ(u32_error({0x80, 0x80, 0x80, 0x80, 0x80, 0x00}), "integer representation too long");
  EXPECT_EQ(s32_error({0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}), "integer representation too long");
  const auto s64 = [](Reader& in) { in.s64(); };
  EXPECT_EQ(error_of({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, s64),
            "integer representation too long");
}

TEST(Reader, UnusedBitsOfTheLastByteMustBeTheSignOrZero) {
  EXPECT_EQ(u32_error({0xff, 0xff, 0xff, 0xff, 0x1f}), "integer too large");
  EXPECT_EQ(u32_error({0x80, 0x80, 0x80, 0x80, 0x70}), "integer too large");
  EXPECT_EQ(s32_error({0x80, 0x80, 0x80, 0x80, 0x70}), "integer too large");
  EXPECT_EQ(s32_error({0xff, 0xff, 0xff, 0xff, 0x0f}), "integer too large");
  EXPECT_EQ(s32_error({0xff, 0xff, 0xff, 0xff, 0x4f}), "integer too large");
  const auto u64 = [](Reader& in) { in.u64(); };
  EXPECT_EQ(error_of({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02}, u64),
            "integer too large");
  const auto s33 = [](Reader& in) { in.s33(); };
  EXPECT_EQ(error_of({0xff, 0xff, 0xff, 0xff, 0x1f}, s33), "integer too large");
}

// Eight bytes are read at a time where there are as many.
TEST(Reader, IntegersAreTheSameWhateverFollows) {
  const Bytes cases[] = {{0x80, 0x01},
                         {0xff, 0xff, 0x7f},
                         {0x80, 0x80, 0x80, 0x80, 0x00},
                         {0xff, 0xff, 0xff, 0xff, 0x0f},
                         {0xff, 0xff, 0xff, 0xff, 0x1f},
                         {0xff, 0xff, 0xff, 0xff, 0x7f},
                         {0x80, 0x80, 0x80, 0x80, 0x78},
                         {0x80, 0x80, 0x80, 0x80, 0x70},
                         {0x80, 0x80, 0x80, 0x80, 0x80, 0x00},
                         {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
                         {0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x08},
                         {0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x49},
                         {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f}};
  const auto read = [](const Bytes& bytes, auto integer) {
    Reader in(bytes);
    const auto value = static_cast<int64_t>((in.*integer)());
    const uint64_t end = in.offset();
    return std::tuple(value, in.ok() ? end : 0, in.ok() ? "" : in.take_error().message());
  };
  for (const Bytes& bytes : cases) {
    const Bytes more = join(bytes, Bytes(8, 0xff));
    EXPECT_EQ(read(bytes, &Reader::u32), read(more, &Reader::u32));
    EXPECT_EQ(read(bytes, &Reader::s32), read(more, &Reader::s32));
    EXPECT_EQ(read(bytes, &Reader::s33), read(more, &Reader::s33));
    EXPECT_EQ(read(bytes, &Reader::u64), read(more, &Reader::u64));
    EXPECT_EQ(read(bytes, &Reader::s64), read(more, &Reader::s64));
  }
}

TEST(Reader, IntegersThatTheInputCutsOffEndUnexpectedly) {
  EXPECT_EQ(u32_error({}), "unexpected end");
  EXPECT_EQ(u32_error({0x80}), "unexpected end");
  EXPECT_EQ(s32_error({0xff, 0xff, 0xff, 0xff}), "unexpected end");
}

TEST(Reader, TheFirstErrorStaysAndLaterReadsYieldZero) {
  const Bytes bytes = {0x01, 0xff, 0xff, 0xff, 0xff, 0x1f, 0x05};
  Reader in(bytes);
  EXPECT_EQ(in.u32(), 1u);
  EXPECT_EQ(in.u32(), 0u);
  EXPECT_EQ(in.u32(), 0u);
  EXPECT_EQ(in.byte(), 0);
  EXPECT_EQ(in.fixed_u64(), 0u);
  ASSERT_FALSE(in.ok());
  const Error error = in.take_error();
  EXPECT_EQ(error.message(), "integer too large");
  EXPECT_EQ(error.offset(), 1u);
}

TEST(Reader, APartEndsWhereItSays) {
  const Bytes bytes = {1, 2, 3, 4};
  Reader in(bytes);
  Reader part = in.sub(2);
  EXPECT_EQ(part.byte(), 1);
  EXPECT_EQ(part.byte(), 2);
  EXPECT_TRUE(part.at_end());
  part.byte();
  EXPECT_EQ(part.take_error().message(), "unexpected end of section or function");
  EXPECT_EQ(in.byte(), 3);
}

TEST(Reader, NamesMustBeUtf8AndFit) {
  EXPECT_EQ(Reader(Bytes{2, 0xc3, 0xa9}).name(10), "\xc3\xa9");
  const auto name = [](Reader& in) { in.name(10); };
  EXPECT_EQ(error_of({2, 0xc3, 0x28}, name), "malformed UTF-8 encoding");
  EXPECT_EQ(error_of({2, 0xc0, 0x80}, name), "malformed UTF-8 encoding");
  EXPECT_EQ(error_of({3, 0xed, 0xa0, 0x80}, name), "malformed UTF-8 encoding");
  EXPECT_TRUE(error_of({3, 'a'}, name).starts_with("length out of bounds"));
  EXPECT_TRUE(error_of(text("eleven char"), name).starts_with("name too long"));
}

TEST(Reader, VectorsAreReservedNoFurtherThanTheBytesReach) {
  const Bytes bytes(10);
  const Reader in(bytes);
  EXPECT_EQ(in.reservable(UINT32_MAX, 2), 5u);
  EXPECT_EQ(in.reservable(3, 2), 3u);
}

}  // namespace
}  // namespace weft::interp::testing
