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

  template <class Visitor>
  void traverse(const Visitor& visit) {
    visit(exports_);
  }
  void clear() { exports_.reset(); }

 private:
  weft::Instance handle_;
  nb::object exports_;
};

/// Whether instantiating a module calls a function of it.
[[nodiscard]] bool has_start(const weft::Module& module);

}  // namespace weft::python
