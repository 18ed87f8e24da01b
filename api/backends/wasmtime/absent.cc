#include "weft/engine.hpp"

namespace weft::backends {

Result<std::shared_ptr<const backend::Backend>> wasmtime(const WasmtimeOptions& /*options*/) {
  return fail(Errc::unsupported, "this build has no Wasmtime backend");
}

}  // namespace weft::backends
