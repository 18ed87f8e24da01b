// The interpreter behind the public interface.
#include "weft/backend.hpp"

#include <memory>
#include <utility>

#include "api/backends/interp/module.h"
#include "api/backends/interp/settings.h"
#include "api/backends/interp/store.h"

namespace weft::backends {

namespace {

class InterpEngine final : public backend::Engine {
 public:
  explicit InterpEngine(std::shared_ptr<const Settings> settings)
      : settings_(std::move(settings)) {}

  backend::Capabilities capabilities() const noexcept override {
    using enum backend::Capability;
    return {DirectMemory, Fuel,      Interrupt, Limits,   LimitCallback,  Backtrace,
            V128,         ExternRef, Gc,        Memory64, CustomSections, Dump};
  }

  Result<std::shared_ptr<backend::Module>> make_module(
      Bytes bytes, std::shared_ptr<const void> owner) noexcept override {
    return InterpModule::make(settings_, bytes, std::move(owner));
  }

  Result<void> validate(Bytes bytes) noexcept override {
    // The engine keeps its types for good: what is only validated leaves none behind.
    interp::TypeRegistry types;
    auto loaded = load(*settings_, types, bytes, nullptr);
    if (!loaded) return std::unexpected<Error>(std::move(loaded).error());
    return {};
  }

  Result<std::unique_ptr<backend::Store>> make_store(
      const backend::StoreInit& init) noexcept override {
    return InterpStore::make(settings_, init);
  }

 private:
  std::shared_ptr<const Settings> settings_;
};

class Interpreter final : public backend::Backend {
 public:
  std::string_view name() const noexcept override { return "interp"; }
  Result<std::unique_ptr<backend::Engine>> make_engine(
      const Config& config) const noexcept override {
    Result<std::shared_ptr<const Settings>> settings = make_settings(config);
    if (!settings) return std::unexpected<Error>(std::move(settings).error());
    return std::make_unique<InterpEngine>(std::move(*settings));
  }
};

}  // namespace

std::shared_ptr<const backend::Backend> interpreter() {
  static const auto kBackend = std::make_shared<const Interpreter>();
  return kBackend;
}

}  // namespace weft::backends
