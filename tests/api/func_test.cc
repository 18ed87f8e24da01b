#include "weft/func.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "tests/api/fake_backend.h"
#include "weft/caller.hpp"
#include "weft/engine.hpp"
#include "weft/instance.hpp"
#include "weft/module.hpp"
#include "weft/store.hpp"

namespace weft {
namespace {

using fake::Body;
using fake::DropCounter;
using fake::FakeStore;
using testing::HasSubstr;

// A guest with one import of type () -> (), called by its export "run".
fake::ModuleSpec forwarder() {
  fake::ModuleSpec spec;
  spec.imports = {{"env", "f", FuncType()}};
  spec.exports = {{"run", FuncType()}};
  spec.bodies["run"] = [](FakeStore& store, backend::Index instance, RawVal* slots) {
    return store.call_import(instance, 0, slots);
  };
  return spec;
}

class FuncTest : public testing::Test {
 protected:
  FuncTest() { backend_->add("forwarder", forwarder()); }

  // The export "run" of a guest that calls `func`.
  TypedFunc<void()> through_guest(Func func) {
    const Module module = or_throw(Module::from_bytes(engine_, "forwarder"));
    const Extern imports[] = {func};
    const Instance instance = or_throw(Instance::create(store_, module, imports));
    return or_throw(instance.func<void()>(store_, "run"));
  }

  std::shared_ptr<fake::FakeBackend> backend_ = std::make_shared<fake::FakeBackend>();
  Engine engine_{Config{}, backend_};
  Store store_{engine_};
};

int add(int a, int b) { return a + b; }
int subtract(int a, int b) noexcept { return a - b; }

TEST_F(FuncTest, FunctionsAndPointersToThemCanBeWrapped) {
  auto f = or_throw(or_throw(Func::wrap(store_, add)).typed<int(int, int)>(store_));
  EXPECT_EQ(f(store_, 5, 3), 8);
  auto g = or_throw(or_throw(Func::wrap(store_, &subtract)).typed<int(int, int)>(store_));
  EXPECT_EQ(g(store_, 5, 8), -3);
}

TEST_F(FuncTest, MutableMoveOnlyNoexceptObjectsAreStoredOnceAndCalledInPlace) {
  auto counter = [step = std::make_unique<int>(2), total = 0]() mutable noexcept {
    return total += *step;
  };
  auto f = or_throw(or_throw(Func::wrap(store_, std::move(counter))).typed<int()>(store_));
  EXPECT_EQ(f(store_), 2);
  EXPECT_EQ(f(store_), 4);
}

TEST_F(FuncTest, StandardFunctionWrappersCanBeWrapped) {
  auto f =
      or_throw(Func::wrap(store_, std::function<double(float)>([](float x) { return x * 2; })));
  EXPECT_EQ(or_throw(f.typed<double(float)>(store_))(store_, 1.5f), 3.0);
  auto g = or_throw(Func::wrap(
      store_, std::move_only_function<std::int64_t(std::int64_t)>([](auto x) { return -x; })));
  EXPECT_EQ(or_throw(g.typed<std::int64_t(std::int64_t)>(store_))(store_, 7), -7);
}

TEST_F(FuncTest, NothingIsCopiedPerCall) {
  struct Callable {
    int* copies;
    Callable(int* c) : copies(c) {}
    Callable(const Callable& other) : copies(other.copies) { ++*copies; }
    Callable(Callable&& other) noexcept : copies(other.copies) {}
    void operator()() const {}
  };
  int copies = 0;
  auto f = or_throw(or_throw(Func::wrap(store_, Callable(&copies))).typed<void()>(store_));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(f(store_));
  EXPECT_EQ(copies, 0);
}

TEST_F(FuncTest, SeveralResultsAreATuple) {
  auto f = or_throw(Func::wrap(store_, [](int a) { return std::tuple(a + 1, a * 0.5, true); }));
  EXPECT_EQ(or_throw(f.type(store_)),
            FuncType({ValType::I32}, {ValType::I32, ValType::F64, ValType::I32}));
  auto typed = or_throw(f.typed<std::tuple<int, double, bool>(int)>(store_));
  EXPECT_EQ(or_throw(typed(store_, 3)), std::tuple(4, 1.5, true));
}

TEST_F(FuncTest, ResultsMayBeWrappedInResult) {
  auto f = or_throw(Func::wrap(store_, [](int a) -> Result<std::tuple<int, int>> {
    if (a < 0) return fail(Errc::host, "negative");
    return std::tuple(a, a);
  }));
  auto typed = or_throw(f.typed<std::tuple<int, int>(int)>(store_));
  EXPECT_EQ(or_throw(typed(store_, 3)), std::tuple(3, 3));
  const auto failed = typed(store_, -1);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), Errc::host);
  EXPECT_EQ(failed.error().message(), "negative");
}

TEST_F(FuncTest, TypedChecksTheSignatureOnceAndNamesBoth) {
  const Func f = or_throw(Func::wrap(store_, add));
  const auto wrong = f.typed<std::int64_t(int, int)>(store_);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code(), Errc::type_mismatch);
  EXPECT_THAT(wrong.error().message(), HasSubstr("(i32, i32) -> i32"));
  EXPECT_THAT(wrong.error().message(), HasSubstr("(i32, i32) -> i64"));
  EXPECT_FALSE(f.typed<int(int)>(store_));
}

TEST_F(FuncTest, DynamicCallsAreChecked) {
  const Func f = or_throw(Func::wrap(store_, add));
  EXPECT_EQ(or_throw(f.call(store_, {5, 3})).at(0), Val(8));
  for (const auto& bad : {f.call(store_, {5}), f.call(store_, {5, 3.0}), f.call(store_)}) {
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().code(), Errc::type_mismatch);
  }
  EXPECT_EQ(f.call(store_, {5, 3.0}).error().message(), "argument 2: expected i32, got f64");
  const Val args[] = {1, 2};
  Val results[2];
  EXPECT_EQ(f.call_into(store_, args, results).error().code(), Errc::type_mismatch);
  EXPECT_TRUE(f.call_into(store_, args, std::span(results, 1)));
  EXPECT_EQ(results[0], Val(3));
}

TEST_F(FuncTest, DynamicHostFunctionsMayHaveHundredsOfParameters) {
  const FuncType type(std::vector(200, ValType::I32), std::vector(200, ValType::I64));
  const Func f = or_throw(Func::create(
      store_, type, [](Caller&, std::span<const Val> args, std::span<Val> results) -> Result<void> {
        for (std::size_t i = 0; i < args.size(); ++i) results[i] = std::int64_t{args[i].i32()} * 2;
        return {};
      }));
  std::vector<Val> args;
  for (int i = 0; i < 200; ++i) args.emplace_back(i);
  const std::vector<Val> results = or_throw(f.call(store_, args));
  ASSERT_EQ(results.size(), 200u);
  EXPECT_EQ(results[199], Val(std::int64_t{398}));
}

TEST_F(FuncTest, DynamicHostFunctionsMustKeepTheirResultTypes) {
  const Func f = or_throw(
      Func::create(store_, FuncType({}, {ValType::I32}),
                   [](Caller&, std::span<const Val>, std::span<Val> results) -> Result<void> {
                     EXPECT_EQ(results[0], Val(0));
                     results[0] = 1.0;
                     return {};
                   }));
  const auto result = f.call(store_);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Errc::type_mismatch);
  EXPECT_EQ(result.error().message(), "result 1: expected i32, got f64");
}

TEST_F(FuncTest, ExceptionsComeOutOfTheGuestAsThemselves) {
  struct Custom : std::runtime_error {
    using std::runtime_error::runtime_error;
  };
  auto run = through_guest(or_throw(Func::wrap(store_, [] { throw Custom("from the host"); })));
  const Result<void> result = run(store_);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Errc::host);
  EXPECT_EQ(result.error().message(), "from the host");
  ASSERT_EQ(result.error().frames().size(), 1u);
  EXPECT_EQ(result.error().frames()[0].func_name, "run");
  EXPECT_THROW(or_throw(run(store_)), Custom);
  EXPECT_THROW(or_throw(through_guest(or_throw(Func::wrap(store_, [] { throw 42; })))(store_)),
               int);
}

TEST_F(FuncTest, ErrorsThrownInHostFunctionsStayThoseErrors) {
  auto run = through_guest(or_throw(Func::wrap(store_, [](Caller& caller) {
    or_throw(Result<void>(fail(Error::exit(static_cast<std::int32_t>(caller.id() * 0 + 9)))));
  })));
  const Result<void> result = run(store_);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().exit_status(), 9);
}

TEST_F(FuncTest, CapturesAreDroppedWithTheStoreExactlyOnce) {
  int drops = 0;
  {
    Store store(engine_);
    for (int i = 0; i < 10; ++i) {
      (void)or_throw(Func::wrap(store, [counter = DropCounter(drops)] { (void)counter; }));
    }
    EXPECT_EQ(drops, 0);
  }
  EXPECT_EQ(drops, 10);
}

TEST_F(FuncTest, CapturesAreDroppedWhenTheFunctionCannotBeMade) {
  int drops = 0;
  EXPECT_FALSE(Func::wrap(StoreRef(), [counter = DropCounter(drops)] { (void)counter; }));
  EXPECT_EQ(drops, 1);
}

TEST_F(FuncTest, HostFunctionsMayCallBackAndMakeFunctions) {
  Func inner = or_throw(Func::wrap(store_, [](Caller& caller, int depth) -> Result<int> {
    auto f = Func::wrap(caller, [depth] { return depth; });
    if (!f) return fail(f.error());
    auto typed = f->typed<int()>(caller);
    if (!typed) return fail(typed.error());
    return (*typed)(caller);
  }));
  auto f = or_throw(inner.typed<int(int)>(store_));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(f(store_, i), i);
}

TEST_F(FuncTest, EndlessRecursionThroughTheHostIsExhaustion) {
  Func self;
  self = or_throw(Func::wrap(store_, [&self](Caller& caller) -> Result<void> {
    auto typed = self.typed<void()>(caller);
    return (*typed)(caller);
  }));
  const Result<void> result = or_throw(self.typed<void()>(store_))(store_);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().trap_code(), TrapCode::CallStackExhausted);
  // And the store is as good as before.
  EXPECT_EQ(or_throw(or_throw(Func::wrap(store_, add)).call(store_, {1, 2})).at(0), Val(3));
}

TEST_F(FuncTest, FuncsOfOtherStoresAreRefusedEverywhere) {
  Store other(engine_);
  const Func theirs = or_throw(Func::wrap(other, add));
  EXPECT_EQ(theirs.type(store_).error().code(), Errc::wrong_store);
  EXPECT_EQ(theirs.call(store_, {1, 2}).error().code(), Errc::wrong_store);
  EXPECT_EQ(theirs.typed<int(int, int)>(store_).error().code(), Errc::wrong_store);
  auto typed = or_throw(theirs.typed<int(int, int)>(other));
  EXPECT_EQ(typed(store_, 1, 2).error().code(), Errc::wrong_store);
  const Func taker = or_throw(Func::wrap(store_, [](std::optional<Func>) {}));
  EXPECT_EQ(taker.call(store_, {theirs}).error().code(), Errc::wrong_store);
  EXPECT_EQ(or_throw(taker.typed<void(Func)>(store_))(store_, theirs).error().code(),
            Errc::wrong_store);
  const Func returner = or_throw(Func::wrap(store_, [theirs] { return theirs; }));
  EXPECT_EQ(returner.call(store_).error().code(), Errc::wrong_store);
}

TEST_F(FuncTest, HandlesOfDeadStoresAndEmptyHandlesAreErrors) {
  Func stale;
  EXPECT_EQ(stale.call(store_).error().code(), Errc::usage);
  EXPECT_EQ(TypedFunc<void()>()(store_).error().code(), Errc::usage);
  {
    Store brief(engine_);
    stale = or_throw(Func::wrap(brief, add));
  }
  Store later(engine_);
  EXPECT_EQ(stale.call(later, {1, 2}).error().code(), Errc::wrong_store);
}

TEST_F(FuncTest, FunctionsPassAsReferences) {
  const Func apply = or_throw(
      Func::wrap(store_, [](Caller& caller, std::optional<Func> f, int a, int b) -> Result<int> {
        if (!f) return -1;
        auto typed = f->typed<int(int, int)>(caller);
        if (!typed) return fail(typed.error());
        return (*typed)(caller, a, b);
      }));
  auto typed = or_throw(apply.typed<int(std::optional<Func>, int, int)>(store_));
  EXPECT_EQ(typed(store_, or_throw(Func::wrap(store_, add)), 5, 3), 8);
  EXPECT_EQ(typed(store_, std::nullopt, 5, 3), -1);
  const Func strict = or_throw(Func::wrap(store_, [](Func) {}));
  EXPECT_EQ(strict.call(store_, {Ref()}).error().trap_code(), TrapCode::NullFunctionReference);
}

TEST_F(FuncTest, AReturnedFunctionIsTheSameFunction) {
  const Func f = or_throw(Func::wrap(store_, add));
  const Func identity = or_throw(Func::wrap(store_, [](std::optional<Func> g) { return g; }));
  const std::vector<Val> results = or_throw(identity.call(store_, {f}));
  EXPECT_EQ(results.at(0).ref().func(), f);
}

TEST_F(FuncTest, AStoreDestroyedInACallDiesWhenTheCallReturns) {
  int drops = 0;
  auto store = std::make_unique<Store>(engine_);
  const Func f = or_throw(Func::wrap(*store, [&, counter = DropCounter(drops)](Caller& caller) {
    store.reset();
    EXPECT_EQ(drops, 0);
    EXPECT_TRUE(Func::wrap(caller, [] {}));  // the store works on until the call returns
  }));
  auto typed = or_throw(f.typed<void()>(*store));
  const Result<void> result = typed(StoreRef(*store));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Errc::usage);
  EXPECT_EQ(drops, 1);
}

TEST_F(FuncTest, AStoreMovedInACallGoesOn) {
  std::optional<Store> target;
  const Func f = or_throw(Func::wrap(store_, [&] {
    target.emplace(std::move(store_));
    return 5;
  }));
  EXPECT_EQ(or_throw(f.typed<int()>(store_))(store_), 5);
  EXPECT_EQ(f.call(store_).error().code(), Errc::usage);
  EXPECT_TRUE(f.type(*target));
}

TEST_F(FuncTest, CallerKnowsTheCallingInstance) {
  backend_->add("memory", [] {
    fake::ModuleSpec spec = forwarder();
    spec.exports.push_back({"memory", MemoryType{.limits = {1, {}}}});
    return spec;
  }());
  std::optional<Instance> seen;
  bool found_run = false;
  const Extern imports[] = {or_throw(Func::wrap(store_, [&](Caller& caller) {
    seen = or_throw(caller.instance());
    const Memory memory = or_throw(caller.memory());
    or_throw(memory.store<std::uint32_t>(caller, 8, 77));
    const std::span<std::uint8_t> bytes = or_throw(caller.memory_span());
    EXPECT_EQ(bytes.size(), 65536u);
    EXPECT_EQ(bytes[8], 77);
    found_run = caller.get_export("run").has_value();
    EXPECT_FALSE(caller.get_export("nothing"));
  }))};
  const Module module = or_throw(Module::from_bytes(engine_, "memory"));
  const Instance instance = or_throw(Instance::create(store_, module, imports));
  or_throw(or_throw(instance.func<void()>(store_, "run"))(store_));
  EXPECT_EQ(seen, instance);
  EXPECT_TRUE(found_run);
  EXPECT_EQ(or_throw(instance.memory(store_)).load<std::uint32_t>(store_, 8), 77u);
  EXPECT_TRUE(*or_throw(instance.module(store_)).name() == "memory");
}

TEST_F(FuncTest, CallersMemoryIsInPlaceOnlyIfTheBackendGivesIt) {
  const auto remote = std::make_shared<fake::FakeBackend>(fake::kRemote);
  fake::ModuleSpec spec = forwarder();
  spec.exports.push_back({"memory", MemoryType{.limits = {1, {}}}});
  remote->add("memory", spec);
  Engine engine({}, remote);
  Store store(engine);
  std::optional<Errc> refusal;
  const Extern imports[] = {or_throw(
      Func::wrap(store, [&](Caller& caller) { refusal = caller.memory_span().error().code(); }))};
  const Module module = or_throw(Module::from_bytes(engine, "memory"));
  const Instance instance = or_throw(Instance::create(store, module, imports));
  or_throw(or_throw(instance.func<void()>(store, "run"))(store));
  EXPECT_EQ(refusal, Errc::unsupported);
}

TEST_F(FuncTest, CallerHasNoInstanceWhenTheHostCalls) {
  const Func f = or_throw(Func::wrap(store_, [](Caller& caller) {
    EXPECT_EQ(caller.instance().error().code(), Errc::not_found);
    EXPECT_EQ(caller.memory().error().code(), Errc::not_found);
    EXPECT_EQ(caller.memory_span().error().code(), Errc::not_found);
    EXPECT_FALSE(caller.get_export("run"));
  }));
  EXPECT_TRUE(f.call(store_));
}

}  // namespace
}  // namespace weft
