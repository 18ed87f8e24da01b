// What lives how long: instances by the hundred thousand, captures and finalisers counted, handles
// that outlive their store, stores on many threads.
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <thread>

#include "tests/layer/layer_test.h"

namespace weft::layer {
namespace {

using Step = std::int32_t(std::int32_t);

// Sanitizers keep freed memory for a while; they look for leaks in their own way.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMeasuresMemory = false;
#elif defined(__has_feature)
constexpr bool kMeasuresMemory =
    !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer);
#else
constexpr bool kMeasuresMemory = true;
#endif

class LifetimeLayer : public LayerTest {
 protected:
  static constexpr int kMany = 100'000;

  // Resident memory in bytes.
  static std::int64_t resident() {
    std::int64_t total = 0;
    std::int64_t pages = 0;
    std::ifstream("/proc/self/statm") >> total >> pages;
    return pages * sysconf(_SC_PAGESIZE);
  }
};
WEFT_ON_EVERY_BACKEND(LifetimeLayer);

// Notes that it goes.
struct Mark {
  std::vector<std::string>* log;
  std::string name;
  Mark(std::vector<std::string>& to, std::string n) : log(&to), name(std::move(n)) {}
  Mark(Mark&& other) noexcept
      : log(std::exchange(other.log, nullptr)), name(std::move(other.name)) {}
  Mark(const Mark&) = delete;
  Mark& operator=(const Mark&) = delete;
  Mark& operator=(Mark&&) = delete;
  ~Mark() {
    if (log != nullptr) log->push_back(name);
  }
};

TEST_P(LifetimeLayer, StoresWithInstancesLeaveNothingBehind) {
  const Module hosted = load("hosted");
  const bool has_externs = engine_.supports(backend::Capability::ExternRef);
  const Module externs = load(has_externs ? "externs" : "empty");
  int captures = 0;
  int objects = 0;
  const auto round = [&](int i) {
    Store store = store_of(engine_);
    const Extern host = or_throw(Func::wrap(
        store, [capture = Counted(captures, i)](std::int32_t x) { return x + capture.value; }));
    const Instance instance = or_throw(Instance::create(store, hosted, {&host, 1}));
    (void)or_throw(Memory::create(store, {.limits = {1, 2}}));
    const Table table = or_throw(Table::create(store, {.limits = {4, {}}}, Ref()));
    (void)or_throw(Global::create(store, {ValType::I64, Mutability::Var}, std::int64_t{i}));
    or_throw(table.set(store, 0, *host.get_if<Func>()));
    if (i % 100 == 0) {
      ASSERT_EQ(func<Step>(store, instance, "outer")(store, 1), i + 1);
    }
    if (!has_externs) return;
    const Table held =
        or_throw(Table::create(store, {ValType::ExternRef, {2, {}}}, Ref::null(HeapKind::Extern)));
    or_throw(held.set(store, 0, ExternRef::make<Counted>(store, objects)));
    ASSERT_EQ(objects, 1);
    ASSERT_EQ(captures, 1);
  };
  for (int i = 0; i < kMany / 100; ++i) round(i);
  const std::int64_t before = resident();
  for (int i = 0; i < kMany / 10; ++i) round(i);
  EXPECT_EQ(captures, 0);
  EXPECT_EQ(objects, 0);
  if (kMeasuresMemory) {
    EXPECT_LT(resident() - before, 4 << 20);
  }
}

TEST_P(LifetimeLayer, AHundredThousandInstancesComeAndGo) {
  const Module module = load("globals");
  int captures = 0;
  const auto round = [&](int count) {
    Store store = store_of(engine_);
    [[maybe_unused]] const Func kept =
        or_throw(Func::wrap(store, [capture = Counted(captures)](std::int32_t x) { return x; }));
    const Extern imports[] = {or_throw(Global::create(store, {ValType::I32, Mutability::Var}, 0)),
                              or_throw(Global::create(store, {ValType::I64}, std::int64_t{1}))};
    Instance last;
    for (int i = 0; i < count; ++i) last = or_throw(Instance::create(store, module, imports));
    EXPECT_EQ(func<std::int32_t()>(store, last, "bump")(store), 1);
    EXPECT_EQ(captures, 1);
  };
  // All in ten stores. The first shows how much a store of them may leave in the allocator's hands.
  round(kMany / 10);
  malloc_trim(0);
  const std::int64_t before = resident();
  for (int i = 0; i < 9; ++i) round(kMany / 10);
  EXPECT_EQ(captures, 0);
  malloc_trim(0);
  if (kMeasuresMemory) {
    EXPECT_LT(resident() - before, 4 << 20);
  }
}

TEST_P(LifetimeLayer, TheCapturesMadeLastGoFirst) {
  std::vector<std::string> log;
  {
    Store store = store_of(engine_);
    for (int i = 0; i < 5; ++i) {
      (void)or_throw(
          Func::wrap(store, [mark = Mark(log, std::to_string(i))](std::int32_t x) { return x; }));
    }
    EXPECT_TRUE(log.empty());
  }
  EXPECT_EQ(log, (std::vector<std::string>{"4", "3", "2", "1", "0"}));
}

TEST_P(LifetimeLayer, AFinaliserRunsOnceHoweverOftenItsObjectCrossed) {
  WEFT_NEEDS(engine_, ExternRef);
  int alive = 0;
  {
    Store store = store_of(engine_);
    const Func maker = or_throw(Func::wrap(store, [](std::int32_t) { return ExternRef(); }));
    const Func looker = or_throw(Func::wrap(store, [&](const ExternRef& object) {
      EXPECT_EQ(alive, 1);
      return object.is_null() ? 0 : 1;
    }));
    const Instance instance = make(store, "externs", {maker, looker});
    const auto same = func<ExternRef(ExternRef)>(store, instance, "same");
    const auto keep = func<void(std::int32_t, ExternRef)>(store, instance, "keep");
    const auto look = func<std::int32_t(std::int32_t)>(store, instance, "look");
    ExternRef object = ExternRef::make<Counted>(store, alive);
    for (int i = 0; i < 1000; ++i) {
      object = or_throw(same(store, object));
      or_throw(keep(store, i % 4, object));
      if (i % 100 == 0) or_throw(store.gc());
      ASSERT_EQ(look(store, i % 4), 1);
    }
    // Copies on other threads come and go.
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([copy = object] {
        std::vector<ExternRef> copies;
        for (int n = 0; n < 10; ++n) copies.assign(100, copy);
      });
    }
    threads.clear();
    object = ExternRef();
    EXPECT_EQ(alive, 1) << "the guest's tables hold it";
  }
  EXPECT_EQ(alive, 0);
}

TEST_P(LifetimeLayer, HandlesOfAllKindsOutliveTheirStore) {
  Func func;
  Memory memory;
  Table table;
  Global global;
  Instance instance;
  ExternRef object;
  {
    Store store = store_of(engine_);
    func = or_throw(Func::wrap(store, [](std::int32_t x) { return x; }));
    memory = or_throw(Memory::create(store, {.limits = {1, 1}}));
    table = or_throw(Table::create(store, {.limits = {1, 1}}, Ref()));
    global = or_throw(Global::create(store, {ValType::I32, Mutability::Var}, 1));
    instance = make(store, "hosted", {func});
    if (engine_.supports(backend::Capability::ExternRef)) object = ExternRef::make<int>(store, 1);
  }
  // Another store in its place, with as much in it.
  Store next = store_of(engine_);
  const Func other = or_throw(Func::wrap(next, [](std::int32_t x) { return x; }));
  (void)make(next, "hosted", {other});
  const auto stale = [](const auto& result) { return result.error().code() == Errc::wrong_store; };
  EXPECT_TRUE(stale(func.call(next, {1})));
  EXPECT_TRUE(stale(func.type(next)));
  EXPECT_TRUE(stale(func.typed<Step>(next)));
  EXPECT_TRUE(stale(memory.byte_size(next)));
  EXPECT_TRUE(stale(memory.load<std::uint8_t>(next, 0)));
  EXPECT_TRUE(stale(memory.span(next)));
  EXPECT_TRUE(stale(table.get(next, 0)));
  EXPECT_TRUE(stale(table.size(next)));
  EXPECT_TRUE(stale(table.grow(next, 1, Ref())));
  EXPECT_TRUE(stale(global.get(next)));
  EXPECT_TRUE(stale(global.set(next, 1)));
  EXPECT_TRUE(stale(instance.exports(next)));
  EXPECT_TRUE(stale(instance.func(next, "outer")));
  const Extern import = func;
  EXPECT_TRUE(stale(Instance::create(next, load("hosted"), {&import, 1})));
  EXPECT_TRUE(stale(or_throw(Table::create(next, {.limits = {1, 1}}, Ref())).set(next, 0, func)));
  if (!object.is_null()) {
    EXPECT_TRUE(stale(object.get<int>(next)));
  }
}

TEST_P(LifetimeLayer, ARunningStoreMayChangePlacesWithAnother) {
  std::vector<Store> stores;
  stores.reserve(3);
  for (int i = 0; i < 3; ++i) stores.push_back(store_of(engine_));
  const Func host = or_throw(Func::wrap(stores[0], [&](Caller& caller, std::int32_t x) {
    std::swap(stores[0], stores[2]);
    stores.reserve(100);  // and moves them all
    const auto made = or_throw(Func::wrap(caller, [](std::int32_t y) { return y * 2; }));
    return or_throw(or_throw(made.typed<Step>(caller))(caller, x));
  }));
  const Instance instance = make(stores[0], "hosted", {host});
  EXPECT_EQ(func<Step>(stores[0], instance, "outer")(stores[0], 21), 42);
  EXPECT_EQ(func<Step>(stores[2], instance, "outer")(stores[2], 4), 8);
  EXPECT_FALSE(instance.func(stores[1], "outer"));
}

TEST_P(LifetimeLayer, ThreadsMakeModulesAndStoresOfOneEngine) {
  Linker linker(engine_);
  std::atomic<int> calls = 0;
  or_throw(linker.func("host", "call", [&](std::int32_t x) {
    calls.fetch_add(1, std::memory_order_relaxed);
    return x + 1;
  }));
  const Module shared = load("hosted");
  std::vector<std::jthread> threads;
  std::atomic<int> failures = 0;
  constexpr int kThreads = 6;
  constexpr int kRounds = 30;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kRounds; ++i) {
        const Module own = load("hosted");
        Store store = store_of(engine_);
        const Instance a = or_throw(linker.instantiate(store, shared));
        const Instance b = or_throw(linker.instantiate(store, own));
        const bool ok = func<Step>(store, a, "outer")(store, t) == t + 1 &&
                        func<Step>(store, b, "outer")(store, i) == i + 1;
        if (!ok) failures.fetch_add(1);
      }
    });
  }
  threads.clear();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(calls, 2 * kThreads * kRounds);
}

}  // namespace
}  // namespace weft::layer
