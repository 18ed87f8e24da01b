#include "interp/execute/runtime_calls.h"

#include <chrono>
#include <cstring>
#include <thread>

#include "tests/runtime/fixtures.h"

namespace weft::interp::testing {
namespace {

class RuntimeCallsTest : public ::testing::TestWithParam<StoreConfig::Memories> {
 protected:
  RuntimeCallsTest() {
    InstanceBuilder module(types);
    module.module.funcs.assign(8, {module.type({}, {}), {}});
    module.module.memories = {memory_type(1, 20), memory_type(1)};
    module.module.tables = {
        {table_type(10, 20), {}}, {table_type(5, {}, kExternRef), {}}, {table_type(10), {}}};
    module.data({}, {1, 2, 3, 4, 5}, SegmentMode::Passive);
    module.elem({}, {0, 1, 2, 3}, SegmentMode::Passive);
    instance = &instantiate_ok(*store, module);
    ctx = &instance->context();
  }

  template <class... Args>
  TrapCode run(RuntimeFn* function, uint32_t imm1, uint32_t imm2, Args... operands) {
    const uint64_t given[] = {static_cast<uint64_t>(operands)..., 0};
    std::ranges::copy(given, args);
    return function(ctx, args, imm1, imm2);
  }
  static uint64_t slot(const void* ref) { return reinterpret_cast<uintptr_t>(ref); }
  uint8_t* bytes(uint32_t memory = 0) { return instance->memory(memory)->base; }
  void* at(uint32_t table, uint64_t i) { return instance->table(table)->elems[i].ref; }

  std::shared_ptr<TypeRegistry> types = std::make_shared<TypeRegistry>();
  std::unique_ptr<Store> store = make_store({.memories = GetParam()}, types);
  Instance* instance = nullptr;
  Context* ctx = nullptr;
  uint64_t args[8] = {};
};

INSTANTIATE_TEST_SUITE_P(Modes, RuntimeCallsTest,
                         ::testing::Values(StoreConfig::Memories::Auto,
                                           StoreConfig::Memories::Checked),
                         [](const auto& info) {
                           return info.param == StoreConfig::Memories::Auto ? "Auto" : "Checked";
                         });

constexpr uint64_t kEnd = kPageBytes;
constexpr uint64_t kMax32 = UINT32_MAX;
constexpr auto kOutOfMemory = TrapCode::OutOfBoundsMemoryAccess;
constexpr auto kOutOfTable = TrapCode::OutOfBoundsTableAccess;

TEST_P(RuntimeCallsTest, MemorySizeAndGrow) {
  EXPECT_EQ(run(runtime_memory_size, 0, 0), TrapCode::None);
  EXPECT_EQ(args[0], 1u);
  EXPECT_EQ(run(runtime_memory_grow, 0, 0, 2), TrapCode::None);
  EXPECT_EQ(args[0], 1u);
  run(runtime_memory_size, 0, 0);
  EXPECT_EQ(args[0], 3u);
  EXPECT_EQ(run(runtime_memory_grow, 0, 0, kMax32), TrapCode::None);
  EXPECT_EQ(args[0], kMax32) << "-1 as an i32";
  run(runtime_memory_size, 1, 0);
  EXPECT_EQ(args[0], 1u);
}

TEST_P(RuntimeCallsTest, MemoryFill) {
  EXPECT_EQ(run(runtime_memory_fill, 0, 0, 10, 0x1ab, 3), TrapCode::None);
  EXPECT_EQ(bytes()[9], 0);
  EXPECT_EQ(bytes()[10], 0xab);
  EXPECT_EQ(bytes()[12], 0xab);
  EXPECT_EQ(bytes()[13], 0);
  EXPECT_EQ(run(runtime_memory_fill, 0, 0, kEnd, 1, 0), TrapCode::None);
  EXPECT_EQ(run(runtime_memory_fill, 0, 0, kEnd + 1, 1, 0), kOutOfMemory);
  EXPECT_EQ(run(runtime_memory_fill, 0, 0, kEnd - 1, 1, 2), kOutOfMemory);
  EXPECT_EQ(bytes()[kEnd - 1], 0) << "nothing is written before the trap";
  EXPECT_EQ(run(runtime_memory_fill, 0, 0, kMax32, 1, kMax32), kOutOfMemory);
}

TEST_P(RuntimeCallsTest, MemoryCopyOverlapsAndCrossesMemories) {
  for (uint8_t i = 0; i < 100; ++i) bytes()[i] = i;
  EXPECT_EQ(run(runtime_memory_copy, 0, 0, 10, 0, 90), TrapCode::None);
  for (uint8_t i = 0; i < 90; ++i) ASSERT_EQ(bytes()[10 + i], i);
  EXPECT_EQ(run(runtime_memory_copy, 0, 0, 0, 10, 90), TrapCode::None);
  for (uint8_t i = 0; i < 90; ++i) ASSERT_EQ(bytes()[i], i);
  EXPECT_EQ(run(runtime_memory_copy, 1, 0, 5, 1, 2), TrapCode::None);
  EXPECT_EQ(bytes(1)[5], 1);
  EXPECT_EQ(bytes(1)[6], 2);
  EXPECT_EQ(run(runtime_memory_copy, 0, 0, kEnd, kEnd, 0), TrapCode::None);
  EXPECT_EQ(run(runtime_memory_copy, 0, 0, kEnd + 1, 0, 0), kOutOfMemory);
  EXPECT_EQ(run(runtime_memory_copy, 0, 0, 0, kEnd + 1, 0), kOutOfMemory);
  EXPECT_EQ(run(runtime_memory_copy, 0, 0, kEnd - 5, 0, 6), kOutOfMemory);
  EXPECT_EQ(run(runtime_memory_copy, 0, 0, 0, kMax32, kMax32), kOutOfMemory);
  EXPECT_EQ(bytes()[kEnd - 5], 0);
}

// Larger than the steps between looks at the interrupt, in both directions.
TEST_P(RuntimeCallsTest, LargeOverlappingCopiesAreWhole) {
  ASSERT_EQ(instance->memory(1)->grow(300), 1);
  constexpr uint64_t size = 9'000'001;
  for (uint64_t i = 0; i < size; ++i) bytes(1)[i] = static_cast<uint8_t>(i * 2654435761u >> 24);
  const std::vector<uint8_t> before(bytes(1), bytes(1) + size);
  for (const uint64_t shift : {uint64_t{1}, uint64_t{1000}, uint64_t{4 << 20}}) {
    EXPECT_EQ(run(runtime_memory_copy, 1, 1, shift, 0, size), TrapCode::None);
    EXPECT_EQ(std::memcmp(bytes(1) + shift, before.data(), size), 0) << shift;
    EXPECT_EQ(run(runtime_memory_copy, 1, 1, 0, shift, size), TrapCode::None);
    EXPECT_EQ(std::memcmp(bytes(1), before.data(), size), 0) << shift;
  }
}

TEST_P(RuntimeCallsTest, AnInterruptStopsALargeFill) {
  MemoryInst& memory = *instance->memory(1);
  if (memory.grow(4096) != 1) GTEST_SKIP() << "not enough memory";
  store->interrupt_handle().interrupt();
  EXPECT_EQ(run(runtime_memory_fill, 1, 0, 0, 1, memory.bytes), TrapCode::Interrupted);
  EXPECT_EQ(memory.base[memory.bytes - 1], 0);
  EXPECT_EQ(run(runtime_memory_fill, 1, 0, 0, 1, 100), TrapCode::None)
      << "small ones are not worth a look";
}

TEST_P(RuntimeCallsTest, MemoryInitAndDataDrop) {
  EXPECT_EQ(run(runtime_memory_init, 0, 0, 3, 1, 3), TrapCode::None);
  EXPECT_EQ(bytes()[3], 2);
  EXPECT_EQ(bytes()[5], 4);
  EXPECT_EQ(run(runtime_memory_init, 0, 0, 3, 5, 0), TrapCode::None);
  EXPECT_EQ(run(runtime_memory_init, 0, 0, 3, 6, 0), kOutOfMemory);
  EXPECT_EQ(run(runtime_memory_init, 0, 0, 3, 3, 3), kOutOfMemory);
  EXPECT_EQ(run(runtime_memory_init, 0, 0, kEnd - 1, 0, 2), kOutOfMemory);
  EXPECT_EQ(run(runtime_memory_init, 0, 0, 0, kMax32, 2), kOutOfMemory);
  EXPECT_EQ(run(runtime_data_drop, 0, 0), TrapCode::None);
  EXPECT_EQ(run(runtime_memory_init, 0, 0, 0, 0, 0), TrapCode::None);
  EXPECT_EQ(run(runtime_memory_init, 0, 0, 0, 0, 1), kOutOfMemory);
  EXPECT_EQ(run(runtime_data_drop, 0, 0), TrapCode::None) << "dropping twice is allowed";
}

TEST_P(RuntimeCallsTest, TableGetSetAndSize) {
  FuncInst* const f = instance->func(3);
  EXPECT_EQ(run(runtime_table_set, 0, 0, 9, slot(f)), TrapCode::None);
  EXPECT_EQ(instance->table(0)->elems[9].key, type_key(f->type));
  EXPECT_EQ(run(runtime_table_get, 0, 0, 9), TrapCode::None);
  EXPECT_EQ(args[0], slot(f));
  run(runtime_table_get, 0, 0, 8);
  EXPECT_EQ(args[0], 0u);
  EXPECT_EQ(run(runtime_table_get, 0, 0, 10), kOutOfTable);
  EXPECT_EQ(run(runtime_table_set, 0, 0, 10, 0), kOutOfTable);
  EXPECT_EQ(run(runtime_table_get, 0, 0, kMax32), kOutOfTable);
  run(runtime_table_size, 1, 0);
  EXPECT_EQ(args[0], 5u);
}

TEST_P(RuntimeCallsTest, TableGrowAndFill) {
  FuncInst* const f = instance->func(0);
  EXPECT_EQ(run(runtime_table_grow, 0, 0, slot(f), 4), TrapCode::None);
  EXPECT_EQ(args[0], 10u);
  EXPECT_EQ(at(0, 13), f);
  run(runtime_table_grow, 0, 0, slot(f), 7);
  EXPECT_EQ(args[0], kMax32);
  EXPECT_EQ(run(runtime_table_fill, 0, 0, 0, slot(f), 2), TrapCode::None);
  EXPECT_EQ(at(0, 1), f);
  EXPECT_EQ(at(0, 2), nullptr);
  EXPECT_EQ(run(runtime_table_fill, 0, 0, 14, slot(f), 0), TrapCode::None);
  EXPECT_EQ(run(runtime_table_fill, 0, 0, 15, slot(f), 0), kOutOfTable);
  EXPECT_EQ(run(runtime_table_fill, 0, 0, 5, slot(f), 10), kOutOfTable);
  EXPECT_EQ(at(0, 5), nullptr);
}

TEST_P(RuntimeCallsTest, TableInitCopyAndElemDrop) {
  EXPECT_EQ(run(runtime_table_init, 0, 0, 2, 1, 3), TrapCode::None);
  EXPECT_EQ(at(0, 1), nullptr);
  EXPECT_EQ(at(0, 2), instance->func(1));
  EXPECT_EQ(at(0, 4), instance->func(3));
  EXPECT_EQ(instance->table(0)->elems[4].key, type_key(instance->func(3)->type));
  EXPECT_EQ(run(runtime_table_copy, 0, 0, 3, 2, 3), TrapCode::None);
  EXPECT_EQ(at(0, 2), instance->func(1));
  EXPECT_EQ(at(0, 3), instance->func(1));
  EXPECT_EQ(at(0, 5), instance->func(3));
  EXPECT_EQ(run(runtime_table_copy, 0, 0, 0, 3, 3), TrapCode::None);
  EXPECT_EQ(at(0, 2), instance->func(3));
  EXPECT_EQ(run(runtime_table_copy, 2, 0, 7, 0, 3), TrapCode::None);
  EXPECT_EQ(at(2, 9), instance->func(3));
  EXPECT_EQ(run(runtime_table_copy, 2, 0, 8, 0, 3), kOutOfTable);
  EXPECT_EQ(at(2, 8), instance->func(2));
  EXPECT_EQ(run(runtime_table_copy, 0, 2, 0, kMax32, 1), kOutOfTable);
  EXPECT_EQ(run(runtime_table_init, 0, 0, 8, 0, 3), kOutOfTable);
  EXPECT_EQ(run(runtime_table_init, 0, 0, 0, 2, 3), kOutOfTable);
  EXPECT_EQ(run(runtime_elem_drop, 0, 0), TrapCode::None);
  EXPECT_EQ(run(runtime_table_init, 0, 0, 10, 0, 0), TrapCode::None);
  EXPECT_EQ(run(runtime_table_init, 0, 0, 0, 0, 1), kOutOfTable);
}

TEST_P(RuntimeCallsTest, RefFuncIsTheSameEachTime) {
  run(runtime_ref_func, 5, 0);
  EXPECT_EQ(args[0], slot(instance->func(5)));
}

}  // namespace
}  // namespace weft::interp::testing
