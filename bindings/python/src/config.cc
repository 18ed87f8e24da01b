#include <nanobind/stl/variant.h>

#include <unistd.h>

#include <array>
#include <string>
#include <string_view>
#include <variant>

#include "bindings/python/src/engine.h"
#include "bindings/python/src/errors.h"

namespace weft::python {

Config::Config() : Owner(Settings{}) {
  // As programs for the package wasmtime expect.
  get().config.features.threads = true;
  get().config.features.wide_arithmetic = true;
}

namespace {

struct FeatureSwitch {
  const char* name;
  bool Features::* feature;
};

constexpr std::array kFeatureSwitches{
    FeatureSwitch{"gc_support", &Features::gc},
    FeatureSwitch{"wasm_bulk_memory", &Features::bulk_memory},
    FeatureSwitch{"wasm_custom_page_sizes", &Features::custom_page_sizes},
    FeatureSwitch{"wasm_exceptions", &Features::exceptions},
    FeatureSwitch{"wasm_function_references", &Features::function_references},
    FeatureSwitch{"wasm_gc", &Features::gc},
    FeatureSwitch{"wasm_memory64", &Features::memory64},
    FeatureSwitch{"wasm_multi_memory", &Features::multi_memory},
    FeatureSwitch{"wasm_multi_value", &Features::multi_value},
    FeatureSwitch{"wasm_reference_types", &Features::reference_types},
    FeatureSwitch{"wasm_relaxed_simd", &Features::relaxed_simd},
    FeatureSwitch{"wasm_simd", &Features::simd},
    FeatureSwitch{"wasm_tail_call", &Features::tail_call},
    FeatureSwitch{"wasm_threads", &Features::threads},
    FeatureSwitch{"wasm_wide_arithmetic", &Features::wide_arithmetic},
};

// What is about compilers, or about what modules can't have here: taken, and without effect.
constexpr std::array kIgnoredSwitches{
    "cranelift_debug_verifier",
    "cranelift_nan_canonicalization",
    "debug_info",
    "macos_use_mach_ports",
    "memory_init_cow",
    "memory_may_move",
    "native_unwind_info",
    "shared_memory",
    "wasm_component_model",
    "wasm_component_model_implements",
    "wasm_component_model_map",
    "wasm_relaxed_simd_deterministic",
    "wasm_stack_switching",
};
constexpr std::array kIgnoredSizes{"memory_guard_size", "memory_reservation",
                                   "memory_reservation_for_growth"};

struct Choice {
  const char* name;
  const char* what;
  std::array<std::string_view, 4> values;
};
constexpr std::array kIgnoredChoices{
    Choice{"cranelift_opt_level", "opt level", {"none", "speed", "speed_and_size"}},
    Choice{"profiler", "profiler", {"none", "jitdump", "vtune", "perfmap"}},
    Choice{"strategy", "strategy", {"auto", "cranelift"}},
};

constexpr const char* kIgnored = "Without effect: the interpreter has no use for it.";

bool to_bool(nb::handle value) {
  if (!PyBool_Check(value.ptr())) throw nb::type_error("expected a bool");
  return value.is(nb::handle(Py_True));
}

}  // namespace

void bind_config(nb::module_& module) {
  auto config = bind_class<Config, Managed>(
      module, "Config",
      "Settings of an Engine. They can be set, not read. What is about compilers only is "
      "accepted and has no effect.");
  config.def(nb::init<>());
  for (const FeatureSwitch& row : kFeatureSwitches) {
    def_setter(config, row.name, "Whether modules may use that feature of WebAssembly.",
               [feature = row.feature](Config& self, nb::handle enable) {
                 self.get().config.features.*feature = to_bool(enable);
               });
  }
  for (const char* name : kIgnoredSwitches) {
    def_setter(config, name, kIgnored, [](Config& self, nb::handle enable) {
      (void)self.get();
      (void)to_bool(enable);
    });
  }
  for (const char* name : kIgnoredSizes) {
    def_setter(config, name, kIgnored,
               [](Config& self, std::uint64_t /*size*/) { (void)self.get(); });
  }
  for (const Choice& choice : kIgnoredChoices) {
    def_setter(config, choice.name, kIgnored, [&choice](Config& self, std::string_view value) {
      (void)self.get();
      for (const std::string_view known : choice.values) {
        if (!known.empty() && value == known) return;
      }
      raise_error("unknown " + std::string(choice.what) + ": " + std::string(value));
    });
  }
  def_setter(config, "cache", kIgnored, [](Config& self, nb::handle enabled) {
    (void)self.get();
    if (nb::isinstance<nb::str>(enabled)) {
      if (::access(nb::cast<std::string>(enabled).c_str(), R_OK) != 0) {
        raise_error("the cache's configuration can't be read");
      }
      return;
    }
    if (!PyBool_Check(enabled.ptr())) throw nb::type_error("expected string or bool");
    if (!to_bool(enabled)) raise_error("caching cannot be explicitly disabled");
  });
  def_setter(config, "target", kIgnored,
             [](Config& self, std::string_view /*triple*/) { (void)self.get(); });
  def_setter(config, "consume_fuel", "Whether guests use up their store's fuel. Off at first.",
             [](Config& self, nb::handle enable) { self.get().config.fuel = to_bool(enable); });
  def_setter(config, "epoch_interruption",
             "Whether stores have an epoch deadline: see Store.set_epoch_deadline. Off at first.",
             [](Config& self, bool enabled) { self.get().epoch_interruption = enabled; });
  def_setter(config, "max_wasm_stack", "Bytes of stack that the guests of a store may use: 8 MiB.",
             [](Config& self, std::size_t size) { self.get().config.max_stack_bytes = size; });
  def_setter(config, "parallel_compilation",
             "Whether several threads validate a large module. On at first.",
             [](Config& self, nb::handle enable) {
               self.get().config.validation_threads = to_bool(enable) ? 0 : 1;
             });
  def_setter(
      config, "signals_based_traps",
      "Whether guard pages and a signal handler find accesses outside of memories, instead of "
      "checks in the\nguest's way. On at first.",
      [](Config& self, nb::handle enable) {
        self.get().config.memory_mode = to_bool(enable) ? MemoryMode::Auto : MemoryMode::Explicit;
      });
  config
      .def(
          "cranelift_flag_enable",
          [](Config& self, std::string_view /*flag*/) { (void)self.get(); }, "flag"_a, kIgnored)
      .def(
          "cranelift_flag_set",
          [](Config& self, std::string_view /*key*/, std::string_view /*value*/) {
            (void)self.get();
          },
          "key"_a, "value"_a, kIgnored);
}

}  // namespace weft::python
