#include "interp/execute/invoke.h"

#include <atomic>
#include <chrono>
#include <cstring>
#include <functional>
#include <thread>

#include "interp/execute/backtrace.h"
#include "tests/execute/hand_made.h"

namespace weft::interp::testing {
namespace {

using Lambda = std::function<TrapCode(Store&, Instance*, Value*)>;
TrapCode call_lambda(void* env, Store& store, Instance* caller, Value* values) {
  return (*static_cast<Lambda*>(env))(store, caller, values);
}

class InvokeTest : public HandMadeTest {
 protected:
  FuncInst& host(const FuncType& type, Lambda lambda) {
    lambdas.push_back(std::move(lambda));
    return host_func(type, call_lambda, &lambdas.back());
  }
  std::deque<Lambda> lambdas;
};

TEST_F(InvokeTest, ArgumentsGoInAndResultsComeOut) {
  FuncInst& add = func({{hand_add, 5}, {hand_return}});
  uint32_t result = 0;
  EXPECT_EQ(call(add, 37, &result), TrapCode::None);
  EXPECT_EQ(result, 42u);
}

TEST_F(InvokeTest, UpperHalvesOfI32ArgumentsAreIgnored) {
  FuncInst& add = func({{hand_add, 1}, {hand_return}});
  Value values[1] = {Value::of_i64(0xdeadbeef'00000001)};
  EXPECT_EQ(invoke(*store, add, values), TrapCode::None);
  EXPECT_EQ(values[0].i64, 2u);
}

TEST_F(InvokeTest, EveryTypeCrossesWhole) {
  const std::vector<ValType> all = {ValType::I32, ValType::V128, ValType::F32, ValType::I64,
                                    ValType::F64, ValType::V128, kExternRef};
  Instance& same = instance_of({all, all});
  FuncInst& identity = func({{hand_return}}, &same);
  V128 vector;
  for (uint8_t i = 0; i < 16; ++i) vector.bytes[i] = static_cast<uint8_t>(0xf0 + i);
  const Value given[] = {Value::of_i32(0xffffffff), Value::of_v128(vector), Value::of_f32(-1.5f),
                         Value::of_i64(UINT64_MAX), Value::of_f64(2.25),    Value::of_v128(vector),
                         Value::of_ref(this)};
  Value values[7];
  std::ranges::copy(given, values);
  ASSERT_EQ(invoke(*store, identity, values), TrapCode::None);
  for (size_t i = 0; i < 7; ++i) {
    if (all[i] == ValType::V128) {
      EXPECT_EQ(values[i].v128, vector);
    } else {
      EXPECT_EQ(values[i].bits, given[i].bits) << i;
    }
  }
}

TEST_F(InvokeTest, AThousandParametersAndResults) {
  for (size_t n : {0, 1, 16, 17, 127, 128, 129, 1000}) {
    const FuncType type{std::vector<ValType>(n, ValType::V128),
                        std::vector<ValType>(n, ValType::V128)};
    FuncInst& rotate = host(type, [n](Store&, Instance*, Value* values) {
      if (n != 0) std::rotate(values, values + 1, values + n);
      return TrapCode::None;
    });
    Instance& other = instance_of(type);
    FuncInst& through_guest = func({{hand_call_host, to_operand(&rotate)}, {hand_return}}, &other);
    for (FuncInst* f : {&rotate, &through_guest}) {
      std::vector<Value> values(n);
      for (size_t i = 0; i < n; ++i) std::memset(&values[i].v128, static_cast<int>(i), 16);
      ASSERT_EQ(invoke(*store, *f, values.data()), TrapCode::None) << n;
      for (size_t i = 0; i < n; ++i) {
        V128 expected;
        std::memset(&expected, static_cast<int>((i + 1) % n), 16);
        ASSERT_EQ(values[i].v128, expected) << n << " " << i;
      }
    }
  }
}

TEST_F(InvokeTest, ManyValuesOfAllWidthsArriveWhole) {
  constexpr ValType::Kind kinds[] = {ValType::I32, ValType::I64, ValType::F32, ValType::F64};
  for (const size_t n : {1, 2, 63, 64, 65}) {
    FuncType type;
    for (size_t i = 0; i < n; ++i) type.params.push_back(kinds[(i + n) % 4]);
    type.results = type.params;
    FuncInst& same = host(type, [](Store&, Instance*, Value*) { return TrapCode::None; });
    FuncInst& through_guest =
        func({{hand_call_host, to_operand(&same)}, {hand_return}}, &instance_of(type));
    std::vector<Value> values(n);
    for (size_t i = 0; i < n; ++i) values[i].bits = 0x8765'4321'0000'0000 + i;
    ASSERT_EQ(invoke(*store, through_guest, values.data()), TrapCode::None);
    for (size_t i = 0; i < n; ++i) {
      const bool is_half = type.params[i] == ValType::I32 || type.params[i] == ValType::F32;
      EXPECT_EQ(values[i].bits, is_half ? i : 0x8765'4321'0000'0000 + i) << n << " " << i;
    }
  }
}

TEST_F(InvokeTest, ResultsOfAHostFunctionThatDoNotFitExhaustTheStack) {
  open({.stack_bytes = 12'000, .max_call_depth = 10});
  const FuncType type{{}, std::vector<ValType>(1000, ValType::V128)};
  FuncInst& many = host(type, [](Store&, Instance*, Value*) { return TrapCode::None; });
  FuncInst& f = func({{hand_call_host, to_operand(&many)}, {hand_return}});
  EXPECT_EQ(call(f, 0), TrapCode::CallStackExhausted);
}

TEST_F(InvokeTest, TrapsComeOutWithTheirPlace) {
  FuncInst& f = func({{hand_add, 1}, {hand_trap, static_cast<uint64_t>(TrapCode::Unreachable)}});
  EXPECT_EQ(call(f, 0), TrapCode::Unreachable);
  EXPECT_EQ(store->state().trap.pc, f.code + sizeof(Cell));
  EXPECT_EQ(store->state().trap.context, &instance->context());
  EXPECT_FALSE(store->entered());
  FuncInst& fine = func({{hand_return}});
  EXPECT_EQ(call(fine, 0), TrapCode::None);
}

TEST_F(InvokeTest, HostFunctionsSeeTheirCaller) {
  Instance* seen = nullptr;
  FuncInst& h = host(kUnary, [&](Store& s, Instance* caller, Value* values) {
    EXPECT_EQ(&s, store.get());
    EXPECT_TRUE(s.entered());
    seen = caller;
    values[0] = Value::of_i64(0xffffffff'00000000 + values[0].i32 * 2);
    return TrapCode::None;
  });
  uint32_t result = 0;
  EXPECT_EQ(call(h, 4, &result), TrapCode::None);
  EXPECT_EQ(seen, nullptr);
  EXPECT_EQ(result, 8u);
  FuncInst& f = func({{hand_call_host, to_operand(&h)}, {hand_add, 0}, {hand_return}});
  Value values[1] = {Value::of_i32(21)};
  EXPECT_EQ(invoke(*store, f, values), TrapCode::None);
  EXPECT_EQ(seen, instance);
  EXPECT_EQ(values[0].i64, 42u) << "the host's upper half is cut off";
}

TEST_F(InvokeTest, AHostErrorStopsTheGuest) {
  FuncInst& h = host(kUnary, [](Store&, Instance*, Value*) { return TrapCode::HostError; });
  FuncInst& f = func({{hand_call_host, to_operand(&h)}, {hand_return}});
  EXPECT_EQ(call(f, 0), TrapCode::HostError);
  EXPECT_EQ(store->state().trap.pc, f.code);
  EXPECT_EQ(call(h, 0), TrapCode::HostError);
  EXPECT_EQ(store->state().trap.pc, nullptr);
}

TEST_F(InvokeTest, NestedActivationsLeaveTheWaitingFramesAlone) {
  FuncInst* self = nullptr;
  FuncInst& h = host({{ValType::I32, ValType::I64}, {ValType::I32, ValType::I64}},
                     [&](Store&, Instance*, Value* values) {
                       if (values[0].i32 == 0) return TrapCode::None;
                       Value nested[2] = {Value::of_i32(values[0].i32 - 1),
                                          Value::of_i64(values[0].i32 * 1000)};
                       const TrapCode code = invoke(*store, *self, nested);
                       EXPECT_EQ(nested[1].i64, values[0].i32 * 1000u) << "kept by the frame below";
                       return code;
                     });
  Instance& other = instance_of(*h.host->type);
  // Three records deep, so that a nested activation would overwrite some.
  code.push_back({{hand_call_host, to_operand(&h)}, {hand_return}});
  const auto inner = to_operand(code.back().data());
  code.push_back({{hand_call, inner}, {hand_return}});
  const auto middle = to_operand(code.back().data());
  self = &func({{hand_call, middle}, {hand_return}}, &other);
  Value values[2] = {Value::of_i32(50), Value::of_i64(7)};
  EXPECT_EQ(invoke(*store, *self, values), TrapCode::None);
  EXPECT_EQ(values[0].i32, 50u);
  EXPECT_EQ(values[1].i64, 7u);
  EXPECT_EQ(store->state().live_frame, store->state().stack_base);
  EXPECT_EQ(store->state().live_records, store->state().stack_top);
}

TEST_F(InvokeTest, ATrapInANestedActivationIsTheHostsToHandle) {
  FuncInst& trap = func({{hand_trap, static_cast<uint64_t>(TrapCode::Unreachable)}});
  FuncInst& h = host(kUnary, [&](Store&, Instance*, Value*) {
    EXPECT_EQ(call(trap, 0), TrapCode::Unreachable);
    return TrapCode::None;
  });
  FuncInst& f = func({{hand_call_host, to_operand(&h)}, {hand_add, 1}, {hand_return}});
  uint32_t result = 0;
  EXPECT_EQ(call(f, 1, &result), TrapCode::None);
  EXPECT_EQ(result, 2u);
}

TEST_F(InvokeTest, RecordsAreBoundedByTheDepth) {
  open({.max_call_depth = 1000});
  code.push_back({{hand_call, 0}});
  code.back()[0].operand = to_operand(code.back().data());
  FuncInst& f = func({{hand_call, to_operand(code.back().data())}});
  EXPECT_EQ(call(f, 0), TrapCode::CallStackExhausted);
  const auto used = store->state().stack_top - store->state().trap.records;
  EXPECT_EQ(used, 1001) << "the one too many";
  FuncInst& fine = func({{hand_return}});
  EXPECT_EQ(call(fine, 0), TrapCode::None);
}

TEST_F(InvokeTest, ActivationsAreBoundedByTheHostDepth) {
  open({.max_host_depth = 20});
  FuncInst* self = nullptr;
  uint32_t deepest = 0;
  FuncInst& h = host(kUnary, [&](Store&, Instance*, Value* values) {
    deepest = std::max(deepest, values[0].i32);
    return call(*self, values[0].i32 + 1);
  });
  self = &func({{hand_call_host, to_operand(&h)}, {hand_return}});
  EXPECT_EQ(call(*self, 1), TrapCode::CallStackExhausted);
  EXPECT_EQ(deepest, 20u);
  EXPECT_FALSE(store->entered());
}

TEST_F(InvokeTest, NestedActivationsExhaustTheSameStack) {
  open({.stack_bytes = 16'384, .max_call_depth = 100, .max_host_depth = 1'000'000});
  FuncInst* self = nullptr;
  FuncInst& h = host(kUnary, [&](Store&, Instance*, Value*) { return call(*self, 0); });
  self = &func({{hand_call_host, to_operand(&h)}, {hand_return}});
  EXPECT_EQ(call(*self, 0), TrapCode::CallStackExhausted);
}

TEST_F(InvokeTest, AnInterruptFromAnotherThreadStopsALoop) {
  FuncInst& spin = func({{hand_spin}});
  std::atomic<bool> stopped = false;
  std::thread other([&, handle = store->interrupt_handle()] {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    handle.interrupt();
  });
  EXPECT_EQ(call(spin, 0), TrapCode::Interrupted);
  stopped = true;
  other.join();
  FuncInst& fine = func({{hand_return}});
  EXPECT_EQ(call(fine, 0), TrapCode::None) << "it was used up";
}

TEST_F(InvokeTest, AnInterruptWhileNoGuestRunsStopsTheNextOnce) {
  FuncInst& fine = func({{hand_return}});
  store->interrupt_handle().interrupt();
  EXPECT_EQ(call(fine, 0), TrapCode::Interrupted);
  EXPECT_EQ(call(fine, 0), TrapCode::None);
  store->interrupt_handle().interrupt();
  store->clear_interrupt();
  EXPECT_EQ(call(fine, 0), TrapCode::None);
}

TEST_F(InvokeTest, AnInterruptStopsRecursionWithoutLoops) {
  code.push_back({{hand_call, 0}});
  FuncInst& h = host(kUnary, [&](Store&, Instance*, Value*) {
    store->interrupt_handle().interrupt();
    return TrapCode::None;
  });
  code.back() = {{hand_call_host, to_operand(&h)}, {hand_call, to_operand(code.back().data())}};
  code.back()[1].operand = to_operand(code.back().data());
  FuncInst& f = func({{hand_call, to_operand(code.back().data())}});
  EXPECT_EQ(call(f, 0), TrapCode::Interrupted);
  FuncInst& fine = func({{hand_return}});
  EXPECT_EQ(call(fine, 0), TrapCode::None);
}

void count_drop(void* counter) { ++*static_cast<int*>(counter); }

TEST_F(InvokeTest, ACollectionInAHostCallSparesWhatFramesHold) {
  int finalised = 0;
  FuncInst& collect = host({{kExternRef}, {kExternRef}}, [&](Store& s, Instance*, Value*) {
    s.new_extern(&finalised, count_drop);
    s.gc();
    return TrapCode::None;
  });
  Instance& other = instance_of(*collect.host->type);
  FuncInst& f = func({{hand_call_host, to_operand(&collect)}, {hand_return}}, &other);
  ExternObject* const object = store->new_extern(&finalised, count_drop);
  Value values[1] = {Value::of_ref(object)};
  EXPECT_EQ(invoke(*store, f, values), TrapCode::None);
  EXPECT_EQ(values[0].ref, object);
  EXPECT_EQ(finalised, 1) << "only the one that nobody held";
  store->gc();
  EXPECT_EQ(finalised, 2);
}

TEST_F(InvokeTest, ALoopThatMakesExternrefsIsCollectedMeanwhile) {
  int finalised = 0;
  FuncInst& make = host({{}, {kExternRef}}, [&](Store& s, Instance*, Value* values) {
    values[0] = Value::of_ref(s.new_extern(&finalised, count_drop));
    return TrapCode::None;
  });
  Instance& other = instance_of(*make.host->type);
  std::vector<Cell> cells(10'000, {hand_call_host, to_operand(&make)});
  cells.push_back({hand_return});
  code.push_back(cells);
  FuncInst& f = func({{hand_call, to_operand(code.back().data())}, {hand_return}}, &other);
  for (int round = 0; round < 10; ++round) {
    Value values[1];
    EXPECT_EQ(invoke(*store, f, values), TrapCode::None);
    EXPECT_TRUE(store->owns_extern(values[0].ref));
  }
  EXPECT_LT(store->live_externs(), 20'000u);
  EXPECT_GT(finalised, 80'000);
  store.reset();
  EXPECT_EQ(finalised, 100'000);
}

TEST_F(InvokeTest, ABacktraceOfNonsenseIsEmpty) {
  Record record{};
  uint8_t cell[8] = {};
  const TrapState sound{TrapCode::Unreachable, cell, nullptr, store->state().stack_top - 1,
                        &instance->context()};
  TrapState trap = sound;
  trap.records = &record;
  EXPECT_EQ(backtrace(*store, trap).depth, 0u);
  trap = sound;
  trap.records = reinterpret_cast<Record*>(reinterpret_cast<uintptr_t>(trap.records) + 4);
  EXPECT_EQ(backtrace(*store, trap).depth, 0u);
  trap = sound;
  trap.records = store->state().stack_top;
  EXPECT_EQ(backtrace(*store, trap).depth, 0u);
  trap = sound;
  trap.context = reinterpret_cast<Context*>(cell);
  EXPECT_EQ(backtrace(*store, trap).depth, 0u);
  trap = sound;
  trap.pc = nullptr;
  EXPECT_EQ(backtrace(*store, trap).depth, 0u);
}

}  // namespace
}  // namespace weft::interp::testing
