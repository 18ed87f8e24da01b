// The fixture of the suite that every backend must pass: it uses the public API only, asks for
// optional capabilities before it needs them, and so compares backends as programs would.
//
//   class MemoryLayer : public LayerTest {};
//   WEFT_ON_EVERY_BACKEND(MemoryLayer);
//   TEST_P(MemoryLayer, GrowsByPages) { ... }
#pragma once

#include <gtest/gtest.h>
#include <weft/weft.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/backend.hpp"

namespace weft::layer {

// A backend with settings that change how it runs guests.
struct BackendCase {
  std::string name;
  std::shared_ptr<const backend::Backend> backend;
  Config config;
};
inline void PrintTo(const BackendCase& of, std::ostream* out) { *out << of.name; }

// Those that this build can make.
std::vector<BackendCase> backend_cases();

#define WEFT_ON_EVERY_BACKEND(Suite)                                                   \
  INSTANTIATE_TEST_SUITE_P(On, Suite, testing::ValuesIn(weft::layer::backend_cases()), \
                           [](const auto& info) { return info.param.name; })

#define WEFT_NEEDS(engine, capability)                                              \
  if (!(engine).supports(backend::Capability::capability)) {                        \
    GTEST_SKIP() << (engine).backend_name() << " lacks " #capability; /* no need */ \
  }

class LayerTest : public testing::TestWithParam<BackendCase> {
 protected:
  // An engine of the backend with some more settings.
  template <class Change>
  static Engine engine_with(Change change) {
    Config config = GetParam().config;
    change(config);
    return Engine(std::move(config), GetParam().backend);
  }
  // With all the fuel there is, if the engine wants any.
  static Store store_of(const Engine& engine) {
    Store store(engine);
    if (engine.config().fuel) or_throw(store.set_fuel(UINT64_MAX));
    return store;
  }
  static Module load(const Engine& engine, std::string_view fixture) {
    return or_throw(Module::from_file(
        engine, std::string(WEFT_FIXTURES_DIR "/").append(fixture).append(".wasm")));
  }
  static Instance make(StoreRef store, std::string_view fixture,
                       std::initializer_list<Extern> imports = {}) {
    return or_throw(Instance::create(store, load(or_throw(store.engine()), fixture),
                                     {imports.begin(), imports.size()}));
  }
  template <class Signature>
  static TypedFunc<Signature> func(StoreRef store, const Instance& instance,
                                   std::string_view name) {
    return or_throw(instance.func<Signature>(store, name));
  }
  // Calls without arguments or results.
  static Result<void> run(StoreRef store, const Instance& instance, std::string_view name) {
    return func<void()>(store, instance, name)(store);
  }

  Module load(std::string_view fixture) const { return load(engine_, fixture); }
  Instance make(std::string_view fixture, std::initializer_list<Extern> imports = {}) const {
    return make(store_, fixture, imports);
  }
  template <class Signature>
  TypedFunc<Signature> func(const Instance& instance, std::string_view name) const {
    return func<Signature>(store_, instance, name);
  }
  template <class F>
  Func wrap(F&& callable) const {
    return or_throw(Func::wrap(store_, std::forward<F>(callable)));
  }

  Engine engine_{GetParam().config, GetParam().backend};
  Store store_ = store_of(engine_);
};

// Counts the objects that are alive.
class Counted {
 public:
  explicit Counted(int& alive, int value = 0) : value(value), alive_(&alive) { ++*alive_; }
  Counted(Counted&& other) noexcept
      : value(other.value), alive_(std::exchange(other.alive_, nullptr)) {}
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  Counted& operator=(Counted&&) = delete;
  ~Counted() {
    if (alive_ != nullptr) --*alive_;
  }

  const int value;

 private:
  int* alive_;
};

inline std::vector<std::string> names_of(const Error& error) {
  std::vector<std::string> names;
  for (const Frame& frame : error.frames()) names.push_back(frame.func_name);
  return names;
}

}  // namespace weft::layer
