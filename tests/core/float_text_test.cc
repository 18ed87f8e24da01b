// Floats as text.
#include "interp/core/float_text.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>

namespace weft::interp {
namespace {

// As std::to_chars has it.
template <class Float>
std::string expected(Float value) {
  std::array<char, 64> text{};
  return {text.begin(), std::to_chars(text.begin(), text.end(), value).ptr};
}

template <class Float>
void expect_same(Float value) {
  EXPECT_EQ(float_text(value), expected(value));
}

TEST(FloatText, IsTheShortestThatReadsBack) {
  for (const double value :
       {0.0, -0.0, 1.0, 0.1, -1.5, 1.0 / 3, 100.0, 1e5, 123456.0, 1.2e6, 1e20, 1e-4, 1.5e-4, 1e-5,
        1e100, 1e-100, 5e-324, std::numeric_limits<double>::max(),
        std::numeric_limits<double>::min()})
    expect_same(value);
  for (const float value : {0.0f, 1.0f, 0.1f, 1.0f / 3, 1e10f, 1.17549435e-38f, 1e-45f,
                            std::numeric_limits<float>::max()})
    expect_same(value);
}

TEST(FloatText, NamesWhatIsNoNumber) {
  EXPECT_EQ(float_text(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(float_text(-std::numeric_limits<float>::infinity()), "-inf");
  EXPECT_EQ(float_text(std::numeric_limits<double>::quiet_NaN()), "nan");
  EXPECT_EQ(float_text(std::copysign(std::numeric_limits<float>::quiet_NaN(), -1.0f)), "-nan");
}

TEST(FloatText, ReadsBackWhateverTheBits) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (std::isfinite(value)) {
      EXPECT_EQ(std::strtod(float_text(value).c_str(), nullptr), value);
    }
    const auto narrow = std::bit_cast<float>(static_cast<uint32_t>(random()));
    if (std::isfinite(narrow)) {
      EXPECT_EQ(std::strtof(float_text(narrow).c_str(), nullptr), narrow);
    }
  }
}

}  // namespace
}  // namespace weft::interp
