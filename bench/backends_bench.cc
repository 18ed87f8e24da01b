// The same calls and instances on every engine, in one process: Weft's backends by Weft's API, and
// calls on Wasmtime by its own C interface (the library that WEFT_WASMTIME_LIB names).
//
// Engines take turns with --benchmark_enable_random_interleaving=true --benchmark_repetitions=N.
// Names are WHAT/ENGINE; a time is of one call with its return, in a loop of the guest's where
// the guest calls.
#include <benchmark/benchmark.h>

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>
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

// Resident memory of this process in bytes.
std::int64_t resident() {
  std::int64_t total = 0;
  std::int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> total >> pages;
  return pages * sysconf(_SC_PAGESIZE);
}

std::vector<Extern> imports_of(Store& store) {
  return {or_throw(Func::wrap(store, [](std::int32_t a, std::int32_t b) { return a + b; }))};
}

// From bytes to the first call's return, and all of it dropped.
void start_up(benchmark::State& state, const Engine& engine) {
  const std::vector<std::uint8_t> program = calls_program();
  for (auto _ : state) {
    Store store(engine);
    const Module module = or_throw(Module::from_bytes(engine, program));
    const Instance instance = or_throw(Instance::create(store, module, imports_of(store)));
    or_throw(or_throw(instance.func<void()>(store, "nothing"))(store));
  }
}

// A store with an instance that has been called, of a module that is there, and both dropped.
void store(benchmark::State& state, const Engine& engine) {
  const Module module = or_throw(Module::from_bytes(engine, calls_program()));
  for (auto _ : state) {
    Store store(engine);
    const Instance instance = or_throw(Instance::create(store, module, imports_of(store)));
    or_throw(or_throw(instance.func<void()>(store, "nothing"))(store));
  }
}

// Instances in one store, each called once. `bytes` is the resident memory that one takes.
void instance(benchmark::State& state, const Engine& engine) {
  constexpr std::int64_t kInstances = 1000;
  const Module module = or_throw(Module::from_bytes(engine, calls_program()));
  std::int64_t most = 0;
  for (auto _ : state) {
    state.PauseTiming();
    malloc_trim(0);  // what earlier ones left is not there to be had again
    const std::int64_t before = resident();
    state.ResumeTiming();
    Store store(engine);
    const std::vector<Extern> imports = imports_of(store);
    for (std::int64_t i = 0; i < kInstances; ++i) {
      const Instance instance = or_throw(Instance::create(store, module, imports));
      or_throw(or_throw(instance.func<void()>(store, "nothing"))(store));
    }
    most = std::max(most, resident() - before);
  }
  state.counters["bytes"] = static_cast<double>(most) / static_cast<double>(kInstances);
  state.counters["call"] = benchmark::Counter(
      static_cast<double>(kInstances),
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void register_backend(const std::string& name, const Engine& engine) {
  measure_calls(name, std::make_shared<Layer>(engine));
  const auto add = [&](const char* what, auto* run) {
    benchmark::RegisterBenchmark((what + ("/" + name)).c_str(),
                                 [engine, run](benchmark::State& state) { run(state, engine); });
  };
  add("start_up", start_up);
  add("store", store);
  add("instance", instance);
}

void register_all() {
  // Leaves are called here, not inlined.
  register_backend("weft", Engine({.optimizations = "-inlining"}));
  using enum backends::WasmtimeCompiler;
  for (const auto& [name, compiler] :
       {std::pair("wasmtime", Cranelift), std::pair("winch", Winch), std::pair("pulley", Pulley)}) {
    const auto backend = backends::wasmtime({.compiler = compiler});
    const auto engine = backend ? Engine::make({}, *backend) : fail(backend.error());
    if (engine) {
      register_backend(name, *engine);
    } else {
      std::cerr << "without " << name << ": " << engine.error().message() << '\n';
    }
  }
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
