#include "tests/layer/layer_test.h"

namespace weft::layer {
namespace {

class ExternRefLayer : public LayerTest {
 protected:
  void SetUp() override {
    WEFT_NEEDS(engine_, ExternRef);
    instance_ = make("externs", {make_, look_});
  }

  int alive_ = 0;
  // Objects that the guest makes are forgotten by the host; -1 also collects.
  Func make_ = wrap([this](Caller& caller, std::int32_t value) {
    if (value == -1) {
      EXPECT_TRUE(caller.gc());
    }
    return ExternRef::make<Counted>(caller, alive_, value);
  });
  Func look_ = wrap([](Caller& caller, const ExternRef& object) -> std::int32_t {
    return object.is_null() ? -1 : or_throw(object.get<Counted>(caller))->value;
  });
  Instance instance_;

  [[nodiscard]] ExternRef object(int value) {
    return ExternRef::make<Counted>(store_, alive_, value);
  }
};
WEFT_ON_EVERY_BACKEND(ExternRefLayer);

TEST_P(ExternRefLayer, ObjectsKeepTheirIdentityThroughTheGuest) {
  const auto same = func<ExternRef(ExternRef)>(instance_, "same");
  const ExternRef a = object(1);
  const ExternRef b = object(2);
  EXPECT_EQ(or_throw(same(store_, a)), a);
  EXPECT_EQ(or_throw(same(store_, b)), b);
  EXPECT_TRUE(or_throw(same(store_, ExternRef())).is_null());
  const auto is_null = func<std::int32_t(ExternRef)>(instance_, "is_null");
  EXPECT_EQ(is_null(store_, a), 0);
  EXPECT_EQ(is_null(store_, ExternRef()), 1);
  const auto keep = func<void(std::int32_t, ExternRef)>(instance_, "keep");
  ASSERT_TRUE(keep(store_, 2, a));
  const Table table = or_throw(instance_.table(store_, "table"));
  EXPECT_EQ(or_throw(table.get(store_, 2)).externref(), a);
  ASSERT_TRUE(table.set(store_, 3, b));
  EXPECT_EQ(func<std::int32_t(std::int32_t)>(instance_, "look")(store_, 3), 2);
  EXPECT_EQ(func<std::int32_t(std::int32_t)>(instance_, "look")(store_, 0), -1);
}

TEST_P(ExternRefLayer, WhatTheGuestHoldsLives) {
  WEFT_NEEDS(engine_, Gc);
  const auto keep = func<void(std::int32_t, ExternRef)>(instance_, "keep");
  ASSERT_TRUE(keep(store_, 0, object(5)));
  ASSERT_TRUE((func<void(ExternRef)>(instance_, "keep_global")(store_, object(6))));
  EXPECT_EQ(alive_, 2);
  ASSERT_TRUE(store_.gc());
  EXPECT_EQ(alive_, 2);
  EXPECT_EQ(func<std::int32_t(std::int32_t)>(instance_, "look")(store_, 0), 5);
  ASSERT_TRUE((func<void(std::int32_t)>(instance_, "drop")(store_, 0)));
  ASSERT_TRUE(store_.gc());
  EXPECT_EQ(alive_, 1);
  ASSERT_TRUE((func<void(ExternRef)>(instance_, "keep_global")(store_, ExternRef())));
  ASSERT_TRUE(store_.gc());
  EXPECT_EQ(alive_, 0);
}

TEST_P(ExternRefLayer, WhatTheHostHoldsLives) {
  const ExternRef held = object(5);
  ASSERT_TRUE((func<ExternRef(ExternRef)>(instance_, "same")(store_, held)));
  ASSERT_TRUE(store_.gc());
  EXPECT_EQ(alive_, 1);
  // A second crossing after the guest's word for it was collected.
  EXPECT_EQ(or_throw(func<ExternRef(ExternRef)>(instance_, "same")(store_, held)), held);
}

TEST_P(ExternRefLayer, WhatAFrameHoldsLivesThroughACollection) {
  for (int i = 1; i < 20; ++i) {
    ASSERT_EQ(func<std::int32_t(std::int32_t)>(instance_, "hold")(store_, i), i);
  }
}

TEST_P(ExternRefLayer, LitterIsCollectedWithoutBeingAsked) {
  WEFT_NEEDS(engine_, Gc);
  const auto litter = func<void(std::int32_t)>(instance_, "litter");
  ASSERT_TRUE(litter(store_, 50'000));
  EXPECT_LT(alive_, 20'000);
  ASSERT_TRUE(store_.gc());
  EXPECT_LE(alive_, 1);
}

TEST_P(ExternRefLayer, EveryObjectIsDroppedOnceWithTheStore) {
  int alive = 0;
  ExternRef survivor;
  {
    Store store = store_of(engine_);
    const Func maker = or_throw(Func::wrap(store, [&](Caller& caller, std::int32_t value) {
      return ExternRef::make<Counted>(caller, alive, value);
    }));
    const Func looker = or_throw(Func::wrap(store, [](const ExternRef&) { return 0; }));
    const Instance instance = make(store, "externs", {maker, looker});
    ASSERT_TRUE((func<void(std::int32_t)>(store, instance, "litter")(store, 100)));
    survivor = ExternRef::make<Counted>(store, alive, 1);
    ASSERT_TRUE((func<void(std::int32_t, ExternRef)>(store, instance, "keep")(store, 0, survivor)));
    EXPECT_GE(alive, 1);
  }
  EXPECT_EQ(alive, 0);
  EXPECT_FALSE(survivor.is_null());
  EXPECT_EQ(survivor.get<Counted>(store_).error().code(), Errc::wrong_store);
}

TEST_P(ExternRefLayer, ObjectsOfAnotherStoreAreRefused) {
  Store other = store_of(engine_);
  const ExternRef foreign = ExternRef::make<int>(other, 1);
  EXPECT_EQ((func<ExternRef(ExternRef)>(instance_, "same")(store_, foreign).error().code()),
            Errc::wrong_store);
  EXPECT_EQ(or_throw(instance_.table(store_, "table")).set(store_, 0, foreign).error().code(),
            Errc::wrong_store);
}

}  // namespace
}  // namespace weft::layer
