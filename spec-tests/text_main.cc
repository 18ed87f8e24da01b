// weft-spectext: reads the official suite's scripts as text, and compares the modules in them with
// those of the suite's converter.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "interp/debug/module_printer.h"
#include "interp/decode/module_decoder.h"
#include "interp/text/assemble.h"
#include "interp/text/lexer.h"
#include "spec-tests/manifests.h"
#include "spec-tests/scripts/files.h"

namespace weft::spectest {

namespace {

using interp::Lexer;
using interp::TextModule;
using Kind = interp::Token::Kind;

constexpr char kHelp[] =
    R"(Usage: weft-spectext PATH...

Assembles every module in scripts of the official suite (.json files with the .wast beside them, or
folders of them) and compares the result with the binary module that the suite's converter made of
it. Both must be the same bytes but for the name section. Text that the suite calls malformed must be
refused, with a message that begins as the suite says. Each module is also printed, and must come
back from its text.
)";

// A module of a script.
struct Found {
  std::size_t line = 0;
  TextModule module{};
  bool malformed = false;  // the script says so
  std::string message{};   // what is wrong with it
};

class ScriptReader {
 public:
  explicit ScriptReader(std::string_view text) : x_text(text), x_in(text) {}

  // Throws what is wrong with the script.
  std::vector<Found> run() {
    // One script is a module's fields alone.
    const bool is_module = !x_in.at_open("module") && x_in.ahead().text == "func";
    if (is_module)
      x_found.emplace_back().module.bytes = interp::assemble(x_text, {.names = true}).value();
    while (!is_module && x_in.ok() && !x_in.at(Kind::End)) command();
    if (!x_in.ok()) throw std::runtime_error(x_in.take_error().message());
    return std::move(x_found);
  }

 private:
  void command() {
    if (x_in.at_open("module")) return module(false);
    if (!x_in.take(Kind::LeftParen)) return x_in.unexpected("a command");
    const std::string_view word = x_in.token().text;
    x_in.advance();
    if (x_in.at_open("module")) {
      module(word.starts_with("assert_malformed"));
      if (x_in.at(Kind::String)) x_in.append_string(x_in.token(), x_found.back().message);
    }
    x_in.skip_to_close();
  }

  void module(bool malformed) {
    const std::string_view before = x_text.substr(0, x_in.offset());
    const auto line = static_cast<std::size_t>(std::ranges::count(before, '\n')) + 1;
    TextModule module = interp::read_module(x_in, {.names = true});
    if (module.form == TextModule::Form::Instance) return;
    x_found.push_back({line, std::move(module), malformed, {}});
  }

  std::string_view x_text;
  Lexer x_in;
  std::vector<Found> x_found{};
};

// The file names of the converter's modules, in the script's order.
void collect(const nlohmann::json& commands, std::vector<nlohmann::json>& out) {
  for (const auto& command : commands) {
    if (command.contains("filename")) out.push_back(command);
  }
}

// Whether an error has the suite's wording, or that of its newest version.
bool begins_as(std::string_view ours, std::string_view message) {
  constexpr std::pair<std::string_view, std::string_view> kChanged[] = {
      {"i8 constant out of range", "malformed lane index"},
      {"unexpected token", "malformed lane index"},
      {"i32 constant out of range", "constant out of range"},
      {"i64 constant out of range", "constant out of range"},
      {"wrong number of lane indices", "invalid lane length"},
      {"result before parameter", "unexpected token"},
  };
  return ours.starts_with(message) || std::ranges::any_of(kChanged, [&](const auto& change) {
           return message == change.first && ours.starts_with(change.second);
         });
}

// A function's type that is not given is the first that is final and has no supertypes. The
// converter takes the first of all here.
bool is_converters_error(std::string_view name) {
  return name == "type-subtyping.30.wasm" || name == "type-subtyping.31.wasm";
}

// A module without its name section.
std::string without_names(std::string_view bytes) {
  std::string result(bytes.substr(0, 8));
  for (std::size_t at = 8; at < bytes.size();) {
    const std::size_t begin = at;
    const char id = bytes[at++];
    const auto number = [&] {
      std::size_t value = 0;
      for (unsigned shift = 0; at < bytes.size(); shift += 7) {
        const auto byte = static_cast<uint8_t>(bytes[at++]);
        value |= std::size_t{byte & 0x7fu} << shift;
        if (byte < 0x80) break;
      }
      return value;
    };
    const std::size_t size = number();
    const std::size_t end = at + size;
    const bool names = id == 0 && bytes.substr(at, 5) == std::string_view("\4name");
    if (!names) result += bytes.substr(begin, end - begin);
    at = end;
  }
  return result;
}

// A module as text; nothing if its sections can't be read.
std::optional<std::string> print(std::string_view bytes) {
  const std::span span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  const auto module = interp::decode_module({span, nullptr});
  if (!module) return std::nullopt;
  std::string text;
  const auto printed = interp::print_module(**module, [&](std::string_view part) { text += part; });
  if (!printed) throw std::runtime_error(printed.error().message());
  return text;
}

std::string assemble(std::string_view text) {
  const auto bytes = interp::assemble(text, {.names = true});
  if (!bytes) throw std::runtime_error(bytes.error().message());
  return {bytes->begin(), bytes->end()};
}

struct Totals {
  std::size_t equal = 0;
  std::size_t refused = 0;
  std::size_t printed = 0;
  std::size_t printed_otherwise = 0;
  std::size_t failed = 0;
};

class Comparison {
 public:
  explicit Comparison(const std::filesystem::path& json)
      : x_json(json), x_wast(std::filesystem::path(json).replace_extension(".wast")) {}

  Totals run(const Features& features) {
    x_features = features;
    const std::string text = read_file(x_wast);
    std::vector<nlohmann::json> theirs;
    collect(nlohmann::json::parse(read_file(x_json)).at("commands"), theirs);
    std::vector<Found> ours;
    try {
      ours = ScriptReader(text).run();
    } catch (const std::exception& e) {
      fail(0, e.what());
      return x_totals;
    }
    if (ours.size() != theirs.size()) {
      fail(0, "has " + std::to_string(ours.size()) + " modules, the converter found " +
                  std::to_string(theirs.size()));
      return x_totals;
    }
    for (std::size_t i = 0; i < ours.size(); i++) compare(ours[i], theirs[i]);
    return x_totals;
  }

 private:
  void compare(Found& found, const nlohmann::json& command) {
    std::vector<uint8_t>& bytes = found.module.bytes;
    if (found.module.form == TextModule::Form::Quote) {
      interp::Result<std::vector<uint8_t>> result =
          interp::assemble(found.module.quoted, {.names = true});
      if (found.malformed) return refused(found, result);
      if (!result) return fail(found.line, result.error().message());
      bytes = std::move(*result);
    }
    std::string name = command.at("filename");
    if (command.contains("binary_filename")) name = command.at("binary_filename");
    if (!name.ends_with(".wasm")) return;  // the converter has not assembled it
    const std::string theirs = read_file(x_json.parent_path() / name);
    const std::string ours(bytes.begin(), bytes.end());
    round_trip(found, ours);
    if (is_converters_error(name)) return;
    if (ours == theirs || without_names(ours) == without_names(theirs)) {
      x_totals.equal++;
      return;
    }
    fail(found.line, "differs from " + name);
    if (const char* dir = std::getenv("WEFT_KEEP"))
      std::ofstream(std::string(dir) + "/" + name) << ours;
  }

  // A binary module may have been written in a way that text can't say. The second time it must be
  // the same.
  void round_trip(const Found& found, const std::string& bytes) try {
    const std::optional<std::string> text = print(bytes);
    if (!text) return;
    const std::string back = assemble(*text);
    const bool is_binary = found.module.form == TextModule::Form::Binary;
    if (back != bytes && !(is_binary && assemble(print(back).value()) == back)) {
      return fail(found.line, "does not come back from its text");
    }
    x_totals.printed++;
    x_totals.printed_otherwise += back != bytes;
  } catch (const std::exception& e) {
    if (found.module.form != TextModule::Form::Binary) {
      fail(found.line, "does not come back from its text: " + std::string(e.what()));
    }
  }

  void refused(const Found& found, const interp::Result<std::vector<uint8_t>>& result) {
    if (result) {
      // Text of an earlier version may be right in the present one's grammar, and invalid then.
      Config config;
      config.features = x_features;
      if (Module::validate(Engine(config), *result)) {
        return fail(found.line, "is accepted, but is malformed: " + found.message);
      }
    } else if (!begins_as(result.error().message(), found.message)) {
      return fail(found.line,
                  "\"" + result.error().message() + "\" instead of \"" + found.message + "\"");
    }
    x_totals.refused++;
  }

  void fail(std::size_t line, const std::string& what) {
    x_totals.failed++;
    std::printf("%s:%zu: %s\n", x_wast.c_str(), line, what.c_str());
  }

  std::filesystem::path x_json;
  std::filesystem::path x_wast;
  Features x_features{};
  Totals x_totals{};
};

int run(const std::vector<std::string>& paths) {
  if (paths.empty() || paths.front() == "--help") {
    std::fputs(kHelp, paths.empty() ? stderr : stdout);
    return paths.empty() ? 2 : 0;
  }
  Totals totals;
  Manifests manifests;
  for (const std::filesystem::path& script : find_scripts(paths, ".json")) {
    const ScriptInfo info = manifests.info_of(script);
    if (!info.unknown.empty() && info.unknown != "obsolete") continue;
    const Totals of_script = Comparison(script).run(info.features);
    totals.equal += of_script.equal;
    totals.refused += of_script.refused;
    totals.printed += of_script.printed;
    totals.printed_otherwise += of_script.printed_otherwise;
    totals.failed += of_script.failed;
  }
  std::printf(
      "%zu modules equal, %zu malformed texts refused, %zu modules printed and back, %zu of them "
      "written otherwise, %zu failed\n",
      totals.equal, totals.refused, totals.printed + totals.printed_otherwise,
      totals.printed_otherwise, totals.failed);
  return totals.failed == 0 ? 0 : 1;
}

}  // namespace

}  // namespace weft::spectest

int main(int argc, char** argv) {
  try {
    return weft::spectest::run(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const std::exception& e) {
    std::fprintf(stderr, "weft-spectext: %s\n(weft-spectext --help tells more)\n", e.what());
    return 2;
  }
}
