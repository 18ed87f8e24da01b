// WasiConfig: what a store's WASI programs see of the world.
#pragma once

#include <vector>
#include <weft/weft.hpp>

#include "bindings/python/src/callback.h"
#include "bindings/python/src/store.h"
#include "bindings/python/src/support.h"

namespace weft::python {

class WasiConfig final : public Owner<wasi::Config> {
 public:
  WasiConfig() : Owner(wasi::Config()) {}

  /// Makes a Callback of a callable, and keeps it.
  Callback::Cell keep(nb::object callable);
  /// Writes to the descriptor that Python's stream writes to.
  void inherit(Stream stream);
  /// Gives all of it to a store.
  void attach(Store& store);

  template <class Visitor>
  void traverse(const Visitor& visit) {
    for (const nb::object& callback : callbacks_) visit(callback);
  }
  void clear() { callbacks_.clear(); }

 private:
  std::vector<nb::object> callbacks_;
  std::vector<Stream> inherited_;
};

}  // namespace weft::python
