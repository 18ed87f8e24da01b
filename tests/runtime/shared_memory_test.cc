#include "interp/runtime/shared_memory.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "tests/runtime/fixtures.h"

namespace weft::interp::testing {
namespace {

using Memories = StoreConfig::Memories;
using Waited = SharedMemory::Waited;
using Pages = SharedMemory::Pages;
constexpr int64_t kForEver = -1;

MemoryType shared_type(uint64_t min, uint64_t max) {
  return {.limits = {min, max}, .shared = true};
}

std::shared_ptr<SharedMemory> shared(uint64_t min, uint64_t max, Pages pages = Pages::Guarded) {
  auto made = SharedMemory::make(shared_type(min, max), pages);
  EXPECT_TRUE(made) << made.error().message();
  return *made;
}

// A guest that waits, on a thread of its own.
class WaitingGuest {
 public:
  WaitingGuest(SharedMemory& memory, uint64_t address, int64_t timeout_ns = kForEver)
      : x_thread([this, &memory, address, timeout_ns] {
          x_answer = memory.wait(x_store->state(), address, uint32_t{0}, timeout_ns);
        }) {}
  // When the guest has gone to sleep, as far as can be told from outside.
  static void settle() { std::this_thread::sleep_for(std::chrono::milliseconds(20)); }
  void interrupt() { x_store->interrupt_handle().interrupt(); }
  Waited answer() {
    x_thread.join();
    return x_answer;
  }

 private:
  std::unique_ptr<Store> x_store = make_store();
  Waited x_answer = Waited::NotEqual;
  std::thread x_thread;
};

// As the guest's notify, until somebody was there to be woken.
void notify_one(SharedMemory& memory, uint64_t address) {
  while (memory.notify(address, 1) == 0) std::this_thread::yield();
}

TEST(SharedMemory, HasItsBaseForGoodAndPagesOfZeroes) {
  for (const Pages pages : {Pages::Guarded, Pages::Plain}) {
    const auto memory = shared(1, 300, pages);
    const uint8_t* const base = memory->base();
    for (uint64_t page = 1; page < 300; ++page) {
      ASSERT_EQ(memory->grow(page * kPageBytes, (page + 1) * kPageBytes),
                SharedMemory::Grown::Done);
      ASSERT_EQ(memory->base()[page * kPageBytes], 0);
      memory->base()[(page + 1) * kPageBytes - 1] = 7;
    }
    EXPECT_EQ(memory->base(), base);
    EXPECT_EQ(memory->bytes(), 300 * kPageBytes);
  }
}

TEST(SharedMemory, NeedsAMaximumWithinTheImplementations) {
  EXPECT_EQ(SharedMemory::make({.limits = {1, {}}, .shared = true}, Pages::Plain).error().kind(),
            ErrorKind::Limit);
  MemoryType large = shared_type(1, uint64_t{1} << 48);
  large.index = IndexType::I64;
  const auto capped = SharedMemory::make(large, Pages::Guarded);
  ASSERT_TRUE(capped);
  EXPECT_FALSE((*capped)->guarded());
  large.limits.min = uint64_t{1} << 48;
  EXPECT_EQ(SharedMemory::make(large, Pages::Plain).error().kind(), ErrorKind::Limit);
}

TEST(SharedMemory, MayHavePagesSmallerThanTheSystems) {
  MemoryType type = shared_type(3, 200'000);
  type.page_bytes_log2 = 0;
  auto store = make_store();
  MemoryInst& memory = **store->new_memory(type);
  memory.base[2] = 5;
  EXPECT_EQ(memory.grow(7), 3);
  EXPECT_EQ(memory.grow(150'000), 10);
  EXPECT_EQ(memory.bytes, 150'010u);
  memory.base[150'009] = 6;
  EXPECT_EQ(memory.base[2], 5);
  EXPECT_EQ(memory.grow(50'000), -1);
}

TEST(SharedMemory, IsOneObjectOfAStoreHoweverOftenAdopted) {
  const auto memory = shared(1, 2);
  auto a = make_store();
  auto b = make_store();
  MemoryInst* const in_a = *a->adopt_memory(memory);
  EXPECT_EQ(*a->adopt_memory(memory), in_a);
  EXPECT_NE(*b->adopt_memory(memory), in_a);
  EXPECT_EQ((*b->adopt_memory(memory))->base, in_a->base);
  EXPECT_TRUE(in_a->type.shared);
  a->set_limiter({.max_memories = 1});
  EXPECT_TRUE(a->adopt_memory(memory));
  EXPECT_EQ(a->adopt_memory(shared(1, 2)).error().kind(), ErrorKind::Limit);
}

TEST(SharedMemory, OutlivesTheStoreThatMadeIt) {
  auto first = make_store();
  MemoryInst& made = **first->new_memory(shared_type(1, 2));
  made.base[9] = 3;
  const std::shared_ptr<SharedMemory> memory = made.shared;
  ASSERT_NE(memory, nullptr);
  first.reset();
  auto second = make_store();
  EXPECT_EQ((*second->adopt_memory(memory))->base[9], 3);
}

TEST(SharedMemory, EveryStoreAccessesItInItsOwnMode) {
  const auto memory = shared(1, 2);
  ASSERT_EQ(memory->guarded(), kHasGuardMode);
  auto checked = make_store({.memories = Memories::Checked});
  EXPECT_EQ((*checked->adopt_memory(memory))->mode, MemoryMode::Checked);
  auto automatic = make_store();
  EXPECT_EQ((*automatic->adopt_memory(memory))->mode,
            kHasGuardMode ? MemoryMode::Guard : MemoryMode::Checked);
  if (!kHasGuardMode) return;
  const auto plain = shared(1, 2, Pages::Plain);
  EXPECT_EQ((*automatic->adopt_memory(plain))->mode, MemoryMode::Checked);
  auto guarded = make_store({.memories = Memories::Guard});
  EXPECT_EQ(guarded->adopt_memory(plain).error().kind(), ErrorKind::Exhausted);
}

TEST(SharedMemory, GrowthOfOneStoreIsSeenByTheOthers) {
  const auto memory = shared(1, 10);
  auto a = make_store();
  auto b = make_store();
  MemoryInst& in_a = **a->adopt_memory(memory);
  MemoryInst& in_b = **b->adopt_memory(memory);
  EXPECT_EQ(in_a.grow(2), 1);
  EXPECT_EQ(in_b.pages(), 3u);
  EXPECT_TRUE(in_b.in_bounds(2 * kPageBytes, kPageBytes));
  EXPECT_EQ(in_b.bytes, kPageBytes) << "its own until it looks";
  EXPECT_TRUE(in_b.refresh());
  EXPECT_FALSE(in_b.refresh());
  EXPECT_EQ(in_b.bytes, 3 * kPageBytes);
  EXPECT_EQ(in_b.grow(7), 3);
  EXPECT_EQ(in_a.grow(1), -1);
  EXPECT_EQ(in_a.grow(0), 10);
}

TEST(SharedMemory, GrowthByManyThreadsAddsUp) {
  constexpr int kThreads = 4;
  constexpr uint64_t kPages = 200;
  const auto memory = shared(0, kThreads * kPages - 50);
  std::vector<std::thread> threads;
  std::array<uint64_t, kThreads> grown{};
  for (uint64_t& count : grown) {
    threads.emplace_back([&memory, &count] {
      auto store = make_store();
      MemoryInst& mine = **store->adopt_memory(memory);
      for (uint64_t i = 0; i < kPages; ++i) {
        const int64_t before = mine.grow(1);
        if (before < 0) continue;
        // The page is this thread's alone.
        uint8_t& byte = mine.base[static_cast<uint64_t>(before) * kPageBytes];
        EXPECT_EQ(byte, 0);
        byte = 1;
        ++count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(grown[0] + grown[1] + grown[2] + grown[3], kThreads * kPages - 50);
  EXPECT_EQ(memory->bytes(), (kThreads * kPages - 50) * kPageBytes);
}

TEST(SharedMemory, TheLimiterOfTheStoreThatGrowsIsAskedForWhatThenHappens) {
  const auto memory = shared(1, 10);
  auto other = make_store();
  MemoryInst& in_other = **other->adopt_memory(memory);
  auto store = make_store();
  MemoryInst& mine = **store->adopt_memory(memory);
  std::vector<uint64_t> asked;
  store->set_limiter({.memory = [&](uint64_t current, uint64_t wanted, std::optional<uint64_t>) {
    asked.push_back(current / kPageBytes);
    // As if another thread were faster, once.
    if (asked.size() == 1) {
      EXPECT_EQ(in_other.grow(3), 1);
    }
    return wanted <= 6 * kPageBytes;
  }});
  EXPECT_EQ(mine.grow(2), 4);
  EXPECT_EQ(asked, (std::vector<uint64_t>{1, 4}));
  EXPECT_EQ(mine.grow(1), -1);
  EXPECT_EQ(in_other.grow(1), 6) << "has no limiter";
}

TEST(SharedMemory, AWaitForAnotherValueDoesNotWait) {
  const auto memory = shared(1, 1);
  auto store = make_store();
  memory->base()[8] = 1;
  EXPECT_EQ(memory->wait(store->state(), 8, uint32_t{0}, kForEver), Waited::NotEqual);
  EXPECT_EQ(memory->wait(store->state(), 8, uint64_t{2}, kForEver), Waited::NotEqual);
}

TEST(SharedMemory, AWaitEndsWithItsTimeout) {
  using std::chrono::milliseconds;
  const auto memory = shared(1, 1);
  auto store = make_store();
  EXPECT_EQ(memory->wait(store->state(), 8, uint32_t{0}, 0), Waited::TimedOut);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(memory->wait(store->state(), 8, uint64_t{0}, 30'000'000), Waited::TimedOut);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(30));
  EXPECT_EQ(memory->notify(8, UINT32_MAX), 0u) << "nobody is left in the queue";
}

TEST(SharedMemory, AnEndlessTimeoutIsNotOver) {
  const auto memory = shared(1, 1);
  for (const int64_t timeout : {INT64_MIN, kForEver, INT64_MAX, INT64_MAX / 2}) {
    WaitingGuest guest(*memory, 0, timeout);
    notify_one(*memory, 0);
    EXPECT_EQ(guest.answer(), Waited::Woken);
  }
}

TEST(SharedMemory, NotifyWakesThoseAtTheAddressOnly) {
  const auto memory = shared(1, 1);
  WaitingGuest at_0(*memory, 0);
  WaitingGuest at_4(*memory, 4);
  WaitingGuest::settle();
  EXPECT_EQ(memory->notify(8, UINT32_MAX), 0u);
  notify_one(*memory, 4);
  EXPECT_EQ(at_4.answer(), Waited::Woken);
  EXPECT_EQ(memory->notify(4, UINT32_MAX), 0u);
  notify_one(*memory, 0);
  EXPECT_EQ(at_0.answer(), Waited::Woken);
}

TEST(SharedMemory, NotifyWakesNoMoreThanItSays) {
  const auto memory = shared(1, 1);
  constexpr size_t kGuests = 5;
  std::deque<WaitingGuest> guests;
  for (size_t i = 0; i < kGuests; ++i) guests.emplace_back(*memory, 16);
  WaitingGuest::settle();
  EXPECT_EQ(memory->notify(16, 0), 0u);
  uint32_t woken = 0;
  while (woken < 2) woken += memory->notify(16, 2 - woken);
  EXPECT_EQ(woken, 2u);
  while (woken < kGuests) {
    const uint32_t more = memory->notify(16, UINT32_MAX);
    woken += more;
    if (more == 0) std::this_thread::yield();
  }
  EXPECT_EQ(woken, kGuests);
  for (WaitingGuest& guest : guests) EXPECT_EQ(guest.answer(), Waited::Woken);
}

TEST(SharedMemory, AnInterruptEndsAWait) {
  const auto memory = shared(1, 1);
  for (int round = 0; round < 50; ++round) {
    WaitingGuest guest(*memory, 0, round % 2 != 0 ? kForEver : 3'600'000'000'000);
    if (round % 5 == 0) WaitingGuest::settle();
    guest.interrupt();
    EXPECT_EQ(guest.answer(), Waited::Interrupted);
  }
  EXPECT_EQ(memory->notify(0, UINT32_MAX), 0u);
}

TEST(SharedMemory, AnInterruptEndsTheWaitOfItsStoreOnly) {
  const auto memory = shared(1, 1);
  WaitingGuest a(*memory, 0);
  WaitingGuest b(*memory, 0);
  WaitingGuest::settle();
  a.interrupt();
  EXPECT_EQ(a.answer(), Waited::Interrupted);
  notify_one(*memory, 0);
  EXPECT_EQ(b.answer(), Waited::Woken);
}

// Two threads take turns, each waiting for the other's number.
TEST(SharedMemory, NoNotificationIsLost) {
  const auto memory = shared(1, 1);
  constexpr uint32_t kTurns = 4000;
  uint32_t* const word = reinterpret_cast<uint32_t*>(memory->base());
  const auto play = [&](uint32_t parity) {
    auto store = make_store();
    for (uint32_t turn = parity; turn < kTurns; turn += 2) {
      while (true) {
        const uint32_t now = __atomic_load_n(word, __ATOMIC_SEQ_CST);
        if (now == turn) break;
        EXPECT_NE(memory->wait(store->state(), 0, now, 60'000'000'000), Waited::TimedOut);
      }
      __atomic_store_n(word, turn + 1, __ATOMIC_SEQ_CST);
      memory->notify(0, 1);
    }
  };
  std::thread odd(play, 1);
  play(0);
  odd.join();
  EXPECT_EQ(*word, kTurns);
}

}  // namespace
}  // namespace weft::interp::testing
