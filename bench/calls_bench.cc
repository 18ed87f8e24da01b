// Calls of every kind: of guests by the host, of the host by guests, and among functions of a
// guest.
//
// Times are of one call, with the return; loops in the guest are part of them.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <weft/weft.hpp>

#include "tests/decode/module_bytes.h"

namespace weft {
namespace {

using enum interp::Opcode;
using Code = interp::testing::Bytes;
using interp::testing::encode;
using interp::testing::join;
using interp::testing::text;

constexpr std::uint32_t kTimes = 10'000;
constexpr std::uint8_t kI32 = 0x7f;

Code op(interp::Opcode opcode, const Code& immediates = {}) {
  return join(encode(opcode), immediates);
}

// Imports `host`, (i32 i32) -> i32. The loops call functions of that type as often as their
// argument says: the import, one of the module's own, the same by the table. `twice` calls the host
// once, `nothing` and `add` nobody.
Code program() {
  using B = interp::testing::ModuleBuilder;
  constexpr std::uint8_t kVoid = 0x40;
  B builder;
  builder.type({}, {}).type({kI32, kI32}, {kI32}).type({kI32}, {});
  builder.item(B::kImport, join(text("m"), text("host"), Code{0, 1}));
  const auto loop = [](const Code& call) {
    return join(op(Loop, {kVoid}), op(LocalGet, {0}), op(I32Const, {3}), call, op(Drop),
                op(LocalGet, {0}), op(I32Const, {1}), op(I32Sub), op(LocalTee, {0}), op(BrIf, {0}),
                op(End));
  };
  builder.func(0, {});
  builder.func(1, join(op(LocalGet, {0}), op(LocalGet, {1}), op(I32Add)));
  builder.func(1, join(op(LocalGet, {0}), op(LocalGet, {1}), op(Call, {0})));
  builder.func(2, loop(op(Call, {0})));
  builder.func(2, loop(op(Call, {2})));
  builder.func(2, loop(join(op(I32Const, {0}), op(CallIndirect, {1, 0}))));
  builder.item(B::kTable, {0x70, 0, 1});
  builder.item(B::kElement, {0, 0x41, 0, 0x0b, 1, 2});
  std::uint8_t index = 1;
  for (const char* name : {"nothing", "add", "twice", "host", "direct", "indirect"})
    builder.item(B::kExport, join(text(name), Code{0, index++}));
  return builder.build();
}

std::int32_t host_add(std::int32_t a, std::int32_t b) { return a + b; }

// Leaves are called here, not inlined.
class Guest {
 public:
  explicit Guest(const Config& config = {.optimizations = "-inlining"})
      : engine_(config),
        module_(or_throw(Module::from_bytes(engine_, program()))),
        store_(engine_),
        instance_(make()) {}

  template <class Signature>
  TypedFunc<Signature> func(const char* name) {
    return or_throw(instance_.func<Signature>(store_, name));
  }
  Store& store() { return store_; }

 private:
  Instance make() {
    const Extern imports[] = {or_throw(Func::wrap(store_, host_add))};
    return or_throw(Instance::create(store_, module_, imports));
  }

  Engine engine_;
  Module module_;
  Store store_;
  Instance instance_;
};

void BM_HostCallsGuest(benchmark::State& state) {
  Guest guest;
  const auto nothing = guest.func<void()>("nothing");
  for (auto _ : state) benchmark::DoNotOptimize(nothing(guest.store()));
}

void BM_HostCallsGuestWithArguments(benchmark::State& state) {
  Guest guest;
  const auto add = guest.func<std::int32_t(std::int32_t, std::int32_t)>("add");
  std::int32_t sum = 0;
  for (auto _ : state) sum = or_throw(add(guest.store(), sum, 1));
  benchmark::DoNotOptimize(sum);
}

void BM_HostCallsGuestUntyped(benchmark::State& state) {
  Guest guest;
  const Func add = guest.func<std::int32_t(std::int32_t, std::int32_t)>("add").func();
  const Val arguments[] = {Val(1), Val(2)};
  Val results[1];
  for (auto _ : state) or_throw(add.call_into(guest.store(), arguments, results));
  benchmark::DoNotOptimize(results);
}

void BM_HostCallsGuestCallsHost(benchmark::State& state) {
  Guest guest;
  const auto twice = guest.func<std::int32_t(std::int32_t, std::int32_t)>("twice");
  std::int32_t sum = 0;
  for (auto _ : state) sum = or_throw(twice(guest.store(), sum, 1));
  benchmark::DoNotOptimize(sum);
}

void loop(benchmark::State& state, Guest&& guest, const char* name) {
  const auto calls = guest.func<void(std::int32_t)>(name);
  for (auto _ : state) or_throw(calls(guest.store(), kTimes));
  state.SetItemsProcessed(state.iterations() * kTimes);
}
void BM_GuestCallsHost(benchmark::State& state) { loop(state, Guest(), "host"); }
void BM_Direct(benchmark::State& state) { loop(state, Guest(), "direct"); }
void BM_Inlined(benchmark::State& state) { loop(state, Guest(Config{}), "direct"); }
void BM_Indirect(benchmark::State& state) { loop(state, Guest(), "indirect"); }

BENCHMARK(BM_HostCallsGuest);
BENCHMARK(BM_HostCallsGuestWithArguments);
BENCHMARK(BM_HostCallsGuestUntyped);
BENCHMARK(BM_HostCallsGuestCallsHost);
BENCHMARK(BM_GuestCallsHost);
BENCHMARK(BM_Direct);
BENCHMARK(BM_Inlined);
BENCHMARK(BM_Indirect);

}  // namespace
}  // namespace weft
