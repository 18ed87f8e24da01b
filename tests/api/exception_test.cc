// Exceptions: how they are made, thrown by hosts, and reported.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "tests/api/fake_backend.h"
#include "weft/exnref.hpp"
#include "weft/func.hpp"
#include "weft/instance.hpp"
#include "weft/store.hpp"

namespace weft {
namespace {

class ExceptionTest : public testing::Test {
 protected:
  ExceptionTest() {
    const FuncType none({}, {});
    // Calls import 0; what that throws is caught or goes on.
    backend_->add("caller",
                  {.imports = {{"host", "f", none}},
                   .exports = {{"through", none}, {"try", FuncType({}, {ValType::I32})}},
                   .bodies = {{"through",
                               [](fake::FakeStore& store, backend::Index instance,
                                  backend::RawVal* slots) -> Result<void> {
                                 Result<void> done = store.call_import(instance, 0, slots);
                                 if (done) return done;
                                 const std::uint64_t word = store.caught(done.error());
                                 return word == 0 ? std::move(done) : fail(store.thrown(word));
                               }},
                              {"try",
                               [](fake::FakeStore& store, backend::Index instance,
                                  backend::RawVal* slots) -> Result<void> {
                                 const Result<void> done = store.call_import(instance, 0, slots);
                                 slots[0].i32 = 0;
                                 if (done) return {};
                                 const std::uint64_t word = store.caught(done.error());
                                 if (word == 0) return done;
                                 backend::RawVal values[2];  // as many as the tag carries
                                 store.exception_values(word, values);
                                 slots[0] = values[0];
                                 return {};
                               }}}});
  }

  [[nodiscard]] Instance with(const Func& host) const {
    const Extern import = host;
    return or_throw(
        Instance::create(store_, or_throw(Module::from_bytes(engine_, "caller")), {&import, 1}));
  }
  Result<void> through(const Instance& instance) const {
    return or_throw(instance.func<void()>(store_, "through"))(store_);
  }

  std::shared_ptr<fake::FakeBackend> backend_ = std::make_shared<fake::FakeBackend>();
  Engine engine_{Config{}, backend_};
  Store store_{engine_};
  Tag tag_ = or_throw(Tag::create(store_, {FuncType({ValType::I32, ValType::F64}, {})}));
};

TEST_F(ExceptionTest, HasATagAndValues) {
  const ExnRef exception = or_throw(ExnRef::create(store_, tag_, {7, 2.5}));
  EXPECT_EQ(exception.tag(), tag_);
  EXPECT_EQ(or_throw(exception.values(store_)), (std::vector<Val>{7, 2.5}));
  EXPECT_EQ(ExnRef::create(store_, tag_, {7}).error().code(), Errc::type_mismatch);
  EXPECT_EQ(ExnRef::create(store_, tag_, {7, 8}).error().message(),
            "value 2: expected f64, got i32");
  EXPECT_EQ(ExnRef().values(store_).error().code(), Errc::usage);
  EXPECT_EQ(ExnRef().tag(), Tag());
  Store other(engine_);
  EXPECT_EQ(exception.values(other).error().code(), Errc::wrong_store);
  EXPECT_EQ(ExnRef::create(other, tag_, {7, 2.5}).error().code(), Errc::wrong_store);
  EXPECT_EQ(ExnRef::create(store_, Tag(), {}).error().code(), Errc::usage);
}

TEST_F(ExceptionTest, TagsHaveNoResults) {
  EXPECT_EQ(Tag::create(store_, {FuncType({}, {ValType::I32})}).error().code(),
            Errc::type_mismatch);
}

TEST_F(ExceptionTest, AHostFunctionThrowsWhatTheGuestCatches) {
  const Func thrower = or_throw(Func::wrap(store_, [&](Caller& caller) -> Result<void> {
    return throw_exception(caller, tag_, {41, 0.5});
  }));
  EXPECT_EQ(or_throw(or_throw(with(thrower).func<std::int32_t()>(store_, "try"))(store_)), 41);
}

TEST_F(ExceptionTest, WhatNobodyCatchesIsAnErrorWithTheException) {
  const ExnRef exception = or_throw(ExnRef::create(store_, tag_, {1, 2.0}));
  const Func thrower =
      or_throw(Func::wrap(store_, [&]() -> Result<void> { return throw_exception(exception); }));
  const Error error = through(with(thrower)).error();
  EXPECT_EQ(error.code(), Errc::exception);
  EXPECT_EQ(to_string(error.code()), "exception");
  EXPECT_EQ(error.exnref(), exception);
  EXPECT_EQ(error.message(), "uncaught exception");
  EXPECT_FALSE(error.frames().empty());
  EXPECT_FALSE(error.trap_code());
}

TEST_F(ExceptionTest, KeepsItsIdentityThroughHostFrames) {
  const ExnRef exception = or_throw(ExnRef::create(store_, tag_, {1, 2.0}));
  const Func thrower =
      or_throw(Func::wrap(store_, [&]() -> Result<void> { return throw_exception(exception); }));
  const Instance inner = with(thrower);
  const Func by_value = or_throw(Func::wrap(store_, [&] { return through(inner); }));
  const Func by_throwing = or_throw(Func::wrap(store_, [&] { or_throw(through(inner)); }));
  EXPECT_EQ(through(with(by_value)).error().exnref(), exception);
  EXPECT_EQ(through(with(by_throwing)).error().exnref(), exception);
}

TEST_F(ExceptionTest, OtherFailuresOfTheHostAreNotCaught) {
  const Func broken =
      or_throw(Func::wrap(store_, []() -> Result<void> { return fail(Errc::host, "broken"); }));
  const auto call = or_throw(with(broken).func<std::int32_t()>(store_, "try"));
  EXPECT_EQ(call(store_).error().code(), Errc::host);
}

TEST_F(ExceptionTest, AnotherStoresExceptionIsNotThrown) {
  Store other(engine_);
  const Tag tag = or_throw(Tag::create(other, {}));
  const ExnRef foreign = or_throw(ExnRef::create(other, tag));
  const Func thrower =
      or_throw(Func::wrap(store_, [&]() -> Result<void> { return throw_exception(foreign); }));
  const auto call = or_throw(with(thrower).func<std::int32_t()>(store_, "try"));
  EXPECT_FALSE(call(store_));
}

TEST_F(ExceptionTest, NullIsATrap) {
  const std::unexpected<Error> thrown = throw_exception(ExnRef());
  EXPECT_EQ(thrown.error().trap_code(), TrapCode::NullExceptionReference);
}

TEST_F(ExceptionTest, CrossesInSignatures) {
  const ExnRef exception = or_throw(ExnRef::create(store_, tag_, {1, 2.0}));
  const Func same = or_throw(Func::wrap(store_, [](const ExnRef& e) { return e; }));
  const auto call = or_throw(same.typed<ExnRef(ExnRef)>(store_));
  EXPECT_EQ(or_throw(call(store_, exception)), exception);
  EXPECT_TRUE(or_throw(call(store_, ExnRef())).is_null());
  EXPECT_EQ(or_throw(Ref(exception).as<ExnRef>()), exception);
  EXPECT_TRUE(or_throw(Ref(exception).matches(store_, HeapKind::Exn)));
}

}  // namespace
}  // namespace weft
