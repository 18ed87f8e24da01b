#include "tests/wasi/testsuite/program.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace weft::wasitest {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// tests/LANGUAGE/testsuite/wasm32-wasip1/NAME.wasm
constexpr char kTarget[] = "wasm32-wasip1";

std::string name_of(const fs::path& wasm) {
  const fs::path language = wasm.parent_path().parent_path().parent_path().filename();
  return (language / wasm.stem()).string();
}

std::optional<std::string> text_of(const Json& specification, const char* key) {
  const auto found = specification.find(key);
  if (found == specification.end() || found->is_null()) return std::nullopt;
  return found->get<std::string>();
}

void read_specification(const Json& specification, Program& program) {
  // Dialogues with servers and the like, which preview1 programs have none of.
  if (specification.contains("operations")) {
    program.unsupported = "its specification is a list of operations";
    return;
  }
  program.args = specification.value("args", program.args);
  const Json env = specification.value("env", Json::object());
  for (const auto& [name, value] : env.items()) {
    program.env.emplace_back(name, value.get<std::string>());
  }
  program.root = text_of(specification, "root");
  program.exit_code = specification.value("exit_code", 0);
  program.stdout_text = text_of(specification, "stdout");
  program.stderr_text = text_of(specification, "stderr");
}

Program read_program(const fs::path& wasm) {
  Program program;
  program.wasm = wasm;
  program.name = name_of(wasm);
  const fs::path path = fs::path(wasm).replace_extension(".json");
  if (!fs::exists(path)) return program;
  try {
    std::ifstream file(path);
    read_specification(Json::parse(file), program);
  } catch (const Json::exception& e) {
    throw std::runtime_error(path.string() + ": " + e.what());
  }
  return program;
}

}  // namespace

std::vector<Program> find_programs(const fs::path& suite) {
  std::vector<Program> programs;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(suite)) {
    const fs::path& path = entry.path();
    if (path.extension() != ".wasm" || path.parent_path().filename() != kTarget) continue;
    if (path.parent_path().parent_path().filename() != "testsuite") continue;
    programs.push_back(read_program(path));
  }
  std::ranges::sort(programs, {}, &Program::name);
  return programs;
}

}  // namespace weft::wasitest
