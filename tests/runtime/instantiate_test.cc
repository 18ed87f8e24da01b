#include <gmock/gmock.h>

#include "tests/runtime/fixtures.h"

namespace weft::interp::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TrapCode do_nothing(void*, Store&, Instance*, Value*) { return TrapCode::None; }

class InstantiateTest : public ::testing::Test {
 protected:
  std::shared_ptr<TypeRegistry> types = std::make_shared<TypeRegistry>();
  std::unique_ptr<Store> store = make_store({}, types);
  InstanceBuilder module{types};
  const FuncType nullary;
  const FuncType unary{{ValType::I32}, {ValType::I64}};

  ExternVal host_func(const FuncType& type) {
    return {ExternKind::Func,
            store->new_host_func(types->intern(type), type, do_nothing, nullptr, nullptr)};
  }
  ExternVal memory(const MemoryType& type) {
    return {ExternKind::Memory, *store->new_memory(type)};
  }
  ExternVal table(const TableType& type) {
    return {ExternKind::Table, *store->new_table(type, nullptr)};
  }
  ExternVal global(GlobalType type, Value value = {}) {
    return {ExternKind::Global, store->new_global(type, value)};
  }

  std::string link_error(std::vector<ExternVal> imports) {
    const auto result = instantiate(*store, module.build(), imports);
    if (result) return "linked";
    EXPECT_EQ(result.error().kind(), ErrorKind::Unlinkable);
    EXPECT_TRUE(store->instances().empty());
    return result.error().message();
  }
};

TEST_F(InstantiateTest, AnEmptyModule) {
  Instance& instance = instantiate_ok(*store, module);
  EXPECT_EQ(&instance.store(), store.get());
  EXPECT_EQ(instance.context().instance, &instance);
  EXPECT_EQ(instance.context().memory0, nullptr);
  EXPECT_EQ(instance.find_export("x"), std::nullopt);
}

TEST_F(InstantiateTest, AMissingImportIsUnknownByName) {
  module.import_func(module.type({}, {}));
  EXPECT_EQ(link_error({{ExternKind::Func, nullptr}}),
            "unknown import: \"m\" \"f\" (func () -> ())");
}

TEST_F(InstantiateTest, TooFewOrTooManyImports) {
  module.import_func(module.type({}, {}));
  EXPECT_THAT(link_error({}), StartsWith("unknown import"));
  module = InstanceBuilder(types);
  EXPECT_THAT(link_error({host_func(nullary)}), StartsWith("unknown import"));
}

TEST_F(InstantiateTest, AnImportOfAnotherKind) {
  module.import_func(module.type({ValType::I32}, {ValType::I64}));
  EXPECT_EQ(link_error({memory(memory_type(1, 2))}),
            "incompatible import type: \"m\" \"f\": expected func (i32) -> i64, found memory {min "
            "1, max 2}");
}

TEST_F(InstantiateTest, AFunctionOfAnotherType) {
  module.import_func(module.type({}, {}));
  EXPECT_EQ(
      link_error({host_func(unary)}),
      "incompatible import type: \"m\" \"f\": expected func () -> (), found func (i32) -> i64");
}

TEST_F(InstantiateTest, NamesInMessagesAreEscapedAndCut) {
  const std::string name = "\x1b[31m" + std::string(1000, 'x');
  module.import_func(module.type({}, {}));
  module.module.imports[0].name = name;
  const std::string message = link_error({{ExternKind::Func, nullptr}});
  EXPECT_THAT(message, HasSubstr("\\x1b[31mxxx"));
  EXPECT_LT(message.size(), 400u);
}

TEST_F(InstantiateTest, MemoriesMatchByTheirPresentLimits) {
  struct Case {
    MemoryType actual, expected;
    bool matches;
  };
  const Case cases[] = {
      {memory_type(1), memory_type(1), true},        {memory_type(2), memory_type(1), true},
      {memory_type(0), memory_type(1), false},       {memory_type(1, 5), memory_type(1), true},
      {memory_type(1, 5), memory_type(1, 5), true},  {memory_type(1, 5), memory_type(1, 6), true},
      {memory_type(1, 5), memory_type(1, 4), false}, {memory_type(1), memory_type(1, 5), false},
  };
  for (const Case& c : cases) {
    module = InstanceBuilder(types);
    module.import_memory(c.expected);
    const ExternVal imports[] = {memory(c.actual)};
    EXPECT_EQ(instantiate(*store, module.build(), imports).has_value(), c.matches);
  }
}

TEST_F(InstantiateTest, AGrownMemoryMatchesAsGrown) {
  const ExternVal actual = memory(memory_type(1, 5));
  module.import_memory(memory_type(3, 5));
  EXPECT_THAT(link_error({actual}),
              HasSubstr("expected memory {min 3, max 5}, found memory {min 1, max 5}"));
  static_cast<MemoryInst*>(actual.object)->grow(2);
  module.import_memory(memory_type(3, 5));
  module = InstanceBuilder(types);
  module.import_memory(memory_type(3, 5));
  const ExternVal imports[] = {actual};
  EXPECT_TRUE(instantiate(*store, module.build(), imports));
}

TEST_F(InstantiateTest, TablesMatchByElementTypeAndLimits) {
  module.import_table(table_type(1, 5));
  EXPECT_THAT(link_error({table(table_type(1, 6))}), StartsWith("incompatible import type"));
  module = InstanceBuilder(types);
  module.import_table(table_type(1, {}, kExternRef));
  EXPECT_EQ(link_error({table(table_type(1))}),
            "incompatible import type: \"m\" \"tab\": expected table {min 1} externref, found "
            "table {min 1} funcref");
}

TEST_F(InstantiateTest, GlobalsMatchByTypeAndMutability) {
  module.import_global({ValType::I32, true});
  EXPECT_EQ(link_error({global({ValType::I32, false})}),
            "incompatible import type: \"m\" \"g\": expected global mutable i32, found global i32");
  module = InstanceBuilder(types);
  module.import_global({ValType::I32, false});
  EXPECT_THAT(link_error({global({ValType::I64, false})}), StartsWith("incompatible import type"));
}

TEST_F(InstantiateTest, ImportsAreReachedThroughTheContext) {
  module.import_func(module.type({ValType::I32}, {ValType::I64}));
  module.import_memory(memory_type(1));
  module.import_table(table_type(1));
  module.import_global({ValType::I32, true});
  const std::vector<ExternVal> imports = {host_func(unary), memory(memory_type(1)),
                                          table(table_type(1)),
                                          global({ValType::I32, true}, Value::of_i32(42))};
  Instance& instance = instantiate_ok(*store, module, imports);
  Context& context = instance.context();
  const ContextLayout& layout = instance.compiled().layout;
  EXPECT_EQ(context.at<FuncInst*>(layout.imported_funcs), imports[0].object);
  EXPECT_EQ(context.memory0, imports[1].object);
  EXPECT_EQ(context.at<MemoryInst*>(layout.memories), imports[1].object);
  EXPECT_EQ(context.at<TableInst*>(layout.tables), imports[2].object);
  EXPECT_EQ(context.at<Value*>(layout.imported_globals)->i32, 42u);
  EXPECT_EQ(instance.global(0), imports[3].object);
}

TEST_F(InstantiateTest, GlobalsAreInitialisedInOrder) {
  module.import_global({ValType::I32, false});
  module.module.globals.push_back({{ValType::I32, false}, global_get(0)});
  V128 vector;
  for (uint8_t i = 0; i < 16; ++i) vector.bytes[i] = i;
  ConstExpr v128;
  v128.instrs.push_back({Opcode::V128Const, Value::of_v128(vector)});
  module.module.globals.push_back({{ValType::V128, true}, v128});
  ConstExpr sum;  // extended-const: (i32.add (global.get 1) (i32.mul (i32.const 10) (i32.const 3)))
  sum.instrs = {{Opcode::GlobalGet, {}, 1},
                {Opcode::I32Const, Value::of_i32(10)},
                {Opcode::I32Const, Value::of_i32(3)},
                {Opcode::I32Mul, {}},
                {Opcode::I32Add, {}}};
  module.module.globals.push_back({{ValType::I32, true}, sum});
  const ExternVal imports[] = {global({ValType::I32, false}, Value::of_i32(7))};
  Instance& instance = instantiate_ok(*store, module, imports);
  EXPECT_EQ(instance.global(1)->value->i32, 7u);
  EXPECT_EQ(instance.global(2)->value->v128, vector);
  EXPECT_EQ(instance.global(3)->value->i32, 37u);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(instance.global(2)->value) % 16, 0u);
}

TEST_F(InstantiateTest, FunctionsAreInitialisedWhenFirstAsked) {
  const uint32_t type = module.type({}, {});
  module.module.funcs.assign(600'000, {type, {}});
  Instance& instance = instantiate_ok(*store, module);
  FuncInst* const func = instance.func(599'999);
  EXPECT_EQ(func->context, &instance.context());
  EXPECT_EQ(func->index, 599'999u);
  EXPECT_EQ(func->type, types->intern(nullary));
  EXPECT_NE(func->code, nullptr);
  EXPECT_EQ(instance.func(599'999), func);
}

TEST_F(InstantiateTest, ExportsByNameAndPosition) {
  module.func(module.type({}, {}));
  module.module.memories.push_back(memory_type(1));
  module.module.tables.push_back({table_type(1), {}});
  module.module.globals.push_back({{ValType::I32, true}, i32_const(3)});
  module.add_export("f", ExternKind::Func, 0);
  module.add_export("m", ExternKind::Memory, 0);
  module.add_export("t", ExternKind::Table, 0);
  module.add_export("g", ExternKind::Global, 0);
  Instance& instance = instantiate_ok(*store, module);
  EXPECT_EQ(instance.find_export("f")->object, instance.func(0));
  EXPECT_EQ(instance.find_export("m")->object, instance.context().memory0);
  EXPECT_EQ(instance.find_export("t")->object, instance.table(0));
  EXPECT_EQ(static_cast<GlobalInst*>(instance.find_export("g")->object)->value->i32, 3u);
  EXPECT_EQ(instance.find_export("h"), std::nullopt);
  EXPECT_EQ(instance.export_at(1).object, instance.memory(0));
  EXPECT_EQ(instance.export_at(1).kind, ExternKind::Memory);
}

TEST_F(InstantiateTest, ActiveSegmentsAreWrittenAndDropped) {
  module.func(module.type({}, {}));
  module.module.memories.push_back(memory_type(1));
  module.module.tables.push_back({table_type(3), {}});
  module.data(i32_const(kPageBytes - 3), {1, 2, 3});
  module.data({}, {4, 5}, SegmentMode::Passive);
  module.elem(i32_const(2), {0});
  module.elem({}, {0, 0}, SegmentMode::Passive);
  module.elem({}, {0}, SegmentMode::Declarative);
  Instance& instance = instantiate_ok(*store, module);
  EXPECT_EQ(instance.memory(0)->base[kPageBytes - 1], 3);
  EXPECT_TRUE(instance.data_dropped(0));
  EXPECT_TRUE(instance.data(0).empty());
  EXPECT_EQ(instance.data(1).size(), 2u);
  EXPECT_EQ(instance.table(0)->elems[2].ref, instance.func(0));
  EXPECT_EQ(instance.table(0)->elems[2].key, type_key(instance.func(0)->type));
  EXPECT_EQ(instance.table(0)->elems[1].ref, nullptr);
  EXPECT_TRUE(instance.elem(0).empty());
  EXPECT_EQ(instance.elem(1).size(), 2u);
  EXPECT_TRUE(instance.elem(2).empty());
  instance.drop_data(1);
  instance.drop_elem(1);
  EXPECT_TRUE(instance.data(1).empty());
  EXPECT_TRUE(instance.elem(1).empty());
}

TEST_F(InstantiateTest, ATrapKeepsWhatWasWrittenBefore) {
  module.func(module.type({}, {}));
  module.import_memory(memory_type(1));
  module.import_table(table_type(1));
  module.elem(i32_const(0), {0});
  module.data(i32_const(0), {9});
  module.data(i32_const(kPageBytes), {1});
  module.data(i32_const(1), {8});
  const ExternVal imports[] = {memory(memory_type(1)), table(table_type(1))};
  const auto result = instantiate(*store, module.build(), imports);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->trap, TrapCode::OutOfBoundsMemoryAccess);
  const auto& m = *static_cast<MemoryInst*>(imports[0].object);
  EXPECT_EQ(m.base[0], 9);
  EXPECT_EQ(m.base[1], 0);
  // The function in the table can still be called, so its instance lives.
  const auto& slot = static_cast<TableInst*>(imports[1].object)->elems[0];
  EXPECT_EQ(static_cast<FuncInst*>(slot.ref)->context, &store->instances().back()->context());
}

TEST_F(InstantiateTest, ElementsOutOfBoundsTrapBeforeAnyIsWritten) {
  module.func(module.type({}, {}));
  module.module.tables.push_back({table_type(2), {}});
  module.elem(i32_const(1), {0, 0});
  const auto result = instantiate(*store, module.build(), {});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->trap, TrapCode::OutOfBoundsTableAccess);
  EXPECT_EQ(result->instance->table(0)->elems[1].ref, nullptr);
}

TEST_F(InstantiateTest, OffsetsAreUnsigned) {
  module.module.memories.push_back(memory_type(1));
  module.data(i32_const(UINT32_MAX), {});
  EXPECT_EQ(instantiate(*store, module.build(), {})->trap, TrapCode::OutOfBoundsMemoryAccess);
  module = InstanceBuilder(types);
  module.module.memories.push_back(memory_type(1));
  module.data(i32_const(kPageBytes), {});
  EXPECT_EQ(instantiate(*store, module.build(), {})->trap, TrapCode::None)
      << "nothing, at the very end";
}

TEST_F(InstantiateTest, WhatFailsToAllocateLeavesTheStoreAsItWas) {
  store->set_limiter(
      {.table = [](uint64_t, uint64_t wanted, std::optional<uint64_t>) { return wanted < 100; }});
  module.module.memories.push_back(memory_type(1));
  module.module.tables.push_back({table_type(1), {}});
  module.module.tables.push_back({table_type(100), {}});
  const auto result = instantiate(*store, module.build(), {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), ErrorKind::Limit);
  EXPECT_TRUE(store->memories().empty());
  EXPECT_TRUE(store->tables().empty());
  EXPECT_TRUE(store->instances().empty());
  EXPECT_EQ(store->state().guard_memories, nullptr);
}

TEST_F(InstantiateTest, TheStoreHoldsAsManyInstancesAsTheLimitSays) {
  store->set_limiter({.max_instances = 1});
  const auto compiled = module.build();
  EXPECT_TRUE(instantiate(*store, compiled, {}));
  const auto second = instantiate(*store, compiled, {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind(), ErrorKind::Limit);
}

TEST_F(InstantiateTest, ATableMayStartWithAValue) {
  module.func(module.type({}, {}));
  module.module.tables.push_back({table_type(2), ref_func(0)});
  Instance& instance = instantiate_ok(*store, module);
  EXPECT_EQ(instance.table(0)->elems[1].ref, instance.func(0));
}

}  // namespace
}  // namespace weft::interp::testing
