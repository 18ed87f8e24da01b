// Linker and InstancePre: modules whose imports are found by name.
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <weft/weft.hpp>

#include "bindings/python/src/callback.h"
#include "bindings/python/src/engine.h"
#include "bindings/python/src/externs.h"
#include "bindings/python/src/func.h"
#include "bindings/python/src/instance.h"
#include "bindings/python/src/memory.h"
#include "bindings/python/src/module.h"
#include "bindings/python/src/store.h"

namespace weft::python {

namespace {

nb::tuple key_of(std::string_view module, std::string_view name) {
  return nb::make_tuple(module, name);
}

/// What a linker knows. Copies share the engine's Linker, which stays as it is while there are
/// several: others may be instantiating from it without the GIL.
class Definitions {
 public:
  explicit Definitions(const weft::Engine& engine)
      : linker_(std::make_shared<weft::Linker>(engine)) {}

  [[nodiscard]] const weft::Linker& linker() const { return *linker_; }

  [[nodiscard]] std::shared_ptr<const weft::Linker> share() const { return linker_; }

  /// The Linker, to be changed.
  weft::Linker& change() {
    if (linker_.use_count() > 1) linker_ = std::make_shared<weft::Linker>(*linker_);
    return *linker_;
  }

  /// Notes which of Python's objects a definition needs: a Callback, the tuple of those that a
  /// command's imports need, or a SharedMemory. None for those that need none.
  void note(std::string_view module, std::string_view name, const nb::object& object) {
    if (!object.is_none()) {
      objects_[key_of(module, name)] = object;
    } else if (objects_.contains(key_of(module, name))) {
      nb::del(objects_[key_of(module, name)]);
    }
  }
  [[nodiscard]] nb::object object(std::string_view module, std::string_view name) const {
    return objects_.get(key_of(module, name), nb::none());
  }
  /// The objects behind a module's imports, without SharedMemory.
  [[nodiscard]] nb::tuple objects_of(const weft::Module& module) const {
    nb::list objects;
    for (const ImportType& import : module.imports()) {
      nb::object item = object(import.module, import.name);
      if (!item.is_none() && !nb::isinstance<SharedMemory>(item)) objects.append(item);
    }
    return nb::tuple(objects);
  }

  /// Instantiates a module, and calls a reactor's _initialize if asked to.
  weft::Instance instantiate(Storelike store, const weft::Module& module,
                             bool initialize = false) const {
    const StoreRef in = store.open();
    for (nb::handle object : objects_of(module)) store->keep(nb::borrow(object));
    const std::shared_ptr<const weft::Linker> linker = linker_for(in, module);
    return store->run(
        [&](StoreRef ref) -> Result<weft::Instance> {
          Result<weft::Instance> instance = linker->instantiate(ref, module);
          if (instance && initialize) {
            if (auto done = wasi::initialize(ref, *instance); !done) return fail(done.error());
          }
          return instance;
        },
        initialize || has_start(module));
  }

  /// A copy that later changes of this one don't show in.
  [[nodiscard]] Definitions snapshot() const {
    Definitions copy(*this);
    copy.objects_ = nb::steal<nb::dict>(PyDict_Copy(objects_.ptr()));
    return copy;
  }

  template <class Visitor>
  void traverse(const Visitor& visit) {
    visit(objects_);
  }
  void clear() { PyDict_Clear(objects_.ptr()); }

 private:
  // Shared memories are another memory in each store.
  [[nodiscard]] std::shared_ptr<const weft::Linker> linker_for(StoreRef store,
                                                               const weft::Module& module) const {
    std::shared_ptr<weft::Linker> own;
    for (const ImportType& import : module.imports()) {
      SharedMemory* memory = nullptr;
      if (!std::holds_alternative<MemoryType>(import.type)) continue;
      if (!nb::try_cast(object(import.module, import.name), memory) || memory == nullptr) continue;
      if (own == nullptr) {
        own = std::make_shared<weft::Linker>(*linker_);
        own->allow_shadowing(true);
      }
      take(own->define(import.module, import.name, take(memory->handle().in(store))));
    }
    return own != nullptr ? own : linker_;
  }

  std::shared_ptr<weft::Linker> linker_;
  nb::dict objects_;
};

/// A module whose imports have been found.
class InstancePre final : public Owner<Definitions> {
 public:
  InstancePre(Definitions definitions, nb::object module)
      : Owner(std::move(definitions)), module_(std::move(module)) {}

  Instance* instantiate(Storelike store) {
    return new Instance(get().instantiate(store, nb::cast<Module&>(module_).get()));
  }
  [[nodiscard]] const nb::object& module() const { return module_; }

  template <class Visitor>
  void traverse(const Visitor& visit) {
    visit(module_);
    if (is_open()) get().traverse(visit);
  }
  void clear() { close(); }

 private:
  nb::object module_;
};

class Linker final : public Owner<Definitions> {
 public:
  explicit Linker(nb::object in)
      : Owner(Definitions(nb::cast<Engine&>(in).get())), engine(std::move(in)) {}

  void define(Storelike store, std::string_view module, std::string_view name, nb::handle item) {
    const StoreRef in = store.open();
    const Extern made = to_extern(in, item);
    take(made.type(in));
    take(get().change().define(module, name, made));
    const bool is_shared = nb::isinstance<SharedMemory>(item);
    get().note(module, name, is_shared ? nb::borrow(item) : nb::none());
  }

  void define_func(std::string_view module, std::string_view name, const FuncType& type,
                   nb::object callable, bool access_caller) {
    HostFunction host = make_host_function(type, std::move(callable), access_caller);
    take(get().change().func(module, name, type, std::move(host.func)));
    get().note(module, name, host.callback);
  }

  void define_instance(Storelike store, std::string_view name, const Instance& instance) {
    define_exports(store, name, instance.handle());
  }

  void define_module(Storelike store, std::string_view name, Module& module);

  nb::object item(Storelike store, std::string_view module, std::string_view name) {
    const Result<Extern> found = get().linker().get(store.open(), module, name);
    if (!found && found.error().is(Errc::not_found)) raise_error("item not defined in linker");
    const Extern made = take(found);
    const nb::object object = get().object(module, name);
    if (!object.is_none()) store->keep(object);
    return from_extern(*store, made);
  }

  /// The function that a module's name stands for: of a command its _start, otherwise none.
  nb::object get_default(Storelike store, std::string_view name) {
    for (const std::string_view entry : {"", "_start"}) {
      if (!get().linker().has(name, entry)) continue;
      nb::object found = item(store, name, entry);
      if (nb::isinstance<Func>(found)) return found;
      if (entry.empty()) raise_error("the default of \"" + std::string(name) + "\" is no function");
    }
    return nb::cast(Func(take(weft::Func::wrap(store.open(), [] {}))));
  }

  void define_unknown_as_defaults(Storelike store, Module& module);

  InstancePre* instantiate_pre(nb::object python_module) {
    std::string problems;
    for (const ImportType& import : nb::cast<Module&>(python_module).get().imports()) {
      if (get().linker().has(import.module, import.name)) continue;
      if (!problems.empty()) problems += "\n";
      problems += "unknown import \"" + import.module + "\" \"" + import.name +
                  "\": " + to_string(import.type);
    }
    if (!problems.empty()) raise_error(problems);
    return new InstancePre(get().snapshot(), std::move(python_module));
  }

  template <class Visitor>
  void traverse(const Visitor& visit) {
    visit(engine);
    if (is_open()) get().traverse(visit);
  }
  void clear() {
    if (is_open()) get().clear();
  }

  nb::object engine;

 private:
  void define_exports(Storelike store, std::string_view name, const weft::Instance& instance) {
    const StoreRef in = store.open();
    take(get().change().instance(in, name, instance));
    for (const Export& item : take(instance.exports(in))) get().note(name, item.name, nb::none());
  }
};

/// A function of a command, which has a new instance for each call.
class CommandFunc final : public backend::HostFunc {
 public:
  CommandFunc(const Definitions& definitions, weft::Module module, std::string name)
      : linker_(definitions.share()), module_(std::move(module)), name_(std::move(name)) {}

  Result<void> call(const backend::HostCall& call, backend::RawVal* slots) noexcept override {
    const weft::Caller caller(call);
    const Result<weft::Instance> instance = linker_->instantiate(caller, module_);
    if (!instance) return fail(instance.error());
    const Result<weft::Func> func = instance->func(caller, name_);
    if (!func) return fail(func.error());
    return func->call_raw(caller, slots);
  }

 private:
  std::shared_ptr<const weft::Linker> linker_;
  weft::Module module_;
  std::string name_;
};

void Linker::define_module(Storelike store, std::string_view name, Module& python_module) {
  const weft::Module module = python_module.get();
  if (module.find_export("_start") == nullptr) {
    define_exports(store, name, get().instantiate(store, module, true));
    return;
  }
  if (module.find_export("_initialize") != nullptr) {
    raise_error(
        "the module exports both _start and _initialize: commands have the one, reactors "
        "the other");
  }
  const Definitions definitions = get();
  const nb::tuple objects = definitions.objects_of(module);
  for (const ExportType& item : module.exports()) {
    const auto* type = std::get_if<FuncType>(&item.type);
    if (type == nullptr) continue;
    take(get().change().func(name, item.name, *type,
                             std::make_shared<CommandFunc>(definitions, module, item.name)));
    get().note(name, item.name, objects);
  }
}

// A definition of that type that does nothing, or holds zeros.
Extern default_item(StoreRef store, const ExternType& type) {
  if (const auto* memory = std::get_if<MemoryType>(&type)) {
    if (!memory->shared) return take(weft::Memory::create(store, *memory));
    return take(take(weft::SharedMemory::create(take(store.engine()), *memory)).in(store));
  }
  if (const auto* table = std::get_if<TableType>(&type)) {
    return take(Table::create(store, *table, Ref::null(table->element.heap())));
  }
  if (const auto* global = std::get_if<GlobalType>(&type)) {
    return take(Global::create(store, *global, Val::zero(global->content)));
  }
  return take(Tag::create(store, std::get<TagType>(type)));
}

void Linker::define_unknown_as_defaults(Storelike store, Module& module) {
  const StoreRef in = store.open();
  for (const ImportType& import : module.get().imports()) {
    if (get().linker().has(import.module, import.name)) continue;
    if (const auto* type = std::get_if<FuncType>(&import.type)) {
      // Results arrive as zeros and nulls.
      take(get().change().func(import.module, import.name, *type,
                               [](weft::Caller& /*caller*/, std::span<const Val> /*args*/,
                                  std::span<Val> /*results*/) -> Result<void> { return {}; }));
    } else {
      take(get().change().define(import.module, import.name, default_item(in, import.type)));
    }
  }
}

}  // namespace

void bind_linker(nb::module_& module) {
  bind_collected_class<InstancePre, Managed>(module, "InstancePre",
                                             "A module with imports that a Linker has found.")
      .def("instantiate", &InstancePre::instantiate, nb::rv_policy::take_ownership, "store"_a,
           "Makes an instance in a store, as Linker.instantiate does.")
      .def_prop_ro("module", &InstancePre::module,
                   nb::for_getter(nb::sig("def module(self) -> Module")), "The Module.");

  auto linker = bind_collected_class<Linker, Managed>(
      module, "Linker",
      "Definitions by module and name, by which modules find their imports. Functions defined here "
      "are for all\nstores of the engine; items of a store are for that store only.");
  linker.def(nb::init<nb::object>(), "engine"_a, "Makes an empty linker.")
      .def_ro("engine", &Linker::engine, nb::for_getter(nb::sig("def engine(self) -> Engine")),
              "The linker's Engine.");
  def_setter(linker, "allow_shadowing",
             "Whether a definition may replace an earlier one of the same name. Off at first.",
             [](Linker& self, bool allow) { self.get().change().allow_shadowing(allow); });
  linker
      .def(
          "define", &Linker::define, "store"_a, "module"_a, "name"_a, "item"_a,
          "Defines a Func, Global, Memory, SharedMemory, Table or Tag of a store. WasmtimeError if "
          "the name is taken, or\nthe item is another store's.")
      .def("define_func", &Linker::define_func, "module"_a, "name"_a, "ty"_a, "func"_a,
           "access_caller"_a = false, "Defines a function of Python's for all stores: see Func.")
      .def("define_instance", &Linker::define_instance, "store"_a, "name"_a, "instance"_a,
           "Defines all exports of an instance.")
      .def(
          "define_wasi", [](Linker& self) { take(self.get().change().wasi()); },
          "Defines WASI preview1, for stores that have a WasiConfig.")
      .def("define_module", &Linker::define_module, "store"_a, "name"_a, "module"_a,
           "Defines the exports of a module. A reactor is instantiated now, and its _initialize is "
           "called. Of a command,\nwhich exports _start, only functions are defined, and each call "
           "of "
           "one gets an instance of its own.")
      .def(
          "instantiate",
          [](Linker& self, Storelike store, Module& of) {
            return new Instance(self.get().instantiate(store, of.get()));
          },
          nb::rv_policy::take_ownership, "store"_a, "module"_a,
          "Instantiates a module with its imports found by name, and runs its start function. "
          "WasmtimeError lists all\nimports that are missing or don't fit.")
      .def("instantiate_pre", &Linker::instantiate_pre, nb::rv_policy::take_ownership, "module"_a,
           nb::sig("def instantiate_pre(self, module: Module) -> InstancePre"),
           "Finds a module's imports now, to instantiate it later. WasmtimeError lists those that "
           "are "
           "missing.")
      .def("get", &Linker::item, "store"_a, "module"_a, "name"_a,
           nb::sig("def get(self, store: Store | StoreContext, module: str, name: str) -> Func | "
                   "Global | Memory | SharedMemory | Table | Tag"),
           "The definition of that name. WasmtimeError if there is none.")
      .def("get_default", &Linker::get_default, "store"_a, "name"_a,
           nb::sig("def get_default(self, store: Store | StoreContext, name: str) -> Func"),
           "The function that a module's name stands for: what is defined by the empty name, a "
           "command's _start, or a\nfunction that does nothing.")
      .def(
          "define_unknown_imports_as_traps",
          [](Linker& self, Module& of) {
            take(self.get().change().trap_unknown_imports(of.get()));
          },
          "module"_a,
          "Defines those functions that a module imports and nobody has defined: they trap when "
          "called.")
      .def("define_unknown_imports_as_default_values", &Linker::define_unknown_as_defaults,
           "store"_a, "module"_a,
           "Defines what a module imports and nobody has defined: functions that give zeros and "
           "null "
           "references, and\nmemories, tables and globals of them.");
}

}  // namespace weft::python
