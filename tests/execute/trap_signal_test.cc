#include "interp/execute/trap_signal.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <csetjmp>
#include <functional>
#include <random>
#include <thread>

#include "tests/execute/hand_made.h"

namespace weft::interp::testing {
namespace {

// What a handler of the host's saw. It mends the fault by making the page accessible, so that the
// faulting code goes on.
struct Seen {
  int signals = 0;
  void* address = nullptr;
};
Seen g_seen;

void mend(void* address) {
  const auto page = reinterpret_cast<uintptr_t>(address) & ~uintptr_t{4095};
  mprotect(reinterpret_cast<void*>(page), 4096, PROT_READ | PROT_WRITE);
}
void on_signal_with_info(int, siginfo_t* info, void* context) {
  EXPECT_NE(context, nullptr);
  ++g_seen.signals;
  g_seen.address = info->si_addr;
  mend(info->si_addr);
}
void* g_page = nullptr;
void on_plain_signal(int) {
  ++g_seen.signals;
  mend(g_page);
}
sigjmp_buf g_jump;
void on_signal_that_jumps(int) { siglongjmp(g_jump, 1); }

void install(void (*handler)(int), int flags = 0) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigaction(SIGSEGV, &action, nullptr);
}
void install(void (*handler)(int, siginfo_t*, void*), int flags = 0) {
  struct sigaction action = {};
  action.sa_sigaction = handler;
  action.sa_flags = flags | SA_SIGINFO;
  sigaction(SIGSEGV, &action, nullptr);
}

class TrapSignalTest : public HandMadeTest {
 protected:
  void SetUp() override {
    if (!kHasGuardMode) GTEST_SKIP() << "no guard pages on this system";
    sigaction(SIGSEGV, nullptr, &x_before);
    g_seen = {};
    page =
        static_cast<uint8_t*>(mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    g_page = page;
  }
  void TearDown() override {
    if (!kHasGuardMode) return;
    munmap(page, 4096);
    sigaction(SIGSEGV, &x_before, nullptr);
  }
  // With the fault handler in front of the one just installed.
  void reopen() {
    next_func = 0;
    open({});
    FuncInst& fine = func({{hand_return}});
    EXPECT_EQ(call(fine, 0), TrapCode::None);
  }
  FuncInst& load(uint64_t offset = 0) { return func({{hand_load, offset}, {hand_return}}); }
  // A guest that reads at that address of the process.
  TrapCode peek(void* address) {
    FuncInst& f =
        func({{hand_peek}, {hand_return}}, &instance_of({{ValType::I64}, {ValType::I64}}));
    Value values[1] = {Value::of_ref(address)};
    return invoke(*store, f, values);
  }

  uint8_t* page = nullptr;

 private:
  struct sigaction x_before = {};
};

TEST_F(TrapSignalTest, AFaultInAGuardedMemoryIsATrap) {
  FuncInst& f = load();
  EXPECT_EQ(call(f, kPageBytes - 1), TrapCode::None);
  EXPECT_EQ(call(f, kPageBytes), TrapCode::OutOfBoundsMemoryAccess);
  EXPECT_EQ(store->state().trap.pc, f.code);
  EXPECT_EQ(store->state().trap.context, &instance->context());
  EXPECT_EQ(store->state().trap.fp, store->state().stack_base);
  EXPECT_EQ(store->state().trap.records, store->state().stack_top - 1);
  EXPECT_EQ(call(f, 0), TrapCode::None);
}

TEST_F(TrapSignalTest, TheFarthestAccessIsInTheReservation) {
  FuncInst& f = load(UINT32_MAX);
  EXPECT_EQ(call(f, UINT32_MAX), TrapCode::OutOfBoundsMemoryAccess);
  FuncInst& widest = load(uint64_t{UINT32_MAX} + 15);
  EXPECT_EQ(call(widest, UINT32_MAX), TrapCode::OutOfBoundsMemoryAccess);
}

TEST_F(TrapSignalTest, WhatWasGrownIsAccessible) {
  FuncInst& f = load();
  EXPECT_EQ(call(f, 3 * kPageBytes), TrapCode::OutOfBoundsMemoryAccess);
  EXPECT_EQ(instance->memory(0)->grow(3), 1);
  EXPECT_EQ(call(f, 3 * kPageBytes), TrapCode::None);
  EXPECT_EQ(call(f, 4 * kPageBytes), TrapCode::OutOfBoundsMemoryAccess);
}

TEST_F(TrapSignalTest, ErrnoAndTheSignalMaskAreKept) {
  FuncInst& f = load();
  for (int i = 0; i < 3; ++i) {
    errno = 1234;
    EXPECT_EQ(call(f, kPageBytes), TrapCode::OutOfBoundsMemoryAccess);
    EXPECT_EQ(errno, 1234);
  }
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  EXPECT_EQ(sigismember(&mask, SIGSEGV), 0);
}

TEST_F(TrapSignalTest, RecordsAndTheCellAreThoseOfTheFault) {
  code.push_back({{hand_add, 1}, {hand_load, kPageBytes}, {hand_return}});
  const auto* inner = reinterpret_cast<const uint8_t*>(code.back().data());
  FuncInst& f = func({{hand_call, to_operand(inner)}, {hand_return}});
  EXPECT_EQ(call(f, 0), TrapCode::OutOfBoundsMemoryAccess);
  const TrapState& trap = store->state().trap;
  EXPECT_EQ(trap.pc, inner + sizeof(Cell));
  ASSERT_EQ(trap.records, store->state().stack_top - 2);
  EXPECT_EQ(trap.records->pc, f.code + sizeof(Cell));
}

TEST_F(TrapSignalTest, ASecondMemoryOfTheStoreIsRecognised) {
  MemoryInst& other = **store->new_memory(memory_type(1));
  EXPECT_EQ(peek(other.base + kPageBytes), TrapCode::OutOfBoundsMemoryAccess);
}

TEST_F(TrapSignalTest, AFaultElsewhereGoesToTheHandlerBefore) {
  install(on_signal_with_info);
  reopen();
  EXPECT_EQ(peek(page), TrapCode::None);
  EXPECT_EQ(g_seen.signals, 1);
  EXPECT_EQ(g_seen.address, page);
}

TEST_F(TrapSignalTest, AFaultOfAnotherStoresMemoryGoesToTheHandlerBefore) {
  install(on_signal_with_info);
  reopen();
  const auto other = make_store();
  MemoryInst& foreign = **other->new_memory(memory_type(1));
  EXPECT_EQ(peek(foreign.base + kPageBytes), TrapCode::None);
  EXPECT_EQ(g_seen.signals, 1);
}

TEST_F(TrapSignalTest, AFaultOutsideOfGuestsGoesToTheHandlerBefore) {
  install(on_signal_with_info);
  reopen();
  EXPECT_EQ(*static_cast<volatile uint8_t*>(page), 0);
  EXPECT_EQ(g_seen.signals, 1);
  // Of a guest's memory, too.
  EXPECT_EQ(*static_cast<volatile uint8_t*>(instance->memory(0)->base + kPageBytes), 0);
  EXPECT_EQ(g_seen.signals, 2);
}

TEST_F(TrapSignalTest, APlainHandlerIsCalledAsSuch) {
  install(on_plain_signal);
  reopen();
  EXPECT_EQ(*static_cast<volatile uint8_t*>(page), 0);
  EXPECT_EQ(g_seen.signals, 1);
}

TEST_F(TrapSignalTest, AHandlerMayJumpAway) {
  install(on_signal_that_jumps, SA_NODEFER);
  reopen();
  static int jumps;
  jumps = 0;
  while (jumps < 3) {
    if (sigsetjmp(g_jump, 1) == 0) {
      *static_cast<volatile uint8_t*>(page) = 1;
      FAIL() << "no fault";
    }
    ++jumps;
  }
  EXPECT_EQ(call(load(), kPageBytes), TrapCode::OutOfBoundsMemoryAccess);
}

TEST_F(TrapSignalTest, AHandlerForOneSignalIsCalledOnce) {
  EXPECT_EXIT(
      {
        install(on_plain_signal, SA_RESETHAND);
        reopen();
        *static_cast<volatile uint8_t*>(page) = 1;
        if (g_seen.signals != 1) _exit(1);
        g_page = page;
        mprotect(page, 4096, PROT_NONE);
        *static_cast<volatile uint8_t*>(page) = 1;
      },
      ::testing::KilledBySignal(SIGSEGV), "");
}

TEST_F(TrapSignalTest, TheDefaultEndsTheProcess) {
  EXPECT_EXIT(
      {
        install(SIG_DFL);
        reopen();
        *static_cast<volatile uint8_t*>(page) = 1;
      },
      ::testing::KilledBySignal(SIGSEGV), "");
}

TEST_F(TrapSignalTest, TheDefaultEndsTheProcessForASignalThatWasSent) {
  EXPECT_EXIT(
      {
        install(SIG_DFL);
        reopen();
        raise(SIGSEGV);
      },
      ::testing::KilledBySignal(SIGSEGV), "");
}

TEST_F(TrapSignalTest, AnIgnoredSignalIsIgnoredIfSentButNotAFault) {
  EXPECT_EXIT(
      {
        install(SIG_IGN);
        reopen();
        raise(SIGSEGV);
        _exit(7);
      },
      ::testing::ExitedWithCode(7), "");
  EXPECT_EXIT(
      {
        install(SIG_IGN);
        reopen();
        *static_cast<volatile uint8_t*>(page) = 1;
      },
      ::testing::KilledBySignal(SIGSEGV), "");
}

// A handler installed later that passes on what it doesn't know, as most do.
struct sigaction g_replaced = {};
void on_signal_passed_on(int signal, siginfo_t* info, void* context) {
  ++g_seen.signals;
  g_replaced.sa_sigaction(signal, info, context);
}

TEST_F(TrapSignalTest, AHandlerInstalledLaterMayPassOn) {
  install(on_signal_with_info);
  reopen();
  struct sigaction action = {};
  action.sa_sigaction = on_signal_passed_on;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGSEGV, &action, &g_replaced);
  FuncInst& f = load();
  EXPECT_EQ(call(f, kPageBytes), TrapCode::OutOfBoundsMemoryAccess);
  EXPECT_EQ(g_seen.signals, 1);

  // Put back in front by the next instance: guests' faults no longer reach the later handler, and
  // what is not theirs goes there, from there back here, and on to the first one instead of in
  // circles.
  reopen();
  EXPECT_EQ(call(load(), kPageBytes), TrapCode::OutOfBoundsMemoryAccess);
  EXPECT_EQ(g_seen.signals, 1);
  EXPECT_EQ(*static_cast<volatile uint8_t*>(page), 0);
  EXPECT_EQ(g_seen.signals, 3);
  EXPECT_EQ(g_seen.address, page);
}

TEST_F(TrapSignalTest,
       AHandlerInstalledLaterThatPassesNothingOnGetsGuestsFaultsUntilTheNextInstance) {
  reopen();
  EXPECT_EXIT(
      {
        install(SIG_DFL);
        call(load(), kPageBytes);
      },
      ::testing::KilledBySignal(SIGSEGV), "");
  install(SIG_DFL);
  reopen();
  EXPECT_EQ(call(load(), kPageBytes), TrapCode::OutOfBoundsMemoryAccess);
}

using Lambda = std::function<TrapCode(Value*)>;
TrapCode call_lambda(void* env, Store&, Instance*, Value* values) {
  return (*static_cast<Lambda*>(env))(values);
}

TEST_F(TrapSignalTest, AFaultInAHostCallIsTheHosts) {
  install(on_signal_with_info);
  reopen();
  const uint8_t* const beyond = instance->memory(0)->base + kPageBytes;
  Lambda read = [&](Value* values) {
    values[0] = Value::of_i32(*static_cast<const volatile uint8_t*>(beyond) + 5u);
    return TrapCode::None;
  };
  FuncInst& h = host_func(kUnary, call_lambda, &read);
  FuncInst& f = func({{hand_call_host, to_operand(&h)}, {hand_return}});
  uint32_t result = 0;
  EXPECT_EQ(call(f, 0, &result), TrapCode::None);
  EXPECT_EQ(result, 5u);
  EXPECT_EQ(g_seen.signals, 1);
  // The guest that goes on afterwards faults for itself again.
  FuncInst& g =
      func({{hand_call_host, to_operand(&h)}, {hand_load, 2 * kPageBytes}, {hand_return}});
  EXPECT_EQ(call(g, 0), TrapCode::OutOfBoundsMemoryAccess);
}

TEST_F(TrapSignalTest, NestedActivationsFaultEachForItself) {
  FuncInst& f = load();
  FuncInst* outer = nullptr;
  Lambda nest = [&](Value* values) {
    const uint32_t depth = values[0].i32;
    EXPECT_EQ(call(f, kPageBytes), TrapCode::OutOfBoundsMemoryAccess);
    if (depth > 1) {
      EXPECT_EQ(call(*outer, depth - 1), TrapCode::OutOfBoundsMemoryAccess);
    }
    EXPECT_EQ(call(f, 0), TrapCode::None);
    return TrapCode::None;
  };
  FuncInst& h = host_func(kUnary, call_lambda, &nest);
  outer = &func({{hand_call_host, to_operand(&h)}, {hand_load, kPageBytes}, {hand_return}});
  EXPECT_EQ(call(*outer, 20), TrapCode::OutOfBoundsMemoryAccess);
  EXPECT_EQ(g_guest_thread.activation, nullptr);
}

TEST_F(TrapSignalTest, AnotherStoreRunsInsideAHostCall) {
  const auto other = make_store({}, types);
  InstanceBuilder builder(types);
  builder.module.memories.push_back(memory_type(1));
  builder.module.funcs.push_back({builder.type({ValType::I32}, {ValType::I32}), {}});
  Instance& inner = instantiate_ok(*other, builder);
  FuncInst& f = *inner.func(0);
  f.code = load().code;
  Lambda run = [&](Value*) {
    Value values[1] = {Value::of_i32(kPageBytes)};
    EXPECT_EQ(invoke(*other, f, values), TrapCode::OutOfBoundsMemoryAccess);
    return TrapCode::None;
  };
  FuncInst& h = host_func(kUnary, call_lambda, &run);
  FuncInst& g = func({{hand_call_host, to_operand(&h)}, {hand_load, kPageBytes}, {hand_return}});
  EXPECT_EQ(call(g, 0), TrapCode::OutOfBoundsMemoryAccess);
  EXPECT_EQ(store->state().trap.context, &instance->context());
}

class FaultingThread : public HandMadeTest {
 public:
  void TestBody() override {
    std::mt19937 random(42);
    FuncInst& f = func({{hand_load}, {hand_return}});
    for (int i = 0; i < 20'000; ++i) {
      const auto any = static_cast<uint32_t>(random());
      constexpr auto page = static_cast<uint32_t>(kPageBytes);
      const uint32_t address = random() % 2 == 0 ? any % page : any | page;
      const TrapCode expected =
          address < kPageBytes ? TrapCode::None : TrapCode::OutOfBoundsMemoryAccess;
      ASSERT_EQ(call(f, address), expected) << address;
    }
  }
};

TEST_F(TrapSignalTest, RandomFaultsOnSeveralThreads) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([] { FaultingThread().TestBody(); });
  for (std::thread& thread : threads) thread.join();
}

TEST_F(TrapSignalTest, AThreadThatBlocksTheSignalCanRunGuests) {
  std::thread thread([] {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    FaultingThread().TestBody();
  });
  thread.join();
}

TEST_F(TrapSignalTest, AnAlternateStackIsNotInTheWay) {
  std::thread thread([] {
    std::vector<uint8_t> memory(256 << 10);
    const stack_t alternate{.ss_sp = memory.data(), .ss_flags = 0, .ss_size = memory.size()};
    stack_t before;
    ASSERT_EQ(sigaltstack(&alternate, &before), 0);
    FaultingThread().TestBody();
    sigaltstack(&before, nullptr);
  });
  thread.join();
}

}  // namespace
}  // namespace weft::interp::testing
