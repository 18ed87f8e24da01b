// Errors of the engine as Python's exceptions, and the other way round.
#pragma once

#include <nanobind/nanobind.h>

#include <string>
#include <utility>
#include <weft/error.hpp>

namespace weft::python {

namespace nb = nanobind;

/// Throws the Python exception that an error is: what a host function raised, a Trap, an ExitTrap
/// or a WasmtimeError. Needs the GIL.
[[noreturn]] void raise(const Error& error);

/// Throws a WasmtimeError.
[[noreturn]] void raise_error(const std::string& message);

/// The value of a result; throws its error.
template <class T>
T take(Result<T> result) {
  if (!result) raise(result.error());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// The exception that is being handled, as what a host function fails with.
[[nodiscard]] inline std::unexpected<Error> host_failure() {
  return fail(Error::from_exception(std::current_exception()));
}

}  // namespace weft::python
