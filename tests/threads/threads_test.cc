// Guests on several threads, each with a store of its own: one memory, one module. These are the
// tests that ThreadSanitizer watches.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <deque>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "interp/decode/module_decoder.h"
#include "interp/execute/invoke.h"
#include "interp/runtime/instantiate.h"
#include "interp/runtime/shared_memory.h"
#include "interp/runtime/store.h"
#include "interp/translate/code.h"
#include "interp/validate/module_validator.h"

namespace weft::interp::testing {
namespace {

using Memories = StoreConfig::Memories;

std::shared_ptr<const CompiledModule> load(const std::string& name) {
  std::ifstream in(WEFT_FIXTURES_DIR "/" + name + ".wasm", std::ios::binary);
  const auto bytes = std::make_shared<std::vector<uint8_t>>(std::istreambuf_iterator<char>(in),
                                                            std::istreambuf_iterator<char>());
  auto module = decode_module({{bytes->data(), bytes->size()}, bytes});
  EXPECT_TRUE(module) << module.error().message();
  auto types = std::make_shared<TypeRegistry>();
  const auto valid = validate_module(**module, *types, {});
  EXPECT_TRUE(valid) << valid.error().message();
  return std::make_shared<CompiledModule>(*std::move(module), std::move(types));
}

// A store with an instance of the module, for one thread.
class Guest {
 public:
  Guest(const std::shared_ptr<const CompiledModule>& module,
        const std::shared_ptr<SharedMemory>& memory, Memories memories = Memories::Auto)
      : x_store(*Store::make(module->types, {.memories = memories})) {
    std::vector<ExternVal> imports;
    if (memory != nullptr) imports.push_back({ExternKind::Memory, *x_store->adopt_memory(memory)});
    auto made = instantiate(*x_store, module, imports);
    EXPECT_TRUE(made) << made.error().message();
    x_instance = made->instance;
  }

  TrapCode call(const char* name, std::initializer_list<uint64_t> args,
                uint32_t* result = nullptr) {
    std::array<Value, 3> values{};
    std::ranges::transform(args, values.begin(), Value::of_i64);
    const std::optional<ExternVal> func = x_instance->find_export(name);
    const TrapCode trap = invoke(*x_store, *static_cast<FuncInst*>(func->object), values.data());
    if (result != nullptr) *result = values[0].i32;
    return trap;
  }
  // Of a call that must not trap.
  uint32_t get(const char* name, std::initializer_list<uint64_t> args) {
    uint32_t result = 0;
    EXPECT_EQ(call(name, args, &result), TrapCode::None) << name;
    return result;
  }
  InterruptHandle interrupt_handle() const { return x_store->interrupt_handle(); }

 private:
  std::unique_ptr<Store> x_store;
  Instance* x_instance;
};

// Runs f(0), f(1), ... on as many threads, which start together.
void on_threads(size_t count, const std::function<void(size_t)>& f) {
  std::barrier start(static_cast<std::ptrdiff_t>(count));
  std::vector<std::thread> threads;
  for (size_t i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      start.arrive_and_wait();
      f(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

class Threads : public ::testing::TestWithParam<Memories> {
 protected:
  Guest guest() const { return {module, memory, GetParam()}; }

  std::shared_ptr<const CompiledModule> module = load("threads");
  std::shared_ptr<SharedMemory> memory = *SharedMemory::make(
      {.limits = {1, 100}, .shared = true},
      GetParam() == Memories::Checked ? SharedMemory::Pages::Plain : SharedMemory::Pages::Guarded);
};
INSTANTIATE_TEST_SUITE_P(Modes, Threads, ::testing::Values(Memories::Auto, Memories::Checked),
                         [](const auto& info) {
                           return info.param == Memories::Checked ? "Checked" : "Auto";
                         });

TEST_P(Threads, AtomicCountersAddUp) {
  constexpr uint32_t kTimes = 100'000;
  on_threads(4, [&](size_t) { guest().get("count", {8, kTimes}); });
  EXPECT_EQ(guest().get("load", {8}), 4 * kTimes);
}

TEST_P(Threads, AMutexOfWaitAndNotifyExcludes) {
  constexpr uint32_t kTimes = 30'000;
  on_threads(4, [&](size_t) { guest().get("count_locked", {8, kTimes}); });
  EXPECT_EQ(guest().get("load", {8}), 4 * kTimes);
  EXPECT_EQ(guest().get("load", {0}), 0u);
}

TEST_P(Threads, NotifyCountsThoseThatItWakes) {
  constexpr uint32_t kWaiters = 3;
  std::atomic<uint32_t> woken = 0;
  on_threads(kWaiters + 1, [&](size_t i) {
    Guest mine = guest();
    if (i != 0) {
      EXPECT_EQ(mine.get("wait", {16, 0, UINT64_MAX}), 0u);
      return;
    }
    // They come one by one.
    while (woken < kWaiters) woken += mine.get("notify", {16, 1});
  });
  EXPECT_EQ(woken, kWaiters);
  EXPECT_EQ(guest().get("notify", {16, UINT32_MAX}), 0u);
}

TEST_P(Threads, AWaitTimesOutOrDoesNotBegin) {
  Guest mine = guest();
  EXPECT_EQ(mine.get("wait", {16, 0, 1'000'000}), 2u);
  EXPECT_EQ(mine.get("wait", {16, 1, UINT64_MAX}), 1u);
  EXPECT_EQ(mine.call("wait", {18, 0, 0}), TrapCode::UnalignedAtomic);
  EXPECT_EQ(mine.call("wait", {kPageBytes, 0, 0}), TrapCode::OutOfBoundsMemoryAccess);
}

TEST_P(Threads, AnInterruptStopsAWaiter) {
  Guest waiter = guest();
  std::thread other([handle = waiter.interrupt_handle()] {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    handle.interrupt();
  });
  EXPECT_EQ(waiter.call("wait", {16, 0, UINT64_MAX}), TrapCode::Interrupted);
  other.join();
  EXPECT_EQ(waiter.get("wait", {16, 0, 0}), 2u) << "it was used up";
}

// Each kind of access has a bounds check of its own, and must find the new end by itself.
TEST_P(Threads, GrowthIsSeenByEveryKindOfAccess) {
  Guest grower = guest();
  for (const char* const access : {"load", "load_at", "load_vector", "load_atomic", "store"}) {
    Guest mine = guest();
    const uint32_t pages = mine.get("size", {});
    const uint64_t end = uint64_t{pages} * kPageBytes;
    EXPECT_EQ(mine.call(access, {end, 0}), TrapCode::OutOfBoundsMemoryAccess) << access;
    EXPECT_EQ(grower.get("grow", {1}), pages);
    mine.get(access, {end, 0});
    EXPECT_EQ(mine.call(access, {end + kPageBytes, 0}), TrapCode::OutOfBoundsMemoryAccess)
        << access;
    EXPECT_EQ(mine.get("size", {}), pages + 1);
  }
  for (const char* const access : {"fill", "copy"}) {
    Guest mine = guest();
    const uint64_t end = uint64_t{mine.get("size", {})} * kPageBytes;
    EXPECT_EQ(mine.call(access, {end - 1, 0, 2}), TrapCode::OutOfBoundsMemoryAccess) << access;
    grower.get("grow", {1});
    mine.get(access, {end - 1, 0, 2});
  }
}

// One thread grows, the others go up to the end all the time.
TEST_P(Threads, MemoryGrowsUnderRunningGuests) {
  std::atomic<bool> done = false;
  on_threads(3, [&](size_t i) {
    Guest mine = guest();
    if (i == 0) {
      for (uint32_t pages = 1; pages < 100; ++pages) {
        EXPECT_EQ(mine.get("grow", {1}), pages);
        mine.get("store", {pages * kPageBytes, pages});
      }
      done = true;
      return;
    }
    while (!done) {
      const uint64_t end = memory->bytes();
      mine.get(i == 1 ? "load" : "load_atomic", {end - 4});
      mine.get("fill", {end - 100, 0, 50});
    }
  });
  for (uint32_t page = 1; page < 100; ++page)
    EXPECT_EQ(guest().get("load", {page * kPageBytes}), page);
}

// What guests do without synchronisation is theirs to sort out: the engine's own state is safe.
TEST_P(Threads, GuestsMayRace) {
  guest().get("grow", {99});
  on_threads(3, [&](size_t i) {
    Guest mine = guest();
    for (uint32_t n = 0; n < 200; ++n) {
      mine.get("store", {64 + 4 * i, n});
      mine.get("load", {64 + 4 * ((i + 1) % 3)});
      mine.get("fill", {64, n, 1 + n * 7});
      mine.get("copy", {100, 64 + n, 1 + n * 7});
    }
    mine.get("fill", {64, i, 3 << 20});
    mine.get("copy", {65, 64, 3 << 20});
  });
}

TEST(ThreadsAndModules, OneModuleIsTranslatedByManyThreadsAtOnce) {
  for (int round = 0; round < 20; ++round) {
    const auto module = load("calls");
    on_threads(4, [&](size_t) {
      Guest mine(module, nullptr);
      EXPECT_EQ(mine.get("run", {10}), 8512u);
    });
  }
}

TEST(ThreadsAndModules, TypesAreInternedAndReadByManyThreadsAtOnce) {
  TypeRegistry types;
  on_threads(4, [&](size_t thread) {
    for (size_t n = 0; n < 300; ++n) {
      // Every type comes from two threads.
      std::vector<ValType> params(1 + n % 100 + 100 * (thread % 2), ValType::I64);
      const TypeId id = types.intern(FuncType{params, {}});
      EXPECT_EQ(types.func_type(id).params, params);
      EXPECT_TRUE(types.is_subtype(id, id));
    }
  });
}

TEST(ThreadsAndModules, InterruptsAreTakenWhileOthersAreMade) {
  const auto module = load("calls");
  Guest mine(module, nullptr);
  std::atomic<bool> done = false;
  std::thread other([&, handle = mine.interrupt_handle()] {
    while (!done) handle.interrupt();
  });
  int stopped = 0;
  while (stopped < 50) stopped += mine.call("run", {12}) == TrapCode::Interrupted ? 1 : 0;
  done = true;
  other.join();
}

}  // namespace
}  // namespace weft::interp::testing
