#include "spec-tests/json.h"

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "spec-tests/scripts/files.h"

namespace weft::spectest {

namespace {

using Json = nlohmann::json;

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Decimal, signed (wasm-tools) or unsigned (wabt); keeps the low bits of the lane.
uint64_t integer(const std::string& text, unsigned lane_bits) {
  const bool negative = text.starts_with('-');
  uint64_t value = 0;
  const char* begin = text.data() + (negative ? 1 : 0);
  const char* end = text.data() + text.size();
  if (const auto [stop, error] = std::from_chars(begin, end, value);
      error != std::errc() || stop != end || begin == end) {
    throw std::runtime_error("not a number: '" + text + "'");
  }
  if (negative) value = 0 - value;
  return lane_bits == 64 ? value : value & ((uint64_t{1} << lane_bits) - 1);
}

Lane lane(const Json& value, unsigned lane_bits) {
  const std::string text = value.get<std::string>();
  if (text == "nan:canonical") return {Lane::Kind::CanonicalNan, 0};
  if (text == "nan:arithmetic") return {Lane::Kind::ArithmeticNan, 0};
  return {Lane::Kind::Bits, integer(text, lane_bits)};
}

struct NumberType {
  std::string_view name;
  Pattern::Kind kind;
  unsigned bits;
  bool is_float;
};
constexpr auto kNumberTypes = std::to_array<NumberType>({
    {"i32", Pattern::Kind::I32, 32, false},
    {"i64", Pattern::Kind::I64, 64, false},
    {"f32", Pattern::Kind::F32, 32, true},
    {"f64", Pattern::Kind::F64, 64, true},
    // Only as lanes.
    {"i8", Pattern::Kind::V128, 8, false},
    {"i16", Pattern::Kind::V128, 16, false},
});

const NumberType* number_type(std::string_view name) {
  for (const NumberType& type : kNumberTypes) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

Pattern vector_pattern(const Json& json) {
  const std::string lane_type = text_of(json, "lane_type");
  const NumberType* type = number_type(lane_type);
  if (type == nullptr) throw std::runtime_error("unknown lane type '" + lane_type + "'");
  Pattern pattern;
  pattern.kind = Pattern::Kind::V128;
  pattern.float_lanes = type->is_float;
  for (const Json& value : json.at("value")) pattern.lanes.push_back(lane(value, type->bits));
  if (pattern.lanes.size() * type->bits != 128) throw std::runtime_error("a v128 without 128 bits");
  return pattern;
}

// "externref" is ("extern", anything), "nullexternref" only null, "refnull" null of any type.
Pattern reference_pattern(const std::string& type, const Json& json) {
  Pattern pattern;
  if (type == "refnull") {
    pattern.kind = Pattern::Kind::Null;
    return pattern;
  }
  if (!type.ends_with("ref")) throw std::runtime_error("unknown type '" + type + "'");
  pattern.heap = type.substr(0, type.size() - 3);
  if (pattern.heap == "null") pattern.heap = "nullany";
  const std::string value = text_of(json, "value");
  if (pattern.heap.starts_with("null")) {
    pattern.heap = pattern.heap.substr(4);
    pattern.kind = Pattern::Kind::Null;
  } else if (value == "null") {
    pattern.kind = Pattern::Kind::Null;
  } else if (value.empty()) {
    pattern.kind = Pattern::Kind::NonNull;
  } else if (pattern.heap == "extern" || pattern.heap == "any") {
    pattern.kind = Pattern::Kind::Host;
    pattern.host = static_cast<uint32_t>(integer(value, 32));
  } else {
    // A number for a function or an object says that it isn't null, and no more.
    pattern.kind = Pattern::Kind::NonNull;
  }
  return pattern;
}

std::vector<Pattern> patterns(const Json& list);

Pattern pattern_of(const Json& json) {
  const std::string type = text_of(json, "type");
  if (type == "either") {
    Pattern pattern;
    pattern.kind = Pattern::Kind::Either;
    pattern.choices = patterns(json.at("values"));
    return pattern;
  }
  if (type == "v128") return vector_pattern(json);
  const NumberType* number = number_type(type);
  if (number == nullptr) return reference_pattern(type, json);
  Pattern pattern;
  pattern.kind = number->kind;
  pattern.float_lanes = number->is_float;
  // wabt names the results' types of actions without saying their values.
  if (json.contains("value")) pattern.lanes.push_back(lane(json.at("value"), number->bits));
  return pattern;
}

std::vector<Pattern> patterns(const Json& list) {
  std::vector<Pattern> result;
  result.reserve(list.size());
  for (const Json& json : list) result.push_back(pattern_of(json));
  return result;
}

Action action_of(const Json& json) {
  Action action;
  const std::string type = text_of(json, "type");
  if (type == "get") {
    action.kind = Action::Kind::Get;
  } else if (type != "invoke") {
    throw std::runtime_error("unknown action '" + type + "'");
  }
  action.module = text_of(json, "module");
  action.field = text_of(json, "field");
  if (json.contains("args")) action.args = patterns(json.at("args"));
  return action;
}

CommandType type_of(const std::string& name) {
  constexpr auto kTypes = std::to_array<std::pair<std::string_view, CommandType>>({
      {"module", CommandType::Module},
      {"module_definition", CommandType::ModuleDefinition},
      {"module_instance", CommandType::ModuleInstance},
      {"register", CommandType::Register},
      {"thread", CommandType::Thread},
      {"wait", CommandType::Wait},
      {"action", CommandType::Action},
      {"assert_return", CommandType::AssertReturn},
      {"assert_trap", CommandType::AssertTrap},
      {"assert_exhaustion", CommandType::AssertExhaustion},
      {"assert_exception", CommandType::AssertException},
      {"assert_invalid", CommandType::AssertInvalid},
      {"assert_malformed", CommandType::AssertMalformed},
      {"assert_unlinkable", CommandType::AssertUnlinkable},
      {"assert_uninstantiable", CommandType::AssertUninstantiable},
      {"assert_malformed_custom", CommandType::AssertMalformedCustom},
      {"assert_invalid_custom", CommandType::AssertInvalidCustom},
  });
  for (const auto& [text, type] : kTypes) {
    if (text == name) return type;
  }
  return CommandType::Unknown;
}

// The module of a command. A quoted text that is a whole module comes with its binary beside
// it.
std::string module_file(const Json& json) {
  if (std::string binary = text_of(json, "binary_filename"); !binary.empty()) return binary;
  return text_of(json, "filename");
}

// `count` numbers the commands.
Command command_of(const Json& json, std::size_t& count) {
  Command command;
  command.number = count++;
  command.type_name = text_of(json, "type");
  command.type = type_of(command.type_name);
  command.line = json.value("line", 0u);
  if (command.type == CommandType::Unknown) return command;
  command.name = text_of(json, "name");
  command.as = text_of(json, "as");
  command.file = module_file(json);
  command.text = text_of(json, "text");
  if (command.type == CommandType::ModuleInstance) {
    command.name = text_of(json, "instance");
    command.definition = text_of(json, "module");
  }
  if (command.type == CommandType::Module && json.value("definition", false)) {
    command.type = CommandType::ModuleDefinition;
  }
  if (command.type == CommandType::Wait) command.name = text_of(json, "thread");
  if (command.type == CommandType::Thread) {
    command.shared = text_of(json, "shared_module");
    for (const Json& inner : json.at("commands")) {
      command.commands.push_back(command_of(inner, count));
    }
  }
  if (json.contains("action")) command.action = action_of(json.at("action"));
  if (json.contains("either")) {
    Pattern either;
    either.kind = Pattern::Kind::Either;
    either.choices = patterns(json.at("either"));
    command.expected.push_back(std::move(either));
  } else if (json.contains("expected")) {
    command.expected = patterns(json.at("expected"));
  }
  return command;
}

}  // namespace

Script read_json(const std::filesystem::path& path) {
  try {
    const Json json = Json::parse(read_file(path));
    Script script;
    script.folder = path.parent_path();
    const std::string source = std::filesystem::path(text_of(json, "source_filename")).filename();
    script.source = script.folder / (source.empty() ? path.stem().string() + ".wast" : source);
    for (const Json& command : json.at("commands")) {
      script.commands.push_back(command_of(command, script.size));
    }
    return script;
  } catch (const Json::exception& e) {
    throw std::runtime_error(std::string("not wast2json's format: ") + e.what());
  }
}

}  // namespace weft::spectest
