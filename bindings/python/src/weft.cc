// The extension module weft._weft: see weft/__init__.py for what of it is public.
#include <weft/version.hpp>

#include "bindings/python/src/support.h"

NB_MODULE(_weft, module) {
  namespace python = weft::python;
  namespace nb = nanobind;
  module.doc() = "The Weft engine.";
  // What a daemon thread holds at the end is no leak.
  nb::set_leak_warnings(false);
  nb::register_exception_translator([](const std::exception_ptr& exception, void* /*payload*/) {
    try {
      std::rethrow_exception(exception);
    } catch (const std::bad_cast&) {
      PyErr_SetString(PyExc_TypeError, "an argument is of the wrong type");
    }
  });
  python::bind_threads();
  python::bind_store(module);
  python::bind_types(module);
  python::bind_config(module);
  python::bind_engine(module);
  python::bind_callback(module);
  python::bind_values(module);
  python::bind_wasi(module);
  python::bind_func(module);
  python::bind_memory(module);
  python::bind_externs(module);
  python::bind_module(module);
  python::bind_instance(module);
  python::bind_linker(module);
  module.attr("__version__") = nb::str(weft::version().data(), weft::version().size());
}
