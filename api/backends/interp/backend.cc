// The interpreter behind the public interface.
#include "weft/backend.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "api/backends/interp/convert.h"
#include "api/backends/interp/module.h"
#include "api/backends/interp/settings.h"
#include "api/backends/interp/shared_memory.h"
#include "api/backends/interp/store.h"
#include "interp/core/small.h"

namespace weft::backends {

namespace {

// As a group of its own whose references all lie outside. In a group, references are places of a
// module's types: a list of the types that are referred to stands in for them.
std::optional<interp::TypeId> intern(interp::SubType type, interp::TypeRegistry& types) {
  std::vector<interp::DefinedType> group;
  const auto place_of = [&group](interp::TypeId id) {
    group.emplace_back().id = id;
    return static_cast<std::uint32_t>(group.size() - 1);
  };
  if (type.super) type.super = place_of(*type.super);
  for (interp::FieldType& field : type.composite.fields) {
    if (!field.type.is_ref() || !field.type.heap().is_index()) continue;
    const std::uint32_t place = place_of(field.type.heap().index());
    field.type = interp::ValType::ref(interp::HeapType::of_index(place), field.type.is_nullable());
  }
  const auto last = static_cast<std::uint32_t>(group.size());
  group.emplace_back().type = std::move(type);
  if (!types.intern_group(group, last, last + 1)) return std::nullopt;
  return group.back().id;
}

class InterpEngine final : public backend::Engine {
 public:
  explicit InterpEngine(std::shared_ptr<const Settings> settings)
      : settings_(std::move(settings)) {}

  backend::Capabilities capabilities() const noexcept override {
    using enum backend::Capability;
    backend::Capabilities all{
        DirectMemory, Fuel,           Interrupt, Limits,   LimitCallback, Backtrace,
        V128,         ExternRef,      Gc,        Memory64, SharedMemory,  GcObjects,
        Exceptions,   CustomSections, CallDepth};
    if constexpr (!interp::kSmall) all |= {Dump, Profile};
    return all;
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

  Result<HeapType> define_type(const detail::TypeInfo& info) noexcept override {
    interp::TypeRegistry& types = *settings_->types;
    const interp::ImplementationLimits& limits = settings_->validate.limits;
    Result<interp::SubType> type = interp_type(info, types);
    if (!type) return std::unexpected<Error>(std::move(type).error());
    if (type->composite.fields.size() > limits.fields) return fail(Errc::limit, "too many fields");
    if (type->super && types.depth(*type->super) >= limits.subtype_depth) {
      return fail(Errc::limit, "too many supertypes");
    }
    const std::optional<interp::TypeId> id = intern(std::move(*type), types);
    if (!id) return fail(Errc::limit, "the engine has too many types");
    return HeapType::concrete(*id, info.heap.hierarchy);
  }

  Result<detail::TypeInfo> type_info(const HeapType& type) noexcept override {
    if (type.index >= settings_->types->size()) {
      return fail(Errc::type_mismatch, "the engine has no such type: " + to_string(type));
    }
    return public_type(type.index, *settings_->types);
  }

  bool is_subtype(const HeapType& sub, const HeapType& super) noexcept override {
    const interp::TypeRegistry& types = *settings_->types;
    return sub.index < types.size() && super.index < types.size() &&
           types.is_subtype(sub.index, super.index);
  }

  Result<std::unique_ptr<backend::Store>> make_store(
      const backend::StoreInit& init) noexcept override {
    return InterpStore::make(settings_, init);
  }

  Result<std::shared_ptr<backend::SharedMemory>> make_shared_memory(
      const MemoryType& type) noexcept override {
    return InterpSharedMemory::make(*settings_, type);
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
