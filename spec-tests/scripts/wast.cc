#include "spec-tests/scripts/wast.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "interp/text/assemble.h"
#include "interp/text/lexer.h"
#include "interp/text/literals.h"
#include "spec-tests/scripts/files.h"

namespace weft::spectest {

namespace {

using interp::Lexer;
using interp::Literal;
using interp::TextModule;
using Kind = interp::Token::Kind;

// What a command is about, behind its word.
enum class Subject : std::uint8_t { Action, Module, Either };

struct CommandWord {
  std::string_view word;
  CommandType type;
  Subject subject;
};
constexpr auto kAssertions = std::to_array<CommandWord>({
    {"assert_return", CommandType::AssertReturn, Subject::Action},
    {"assert_trap", CommandType::AssertTrap, Subject::Either},
    {"assert_exhaustion", CommandType::AssertExhaustion, Subject::Action},
    {"assert_exception", CommandType::AssertException, Subject::Action},
    {"assert_invalid", CommandType::AssertInvalid, Subject::Module},
    {"assert_malformed", CommandType::AssertMalformed, Subject::Module},
    {"assert_unlinkable", CommandType::AssertUnlinkable, Subject::Module},
    {"assert_invalid_custom", CommandType::AssertInvalidCustom, Subject::Module},
    {"assert_malformed_custom", CommandType::AssertMalformedCustom, Subject::Module},
});

struct NumberWord {
  std::string_view word;  // of a constant, or of a vector's shape
  Pattern::Kind kind;
  unsigned bits;
  bool is_float;
};
constexpr auto kNumbers = std::to_array<NumberWord>({
    {"i32.const", Pattern::Kind::I32, 32, false},
    {"i64.const", Pattern::Kind::I64, 64, false},
    {"f32.const", Pattern::Kind::F32, 32, true},
    {"f64.const", Pattern::Kind::F64, 64, true},
});
constexpr auto kShapes = std::to_array<NumberWord>({
    {"i8x16", Pattern::Kind::V128, 8, false},
    {"i16x8", Pattern::Kind::V128, 16, false},
    {"i32x4", Pattern::Kind::V128, 32, false},
    {"i64x2", Pattern::Kind::V128, 64, false},
    {"f32x4", Pattern::Kind::V128, 32, true},
    {"f64x2", Pattern::Kind::V128, 64, true},
});

class WastReader {
 public:
  explicit WastReader(std::string_view text) : x_text(text), x_in(text) {}

  Script run() {
    Script script;
    if (is_module()) {
      Command command = begin("module", CommandType::Module);
      command.binary = assembled(interp::assemble(x_text));
      script.commands.push_back(std::move(command));
    } else {
      while (x_in.ok() && !x_in.at(Kind::End)) script.commands.push_back(command());
      if (!x_in.ok()) throw std::runtime_error(x_in.take_error().message());
    }
    script.size = x_count;
    return script;
  }

 private:
  // Whether the text is a module's fields instead of commands.
  bool is_module() {
    constexpr auto kFields =
        std::to_array<std::string_view>({"type", "rec", "import", "func", "table", "memory", "tag",
                                         "global", "export", "start", "elem", "data"});
    return x_in.at(Kind::LeftParen) &&
           std::ranges::any_of(kFields, [&](std::string_view word) { return x_in.at_open(word); });
  }

  static std::string assembled(const interp::Result<std::vector<std::uint8_t>>& bytes) {
    if (!bytes) throw std::runtime_error(bytes.error().message());
    return {bytes->begin(), bytes->end()};
  }

  // The command that begins at the current token.
  Command begin(std::string_view word, CommandType type) {
    const auto newlines =
        std::ranges::count(x_text.substr(x_line_begin, x_in.offset() - x_line_begin), '\n');
    x_line += static_cast<std::uint32_t>(newlines);
    x_line_begin = x_in.offset();
    Command command;
    command.type = type;
    command.type_name = word;
    command.line = x_line;
    command.number = x_count++;
    return command;
  }

  Command command() {
    if (x_in.at_open("module")) {
      Command command = begin("module", CommandType::Module);
      module(command);
      return command;
    }
    if (x_in.at_open("invoke") || x_in.at_open("get")) {
      Command command = begin("action", CommandType::Action);
      command.action = action();
      return command;
    }
    const bool is_open = x_in.at(Kind::LeftParen) && x_in.ahead().is(Kind::Keyword);
    if (!is_open) x_in.unexpected("a command");
    const std::string_view word = x_in.ahead().text;
    Command command = begin(word, CommandType::Unknown);
    x_in.advance();
    x_in.advance();
    if (word == "register") {
      command.type = CommandType::Register;
      command.as = string();
      command.name = name();
    } else if (word == "thread") {
      thread(command);
    } else if (word == "wait") {
      command.type = CommandType::Wait;
      command.name = name();
    } else if (const auto* const row = find(kAssertions, word)) {
      assertion(command, *row);
    } else {
      x_in.skip_to_close();
      return command;
    }
    x_in.close();
    return command;
  }

  template <std::size_t kSize, class Row>
  static const Row* find(const std::array<Row, kSize>& rows, std::string_view word) {
    const auto found = std::ranges::find(rows, word, &Row::word);
    return found == rows.end() ? nullptr : &*found;
  }

  void assertion(Command& command, const CommandWord& row) {
    command.type = row.type;
    const bool of_module = row.subject == Subject::Module ||
                           (row.subject == Subject::Either && x_in.at_open("module"));
    if (of_module) {
      module(command);
      command.type = row.subject == Subject::Module ? row.type : CommandType::AssertUninstantiable;
    } else {
      command.action = action();
    }
    if (row.type == CommandType::AssertReturn) {
      while (x_in.ok() && !x_in.at(Kind::RightParen)) command.expected.push_back(pattern());
    } else if (row.type != CommandType::AssertException) {
      command.text = string();
    }
  }

  // A module is one of another kind of command, too.
  void module(Command& command) {
    TextModule module = interp::read_module(x_in, {});
    if (!module.id.empty()) command.name = "$" + std::string(module.id);
    switch (module.form) {
      case TextModule::Form::Text:
      case TextModule::Form::Binary:
        command.binary.emplace(module.bytes.begin(), module.bytes.end());
        break;
      case TextModule::Form::Quote:
        command.quoted = std::move(module.quoted);
        break;
      case TextModule::Form::Instance:
        command.type = CommandType::ModuleInstance;
        if (!module.definition.empty()) command.definition = "$" + std::string(module.definition);
        return;
    }
    if (module.is_definition) command.type = CommandType::ModuleDefinition;
  }

  void thread(Command& command) {
    command.type = CommandType::Thread;
    command.name = name();
    if (x_in.take_open("shared")) {
      if (!x_in.take_open("module")) x_in.unexpected("(module");
      command.shared = name();
      x_in.close();
      x_in.close();
    }
    while (x_in.ok() && !x_in.at(Kind::RightParen)) command.commands.push_back(inner_command());
  }

  // Threads start no threads.
  Command inner_command() {
    if (x_in.at_open("thread")) x_in.unexpected("a command other than thread");
    return this->command();
  }

  Action action() {
    Action action;
    if (x_in.take_open("get")) {
      action.kind = Action::Kind::Get;
    } else if (!x_in.take_open("invoke")) {
      x_in.unexpected("(invoke or (get");
    }
    action.module = name();
    action.field = string();
    while (x_in.ok() && !x_in.at(Kind::RightParen)) action.args.push_back(pattern());
    x_in.close();
    return action;
  }

  // An argument or a result. One may be of several: (either ...) has no other inside.
  Pattern pattern() {
    if (!x_in.take_open("either")) return value();
    Pattern either{.kind = Pattern::Kind::Either};
    while (x_in.ok() && !x_in.at(Kind::RightParen)) either.choices.push_back(value());
    x_in.close();
    return either;
  }

  Pattern value() {
    x_in.expect(Kind::LeftParen, "a value");
    const std::string_view word = x_in.token().text;
    Pattern pattern;
    if (x_in.take_keyword("v128.const")) {
      pattern = vector();
    } else if (const NumberWord* const number = find(kNumbers, word)) {
      x_in.advance();
      pattern = {.kind = number->kind, .lanes = {lane(*number)}, .float_lanes = number->is_float};
    } else if (x_in.at(Kind::Keyword) && word.starts_with("ref.")) {
      x_in.advance();
      pattern = reference(word.substr(4));
    } else {
      x_in.unexpected("a value");
    }
    x_in.close();
    return pattern;
  }

  Pattern vector() {
    const NumberWord* const shape = find(kShapes, x_in.token().text);
    if (shape == nullptr) {
      x_in.unexpected("the shape of a vector");
      return {};
    }
    x_in.advance();
    Pattern pattern{.kind = Pattern::Kind::V128, .float_lanes = shape->is_float};
    for (unsigned bits = 0; bits < 128; bits += shape->bits) pattern.lanes.push_back(lane(*shape));
    return pattern;
  }

  Lane lane(const NumberWord& type) {
    const std::string_view text = x_in.token().text;
    Lane lane;
    if (text == "nan:canonical" && type.is_float) {
      lane.kind = Lane::Kind::CanonicalNan;
    } else if (text == "nan:arithmetic" && type.is_float) {
      lane.kind = Lane::Kind::ArithmeticNan;
    } else if (!read(text, type, lane.bits)) {
      x_in.unexpected("a number");
    }
    x_in.advance();
    return lane;
  }

  static bool read(std::string_view text, const NumberWord& type, std::uint64_t& bits) {
    if (!type.is_float) {
      const bool ok = interp::read_integer(text, type.bits, bits) == Literal::Ok;
      if (type.bits < 64) bits &= (std::uint64_t{1} << type.bits) - 1;
      return ok;
    }
    if (type.bits == 64) return interp::read_f64(text, bits) == Literal::Ok;
    std::uint32_t bits32 = 0;
    const bool ok = interp::read_f32(text, bits32) == Literal::Ok;
    bits = bits32;
    return ok;
  }

  // Behind "ref.": (ref.null func), (ref.null) of any type, (ref.extern 5), (ref.host 5) as an
  // anyref, (ref.func) for any function.
  Pattern reference(std::string_view heap) {
    Pattern pattern;
    if (heap == "null") {
      pattern.kind = Pattern::Kind::Null;
      if (x_in.at(Kind::Keyword)) {
        pattern.heap = x_in.token().text;
        x_in.advance();
      }
      return pattern;
    }
    pattern.kind = Pattern::Kind::NonNull;
    pattern.heap = heap == "host" ? "any" : heap;
    if (x_in.at(Kind::Number)) {
      std::uint64_t number = 0;
      if (interp::read_unsigned(x_in.token().text, UINT32_MAX, number) != Literal::Ok) {
        x_in.unexpected("a number");
      }
      x_in.advance();
      // The number of a function says that it isn't null, and no more.
      if (heap == "host" || heap == "extern") {
        pattern.kind = Pattern::Kind::Host;
        pattern.host = static_cast<std::uint32_t>(number);
      }
    }
    return pattern;
  }

  // Of a module, instance or thread; empty if there is none.
  std::string name() {
    if (!x_in.at(Kind::Id)) return {};
    std::string name = "$" + std::string(x_in.name_of(x_in.token()));
    x_in.advance();
    return name;
  }

  std::string string() {
    std::string bytes;
    if (x_in.at(Kind::String)) x_in.append_string(x_in.token(), bytes);
    x_in.expect(Kind::String, "a string");
    return bytes;
  }

  std::string_view x_text;
  Lexer x_in;
  std::size_t x_count = 0;
  std::uint32_t x_line = 1;
  std::size_t x_line_begin = 0;  // the place up to which lines are counted
};

}  // namespace

Script read_wast(std::string_view text) { return WastReader(text).run(); }

Script load_wast(const std::filesystem::path& path) {
  Script script = read_wast(read_file(path));
  script.source = path;
  return script;
}

}  // namespace weft::spectest
