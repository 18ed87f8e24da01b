// The same calls on every engine, of one process: Weft's backends by Weft's API, and Wasmtime by
// its own C interface (the library that WEFT_WASMTIME_LIB names).
//
// Engines take turns with --benchmark_enable_random_interleaving=true --benchmark_repetitions=N.
// Names are WHAT/ENGINE; a time is of one call with its return, in a loop of the guest's where
// the guest calls.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <weft/weft.hpp>

#include "bench/calls_program.h"
#include "bench/wasmtime_calls.h"

namespace weft::bench {
namespace {

using Add = std::int32_t(std::int32_t, std::int32_t);
using Loop = void(std::int32_t);

// Calls to measure. Made in one place, so that all engines have them.
template <class Engine>
void measure_calls(const std::string& engine, std::shared_ptr<Engine> of) {
  const auto add = [&](const char* what, auto run, std::uint32_t times = 1) {
    benchmark::RegisterBenchmark(
        (what + ("/" + engine)).c_str(), [of, run, times](benchmark::State& state) {
          for (auto _ : state) run(*of);
          state.counters["call"] = benchmark::Counter(
              times, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
        });
  };
  add("host_to_wasm", [](Engine& e) { e.nothing(); });
  add("host_to_wasm_arguments", [](Engine& e) { e.add(); });
  add("host_to_wasm_to_host", [](Engine& e) { e.twice(); });
  add("wasm_to_host", [](Engine& e) { e.loop(e.host); }, kTimes);
  add("wasm_to_wasm", [](Engine& e) { e.loop(e.direct); }, kTimes);
  add("wasm_to_wasm_indirect", [](Engine& e) { e.loop(e.indirect); }, kTimes);
}

// By Weft's API.
struct Layer {
  explicit Layer(const Engine& engine) : store(engine) {
    const Module module = or_throw(Module::from_bytes(engine, calls_program()));
    const Extern import =
        or_throw(Func::wrap(store, [](std::int32_t a, std::int32_t b) { return a + b; }));
    const Instance instance = or_throw(Instance::create(store, module, {&import, 1}));
    nothing_ = or_throw(instance.func<void()>(store, "nothing"));
    add_ = or_throw(instance.func<Add>(store, "add"));
    twice_ = or_throw(instance.func<Add>(store, "twice"));
    host = or_throw(instance.func<Loop>(store, "host"));
    direct = or_throw(instance.func<Loop>(store, "direct"));
    indirect = or_throw(instance.func<Loop>(store, "indirect"));
  }
  void nothing() { or_throw(nothing_(store)); }
  void add() { benchmark::DoNotOptimize(or_throw(add_(store, 2, 1))); }
  void twice() { benchmark::DoNotOptimize(or_throw(twice_(store, 2, 1))); }
  void loop(const TypedFunc<Loop>& of) { or_throw(of(store, kTimes)); }

  Store store;
  TypedFunc<void()> nothing_;
  TypedFunc<Add> add_;
  TypedFunc<Add> twice_;
  TypedFunc<Loop> host;
  TypedFunc<Loop> direct;
  TypedFunc<Loop> indirect;
};

// By Wasmtime's C interface.
struct Direct {
  explicit Direct(const std::string& library) : wasmtime(library, calls_program()) {}
  void nothing() { call(nothing_, 0); }
  void add() { call(add_, 2); }
  void twice() { call(twice_, 2); }
  void loop(const WasmtimeCalls::Func& of) { call(of, 1, kTimes); }

  void call(const WasmtimeCalls::Func& func, std::size_t count, std::int32_t first = 2) {
    WasmtimeCalls::Raw values[2];
    values[0].i32 = first;
    values[1].i32 = 1;
    if (!wasmtime.call(func, values, count)) std::abort();
    benchmark::DoNotOptimize(values);
  }

  WasmtimeCalls wasmtime;
  WasmtimeCalls::Func nothing_ = wasmtime.func("nothing");
  WasmtimeCalls::Func add_ = wasmtime.func("add");
  WasmtimeCalls::Func twice_ = wasmtime.func("twice");
  WasmtimeCalls::Func host = wasmtime.func("host");
  WasmtimeCalls::Func direct = wasmtime.func("direct");
  WasmtimeCalls::Func indirect = wasmtime.func("indirect");
};

void register_all() {
  // Leaves are called here, not inlined.
  measure_calls("weft", std::make_shared<Layer>(Engine({.optimizations = "-inlining"})));
  if (const char* library = std::getenv("WEFT_WASMTIME_LIB")) {
    measure_calls("wasmtime_c", std::make_shared<Direct>(library));
  }
}

}  // namespace
}  // namespace weft::bench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  try {
    weft::bench::register_all();
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
