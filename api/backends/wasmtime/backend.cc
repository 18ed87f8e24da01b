// Wasmtime behind the public interface.
#include "weft/backend.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "api/backends/wasmtime/engine.h"
#include "api/backends/wasmtime/module.h"
#include "api/backends/wasmtime/store.h"

namespace weft::backends {

std::string take_message(const WasmtimeApi& api, c::Error* error) {
  c::Vec<char> text;
  api.wasmtime_error_message(error, &text);
  std::string message(text.data, text.size);
  api.wasm_byte_vec_delete(&text);
  api.wasmtime_error_delete(error);
  return message;
}

const c::Module* WasmtimeState::trapping_module() const {
  std::call_once(trapping_module_made_, [this] {
    constexpr std::uint8_t kBytes[] = {
        0,  'a', 's', 'm',  1,   0, 0,    0,  // magic, version
        1,  4,   1,   0x60, 0,   0,           // type: () -> ()
        3,  2,   1,   0,                      // function: of type 0
        7,  5,   1,   1,    'f', 0, 0,        // export: "f"
        10, 5,   1,   3,    0,   0, 0x0b,     // code: unreachable
    };
    if (c::Error* error =
            api().wasmtime_module_new(engine, kBytes, sizeof kBytes, &trapping_module_)) {
      api().wasmtime_error_delete(error);
    }
  });
  return trapping_module_;
}

namespace {

// The stack is the thread's: half is left to the host. Pulley aborts where its first frame has no
// room.
std::size_t stack_bytes(const Config& config) {
  constexpr std::size_t kLeast = std::size_t{16} << 10;
  constexpr std::size_t kOfUnlimited = std::size_t{1} << 20;
  ::rlimit limit{};
  const bool known = ::getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
  const std::size_t most = known ? static_cast<std::size_t>(limit.rlim_cur) / 2 : kOfUnlimited;
  return std::clamp(config.max_stack_bytes, kLeast, std::max(most, kLeast));
}

std::uint64_t bytes_of_pages(std::uint64_t pages) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  return pages > kMost / kPageSize ? kMost : pages * kPageSize;
}

Result<void> check_config(const Config& config) {
  const Config defaults;
  const auto refuse = [](std::string_view what) {
    return fail(Errc::unsupported, "Wasmtime has no " + std::string(what));
  };
  if (config.gc_stress) return refuse("collection before every object");
  if (config.max_call_depth != defaults.max_call_depth) return refuse("bound on nested calls");
  if (!config.optimizations.empty()) return refuse("optimizations of Weft's");
  if (!config.simd_target.empty()) return refuse("SIMD targets of Weft's");
  return {};
}

// What modules may use is for Weft's validator to say: here, everything is on.
Result<c::Config*> make_config(const WasmtimeApi& api, const Config& config,
                               WasmtimeCompiler compiler) {
  c::Config* const made = api.wasm_config_new();
  if (compiler == WasmtimeCompiler::Pulley) {
    const char* const target = sizeof(void*) == sizeof(std::uint64_t) ? "pulley64" : "pulley32";
    if (c::Error* error = api.wasmtime_config_target_set(made, target)) {
      return fail(Errc::unsupported, "Wasmtime: " + take_message(api, error));
    }
  }
  const bool winch = compiler == WasmtimeCompiler::Winch;
  api.wasmtime_config_strategy_set(made, winch ? c::kWinch : c::kCranelift);
  api.wasmtime_config_consume_fuel_set(made, config.fuel);
  api.wasmtime_config_epoch_interruption_set(made, config.interruption);
  const std::size_t stack = stack_bytes(config);
  constexpr std::size_t kDefaultAsyncStack = std::size_t{2} << 20;
  // Not used, but it must be the larger one.
  api.wasmtime_config_async_stack_size_set(made, std::max(stack, kDefaultAsyncStack));
  api.wasmtime_config_max_wasm_stack_set(made, stack);
  if (config.memory_mode == MemoryMode::Explicit) {
    api.wasmtime_config_memory_reservation_set(made, 0);
    api.wasmtime_config_memory_reservation_for_growth_set(made, 0);
    api.wasmtime_config_memory_guard_size_set(made, 0);
  }
  api.wasmtime_config_wasm_threads_set(made, compiler != WasmtimeCompiler::Pulley);
  api.wasmtime_config_wasm_reference_types_set(made, true);
  api.wasmtime_config_wasm_multi_memory_set(made, true);
  api.wasmtime_config_wasm_memory64_set(made, true);
  api.wasmtime_config_wasm_wide_arithmetic_set(made, true);
  api.wasmtime_config_wasm_custom_page_sizes_set(made, true);
  api.wasmtime_config_wasm_tail_call_set(made, !winch);
  api.wasmtime_config_wasm_function_references_set(made, !winch);
  api.wasmtime_config_wasm_gc_set(made, !winch);
  api.wasmtime_config_wasm_relaxed_simd_set(made, !winch);
  api.wasmtime_config_wasm_exceptions_set(made, !winch);
  api.wasmtime_config_gc_support_set(made, true);
  return made;
}

// What Weft's validator is to accept.
Config front_config(const Config& config, WasmtimeCompiler compiler) {
  Config front;
  front.features = config.features;
  front.limits = config.limits;
  front.validation_threads = config.validation_threads;
  front.features.legacy_exceptions = false;
  if (compiler == WasmtimeCompiler::Pulley) front.features.threads = false;
  if (compiler == WasmtimeCompiler::Winch) {
    front.features.tail_call = false;
    front.features.function_references = false;
    front.features.gc = false;
    front.features.relaxed_simd = false;
    front.features.exceptions = false;
  }
  return front;
}

class WasmtimeEngine final : public backend::Engine {
 public:
  WasmtimeEngine(std::shared_ptr<const WasmtimeState> state, backend::Capabilities capabilities)
      : state_(std::move(state)), capabilities_(capabilities) {}

  backend::Capabilities capabilities() const noexcept override { return capabilities_; }
  Result<std::shared_ptr<backend::Module>> make_module(
      Bytes bytes, std::shared_ptr<const void> owner) noexcept override {
    return WasmtimeModule::make(state_, bytes, std::move(owner));
  }
  Result<void> validate(Bytes bytes) noexcept override { return state_->front->validate(bytes); }
  Result<HeapType> define_type(const detail::TypeInfo& info) noexcept override {
    return state_->front->define_type(info);
  }
  Result<detail::TypeInfo> type_info(const HeapType& type) noexcept override {
    return state_->front->type_info(type);
  }
  bool is_subtype(const HeapType& sub, const HeapType& super) noexcept override {
    return state_->front->is_subtype(sub, super);
  }
  Result<std::unique_ptr<backend::Store>> make_store(
      const backend::StoreInit& init) noexcept override {
    return std::make_unique<WasmtimeStore>(state_, init);
  }

 private:
  std::shared_ptr<const WasmtimeState> state_;
  backend::Capabilities capabilities_;
};

class Wasmtime final : public backend::Backend {
 public:
  Wasmtime(std::shared_ptr<const WasmtimeLibrary> library, WasmtimeCompiler compiler)
      : library_(std::move(library)), compiler_(compiler) {}

  std::string_view name() const noexcept override { return "wasmtime"; }
  Result<std::unique_ptr<backend::Engine>> make_engine(
      const Config& config) const noexcept override {
    if (Result<void> possible = check_config(config); !possible) {
      return std::unexpected<Error>(std::move(possible).error());
    }
    auto state = std::make_shared<WasmtimeState>();
    state->library = library_;
    state->backtraces = config.backtraces;
    state->interruption = config.interruption;
    state->memory_bytes = bytes_of_pages(config.limits.memory_pages);
    state->memory64_bytes = bytes_of_pages(config.limits.memory64_pages);
    state->table_elements = config.limits.table_elements;
    auto front = interpreter()->make_engine(front_config(config, compiler_));
    if (!front) return front;
    state->front = std::move(*front);
    Result<c::Config*> settings = make_config(library_->api, config, compiler_);
    if (!settings) return std::unexpected<Error>(std::move(settings).error());
    state->engine = library_->api.wasm_engine_new_with_config(*settings);

    using enum backend::Capability;
    backend::Capabilities has{DirectMemory, Fuel,     Limits,        Backtrace,
                              V128,         Memory64, CustomSections};
    if (config.interruption) has |= {Interrupt};
    if (compiler_ != WasmtimeCompiler::Winch) has |= {ExternRef, Gc, Exceptions};
    return std::make_unique<WasmtimeEngine>(std::move(state), has);
  }

 private:
  std::shared_ptr<const WasmtimeLibrary> library_;
  WasmtimeCompiler compiler_;
};

}  // namespace

Result<std::shared_ptr<const backend::Backend>> wasmtime(const WasmtimeOptions& options) {
  Result<std::shared_ptr<const WasmtimeLibrary>> library = load_wasmtime(options.file);
  if (!library) return std::unexpected<Error>(std::move(library).error());
  return std::make_shared<const Wasmtime>(std::move(*library), options.compiler);
}

}  // namespace weft::backends
