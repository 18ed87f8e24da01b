#include "weft/externref.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/api/fake_backend.h"
#include "weft/func.hpp"
#include "weft/global.hpp"
#include "weft/store.hpp"
#include "weft/table.hpp"

namespace weft {
namespace {

using fake::DropCounter;

class ExternRefTest : public testing::Test {
 protected:
  Global make_root(const Val& value) {
    return or_throw(Global::create(store_, {ValType::ExternRef, Mutability::Var}, value));
  }

  std::shared_ptr<fake::FakeBackend> backend_ = std::make_shared<fake::FakeBackend>();
  Engine engine_{Config{}, backend_};
  Store store_{engine_};
  int drops_ = 0;
};

TEST_F(ExternRefTest, HoldsAnyTypeAndChecksIt) {
  const ExternRef ref = ExternRef::make<std::vector<int>>(store_, 3, 7);
  EXPECT_EQ(or_throw(ref.get<std::vector<int>>(store_))->size(), 3u);
  EXPECT_EQ(ref.get<std::string>(store_).error().code(), Errc::type_mismatch);
  EXPECT_EQ(ExternRef().get<int>(store_).error().code(), Errc::type_mismatch);
  const Store other(engine_);
  EXPECT_EQ(ref.get<std::vector<int>>(other).error().code(), Errc::wrong_store);
}

TEST_F(ExternRefTest, IsFinalisedWithItsLastHandle) {
  ExternRef ref = ExternRef::make<DropCounter>(store_, drops_);
  ExternRef copy = ref;
  EXPECT_EQ(copy, ref);
  ref = ExternRef();
  EXPECT_EQ(drops_, 0);
  ExternRef moved = std::move(copy);
  moved = ExternRef();
  EXPECT_EQ(drops_, 1);
}

TEST_F(ExternRefTest, TheGuestKeepsItAliveUntilItCannotReachIt) {
  const Global root = make_root(ExternRef::make<DropCounter>(store_, drops_));
  ASSERT_TRUE(store_.gc());
  EXPECT_EQ(drops_, 0);
  ExternRef back = or_throw(root.get(store_)).ref().externref();
  EXPECT_TRUE(back.get<DropCounter>(store_));
  ASSERT_TRUE(root.set(store_, Ref::null(HeapKind::Extern)));
  ASSERT_TRUE(store_.gc());
  EXPECT_EQ(drops_, 0) << "the host still holds it";
  back = ExternRef();
  EXPECT_EQ(drops_, 1);
}

TEST_F(ExternRefTest, CanReturnToTheGuestAfterACollection) {
  const ExternRef ref = ExternRef::make<DropCounter>(store_, drops_);
  const Global root = make_root(ref);
  ASSERT_TRUE(root.set(store_, Ref::null(HeapKind::Extern)));
  ASSERT_TRUE(store_.gc());
  ASSERT_TRUE(root.set(store_, ref));
  EXPECT_EQ(or_throw(root.get(store_)).ref().externref(), ref);
}

TEST_F(ExternRefTest, KeepsItsIdentityThroughTheGuest) {
  const ExternRef a = ExternRef::make<int>(store_, 1);
  const ExternRef b = ExternRef::make<int>(store_, 1);
  EXPECT_NE(a, b);
  const Func identity = or_throw(Func::wrap(store_, [](ExternRef ref) { return ref; }));
  auto typed = or_throw(identity.typed<ExternRef(ExternRef)>(store_));
  EXPECT_EQ(or_throw(typed(store_, a)), a);
  EXPECT_EQ(or_throw(typed(store_, b)), b);
  EXPECT_TRUE(or_throw(typed(store_, ExternRef())).is_null());
}

TEST_F(ExternRefTest, TheStoreFinalisesWhatIsLeftExactlyOnce) {
  std::vector<ExternRef> held;
  {
    Store store(engine_);
    const Table table = or_throw(Table::create(
        store, {.element = ValType::ExternRef, .limits = {8, {}}}, Ref::null(HeapKind::Extern)));
    for (std::uint64_t i = 0; i < 8; ++i) {
      const ExternRef ref = ExternRef::make<DropCounter>(store, drops_);
      if (i % 2 == 0) held.push_back(ref);
      ASSERT_TRUE(table.set(store, i, ref));
    }
    EXPECT_EQ(drops_, 0);
  }
  EXPECT_EQ(drops_, 8);
  EXPECT_EQ(held[0].get<DropCounter>(store_).error().code(), Errc::wrong_store);
  held.clear();
  EXPECT_EQ(drops_, 8);
}

TEST_F(ExternRefTest, BelongsToOneStore) {
  Store other(engine_);
  const ExternRef theirs = ExternRef::make<int>(other, 1);
  const Func taker = or_throw(Func::wrap(store_, [](ExternRef) {}));
  EXPECT_EQ(taker.call(store_, {theirs}).error().code(), Errc::wrong_store);
  EXPECT_EQ(or_throw(taker.typed<void(ExternRef)>(store_))(store_, theirs).error().code(),
            Errc::wrong_store);
}

TEST_F(ExternRefTest, HandlesMayBeDroppedOnOtherThreadsWhileTheStoreDies) {
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> drops{0};
    struct Counter {
      std::atomic<int>* drops;
      explicit Counter(std::atomic<int>& d) : drops(&d) {}
      ~Counter() { ++*drops; }
    };
    auto store = std::make_unique<Store>(engine_);
    std::vector<ExternRef> refs;
    for (int i = 0; i < 20; ++i) refs.push_back(ExternRef::make<Counter>(*store, drops));
    {
      const std::jthread dropper([refs = std::move(refs)]() mutable { refs.clear(); });
      store.reset();
    }
    EXPECT_EQ(drops, 20);
  }
}

TEST_F(ExternRefTest, AConstructorThatThrowsLeavesNothing) {
  struct Thrower {
    Thrower() { throw 5; }
  };
  EXPECT_THROW((void)ExternRef::make<Thrower>(store_), int);
}

}  // namespace
}  // namespace weft
