#include "interp/runtime/gc_heap.h"

#include <random>

#include "interp/core/value.h"
#include "tests/runtime/fixtures.h"

namespace weft::interp::testing {
namespace {

ValType ref_to(uint32_t index) { return ValType::ref(HeapType::of_index(index), true); }

uint64_t word(const void* object) { return reinterpret_cast<uintptr_t>(object); }

class GcHeapTest : public ::testing::Test {
 protected:
  GcHeapTest() {
    std::vector<DefinedType> group(4);
    const auto define = [&](uint32_t i, CompositeType::Kind kind, std::vector<FieldType> fields) {
      group[i].type.composite.kind = kind;
      group[i].type.composite.fields = std::move(fields);
    };
    // A pair; arrays of pairs, of bytes and of i64.
    define(0, CompositeType::Kind::Struct,
           {{.type = ref_to(0), .is_mutable = true},
            {.type = ValType::I64, .is_mutable = true},
            {.type = kAnyRef, .is_mutable = true}});
    define(1, CompositeType::Kind::Array, {{.type = kAnyRef, .is_mutable = true}});
    define(2, CompositeType::Kind::Array,
           {{.type = ValType::I32, .packed = FieldType::Packed::I8, .is_mutable = true}});
    define(3, CompositeType::Kind::Array, {{.type = ValType::I64, .is_mutable = true}});
    EXPECT_TRUE(types.intern_group(group, 0, 4));
    x_first = group[0].id;
  }

  HeapObject* must(GcHeap& heap, uint32_t type, uint64_t bytes) {
    HeapObject* const object = heap.allocate_anyway(type, bytes);
    EXPECT_NE(object, nullptr);
    return object;
  }
  HeapObject* pair(GcHeap& heap, const void* next = nullptr, const void* other = nullptr) {
    HeapObject* const object = must(heap, x_first, types.layout(x_first).bytes);
    field(object, 0) = word(next);
    field(object, 1) = 0;
    field(object, 2) = word(other);
    return object;
  }
  static uint64_t& field(HeapObject* object, size_t i) {
    return reinterpret_cast<uint64_t*>(object)[1 + i];
  }
  HeapObject* refs(GcHeap& heap, uint32_t length) {
    HeapObject* const object = must(heap, x_first + 1, kArrayElements + 8 * uint64_t{length});
    reinterpret_cast<ArrayObject*>(object)->length = length;
    std::fill_n(elements(object), length, 0);
    return object;
  }
  HeapObject* bytes(GcHeap& heap, uint32_t length) {
    HeapObject* const object = must(heap, x_first + 2, kArrayElements + uint64_t{length});
    reinterpret_cast<ArrayObject*>(object)->length = length;
    return object;
  }
  static uint64_t* elements(HeapObject* object) {
    return reinterpret_cast<uint64_t*>(reinterpret_cast<uint8_t*>(object) + kArrayElements);
  }
  static void collect(GcHeap& heap, std::initializer_list<const void*> roots) {
    heap.begin_marking();
    for (const void* root : roots) heap.mark(word(root));
    heap.finish_marking(GcHeap::Keep::Little);
  }

  TypeRegistry types;
  uint32_t x_first = 0;
};

TEST_F(GcHeapTest, FieldsLieAtTheirNaturalAlignmentAfterTheHeader) {
  std::vector<DefinedType> type(1);
  type[0].type.composite.kind = CompositeType::Kind::Struct;
  type[0].type.composite.fields = {
      {.type = ValType::I32, .packed = FieldType::Packed::I8},
      {.type = ValType::I32, .packed = FieldType::Packed::I16},
      {.type = ValType::F32},
      {.type = ValType::V128},
      {.type = kFuncRef},
      {.type = kExternRef},
      {.type = ValType::I32, .packed = FieldType::Packed::I8},
  };
  ASSERT_TRUE(types.intern_group(type, 0, 1));
  const ObjectLayout& layout = types.layout(type[0].id);
  std::vector<uint32_t> offsets;
  offsets.reserve(layout.fields.size());
  for (const auto& place : layout.fields) offsets.push_back(place.offset);
  EXPECT_EQ(offsets, (std::vector<uint32_t>{8, 10, 12, 16, 32, 40, 48}));
  EXPECT_EQ(layout.bytes, 49u);
  EXPECT_EQ(layout.refs, std::vector<uint32_t>{40}) << "functions are not collected";
}

TEST_F(GcHeapTest, ObjectsOfEverySizeAreApartAlignedAndFound) {
  GcHeap heap(types);
  std::vector<std::pair<uint64_t, uint64_t>> ranges;
  for (uint64_t size = 16; size < 600'000; size += 1 + size / 7) {
    for (int i = 0; i < 3; ++i) {
      HeapObject* const object = bytes(heap, static_cast<uint32_t>(size - kArrayElements));
      EXPECT_EQ(word(object) % 16, 0u);
      EXPECT_EQ(heap.find(word(object)), object);
      EXPECT_EQ(heap.find(word(object) + 16) == nullptr || size <= 16, true) << size;
      EXPECT_EQ(heap.find(word(object) + 8), nullptr);
      memset(reinterpret_cast<uint8_t*>(object) + kArrayElements, 0xff, size - kArrayElements);
      ranges.emplace_back(word(object), word(object) + size);
    }
  }
  std::ranges::sort(ranges);
  for (size_t i = 1; i < ranges.size(); ++i) ASSERT_LE(ranges[i - 1].second, ranges[i].first);
}

TEST_F(GcHeapTest, WhatIsNotReachableIsFreedCyclesToo) {
  GcHeap heap(types);
  HeapObject* const kept = pair(heap, pair(heap), refs(heap, 3));
  HeapObject* const a = pair(heap);
  HeapObject* const b = pair(heap, a);
  field(a, 0) = word(b);
  collect(heap, {kept});
  EXPECT_EQ(heap.find(word(a)), nullptr);
  EXPECT_EQ(heap.find(word(b)), nullptr);
  EXPECT_NE(heap.find(word(kept)), nullptr);
  EXPECT_NE(heap.find(field(kept, 0)), nullptr);
  EXPECT_NE(heap.find(field(kept, 2)), nullptr);
  EXPECT_EQ(heap.live_bytes(), 2 * 32u + 48u);
}

TEST_F(GcHeapTest, FreedCellsAreUsedAgainAndLivingOnesKeepTheirContents) {
  GcHeap heap(types);
  std::vector<HeapObject*> all;
  for (uint64_t i = 0; i < 20'000; ++i) {
    all.push_back(pair(heap));
    field(all.back(), 1) = i;
  }
  const uint64_t taken = heap.taken_bytes();
  HeapObject* list = nullptr;
  for (size_t i = 0; i < all.size(); i += 7) {
    field(all[i], 0) = word(list);
    list = all[i];
  }
  for (int round = 0; round < 5; ++round) {
    collect(heap, {list});
    // As many as are dead: 6 of 7.
    for (size_t i = 0; i < all.size() * 6 / 7; ++i) field(pair(heap), 1) = UINT64_MAX;
  }
  EXPECT_LE(heap.taken_bytes(), taken + (64 << 10));
  uint64_t count = 0;
  for (uint64_t at = word(list); at != 0; ++count) {
    HeapObject* const object = heap.find(at);
    ASSERT_NE(object, nullptr);
    EXPECT_EQ(field(object, 1) % 7, 0u);
    at = field(object, 0);
  }
  EXPECT_EQ(count, (all.size() + 6) / 7);
}

TEST_F(GcHeapTest, LongListsAndWideArraysAreMarkedWithAMarkStackOfAnySize) {
  for (const size_t limit : {size_t{0}, size_t{2}, size_t{3}, size_t{40}, SIZE_MAX}) {
    GcHeap heap(types);
    heap.limit_mark_stack(limit);
    // Each cell of a list and each element of an array has an object of its own.
    HeapObject* list = nullptr;
    for (int i = 0; i < 3000; ++i) list = pair(heap, list, pair(heap));
    HeapObject* const array = refs(heap, 20'000);
    for (uint32_t i = 0; i < 20'000; ++i) elements(array)[i] = word(pair(heap, nullptr, list));
    HeapObject* const top = pair(heap, list, array);
    pair(heap);
    collect(heap, {top});
    EXPECT_EQ(heap.live_bytes(), 32u * (1 + 3000 * 2 + 20'000) + 163'840u) << limit;
  }
}

TEST_F(GcHeapTest, MarkingSkipsNullI31AndMarksHostObjects) {
  GcHeap heap(types);
  ExternObject extern_object;
  HeapObject* const object = pair(heap, nullptr, &extern_object);
  field(object, 0) = 0;
  HeapObject* const array = refs(heap, 2);
  elements(array)[0] = to_i31(UINT32_MAX);
  elements(array)[1] = word(object);
  collect(heap, {array});
  EXPECT_EQ(extern_object.header.gc, 1u);
  EXPECT_EQ(extern_object.header.type, kExternObjectType);
}

TEST_F(GcHeapTest, ExceptionsKeepTheirReferences) {
  GcHeap heap(types);
  const FuncType type{{ValType::V128, kAnyRef, ValType::I64, kExnRef}, {}};
  TagInst tag{0, &type};
  const auto exception = [&] {
    auto* const made =
        reinterpret_cast<ExnObject*>(must(heap, kExnObjectType, sizeof(ExnObject) + 5 * 8));
    made->tag = &tag;
    std::fill_n(made->slots(), 5, 0);
    return made;
  };
  ExnObject* const cause = exception();
  ExnObject* const outer = exception();
  HeapObject* const value = pair(heap);
  HeapObject* const not_a_reference = pair(heap);
  outer->slots()[0] = outer->slots()[3] = word(not_a_reference);
  outer->slots()[2] = word(value);
  outer->slots()[4] = word(cause);
  collect(heap, {outer});
  EXPECT_NE(heap.find(word(cause)), nullptr);
  EXPECT_NE(heap.find(word(value)), nullptr);
  EXPECT_EQ(heap.find(word(not_a_reference)), nullptr);
}

TEST_F(GcHeapTest, LargeObjectsAreZeroAndGiveTheirMemoryBack) {
  GcHeap heap(types);
  for (const uint32_t length : {9'000u, 100'000u, 2'000'000u, 5'000'000u, 4'128'800u}) {
    HeapObject* const object = bytes(heap, length);
    auto* const data = reinterpret_cast<uint8_t*>(object) + kArrayElements;
    EXPECT_TRUE(GcHeap::is_zeroed(kArrayElements + length));
    EXPECT_TRUE(std::all_of(data, data + length, [](uint8_t b) { return b == 0; }));
    memset(data, 0xff, length);
    EXPECT_GE(heap.taken_bytes(), length);
    collect(heap, {object});
    EXPECT_EQ(heap.find(word(object)), object);
    EXPECT_EQ(data[length - 1], 0xff);
    collect(heap, {});
    EXPECT_EQ(heap.find(word(object)), nullptr);
    EXPECT_EQ(heap.taken_bytes(), 0u);
  }
}

TEST_F(GcHeapTest, MemoryIsReturnedWhenLittleIsAlive) {
  GcHeap heap(types);
  HeapObject* kept = nullptr;
  for (int i = 0; i < 1'000'000; ++i) kept = pair(heap);
  EXPECT_GE(heap.taken_bytes(), 32u * 1'000'000);
  collect(heap, {kept});
  EXPECT_LE(heap.taken_bytes(), 512u << 10);
  EXPECT_NE(heap.find(word(kept)), nullptr);
}

TEST_F(GcHeapTest, TheHeapAsksBeforeItGrowsAndIsRefused) {
  uint64_t most = 0;
  GcHeap heap(types, [&](uint64_t current, uint64_t wanted) {
    EXPECT_LT(current, wanted);
    if (wanted > (1 << 20)) return false;
    most = std::max(most, wanted);
    return true;
  });
  HeapObject* list = nullptr;
  while (HeapObject* const object = heap.allocate_anyway(x_first, 32)) {
    field(object, 0) = word(list);
    field(object, 2) = 0;
    list = object;
  }
  EXPECT_EQ(most, 1u << 20);
  EXPECT_EQ(heap.allocate_anyway(x_first + 2, 20'000), nullptr);
  collect(heap, {});
  EXPECT_NE(heap.allocate_anyway(x_first + 2, 20'000), nullptr);
  EXPECT_EQ(heap.allocate_anyway(x_first + 2, GcHeap::kMaxObjectBytes + 1), nullptr);
}

TEST_F(GcHeapTest, ACollectionIsDueWhenAsMuchIsAllocatedAsSurvivedTheLast) {
  GcHeap heap(types);
  const auto fill = [&] {
    uint64_t count = 0;
    for (; HeapObject* const object = heap.allocate(x_first, 32); ++count) {
      std::fill_n(&field(object, 0), 3, 0);
    }
    return count * 32;
  };
  EXPECT_NEAR(static_cast<double>(fill()), 2 << 20, 1 << 17);
  HeapObject* list = nullptr;
  for (int i = 0; i < 300'000; ++i) list = pair(heap, list);
  collect(heap, {list});
  EXPECT_NEAR(static_cast<double>(fill()), 300'000 * 32, 1 << 17);
}

TEST_F(GcHeapTest, EpochsBeginAnewWithoutLosingAnyone) {
  GcHeap heap(types, {}, UINT32_MAX - 2);
  HeapObject* list = nullptr;
  for (int round = 0; round < 6; ++round) {
    for (int i = 0; i < 5000; ++i) {
      list = pair(heap, list);
      pair(heap);
    }
    HeapObject* const large = bytes(heap, 50'000);
    collect(heap, {list});
    EXPECT_EQ(heap.live_bytes(), 32u * 5000 * (static_cast<unsigned>(round) + 1));
    EXPECT_EQ(heap.find(word(large)), nullptr);
  }
}

// Against a model: a set of rooted objects with known contents, of random sizes.
TEST_F(GcHeapTest, RandomAllocationsAndCollectionsKeepWhatIsRooted) {
  std::mt19937 random(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same run every time
  GcHeap heap(types);
  struct Kept {
    HeapObject* object;
    uint32_t length;
    uint64_t seed;
  };
  std::vector<Kept> kept;
  const auto check = [&](const Kept& k) {
    ASSERT_EQ(heap.find(word(k.object)), k.object);
    ASSERT_EQ(reinterpret_cast<ArrayObject*>(k.object)->length, k.length);
    for (uint32_t i = 0; i < k.length; ++i) ASSERT_EQ(elements(k.object)[i], k.seed + i);
  };
  for (uint64_t step = 0; step < 20'000; ++step) {
    const uint32_t length = random() % 50 == 0 ? random() % 20'000 : random() % 60;
    HeapObject* const object = must(heap, x_first + 3, kArrayElements + 8 * uint64_t{length});
    reinterpret_cast<ArrayObject*>(object)->length = length;
    for (uint32_t i = 0; i < length; ++i) elements(object)[i] = step + i;
    if (random() % 4 == 0) kept.push_back({object, length, step});
    if (random() % 700 != 0) continue;
    std::ranges::shuffle(kept, random);
    kept.resize(kept.size() - kept.size() / 3);
    heap.begin_marking();
    for (const Kept& k : kept) heap.mark(word(k.object));
    heap.finish_marking(random() % 2 == 0 ? GcHeap::Keep::Little : GcHeap::Keep::WorkingSet);
    for (const Kept& k : kept) check(k);
  }
  for (const Kept& k : kept) check(k);
}

}  // namespace
}  // namespace weft::interp::testing
