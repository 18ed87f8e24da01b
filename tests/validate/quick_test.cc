// The quick way of validation (function_validator_quick.h) against the literal rules: random bodies
// of the instructions that it knows, most of them wrong somewhere. validation_error() compares.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "tests/validate/validate_helpers.h"

namespace weft::interp::testing {
namespace {

constexpr uint8_t kI32 = 0x7f, kI64 = 0x7e, kF32 = 0x7d, kF64 = 0x7c, kFuncRef = 0x70;

class Bodies {
 public:
  explicit Bodies(uint32_t seed) : x_random(seed) {}

  // Starts with what the rest may take, so that some of it is valid.
  Bytes next() {
    Bytes code = {0x41, 1, 0x41, 2, 0x20, 0, 0x20, 1};
    const uint32_t count = below(24);
    for (uint32_t i = 0; i < count; ++i) append(code, instr());
    append(code, Bytes(below(3), 0x1a));  // drop
    append(code, Bytes(below(3), 0x0b));  // end
    if (below(2) == 0) code.push_back(0x00);
    append(code, Bytes(below(12), 0x01));  // nop
    if (below(8) == 0) code.resize(code.size() - below(4));
    return code;
  }

 private:
  uint32_t below(uint32_t limit) { return static_cast<uint32_t>(x_random() % limit); }

  // Seldom longer than it need be, or longer than it may be, as linkers pad what they fill in.
  Bytes padded(Bytes bytes, uint8_t with) {
    if (below(8) != 0) return bytes;
    for (uint32_t count = below(6); count != 0; --count) {
      bytes.back() |= 0x80;
      bytes.push_back(with);
    }
    if (below(8) == 0) bytes.back() ^= static_cast<uint8_t>(1u << below(8));
    return bytes;
  }
  // Seldom too large.
  Bytes index(uint32_t most) {
    return padded(unsigned_leb(below(16) == 0 ? below(1 << 22) : below(most)), 0);
  }
  Bytes constant(uint32_t bits) {
    const auto all = static_cast<int64_t>(uint64_t{x_random()} << 32 | x_random());
    const int64_t value = all >> (64 - bits + below(bits));
    return padded(signed_leb(value), value < 0 ? 0x7f : 0);
  }

  Bytes instr() {
    switch (below(12)) {
      case 0:  // any with a byte of its own
        return {static_cast<uint8_t>(below(0xc5))};
      case 1:  // integer arithmetic
        return {static_cast<uint8_t>(0x45 + below(0x16))};
      case 2:
        return {0x6a};
      case 3:  // constants
        return below(2) == 0 ? join(Bytes{0x41}, constant(32)) : join(Bytes{0x42}, constant(64));
      case 4:
        return {0x44, 1, 2, 3, 4, 5, 6, 7, 8};
      case 5:  // accesses
        return join(Bytes{static_cast<uint8_t>(0x28 + below(0x17)), static_cast<uint8_t>(below(4))},
                    index(1000));
      case 6:
      case 7:  // local.get, local.set, local.tee
        return join(Bytes{static_cast<uint8_t>(0x20 + below(3))}, index(6));
      case 8:  // global.get, global.set
        return join(Bytes{static_cast<uint8_t>(0x23 + below(2))}, index(3));
      case 9:  // block, loop, if
        return {static_cast<uint8_t>(0x02 + below(3)), below(8) == 0 ? kI32 : uint8_t{0x40}};
      case 10:  // else, end, br, br_if, return, call
        switch (below(5)) {
          case 0:
            return {0x05};
          case 1:
            return {0x0b};
          case 2:
            return join(Bytes{0x0c}, index(4));
          case 3:
            return join(Bytes{0x0d}, index(4));
          default:
            return join(Bytes{0x10}, index(4));
        }
      default:  // drop, select
        return {static_cast<uint8_t>(0x1a + below(2))};
    }
  }

  std::mt19937 x_random;
};

ModuleBuilder surroundings() {
  ModuleBuilder builder;
  builder.type({}, {}).type({kI32, kI32}, {kI32}).type({kI64}, {kF64, kFuncRef});
  builder.item(ModuleBuilder::kGlobal, {kI32, 1, 0x41, 0, 0x0b});
  builder.item(ModuleBuilder::kGlobal, {kI64, 0, 0x42, 0, 0x0b});
  builder.func(0, {}).func(1, {0x20, 0}).func(2, {0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0xd0, kFuncRef});
  return builder;
}

uint32_t valid_of(uint32_t count, const ModuleBuilder& around, const Bytes& locals) {
  Bodies bodies(count);
  uint32_t valid = 0;
  for (uint32_t i = 0; i < count; ++i) {
    ModuleBuilder builder = around;
    builder.func(0, bodies.next(), locals);
    // What the quick way reads may lie behind the body, but not behind the module.
    for (uint32_t after = i % 8; after != 0; --after) builder.func(0, {0x41, 3, 0x1a});
    if (validation_error(builder.build()).empty()) ++valid;
    if (::testing::Test::HasFailure()) break;
  }
  return valid;
}

TEST(QuickWay, AgreesWithTheLiteralRules) {
  const Bytes locals = {5, 2, kI32, 1, kI64, 1, kF32, 1, kF64, 1, kFuncRef};
  EXPECT_GT(valid_of(40'000, surroundings().memory(), locals), 400u);
}

TEST(QuickWay, AgreesWithoutMemory) {
  EXPECT_GT(valid_of(10'000, surroundings(), {2, 2, kI32, 1, kI64}), 100u);
}

TEST(QuickWay, AgreesWithA64BitMemory) {
  const ModuleBuilder around = surroundings().item(ModuleBuilder::kMemory, {4, 1});
  EXPECT_GT(valid_of(10'000, around, {2, 2, kI64, 1, kI32}), 100u);
}

// local.get of such a local depends on what was set before.
TEST(QuickWay, AgreesWithLocalsWithoutDefault) {
  const Bytes locals = {2, 2, kI32, 1, 0x64, kFuncRef};
  EXPECT_GT(valid_of(10'000, surroundings().memory(), locals), 100u);
}

}  // namespace
}  // namespace weft::interp::testing
