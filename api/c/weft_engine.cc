// Configurations, engines and stores of <weft.h>.
#include <bit>
#include <cstddef>
#include <type_traits>

#include "api/c/support.h"

using weft::c::attempt;
using weft::c::forward_error;
using weft::c::guard;
using weft::c::HostInfo;
using weft::c::new_error;
using weft::c::new_store;
using weft::c::open;
using weft::c::put;
using weft::c::put_as;
using weft::c::put_bytes;
using weft::c::StoreHandle;
using weft::c::to_str;
using weft::c::view;

// NOLINTNEXTLINE(readability-identifier-naming): the name is <weft.h>'s
struct weft_interrupt_t {
  weft::InterruptHandle handle;
};

namespace {

using weft::Errc;
using weft::fail;
using weft::Result;

// Structs that are the same on both sides.

// NOLINTBEGIN(cppcoreguidelines-macro-usage)
#define WEFT_SAME(c_type, cpp_type, member)                               \
  static_assert(offsetof(c_type, member) == offsetof(cpp_type, member) && \
                std::is_same_v<decltype(c_type::member), decltype(cpp_type::member)>)
#define WEFT_SAME_LIMIT(member) WEFT_SAME(weft_module_limits_t, weft::ModuleLimits, member)
#define WEFT_SAME_BOUND(member) WEFT_SAME(weft_store_limits_t, weft::StoreLimits, member)
#define WEFT_SAME_STAT(member) WEFT_SAME(weft_gc_stats_t, weft::GcStats, member)
// NOLINTEND(cppcoreguidelines-macro-usage)
WEFT_SAME_LIMIT(module_bytes);
WEFT_SAME_LIMIT(types);
WEFT_SAME_LIMIT(functions);
WEFT_SAME_LIMIT(imports);
WEFT_SAME_LIMIT(exports);
WEFT_SAME_LIMIT(globals);
WEFT_SAME_LIMIT(tags);
WEFT_SAME_LIMIT(tables);
WEFT_SAME_LIMIT(memories);
WEFT_SAME_LIMIT(data_segments);
WEFT_SAME_LIMIT(element_segments);
WEFT_SAME_LIMIT(params);
WEFT_SAME_LIMIT(results);
WEFT_SAME_LIMIT(locals);
WEFT_SAME_LIMIT(function_bytes);
WEFT_SAME_LIMIT(name_bytes);
WEFT_SAME_LIMIT(table_elements);
WEFT_SAME_LIMIT(memory_pages);
WEFT_SAME_LIMIT(memory64_pages);
WEFT_SAME_LIMIT(subtyping_depth);
WEFT_SAME_LIMIT(struct_fields);
static_assert(sizeof(weft_module_limits_t) == sizeof(weft::ModuleLimits));
WEFT_SAME_BOUND(memory_bytes);
WEFT_SAME_BOUND(table_elements);
WEFT_SAME_BOUND(memories);
WEFT_SAME_BOUND(tables);
WEFT_SAME_BOUND(instances);
WEFT_SAME_BOUND(gc_heap_bytes);
static_assert(sizeof(weft_store_limits_t) == sizeof(weft::StoreLimits));
WEFT_SAME_STAT(heap_bytes);
WEFT_SAME_STAT(live_bytes);
WEFT_SAME_STAT(collections);
static_assert(sizeof(weft_gc_stats_t) == sizeof(weft::GcStats));

// Numbers that are the same.
template <class C, class Cpp>
constexpr bool same(C number, Cpp enumerator) {
  return static_cast<std::uint64_t>(number) == static_cast<std::uint64_t>(enumerator);
}
static_assert(same(WEFT_MEMORY_AUTO, weft::MemoryMode::Auto) &&
              same(WEFT_MEMORY_GUARD, weft::MemoryMode::Guard) &&
              same(WEFT_MEMORY_EXPLICIT, weft::MemoryMode::Explicit));
using Compiler = weft::backends::WasmtimeCompiler;
static_assert(same(WEFT_WASMTIME_CRANELIFT, Compiler::Cranelift) &&
              same(WEFT_WASMTIME_WINCH, Compiler::Winch) &&
              same(WEFT_WASMTIME_PULLEY, Compiler::Pulley));
using Growth = weft::GrowthRequest::Kind;
static_assert(same(WEFT_GROWTH_MEMORY, Growth::Memory) && same(WEFT_GROWTH_TABLE, Growth::Table) &&
              same(WEFT_GROWTH_GC_HEAP, Growth::GcHeap));
using weft::backend::Capability;
static_assert(same(WEFT_CAPABILITY_DIRECT_MEMORY, Capability::DirectMemory) &&
              same(WEFT_CAPABILITY_FUEL, Capability::Fuel) &&
              same(WEFT_CAPABILITY_INTERRUPT, Capability::Interrupt) &&
              same(WEFT_CAPABILITY_LIMITS, Capability::Limits) &&
              same(WEFT_CAPABILITY_LIMIT_CALLBACK, Capability::LimitCallback) &&
              same(WEFT_CAPABILITY_BACKTRACE, Capability::Backtrace) &&
              same(WEFT_CAPABILITY_V128, Capability::V128) &&
              same(WEFT_CAPABILITY_EXTERNREF, Capability::ExternRef) &&
              same(WEFT_CAPABILITY_GC, Capability::Gc) &&
              same(WEFT_CAPABILITY_MEMORY64, Capability::Memory64) &&
              same(WEFT_CAPABILITY_SHARED_MEMORY, Capability::SharedMemory) &&
              same(WEFT_CAPABILITY_EXCEPTIONS, Capability::Exceptions) &&
              same(WEFT_CAPABILITY_CUSTOM_SECTIONS, Capability::CustomSections) &&
              same(WEFT_CAPABILITY_DUMP, Capability::Dump) &&
              same(WEFT_CAPABILITY_GC_OBJECTS, Capability::GcObjects) &&
              same(WEFT_CAPABILITY_PROFILE, Capability::Profile));

template <class T, class V>
weft_error_t* set(wasm_config_t* config, T weft::Config::* setting, V value) {
  return attempt(
      [&]() -> Result<void> {
        config->config.*setting = T(value);
        return {};
      },
      config);
}

// What weft_store_set_data attaches to a store.
struct UserData {
  HostInfo info{};
};

}  // namespace

weft_error_t* weft_config_set_backend(wasm_config_t* config, weft_str_t name) {
  return attempt(
      [&]() -> Result<void> { return put(weft::backends::by_name(view(name)), &config->backend); },
      config);
}
weft_error_t* weft_config_set_wasmtime(wasm_config_t* config, weft_str_t library,
                                       weft_wasmtime_compiler_t compiler) {
  return attempt(
      [&]() -> Result<void> {
        if (compiler > WEFT_WASMTIME_PULLEY) return fail(Errc::usage, "no such compiler");
        return put(weft::backends::wasmtime({.file = std::string(view(library)),
                                             .compiler = static_cast<Compiler>(compiler)}),
                   &config->backend);
      },
      config);
}
weft_error_t* weft_config_set_fuel(wasm_config_t* config, bool on) {
  return set(config, &weft::Config::fuel, on);
}
weft_error_t* weft_config_set_interruption(wasm_config_t* config, bool on) {
  return set(config, &weft::Config::interruption, on);
}
weft_error_t* weft_config_set_backtraces(wasm_config_t* config, bool on) {
  return set(config, &weft::Config::backtraces, on);
}
weft_error_t* weft_config_set_profile(wasm_config_t* config, bool on) {
  return set(config, &weft::Config::profile, on);
}
weft_error_t* weft_config_set_gc_stress(wasm_config_t* config, bool on) {
  return set(config, &weft::Config::gc_stress, on);
}
weft_error_t* weft_config_set_eager_translation(wasm_config_t* config, bool on) {
  return set(config, &weft::Config::eager_translation, on);
}
weft_error_t* weft_config_set_max_stack_bytes(wasm_config_t* config, size_t bytes) {
  return set(config, &weft::Config::max_stack_bytes, bytes);
}
weft_error_t* weft_config_set_max_call_depth(wasm_config_t* config, uint32_t calls) {
  return set(config, &weft::Config::max_call_depth, calls);
}
weft_error_t* weft_config_set_max_host_depth(wasm_config_t* config, uint32_t calls) {
  return set(config, &weft::Config::max_host_depth, calls);
}
weft_error_t* weft_config_set_memory_mode(wasm_config_t* config, weft_memory_mode_t mode) {
  if (mode > WEFT_MEMORY_EXPLICIT) {
    return new_error(weft::Error(Errc::usage, "no such memory mode"));
  }
  return set(config, &weft::Config::memory_mode, static_cast<weft::MemoryMode>(mode));
}
weft_error_t* weft_config_set_simd_target(wasm_config_t* config, weft_str_t name) {
  return set(config, &weft::Config::simd_target, view(name));
}
weft_error_t* weft_config_set_optimizations(wasm_config_t* config, weft_str_t list) {
  return set(config, &weft::Config::optimizations, view(list));
}
weft_error_t* weft_config_set_validation_threads(wasm_config_t* config, uint32_t threads) {
  return set(config, &weft::Config::validation_threads, threads);
}
weft_error_t* weft_config_set_features(wasm_config_t* config, weft_str_t list) {
  return attempt([&] { return put(weft::Features::parse(view(list)), &config->config.features); },
                 config);
}

void weft_module_limits_default(weft_module_limits_t* out) {
  if (out != nullptr) *out = std::bit_cast<weft_module_limits_t>(weft::ModuleLimits());
}
void weft_module_limits_strict(weft_module_limits_t* out) {
  if (out != nullptr) *out = std::bit_cast<weft_module_limits_t>(weft::ModuleLimits::strict());
}
weft_error_t* weft_config_set_module_limits(wasm_config_t* config,
                                            const weft_module_limits_t* limits) {
  return attempt(
      [&]() -> Result<void> {
        config->config.limits = std::bit_cast<weft::ModuleLimits>(*limits);
        return {};
      },
      config, limits);
}

weft_error_t* weft_engine_new(wasm_config_t* config, wasm_engine_t** out) {
  const std::unique_ptr<wasm_config_t> given(config);
  return attempt(
      [&] {
        wasm_config_t settings = given != nullptr ? std::move(*given) : wasm_config_t();
        return put_as(weft::Engine::make(std::move(settings.config), std::move(settings.backend)),
                      out,
                      [](weft::Engine&& engine) { return new wasm_engine_t{std::move(engine)}; });
      },
      out);
}
wasm_engine_t* weft_engine_copy(const wasm_engine_t* engine) {
  return guard([&] { return engine == nullptr ? nullptr : new wasm_engine_t(*engine); });
}
weft_str_t weft_engine_backend(const wasm_engine_t* engine) {
  return to_str(engine == nullptr ? "" : engine->engine.backend_name());
}
bool weft_engine_supports(const wasm_engine_t* engine, weft_capability_t capability) {
  return engine != nullptr && engine->engine.supports(static_cast<Capability>(capability));
}

weft_error_t* weft_store_new(const wasm_engine_t* engine, wasm_store_t** out) {
  return attempt(
      [&] {
        return put_as(new_store(engine->engine), out,
                      [](StoreHandle&& handle) { return new wasm_store_t{std::move(handle)}; });
      },
      engine, out);
}
uint64_t weft_store_id(const wasm_store_t* store) {
  return store == nullptr ? 0 : open(store->handle).id();
}
uint64_t weft_ref_store_id(const wasm_ref_t* ref) {
  return ref == nullptr ? 0 : open(ref->store).id();
}
wasm_engine_t* weft_store_engine(const wasm_store_t* store) {
  return guard([&]() -> wasm_engine_t* {
    if (store == nullptr) return nullptr;
    Result<weft::Engine> engine = open(store->handle).engine();
    return engine ? new wasm_engine_t{std::move(*engine)} : nullptr;
  });
}
weft_error_t* weft_store_set_data(wasm_store_t* store, void* data, void (*finalizer)(void*)) {
  HostInfo owned(data, finalizer);
  return attempt(
      [&]() -> Result<void> {
        open(store->handle).emplace_data<UserData>(std::move(owned));
        return {};
      },
      store);
}
void* weft_store_data(const wasm_store_t* store) {
  if (store == nullptr) return nullptr;
  const auto* data = open(store->handle).data<UserData>();
  return data == nullptr ? nullptr : data->info.get();
}
void* weft_caller_data(weft_caller_t* caller) {
  const UserData* data = caller == nullptr ? nullptr : caller->caller.data<UserData>();
  return data == nullptr ? nullptr : data->info.get();
}

weft_error_t* weft_store_set_limits(wasm_store_t* store, const weft_store_limits_t* limits) {
  return attempt(
      [&] { return open(store->handle).set_limits(std::bit_cast<weft::StoreLimits>(*limits)); },
      store, limits);
}
weft_error_t* weft_store_set_limiter(wasm_store_t* store, weft_limiter_t limiter, void* env,
                                     void (*finalizer)(void*)) {
  HostInfo owned(env, finalizer);
  return attempt(
      [&]() -> Result<void> {
        if (!store->handle->store) return open(store->handle).set_limits({});  // its error
        weft::Limiter ask;
        if (limiter != nullptr) {
          ask = [limiter, kept = std::move(owned)](const weft::GrowthRequest& request) {
            const weft_growth_t growth{.kind = static_cast<std::uint8_t>(request.kind),
                                       .has_maximum = request.maximum.has_value(),
                                       .current = request.current,
                                       .desired = request.desired,
                                       .maximum = request.maximum.value_or(0)};
            return limiter(kept.get(), &growth);
          };
        }
        return store->handle->store->set_limiter(std::move(ask));
      },
      store);
}

weft_error_t* weft_store_set_fuel(wasm_store_t* store, uint64_t units) {
  return attempt([&] { return open(store->handle).set_fuel(units); }, store);
}
weft_error_t* weft_store_add_fuel(wasm_store_t* store, uint64_t units) {
  return attempt([&] { return open(store->handle).add_fuel(units); }, store);
}
weft_error_t* weft_store_fuel(const wasm_store_t* store, uint64_t* out) {
  return attempt([&] { return put(open(store->handle).fuel(), out); }, store, out);
}

weft_interrupt_t* weft_store_interrupt(const wasm_store_t* store) {
  return guard([&] {
    return store == nullptr ? nullptr
                            : new weft_interrupt_t{open(store->handle).interrupt_handle()};
  });
}
weft_interrupt_t* weft_interrupt_copy(const weft_interrupt_t* interrupt) {
  return guard([&] { return interrupt == nullptr ? nullptr : new weft_interrupt_t(*interrupt); });
}
void weft_interrupt_delete(weft_interrupt_t* interrupt) { delete interrupt; }
void weft_interrupt(const weft_interrupt_t* interrupt) {
  if (interrupt != nullptr) interrupt->handle.interrupt();
}
weft_error_t* weft_store_set_interrupt_hook(wasm_store_t* store, weft_interrupt_hook_t hook,
                                            void* env, void (*finalizer)(void*)) {
  HostInfo owned(env, finalizer);
  return attempt(
      [&]() -> Result<void> {
        if (!store->handle->store) return open(store->handle).check_interrupt();  // its error
        weft::InterruptHook ask;
        if (hook != nullptr) {
          ask = [hook, kept = std::move(owned)] { return hook(kept.get()); };
        }
        return store->handle->store->set_interrupt_hook(std::move(ask));
      },
      store);
}
weft_error_t* weft_store_check_interrupt(wasm_store_t* store) {
  return attempt([&] { return open(store->handle).check_interrupt(); }, store);
}
void weft_store_clear_interrupt(wasm_store_t* store) {
  if (store != nullptr) open(store->handle).clear_interrupt();
}

weft_error_t* weft_store_gc(wasm_store_t* store) {
  return attempt([&] { return open(store->handle).gc(); }, store);
}
weft_error_t* weft_store_gc_stats(const wasm_store_t* store, weft_gc_stats_t* out) {
  return attempt(
      [&]() -> Result<void> {
        Result<weft::GcStats> stats = open(store->handle).gc_stats();
        if (!stats) return forward_error(stats);
        *out = std::bit_cast<weft_gc_stats_t>(*stats);
        return {};
      },
      store, out);
}
weft_error_t* weft_store_folded_stacks(const wasm_store_t* store, wasm_byte_vec_t* out) {
  return attempt(
      [&]() -> Result<void> {
        Result<weft::Profile> profile = open(store->handle).profile();
        if (!profile) return forward_error(profile);
        put_bytes(profile->folded_stacks(), out);
        return {};
      },
      store, out);
}
