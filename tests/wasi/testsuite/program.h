// A program of the official WASI test suite, and what its specification (the suite's
// doc/specification.md) says about it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weft::wasitest {

struct Program {
  std::filesystem::path wasm{};
  /// As in "rust/readlink".
  std::string name{};

  std::vector<std::string> args{};
  std::vector<std::pair<std::string, std::string>> env{};
  /// The guest's directory "/", beside the module.
  std::optional<std::string> root{};
  int exit_code = 0;
  std::optional<std::string> stdout_text{};
  std::optional<std::string> stderr_text{};
  /// Why it can't be run here; empty if it can.
  std::string unsupported{};
};

/// The preview1 programs below a clone of the suite, sorted by name. Throws std::runtime_error for
/// a specification that can't be read.
std::vector<Program> find_programs(const std::filesystem::path& suite);

}  // namespace weft::wasitest
