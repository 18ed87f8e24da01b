// What the parts of the binding share: objects that can be closed, and Python's garbage collector.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>

#include <optional>
#include <type_traits>
#include <utility>

namespace weft::python {

namespace nb = nanobind;
using namespace nb::literals;

/// The base of what holds a resource and can be closed.
class Managed {
 public:
  Managed() = default;
  Managed(const Managed&) = delete;
  Managed& operator=(const Managed&) = delete;
  virtual ~Managed() = default;

  /// Frees the resource. A second time does nothing.
  virtual void close() = 0;
};

/// A Managed that holds a T.
template <class T>
class Owner : public Managed {
 public:
  void close() override { held_.reset(); }
  [[nodiscard]] bool is_open() const { return held_.has_value(); }

  /// Raises ValueError once this is closed.
  [[nodiscard]] T& get() {
    if (!held_) throw nb::value_error("already closed");
    return *held_;
  }
  /// Gives the resource away; this is closed then.
  [[nodiscard]] T consume() {
    T taken = std::move(get());
    held_.reset();
    return taken;
  }

 protected:
  explicit Owner(T held) : held_(std::move(held)) {}

 private:
  std::optional<T> held_;
};

/// Binds a class of objects that programs may give attributes, refer to weakly and derive from.
template <class T, class... Base>
auto bind_class(nb::module_& module, const char* name, const char* doc, PyType_Slot* slots) {
  return nb::class_<T, Base...>(module, name, doc, nb::type_slots(slots), nb::dynamic_attr(),
                                nb::is_weak_referenceable());
}
template <class T, class... Base>
auto bind_class(nb::module_& module, const char* name, const char* doc) {
  return nb::class_<T, Base...>(module, name, doc, nb::dynamic_attr(), nb::is_weak_referenceable());
}

/// Where instances of a T that Python's garbage collector looks into have their attributes; 0 until
/// there is such a class.
template <class T>
inline Py_ssize_t dict_offset = 0;

/// tp_traverse and tp_clear of a T that holds references to Python objects: it has
/// traverse(visitor), which calls the visitor with each of them, and clear(), which drops them.
template <class T>
int traverse_instance(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  if (dict_offset<T> != 0) {
    Py_VISIT(*reinterpret_cast<PyObject**>(reinterpret_cast<char*>(self) + dict_offset<T>));
  }
  if (!nb::inst_ready(self)) return 0;
  int stop = 0;
  nb::inst_ptr<T>(self)->traverse([&](nb::handle held) {
    if (stop == 0 && held) stop = visit(held.ptr(), arg);
  });
  return stop;
}
template <class T>
int clear_instance(PyObject* self) {
  if (dict_offset<T> != 0) {
    Py_CLEAR(*reinterpret_cast<PyObject**>(reinterpret_cast<char*>(self) + dict_offset<T>));
  }
  if (nb::inst_ready(self)) nb::inst_ptr<T>(self)->clear();
  return 0;
}
template <class T>
inline PyType_Slot kGcSlots[] = {{Py_tp_traverse, reinterpret_cast<void*>(&traverse_instance<T>)},
                                 {Py_tp_clear, reinterpret_cast<void*>(&clear_instance<T>)},
                                 {0, nullptr}};

/// As bind_class, for a T with traverse and clear, whose slots are among `slots`.
template <class T, class... Base>
auto bind_collected_class(nb::module_& module, const char* name, const char* doc,
                          PyType_Slot* slots = kGcSlots<T>) {
  auto type = bind_class<T, Base...>(module, name, doc, slots);
  dict_offset<T> = nb::cast<Py_ssize_t>(type.attr("__dictoffset__"));
  return type;
}

/// Defines a property that can be set, not read, as those of Config and WasiConfig are.
template <class Class, class Set>
void def_setter(Class& type, const char* name, const char* doc, Set&& set) {
  type.def_prop_rw(name, nullptr, std::forward<Set>(set), nb::for_setter(nb::arg("value").none()),
                   doc);
}

// The parts of the module, each in the file of its name.
void bind_callback(nb::module_& module);
void bind_config(nb::module_& module);
void bind_engine(nb::module_& module);
void bind_externs(nb::module_& module);
void bind_func(nb::module_& module);
void bind_instance(nb::module_& module);
void bind_linker(nb::module_& module);
void bind_memory(nb::module_& module);
void bind_module(nb::module_& module);
void bind_store(nb::module_& module);
void bind_threads();
void bind_types(nb::module_& module);
void bind_values(nb::module_& module);
void bind_wasi(nb::module_& module);

}  // namespace weft::python
