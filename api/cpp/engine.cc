#include "weft/engine.hpp"

#include <string>
#include <utility>

#include "weft/backend.hpp"

namespace weft {

Result<std::shared_ptr<const backend::Backend>> backends::by_name(std::string_view name) {
  if (name == "interp") return interpreter();
  if (name == "wasmtime") return wasmtime();
  if (name == "wasmtime-winch") return wasmtime({.compiler = WasmtimeCompiler::Winch});
  if (name == "wasmtime-pulley") return wasmtime({.compiler = WasmtimeCompiler::Pulley});
  return fail(Errc::usage, "no backend is called '" + std::string(name) +
                               "': interp, wasmtime, wasmtime-winch, wasmtime-pulley");
}

struct Engine::State {
  Config config;
  std::shared_ptr<const backend::Backend> backend;
  std::unique_ptr<backend::Engine> impl;
};

Result<Engine> Engine::make(Config config) {
  return make(std::move(config), backends::interpreter());
}

Result<Engine> Engine::make(Config config, std::shared_ptr<const backend::Backend> backend) {
  if (backend == nullptr) return fail(Errc::usage, "no backend given");
  Result<std::unique_ptr<backend::Engine>> impl = backend->make_engine(config);
  if (!impl) return std::unexpected<Error>(std::move(impl).error());
  const backend::Capabilities has = (*impl)->capabilities();
  if (config.fuel && !has.has(backend::Capability::Fuel)) {
    return fail(Errc::unsupported, "this backend has no fuel");
  }
  if (config.profile && !has.has(backend::Capability::Profile)) {
    return fail(Errc::unsupported, "this backend has no profiler");
  }
  return Engine(std::make_shared<const State>(
      State{std::move(config), std::move(backend), std::move(*impl)}));
}

Engine::Engine(Config config) : Engine(or_throw(make(std::move(config)))) {}

Engine::Engine(Config config, std::shared_ptr<const backend::Backend> backend)
    : Engine(or_throw(make(std::move(config), std::move(backend)))) {}

const Config& Engine::config() const noexcept { return state_->config; }
std::string_view Engine::backend_name() const noexcept { return state_->backend->name(); }
bool Engine::supports(backend::Capability capability) const noexcept {
  return state_->impl->capabilities().has(capability);
}
backend::Engine& Engine::impl() const noexcept { return *state_->impl; }

}  // namespace weft
