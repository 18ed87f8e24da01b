// Errors inside the engine: what went wrong with a module or a request, and where. Traps of running
// guests are in trap.h.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace weft::interp {

enum class ErrorKind : uint8_t {
  Malformed,    // the bytes are not a module (Spec 3.0, 5 "Binary Format")
  Invalid,      // the module breaks a validation rule
  Unsupported,  // the module needs a feature that is switched off or not there yet
  Limit,        // the module or request exceeds an implementation limit
  Unlinkable,   // imports are missing or don't match
  Exhausted,    // memory or address space could not be had
};

// One pointer wide, so that Result stays small; the payload is on the heap, as errors are rare.
class [[nodiscard]] Error {
 public:
  static constexpr uint64_t kNoOffset = UINT64_MAX;

  Error(ErrorKind kind, uint64_t offset, std::string message)
      : x_payload(std::make_unique<Payload>(kind, offset, std::move(message))) {}
  Error(ErrorKind kind, std::string message) : Error(kind, kNoOffset, std::move(message)) {}

  ErrorKind kind() const { return x_payload->kind; }
  // Byte offset in the module, or kNoOffset.
  uint64_t offset() const { return x_payload->offset; }
  // Begins with the official suite's wording where it has one; without the offset.
  const std::string& message() const { return x_payload->message; }

 private:
  struct Payload {
    ErrorKind kind;
    uint64_t offset;
    std::string message;
    Payload(ErrorKind k, uint64_t o, std::string m) : kind(k), offset(o), message(std::move(m)) {}
  };
  std::unique_ptr<Payload> x_payload;
};
static_assert(sizeof(Error) == sizeof(void*));

template <class T>
using Result = std::expected<T, Error>;

using Fail = std::unexpected<Error>;

[[gnu::cold]] inline Fail fail(ErrorKind kind, uint64_t offset, std::string message) {
  return Fail(Error(kind, offset, std::move(message)));
}
[[gnu::cold]] inline Fail fail(ErrorKind kind, std::string message) {
  return Fail(Error(kind, std::move(message)));
}

}  // namespace weft::interp

// Evaluates a Result; returns its error from the enclosing function if it holds one.
#define WEFT_TRY(expression)                                        \
  do {                                                              \
    if (auto weft_result = (expression); !weft_result) [[unlikely]] \
      return ::std::unexpected(::std::move(weft_result).error());   \
  } while (false)

#define WEFT_CONCAT_INNER(a, b) a##b
#define WEFT_CONCAT(a, b) WEFT_CONCAT_INNER(a, b)
#define WEFT_ASSIGN_INNER(result, declaration, expression) \
  auto result = (expression);                              \
  if (!result) [[unlikely]]                                \
    return ::std::unexpected(::std::move(result).error()); \
  declaration = ::std::move(*result)

// WEFT_ASSIGN(auto x, f()): declares x from the value of a Result, or returns its error.
#define WEFT_ASSIGN(declaration, expression) \
  WEFT_ASSIGN_INNER(WEFT_CONCAT(weft_result_, __LINE__), declaration, expression)
