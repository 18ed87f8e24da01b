// Values between Python and guests.
#pragma once

#include <cstdint>
#include <weft/weft.hpp>

#include "bindings/python/src/store.h"
#include "bindings/python/src/support.h"

namespace weft::python {

/// Puts a Python value, or a Val, into a slot of a call. Raises TypeError if it isn't of the type.
void lower(Store& store, const ValType& type, nb::handle value, backend::RawVal& slot);
/// The Python value of a slot. Null references are None.
[[nodiscard]] nb::object lift(Store& store, const ValType& type, const backend::RawVal& slot);

/// As lower and lift, for globals and tables.
[[nodiscard]] Val to_val(Store& store, const ValType& type, nb::handle value);
[[nodiscard]] Ref to_ref(Store& store, const ValType& type, nb::handle value);
[[nodiscard]] nb::object from_val(Store& store, const Val& value);
[[nodiscard]] nb::object from_ref(Store& store, const Ref& ref);

/// A Val, as programs see it who ask for null references.
[[nodiscard]] nb::object make_val(const ValType& type, const nb::object& value);

/// A number or reference of Python's as an argument of the engine that counts: raises
/// WasmtimeError for negative ones, with `what` as its text.
[[nodiscard]] std::uint64_t to_count(nb::handle number, const char* what);

}  // namespace weft::python
