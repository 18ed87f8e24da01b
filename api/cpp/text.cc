#include "weft/text.hpp"

#include <string>
#include <utility>

#include "interp/core/small.h"
#include "interp/text/assemble.h"

namespace weft {

Result<std::vector<std::uint8_t>> wat2wasm(std::string_view text, const TextOptions& options) {
  if constexpr (interp::kSmall) return fail(Errc::unsupported, "this build reads no text");
  interp::Result<std::vector<std::uint8_t>> bytes =
      interp::assemble(text, {.names = options.names});
  if (bytes) return *std::move(bytes);
  const bool limit = bytes.error().kind() == interp::ErrorKind::Limit;
  return fail(limit ? Errc::limit : Errc::malformed, bytes.error().message());
}

}  // namespace weft
