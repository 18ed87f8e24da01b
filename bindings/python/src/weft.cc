// The extension module weft._weft: see weft/__init__.py for what of it is public.
#include <weft/version.hpp>

#include "bindings/python/src/support.h"

NB_MODULE(_weft, module) {
  using namespace weft::python;
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
  bind_threads();
  bind_store(module);
  bind_types(module);
  bind_config(module);
  bind_engine(module);
  bind_callback(module);
  bind_values(module);
  bind_wasi(module);
  bind_func(module);
  bind_memory(module);
  bind_externs(module);
  bind_module(module);
  bind_instance(module);
  bind_linker(module);
  module.attr("__version__") = nb::str(weft::version().data(), weft::version().size());
}
