#include "weft/linker.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/api/fake_backend.h"
#include "weft/store.hpp"

namespace weft {
namespace {

using fake::DropCounter;
using fake::FakeStore;

const FuncType kIntToInt({ValType::I32}, {ValType::I32});

class LinkerTest : public testing::Test {
 protected:
  LinkerTest() {
    fake::ModuleSpec spec;
    spec.imports = {{"env", "double", kIntToInt}, {"env", "memory", MemoryType{.limits = {1, {}}}}};
    spec.exports = {{"run", kIntToInt}, {"double", kIntToInt}};
    spec.bodies["run"] = [](FakeStore& store, backend::Index instance, RawVal* slots) {
      return store.call_import(instance, 0, slots);
    };
    backend_->add("user", spec);
    spec = {};
    spec.exports = {{"double", kIntToInt}, {"memory", MemoryType{.limits = {1, {}}}}};
    spec.bodies["double"] = [](FakeStore&, backend::Index, RawVal* slots) -> Result<void> {
      slots->u32 *= 2;
      return {};
    };
    backend_->add("library", spec);
  }

  Module module(std::string_view name) { return or_throw(Module::from_bytes(engine_, name)); }

  std::shared_ptr<fake::FakeBackend> backend_ = std::make_shared<fake::FakeBackend>();
  Engine engine_{Config{}, backend_};
  Store store_{engine_};
  Linker linker_{engine_};
};

TEST_F(LinkerTest, LinksHostFunctionsAndInstances) {
  const Instance library = or_throw(linker_.instantiate(store_, module("library")));
  ASSERT_TRUE(linker_.instance(store_, "env", library));
  const Instance user = or_throw(linker_.instantiate(store_, module("user")));
  EXPECT_EQ(or_throw(user.func<int(int)>(store_, "run"))(store_, 21), 42);
  EXPECT_EQ(or_throw(user.func(store_, "double")), or_throw(library.func(store_, "double")));
}

TEST_F(LinkerTest, ListsAllMissingAndWrongImportsInOneError) {
  auto none = linker_.instantiate(store_, module("user"));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), Errc::link);
  EXPECT_EQ(none.error().message(),
            "unknown import \"env\" \"double\": func (i32) -> i32\n"
            "unknown import \"env\" \"memory\": memory 1..");
  ASSERT_TRUE(linker_.func("env", "double", [](double x) { return x; }));
  none = linker_.instantiate(store_, module("user"));
  EXPECT_EQ(none.error().message(),
            "incompatible import type \"env\" \"double\": wanted func (i32) -> i32, defined is "
            "func (f64) -> f64\n"
            "unknown import \"env\" \"memory\": memory 1..");
  linker_.allow_shadowing(true);
  ASSERT_TRUE(linker_.define("env", "double", or_throw(Memory::create(store_, {}))));
  none = linker_.instantiate(store_, module("user"));
  EXPECT_EQ(none.error().message().find("incompatible import type"), 0u);
}

TEST_F(LinkerTest, ChecksTheSizeThatAMemoryHasNow) {
  ASSERT_TRUE(linker_.func("env", "double", [](int x) { return x; }));
  const Memory memory = or_throw(Memory::create(store_, {}));
  ASSERT_TRUE(linker_.define("env", "memory", memory));
  EXPECT_EQ(linker_.instantiate(store_, module("user")).error().code(), Errc::link);
  ASSERT_TRUE(memory.grow(store_, 1));
  EXPECT_TRUE(linker_.instantiate(store_, module("user")));
}

TEST_F(LinkerTest, RefusesSecondDefinitionsUnlessShadowingIsAllowed) {
  ASSERT_TRUE(linker_.func("env", "f", [] { return 1; }));
  EXPECT_EQ(linker_.func("env", "f", [] { return 2; }).error().code(), Errc::link);
  linker_.allow_shadowing(true);
  ASSERT_TRUE(linker_.func("env", "f", [] { return 3; }));
  const Extern f = or_throw(linker_.get(store_, "env", "f"));
  EXPECT_EQ(or_throw(f.get_if<Func>()->call(store_)).at(0), Val(3));
}

TEST_F(LinkerTest, DefinesAnInstanceWhollyOrNotAtAll) {
  const Instance library = or_throw(linker_.instantiate(store_, module("library")));
  ASSERT_TRUE(linker_.func("env", "memory", [] {}));
  EXPECT_EQ(linker_.instance(store_, "env", library).error().code(), Errc::link);
  EXPECT_FALSE(linker_.has("env", "double"));
}

TEST_F(LinkerTest, AHostFunctionIsOneFunctionPerStore) {
  ASSERT_TRUE(linker_.func("env", "f", [] {}));
  const Extern first = or_throw(linker_.get(store_, "env", "f"));
  EXPECT_EQ(or_throw(linker_.get(store_, "env", "f")), first);
  Linker copy = linker_;
  EXPECT_EQ(or_throw(copy.get(store_, "env", "f")), first);
  Store other(engine_);
  EXPECT_NE(or_throw(linker_.get(other, "env", "f")), first);
}

TEST_F(LinkerTest, CapturesLiveAsLongAsTheirLinkersAndStores) {
  int drops = 0;
  auto store = std::make_unique<Store>(engine_);
  Func f;
  {
    Linker linker(engine_);
    ASSERT_TRUE(linker.func("env", "f", [counter = DropCounter(drops)] { (void)counter; }));
    const Linker copy = linker;
    f = *or_throw(copy.get(*store, "env", "f")).get_if<Func>();
  }
  EXPECT_EQ(drops, 0);
  EXPECT_TRUE(f.call(*store));
  store.reset();
  EXPECT_EQ(drops, 1);
}

TEST_F(LinkerTest, HandlesLinkInTheirOwnStoreOnly) {
  ASSERT_TRUE(linker_.func("env", "double", [](int x) { return x; }));
  Store other(engine_);
  ASSERT_TRUE(
      linker_.define("env", "memory", or_throw(Memory::create(other, {.limits = {1, {}}}))));
  EXPECT_TRUE(linker_.instantiate(other, module("user")));
  const auto wrong = linker_.instantiate(store_, module("user"));
  EXPECT_EQ(wrong.error().code(), Errc::wrong_store);
  const Extern imports[] = {or_throw(linker_.get(store_, "env", "double")),
                            or_throw(linker_.get(other, "env", "memory"))};
  EXPECT_EQ(Instance::create(store_, module("user"), imports).error().code(), Errc::wrong_store);
}

TEST_F(LinkerTest, EnginesDoNotMix) {
  const Engine other(Config{}, backend_);
  EXPECT_EQ(Linker(other).instantiate(store_, module("library")).error().code(), Errc::usage);
  EXPECT_EQ(
      linker_.instantiate(store_, or_throw(Module::from_bytes(other, "library"))).error().code(),
      Errc::usage);
  EXPECT_EQ(Linker(other).get(store_, "a", "b").error().code(), Errc::usage);
}

TEST_F(LinkerTest, UnknownFunctionsCanBecomeTraps) {
  const Module user = module("user");
  ASSERT_TRUE(
      linker_.define("env", "memory", or_throw(Memory::create(store_, {.limits = {1, {}}}))));
  ASSERT_TRUE(linker_.trap_unknown_imports(user));
  ASSERT_TRUE(linker_.trap_unknown_imports(user));
  const Instance instance = or_throw(linker_.instantiate(store_, user));
  const auto result = or_throw(instance.func<int(int)>(store_, "run"))(store_, 1);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().trap_code(), TrapCode::Unreachable);
  EXPECT_EQ(result.error().message(), "unreachable: unknown import \"env\" \"double\"");
}

TEST_F(LinkerTest, GetReportsUnknownNames) {
  EXPECT_EQ(linker_.get(store_, "env", "nothing").error().code(), Errc::not_found);
  EXPECT_FALSE(linker_.has("env", "nothing"));
}

TEST_F(LinkerTest, InstancesReportUnknownAndMistypedExports) {
  const Instance library = or_throw(linker_.instantiate(store_, module("library")));
  EXPECT_EQ(library.func(store_, "nothing").error().code(), Errc::not_found);
  EXPECT_EQ(library.func(store_, "memory").error().code(), Errc::type_mismatch);
  EXPECT_EQ(library.memory(store_, "double").error().message(),
            "export \"double\" is a func, not a memory");
  const auto wrong = library.func<double()>(store_, "double");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message().find("export \"double\": "), 0u);
  const std::vector<Export> exports = or_throw(library.exports(store_));
  ASSERT_EQ(exports.size(), 2u);
  EXPECT_EQ(exports[0].name, "double");
  EXPECT_EQ(exports[1].item.kind(), ExternKind::Memory);
  EXPECT_EQ(or_throw(exports[0].item.type(store_)), ExternType(kIntToInt));
}

TEST_F(LinkerTest, ATrappingStartFunctionFailsInstantiation) {
  fake::ModuleSpec spec;
  spec.start = [](FakeStore&, backend::Index, RawVal*) -> Result<void> {
    return fail(TrapCode::Unreachable);
  };
  backend_->add("starter", std::move(spec));
  EXPECT_EQ(linker_.instantiate(store_, module("starter")).error().trap_code(),
            TrapCode::Unreachable);
}

}  // namespace
}  // namespace weft
