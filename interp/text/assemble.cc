#include "interp/text/assemble.h"

#include <string>
#include <utility>

#include "interp/text/module_parser.h"

namespace weft::interp {

using Kind = Token::Kind;

namespace {

std::string strings(Lexer& in) {
  std::string bytes;
  for (; in.at(Kind::String); in.advance()) in.append_string(in.token(), bytes);
  return bytes;
}

}  // namespace

TextModule read_module(Lexer& in, const AssembleOptions& options) {
  TextModule module;
  in.advance();
  in.advance();
  ModuleParser parser(in, options);
  if (in.take_keyword("instance")) {
    module.form = TextModule::Form::Instance;
    module.id = parser.identifier().id;
    module.definition = parser.identifier().id;
    in.close();
    return module;
  }
  module.is_definition = in.take_keyword("definition");
  const Identifier identifier = parser.identifier();
  module.id = identifier.id;
  if (in.take_keyword("binary")) {
    module.form = TextModule::Form::Binary;
    const std::string bytes = strings(in);
    module.bytes.assign(bytes.begin(), bytes.end());
  } else if (in.take_keyword("quote")) {
    module.form = TextModule::Form::Quote;
    module.quoted = strings(in);
  } else {
    module.bytes = parser.run(identifier.name);
  }
  in.close();
  return module;
}

Result<std::vector<uint8_t>> assemble(std::string_view text, const AssembleOptions& options) {
  std::string quoted;
  for (;;) {
    if (text.size() > UINT32_MAX) return fail(ErrorKind::Limit, "text larger than 4 GiB");
    Lexer in(text);
    TextModule module;
    if (in.at_open("module")) {
      module = read_module(in, options);
    } else {
      module.bytes = ModuleParser(in, options).run({});
    }
    if (!in.at(Kind::End)) in.unexpected("the end of the text");
    if (!in.ok()) return std::unexpected(in.take_error());
    if (module.form == TextModule::Form::Instance) {
      return fail(ErrorKind::Malformed, "unexpected token instance: only scripts have instances");
    }
    if (module.form != TextModule::Form::Quote) return std::move(module.bytes);
    quoted = std::move(module.quoted);
    text = quoted;
  }
}

}  // namespace weft::interp
