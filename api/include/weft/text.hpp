// The text format: WebAssembly as people write it, .wat files.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/bytes.hpp"
#include "weft/error.hpp"
#include "weft/export.hpp"

namespace weft {

/// What wat2wasm() writes beside the module.
struct TextOptions {
  bool names = false;  ///< A name section with the text's identifiers and @name annotations.
};

/// Assembles a module in the text format of WebAssembly 3.0, with threads, custom page sizes, wide
/// arithmetic and legacy exceptions: `(module ...)` or its fields alone, in UTF-8. The module is
/// not validated, so that any feature may be used. Errc::malformed with a message that names line
/// and column and, on lines of their own, quotes the text; Errc::limit beyond 4 GiB;
/// Errc::unsupported in a build for size, which reads no text.
[[nodiscard]] WEFT_API Result<std::vector<std::uint8_t>> wat2wasm(std::string_view text,
                                                                  const TextOptions& options = {});

/// Gets a text piece by piece; what it throws leaves the function that calls it.
using TextSink = std::function<void(std::string_view)>;

/// Writes a binary module as text, which wat2wasm() assembles to the same bytes: with the names of
/// its name section as identifiers (and `TextOptions::names` to have them back), floats exact,
/// other custom sections as @custom annotations and branch hints where their branches are. Lost is
/// what text can't say, such as padded integers and empty sections. The module may use any feature
/// and need not be valid. Errc::malformed if it or a function's body can't be read, of which `sink`
/// may have got some text by then; Errc::limit beyond 4 GiB of text; Errc::unsupported in a build
/// for size, which writes no text.
WEFT_API Result<void> wasm2wat(Bytes module, const TextSink& sink);

/// The same as one string. A small module may be a long text.
[[nodiscard]] WEFT_API Result<std::string> wasm2wat(Bytes module);

/// Whether the content of a file is to be read as text. A binary module begins with the byte 0,
/// which no text does.
[[nodiscard]] inline bool is_text(Bytes content) noexcept {
  return !content.empty() && content[0] != 0;
}

}  // namespace weft
