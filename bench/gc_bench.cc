// The garbage-collected heap by itself: what an object costs, and how long a collection stops the
// guest.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "interp/runtime/gc_heap.h"

namespace weft::interp {
namespace {

uint64_t word(const void* object) { return reinterpret_cast<uintptr_t>(object); }

// A node has two references and an integer: 32 bytes, as a struct of three fields has.
class Nodes {
 public:
  Nodes() : heap(types) {
    std::vector<DefinedType> group(1);
    const ValType ref = ValType::ref(HeapType::of_index(0), true);
    group[0].type.composite.kind = CompositeType::Kind::Struct;
    group[0].type.composite.fields = {{.type = ref, .is_mutable = true},
                                      {.type = ref, .is_mutable = true},
                                      {.type = ValType::I64}};
    types.intern_group(group, 0, 1);
    type = group[0].id;
  }
  // Collects, if it is time, what is not reachable from `roots`.
  HeapObject* make(uint64_t left, uint64_t right, const std::vector<uint64_t>& roots) {
    HeapObject* object = heap.allocate(type, 32);
    if (object == nullptr) [[unlikely]] {
      heap.begin_marking();
      for (const uint64_t root : roots) heap.mark(root);
      heap.mark(left);
      heap.mark(right);
      heap.finish_marking(GcHeap::Keep::WorkingSet);
      object = heap.allocate_anyway(type, 32);
    }
    auto* const fields = reinterpret_cast<uint64_t*>(object) + 1;
    fields[0] = left;
    fields[1] = right;
    fields[2] = 0;
    return object;
  }
  uint64_t tree(int depth, std::vector<uint64_t>& roots) {
    if (depth == 0) return word(make(0, 0, roots));
    roots.push_back(tree(depth - 1, roots));
    const uint64_t right = tree(depth - 1, roots);
    const uint64_t left = roots.back();
    roots.pop_back();
    return word(make(left, right, roots));
  }

  TypeRegistry types;
  GcHeap heap;
  TypeId type = 0;
};

// Objects that die at once, beside a tree of 2^range nodes that stays.
void BM_Garbage(benchmark::State& state) {
  Nodes nodes;
  std::vector<uint64_t> roots;
  roots.push_back(nodes.tree(static_cast<int>(state.range(0)), roots));
  for (auto _ : state) benchmark::DoNotOptimize(nodes.make(0, 0, roots));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Garbage)->Arg(0)->Arg(16)->Arg(20);

// Trees of 2^(range + 1) nodes, one after the other.
void BM_BinaryTrees(benchmark::State& state) {
  Nodes nodes;
  std::vector<uint64_t> roots;
  const auto depth = static_cast<int>(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(nodes.tree(depth, roots));
  state.SetItemsProcessed(state.iterations() * ((int64_t{2} << depth) - 1));
}
BENCHMARK(BM_BinaryTrees)->Arg(4)->Arg(10)->Arg(16)->Arg(20)->Unit(benchmark::kMicrosecond);

void mark_all(benchmark::State& state, Nodes& nodes, uint64_t root) {
  for (auto _ : state) {
    nodes.heap.begin_marking();
    nodes.heap.mark(root);
    nodes.heap.finish_marking(GcHeap::Keep::WorkingSet);
  }
  state.counters["live_MiB"] = static_cast<double>(nodes.heap.live_bytes()) / (1 << 20);
}

// The pause of a collection with range MiB alive: a tree as it was made, one whose nodes lie in no
// order, and a list.
void BM_MarkTree(benchmark::State& state) {
  Nodes nodes;
  std::vector<uint64_t> roots;
  const auto depth = static_cast<int>(std::bit_width(static_cast<uint64_t>(state.range(0)))) + 14;
  mark_all(state, nodes, nodes.tree(depth, roots));
}
BENCHMARK(BM_MarkTree)->Arg(1)->Arg(16)->Arg(128)->Unit(benchmark::kMillisecond);

void BM_MarkShuffledTree(benchmark::State& state) {
  Nodes nodes;
  std::vector<uint64_t> all;
  const auto count = static_cast<size_t>(state.range(0)) << 15;
  all.reserve(count);
  for (size_t i = 0; i < count; ++i)
    all.push_back(word(nodes.heap.allocate_anyway(nodes.type, 32)));
  std::ranges::shuffle(all, std::mt19937_64());
  for (size_t i = 0; i < count; ++i) {
    auto* const fields = reinterpret_cast<uint64_t*>(all[i]) + 1;
    fields[0] = 2 * i + 1 < count ? all[2 * i + 1] : 0;
    fields[1] = 2 * i + 2 < count ? all[2 * i + 2] : 0;
  }
  mark_all(state, nodes, all[0]);
}
BENCHMARK(BM_MarkShuffledTree)->Arg(1)->Arg(16)->Arg(100)->Unit(benchmark::kMillisecond);

void BM_MarkList(benchmark::State& state) {
  Nodes nodes;
  uint64_t list = 0;
  const auto count = static_cast<size_t>(state.range(0)) << 15;
  for (size_t i = 0; i < count; ++i) {
    auto* const fields =
        reinterpret_cast<uint64_t*>(nodes.heap.allocate_anyway(nodes.type, 32)) + 1;
    fields[0] = std::exchange(list, word(fields - 1));
    fields[1] = 0;
  }
  mark_all(state, nodes, list);
}
BENCHMARK(BM_MarkList)->Arg(1)->Arg(100)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weft::interp
