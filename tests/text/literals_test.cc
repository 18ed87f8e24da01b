// Numbers: ranges, rounding, NaN payloads.
#include "interp/text/literals.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

namespace weft::interp {

namespace {

uint64_t integer(std::string_view text, uint32_t bits) {
  uint64_t value = 0;
  EXPECT_EQ(read_integer(text, bits, value), Literal::Ok) << text;
  return value;
}

Literal fault(std::string_view text, uint32_t bits) {
  uint64_t value = 0;
  return read_integer(text, bits, value);
}

uint32_t f32(std::string_view text) {
  uint32_t bits = 0;
  EXPECT_EQ(read_f32(text, bits), Literal::Ok) << text;
  return bits;
}

uint64_t f64(std::string_view text) {
  uint64_t bits = 0;
  EXPECT_EQ(read_f64(text, bits), Literal::Ok) << text;
  return bits;
}

Literal fault64(std::string_view text) {
  uint64_t bits = 0;
  return read_f64(text, bits);
}

Literal fault32(std::string_view text) {
  uint32_t bits = 0;
  return read_f32(text, bits);
}

TEST(Literals, IntegersAreSignedOrUnsigned) {
  EXPECT_EQ(integer("4294967295", 32), 0xffff'ffffu);
  EXPECT_EQ(integer("-1", 32), 0xffff'ffffu);
  EXPECT_EQ(integer("-2147483648", 32), 0x8000'0000u);
  EXPECT_EQ(integer("+0x7fff_ffff", 32), 0x7fff'ffffu);
  EXPECT_EQ(integer("-128", 8), 0x80u);
  EXPECT_EQ(integer("0xffff_ffff_ffff_ffff", 64), UINT64_MAX);
  EXPECT_EQ(integer("-9223372036854775808", 64), uint64_t{1} << 63);
  EXPECT_EQ(integer("-0", 16), 0u);
  for (const char* text : {"4294967296", "-2147483649", "+2147483648", "0x1_0000_0000"}) {
    EXPECT_EQ(fault(text, 32), Literal::OutOfRange) << text;
  }
  EXPECT_EQ(fault("18446744073709551616", 64), Literal::OutOfRange);
  EXPECT_EQ(fault("99999999999999999999999", 64), Literal::OutOfRange);
}

TEST(Literals, UnderscoresStandBetweenDigits) {
  EXPECT_EQ(integer("1_000_0", 32), 10000u);
  for (const char* text : {"1__0", "_1", "1_", "0x_1", "0x1_", "0_x1", "1e_1", "1_.0", "1._0"}) {
    EXPECT_EQ(fault64(text), Literal::NoNumber) << text;
    EXPECT_EQ(fault(text, 32), Literal::NoNumber) << text;
  }
  EXPECT_EQ(f64("1_0.0_1e1_0"), std::bit_cast<uint64_t>(10.01e10));
}

TEST(Literals, WhatIsNoIntegerMayBeAFloat) {
  for (const char* text : {"1.0", "1e3", "0x1p3", "nan", "inf", "-nan:0x1"}) {
    EXPECT_EQ(fault(text, 32), Literal::OtherKind) << text;
  }
  for (const char* text : {"", "-", "0x", "x", "12a", "0b1", "nan:1", "nan:", "nan:0x", "nan:0x1.5",
                           "+-1", "1e", "1.e", "0x1p", ".1", "1.2.3", "infinity"}) {
    EXPECT_EQ(fault(text, 32), Literal::NoNumber) << text;
    EXPECT_FALSE(is_number(text)) << text;
  }
}

TEST(Literals, DecimalFloatsRoundToTheNearest) {
  EXPECT_EQ(f64("1."), std::bit_cast<uint64_t>(1.0));
  EXPECT_EQ(f64("-0.0"), uint64_t{1} << 63);
  EXPECT_EQ(f64("1.e2"), std::bit_cast<uint64_t>(100.0));
  EXPECT_EQ(f64("5e-324"), 1u);
  EXPECT_EQ(f64("2e-324"), 0u);
  EXPECT_EQ(f64("1e-400"), 0u);
  EXPECT_EQ(f64("0e99999999999999999999"), 0u);
  EXPECT_EQ(f64("0.000000001e-99999999999999999999"), 0u);
  EXPECT_EQ(f64("1.7976931348623157e308"), 0x7fef'ffff'ffff'ffffu);
  EXPECT_EQ(fault64("1.8e308"), Literal::OutOfRange);
  EXPECT_EQ(fault64("1e99999999999999999999"), Literal::OutOfRange);
  EXPECT_EQ(fault64("1" + std::string(400, '0')), Literal::OutOfRange);
  EXPECT_EQ(f32("16777217"), std::bit_cast<uint32_t>(16777216.0f));  // a tie
  EXPECT_EQ(f32("16777219"), std::bit_cast<uint32_t>(16777220.0f));
  EXPECT_EQ(f32("1e-45"), 1u);
  EXPECT_EQ(fault32("3.4028236e38"), Literal::OutOfRange);
}

TEST(Literals, HexFloatsRoundToTheNearestEven) {
  EXPECT_EQ(f64("0x1.8p1"), std::bit_cast<uint64_t>(3.0));
  EXPECT_EQ(f64("0x1p-1074"), 1u);
  EXPECT_EQ(f64("0x1p-1075"), 0u);                                // a tie: to the even one
  EXPECT_EQ(f64("0x1.00000000000001p-1075"), 1u);                 // above it
  EXPECT_EQ(f64("0x1.8p-1074"), 2u);                              // a tie
  EXPECT_EQ(f64("0x0.fffffffffffff8p-1022"), uint64_t{1} << 52);  // a tie that becomes normal
  EXPECT_EQ(f64("0x1.fffffffffffff7p1023"), 0x7fef'ffff'ffff'ffffu);
  EXPECT_EQ(fault64("0x1.fffffffffffff8p1023"), Literal::OutOfRange);
  EXPECT_EQ(fault64("0x1p1024"), Literal::OutOfRange);
  EXPECT_EQ(f32("0x1.000001p0"), std::bit_cast<uint32_t>(1.0f));        // a tie
  EXPECT_EQ(f32("0x1.00000100000000000000000000001p0"), 0x3f80'0001u);  // above it
  EXPECT_EQ(f32("0x1.000003p0"), 0x3f80'0002u);
  EXPECT_EQ(f32("0x1" + std::string(20, '0') + "p-80"), std::bit_cast<uint32_t>(1.0f));
  EXPECT_EQ(f32("0x0." + std::string(30, '0') + "1p+124"), std::bit_cast<uint32_t>(1.0f));
  EXPECT_EQ(f64("0x0p99999999999999999999"), 0u);
  EXPECT_EQ(f64("0x1p-99999999999999999999"), 0u);
}

// strtod rounds correctly; both read what printf writes, and digits at random.
TEST(Literals, FloatsAreThoseOfTheCLibrary) {
  std::mt19937_64 random(1);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same run every time
  for (int i = 0; i < 20000; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    char text[64];
    constexpr const char* kForms[] = {"%.17g", "%a", "%.3a", "%.25e", "%.9a"};
    std::snprintf(text, sizeof text, kForms[i % 5], value);
    uint64_t bits = 0;
    const double expected = std::strtod(text, nullptr);
    const Literal literal = read_f64(text, bits);
    EXPECT_EQ(literal, std::isfinite(expected) ? Literal::Ok : Literal::OutOfRange) << text;
    if (literal == Literal::Ok) {
      EXPECT_EQ(bits, std::bit_cast<uint64_t>(expected)) << text;
    }
    const float expected32 = std::strtof(text, nullptr);
    uint32_t bits32 = 0;
    const Literal literal32 = read_f32(text, bits32);
    EXPECT_EQ(literal32, std::isfinite(expected32) ? Literal::Ok : Literal::OutOfRange) << text;
    if (literal32 == Literal::Ok) {
      EXPECT_EQ(bits32, std::bit_cast<uint32_t>(expected32)) << text;
    }
  }
}

TEST(Literals, NanPayloadsAreWhatTheySay) {
  EXPECT_EQ(f32("nan"), 0x7fc0'0000u);
  EXPECT_EQ(f32("-nan:0x1"), 0xff80'0001u);
  EXPECT_EQ(f32("nan:0x7f_ffff"), 0x7fff'ffffu);
  EXPECT_EQ(f64("+nan:0x8_0000_0000_0000"), 0x7ff8'0000'0000'0000u);
  EXPECT_EQ(f64("-inf"), 0xfff0'0000'0000'0000u);
  EXPECT_EQ(fault32("nan:0x80_0000"), Literal::OutOfRange);
  EXPECT_EQ(fault32("nan:0x0"), Literal::OutOfRange);
}

}  // namespace

}  // namespace weft::interp
