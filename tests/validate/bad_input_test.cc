// Modules that are cut off or damaged are accepted or refused, but never crash: every prefix and
// every single-byte mutation. What the sanitizers don't like shows here.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/validate/validate_helpers.h"

namespace weft::interp::testing {
namespace {

std::vector<std::pair<std::string, Bytes>> fixtures() {
  std::vector<std::pair<std::string, Bytes>> result;
  for (const auto& entry : std::filesystem::directory_iterator(WEFT_FIXTURES_DIR)) {
    if (entry.path().extension() != ".wasm") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    result.emplace_back(entry.path().stem(), Bytes(std::istreambuf_iterator<char>(file), {}));
  }
  return result;
}

// With everything that is known decoded, and with what is supported.
void feed(const Bytes& bytes) {
  for (const FeatureSet features : {kSupportedFeatures, all_features()})
    validation_error(bytes, features);
}

TEST(BadInput, FixturesAreValid) {
  const auto all = fixtures();
  EXPECT_GE(all.size(), 5u);
  for (const auto& [name, bytes] : all) EXPECT_EQ(validation_error(bytes), "") << name;
}

TEST(BadInput, EveryPrefixIsAcceptedOrRefused) {
  for (const auto& [name, bytes] : fixtures()) {
    for (size_t length = 0; length < bytes.size(); ++length) {
      const Bytes prefix(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(length));
      feed(prefix);
    }
  }
}

TEST(BadInput, ASingleByteMutationIsAcceptedOrRefused) {
  for (auto& [name, bytes] : fixtures()) {
    for (uint8_t& byte : bytes) {
      const uint8_t original = byte;
      for (const uint32_t flip : {1u, 2u, 4u, 8u, 16u, 32u, 64u, 128u, 0x7fu, 0xffu}) {
        byte = static_cast<uint8_t>(original ^ flip);
        feed(bytes);
      }
      for (const uint8_t value :
           std::initializer_list<uint8_t>{0x00, 0x0b, 0x40, 0x7f, 0x80, 0xfb, 0xfc, 0xfd, 0xff}) {
        byte = value;
        feed(bytes);
      }
      byte = original;
    }
  }
}

TEST(BadInput, AnInsertedOrRemovedByteIsAcceptedOrRefused) {
  for (const auto& [name, bytes] : fixtures()) {
    for (size_t i = 0; i < bytes.size(); ++i) {
      Bytes shorter = bytes;
      shorter.erase(shorter.begin() + static_cast<ptrdiff_t>(i));
      feed(shorter);
      for (const uint8_t value : std::initializer_list<uint8_t>{0x00, 0x0b, 0x80, 0xff}) {
        Bytes longer = bytes;
        longer.insert(longer.begin() + static_cast<ptrdiff_t>(i), value);
        feed(longer);
      }
    }
  }
}

}  // namespace
}  // namespace weft::interp::testing
