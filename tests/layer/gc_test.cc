// Structs, arrays and i31s as the host sees them.
#include <algorithm>
#include <array>

#include "tests/layer/layer_test.h"

namespace weft::layer {
namespace {

class GcLayer : public LayerTest {
 protected:
  void SetUp() override { WEFT_NEEDS(engine_, GcObjects); }

  [[nodiscard]] StructType pair_type() const {
    return or_throw(StructType::create(engine_, {{ValType::I64, Mutability::Var},
                                                 {ValType::AnyRef, Mutability::Var},
                                                 {StorageType::I16, Mutability::Var}}));
  }
  [[nodiscard]] StructRef make_pair(std::int64_t number, const AnyRef& next = {}) const {
    return or_throw(StructRef::create(store_, pair_type(), {number, next, 0x12345}));
  }
  // Makes and forgets this many bytes of objects, so that the collector runs by itself.
  void litter(std::uint64_t bytes) const {
    const ArrayType type = or_throw(ArrayType::create(engine_, {ValType::I64, Mutability::Var}));
    for (std::uint64_t made = 0; made < bytes; made += 1024) {
      ASSERT_TRUE(ArrayRef::create(store_, type, 126, std::int64_t{-1}));
    }
  }
};
WEFT_ON_EVERY_BACKEND(GcLayer);

TEST_P(GcLayer, StructsHoldValuesOfAllTypes) {
  const V128 vector = V128::from_lanes(std::array<std::uint32_t, 4>{1, 2, 3, 4});
  const Func func = wrap([] {});
  const ExternRef object = ExternRef::make<int>(store_, 5);
  const StructRef other = make_pair(1);
  const std::vector<Val> values{1,     std::int64_t{-2}, 3.5f, 4.5,   vector, func, object,
                                other, I31(7),           0xab, 0xcdef};
  std::vector<FieldType> fields;
  for (const ValType& type : {ValType(ValType::I32), ValType(ValType::I64), ValType(ValType::F32),
                              ValType(ValType::F64), ValType(ValType::V128), ValType::FuncRef,
                              ValType::ExternRef, ValType::StructRef, ValType::I31Ref}) {
    fields.push_back({type, Mutability::Var});
  }
  fields.push_back({StorageType::I8, Mutability::Var});
  fields.push_back({StorageType::I16, Mutability::Var});
  const StructType type = or_throw(StructType::create(engine_, fields));
  EXPECT_TRUE(std::ranges::equal(type.fields(), fields));
  const StructRef made = or_throw(StructRef::create(store_, type, values));
  ASSERT_TRUE(store_.gc());
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(or_throw(made.get(store_, i)), values[i]) << i;
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Val zero = Val::zero(fields[i].storage.value());
    ASSERT_TRUE(made.set(store_, i, zero)) << i;
    EXPECT_EQ(or_throw(made.get(store_, i)), zero) << i;
  }
  EXPECT_EQ(or_throw(made.type(store_)), type);
}

TEST_P(GcLayer, ArraysHoldElementsOfAllSizes) {
  const auto check = [&]<class T>(const StorageType& storage, const std::vector<T>& elements) {
    const ArrayType type = or_throw(ArrayType::create(engine_, {storage, Mutability::Var}));
    const Val zero = Val::zero(storage.value());
    const auto size = static_cast<std::uint32_t>(elements.size());
    const ArrayRef array = or_throw(ArrayRef::create(store_, type, size, zero));
    ASSERT_TRUE(array.write(store_, 0, elements));
    EXPECT_EQ(or_throw(array.read<T>(store_)), elements);
    std::vector<T> one(1);
    ASSERT_TRUE(array.read(store_, size - 1, one));
    EXPECT_EQ(one[0], elements.back());
    EXPECT_EQ(or_throw(array.get(store_, size - 1)).type(), storage.value());
  };
  check(StorageType::I8, std::vector<std::uint8_t>{1, 2, 255});
  check(StorageType::I16, std::vector<std::int16_t>{1, 2, -2});
  check(ValType::I32, std::vector<std::int32_t>{1, -2});
  check(ValType::F32, std::vector<float>{1.5f, -2});
  check(ValType::I64, std::vector<std::uint64_t>{1, ~std::uint64_t{0}});
  check(ValType::F64, std::vector<double>(10'000, 2.5));
  check(ValType::V128, std::vector<V128>(3, V128{{1, 2, 3}}));
}

TEST_P(GcLayer, ElementsAreFilledWithTheirFirstValue) {
  const ArrayType bytes = or_throw(ArrayType::create(engine_, {StorageType::I8}));
  const ArrayRef many = or_throw(ArrayRef::create(store_, bytes, 100'000, 0x107));
  EXPECT_EQ(or_throw(many.read<std::uint8_t>(store_)), std::vector<std::uint8_t>(100'000, 7));
  const ArrayType refs = or_throw(ArrayType::create(engine_, {ValType::ref(HeapKind::Any, false)}));
  const StructRef pair = make_pair(3);
  const ArrayRef pairs = or_throw(ArrayRef::create(store_, refs, 5, pair));
  EXPECT_EQ(or_throw(pairs.get(store_, 4)).ref(), Ref(pair));
  const ArrayRef list = or_throw(ArrayRef::create(store_, refs, {I31(1), pair}));
  EXPECT_EQ(or_throw(list.get(store_, 0)), Val(I31(1)));
  EXPECT_EQ(or_throw(list.get(store_, 1)), Val(pair));
  EXPECT_EQ(ArrayRef::create(store_, refs, 1, AnyRef()).error().code(), Errc::type_mismatch);
}

TEST_P(GcLayer, EqualTypesAreOneType) {
  EXPECT_EQ(pair_type(), pair_type());
  EXPECT_NE(pair_type().heap(), or_throw(StructType::create(engine_, {{ValType::I64}})).heap());
  EXPECT_NE(or_throw(StructType::create(engine_, {{ValType::I64}})).heap(),
            or_throw(StructType::create(engine_, {{ValType::I64}}, {.is_final = false})).heap());
}

TEST_P(GcLayer, SubtypesAreWhereTheirSupertypesAre) {
  const StructType base =
      or_throw(StructType::create(engine_, {{ValType::I32}}, {.is_final = false}));
  const StructType derived = or_throw(
      StructType::create(engine_, {{ValType::I32}, {ValType::F64}}, {.super = base.heap()}));
  EXPECT_EQ(derived.super(), base.heap());
  const Ref object = or_throw(StructRef::create(store_, derived, {1, 2.0}));
  EXPECT_TRUE(or_throw(object.matches(store_, base.heap())));
  EXPECT_TRUE(or_throw(object.matches(store_, derived.heap())));
  const Ref plain = or_throw(StructRef::create(store_, base, {1}));
  EXPECT_FALSE(or_throw(plain.matches(store_, derived.heap())));
  EXPECT_TRUE(Global::create(store_, {base.ref()}, object));
  EXPECT_EQ(Global::create(store_, {derived.ref()}, plain).error().code(), Errc::type_mismatch);

  EXPECT_EQ(StructType::create(engine_, {{ValType::I64}}, {.super = base.heap()}).error().code(),
            Errc::type_mismatch);
  EXPECT_EQ(StructType::create(engine_, {{ValType::I32}}, {.super = derived.heap()}).error().code(),
            Errc::type_mismatch)
      << "final";
  EXPECT_EQ(ArrayType::create(engine_, {ValType::I32}, {.super = base.heap()}).error().code(),
            Errc::type_mismatch);
}

TEST_P(GcLayer, TypesThatThereAreNotAreRefused) {
  const HeapType unknown = HeapType::concrete(1'000'000, HeapKind::Struct);
  const HeapType lie = HeapType::concrete(pair_type().heap().index, HeapKind::Func);
  for (const HeapType& type : {unknown, lie}) {
    EXPECT_EQ(Global::create(store_, {ValType::ref(type, true)}, Ref::null(type)).error().code(),
              Errc::type_mismatch);
    EXPECT_EQ(StructType::create(engine_, {{ValType::ref(type, true)}}).error().code(),
              Errc::type_mismatch);
    EXPECT_FALSE(or_throw(Ref(wrap([] {})).matches(store_, type)));
    EXPECT_FALSE(or_throw(Ref(make_pair(1)).matches(store_, type)));
  }
  EXPECT_EQ(StructType::of(engine_, unknown).error().code(), Errc::type_mismatch);
}

TEST_P(GcLayer, WhatAHandleOrAnObjectHoldsLivesThroughCollections) {
  const StructRef head = make_pair(0, make_pair(1, make_pair(2)));
  litter(std::uint64_t{16} << 20);
  ASSERT_TRUE(store_.gc());
  AnyRef at = head;
  for (std::int64_t i = 0; i < 3; ++i) {
    const StructRef pair = or_throw(at.as<StructRef>());
    EXPECT_EQ(or_throw(pair.get(store_, 0)), Val(i));
    EXPECT_EQ(or_throw(pair.get(store_, 2)), Val(0x2345));
    at = or_throw(pair.get(store_, 1)).ref().anyref();
  }
  EXPECT_TRUE(at.is_null());
}

TEST_P(GcLayer, LitterIsCollectedWithoutBeingAsked) {
  litter(std::uint64_t{64} << 20);
  const GcStats stats = or_throw(store_.gc_stats());
  EXPECT_GT(stats.collections, 0u);
  EXPECT_LT(stats.heap_bytes, std::uint64_t{32} << 20);
}

TEST_P(GcLayer, AHostObjectThatTheGuestForgotCanBeHandedOutAgain) {
  WEFT_NEEDS(engine_, ExternRef);
  int alive = 0;
  {
    const ExternRef object = ExternRef::make<Counted>(store_, alive, 5);
    const Global global =
        or_throw(Global::create(store_, {ValType::ExternRef, Mutability::Var}, object));
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(global.set(store_, ExternRef()));
      litter(std::uint64_t{8} << 20);  // finds that it is dead, and finalises nothing
      ASSERT_TRUE(global.set(store_, object));
      ASSERT_TRUE(store_.gc());
      EXPECT_EQ(or_throw(global.get(store_)).ref(), Ref(object));
      EXPECT_EQ(alive, 1);
    }
    ASSERT_TRUE(global.set(store_, ExternRef()));
  }
  ASSERT_TRUE(store_.gc());
  EXPECT_EQ(alive, 0);
}

TEST_P(GcLayer, HostObjectsLiveInStructs) {
  WEFT_NEEDS(engine_, ExternRef);
  int alive = 0;
  const StructType type = or_throw(StructType::create(engine_, {{ValType::ExternRef}}));
  StructRef holder =
      or_throw(StructRef::create(store_, type, {ExternRef::make<Counted>(store_, alive, 5)}));
  litter(std::uint64_t{8} << 20);
  ASSERT_TRUE(store_.gc());
  EXPECT_EQ(alive, 1);
  holder = StructRef();
  ASSERT_TRUE(store_.gc());
  EXPECT_EQ(alive, 0);
}

TEST_P(GcLayer, ConversionsKeepIdentity) {
  const StructRef pair = make_pair(1);
  const ExternRef outside = or_throw(pair.to_extern(store_));
  const Table table = or_throw(
      Table::create(store_, {.element = ValType::ExternRef, .limits = {2, {}}}, ExternRef()));
  ASSERT_TRUE(table.set(store_, 0, outside));
  const ExternRef back = or_throw(table.get(store_, 0)).externref();
  EXPECT_EQ(back, outside);
  EXPECT_EQ(or_throw(AnyRef::from_extern(store_, back)), AnyRef(pair));
  ASSERT_TRUE(table.set(store_, 0, or_throw(AnyRef(I31(-4)).to_extern(store_))));
  EXPECT_EQ(or_throw(AnyRef::from_extern(store_, or_throw(table.get(store_, 0)).externref())),
            AnyRef(I31(-4)));
  const ExternRef object = ExternRef::make<int>(store_, 42);
  const AnyRef inside = or_throw(AnyRef::from_extern(store_, object));
  const Global global = or_throw(Global::create(store_, {ValType::AnyRef}, inside));
  EXPECT_EQ(or_throw(or_throw(global.get(store_)).ref().anyref().to_extern(store_)), object);
}

TEST_P(GcLayer, TheHeapIsBoundedByTheStoresLimit) {
  WEFT_NEEDS(engine_, Limits);
  const ArrayType type = or_throw(ArrayType::create(engine_, {StorageType::I8}));
  ASSERT_TRUE(store_.set_limits({.gc_heap_bytes = std::uint64_t{8} << 20}));
  EXPECT_EQ(ArrayRef::create(store_, type, 64u << 20, 0).error().code(), Errc::limit);
  EXPECT_TRUE(ArrayRef::create(store_, type, 1024, 0));
  EXPECT_EQ(ArrayRef::create(store_, type, UINT32_MAX, 0).error().code(), Errc::limit);
}

TEST_P(GcLayer, TheLimiterIsAskedForTheHeap) {
  WEFT_NEEDS(engine_, LimitCallback);
  std::uint64_t most = 0;
  ASSERT_TRUE(store_.set_limiter([&](const GrowthRequest& request) {
    EXPECT_EQ(request.kind, GrowthRequest::Kind::GcHeap);
    EXPECT_GT(request.desired, request.current);
    most = std::max(most, request.desired);
    return request.desired <= std::uint64_t{8} << 20;
  }));
  const ArrayType type = or_throw(ArrayType::create(engine_, {StorageType::I8}));
  EXPECT_TRUE(ArrayRef::create(store_, type, 1u << 20, 0));
  EXPECT_EQ(ArrayRef::create(store_, type, 64u << 20, 0).error().code(), Errc::limit);
  EXPECT_GE(most, std::uint64_t{64} << 20);
}

}  // namespace
}  // namespace weft::layer
