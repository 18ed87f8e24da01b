// Engine: what modules are compiled by and stores are made in.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "weft/config.hpp"
#include "weft/error.hpp"
#include "weft/export.hpp"

namespace weft {

namespace backend {
class Backend;
class Engine;
enum class Capability : std::uint32_t;
}  // namespace backend

/// The kinds of engine that the library can stand on.
namespace backends {

/// Weft's own interpreter. Never null.
[[nodiscard]] WEFT_API std::shared_ptr<const backend::Backend> interpreter();

/// How Wasmtime makes code of a module.
enum class WasmtimeCompiler : std::uint8_t {
  Cranelift,  ///< Optimised machine code.
  Winch,      ///< Machine code in one pass: no references of externref's kind, no tail calls.
  Pulley,     ///< Cranelift's code for Wasmtime's interpreter.
};

/// Where to find Wasmtime, and how it is to run.
struct WasmtimeOptions {
  /// The library. Empty: what the environment variable WEFT_WASMTIME_LIB says, else
  /// libwasmtime where the system looks for libraries, else the one of Python's package `wasmtime`
  /// in the active virtual environment or the user's own packages.
  std::string file{};
  WasmtimeCompiler compiler = WasmtimeCompiler::Cranelift;
};

/// Wasmtime, through its C API, which is loaded at the first call and stays loaded. Its engines do
/// not honour Config's max_call_depth, gc_stress, optimizations and simd_target (Errc::unsupported
/// if they aren't the defaults). Guests run on the thread's own stack: max_stack_bytes counts up to
/// half of what RLIMIT_STACK gives. Errc::not_found with what was tried if there is no library;
/// Errc::unsupported for a version that isn't served, or if this build has no such backend.
[[nodiscard]] WEFT_API Result<std::shared_ptr<const backend::Backend>> wasmtime(
    const WasmtimeOptions& options = {});

/// "interp", or "wasmtime", "wasmtime-winch" and "wasmtime-pulley", by their compiler. Errors as
/// wasmtime()'s, and Errc::usage for another name.
[[nodiscard]] WEFT_API Result<std::shared_ptr<const backend::Backend>> by_name(
    std::string_view name);

}  // namespace backends

/// A shared handle to an engine: cheap to copy, safe to use from many threads. Modules and stores
/// keep their engine alive.
class WEFT_API Engine {
 public:
  /// The interpreter with default settings.
  Engine() : Engine(Config{}) {}
  /// The interpreter. Throws Exception (Errc::unsupported) if a setting can't be honoured.
  explicit Engine(Config config);
  /// As above, on the given backend; Errc::usage if it is null.
  Engine(Config config, std::shared_ptr<const backend::Backend> backend);

  /// As the constructors, for programs without exceptions.
  [[nodiscard]] static Result<Engine> make(Config config = {});
  [[nodiscard]] static Result<Engine> make(Config config,
                                           std::shared_ptr<const backend::Backend> backend);

  [[nodiscard]] const Config& config() const noexcept;
  /// The backend's name: "interp", "wasmtime".
  [[nodiscard]] std::string_view backend_name() const noexcept;
  /// Whether the backend has an optional capability; see <weft/backend.hpp> for the list.
  [[nodiscard]] bool supports(backend::Capability capability) const noexcept;

  /// Whether both are the same engine.
  friend bool operator==(const Engine& a, const Engine& b) noexcept = default;

  /// For the library's own use.
  [[nodiscard]] backend::Engine& impl() const noexcept;

 private:
  struct State;
  explicit Engine(std::shared_ptr<const State> state) : state_(std::move(state)) {}

  std::shared_ptr<const State> state_;
};

}  // namespace weft
