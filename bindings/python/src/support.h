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

/// Type slots with which Python's garbage collector sees the references that a bound T holds. T has
/// traverse(visitor), which calls the visitor with each of them, and clear(), which drops them.
template <class T>
inline PyType_Slot kGcSlots[] = {
    {Py_tp_traverse,
     reinterpret_cast<void*>(+[](PyObject* self, visitproc visit, void* arg) -> int {
       Py_VISIT(Py_TYPE(self));
       if (!nb::inst_ready(self)) return 0;
       int stop = 0;
       nb::inst_ptr<T>(self)->traverse([&](nb::handle held) {
         if (stop == 0 && held) stop = visit(held.ptr(), arg);
       });
       return stop;
     })},
    {Py_tp_clear, reinterpret_cast<void*>(+[](PyObject* self) -> int {
       nb::inst_ptr<T>(self)->clear();
       return 0;
     })},
    {0, nullptr}};

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
void bind_types(nb::module_& module);
void bind_values(nb::module_& module);
void bind_wasi(nb::module_& module);

}  // namespace weft::python
