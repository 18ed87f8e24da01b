// References to the guest's objects: handles, types, and how they cross.
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "tests/api/fake_backend.h"
#include "weft/func.hpp"
#include "weft/gc.hpp"
#include "weft/global.hpp"
#include "weft/store.hpp"

namespace weft {
namespace {

static_assert(I31(5).value() == 5 && I31(-1).value() == -1 &&
              I31(-1).unsigned_value() == 0x7fffffff);
static_assert(I31(0x4000'0000).value() == -0x4000'0000);
static_assert(I31(INT32_MIN) == I31(0));

TEST(AnyRefTest, IsNullOrAnIntegerWithoutAStore) {
  const AnyRef null;
  EXPECT_TRUE(null.is_null());
  EXPECT_EQ(null.heap(), HeapType(HeapKind::None));
  EXPECT_FALSE(null.is<AnyRef>());
  const AnyRef five = I31(5);
  EXPECT_TRUE(five);
  EXPECT_TRUE(five.is<I31>() && five.is<EqRef>() && five.is<AnyRef>());
  EXPECT_FALSE(five.is<StructRef>() || five.is<ArrayRef>());
  EXPECT_EQ(or_throw(five.as<I31>()).value(), 5);
  EXPECT_EQ(five.as<StructRef>().error().code(), Errc::type_mismatch);
  EXPECT_EQ(five, AnyRef(I31(5)));
  EXPECT_NE(five, AnyRef(I31(6)));
  EXPECT_NE(five, null);
}

TEST(RefTest, TellsWhatItIs) {
  EXPECT_TRUE(Ref(I31(5)).is<I31>());
  EXPECT_TRUE(Ref(I31(5)).is<EqRef>());
  EXPECT_FALSE(Ref(I31(5)).is<ExternRef>());
  EXPECT_FALSE(Ref(I31(5)).is<Func>());
  EXPECT_EQ(or_throw(Ref(I31(-3)).as<I31>()).value(), -3);
  EXPECT_EQ(Ref(I31(5)).as<ExnRef>().error().code(), Errc::type_mismatch);
  for (const Ref& null :
       {Ref(), Ref(AnyRef()), Ref(ExternRef()), Ref(ExnRef()), Ref(StructRef())}) {
    EXPECT_TRUE(null.is_null());
    EXPECT_FALSE(null.is<AnyRef>() || null.is<ExternRef>() || null.is<ExnRef>() || null.is<Func>());
    EXPECT_EQ(null, Ref());
  }
  EXPECT_EQ(Val(I31(5)).type(), ValType::ref(HeapKind::I31, false));
  EXPECT_EQ(to_string(Val(I31(-5))), "(ref i31):-5");
  EXPECT_EQ(to_string(Val(StructRef())), "nullref:null");
  EXPECT_EQ(to_string(Val(ExnRef())), "exnref:null");
}

class ReferencesTest : public testing::Test {
 protected:
  [[nodiscard]] std::size_t roots() const { return fake::fake_roots()[store_.state()].size(); }
  [[nodiscard]] StructRef make_point(double x = 1.5, double y = 2.5) const {
    return or_throw(StructRef::create(store_, point_, {x, y, 300}));
  }

  std::shared_ptr<fake::FakeBackend> backend_ = std::make_shared<fake::FakeBackend>();
  Engine engine_{Config{}, backend_};
  Store store_{engine_};
  StructType point_ = or_throw(StructType::create(
      engine_,
      {{ValType::F64, Mutability::Var}, {ValType::F64}, {StorageType::I8, Mutability::Var}}));
};

TEST_F(ReferencesTest, AStructHasItsTypesFields) {
  const StructRef point = make_point();
  EXPECT_EQ(or_throw(point.type(store_)), point_);
  EXPECT_EQ(to_string(or_throw(point.type(store_))), "(struct (mut f64) f64 (mut i8))");
  EXPECT_EQ(or_throw(point.field_count(store_)), 3u);
  EXPECT_EQ(or_throw(point.get(store_, 0)), Val(1.5));
  EXPECT_EQ(or_throw(point.get(store_, 2)), Val(300 & 0xff));
  EXPECT_TRUE(point.set(store_, 0, 4.0));
  EXPECT_EQ(or_throw(point.get(store_, 0)), Val(4.0));
  EXPECT_TRUE(point.set(store_, 2, -1));
  EXPECT_EQ(or_throw(point.get(store_, 2)), Val(0xff));
  EXPECT_EQ(point.heap(), point_.heap());
  EXPECT_EQ(Val(point).type(), point_.ref(false));
}

TEST_F(ReferencesTest, FieldsAreChecked) {
  const StructRef point = make_point();
  EXPECT_EQ(point.get(store_, 3).error().code(), Errc::out_of_bounds);
  EXPECT_EQ(point.set(store_, 3, 1.0).error().code(), Errc::out_of_bounds);
  EXPECT_EQ(point.set(store_, 1, 1.0).error().code(), Errc::type_mismatch) << "constant";
  EXPECT_EQ(point.set(store_, 0, 1).error().code(), Errc::type_mismatch);
  EXPECT_EQ(StructRef::create(store_, point_, {1.0}).error().code(), Errc::type_mismatch);
  EXPECT_EQ(StructRef::create(store_, point_, {1.0, 2, 3}).error().message(),
            "field 1: expected f64, got i32");
  EXPECT_EQ(StructRef().get(store_, 0).error().code(), Errc::usage);
}

TEST_F(ReferencesTest, ArraysHaveElementsOneByOneAndInBulk) {
  const ArrayType type = or_throw(ArrayType::create(engine_, {ValType::F32, Mutability::Var}));
  EXPECT_EQ(to_string(type), "(array (mut f32))");
  const ArrayRef array = or_throw(ArrayRef::create(store_, type, {1.0f, 2.0f, 3.0f}));
  EXPECT_EQ(or_throw(array.size(store_)), 3u);
  EXPECT_EQ(or_throw(array.get(store_, 2)), Val(3.0f));
  EXPECT_TRUE(array.set(store_, 1, 5.0f));
  EXPECT_EQ(or_throw(array.read<float>(store_)), (std::vector<float>{1, 5, 3}));
  const std::vector<float> more{7, 8};
  EXPECT_TRUE(array.write(store_, 1, more));
  EXPECT_EQ(or_throw(array.read<float>(store_)), (std::vector<float>{1, 7, 8}));
  EXPECT_EQ(array.write(store_, 2, more).error().code(), Errc::out_of_bounds);
  EXPECT_EQ(array.read<double>(store_).error().code(), Errc::type_mismatch);
  EXPECT_EQ(array.get(store_, 3).error().code(), Errc::out_of_bounds);
  EXPECT_EQ(array.set(store_, 0, 1).error().code(), Errc::type_mismatch);
  EXPECT_EQ(or_throw(array.type(store_)), type);
  const ArrayRef filled = or_throw(ArrayRef::create(store_, type, 4, 0.5f));
  EXPECT_EQ(or_throw(filled.read<float>(store_)), (std::vector<float>(4, 0.5f)));
  const ArrayRef empty = or_throw(ArrayRef::create(store_, type, {}));
  EXPECT_TRUE(or_throw(empty.read<float>(store_)).empty());
}

TEST_F(ReferencesTest, ConstantArraysStayAsTheyAre) {
  const ArrayType type = or_throw(ArrayType::create(engine_, {StorageType::I8}));
  const ArrayRef array = or_throw(ArrayRef::create(store_, type, 2, 0x1ff));
  EXPECT_EQ(or_throw(array.read<std::uint8_t>(store_)), (std::vector<std::uint8_t>{0xff, 0xff}));
  EXPECT_EQ(array.set(store_, 0, 1).error().code(), Errc::type_mismatch);
  const std::uint8_t byte[] = {1};
  EXPECT_EQ(array.write(store_, 0, byte).error().code(), Errc::type_mismatch);
}

TEST_F(ReferencesTest, AnObjectIsARootAsLongAsAHandleIsLeft) {
  EXPECT_EQ(roots(), 0u);
  StructRef point = make_point();
  EXPECT_EQ(roots(), 1u);
  AnyRef copy = point;
  Val value = copy;
  point = StructRef();
  copy = AnyRef();
  ASSERT_TRUE(store_.gc());
  EXPECT_EQ(roots(), 1u);
  value = Val();
  EXPECT_EQ(roots(), 1u) << "until the store is used";
  ASSERT_TRUE(store_.gc());
  EXPECT_EQ(roots(), 0u);
}

TEST_F(ReferencesTest, HandlesMayBeDroppedOnAnotherThreadAndAfterTheStore) {
  std::vector<StructRef> points(100);
  for (StructRef& point : points) point = make_point();
  std::thread([half = std::vector(points.begin(), points.begin() + 50)]() mutable {
    half.clear();
  }).join();
  std::thread([moved = std::move(points)]() mutable { moved.clear(); }).join();
  const StructRef survivor = make_point();
  EXPECT_EQ(roots(), 1u);
  store_ = Store(engine_);
  EXPECT_EQ(survivor.get(store_, 0).error().code(), Errc::wrong_store);
  EXPECT_FALSE(survivor.is_null());
}

TEST_F(ReferencesTest, OtherStoresAndEnginesAreRefused) {
  const StructRef point = make_point();
  Store other(engine_);
  EXPECT_EQ(point.get(other, 0).error().code(), Errc::wrong_store);
  EXPECT_EQ(point.set(other, 0, 1.0).error().code(), Errc::wrong_store);
  EXPECT_EQ(point.type(other).error().code(), Errc::wrong_store);
  EXPECT_EQ(point.to_extern(other).error().code(), Errc::wrong_store);
  EXPECT_EQ(point.matches(other, HeapKind::Any).error().code(), Errc::wrong_store);
  EXPECT_EQ(Global::create(other, {ValType::AnyRef}, point).error().code(), Errc::wrong_store);
  const Engine engine(Config{}, backend_);
  Store elsewhere(engine);
  EXPECT_EQ(StructRef::create(elsewhere, point_, {1.0, 2.0, 3}).error().code(), Errc::usage);
}

TEST_F(ReferencesTest, EqualityIsIdentity) {
  const StructRef point = make_point();
  const Global global = or_throw(Global::create(store_, {ValType::AnyRef}, point));
  const Ref again = or_throw(global.get(store_)).ref();
  EXPECT_EQ(again, Ref(point));
  EXPECT_EQ(or_throw(again.as<StructRef>()), point);
  EXPECT_NE(Ref(make_point()), Ref(point));
  EXPECT_EQ(roots(), 2u);
}

TEST_F(ReferencesTest, TypesAreToldStaticallyAndDynamically) {
  const Ref point = make_point();
  EXPECT_TRUE(point.is<StructRef>() && point.is<EqRef>() && point.is<AnyRef>());
  EXPECT_FALSE(point.is<ArrayRef>() || point.is<I31>());
  EXPECT_TRUE(or_throw(point.matches(store_, HeapKind::Struct)));
  EXPECT_TRUE(or_throw(point.matches(store_, HeapKind::Any)));
  EXPECT_TRUE(or_throw(point.matches(store_, point_.heap())));
  EXPECT_FALSE(or_throw(point.matches(store_, HeapKind::Array)));
  EXPECT_FALSE(or_throw(point.matches(store_, HeapKind::None)));
  EXPECT_FALSE(or_throw(point.matches(store_, HeapKind::Extern)));
  EXPECT_FALSE(or_throw(Ref().matches(store_, HeapKind::Func)));
  EXPECT_EQ(or_throw(StructType::of(engine_, point.heap())), point_);
  EXPECT_EQ(ArrayType::of(engine_, point.heap()).error().code(), Errc::type_mismatch);
  EXPECT_EQ(StructType::of(engine_, HeapKind::Struct).error().code(), Errc::type_mismatch);
  EXPECT_TRUE(std::holds_alternative<StructType>(or_throw(describe(engine_, point.heap()))));
  EXPECT_EQ(describe(engine_, HeapKind::Any).error().code(), Errc::type_mismatch);
}

TEST_F(ReferencesTest, CrossAsTheTypesOfSignatures) {
  const auto same = [](const auto& ref) { return ref; };
  const auto check = [&]<class T>(const T& value) {
    const Func func = or_throw(Func::wrap(store_, [&](const T& ref) { return same(ref); }));
    EXPECT_EQ(or_throw(or_throw(func.typed<T(T)>(store_))(store_, value)), value);
  };
  check(make_point());
  check(StructRef());
  check(AnyRef(make_point()));
  check(AnyRef(I31(7)));
  check(EqRef(I31(7)));
  check(I31(-7));
  check(std::optional<I31>());
  check(or_throw(
      ArrayRef::create(store_, or_throw(ArrayType::create(engine_, {ValType::I32})), {1, 2})));
}

TEST_F(ReferencesTest, ANullI31TrapsWhereOneIsNeeded) {
  const Func func = or_throw(Func::wrap(store_, [](I31 value) { return value.value(); }));
  const auto call = or_throw(func.typed<std::int32_t(std::optional<I31>)>(store_));
  EXPECT_EQ(or_throw(call(store_, I31(3))), 3);
  EXPECT_EQ(call(store_, std::nullopt).error().trap_code(), TrapCode::NullI31Reference);
}

TEST_F(ReferencesTest, WiderReferencesAreLookedAtInEachCall) {
  const Func func =
      or_throw(Func::create(store_, FuncType({point_.ref(false)}, {ValType::F64}),
                            [&](Caller& caller, std::span<const Val> in, std::span<Val> out) {
                              const StructRef point = or_throw(in[0].ref().as<StructRef>());
                              out[0] = or_throw(point.get(caller, 0));
                              return Result<void>();
                            }));
  const auto x = or_throw(func.typed<double(StructRef)>(store_));
  EXPECT_EQ(or_throw(x(store_, make_point(8))), 8.0);
  EXPECT_EQ(x(store_, StructRef()).error().code(), Errc::type_mismatch);
  const StructType other = or_throw(StructType::create(engine_, {{ValType::F64}}));
  EXPECT_EQ(x(store_, or_throw(StructRef::create(store_, other, {1.0}))).error().message(),
            "argument 1 is not of type " + to_string(point_.ref(false)));
  EXPECT_EQ(func.typed<double(ExternRef)>(store_).error().code(), Errc::type_mismatch);
  EXPECT_EQ(func.typed<float(StructRef)>(store_).error().code(), Errc::type_mismatch);
  EXPECT_EQ(func.call(store_, {I31(1)}).error().code(), Errc::type_mismatch);
}

TEST_F(ReferencesTest, ConvertBetweenAnyAndExtern) {
  const StructRef point = make_point();
  const ExternRef outside = or_throw(point.to_extern(store_));
  EXPECT_EQ(outside, or_throw(point.to_extern(store_)));
  EXPECT_NE(outside, or_throw(make_point().to_extern(store_)));
  EXPECT_EQ(outside.get<int>(store_).error().code(), Errc::type_mismatch);
  EXPECT_EQ(or_throw(AnyRef::from_extern(store_, outside)), AnyRef(point));
  const ExternRef number = or_throw(AnyRef(I31(9)).to_extern(store_));
  EXPECT_EQ(or_throw(AnyRef::from_extern(store_, number)), AnyRef(I31(9)));

  const ExternRef object = ExternRef::make<int>(store_, 42);
  const AnyRef inside = or_throw(AnyRef::from_extern(store_, object));
  EXPECT_EQ(inside.heap(), HeapType(HeapKind::Any));
  EXPECT_FALSE(inside.is<EqRef>());
  EXPECT_EQ(or_throw(inside.to_extern(store_)), object);
  EXPECT_TRUE(or_throw(AnyRef().to_extern(store_)).is_null());
  EXPECT_TRUE(or_throw(AnyRef::from_extern(store_, ExternRef())).is_null());
}

TEST_F(ReferencesTest, GuestsExternrefsCrossAndComeBack) {
  const StructRef point = make_point();
  const ExternRef outside = or_throw(point.to_extern(store_));
  const Global global =
      or_throw(Global::create(store_, {ValType::ExternRef, Mutability::Var}, outside));
  const ExternRef back = or_throw(global.get(store_)).ref().externref();
  EXPECT_EQ(back, outside);
  EXPECT_EQ(or_throw(AnyRef::from_extern(store_, back)), AnyRef(point));
  Store other(engine_);
  EXPECT_EQ(Global::create(other, {ValType::ExternRef}, back).error().code(), Errc::wrong_store);
}

TEST_F(ReferencesTest, ABackendWithoutObjectsSaysSo) {
  const auto remote = std::make_shared<fake::FakeBackend>(fake::kRemote);
  Store store{Engine(Config{}, remote)};
  EXPECT_EQ(store.gc_stats().error().code(), Errc::unsupported);
  EXPECT_TRUE(store_.gc_stats());
}

}  // namespace
}  // namespace weft
