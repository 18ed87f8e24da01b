#include "weft/store.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/api/fake_backend.h"
#include "weft/func.hpp"
#include "weft/global.hpp"
#include "weft/instance.hpp"
#include "weft/memory.hpp"
#include "weft/module.hpp"
#include "weft/table.hpp"

namespace weft {
namespace {

struct Logger {
  Logger(std::vector<std::string>& lines, std::string text) : log(&lines), name(std::move(text)) {}
  Logger(Logger&& other) noexcept
      : log(std::exchange(other.log, nullptr)), name(std::move(other.name)) {}
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;
  Logger& operator=(Logger&&) = delete;
  ~Logger() {
    if (log != nullptr) log->push_back(name);
  }
  std::vector<std::string>* log;
  std::string name;
};
struct First : Logger {
  using Logger::Logger;
};
struct Second : Logger {
  using Logger::Logger;
};

class StoreTest : public testing::Test {
 protected:
  std::shared_ptr<fake::FakeBackend> backend_ = std::make_shared<fake::FakeBackend>();
  Engine engine_{Config{}, backend_};
  Store store_{engine_};
};

TEST_F(StoreTest, IdsAreNeverReused) {
  std::uint64_t last = store_.id();
  for (int i = 0; i < 10; ++i) {
    const Store other(engine_);
    EXPECT_GT(other.id(), last);
    last = other.id();
  }
}

TEST_F(StoreTest, DataIsFoundByItsTypeOnly) {
  EXPECT_EQ(store_.data<int>(), nullptr);
  store_.emplace_data<int>(5) += 1;
  EXPECT_EQ(*store_.data<int>(), 6);
  EXPECT_EQ(store_.data<long>(), nullptr);
  store_.emplace_data<std::string>("x");
  EXPECT_EQ(store_.data<int>(), nullptr);
  EXPECT_EQ(*store_.data<std::string>(), "x");
}

TEST_F(StoreTest, ExtensionsAreOnePerType) {
  store_.emplace_extension<int>(1);
  store_.emplace_extension<long>(2);
  store_.emplace_extension<int>(3);
  EXPECT_EQ(*store_.extension<int>(), 3);
  EXPECT_EQ(*store_.extension<long>(), 2);
  EXPECT_EQ(store_.extension<short>(), nullptr);
  EXPECT_EQ(store_.data<int>(), nullptr);
}

TEST_F(StoreTest, DiesInTheDocumentedOrder) {
  std::vector<std::string> log;
  ExternRef object;
  {
    Store store(engine_);
    store.emplace_data<Logger>(log, "data");
    store.emplace_extension<First>(log, "first extension");
    store.emplace_extension<Second>(log, "second extension");
    object = ExternRef::make<Logger>(store, log, "externref");
    (void)or_throw(Func::wrap(store, [capture = Logger(log, "function")] { (void)capture; }));
  }
  EXPECT_EQ(log, (std::vector<std::string>{"function", "externref", "second extension",
                                           "first extension", "data"}));
}

TEST_F(StoreTest, AMovedFromStoreAnswersErrorsAndNulls) {
  store_.emplace_data<int>(5);
  const Func f = or_throw(Func::wrap(store_, [] {}));
  Store moved = std::move(store_);
  EXPECT_FALSE(store_);  // NOLINT(bugprone-use-after-move): that is the test
  EXPECT_EQ(store_.data<int>(), nullptr);
  EXPECT_EQ(store_.id(), 0u);
  EXPECT_EQ(store_.engine().error().code(), Errc::usage);
  EXPECT_EQ(store_.set_fuel(1).error().code(), Errc::usage);
  EXPECT_EQ(store_.set_limits({}).error().code(), Errc::usage);
  EXPECT_EQ(store_.gc().error().code(), Errc::usage);
  EXPECT_EQ(f.call(store_).error().code(), Errc::usage);
  EXPECT_EQ(Func::wrap(store_, [] {}).error().code(), Errc::usage);
  EXPECT_EQ(Memory::create(store_, {}).error().code(), Errc::usage);
  EXPECT_THROW(store_.emplace_data<int>(1), Exception);
  EXPECT_THROW((void)ExternRef::make<int>(store_, 1), Exception);
  store_.interrupt_handle().interrupt();
  EXPECT_EQ(*moved.data<int>(), 5);
  EXPECT_TRUE(f.call(moved));
}

TEST_F(StoreTest, AssigningOverAStoreDestroysIt) {
  std::vector<std::string> log;
  store_.emplace_data<Logger>(log, "old");
  store_ = Store(engine_);
  EXPECT_EQ(log, std::vector<std::string>{"old"});
  EXPECT_TRUE(Func::wrap(store_, [] {}));
}

TEST_F(StoreTest, EveryHandleKnowsItsStore) {
  Store other(engine_);
  const Memory memory = or_throw(Memory::create(other, {.limits = {1, {}}}));
  const Table table = or_throw(Table::create(other, {.limits = {1, {}}}, Ref()));
  const Global global = or_throw(Global::create(other, {ValType::I32, Mutability::Var}, 5));
  std::uint8_t byte = 0;
  EXPECT_EQ(memory.type(store_).error().code(), Errc::wrong_store);
  EXPECT_EQ(memory.byte_size(store_).error().code(), Errc::wrong_store);
  EXPECT_EQ(memory.grow(store_, 1).error().code(), Errc::wrong_store);
  EXPECT_EQ(memory.read(store_, 0, {&byte, 1}).error().code(), Errc::wrong_store);
  EXPECT_EQ(memory.span(store_).error().code(), Errc::wrong_store);
  EXPECT_EQ(table.get(store_, 0).error().code(), Errc::wrong_store);
  EXPECT_EQ(table.set(store_, 0, Ref()).error().code(), Errc::wrong_store);
  EXPECT_EQ(table.grow(store_, 1, Ref()).error().code(), Errc::wrong_store);
  EXPECT_EQ(global.get(store_).error().code(), Errc::wrong_store);
  EXPECT_EQ(global.set(store_, 1).error().code(), Errc::wrong_store);
  EXPECT_EQ(Extern(global).type(store_).error().code(), Errc::wrong_store);
  EXPECT_EQ(Memory().size(store_).error().code(), Errc::usage);
  EXPECT_EQ(Instance().exports(store_).error().code(), Errc::usage);
}

TEST_F(StoreTest, FuelNeedsTheEnginesConsent) {
  EXPECT_EQ(store_.set_fuel(5).error().code(), Errc::usage);
  const Engine fueled(Config{.fuel = true}, backend_);
  const Store store(fueled);
  ASSERT_TRUE(store.set_fuel(5));
  ASSERT_TRUE(store.add_fuel(3));
  EXPECT_EQ(store.fuel(), 8u);
  ASSERT_TRUE(store.add_fuel(std::numeric_limits<std::uint64_t>::max()));
  EXPECT_EQ(store.fuel(), std::numeric_limits<std::uint64_t>::max());
}

TEST_F(StoreTest, LimitsAndLimiterBoundWhatIsMade) {
  ASSERT_TRUE(store_.set_limits({.memory_bytes = 2 * kPageSize, .memories = 2}));
  const Memory memory = or_throw(Memory::create(store_, {.limits = {1, {}}}));
  EXPECT_EQ(memory.grow(store_, 2).error().code(), Errc::limit);
  EXPECT_EQ(memory.grow(store_, 1), 1u);
  EXPECT_EQ(Memory::create(store_, {.limits = {3, {}}}).error().code(), Errc::limit);

  std::vector<std::uint64_t> asked;
  ASSERT_TRUE(store_.set_limiter([&](const GrowthRequest& request) {
    asked.push_back(request.desired);
    if (request.desired == 0) throw std::runtime_error("counts as no");
    return request.desired <= kPageSize;
  }));
  EXPECT_TRUE(Memory::create(store_, {.limits = {1, {}}}));
  EXPECT_EQ(asked, std::vector<std::uint64_t>{kPageSize});
  ASSERT_TRUE(store_.set_limits({}));
  EXPECT_EQ(Memory::create(store_, {.limits = {2, {}}}).error().code(), Errc::limit);
  EXPECT_EQ(Memory::create(store_, {}).error().code(), Errc::limit);
  ASSERT_TRUE(store_.set_limiter({}));
  EXPECT_TRUE(Memory::create(store_, {}));
}

TEST_F(StoreTest, WhatTheBackendLacksIsUnsupported) {
  const auto remote = std::make_shared<fake::FakeBackend>(fake::kRemote);
  EXPECT_EQ(Engine::make(Config{.fuel = true}, remote).error().code(), Errc::unsupported);
  EXPECT_EQ(Engine::make(Config{.profile = true}, remote).error().code(), Errc::unsupported);
  Store store(Engine(Config{}, remote));
  EXPECT_EQ(store.set_limiter([](const GrowthRequest&) { return true; }).error().code(),
            Errc::unsupported);
  EXPECT_EQ(Engine::make({}, nullptr).error().code(), Errc::usage);
  EXPECT_THROW(Engine({}, nullptr), Exception);
}

TEST_F(StoreTest, AnInterruptStopsARunningGuest) {
  fake::ModuleSpec spec;
  spec.exports = {{"loop", FuncType()}};
  spec.bodies["loop"] = [](fake::FakeStore& store, backend::Index, RawVal*) -> Result<void> {
    while (true) {
      if (auto going = store.poll(); !going) return going;
    }
  };
  backend_->add("loop", std::move(spec));
  const Instance instance =
      or_throw(Instance::create(store_, or_throw(Module::from_bytes(engine_, "loop"))));
  auto loop = or_throw(instance.func<void()>(store_, "loop"));
  const std::jthread watchdog([handle = store_.interrupt_handle()] { handle.interrupt(); });
  EXPECT_EQ(loop(store_).error().code(), Errc::interrupted);
  EXPECT_FALSE(store_.interrupt_pending());
}

TEST_F(StoreTest, AnEarlyInterruptStopsTheNextCallAndOnlyThat) {
  const Func f = or_throw(Func::wrap(store_, [] {}));
  store_.interrupt_handle().interrupt();
  EXPECT_TRUE(store_.interrupt_pending());
  EXPECT_EQ(f.call(store_).error().code(), Errc::interrupted);
  EXPECT_TRUE(f.call(store_));
  store_.interrupt_handle().interrupt();
  store_.clear_interrupt();
  EXPECT_TRUE(f.call(store_));
}

TEST_F(StoreTest, BlockingHostFunctionsCanTakeTheInterrupt) {
  const Func f = or_throw(Func::wrap(store_, [](Caller& caller) -> Result<void> {
    caller.interrupt_handle().interrupt();
    return caller.check_interrupt();
  }));
  EXPECT_EQ(f.call(store_).error().code(), Errc::interrupted);
  EXPECT_FALSE(store_.interrupt_pending());
}

TEST_F(StoreTest, InterruptHandlesSurviveTheirStoreAndCanBeSwitchedOff) {
  InterruptHandle handle;
  handle.interrupt();
  {
    const Store brief(engine_);
    handle = brief.interrupt_handle();
  }
  handle.interrupt();
  const Engine deaf(Config{.interruption = false}, backend_);
  Store store(deaf);
  store.interrupt_handle().interrupt();
  EXPECT_TRUE(or_throw(Func::wrap(store, [] {})).call(store));
}

}  // namespace
}  // namespace weft
