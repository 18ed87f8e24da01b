// What can be imported and exported: conversions of all kinds, and globals, tables and tags.
#pragma once

#include <weft/weft.hpp>

#include "bindings/python/src/store.h"
#include "bindings/python/src/support.h"

namespace weft::python {

/// A Func, Global, Memory, SharedMemory, Table or Tag of Python's as the engine's. Raises TypeError
/// for other objects.
[[nodiscard]] Extern to_extern(StoreRef store, nb::handle object);
/// The other way round.
[[nodiscard]] nb::object from_extern(Store& store, const Extern& item);

}  // namespace weft::python
