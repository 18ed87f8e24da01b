// Modules with very many types are decoded and validated in linear time, whatever the types look
// like: twice as many take less than four times as long, on the processor's clock.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <functional>
#include <string>

#include "tests/validate/validate_helpers.h"

namespace weft::interp::testing {
namespace {

constexpr uint8_t kFunc = 0x60, kStruct = 0x5f, kSub = 0x50, kRec = 0x4e;
constexpr uint8_t kRefNull = 0x63, kI32 = 0x7f, kI64 = 0x7e;

// A struct with one field, a reference to another type.
Bytes node(uint32_t other) {
  return join(Bytes{kStruct, 1, kRefNull}, signed_leb(other), Bytes{1});
}

// The types of a module one after another; as one group if `is_group`.
Bytes module_of(uint32_t count, bool is_group, const std::function<Bytes(uint32_t)>& type) {
  Bytes types = is_group ? join(Bytes{1, kRec}, unsigned_leb(count)) : unsigned_leb(count);
  for (uint32_t i = 0; i < count; ++i) append(types, type(i));
  return ModuleBuilder().raw(ModuleBuilder::kType, types).build();
}

double seconds(const Bytes& module) {
  double best = 1e9;
  for (int repeat = 0; repeat < 3; ++repeat) {
    const std::clock_t begin = std::clock();
    EXPECT_EQ(validation_error(module, all_features()), "");
    best = std::min(best, static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
  }
  return best;
}

void expect_linear(const std::function<Bytes(uint32_t)>& module) {
  constexpr uint32_t kCount = 100'000;
  constexpr double kNoise = 0.02;
  const double once = seconds(module(kCount));
  const double twice = seconds(module(2 * kCount));
  EXPECT_LT(twice, 4 * (once + kNoise)) << "for twice the types of " << once << " s";
}

TEST(ManyTypes, EachReferringToTheOneBefore) {
  expect_linear([](uint32_t count) {
    return module_of(count, false, [](uint32_t i) { return i == 0 ? node(0) : node(i - 1); });
  });
}

TEST(ManyTypes, InOneGroupThatIsARing) {
  expect_linear([](uint32_t count) {
    return module_of(count, true, [=](uint32_t i) { return node((i + 1) % count); });
  });
}

TEST(ManyTypes, InOneGroupThatAllReferToItsLast) {
  expect_linear([](uint32_t count) {
    return module_of(count, true, [=](uint32_t) { return node(count - 1); });
  });
}

TEST(ManyTypes, AllEqual) {
  expect_linear(
      [](uint32_t count) { return module_of(count, false, [](uint32_t i) { return node(i); }); });
}

TEST(ManyTypes, OfFunctionsAllDifferent) {
  expect_linear([](uint32_t count) {
    return module_of(count, false, [](uint32_t i) {
      Bytes type = {kFunc, 20};
      for (int bit = 0; bit < 20; ++bit) type.push_back((i >> bit) & 1 ? kI64 : kI32);
      return join(type, Bytes{0});
    });
  });
}

TEST(ManyTypes, InChainsOfSupertypes) {
  constexpr uint32_t kDepth = 60;
  expect_linear([](uint32_t count) {
    return module_of(count, false, [](uint32_t i) {
      const Bytes content = {kStruct, 1, kI32, 0};
      if (i % kDepth == 0) return join(Bytes{kSub, 0}, content);
      return join(Bytes{kSub, 1}, unsigned_leb(i - 1), content);
    });
  });
}

// A group whose every member is declared below the one before is deeper than any limit.
TEST(ManyTypes, WithAnEndlessChainOfSupertypesAreRefused) {
  const Bytes module = module_of(100'000, true, [](uint32_t i) {
    const Bytes content = {kStruct, 0};
    return i == 0 ? join(Bytes{kSub, 0}, content)
                  : join(Bytes{kSub, 1}, unsigned_leb(i - 1), content);
  });
  EXPECT_EQ(validation_error(module, all_features()), "sub type chain too long");
}

}  // namespace
}  // namespace weft::interp::testing
