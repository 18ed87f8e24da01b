// Module, and texts that become modules.
#pragma once

#include <utility>
#include <weft/weft.hpp>

#include "bindings/python/src/engine.h"
#include "bindings/python/src/support.h"

namespace weft::python {

class Module final : public Owner<weft::Module> {
 public:
  /// From the bytes of a module, which are kept.
  Module(Engine& engine, nb::bytes wasm);

  [[nodiscard]] const nb::bytes& wasm() const { return wasm_; }

 private:
  nb::bytes wasm_;
};

}  // namespace weft::python
