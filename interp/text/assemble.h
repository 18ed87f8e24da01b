// WebAssembly text to binary modules (Spec 3.0, 6 "Text Format").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "interp/core/error.h"
#include "interp/text/lexer.h"

namespace weft::interp {

struct AssembleOptions {
  bool names = false;  // a name section with all identifiers and @name annotations
};

// The module that is all of this text: (module ...), or its fields alone. It is not validated. An
// error is Malformed, begins with the official suite's wording, and quotes the text's line.
Result<std::vector<uint8_t>> assemble(std::string_view text, const AssembleOptions& options = {});

// A module inside of a larger text, such as a script.
struct TextModule {
  enum class Form : uint8_t {
    Text,
    Binary,    // (module binary "..."): bytes that may be anything
    Quote,     // (module quote "..."): text that may be anything and has not been read
    Instance,  // (module instance $id $definition)
  };
  Form form = Form::Text;
  std::string_view id;          // without its $; empty if it has none
  bool is_definition = false;   // (module definition ...): not to be instantiated
  std::vector<uint8_t> bytes;   // Text, Binary
  std::string quoted;           // Quote
  std::string_view definition;  // Instance
};

// Reads from "(module", at which the lexer is, to behind its end. After an error, which the lexer
// has, the result means nothing.
TextModule read_module(Lexer& in, const AssembleOptions& options);

}  // namespace weft::interp
