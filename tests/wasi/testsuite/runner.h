// Runs one program in a process of its own, so that nothing it does can end more than its test.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/wasi/testsuite/program.h"
#include "wasi/path_resolver.h"

namespace weft::wasitest {

struct RunOptions {
  wasi::PathResolver::Strategy strategy = wasi::PathResolver::Strategy::Auto;
  /// Variables for programs beside their own.
  std::vector<std::pair<std::string, std::string>> env{};
  unsigned timeout_seconds = 10;
};

/// Why the program failed; empty if it passed. Throws std::runtime_error and its like if the test
/// itself can't be done.
std::string run_program(const Program& program, const RunOptions& options);

}  // namespace weft::wasitest
