#include <thread>

#include "tests/runtime/fixtures.h"

namespace weft::interp::testing {
namespace {

void count(void* counter) { ++*static_cast<int*>(counter); }

struct Log {
  std::vector<int>* order;
  int id;
};
void note(void* log) { static_cast<Log*>(log)->order->push_back(static_cast<Log*>(log)->id); }

TEST(Externs, WhatNobodyHoldsIsFinalisedOnce) {
  int finalised = 0;
  {
    const auto store = make_store();
    for (int i = 0; i < 10; ++i) store->new_extern(&finalised, count);
    store->gc();
    EXPECT_EQ(finalised, 10);
    EXPECT_EQ(store->live_externs(), 0u);
  }
  EXPECT_EQ(finalised, 10);
}

TEST(Externs, AHundredThousandAreFinalisedByTheStoresDeath) {
  int finalised = 0;
  {
    const auto store = make_store();
    for (int i = 0; i < 100'000; ++i) store->new_extern(&finalised, count)->host_refs = 1;
    store->gc();
    EXPECT_EQ(finalised, 0);
    EXPECT_EQ(store->live_externs(), 100'000u);
  }
  EXPECT_EQ(finalised, 100'000);
}

TEST(Externs, TablesGlobalsAndTheHostKeepThemAlive) {
  int finalised = 0;
  const auto store = make_store();
  TableInst& table =
      **store->new_table(table_type(1, {}, kExternRef), store->new_extern(&finalised, count));
  GlobalInst* const global =
      store->new_global({kExternRef, true}, Value::of_ref(store->new_extern(&finalised, count)));
  ExternObject* const held = store->new_extern(&finalised, count);
  held->host_refs = 1;
  store->gc();
  EXPECT_EQ(finalised, 0);

  table.set(0, nullptr);
  store->gc();
  EXPECT_EQ(finalised, 1);
  global->value->ref = nullptr;
  store->gc();
  EXPECT_EQ(finalised, 2);
  held->host_refs = 0;
  store->gc();
  EXPECT_EQ(finalised, 3);
}

TEST(Externs, GlobalsAndPassiveSegmentsOfInstancesKeepThemAlive) {
  int finalised = 0;
  const auto types = std::make_shared<TypeRegistry>();
  const auto store = make_store({}, types);
  GlobalInst* const imported =
      store->new_global({kExternRef, false}, Value::of_ref(store->new_extern(&finalised, count)));
  InstanceBuilder builder(types);
  builder.import_global({kExternRef, false});
  builder.module.globals.push_back({{kExternRef, true}, global_get(0)});
  ElemSegment segment{};
  segment.mode = SegmentMode::Passive;
  segment.type = kExternRef;
  segment.uses_exprs = true;
  segment.exprs = {global_get(0)};
  builder.module.elems.push_back(segment);
  const ExternVal imports[] = {{ExternKind::Global, imported}};
  Instance& instance = instantiate_ok(*store, builder, imports);

  imported->value->ref = nullptr;
  store->gc();
  EXPECT_EQ(finalised, 0);
  instance.global(1)->value->ref = nullptr;
  store->gc();
  EXPECT_EQ(finalised, 0);
  instance.drop_elem(0);
  store->gc();
  EXPECT_EQ(finalised, 1);
}

TEST(Externs, OnlyAnObjectsOwnAddressNamesIt) {
  const auto store = make_store();
  ExternObject* const object = store->new_extern(nullptr, nullptr);
  EXPECT_TRUE(store->owns_extern(object));
  EXPECT_FALSE(store->owns_extern(nullptr));
  EXPECT_FALSE(store->owns_extern(reinterpret_cast<uint8_t*>(object) + 8));
  EXPECT_FALSE(store->owns_extern(&store));
  EXPECT_FALSE(store->owns_extern(reinterpret_cast<void*>(UINTPTR_MAX - 7)));
  EXPECT_FALSE(make_store()->owns_extern(object));
  store->gc();
  EXPECT_FALSE(store->owns_extern(object));
}

TEST(Externs, CollectionIsDueWhenTheirNumberHasDoubled) {
  int finalised = 0;
  const auto store = make_store();
  std::vector<ExternObject*> held;
  const auto grow_to = [&](size_t size) {
    while (held.size() < size) held.push_back(store->new_extern(&finalised, count));
    for (ExternObject* object : held) object->host_refs = 1;
  };
  grow_to(20'000);
  store->gc();
  grow_to(39'999);
  for (ExternObject* object : held) object->host_refs = 0;
  store->gc_if_due();
  EXPECT_EQ(finalised, 0);
  held.push_back(store->new_extern(&finalised, count));
  store->gc_if_due();
  EXPECT_EQ(finalised, 40'000);
}

struct Spawner {
  Store* store;
  int* finalised;
  int more;
};
void spawn(void* payload) {
  auto* spawner = static_cast<Spawner*>(payload);
  ++*spawner->finalised;
  if (spawner->more-- > 0) {
    spawner->store->new_extern(spawner, spawn);
    spawner->store->gc();
  }
}

TEST(Externs, FinalisersMayAllocateAndCollect) {
  int finalised = 0;
  const auto store = make_store();
  Spawner spawner{store.get(), &finalised, 5};
  store->new_extern(&spawner, spawn);
  store->gc();
  EXPECT_EQ(finalised, 6);
  EXPECT_EQ(store->live_externs(), 0u);
}

TEST(StoreDeath, DropsTheErrorThenFunctionsThenExternrefsThenTheRest) {
  std::vector<int> order;
  Log logs[] = {{&order, 0}, {&order, 1}, {&order, 2}, {&order, 3}};
  const FuncType type;
  {
    const auto store = make_store();
    const TypeId id = store->types()->intern(type);
    store->new_extern(&logs[3], note);
    store->new_host_func(id, type, nullptr, &logs[2], note);
    store->new_host_func(id, type, nullptr, &logs[1], note);
    store->set_host_error(Store::HostError(&logs[0], note));
  }
  EXPECT_EQ(order, (std::vector{0, 1, 2, 3}));
}

TEST(HostErrors, AreTakenOnceAndReplaced) {
  int dropped = 0;
  const auto store = make_store();
  EXPECT_EQ(store->take_host_error(), nullptr);
  store->set_host_error(Store::HostError(&dropped, count));
  store->set_host_error(Store::HostError(&dropped, count));
  EXPECT_EQ(dropped, 1);
  {
    const auto error = store->take_host_error();
    EXPECT_EQ(error.get(), &dropped);
    EXPECT_EQ(store->take_host_error(), nullptr);
    EXPECT_EQ(dropped, 1);
  }
  EXPECT_EQ(dropped, 2);
}

TEST(StoreStack, HoldsTheBudgetsOfFramesAndRecords) {
  const auto store = make_store({.stack_bytes = 10'000, .max_call_depth = 1000});
  const StoreState& state = store->state();
  EXPECT_EQ(reinterpret_cast<uintptr_t>(state.stack_top) - state.lowest_record,
            1000 * sizeof(Record));
  EXPECT_GE(state.lowest_record - reinterpret_cast<uintptr_t>(state.stack_base), 10'000u);
  state.stack_base[0] = 1;
  state.stack_top[-1] = {};
}

TEST(StoreStack, AnAbsurdSizeIsAnError) {
  const auto types = std::make_shared<TypeRegistry>();
  EXPECT_FALSE(Store::make(types, {.stack_bytes = UINT64_MAX}));
  EXPECT_FALSE(Store::make(types, {.stack_bytes = uint64_t{1} << 50}));
}

TEST(Interrupts, StandUntilTheyAreCleared) {
  const auto store = make_store();
  StoreState& state = store->state();
  const InterruptHandle handle = store->interrupt_handle();
  handle.interrupt();
  EXPECT_EQ(state.interrupt, 1u);
  EXPECT_EQ(state.record_limit, UINTPTR_MAX);
  EXPECT_EQ(state.on_record_limit(state.stack_top), TrapCode::Interrupted);
  store->clear_interrupt();
  EXPECT_EQ(state.interrupt, 0u);
  EXPECT_EQ(state.record_limit, state.lowest_record);
  EXPECT_EQ(state.on_record_limit(state.stack_top), TrapCode::None);
  EXPECT_EQ(state.on_record_limit(reinterpret_cast<Record*>(state.lowest_record) - 1),
            TrapCode::CallStackExhausted);
}

// As when the host obeys a request before the guest has been told of it.
TEST(Interrupts, ANoticeOfARequestThatIsGoneStopsNothing) {
  const auto store = make_store();
  StoreState& state = store->state();
  store->interrupt_handle().notice();
  EXPECT_EQ(state.on_record_limit(state.stack_top), TrapCode::None);
  EXPECT_EQ(state.interrupt, 0u);
  EXPECT_EQ(state.record_limit, state.lowest_record);
  std::atomic<uint32_t> request = 1;
  state.request = &request;
  store->interrupt_handle().notice();
  EXPECT_TRUE(state.stop_requested());
  store->clear_interrupt();
  EXPECT_EQ(request, 0u);
  EXPECT_FALSE(state.stop_requested());
}

TEST(Interrupts, ALimitLeftRaisedIsPutBack) {
  const auto store = make_store();
  StoreState& state = store->state();
  state.record_limit = UINTPTR_MAX;
  EXPECT_EQ(state.on_record_limit(state.stack_top), TrapCode::None);
  EXPECT_EQ(state.record_limit, state.lowest_record);
}

TEST(Interrupts, HandlesOutliveTheStore) {
  auto store = make_store();
  const InterruptHandle handle = store->interrupt_handle();
  store.reset();
  handle.interrupt();
}

TEST(Interrupts, NoneIsLostHoweverTheyMeetClearing) {
  const auto store = make_store();
  StoreState& state = store->state();
  for (int round = 0; round < 2000; ++round) {
    std::thread other([handle = store->interrupt_handle()] { handle.interrupt(); });
    state.clear_interrupt();
    other.join();
    // Whether it was cleared or not, calls must see what there is, and use it up.
    const bool requested = state.request->load() != 0;
    EXPECT_EQ(state.on_record_limit(state.stack_top) == TrapCode::Interrupted, requested);
    EXPECT_EQ(state.record_limit, state.lowest_record);
    EXPECT_FALSE(state.stop_requested());
  }
}

TEST(Fuel, IsClampedToWhatCellsCount) {
  const auto store = make_store();
  store->set_fuel(UINT64_MAX);
  EXPECT_EQ(store->fuel(), static_cast<uint64_t>(INT64_MAX));
  store->state().fuel = -5;
  EXPECT_EQ(store->fuel(), 0u);
}

}  // namespace
}  // namespace weft::interp::testing
