#include "weft/marshal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>

#include "tests/api/fake_backend.h"
#include "weft/func.hpp"
#include "weft/instance.hpp"
#include "weft/module.hpp"
#include "weft/store.hpp"

struct Point {
  float x, y;
};

template <>
struct weft::Marshal<Point> {
  static constexpr std::array kTypes{weft::ValType::F32, weft::ValType::F32};
  static Point lift(weft::MarshalContext& /*context*/, const weft::RawVal* slots) {
    return {std::bit_cast<float>(slots[0].f32_bits), std::bit_cast<float>(slots[1].f32_bits)};
  }
  static void lower(weft::MarshalContext& /*context*/, Point p, weft::RawVal* slots) {
    slots[0].f32_bits = std::bit_cast<std::uint32_t>(p.x);
    slots[1].f32_bits = std::bit_cast<std::uint32_t>(p.y);
  }
};

// A type with rules of its own: its lifting and lowering can fail.
struct Percent {
  int value;
};

template <>
struct weft::Marshal<Percent> {
  static constexpr std::array kTypes{weft::ValType::I32};
  static weft::Result<Percent> lift(weft::MarshalContext& /*context*/, const weft::RawVal* slots) {
    if (slots->i32 < 0 || slots->i32 > 100) return weft::fail(weft::Errc::host, "not a percentage");
    return Percent{slots->i32};
  }
  static weft::Result<void> lower(weft::MarshalContext& /*context*/, Percent p,
                                  weft::RawVal* slots) {
    if (p.value > 100) return weft::fail(weft::Errc::usage, "not a percentage");
    slots->i32 = p.value;
    return {};
  }
};

namespace weft {
namespace {

enum class Color : std::uint8_t { Red, Green };
enum class Wide : std::int64_t { Far = -1 };

class MarshalTest : public testing::Test {
 protected:
  // Passes a value through a host function that returns it.
  template <class T>
  T round_trip(T value) {
    const Func f = or_throw(Func::wrap(store_, [](T v) { return v; }));
    return or_throw(or_throw(f.typed<T(T)>(store_))(store_, value));
  }
  template <class T>
  FuncType type_of() {
    return TypedFunc<void(T)>::type();
  }

  // Calls `callable` from a guest with one page of memory, with (address, length) as arguments.
  template <class F>
  Result<void> call_with_range(F callable, std::uint32_t address, std::uint32_t length,
                               std::string_view contents = {}) {
    const FuncType pair({ValType::I32, ValType::I32}, {});
    fake::ModuleSpec spec;
    spec.imports = {{"env", "f", pair}};
    spec.exports = {{"memory", MemoryType{.limits = {1, {}}}}, {"run", FuncType()}};
    spec.bodies["run"] = [=, this](fake::FakeStore& store, backend::Index instance, RawVal*) {
      std::copy(contents.begin(), contents.end(), store.memory_of(instance).begin() + address);
      RawVal slots[2];
      slots[0].u32 = address;
      slots[1].u32 = length;
      Result<void> done = store.call_import(instance, 0, slots);
      memory_ = store.memory_of(instance);
      return done;
    };
    backend_->add("range", std::move(spec));
    const Extern imports[] = {or_throw(Func::wrap(store_, callable))};
    const Module module = or_throw(Module::from_bytes(engine_, "range"));
    const Instance instance = or_throw(Instance::create(store_, module, imports));
    return or_throw(instance.func<void()>(store_, "run"))(store_);
  }

  explicit MarshalTest(backend::Capabilities capabilities = fake::kAll)
      : backend_(std::make_shared<fake::FakeBackend>(capabilities)) {}

  std::shared_ptr<fake::FakeBackend> backend_;
  Engine engine_{Config{}, backend_};
  Store store_{engine_};
  std::vector<std::uint8_t> memory_{};
};

class RemoteMarshalTest : public MarshalTest {
 protected:
  RemoteMarshalTest() : MarshalTest(fake::kRemote) {}
};

TEST_F(MarshalTest, NumbersKeepTheirValues) {
  EXPECT_EQ(round_trip<std::int32_t>(-5), -5);
  EXPECT_EQ(round_trip<std::uint32_t>(0xffff'ffff), 0xffff'ffff);
  EXPECT_EQ(round_trip<std::int64_t>(std::numeric_limits<std::int64_t>::min()),
            std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(round_trip<long long>(-7), -7);
  EXPECT_EQ(round_trip<std::int8_t>(-1), -1);
  EXPECT_EQ(round_trip<std::uint16_t>(0xffff), 0xffff);
  EXPECT_EQ(round_trip<char>('x'), 'x');
  EXPECT_EQ(round_trip<float>(-0.5f), -0.5f);
  EXPECT_EQ(round_trip<double>(1e300), 1e300);
  EXPECT_EQ(round_trip<bool>(true), true);
  EXPECT_EQ(round_trip<Color>(Color::Green), Color::Green);
  EXPECT_EQ(round_trip<Wide>(Wide::Far), Wide::Far);
  const V128 v = V128::from_lanes(std::array<double, 2>{1.5, -2.5});
  EXPECT_EQ(round_trip<V128>(v), v);
}

TEST_F(MarshalTest, TypesFollowFromSizes) {
  EXPECT_EQ(type_of<std::int8_t>(), FuncType({ValType::I32}, {}));
  EXPECT_EQ(type_of<std::size_t>(), FuncType({ValType::I64}, {}));
  EXPECT_EQ(type_of<bool>(), FuncType({ValType::I32}, {}));
  EXPECT_EQ(type_of<Color>(), FuncType({ValType::I32}, {}));
  EXPECT_EQ(type_of<Wide>(), FuncType({ValType::I64}, {}));
  EXPECT_EQ(type_of<std::string_view>(), FuncType({ValType::I32, ValType::I32}, {}));
  EXPECT_EQ(type_of<Point>(), FuncType({ValType::F32, ValType::F32}, {}));
  EXPECT_EQ(type_of<ExternRef>(), FuncType({ValType::ExternRef}, {}));
  EXPECT_EQ(type_of<std::optional<Func>>(), FuncType({ValType::FuncRef}, {}));
}

TEST_F(MarshalTest, NarrowIntegersAreSignExtendedAndCutOff) {
  const Func narrow = or_throw(Func::wrap(store_, [](std::int8_t v) { return v; }));
  EXPECT_EQ(or_throw(narrow.call(store_, {0x1ff})).at(0), Val(-1));
  const Func truth = or_throw(Func::wrap(store_, [](bool v) { return v; }));
  EXPECT_EQ(or_throw(truth.call(store_, {0x100})).at(0), Val(1));
}

TEST_F(MarshalTest, UserTypesCross) {
  const Func f = or_throw(Func::wrap(store_, [](const Point& p, int k) {
    return Point{p.x * static_cast<float>(k), p.y * static_cast<float>(k)};
  }));
  const Point p = or_throw(or_throw(f.typed<Point(Point, int)>(store_))(store_, Point{1, 2}, 3));
  EXPECT_EQ(p.x, 3);
  EXPECT_EQ(p.y, 6);
}

TEST_F(MarshalTest, FailingConversionsStopTheCall) {
  int calls = 0;
  const Func f = or_throw(Func::wrap(store_, [&](Percent p) {
    ++calls;
    return Percent{p.value * 2};
  }));
  auto typed = or_throw(f.typed<Percent(int)>(store_));
  EXPECT_EQ(typed(store_, 30)->value, 60);
  EXPECT_EQ(typed(store_, 101).error().message(), "not a percentage");
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(typed(store_, 90).error().code(), Errc::usage);  // 180 on the way out
  EXPECT_EQ(calls, 2);
}

TEST_F(MarshalTest, TextIsReadInPlace) {
  std::string seen;
  ASSERT_TRUE(call_with_range([&](std::string_view text) { seen = text; }, 100, 5, "hello"));
  EXPECT_EQ(seen, "hello");
  ASSERT_TRUE(call_with_range([&](const std::string& text) { seen = text; }, 7, 2, "ab"));
  EXPECT_EQ(seen, "ab");
}

TEST_F(MarshalTest, RangesOutsideTrapBeforeTheCall) {
  int calls = 0;
  const auto count = [&](std::string_view) { ++calls; };
  const std::pair<std::uint32_t, std::uint32_t> bad[] = {
      {65536, 1}, {65535, 2}, {0, 65537}, {0xffff'ffff, 1}, {1, 0xffff'ffff}, {65537, 0}};
  for (const auto& [address, length] : bad) {
    const Result<void> result = call_with_range(count, address, length);
    ASSERT_FALSE(result) << address << " " << length;
    EXPECT_EQ(result.error().trap_code(), TrapCode::MemoryOutOfBounds);
  }
  EXPECT_EQ(calls, 0);
  EXPECT_TRUE(call_with_range(count, 65536, 0));
  EXPECT_TRUE(call_with_range(count, 65535, 1));
  EXPECT_EQ(calls, 2);
}

TEST_F(MarshalTest, SpansCountElementsAndCanBeWritten) {
  const Result<void> result = call_with_range(
      [](std::span<std::uint32_t> words) {
        ASSERT_EQ(words.size(), 3u);
        words[2] = 0x0403'0201;
      },
      8, 3);
  ASSERT_TRUE(result);
  EXPECT_EQ(memory_[16], 1);
  EXPECT_EQ(memory_[19], 4);
  // The byte count overflows 32 bits, and is checked in 64.
  const auto ignore = [](std::span<const std::uint64_t>) {};
  EXPECT_EQ(call_with_range(ignore, 0, 0x2000'0001).error().trap_code(),
            TrapCode::MemoryOutOfBounds);
}

TEST_F(MarshalTest, MisalignedSpansAreErrors) {
  const auto ignore = [](std::span<const std::uint32_t>) {};
  const Result<void> result = call_with_range(ignore, 2, 1);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Errc::host);
  EXPECT_THAT(result.error().message(), testing::HasSubstr("not aligned to 4 bytes"));
  EXPECT_TRUE(call_with_range(ignore, 2, 0));
}

TEST_F(MarshalTest, PointersMeanNothingWithoutACallingInstance) {
  const Func f = or_throw(Func::wrap(store_, [](std::string_view) {}));
  EXPECT_EQ(f.call(store_, {0, 0}).error().code(), Errc::usage);
}

TEST_F(RemoteMarshalTest, TextIsCopiedWhereMemoryIsRemote) {
  std::string seen;
  ASSERT_TRUE(call_with_range([&](std::string_view text) { seen = text; }, 100, 5, "hello"));
  EXPECT_EQ(seen, "hello");
  EXPECT_EQ(call_with_range([](std::string_view) {}, 65535, 2).error().trap_code(),
            TrapCode::MemoryOutOfBounds);
}

TEST_F(RemoteMarshalTest, WritableSpansAreUnsupportedWhereMemoryIsRemote) {
  EXPECT_EQ(call_with_range([](std::span<std::uint8_t>) {}, 0, 1).error().code(),
            Errc::unsupported);
}

}  // namespace
}  // namespace weft
