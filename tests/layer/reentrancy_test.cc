// Guests and hosts inside one another: what a host function may do while its guest waits.
#include <functional>
#include <stdexcept>

#include "tests/layer/layer_test.h"

namespace weft::layer {
namespace {

using Step = std::int32_t(std::int32_t);
using Apply = std::int32_t(std::int32_t, std::int32_t);

class ReentrancyLayer : public LayerTest {
 protected:
  [[nodiscard]] Instance reentrant() const {
    return make("reentrant", {wrap([] {})});
  }
  [[nodiscard]] Table table_of(const Instance& instance) const {
    return or_throw(instance.table(store_, "table"));
  }
};
WEFT_ON_EVERY_BACKEND(ReentrancyLayer);

TEST_P(ReentrancyLayer, ThroughATableAndBack) {
  const Instance instance = reentrant();
  ASSERT_TRUE(run(store_, instance, "use_down"));
  const auto down = func<Step>(instance, "down");
  EXPECT_EQ(down(store_, 100), 100);
  // The same recursion with the host between each two guests.
  int calls = 0;
  ASSERT_TRUE(table_of(instance).set(store_, 0, wrap([&](Caller& caller, std::int32_t n) {
                                       ++calls;
                                       return down(caller, n);
                                     })));
  EXPECT_EQ(down(store_, 60), 60);
  EXPECT_EQ(calls, 60);
  EXPECT_EQ(down(store_, 1'000'000).error().trap_code(), TrapCode::CallStackExhausted);
  EXPECT_EQ(down(store_, 60), 60);
}

TEST_P(ReentrancyLayer, ATableMayChangeWhileItsElementRuns) {
  const Instance instance = reentrant();
  const Table table = table_of(instance);
  int others = 0;
  const Func other = wrap([&](std::int32_t x) { return ++others, x * 10; });
  ASSERT_TRUE(table.set(store_, 0, wrap([&](Caller& caller, std::int32_t x) {
                          // Replaces itself and what the guest calls next, and moves the elements.
                          or_throw(table.set(caller, 0, other));
                          or_throw(table.set(caller, 1, other));
                          EXPECT_EQ(or_throw(table.grow(caller, 10, other)), 2u);
                          return x;
                        })));
  const auto apply_two = func<Apply>(instance, "apply_two");
  EXPECT_EQ(apply_two(store_, 0, 3), 33);
  EXPECT_EQ(others, 1);
  EXPECT_EQ(apply_two(store_, 10, 3), 60);
  EXPECT_EQ(apply_two(store_, 11, 3).error().trap_code(), TrapCode::UndefinedElement);
}

TEST_P(ReentrancyLayer, FunctionsMadeMeanwhileMayBeCalledByTheGuestAtOnce) {
  const Instance instance = reentrant();
  const Table table = table_of(instance);
  ASSERT_TRUE(table.set(store_, 0, wrap([&](Caller& caller, std::int32_t x) {
                          const Func made = or_throw(
                              Func::wrap(caller, [x](std::int32_t y) { return x * 100 + y; }));
                          or_throw(table.set(caller, 1, made));
                          return 0;
                        })));
  const auto apply_two = func<Apply>(instance, "apply_two");
  for (std::int32_t i = 0; i < 1000; ++i) ASSERT_EQ(apply_two(store_, 0, i), i * 101);
}

TEST_P(ReentrancyLayer, InstancesMayBeMadeAndCalledMeanwhile) {
  const Instance instance = reentrant();
  int starts = 0;
  ASSERT_TRUE(
      table_of(instance).set(store_, 0, wrap([&](Caller& caller, std::int32_t x) {
                               const Func start = or_throw(Func::wrap(caller, [&] { ++starts; }));
                               const Instance inner = make(caller, "reentrant", {start});
                               or_throw(run(caller, inner, "use_down"));
                               return or_throw(func<Step>(caller, inner, "down")(caller, x));
                             })));
  const auto apply = func<Apply>(instance, "apply");
  for (std::int32_t i = 0; i < 50; ++i) ASSERT_EQ(apply(store_, 0, i), i);
  EXPECT_EQ(starts, 50);
}

TEST_P(ReentrancyLayer, AStartFunctionMayFailInsideAGuest) {
  const Instance instance = reentrant();
  const Module module = load("reentrant");
  const Extern failing = wrap([]() -> Result<void> { return fail(Errc::host, "not today"); });
  const Extern throwing = wrap([] { throw std::range_error("of start"); });
  ASSERT_TRUE(table_of(instance).set(
      store_, 0, wrap([&](Caller& caller, std::int32_t x) {
        EXPECT_EQ(Instance::create(caller, module, {&failing, 1}).error().message(), "not today");
        const auto thrown = Instance::create(caller, module, {&throwing, 1});
        EXPECT_THROW(throw_error(thrown.error()), std::range_error);
        return x;
      })));
  EXPECT_EQ((func<Apply>(instance, "apply")(store_, 0, 5)), 5);
}

// A guest in a host function in a guest, and so on: `depth` activations, the innermost calls `end`.
class NestedLayer : public LayerTest {
 protected:
  static constexpr std::int32_t kDepth = 20;

  struct Local {
    int* alive;
    explicit Local(int& count) : alive(&count) { ++count; }
    ~Local() { --*alive; }
    Local(const Local&) = delete;
    Local& operator=(const Local&) = delete;
  };

  Result<std::int32_t> nest(std::function<std::int32_t()> end) {
    end_ = std::move(end);
    const Instance instance =
        make("hosted", {wrap([this](Caller& caller, std::int32_t left) {
               const Local local(locals_);
               most_ = std::max(most_, locals_);
               return left == 0 ? end_() : or_throw((*outer_)(caller, left - 1));
             })});
    outer_ = func<Step>(instance, "outer");
    return (*outer_)(store_, kDepth);
  }

  std::function<std::int32_t()> end_;
  std::optional<TypedFunc<Step>> outer_;
  int locals_ = 0;
  int most_ = 0;
};
WEFT_ON_EVERY_BACKEND(NestedLayer);

TEST_P(NestedLayer, AnExceptionUnwindsAllGuestsAndHostsBetween) {
  const auto identity = std::make_shared<int>(1);
  struct Custom {
    std::shared_ptr<int> identity;
  };
  const Result<std::int32_t> result = nest([&]() -> std::int32_t { throw Custom{identity}; });
  EXPECT_EQ(result.error().code(), Errc::host);
  EXPECT_EQ(most_, kDepth + 1);
  EXPECT_EQ(locals_, 0) << "what the hosts between had on their stacks";
  try {
    throw_error(result.error());
    FAIL();
  } catch (const Custom& caught) {
    EXPECT_EQ(caught.identity, identity);
  }
  // The exception lives in the error only.
  end_ = nullptr;
  EXPECT_EQ(nest([] { return 3; }), 3);
}

TEST_P(NestedLayer, ATrapComesThroughAllOfThem) {
  const Instance traps = make("traps");
  const Result<std::int32_t> result = nest([&]() -> std::int32_t {
    or_throw(run(store_, traps, "divide"));
    return 0;
  });
  EXPECT_EQ(result.error().trap_code(), TrapCode::IntegerDivideByZero);
  EXPECT_EQ(locals_, 0);
}

TEST_P(NestedLayer, AHostBetweenMayCatch) {
  int caught = 0;
  const Instance instance = make("hosted", {wrap([&](Caller& caller, std::int32_t left) {
                                   if (left == 0) throw std::runtime_error("innermost");
                                   try {
                                     return or_throw((*outer_)(caller, left - 1)) + 1;
                                   } catch (const std::runtime_error&) {
                                     if (left % 2 == 1) throw;
                                     ++caught;
                                     return 1000;
                                   }
                                 })});
  outer_ = func<Step>(instance, "outer");
  EXPECT_EQ((*outer_)(store_, 10), 1008);
  EXPECT_EQ(caught, 1);
}

class GrowthLayer : public LayerTest {
 protected:
  Instance instance_ = make("reentrant", {wrap([] {})});
  Memory memory_ = or_throw(instance_.memory(store_));
  TypedFunc<Step> load8_ = func<Step>(instance_, "load8");
  TypedFunc<Step> grow_ = func<Step>(instance_, "grow");
  TypedFunc<void(std::int32_t, std::int32_t)> store8_ =
      func<void(std::int32_t, std::int32_t)>(instance_, "store8");
};
WEFT_ON_EVERY_BACKEND(GrowthLayer);

TEST_P(GrowthLayer, AMemoryWithoutPagesHasNoBytes) {
  EXPECT_EQ(load8_(store_, 0).error().trap_code(), TrapCode::MemoryOutOfBounds);
  EXPECT_EQ(load8_(store_, -1).error().trap_code(), TrapCode::MemoryOutOfBounds);
  EXPECT_EQ(store8_(store_, 0, 1).error().trap_code(), TrapCode::MemoryOutOfBounds);
  EXPECT_EQ(memory_.load<std::uint8_t>(store_, 0).error().code(), Errc::out_of_bounds);
  EXPECT_EQ(memory_.byte_size(store_), 0u);
  EXPECT_EQ(grow_(store_, 0), 0);
  std::uint8_t none = 0;
  EXPECT_TRUE(memory_.read(store_, 0, MutableBytes(&none, 0)));
}

TEST_P(GrowthLayer, EachPageKeepsItsContentsAndNewOnesAreZero) {
  for (std::int32_t page = 0; page < 3; ++page) {
    const std::int32_t begin = page * 65536;
    const std::int32_t last = begin + 65535;
    EXPECT_EQ(load8_(store_, begin).error().trap_code(), TrapCode::MemoryOutOfBounds);
    // By the guest and by the host in turns.
    if (page % 2 == 0) {
      EXPECT_EQ(grow_(store_, 1), page);
    } else {
      EXPECT_EQ(memory_.grow(store_, 1), static_cast<std::uint64_t>(page));
    }
    std::vector<std::uint8_t> all(65536, 1);
    ASSERT_TRUE(memory_.read(store_, begin, MutableBytes(all.data(), all.size())));
    EXPECT_EQ(all, std::vector<std::uint8_t>(65536));
    for (std::int32_t before = 0; before < page; ++before) {
      EXPECT_EQ(load8_(store_, before * 65536), before + 1);
      EXPECT_EQ(load8_(store_, before * 65536 + 65535), before + 101);
    }
    ASSERT_TRUE(store8_(store_, begin, page + 1));
    ASSERT_TRUE(store8_(store_, last, page + 101));
    EXPECT_EQ(load8_(store_, last + 1).error().trap_code(), TrapCode::MemoryOutOfBounds);
  }
  EXPECT_EQ(grow_(store_, 1), -1);
  EXPECT_EQ(memory_.grow(store_, 1).error().code(), Errc::limit);
  EXPECT_EQ(load8_(store_, 2 * 65536 + 65535), 103);
}

// Each waiting activation finds, when it goes on, what those inside it have grown and written.
TEST_P(GrowthLayer, GuestsThatWaitSeeWhatWasGrownMeanwhile) {
  const Table table = or_throw(instance_.table(store_, "table"));
  const auto apply = func<Apply>(instance_, "apply");
  ASSERT_TRUE(table.set(store_, 0, wrap([&](Caller& caller, std::int32_t left) {
                          if (left == 0) return 0;
                          const auto before =
                              static_cast<std::int32_t>(or_throw(memory_.byte_size(caller)));
                          EXPECT_EQ(or_throw(grow_(caller, 1)), before / 65536);
                          or_throw(store8_(caller, before, left));
                          const std::int32_t sum = or_throw(apply(caller, 0, left - 1));
                          EXPECT_EQ(or_throw(memory_.byte_size(caller)), 3u * 65536);
                          return sum + or_throw(load8_(caller, before));
                        })));
  EXPECT_EQ(apply(store_, 0, 3), 6);
  EXPECT_EQ(load8_(store_, 0), 3);
  EXPECT_EQ(load8_(store_, 2 * 65536), 1);
}

TEST_P(GrowthLayer, ViewsAreTakenAgainAfterTheHostGrewTheMemory) {
  WEFT_NEEDS(engine_, DirectMemory);
  const Instance instance =
      make("strings", {wrap([](Caller& caller, std::span<std::uint8_t> text) {
             EXPECT_EQ(text[0], 'h');
             text[0] = 'j';
             const Memory memory = or_throw(caller.memory());
             EXPECT_EQ(or_throw(memory.grow(caller, 1)), 1u);
             EXPECT_EQ(memory.load<std::uint8_t>(caller, 8), std::uint8_t{'j'});
             const auto again = or_throw(memory.span(caller, 8, 5));
             EXPECT_EQ(std::string(again.begin(), again.end()), "jello");
             return static_cast<std::int32_t>(again.size());
           })});
  EXPECT_EQ((func<std::int32_t(std::uint32_t, std::uint32_t)>(instance, "say")(store_, 8, 5)), 5);
}

}  // namespace
}  // namespace weft::layer
