#include "bindings/python/src/instance.h"

#include <algorithm>
#include <string>
#include <vector>

#include "bindings/python/src/externs.h"
#include "bindings/python/src/module.h"

namespace weft::python {

namespace {

void instantiate(Instance* self, Storelike store, Module& module, const nb::sequence& imports) {
  const StoreRef in = store.open();
  std::vector<Extern> items;
  for (nb::handle item : imports) items.push_back(to_extern(in, item));
  const weft::Module impl = module.get();
  if (items.size() != impl.imports().size()) {
    raise_error("expected " + std::to_string(impl.imports().size()) + " imports, found " +
                std::to_string(items.size()));
  }
  new (self) Instance(store->run(
      [&](StoreRef ref) { return weft::Instance::create(ref, impl, items); }, has_start(impl)));
}

}  // namespace

bool has_start(const weft::Module& module) {
  constexpr std::uint8_t kStartSection = 8;
  return std::ranges::any_of(module.sections(),
                             [](const Section& section) { return section.id == kStartSection; });
}

nb::object Instance::exports(Storelike store) {
  const StoreRef in = store.open();
  if (!exports_) {
    nb::list names;
    nb::list items;
    for (const Export& item : take(handle_.exports(in))) {
      names.append(nb::str(item.name.data(), item.name.size()));
      items.append(from_extern(*store, item.item));
    }
    exports_ = nb::module_::import_("weft._exports").attr("InstanceExports")(names, items);
  }
  return exports_;
}

void bind_instance(nb::module_& module) {
  bind_collected_class<Instance>(module, "Instance", "A module brought to life in a store.")
      .def("__init__", &instantiate, "store"_a, "module"_a, "imports"_a,
           "Instantiates with an object for each of the module's imports, in their order, and runs "
           "the start function.\nLinker.instantiate does it by name.")
      .def("exports", &Instance::exports, "store"_a,
           nb::sig(
               "def exports(self, store: Store | StoreContext) -> weft._exports.InstanceExports"),
           "The exports: a mapping by name, and `by_index`, a sequence in the module's order.");
}

}  // namespace weft::python
