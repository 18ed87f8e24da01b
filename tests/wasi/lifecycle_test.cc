// Commands and reactors: what may be entered, by which export, how often, and how it may end.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "tests/api/fake_backend.h"
#include "weft/store.hpp"
#include "weft/wasi.hpp"

namespace weft::wasi {
namespace {

class Lifecycle : public testing::Test {
 protected:
  /// A module that exports functions of these names, which do what `body` does.
  Instance make(std::initializer_list<const char*> names, const FuncType& type = FuncType()) {
    const std::string module = "module " + std::to_string(modules_++);
    fake::ModuleSpec spec;
    for (const char* name : names) {
      spec.exports.push_back({name, type});
      spec.bodies[name] = [this, name](fake::FakeStore&, backend::Index, backend::RawVal*) {
        calls_ += name;
        return body_ ? body_() : Result<void>();
      };
    }
    backend_->add(module, std::move(spec));
    return or_throw(Instance::create(store_, or_throw(Module::from_bytes(engine_, Bytes(module)))));
  }

  std::shared_ptr<fake::FakeBackend> backend_ = std::make_shared<fake::FakeBackend>();
  Engine engine_{{}, backend_};
  Store store_{engine_};
  std::function<Result<void>()> body_;
  std::string calls_;
  int modules_ = 0;
};

TEST_F(Lifecycle, ACommandGivesItsStatus) {
  EXPECT_EQ(run(store_, make({"_start"})), 0);
  for (const int status : {0, 3, 126, 255, 256, -1}) {
    body_ = [=] { return fail(Error::exit(status)); };
    EXPECT_EQ(run(store_, make({"_start", "other"})), status);
  }
}

TEST_F(Lifecycle, ErrorsAreTheGuests) {
  body_ = [] { return fail(TrapCode::Unreachable); };
  EXPECT_EQ(run(store_, make({"_start"})).error().trap_code(), TrapCode::Unreachable);
  EXPECT_EQ(initialize(store_, make({"_initialize"})).error().trap_code(), TrapCode::Unreachable);
}

TEST_F(Lifecycle, AReactorIsInitialisedIfItWantsToBe) {
  EXPECT_TRUE(initialize(store_, make({"_initialize", "add"})));
  EXPECT_EQ(calls_, "_initialize");
  const Instance plain = make({"add"});
  EXPECT_TRUE(initialize(store_, plain));
  EXPECT_TRUE(initialize(store_, plain));
  EXPECT_EQ(calls_, "_initialize");
}

TEST_F(Lifecycle, AReactorMayExitInsteadOfBecomingReady) {
  for (const int status : {0, 7}) {
    body_ = [=] { return fail(Error::exit(status)); };
    const Result<void> done = initialize(store_, make({"_initialize"}));
    ASSERT_FALSE(done);
    EXPECT_TRUE(done.error().is(Errc::exit));
    EXPECT_EQ(done.error().exit_status(), status);
  }
}

TEST_F(Lifecycle, EachKindHasItsOwnEntry) {
  EXPECT_TRUE(run(store_, make({"_initialize"})).error().is(Errc::not_found));
  EXPECT_TRUE(run(store_, make({"add"})).error().is(Errc::not_found));
  EXPECT_TRUE(initialize(store_, make({"_start"})).error().is(Errc::usage));
  EXPECT_EQ(calls_, "");
}

TEST_F(Lifecycle, AModuleOfBothKindsIsOfNeither) {
  const Instance both = make({"_start", "_initialize"});
  EXPECT_TRUE(run(store_, both).error().is(Errc::type_mismatch));
  const Result<void> done = initialize(store_, both);
  EXPECT_TRUE(done.error().is(Errc::type_mismatch));
  EXPECT_NE(done.error().message().find("both _start and _initialize"), std::string::npos);
  EXPECT_EQ(calls_, "");
}

TEST_F(Lifecycle, EntriesHaveNoParametersAndNoResults) {
  const FuncType takes({ValType::I32}, {});
  const FuncType gives({}, {ValType::I32});
  for (const FuncType& type : {takes, gives}) {
    const Result<int> ran = run(store_, make({"_start"}, type));
    EXPECT_TRUE(ran.error().is(Errc::type_mismatch));
    EXPECT_NE(ran.error().message().find("_start"), std::string::npos);
    const Result<void> done = initialize(store_, make({"_initialize"}, type));
    EXPECT_TRUE(done.error().is(Errc::type_mismatch));
    EXPECT_NE(done.error().message().find("_initialize"), std::string::npos);
  }
  fake::ModuleSpec spec;
  spec.exports.push_back({"_start", MemoryType()});
  backend_->add("memory", std::move(spec));
  const Instance memory =
      or_throw(Instance::create(store_, or_throw(Module::from_bytes(engine_, Bytes("memory")))));
  EXPECT_TRUE(run(store_, memory).error().is(Errc::type_mismatch));
  EXPECT_EQ(calls_, "");
}

TEST_F(Lifecycle, AnInstanceIsEnteredOnce) {
  const Instance command = make({"_start"});
  const Instance reactor = make({"_initialize"});
  EXPECT_EQ(run(store_, command), 0);
  EXPECT_TRUE(initialize(store_, reactor));
  EXPECT_TRUE(run(store_, command).error().is(Errc::usage));
  EXPECT_TRUE(initialize(store_, reactor).error().is(Errc::usage));
  EXPECT_EQ(calls_, "_start_initialize");
  // Another instance is another life; one that has trapped is over, too.
  EXPECT_EQ(run(store_, make({"_start"})), 0);
  body_ = [] { return fail(TrapCode::Unreachable); };
  const Instance trapped = make({"_start"});
  EXPECT_TRUE(run(store_, trapped).error().is(Errc::trap));
  EXPECT_TRUE(run(store_, trapped).error().is(Errc::usage));
}

TEST_F(Lifecycle, AnEntryCannotEnterItself) {
  const Instance command = make({"_start"});
  Result<int> inner = 0;
  body_ = [&]() -> Result<void> {
    inner = run(store_, command);
    return {};
  };
  EXPECT_EQ(run(store_, command), 0);
  EXPECT_TRUE(inner.error().is(Errc::usage));
  EXPECT_EQ(calls_, "_start");
}

TEST_F(Lifecycle, AnExitPassesThroughHostAndGuest) {
  const Instance inner = make({"exit"});
  const auto exit = or_throw(inner.func<void()>(store_, "exit"));
  bool exits = false;
  int depth = 0;
  const Instance outer = make({"_start", "again"});
  const auto again = or_throw(outer.func<void()>(store_, "again"));
  body_ = [&]() -> Result<void> {
    if (exits) return fail(Error::exit(42));
    if (++depth < 20) return again(store_);
    exits = true;
    return exit(store_);
  };
  EXPECT_EQ(run(store_, outer), 42);
  EXPECT_EQ(depth, 20);
}

TEST_F(Lifecycle, StoresDoNotKnowEachOthersInstances) {
  const Instance command = make({"_start"});
  Store other(engine_);
  EXPECT_TRUE(run(other, command).error().is(Errc::wrong_store));
  EXPECT_TRUE(initialize(other, command).error().is(Errc::wrong_store));
  EXPECT_EQ(run(store_, command), 0);
}

}  // namespace
}  // namespace weft::wasi
