// Runs scripts, each in several variants of the engine, and sums up how they came out.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>
#include <weft/weft.hpp>

#include "spec-tests/scripts/runner.h"
#include "spec-tests/scripts/script.h"

namespace weft::spectest {

// A mode, and what translation does in it.
struct Variant {
  std::string name{};
  Mode mode{};
  std::string optimizations{};
};

struct ScriptInfo {
  std::string group{};
  Features features{};
  std::string unknown{};  // a feature that the script needs and nothing here knows
};

struct SuiteOptions {
  std::vector<Variant> variants{};
  RunOptions run{};
  bool gc_stress = false;
  bool verbose = false;                                        // a line for each script, too
  unsigned jobs = 1;                                           // scripts that run at the same time
  std::chrono::nanoseconds timeout = std::chrono::minutes(2);  // that a call may take
  // Both may throw std::runtime_error; called by one thread at a time.
  std::function<Script(const std::filesystem::path&)> load{};
  std::function<ScriptInfo(const std::filesystem::path&)> info_of{};
};

struct Totals {
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t skipped = 0;
  std::size_t notes = 0;
  std::map<std::string, std::size_t> reasons{};  // why skipped

  void skip(std::size_t count, const std::string& reason);
  void add(const Totals& other);
};

// "5 passed, 0 failed, 1 skipped"
std::string to_string(const Totals& totals);

// Prints what failed, in the order of the scripts, as it comes in. Gives the totals of each group.
std::map<std::string, Totals> run_suite(const std::vector<std::filesystem::path>& scripts,
                                        const SuiteOptions& options);

}  // namespace weft::spectest
