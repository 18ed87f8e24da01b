// What can be done with a module without an engine.
#include "weft/text.hpp"

#include <string>
#include <utility>

#include "interp/core/small.h"
#include "interp/debug/custom_sections.h"
#include "interp/debug/module_printer.h"
#include "interp/decode/module_decoder.h"
#include "interp/text/assemble.h"
#include "weft/module.hpp"

namespace weft {
namespace {

Error public_error(const interp::Error& error) {
  using interp::ErrorKind;
  const Errc code = error.kind() == ErrorKind::Limit         ? Errc::limit
                    : error.kind() == ErrorKind::Unsupported ? Errc::unsupported
                    : error.kind() == ErrorKind::Invalid     ? Errc::invalid
                                                             : Errc::malformed;
  Error result(code, error.message());
  if (error.offset() != interp::Error::kNoOffset) result.set_byte_offset(error.offset());
  return result;
}

}  // namespace

Result<std::vector<std::uint8_t>> wat2wasm(std::string_view text, const TextOptions& options) {
  if constexpr (interp::kSmall) return fail(Errc::unsupported, "this build reads no text");
  interp::Result<std::vector<std::uint8_t>> bytes =
      interp::assemble(text, {.names = options.names});
  if (!bytes) return fail(public_error(bytes.error()));
  return *std::move(bytes);
}

Result<void> check_custom_sections(Bytes module) {
  if constexpr (interp::kSmall)
    return fail(Errc::unsupported, "this build checks no custom sections");
  const auto decoded = interp::decode_module({module.span(), nullptr});
  if (!decoded) return fail(public_error(decoded.error()));
  if (const auto checked = interp::check_custom_sections(**decoded); !checked) {
    return fail(public_error(checked.error()));
  }
  return {};
}

Result<void> wasm2wat(Bytes module, const TextSink& sink) {
  if constexpr (interp::kSmall) return fail(Errc::unsupported, "this build writes no text");
  const auto decoded = interp::decode_module({module.span(), nullptr});
  if (!decoded) return fail(public_error(decoded.error()));
  if (const auto printed = interp::print_module(**decoded, sink); !printed) {
    return fail(public_error(printed.error()));
  }
  return {};
}

Result<std::string> wasm2wat(Bytes module) {
  std::string text;
  const Result<void> done = wasm2wat(module, [&](std::string_view part) { text += part; });
  if (!done) return fail(done.error());
  return text;
}

}  // namespace weft
