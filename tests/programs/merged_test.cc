// Modules merged by wasm-merge into one that has a memory for each of them (merged/).
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <weft/weft.hpp>

namespace weft::testing {
namespace {

std::string packed(std::string_view data) {
  std::string result;
  for (std::size_t i = 0; i < data.size();) {
    std::size_t run = 1;
    while (i + run < data.size() && run < 255 && data[i + run] == data[i]) run++;
    result += static_cast<char>(run);
    result += data[i];
    i += run;
  }
  return result;
}

class MergedModules : public ::testing::TestWithParam<MemoryMode> {
 protected:
  static Engine engine() {
    Config config;
    config.memory_mode = GetParam();
    return Engine(config);
  }
  template <class Signature>
  TypedFunc<Signature> func(std::string_view name) {
    return or_throw(instance_.func<Signature>(store_, name));
  }

  Engine engine_ = engine();
  Store store_{engine_};
  Instance instance_ =
      or_throw(Instance::create(store_, or_throw(Module::from_file(engine_, WEFT_MERGED_MODULE))));
  Memory memory_ = or_throw(instance_.memory(store_));
};

INSTANTIATE_TEST_SUITE_P(Auto, MergedModules, ::testing::Values(MemoryMode::Auto));
INSTANTIATE_TEST_SUITE_P(Explicit, MergedModules, ::testing::Values(MemoryMode::Explicit));

using Pack = std::int32_t(std::int32_t, std::int32_t, std::int32_t);

TEST_P(MergedModules, KeepTheirDataApart) {
  constexpr std::int32_t kFrom = 100;
  constexpr std::int32_t kTo = 20'000;
  const auto pack = func<Pack>("pack");
  const auto count = func<std::int64_t(std::int32_t)>("count");
  std::mt19937 random(7);
  std::array<std::int64_t, 256> counts{};
  for (int round = 0; round < 50; round++) {
    std::string data;
    const std::size_t size = random() % 9'000;
    while (data.size() < size) data.append(1 + random() % 400, static_cast<char>(random()));
    for (const char c : data) counts[static_cast<std::uint8_t>(c)]++;
    const std::string expected = packed(data);
    ASSERT_TRUE(memory_.write(store_, kFrom, std::string_view(data)));
    const Result<std::int32_t> length =
        pack(store_, kFrom, static_cast<std::int32_t>(data.size()), kTo);
    ASSERT_TRUE(length) << length.error().message();
    EXPECT_EQ(memory_.string(store_, kTo, static_cast<std::uint64_t>(*length)), expected);
  }
  for (std::int32_t byte = 0; byte < 256; byte++) {
    EXPECT_EQ(count(store_, byte), counts[static_cast<std::size_t>(byte)]) << byte;
  }
  EXPECT_TRUE(func<void()>("reset")(store_));
  EXPECT_EQ(count(store_, 0), 0);
}

TEST_P(MergedModules, GrowEachByItself) {
  const Memory packer = or_throw(instance_.memory(store_, "packer"));
  const auto pack = func<Pack>("pack");
  ASSERT_TRUE(memory_.grow(store_, 9));
  EXPECT_EQ(packer.size(store_), 1);
  EXPECT_EQ(pack(store_, 0, 120'000, 130'000), 2 * ((120'000 + 254) / 255));
  EXPECT_EQ(packer.size(store_), 6);
  EXPECT_EQ(memory_.size(store_), 10);
  // Its own maximum, whatever the others have.
  EXPECT_EQ(pack(store_, 0, 600'000, 0), -1);
  EXPECT_EQ(packer.size(store_), 6);
}

TEST_P(MergedModules, TrapAtTheEndOfTheMemoryMeant) {
  const auto pack = func<Pack>("pack");
  // 65,536 bytes are in the application's memory, and not one more, though the packer's is larger.
  EXPECT_EQ(pack(store_, 0, 65'536, 0), 2 * ((65'536 + 254) / 255));
  for (const auto& [from, size, to] :
       {std::array{1, 65'536, 0}, std::array{65'000, 1'000, 0}, std::array{0, 100, 65'535}}) {
    EXPECT_EQ(pack(store_, from, size, to).error().trap_code(), TrapCode::MemoryOutOfBounds)
        << from;
  }
}

}  // namespace
}  // namespace weft::testing
