// Calls of every kind: of guests by the host, of the host by guests, and among functions of a
// guest.
//
// Times are of one call, with the return; loops in the guest are part of them.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <weft/weft.hpp>

#include "bench/calls_program.h"

namespace weft {
namespace {

std::int32_t host_add(std::int32_t a, std::int32_t b) { return a + b; }

// Leaves are called here, not inlined.
class Guest {
 public:
  explicit Guest(const Config& config = {.optimizations = "-inlining"})
      : engine_(config),
        module_(or_throw(Module::from_bytes(engine_, bench::calls_program()))),
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
  for (auto _ : state) or_throw(calls(guest.store(), bench::kTimes));
  state.SetItemsProcessed(state.iterations() * bench::kTimes);
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
