#include "weft/error.hpp"

#include <array>
#include <cstddef>
#include <cstdio>
#include <system_error>
#include <vector>

#include "weft/exnref.hpp"

namespace weft {

namespace detail {

struct ErrorData {
  Errc code = Errc::usage;
  std::optional<TrapCode> trap{};
  std::optional<std::int32_t> exit_status{};
  std::optional<int> os_error{};
  std::optional<std::uint64_t> byte_offset{};
  std::string message{};
  std::vector<Frame> frames{};
  std::exception_ptr exception{};
  ExnRef exnref{};
};

}  // namespace detail

namespace {

constexpr auto kErrcNames = std::to_array<std::string_view>({
    "malformed",
    "invalid",
    "unsupported",
    "link",
    "not_found",
    "type_mismatch",
    "wrong_store",
    "out_of_bounds",
    "limit",
    "trap",
    "exception",
    "exit",
    "interrupted",
    "out_of_fuel",
    "host",
    "io",
    "usage",
});
static_assert(kErrcNames.size() == static_cast<std::size_t>(Errc::usage) + 1);

constexpr auto kTrapTexts = std::to_array<std::string_view>({
    "unreachable",
    "integer divide by zero",
    "integer overflow",
    "invalid conversion to integer",
    "out of bounds memory access",
    "out of bounds table access",
    "undefined element",
    "uninitialized element",
    "indirect call type mismatch",
    "null reference",
    "null function reference",
    "null structure reference",
    "null array reference",
    "null i31 reference",
    "null exception reference",
    "out of bounds array access",
    "cast failure",
    "unaligned atomic",
    "expected shared memory",
    "call stack exhausted",
    "out of memory",
});
static_assert(kTrapTexts.size() == kTrapCodeCount);

// What a moved-from Error reads as.
const detail::ErrorData& read(const detail::ErrorData* data) {
  static const detail::ErrorData kEmpty;
  return data != nullptr ? *data : kEmpty;
}

std::string hex(std::uint64_t value) {
  std::array<char, 24> text;
  std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(value));
  return text.data();
}

}  // namespace

std::string_view to_string(Errc code) noexcept {
  return kErrcNames[static_cast<std::size_t>(code)];
}

std::string_view to_string(TrapCode code) noexcept {
  return kTrapTexts[static_cast<std::size_t>(code)];
}

Error::Error(Errc code, std::string message) : data_(new detail::ErrorData) {
  data_->code = code;
  data_->message = std::move(message);
}

Error::Error(const Error& other) : data_(new detail::ErrorData(read(other.data_))) {}

Error& Error::operator=(const Error& other) {
  if (this != &other) *this = Error(other);
  return *this;
}

Error::~Error() { delete data_; }

Error Error::trap(TrapCode code, std::string_view detail) {
  std::string text(to_string(code));
  if (!detail.empty()) text.append(": ").append(detail);
  Error error(Errc::trap, std::move(text));
  error.data_->trap = code;
  return error;
}

Error Error::exit(std::int32_t status) {
  Error error(Errc::exit, "exit with status " + std::to_string(status));
  error.data_->exit_status = status;
  return error;
}

Error Error::from_exception(std::exception_ptr exception) {
  std::string what = "exception of unknown type";
  try {
    if (exception) std::rethrow_exception(exception);
  } catch (const Exception& carried) {
    return carried.error();
  } catch (const std::exception& thrown) {
    what = thrown.what();
  } catch (...) {  // NOLINT(bugprone-empty-catch): a type without a text keeps the text above
  }
  Error error(Errc::host, std::move(what));
  error.data_->exception = std::move(exception);
  return error;
}

Error Error::from_exnref(const ExnRef& exception) {
  Error error(Errc::exception, "uncaught exception");
  error.data_->exnref = exception;
  return error;
}

Error Error::from_errno(int errno_value, std::string_view what) {
  Error error(Errc::io, std::string(what) + ": " + std::generic_category().message(errno_value));
  error.data_->os_error = errno_value;
  return error;
}

Errc Error::code() const noexcept { return read(data_).code; }
const std::string& Error::message() const noexcept { return read(data_).message; }
std::optional<TrapCode> Error::trap_code() const noexcept { return read(data_).trap; }
std::optional<std::int32_t> Error::exit_status() const noexcept { return read(data_).exit_status; }
std::optional<std::uint64_t> Error::byte_offset() const noexcept { return read(data_).byte_offset; }
std::optional<int> Error::os_error() const noexcept { return read(data_).os_error; }
std::span<const Frame> Error::frames() const noexcept { return read(data_).frames; }
std::exception_ptr Error::exception() const noexcept { return read(data_).exception; }
const ExnRef& Error::exnref() const noexcept { return read(data_).exnref; }

std::string Error::describe() const {
  std::string text = message();
  for (const Frame& frame : frames()) {
    text += "\n    at ";
    text +=
        frame.func_name.empty() ? "function " + std::to_string(frame.func_index) : frame.func_name;
    text += " (";
    if (!frame.module_name.empty()) text += frame.module_name + ":";
    text += hex(frame.module_offset) + ")";
  }
  return text;
}

detail::ErrorData& Error::data() {
  if (data_ == nullptr) data_ = new detail::ErrorData;
  return *data_;
}

Error& Error::set_byte_offset(std::uint64_t offset) {
  data().byte_offset = offset;
  return *this;
}

Error& Error::set_exnref(const ExnRef& exception) {
  data().exnref = exception;
  return *this;
}

Error& Error::set_exit_status(std::int32_t status) {
  data().exit_status = status;
  return *this;
}

Error& Error::add_context(std::string_view context) {
  std::string& text = data().message;
  text.insert(0, std::string(context) + ": ");
  return *this;
}

Error& Error::add_frame(Frame frame) {
  data().frames.push_back(std::move(frame));
  return *this;
}

Exception::Exception(Error error) : std::runtime_error(error.message()), error_(std::move(error)) {}

void throw_error(Error error) {
  if (std::exception_ptr exception = error.exception()) std::rethrow_exception(exception);
  throw Exception(std::move(error));
}

}  // namespace weft
