// Structs, arrays, i31s, casts, and collections while they are in use.
#include <array>

#include "tests/execute/wat_store.h"

namespace weft::interp::testing {
namespace {

class Objects : public ::testing::TestWithParam<bool> {
 protected:
  static StoreConfig config() {
    StoreConfig config;
    config.collect_always = GetParam();
    return config;
  }
  Objects() : s(config()) {
    guest = &s.add("gc", {{"collect", s.host(FuncType{}, [this](Value*) {
                             s.store->gc();
                             return TrapCode::None;
                           })}});
  }
  uint64_t call(std::string_view name, std::vector<uint64_t> arguments = {}) {
    const uint64_t result = s.call(*guest, name, std::move(arguments));
    EXPECT_EQ(s.trap, TrapCode::None) << name;
    return result;
  }
  TrapCode trap_of(std::string_view name, std::vector<uint64_t> arguments = {}) {
    s.call(*guest, name, std::move(arguments));
    return s.trap;
  }
  // An object of the host that lives while the guest can reach it.
  uint64_t host_object() {
    const auto count = [](void* env) { ++*static_cast<int*>(env); };
    return reinterpret_cast<uint64_t>(s.store->new_extern(&finalised, count));
  }
  uint64_t list_length() const { return GetParam() ? 50 : 200'000; }

  int finalised = 0;
  WatStore s;
  Instance* guest = nullptr;
};

INSTANTIATE_TEST_SUITE_P(CollectAlways, Objects, ::testing::Bool());

TEST_P(Objects, AreMadeByConstantExpressionsAndKept) {
  s.store->gc();
  EXPECT_EQ(call("made"), 100u + 20 + 7 + 4 + 0);
  EXPECT_EQ(call("from_table"), 3u);
  EXPECT_EQ(call("from_elem"), 81u);
  call("garbage", {10'000});
  s.store->gc();
  EXPECT_EQ(call("made"), 131u);
  EXPECT_EQ(call("from_table"), 3u);
  EXPECT_EQ(call("from_elem"), 81u);
}

TEST_P(Objects, KeepFieldsOfEveryKind) {
  for (const int64_t x : {int64_t{0}, int64_t{-1}, int64_t{0x7f}, int64_t{0x80}, int64_t{0xff80},
                          int64_t{0x123456}, int64_t{1} << 40, -(int64_t{1} << 31)}) {
    EXPECT_EQ(call("fields", {static_cast<uint64_t>(x)}), 0u) << x;
    EXPECT_EQ(call("new_fields", {static_cast<uint64_t>(x)}), 0u) << x;
  }
}

TEST_P(Objects, KeepElementsOfEveryKindInArraysOfEverySize) {
  for (const uint64_t n : {3u, 9u, 300u, 5'000u, 100'000u}) {
    EXPECT_EQ(call("bytes", {n, 200}), 201u - 56);
    EXPECT_EQ(call("shorts", {n, 40'000}), 40'001u - 25'536);
    for (const std::string_view kind : {"ints", "longs", "floats", "doubles", "vectors"}) {
      EXPECT_EQ(call(kind, {n, 1000}), 2001u) << kind;
      EXPECT_EQ(call(kind, {n, 0}), 1u) << kind;
    }
  }
}

TEST_P(Objects, ElementsOutOfBoundsTrap) {
  EXPECT_EQ(call("length", {0}), 0u);
  EXPECT_EQ(call("length", {70'000}), 70'000u);
  EXPECT_EQ(call("get_at", {3, 2}), 0u);
  EXPECT_EQ(call("get_constant"), 7u);
  EXPECT_EQ(trap_of("get_at", {3, 3}), TrapCode::OutOfBoundsArrayAccess);
  EXPECT_EQ(trap_of("get_at", {3, UINT32_MAX}), TrapCode::OutOfBoundsArrayAccess);
  EXPECT_EQ(trap_of("set_at", {3, 2}), TrapCode::None);
  EXPECT_EQ(trap_of("set_at", {0, 0}), TrapCode::OutOfBoundsArrayAccess);
}

TEST_P(Objects, ArraysAreFilledCopiedAndInitialised) {
  EXPECT_EQ(call("fill", {10, 3, 7}), 3u);
  EXPECT_EQ(trap_of("fill", {10, 3, 8}), TrapCode::OutOfBoundsArrayAccess);
  EXPECT_EQ(trap_of("fill", {10, 11, 0}), TrapCode::OutOfBoundsArrayAccess);
  EXPECT_EQ(trap_of("fill", {10, 3, UINT32_MAX}), TrapCode::OutOfBoundsArrayAccess);
  EXPECT_EQ(call("copy", {2, 0, 5}), 101'234'789u);
  EXPECT_EQ(call("copy", {0, 3, 7}), 3'456'789'789u);
  EXPECT_EQ(trap_of("copy", {4, 0, 7}), TrapCode::OutOfBoundsArrayAccess);
  EXPECT_EQ(trap_of("copy", {0, 4, 7}), TrapCode::OutOfBoundsArrayAccess);
  EXPECT_EQ(call("copy", {10, 10, 0}), 123'456'789u);

  EXPECT_EQ(call("from_data", {0, 1}), 0x0403u);
  EXPECT_EQ(call("from_data", {6, 1}), 0xffff'feffu);
  EXPECT_EQ(trap_of("from_data", {7, 1}), TrapCode::OutOfBoundsMemoryAccess);
  EXPECT_EQ(call("data_bounds", {10, 0}), 0u);
  EXPECT_EQ(call("data_bounds", {0, 5}), 5u);
  EXPECT_EQ(trap_of("data_bounds", {0, 6}), TrapCode::OutOfBoundsMemoryAccess);
  EXPECT_EQ(trap_of("data_bounds", {11, 0}), TrapCode::OutOfBoundsMemoryAccess);
  EXPECT_EQ(trap_of("data_bounds", {2, 0x8000'0000}), TrapCode::OutOfBoundsMemoryAccess);
  EXPECT_EQ(call("elem_bounds", {1, 2}), 2u);
  EXPECT_EQ(trap_of("elem_bounds", {2, 2}), TrapCode::OutOfBoundsTableAccess);

  EXPECT_EQ(call("init_data", {0, 1, 2}), 0x0504u);
  EXPECT_EQ(trap_of("init_data", {3, 0, 2}), TrapCode::OutOfBoundsArrayAccess);
  EXPECT_EQ(trap_of("init_data", {0, 9, 1}), TrapCode::OutOfBoundsMemoryAccess);
  EXPECT_EQ(call("init_elem", {0, 0, 3}), 0u);
  EXPECT_EQ(call("init_elem", {2, 0, 2}), 1u);
  EXPECT_EQ(trap_of("init_elem", {2, 0, 3}), TrapCode::OutOfBoundsArrayAccess);
  EXPECT_EQ(trap_of("init_elem", {0, 2, 2}), TrapCode::OutOfBoundsTableAccess);
}

TEST_P(Objects, NullTraps) {
  EXPECT_EQ(trap_of("null_get"), TrapCode::NullStructReference);
  EXPECT_EQ(trap_of("null_get_constant"), TrapCode::NullStructReference);
  EXPECT_EQ(trap_of("null_set"), TrapCode::NullStructReference);
  EXPECT_EQ(trap_of("null_vector"), TrapCode::NullStructReference);
  EXPECT_EQ(trap_of("null_array_get", {0}), TrapCode::NullArrayReference);
  EXPECT_EQ(trap_of("null_array_set"), TrapCode::NullArrayReference);
  EXPECT_EQ(trap_of("null_length"), TrapCode::NullArrayReference);
  EXPECT_EQ(trap_of("null_fill"), TrapCode::NullArrayReference);
  EXPECT_EQ(trap_of("null_i31"), TrapCode::NullI31Reference);
}

TEST_P(Objects, I31sAre31Bits) {
  for (const uint32_t x : {0u, 1u, 0x3fff'ffffu, 0x4000'0000u, 0x7fff'ffffu, 0xffff'ffffu}) {
    const uint32_t low = x & 0x7fff'ffff;
    EXPECT_EQ(call("i31_u", {x}), low);
    EXPECT_EQ(call("i31_s", {x}), (low & 0x4000'0000) != 0 ? low | 0x8000'0000 : low);
  }
  EXPECT_EQ(call("i31_constant"), 0xc000'0000u);
  EXPECT_EQ(call("i31_equal", {5, 0x8000'0005}), 1u);
  EXPECT_EQ(call("i31_equal", {5, 6}), 0u);
}

// null, i31, $node, $leaf, $last, $empty, an array, an object of the host
TEST_P(Objects, CastsTellTypesApart) {
  constexpr std::array<uint64_t, 8> tests = {0xc00, 7, 43, 2155, 2283, 11, 275, 1};
  for (uint64_t i = 0; i < tests.size(); ++i) {
    const bool is_leaf = i == 3 || i == 4;
    EXPECT_EQ(call("tests", {i, host_object()}), tests[i]) << i;
    EXPECT_EQ(trap_of("cast_leaf", {i, host_object()}),
              is_leaf ? TrapCode::None : TrapCode::CastFailure);
    EXPECT_EQ(trap_of("cast_null_leaf", {i, host_object()}),
              is_leaf || i == 0 ? TrapCode::None : TrapCode::CastFailure);
    EXPECT_EQ(trap_of("cast_struct", {i, host_object()}),
              i >= 2 && i <= 5 ? TrapCode::None : TrapCode::CastFailure);
    EXPECT_EQ(call("br_on_leaf", {i, host_object()}), is_leaf ? 110u : i == 0 ? 9u : 8u);
    EXPECT_EQ(call("br_on_not_leaf", {i, host_object()}), is_leaf ? 1u : i == 0 ? 2u : 0u);
    EXPECT_EQ(call("br_on_null_leaf", {i, host_object()}), is_leaf || i == 0 ? 1u : 0u);
  }
  EXPECT_EQ(call("func_tests"), 101u);
  EXPECT_EQ(trap_of("func_cast_fails"), TrapCode::CastFailure);
}

TEST_P(Objects, AnyAndExternHoldTheSameReferences) {
  const uint64_t object = host_object();
  EXPECT_EQ(call("round_trip", {object}), object);
  EXPECT_EQ(call("round_trip", {0}), 0u);
  EXPECT_EQ(call("externalized"), 77u);
}

TEST_P(Objects, SurviveCollectionsWhileFramesHoldThem) {
  const uint64_t n = list_length();
  EXPECT_EQ(call("list_sum", {n}), n * (n + 1) / 2);
  const uint64_t depth = GetParam() ? 7 : 16;
  EXPECT_EQ(call("tree", {depth}), (1u << depth) - 1);
  EXPECT_EQ(call("operands", {n}), 3 * (n * (n + 1) / 2) + 1);
}

TEST_P(Objects, LiveAsLongAsAGlobalHoldsThem) {
  const uint64_t n = list_length();
  call("keep", {n});
  call("garbage", {n});
  s.store->gc();
  EXPECT_EQ(call("kept"), n * (n + 1) / 2);
  const uint64_t before = s.store->heap().live_bytes();
  call("forget");
  s.store->gc();
  EXPECT_LE(s.store->heap().live_bytes(), before - n * 32);
}

TEST_P(Objects, KeepObjectsOfTheHostUntilTheyDie) {
  call("keep_host", {host_object()});
  s.store->gc();
  call("garbage", {100'000});
  s.store->gc();
  EXPECT_EQ(finalised, 0);
  call("forget");
  call("keep_host_cycle", {host_object()});
  // Frames are not cleared: something else is where they were.
  call("garbage", {1});
  call("made");
  s.store->gc();
  EXPECT_EQ(finalised, 2);
}

TEST_P(Objects, RootsOfTheHostKeepThemCounted) {
  const auto type = guest->module().types[0].id;
  HeapObject* const object = s.store->new_object(type, 32);
  std::fill_n(reinterpret_cast<uint64_t*>(object) + 1, 3, 0);
  const auto ref = reinterpret_cast<uint64_t>(object);
  s.store->root(ref);
  s.store->root(ref);
  s.store->unroot(ref);
  s.store->gc();
  EXPECT_TRUE(s.store->owns_object(ref));
  s.store->unroot(ref);
  s.store->gc();
  EXPECT_FALSE(s.store->owns_object(ref));
  s.store->root(0);
  s.store->root(to_i31(5));
  s.store->gc();
}

TEST_P(Objects, WithoutMemoryTrap) {
  EXPECT_EQ(trap_of("length", {UINT32_MAX}), TrapCode::AllocationFailure);
  EXPECT_EQ(trap_of("length", {1u << 28}), TrapCode::AllocationFailure);
  if (GetParam()) return;
  std::vector<std::pair<uint64_t, uint64_t>> asked;
  Limiter limiter;
  limiter.gc_heap = [&](uint64_t current, uint64_t wanted, std::optional<uint64_t>) {
    EXPECT_LT(current, wanted);
    return wanted <= 8 << 20;
  };
  s.store->set_limiter(limiter);
  EXPECT_EQ(trap_of("forever"), TrapCode::AllocationFailure);
  EXPECT_LE(s.store->heap().taken_bytes(), 8u << 20);
  EXPECT_EQ(trap_of("length", {1 << 20}), TrapCode::AllocationFailure);
  call("forget");
  call("garbage", {1'000'000});
  EXPECT_EQ(call("length", {100'000}), 100'000u);
}

TEST_P(Objects, LargeFillsAreInterrupted) {
  if (GetParam()) return;
  s.interrupt(*guest, "spin_fill");
}

}  // namespace
}  // namespace weft::interp::testing
