#include "bindings/python/src/engine.h"

#include "bindings/python/src/errors.h"
#include "bindings/python/src/store.h"

namespace weft::python {

void Epoch::increment() {
  ++now_;
  for (Store* store : stores_) store->look_at_epoch();
}

Engine::Engine(Settings settings)
    : Owner(take(weft::Engine::make(std::move(settings.config)))),
      epoch_(settings.epoch_interruption ? std::make_shared<Epoch>() : nullptr) {}

void Engine::increment_epoch() {
  (void)get();
  if (epoch_) epoch_->increment();
}

void bind_engine(nb::module_& module) {
  bind_class<Engine, Managed>(
      module, "Engine",
      "What modules are made by and stores are made in. Any number of threads may share one.")
      .def(nb::init<Config*>(), "config"_a.none() = nb::none(),
           "Makes an engine with the settings of a Config, which it consumes.")
      .def("increment_epoch", &Engine::increment_epoch,
           "Begins the next epoch: guests stop whose store's deadline it is. From any thread.")
      .def(
          "is_pulley", [](Engine& self) { return self.get().backend_name() == "wasmtime-pulley"; },
          "Whether Wasmtime's interpreter runs the guests: never.");
}

}  // namespace weft::python
