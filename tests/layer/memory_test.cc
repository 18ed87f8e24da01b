#include "tests/layer/layer_test.h"

namespace weft::layer {
namespace {

class MemoryLayer : public LayerTest {
 protected:
  Instance instance_ = make("memory");
  Memory memory_ = or_throw(instance_.memory(store_));
  TypedFunc<std::int32_t(std::uint32_t)> load8_ =
      func<std::int32_t(std::uint32_t)>(instance_, "load8");
  TypedFunc<std::int64_t(std::uint32_t)> load64_ =
      func<std::int64_t(std::uint32_t)>(instance_, "load64");
  TypedFunc<std::int32_t(std::uint32_t)> grow_ =
      func<std::int32_t(std::uint32_t)>(instance_, "grow");
};
WEFT_ON_EVERY_BACKEND(MemoryLayer);

TEST_P(MemoryLayer, HostAndGuestSeeTheSameBytes) {
  ASSERT_TRUE(memory_.store<std::uint64_t>(store_, 65528, 0x1122'3344'5566'7788));
  EXPECT_EQ(load64_(store_, 65528), 0x1122'3344'5566'7788);
  EXPECT_EQ(load8_(store_, 65535), 0x11);
  ASSERT_TRUE((func<void(std::uint32_t, std::uint32_t)>(instance_, "store32")(store_, 5, 77)));
  EXPECT_EQ(memory_.load<std::uint32_t>(store_, 5), 77u);
}

TEST_P(MemoryLayer, TheEdgeIsExact) {
  EXPECT_EQ(load8_(store_, 65535), 0);
  EXPECT_EQ(load64_(store_, 65528), 0);
  for (const std::uint32_t address : {65529u, 65535u, 65536u, 0x7fff'ffffu, 0xffff'fff9u, ~0u}) {
    EXPECT_EQ(load64_(store_, address).error().trap_code(), TrapCode::MemoryOutOfBounds) << address;
  }
  const auto far = func<std::int32_t(std::uint32_t)>(instance_, "load_far");
  EXPECT_EQ(far(store_, 0).error().trap_code(), TrapCode::MemoryOutOfBounds);
  EXPECT_EQ(far(store_, ~0u).error().trap_code(), TrapCode::MemoryOutOfBounds);

  std::uint8_t byte = 1;
  EXPECT_TRUE(memory_.read(store_, 65536, MutableBytes(&byte, 0)));
  EXPECT_EQ(memory_.read(store_, 65536, MutableBytes(&byte, 1)).error().code(),
            Errc::out_of_bounds);
  EXPECT_EQ(memory_.read(store_, ~std::uint64_t{0}, MutableBytes(&byte, 1)).error().code(),
            Errc::out_of_bounds);
  EXPECT_EQ(memory_.write(store_, 65535, "ab").error().code(), Errc::out_of_bounds);
  EXPECT_EQ(load8_(store_, 65535), 0) << "nothing of a write that fails";
}

TEST_P(MemoryLayer, BulkOperationsAreAllOrNothing) {
  const auto fill = func<void(std::uint32_t, std::uint32_t, std::uint32_t)>(instance_, "fill");
  ASSERT_TRUE(fill(store_, 65530, 5, 6));
  EXPECT_EQ(load8_(store_, 65535), 5);
  EXPECT_EQ(fill(store_, 65530, 9, 7).error().trap_code(), TrapCode::MemoryOutOfBounds);
  EXPECT_EQ(load8_(store_, 65530), 5);
  EXPECT_TRUE(fill(store_, 65536, 9, 0));
  EXPECT_FALSE(fill(store_, 65537, 9, 0));
  const auto copy = func<void(std::uint32_t, std::uint32_t, std::uint32_t)>(instance_, "copy");
  EXPECT_EQ(copy(store_, 0, 65530, 7).error().trap_code(), TrapCode::MemoryOutOfBounds);
  ASSERT_TRUE(copy(store_, 0, 65530, 6));
  EXPECT_EQ(load8_(store_, 5), 5);
}

TEST_P(MemoryLayer, GrowsByPagesOfZerosUpToItsMaximum) {
  ASSERT_TRUE(memory_.store<std::uint8_t>(store_, 0, 7));
  EXPECT_EQ(grow_(store_, 1), 1);
  EXPECT_EQ(memory_.grow(store_, 2), 2u);
  EXPECT_EQ(func<std::int32_t()>(instance_, "size")(store_), 4);
  EXPECT_EQ(load8_(store_, 0), 7);
  EXPECT_EQ(load8_(store_, 4 * 65536 - 1), 0);
  EXPECT_EQ(load8_(store_, 4 * 65536).error().trap_code(), TrapCode::MemoryOutOfBounds);
  EXPECT_EQ(grow_(store_, 2), -1);
  EXPECT_EQ(grow_(store_, ~0u), -1);
  EXPECT_EQ(memory_.grow(store_, 2).error().code(), Errc::limit);
  EXPECT_EQ(memory_.grow(store_, ~std::uint64_t{0}).error().code(), Errc::limit);
  EXPECT_EQ(memory_.grow(store_, 0), 4u);
  EXPECT_EQ(memory_.grow(store_, 1), 4u);
  EXPECT_EQ(or_throw(memory_.type(store_)), (MemoryType{.limits = {5, 5}}));
  EXPECT_EQ(memory_.byte_size(store_), 5u * 65536);
}

TEST_P(MemoryLayer, SpansAreInPlace) {
  WEFT_NEEDS(engine_, DirectMemory);
  const std::span<std::uint8_t> all = or_throw(memory_.span(store_));
  ASSERT_EQ(all.size(), 65536u);
  all[100] = 42;
  EXPECT_EQ(load8_(store_, 100), 42);
  EXPECT_TRUE(memory_.span(store_, 65536, 0));
  EXPECT_EQ(memory_.span(store_, 65536, 1).error().code(), Errc::out_of_bounds);
}

TEST_P(MemoryLayer, PinnedBytesStayWhereTheyAre) {
  WEFT_NEEDS(engine_, DirectMemory);
  const std::span<std::uint8_t> before = or_throw(memory_.span(store_));
  before[100] = 42;
  ASSERT_TRUE(memory_.grow(store_, 4));
  const bool pinned = or_throw(memory_.is_pinned(store_));
  if (engine_.backend_name() == "interp") {
    EXPECT_EQ(pinned, engine_.config().memory_mode != MemoryMode::Explicit);
  }
  if (pinned) {
    EXPECT_EQ(or_throw(memory_.span(store_)).data(), before.data());
    EXPECT_EQ(before[100], 42);
  }
  if (engine_.supports(backend::Capability::Memory64)) {
    constexpr MemoryType kWide{.limits = {1, 100'000}, .index = IndexType::I64};
    EXPECT_EQ(or_throw(Memory::create(store_, kWide).value().is_pinned(store_)), false);
  }
}

TEST_P(MemoryLayer, TheHostMakesMemories) {
  const Memory empty = or_throw(Memory::create(store_, {}));
  EXPECT_EQ(empty.byte_size(store_), 0u);
  EXPECT_EQ(empty.load<std::uint8_t>(store_, 0).error().code(), Errc::out_of_bounds);
  EXPECT_EQ(empty.grow(store_, 1), 0u);
  EXPECT_EQ(empty.load<std::uint8_t>(store_, 65535), 0);
  EXPECT_EQ(or_throw(Memory::create(store_, {.limits = {1, 2}}).value().type(store_)),
            (MemoryType{.limits = {1, 2}}));
  if (!engine_.supports(backend::Capability::Memory64)) {
    EXPECT_EQ(Memory::create(store_, {.index = IndexType::I64}).error().code(), Errc::unsupported);
  } else {
    constexpr MemoryType kWide{.limits = {1, 100'000}, .index = IndexType::I64};
    const Memory wide = or_throw(Memory::create(store_, kWide));
    EXPECT_EQ(or_throw(wide.type(store_)), kWide);
    EXPECT_EQ(wide.grow(store_, 2), 1u);
    EXPECT_EQ(wide.byte_size(store_), 3 * kPageSize);
  }
  if (!engine_.supports(backend::Capability::SharedMemory)) {
    EXPECT_EQ(Memory::create(store_, {.limits = {1, 1}, .shared = true}).error().code(),
              Errc::unsupported);
  }
}

TEST_P(MemoryLayer, ManyMemoriesFitAStore) {
  std::vector<Instance> instances;
  for (int i = 0; i < 200; ++i) instances.push_back(make("memory"));
  for (std::int32_t i = 0; i < 200; ++i) {
    ASSERT_TRUE(or_throw(instances[i].memory(store_)).store<std::int32_t>(store_, 0, i % 100));
  }
  for (std::int32_t i = 0; i < 200; ++i) {
    ASSERT_EQ(func<std::int32_t(std::uint32_t)>(instances[i], "load8")(store_, 0), i % 100);
  }
}

}  // namespace
}  // namespace weft::layer
