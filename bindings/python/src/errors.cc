#include "bindings/python/src/errors.h"

#include <array>
#include <exception>
#include <string_view>

#include "bindings/python/src/support.h"

namespace weft::python {

namespace {

// Names of the Python enumeration TrapCode, in the order of the engine's codes.
constexpr std::array<const char*, kTrapCodeCount> kTrapCodes{
    "UNREACHABLE",
    "INTEGER_DIVISION_BY_ZERO",
    "INTEGER_OVERFLOW",
    "BAD_CONVERSION_TO_INTEGER",
    "MEMORY_OUT_OF_BOUNDS",
    "TABLE_OUT_OF_BOUNDS",
    "TABLE_OUT_OF_BOUNDS",
    "INDIRECT_CALL_TO_NULL",
    "BAD_SIGNATURE",
    "NULL_REFERENCE",
    "NULL_REFERENCE",
    "NULL_REFERENCE",
    "NULL_REFERENCE",
    "NULL_REFERENCE",
    "NULL_REFERENCE",
    "ARRAY_OUT_OF_BOUNDS",
    "CAST_FAILURE",
    "HEAP_MISALIGNED",
    "ATOMIC_WAIT_NON_SHARED_MEMORY",
    "STACK_OVERFLOW",
    "ALLOCATION_TOO_LARGE",
};

nb::object classes() { return nb::module_::import_("weft._errors"); }

[[noreturn]] void throw_object(const nb::object& exception) {
  PyErr_SetObject(exception.type().ptr(), exception.ptr());
  nb::raise_python_error();
}

nb::object frames_of(const Error& error) {
  nb::object frame_class = classes().attr("Frame");
  const auto name = [](const std::string& text) {
    return text.empty() ? nb::object(nb::none()) : nb::object(nb::str(text.c_str(), text.size()));
  };
  nb::list frames;
  for (const Frame& frame : error.frames()) {
    frames.append(frame_class(frame.func_index, name(frame.func_name), name(frame.module_name),
                              frame.module_offset, frame.func_offset));
  }
  return frames;
}

[[noreturn]] void raise_trap(const Error& error, const char* code) {
  nb::object trap = classes().attr("Trap")("wasm trap: " + error.describe());
  trap.attr("_frames") = frames_of(error);
  trap.attr("_trap_code") = classes().attr("TrapCode").attr(code);
  throw_object(trap);
}

}  // namespace

void raise_error(const std::string& message) {
  throw_object(classes().attr("WasmtimeError")(message));
}

void raise(const Error& error) {
  switch (error.code()) {
    case Errc::host:
      if (error.exception()) std::rethrow_exception(error.exception());
      break;
    case Errc::trap:
      raise_trap(error, kTrapCodes[static_cast<std::size_t>(*error.trap_code())]);
    case Errc::interrupted:
      raise_trap(error, "INTERRUPT");
    case Errc::out_of_fuel:
      raise_trap(error, "OUT_OF_FUEL");
    case Errc::exception:
      raise_trap(error, "UNCAUGHT_EXCEPTION");
    case Errc::exit:
      throw_object(classes().attr("ExitTrap")(error.message(), *error.exit_status()));
    default:
      break;
  }
  raise_error(error.describe());
}

}  // namespace weft::python
