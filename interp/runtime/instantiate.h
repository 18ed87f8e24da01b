// Instantiation (Spec 3.0, 4.7.2 "Instantiation"): a compiled module and imports become an
// instance.
#pragma once

#include <memory>
#include <span>

#include "interp/core/error.h"
#include "interp/core/trap.h"
#include "interp/runtime/store.h"

namespace weft::interp {

// The instance, and why its active segments did not fit, if they did not: it stays in the store
// then, as what it wrote to imported tables and memories may refer to it, but is not to be given
// out.
struct Instantiated {
  Instance* instance = nullptr;
  TrapCode trap = TrapCode::None;
};

// `imports` has one entry per import of the module, in order; a null object is an unknown import.
// All objects are of this store. Everything but the start function is done: the caller runs it
// (Module::start), if there was no trap.
//
// ErrorKind::Unlinkable: an import is missing or of another type. ErrorKind::Limit,
// ErrorKind::Exhausted: the module asks for more than it may have. The store is as before then.
Result<Instantiated> instantiate(Store& store, std::shared_ptr<const CompiledModule> module,
                                 std::span<const ExternVal> imports);

}  // namespace weft::interp
