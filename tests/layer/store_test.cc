#include <thread>

#include "tests/layer/layer_test.h"

namespace weft::layer {
namespace {

class StoreLayer : public LayerTest {};
WEFT_ON_EVERY_BACKEND(StoreLayer);

using Call = std::int32_t(std::int32_t);

TEST_P(StoreLayer, HandlesOfAnotherStoreAreRefused) {
  Store other = store_of(engine_);
  const Instance here = make("memory");
  const Instance there = make(other, "memory");
  const auto load = func<Call>(other, there, "load8");
  EXPECT_EQ(load(store_, 0).error().code(), Errc::wrong_store);
  EXPECT_EQ(there.exports(store_).error().code(), Errc::wrong_store);
  const Memory memory = or_throw(there.memory(other));
  EXPECT_EQ(memory.byte_size(store_).error().code(), Errc::wrong_store);
  const Extern host = or_throw(Func::wrap(other, [](std::int32_t x) { return x; }));
  EXPECT_EQ(Instance::create(store_, this->load("hosted"), {&host, 1}).error().code(),
            Errc::wrong_store);
  const Table table = or_throw(make("tables").table(store_, "table"));
  EXPECT_EQ(table.set(store_, 0, *host.get_if<Func>()).error().code(), Errc::wrong_store);
  EXPECT_TRUE(func<Call>(here, "load8")(store_, 0));
}

TEST_P(StoreLayer, HandlesOfADeadStoreAreRefused) {
  std::optional<TypedFunc<Call>> stale;
  std::optional<Memory> memory;
  {
    Store brief = store_of(engine_);
    const Instance instance = make(brief, "memory");
    stale = func<Call>(brief, instance, "load8");
    memory = or_throw(instance.memory(brief));
  }
  EXPECT_EQ((*stale)(store_, 0).error().code(), Errc::wrong_store);
  EXPECT_EQ(memory->grow(store_, 1).error().code(), Errc::wrong_store);
  Store next = store_of(engine_);
  EXPECT_EQ((*stale)(next, 0).error().code(), Errc::wrong_store);
}

TEST_P(StoreLayer, AMovedStoreGoesOn) {
  const Instance instance = make("memory");
  const auto load = func<Call>(instance, "load8");
  const StoreRef ref = store_;
  Store moved = std::move(store_);
  EXPECT_EQ(load(moved, 0), 0);
  EXPECT_EQ(load(ref, 0), 0);
  EXPECT_EQ(load(store_, 0).error().code(), Errc::usage);  // NOLINT(bugprone-use-after-move)
  auto on_heap = std::make_unique<Store>(std::move(moved));
  EXPECT_EQ(load(*on_heap, 0), 0);
}

TEST_P(StoreLayer, AStoreMayBeMovedUnderItsGuest) {
  std::optional<Store> moved;
  const Instance instance = make("hosted", {wrap([&](std::int32_t x) {
                                   moved = std::move(store_);
                                   return x + 1;
                                 })});
  EXPECT_EQ(func<Call>(instance, "outer")(store_, 1), 2);
  EXPECT_EQ(func<std::int32_t()>(*moved, instance, "size")(*moved), 1);
}

TEST_P(StoreLayer, StoresMayCallEachOther) {
  Store other = store_of(engine_);
  const auto bounded = func<Call>(other, make(other, "traps"), "bounded");
  const auto fails = or_throw(make(other, "traps").func(other, "load"));
  const Instance instance = make("hosted", {wrap([&](std::int32_t x) -> Result<std::int32_t> {
                                   if (x == 0) {
                                     auto failed = fails.call(other);
                                     return std::unexpected<Error>(failed.error());
                                   }
                                   return bounded(other, x);
                                 })});
  const auto outer = func<Call>(instance, "outer");
  EXPECT_EQ(outer(store_, 77), 77);
  const Error error = outer(store_, 0).error();
  EXPECT_EQ(error.trap_code(), TrapCode::MemoryOutOfBounds);
  EXPECT_EQ(outer(store_, 78), 78);
}

TEST_P(StoreLayer, AStoreMayChangeThreads) {
  Store store = store_of(engine_);
  const Instance instance = make(store, "traps");
  for (int i = 0; i < 4; ++i) {
    std::jthread([&] {
      EXPECT_EQ(run(store, instance, "load").error().trap_code(), TrapCode::MemoryOutOfBounds);
      EXPECT_EQ(func<Call>(store, instance, "bounded")(store, 100), 100);
    }).join();
  }
}

TEST_P(StoreLayer, ManyStoresRunOnManyThreads) {
  const Module traps = load("traps");
  const Module hosted = load("hosted");
  const auto work = [&](int seed) {
    for (int round = 0; round < 10; ++round) {
      Store store = store_of(engine_);
      const Extern host = or_throw(Func::wrap(store, [seed](std::int32_t x) { return x + seed; }));
      const Instance a = or_throw(Instance::create(store, hosted, {&host, 1}));
      const Instance b = or_throw(Instance::create(store, traps));
      EXPECT_EQ(func<Call>(store, a, "outer")(store, round), round + seed);
      EXPECT_EQ(func<Call>(store, b, "bounded")(store, 500), 500);
      for (const auto* name : {"load", "divide", "deep"}) {
        EXPECT_EQ(run(store, b, name).error().code(), Errc::trap);
      }
    }
  };
  std::vector<std::jthread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) threads.emplace_back(work, i);
}

TEST_P(StoreLayer, ManyStoresCanBeAliveAtOnce) {
  const Module module = load("memory");
  std::vector<Store> stores;
  std::vector<Instance> instances;
  for (int i = 0; i < 500; ++i) {
    stores.push_back(store_of(engine_));
    instances.push_back(or_throw(Instance::create(stores.back(), module)));
  }
  for (int i = 0; i < 500; ++i) {
    ASSERT_EQ(func<Call>(stores[i], instances[i], "load8")(stores[i], 65535), 0);
  }
}

TEST_P(StoreLayer, NoStackIsTooSmallToSaySo) {
  for (const std::size_t bytes : {0, 1, 100, 4096, 10'000}) {
    for (const std::uint32_t calls : {0u, 1u, 100'000u}) {
      const Engine engine = engine_with([&](Config& config) {
        config.max_stack_bytes = bytes;
        if (engine_.supports(backend::Capability::CallDepth)) config.max_call_depth = calls;
      });
      const Result<Store> store = Store::make(engine);
      if (!store) {
        EXPECT_EQ(store.error().code(), Errc::limit);
        continue;
      }
      if (engine.config().fuel) or_throw(store->set_fuel(UINT64_MAX));
      const Instance instance = make(*store, "traps");
      const auto bounded = func<Call>(*store, instance, "bounded");
      EXPECT_EQ(bounded(*store, 10'000).error().trap_code(), TrapCode::CallStackExhausted);
    }
  }
}

TEST_P(StoreLayer, DiesInTheDocumentedOrder) {
  std::vector<std::string> log;
  struct Logged {
    std::vector<std::string>* log;
    std::string name;
    Logged(std::vector<std::string>* l, std::string n) : log(l), name(std::move(n)) {}
    Logged(Logged&& other) noexcept
        : log(std::exchange(other.log, nullptr)), name(std::move(other.name)) {}
    Logged(const Logged&) = delete;
    Logged& operator=(const Logged&) = delete;
    Logged& operator=(Logged&&) = delete;
    ~Logged() {
      if (log != nullptr) log->push_back(name);
    }
  };
  {
    Store store = store_of(engine_);
    store.emplace_data<Logged>(&log, "data");
    store.emplace_extension<Logged>(&log, "extension");
    const Func f = or_throw(
        Func::wrap(store, [capture = Logged(&log, "function")](std::int32_t x) { return x; }));
    (void)make(store, "hosted", {f});
    if (engine_.supports(backend::Capability::ExternRef)) {
      const Table table = or_throw(
          Table::create(store, {ValType::ExternRef, {1, {}}}, Ref::null(HeapKind::Extern)));
      or_throw(table.set(store, 0, ExternRef::make<Logged>(store, &log, "externref")));
    } else {
      log.push_back("externref");
    }
  }
  if (log.front() == "externref") std::swap(log[0], log[1]);
  EXPECT_EQ(log, (std::vector<std::string>{"function", "externref", "extension", "data"}));
}

}  // namespace
}  // namespace weft::layer
