#include "interp/validate/type_registry.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "tests/validate/validate_helpers.h"

namespace weft::interp::testing {
namespace {

ValType ref_to(uint32_t index, bool nullable = true) {
  return ValType::ref(HeapType::of_index(index), nullable);
}

DefinedType structure(std::vector<FieldType> fields, std::optional<uint32_t> super = {}) {
  DefinedType type;
  type.type.is_final = false;
  type.type.super = super;
  type.type.composite.kind = CompositeType::Kind::Struct;
  type.type.composite.fields = std::move(fields);
  return type;
}

TEST(TypeRegistry, EqualFunctionTypesHaveEqualIds) {
  TypeRegistry types;
  const FuncType a{{ValType::I32}, {ValType::I64}};
  const TypeId id = types.intern(a);
  EXPECT_EQ(types.intern(FuncType{{ValType::I32}, {ValType::I64}}), id);
  EXPECT_NE(types.intern(FuncType{{ValType::I32}, {}}), id);
  EXPECT_NE(types.intern(FuncType{{}, {ValType::I32, ValType::I64}}),
            types.intern(FuncType{{ValType::I32}, {ValType::I64}}));
  EXPECT_NE(types.intern(FuncType{{ValType::I32, ValType::I64}, {}}), id);
  EXPECT_EQ(types.func_type(id), a);
}

TEST(TypeRegistry, TheHostsTypesAreTheModules) {
  TypeRegistry types;
  auto module = decode(ModuleBuilder().type({0x7f}, {0x7e}).build());
  ASSERT_TRUE(validate_module(**module, types));
  EXPECT_EQ((*module)->types[0].id, types.intern(FuncType{{ValType::I32}, {ValType::I64}}));
  const FuncType referring{{ref_to((*module)->types[0].id)}, {}};
  EXPECT_EQ(types.func_type(types.intern(referring)), referring);
  EXPECT_EQ(types.intern(referring), types.intern(referring));
}

TEST(TypeRegistry, GroupsAreEqualUpToWhereTheyStand) {
  TypeRegistry types;
  // Two equal self-referring structs at different indices, and one that refers to the first from
  // outside.
  std::vector<DefinedType> list = {structure({{ref_to(0)}}), structure({{ref_to(1)}}),
                                   structure({{ref_to(0)}})};
  for (uint32_t i = 0; i < list.size(); ++i) ASSERT_TRUE(types.intern_group(list, i, i + 1));
  EXPECT_EQ(list[0].id, list[1].id);
  EXPECT_NE(list[2].id, list[0].id);
  // The same members in a group of two are other types.
  std::vector<DefinedType> pair = {structure({{ref_to(0)}}), structure({{ref_to(1)}})};
  ASSERT_TRUE(types.intern_group(pair, 0, 2));
  EXPECT_NE(pair[0].id, list[0].id);
  EXPECT_NE(pair[1].id, pair[0].id);
}

TEST(TypeRegistry, SubtypesFollowTheirDeclarations) {
  TypeRegistry types;
  std::vector<DefinedType> list = {structure({}), structure({{ValType::I32}}, 0),
                                   structure({{ValType::I32}, {ValType::I64}}, 1),
                                   structure({{ValType::I32}})};
  for (uint32_t i = 0; i < list.size(); ++i) ASSERT_TRUE(types.intern_group(list, i, i + 1));
  for (size_t sub = 0; sub < 3; ++sub) {
    for (size_t super = 0; super < 3; ++super) {
      EXPECT_EQ(types.is_subtype(list[sub].id, list[super].id), sub >= super);
    }
    EXPECT_FALSE(types.is_subtype(list[3].id, list[sub].id));
    EXPECT_FALSE(types.is_subtype(list[sub].id, list[3].id));
  }
}

TEST(TypeRegistry, AbstractTypesFormThreeHierarchiesAndExceptions) {
  TypeRegistry types;
  std::vector<DefinedType> list = {structure({})};
  ASSERT_TRUE(types.intern_group(list, 0, 1));
  const HeapType defined_struct = HeapType::of_index(list[0].id);
  const HeapType defined_func = HeapType::of_index(types.intern(FuncType{}));
  using enum HeapType::Abstract;
  const std::vector<std::pair<HeapType, std::vector<HeapType>>> supers = {
      {Any, {}},
      {Eq, {Any}},
      {I31, {Eq, Any}},
      {Struct, {Eq, Any}},
      {HeapType::Array, {Eq, Any}},
      {None, {I31, Struct, HeapType::Array, Eq, Any, defined_struct}},
      {Func, {}},
      {NoFunc, {Func, defined_func}},
      {Extern, {}},
      {NoExtern, {Extern}},
      {Exn, {}},
      {NoExn, {Exn}},
      {defined_struct, {Struct, Eq, Any}},
      {defined_func, {Func}}};
  for (const auto& [sub, above] : supers) {
    for (const auto& [super, unused] : supers) {
      const bool expected = sub == super || std::ranges::find(above, super) != above.end();
      EXPECT_EQ(matches(sub, super, types), expected)
          << to_string(sub) << " <: " << to_string(super);
    }
  }
}

TEST(TypeRegistry, NullabilityAndBottom) {
  TypeRegistry types;
  const ValType null_func = kFuncRef;
  const ValType func = ValType::ref(HeapType::Func, false);
  EXPECT_TRUE(matches(func, null_func, types));
  EXPECT_FALSE(matches(null_func, func, types));
  EXPECT_TRUE(matches(ValType::Bot, func, types));
  EXPECT_TRUE(matches(ValType::Bot, ValType::I32, types));
  EXPECT_FALSE(matches(ValType::I32, ValType::I64, types));
  EXPECT_FALSE(matches(ValType::I32, func, types));
}

TEST(TypeRegistry, AHundredThousandTypesTakeLinearTime) {
  constexpr uint32_t kCount = 100'000;
  ModuleBuilder builder;
  Bytes content = unsigned_leb(kCount);
  for (uint32_t i = 0; i < kCount; ++i) {
    append(content, {0x60, 17});
    for (int bit = 0; bit < 17; ++bit) content.push_back(i >> bit & 1 ? 0x7f : 0x7e);
    content.push_back(0);
  }
  auto module = decode(builder.raw(ModuleBuilder::kType, content).build());
  ASSERT_TRUE(module);
  TypeRegistry types;
  ASSERT_TRUE(validate_module(**module, types));
  EXPECT_EQ(types.size(), kCount);
}

TEST(TypeRegistry, ThreadsAgreeOnIds) {
  TypeRegistry types;
  std::vector<std::vector<TypeId>> ids(4);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : ids) {
      threads.emplace_back([&types, &mine] {
        for (size_t i = 0; i < 2000; ++i) {
          const FuncType type{std::vector<ValType>(i % 500, ValType::I32), {}};
          mine.push_back(types.intern(type));
          EXPECT_EQ(types.func_type(mine.back()), type);
        }
      });
    }
  }
  for (const auto& other : ids) EXPECT_EQ(other, ids[0]);
  EXPECT_EQ(types.size(), 500u);
}

TEST(TypeRegistry, KnowsHowFunctionsValuesLieInFrames) {
  TypeRegistry types;
  const FuncLayout& mixed = types.func_layout(
      types.intern({{ValType::I32, ValType::F64, ValType::F32}, {ValType::V128, ValType::I32}}));
  EXPECT_TRUE(mixed.params.is_plain);
  EXPECT_EQ(mixed.params.slots, 3u);
  EXPECT_EQ(mixed.params.halves, 0b101u);
  EXPECT_EQ(mixed.params.floats, 0b100u);
  EXPECT_FALSE(mixed.results.is_plain);
  EXPECT_EQ(mixed.results.slots, 3u);
  EXPECT_EQ(mixed.values, 3u);
  EXPECT_EQ(mixed.slots, 3u);
  const auto many = [&](size_t count) -> const FuncLayout& {
    return types.func_layout(types.intern({std::vector<ValType>(count, ValType::I32), {}}));
  };
  EXPECT_TRUE(many(64).params.is_plain);
  EXPECT_EQ(many(64).params.halves, UINT64_MAX);
  EXPECT_FALSE(many(65).params.is_plain);
  EXPECT_EQ(many(65).slots, 65u);
}

}  // namespace
}  // namespace weft::interp::testing
