// Exceptions between hosts and guests.
#include <array>

#include "tests/layer/layer_test.h"

namespace weft::layer {
namespace {

class ExceptionLayer : public LayerTest {
 protected:
  void SetUp() override { WEFT_NEEDS(engine_, Exceptions); }

  [[nodiscard]] Tag make_tag() const {
    return or_throw(
        Tag::create(store_, {FuncType({ValType::I32, ValType::F64, ValType::ExternRef}, {})}));
  }
  // What `host.f` does.
  [[nodiscard]] Instance with(DynamicCallable f, const Tag& tag) const {
    const Func func = or_throw(Func::create(store_, FuncType({ValType::I32}, {}), std::move(f)));
    return make("exceptions", {func, tag});
  }
  [[nodiscard]] Instance thrower(const Tag& tag) const {
    return with(
        [tag](Caller& caller, std::span<const Val> in, std::span<Val>) -> Result<void> {
          if (in[0].i32() == 0) return {};
          return throw_exception(caller, tag, {in[0].i32(), 0.5, ExternRef::make<int>(caller, 7)});
        },
        tag);
  }
};
WEFT_ON_EVERY_BACKEND(ExceptionLayer);

TEST_P(ExceptionLayer, TheGuestCatchesWhatTheHostThrows) {
  const Instance instance = thrower(make_tag());
  const auto call = func<std::int32_t(std::int32_t)>(instance, "catch");
  EXPECT_EQ(or_throw(call(store_, 0)), 0);
  EXPECT_EQ(or_throw(call(store_, 42)), 42);
  for (int i = 1; i < 1000; ++i) ASSERT_EQ(or_throw(call(store_, i)), i);
}

TEST_P(ExceptionLayer, AnUncaughtExceptionIsAnErrorWithTagAndValues) {
  const Tag tag = make_tag();
  const Instance instance = thrower(tag);
  const Error error = func<void(std::int32_t)>(instance, "call")(store_, 5).error();
  EXPECT_EQ(error.code(), Errc::exception);
  EXPECT_EQ(error.message(), "uncaught exception");
  EXPECT_EQ(error.exnref().tag(), tag);
  const std::vector<Val> values = or_throw(error.exnref().values(store_));
  ASSERT_EQ(values.size(), 3u);
  EXPECT_EQ(values[0], Val(5));
  EXPECT_EQ(values[1], Val(0.5));
  EXPECT_EQ(*or_throw(values[2].ref().externref().get<int>(store_)), 7);

  const Error own = func<void(std::int64_t)>(instance, "throw_own")(store_, 9).error();
  EXPECT_EQ(own.exnref().tag(), or_throw(instance.tag(store_, "own")));
  EXPECT_EQ(or_throw(own.exnref().values(store_)), std::vector<Val>{std::int64_t{9}});
  EXPECT_EQ(or_throw(instance.tag(store_, "tag")), tag);
  if (engine_.supports(backend::Capability::Backtrace) && engine_.config().backtraces) {
    EXPECT_EQ(names_of(own), std::vector<std::string>{"throw_own"});
  }
}

TEST_P(ExceptionLayer, AnExceptionOutlivesItsCallAndCollections) {
  const Instance instance = thrower(make_tag());
  const ExnRef kept = func<void(std::int64_t)>(instance, "throw_own")(store_, 9).error().exnref();
  for (int i = 0; i < 100; ++i) {
    ASSERT_FALSE(func<void(std::int64_t)>(instance, "throw_own")(store_, i));
  }
  ASSERT_TRUE(store_.gc());
  EXPECT_EQ(or_throw(kept.values(store_)), std::vector<Val>{std::int64_t{9}});
}

TEST_P(ExceptionLayer, PassesThroughHostFramesAsItself) {
  const Tag tag = make_tag();
  const Instance inner = thrower(tag);
  ExnRef seen;
  const Instance outer = with(
      [&](Caller& caller, std::span<const Val> in, std::span<Val>) -> Result<void> {
        Result<void> done = func<void(std::int32_t)>(inner, "call")(caller, in[0].i32());
        if (!done) seen = done.error().exnref();
        return done;
      },
      tag);
  const Error error = func<void(std::int32_t)>(outer, "call")(store_, 3).error();
  EXPECT_FALSE(seen.is_null());
  EXPECT_EQ(error.exnref(), seen);
  EXPECT_EQ(or_throw(func<std::int32_t(std::int32_t)>(outer, "catch")(store_, 4)), 4);
}

TEST_P(ExceptionLayer, WhatThrowsInCppCodeIsThrownOn) {
  const Tag tag = make_tag();
  const Instance inner = thrower(tag);
  const Instance outer = with(
      [&](Caller& caller, std::span<const Val> in, std::span<Val>) -> Result<void> {
        or_throw(func<void(std::int32_t)>(inner, "call")(caller, in[0].i32()));
        return {};
      },
      tag);
  EXPECT_EQ(or_throw(func<std::int32_t(std::int32_t)>(outer, "catch")(store_, 4)), 4);
}

TEST_P(ExceptionLayer, ExnrefsCrossAndAreThrownAgain) {
  const Tag tag = make_tag();
  const Instance instance = thrower(tag);
  const auto caught = func<ExnRef(std::int32_t)>(instance, "caught");
  EXPECT_TRUE(or_throw(caught(store_, 0)).is_null());
  const ExnRef exception = or_throw(caught(store_, 8));
  EXPECT_EQ(exception.tag(), tag);
  const auto rethrow = func<void(ExnRef)>(instance, "rethrow");
  EXPECT_EQ(rethrow(store_, exception).error().exnref(), exception);
  EXPECT_EQ(rethrow(store_, ExnRef()).error().trap_code(), TrapCode::NullExceptionReference);
  const ExnRef made = or_throw(ExnRef::create(store_, tag, {1, 2.0, ExternRef()}));
  EXPECT_EQ(rethrow(store_, made).error().exnref(), made);
}

TEST_P(ExceptionLayer, ValuesOfAllTypesComeThrough) {
  std::vector<ValType> types{ValType::I32,  ValType::I64,     ValType::F32,       ValType::F64,
                             ValType::V128, ValType::FuncRef, ValType::ExternRef, ValType::ExnRef};
  const Tag inner = make_tag();
  std::vector<Val> values{-1,
                          std::int64_t{-2},
                          1.5f,
                          -2.5,
                          V128::from_lanes(std::array<std::uint64_t, 2>{1, 2}),
                          wrap([] {}),
                          ExternRef::make<int>(store_, 3),
                          or_throw(ExnRef::create(store_, inner, {1, 2.0, ExternRef()}))};
  if (engine_.supports(backend::Capability::GcObjects)) {
    types.push_back(ValType::I31Ref);
    values.emplace_back(I31(5));
  }
  const Tag tag = or_throw(Tag::create(store_, {FuncType(types, {})}));
  EXPECT_EQ(or_throw(tag.type(store_)).func, FuncType(types, {}));
  const ExnRef exception = or_throw(ExnRef::create(store_, tag, values));
  ASSERT_TRUE(store_.gc());
  EXPECT_EQ(or_throw(exception.values(store_)), values);
}

TEST_P(ExceptionLayer, FailuresOfTheHostAndTrapsAreNotCaught) {
  const Tag tag = make_tag();
  const Instance broken =
      with([](Caller&, std::span<const Val>,
              std::span<Val>) -> Result<void> { return fail(Errc::host, "broken"); },
           tag);
  EXPECT_EQ((func<std::int32_t(std::int32_t)>(broken, "catch")(store_, 1)).error().code(),
            Errc::host);
  const Instance trapping =
      with([](Caller&, std::span<const Val>,
              std::span<Val>) -> Result<void> { return fail(TrapCode::Unreachable); },
           tag);
  EXPECT_EQ((func<std::int32_t(std::int32_t)>(trapping, "catch")(store_, 1)).error().trap_code(),
            TrapCode::Unreachable);
}

TEST_P(ExceptionLayer, AnotherStoresExceptionsAndTagsAreRefused) {
  Store other = store_of(engine_);
  const Tag foreign = or_throw(Tag::create(other, {}));
  const ExnRef exception = or_throw(ExnRef::create(other, foreign));
  const Tag tag = make_tag();
  const Instance instance =
      with([&](Caller&, std::span<const Val>,
               std::span<Val>) -> Result<void> { return throw_exception(exception); },
           tag);
  EXPECT_FALSE((func<std::int32_t(std::int32_t)>(instance, "catch")(store_, 1)));
  EXPECT_EQ((func<void(ExnRef)>(instance, "rethrow")(store_, exception)).error().code(),
            Errc::wrong_store);
  EXPECT_EQ(foreign.type(store_).error().code(), Errc::wrong_store);
  EXPECT_EQ(ExnRef::create(store_, foreign).error().code(), Errc::wrong_store);
}

}  // namespace
}  // namespace weft::layer
