// Errors: one type for everything that can go wrong, and Result<T> that carries it.
#pragma once

#include <cstdint>
#include <exception>
#include <expected>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "weft/export.hpp"

namespace weft {

/// What kind of failure an Error is. Spelt like std::errc's values.
// NOLINTBEGIN(readability-identifier-naming)
enum class Errc : std::uint8_t {
  malformed,      ///< The bytes are no WebAssembly module; `byte_offset` says where.
  invalid,        ///< The module breaks a validation rule; `byte_offset` says where.
  unsupported,    ///< The engine or its backend lacks what was asked for, or it is switched off.
  link,           ///< Imports are missing or of the wrong type, or a name is defined twice.
  not_found,      ///< No export, definition or function of that name.
  type_mismatch,  ///< Values or handles of a wrong type or number.
  wrong_store,    ///< A handle was used with a store it doesn't belong to (or that is gone).
  out_of_bounds,  ///< A host access outside a memory or a table.
  limit,          ///< A limit of the engine, the store or its limiter was reached.
  trap,           ///< The guest trapped; `trap_code` says why, `frames` where.
  exception,      ///< The guest threw and nothing caught it; `exnref` is what it threw.
  exit,           ///< The guest ended itself, as by WASI's proc_exit; see `exit_status`.
  interrupted,    ///< The guest was stopped by an InterruptHandle.
  out_of_fuel,    ///< The store's fuel ran out.
  host,           ///< A host function failed; `exception` is what it threw, if it threw.
  io,             ///< The operating system refused.
  usage,          ///< The API was used wrongly: a moved-from store, an empty handle, ...
};
// NOLINTEND(readability-identifier-naming)

/// The name of the enumerator, such as "wrong_store".
[[nodiscard]] WEFT_API std::string_view to_string(Errc code) noexcept;

/// Why a guest trapped. The list is closed; texts are worded as in the official test suite.
enum class TrapCode : std::uint8_t {
  Unreachable,                 ///< "unreachable"
  IntegerDivideByZero,         ///< "integer divide by zero"
  IntegerOverflow,             ///< "integer overflow"
  InvalidConversionToInteger,  ///< "invalid conversion to integer"
  MemoryOutOfBounds,           ///< "out of bounds memory access"
  TableOutOfBounds,            ///< "out of bounds table access"
  UndefinedElement,            ///< "undefined element"
  UninitializedElement,        ///< "uninitialized element"
  IndirectCallTypeMismatch,    ///< "indirect call type mismatch"
  NullReference,               ///< "null reference"
  NullFunctionReference,       ///< "null function reference"
  NullStructureReference,      ///< "null structure reference"
  NullArrayReference,          ///< "null array reference"
  NullI31Reference,            ///< "null i31 reference"
  NullExceptionReference,      ///< "null exception reference"
  ArrayOutOfBounds,            ///< "out of bounds array access"
  CastFailure,                 ///< "cast failure"
  UnalignedAtomic,             ///< "unaligned atomic"
  ExpectedSharedMemory,        ///< "expected shared memory"
  CallStackExhausted,          ///< "call stack exhausted"
  OutOfMemory,                 ///< "out of memory": no room for a garbage-collected object
};
inline constexpr std::size_t kTrapCodeCount = static_cast<std::size_t>(TrapCode::OutOfMemory) + 1;

/// The trap's text, such as "integer divide by zero".
[[nodiscard]] WEFT_API std::string_view to_string(TrapCode code) noexcept;

/// One guest function on the stack when an error arose, innermost first.
struct Frame {
  std::uint32_t func_index = 0;     ///< In the module's function index space, imports included.
  std::string func_name{};          ///< From the name section; empty when it has none.
  std::string module_name{};        ///< From the name section; empty when it has none.
  std::uint64_t module_offset = 0;  ///< Bytes from the module's start to the instruction.
  std::uint64_t func_offset = 0;    ///< Bytes from the function's body to the instruction.
};

class ExnRef;

namespace detail {
struct ErrorData;
}  // namespace detail

/// A failure. One pointer wide; its contents are on the heap, since failures are rare. Copies are
/// deep. A moved-from Error reads as an empty Errc::usage.
class [[nodiscard]] WEFT_API Error {
 public:
  Error(Errc code, std::string message);

  /// A trap with its own text, followed by ": " and `detail` if that isn't empty.
  static Error trap(TrapCode code, std::string_view detail = {});
  /// The guest asked to end with this status.
  static Error exit(std::int32_t status);
  /// Errc::host with the exception's what(); an Exception gives back the Error inside it.
  static Error from_exception(std::exception_ptr exception);
  /// Errc::io with the operating system's text for `errno_value`: "<what>: No such file ...".
  static Error from_errno(int errno_value, std::string_view what);

  /// Errc::exception; see throw_exception in <weft/exnref.hpp>.
  static Error from_exnref(const ExnRef& exception);

  Error(const Error& other);
  Error(Error&& other) noexcept : data_(std::exchange(other.data_, nullptr)) {}
  Error& operator=(const Error& other);
  Error& operator=(Error&& other) noexcept {
    std::swap(data_, other.data_);
    return *this;
  }
  ~Error();

  [[nodiscard]] Errc code() const noexcept;
  [[nodiscard]] bool is(Errc code) const noexcept { return this->code() == code; }
  /// One line, without the frames. Errors in the text format quote the text on two more.
  [[nodiscard]] const std::string& message() const noexcept;
  /// Set when code() is Errc::trap.
  [[nodiscard]] std::optional<TrapCode> trap_code() const noexcept;
  /// Set when code() is Errc::exit.
  [[nodiscard]] std::optional<std::int32_t> exit_status() const noexcept;
  /// Offset in the module's bytes, for Errc::malformed and Errc::invalid.
  [[nodiscard]] std::optional<std::uint64_t> byte_offset() const noexcept;
  /// The errno value, for Errc::io.
  [[nodiscard]] std::optional<int> os_error() const noexcept;
  /// The guest's stack, innermost first; empty when the backend keeps no backtraces.
  [[nodiscard]] std::span<const Frame> frames() const noexcept;
  /// What the host function threw; null if it didn't.
  [[nodiscard]] std::exception_ptr exception() const noexcept;

  /// The guest's exception, for Errc::exception; otherwise null. Needs <weft/exnref.hpp>.
  [[nodiscard]] const ExnRef& exnref() const noexcept;

  /// The message, then one line per frame. For people to read.
  [[nodiscard]] std::string describe() const;

  Error& set_byte_offset(std::uint64_t offset);
  Error& set_exnref(const ExnRef& exception);
  Error& set_exit_status(std::int32_t status);
  /// Replaces the message by "<context>: <message>".
  Error& add_context(std::string_view context);
  /// Appends an outer frame.
  Error& add_frame(Frame frame);

 private:
  detail::ErrorData& data();

  detail::ErrorData* data_;
};

static_assert(sizeof(Error) == sizeof(void*));

template <class T>
using Result = std::expected<T, Error>;

/// `return fail(Errc::host, "bad level");` from a function that returns a Result.
[[nodiscard]] inline std::unexpected<Error> fail(Errc code, std::string message) {
  return std::unexpected<Error>(std::in_place, code, std::move(message));
}
[[nodiscard]] inline std::unexpected<Error> fail(Error error) {
  return std::unexpected<Error>(std::move(error));
}
/// `return fail(TrapCode::MemoryOutOfBounds);` makes the calling guest trap.
[[nodiscard]] inline std::unexpected<Error> fail(TrapCode code, std::string_view detail = {}) {
  return std::unexpected<Error>(Error::trap(code, detail));
}

/// What or_throw throws for an Error that holds no exception of the host's.
class WEFT_API Exception : public std::runtime_error {
 public:
  explicit Exception(Error error);
  [[nodiscard]] const Error& error() const noexcept { return error_; }

 private:
  Error error_;
};

/// Throws the host's own exception if the error holds one, otherwise an Exception.
[[noreturn]] WEFT_API void throw_error(Error error);

/// The value, or throw_error(). For programs that prefer exceptions.
template <class T>
T or_throw(Result<T> result) {
  if (!result) throw_error(std::move(result).error());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace weft
