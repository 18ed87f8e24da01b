// Instance: a module brought to life in a store.
#pragma once

#include <utility>
#include <weft/weft.hpp>

#include "bindings/python/src/store.h"
#include "bindings/python/src/support.h"

namespace weft::python {

class Instance {
 public:
  explicit Instance(weft::Instance handle) : handle_(handle) {}

  [[nodiscard]] const weft::Instance& handle() const { return handle_; }
  /// The exports, made once.
  nb::object exports(Storelike store);

 private:
  weft::Instance handle_;
  nb::object exports_;
};

}  // namespace weft::python
