// weft wast: runs test scripts.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "cli/commands.h"
#include "cli/options.h"
#include "spec-tests/scripts/files.h"
#include "spec-tests/scripts/suite.h"
#include "spec-tests/scripts/wast.h"

namespace weft::cli {

namespace {

namespace scripts = spectest;

constexpr std::string_view kHelp = R"(Usage: weft wast [OPTIONS] FILE...

Runs scripts in the language of the official test suite: modules, calls of their exports and
assertions about both. FILE is a .wast file, or a folder of them. An assertion that fails is told on
a line of its own; the last line gives the totals.

Options:
)";

constexpr std::string_view kHelpEnd = R"(
Exit status: 0 if no assertion failed, 1 if one did or a script can't be read.
)";

}  // namespace

int wast_command(Args args) {
  bool help = false;
  std::optional<Features> features;
  scripts::SuiteOptions options{
      .variants = {{.name = "", .mode = scripts::kModes[0], .optimizations = ""}},
      .run = {.strict = true},
      .jobs = std::max(1u, std::thread::hardware_concurrency()),
  };
  const std::vector<Option> known = {
      {"--features", "LIST",
       "the features that modules may use, as of weft run; otherwise the\n"
       "default, and in folders named as the suite's what those need",
       [&](std::string_view list) { features = parse_features(list); }},
      {"--timeout", "TIME", "stop a call after this long, such as 500ms, 2s or 1m (2m)",
       [&](std::string_view time) { options.timeout = parse_duration(time); }},
      {"--verbose", "", "a line for each script, too",
       [&](std::string_view) { options.verbose = true; }},
      {"--help", "", "this text", [&](std::string_view) { help = true; }},
  };
  args = read_options(args, known);
  if (help) {
    print(std::string(kHelp) + options_help(known) + std::string(kHelpEnd));
    return kOk;
  }
  if (args.empty()) throw UsageError("which files?");

  options.load = scripts::load_wast;
  options.info_of = [&](const std::filesystem::path& path) {
    return features ? scripts::ScriptInfo{.features = *features}
                    : scripts::info_of_folder(std::filesystem::absolute(path).parent_path());
  };
  std::vector<std::filesystem::path> files;
  try {
    files = scripts::find_scripts({args.begin(), args.end()}, ".wast");
  } catch (const std::runtime_error& e) {
    std::fprintf(stderr, "weft: %s\n", e.what());
    return kFailed;
  }
  scripts::Totals totals;
  for (const auto& [group, of_group] : scripts::run_suite(files, options)) totals.add(of_group);
  std::string said;
  for (const auto& [reason, count] : totals.reasons) {
    said += "skipped, " + reason + ": " + std::to_string(count) + "\n";
  }
  print(said + to_string(totals) + "\n");
  return totals.failed == 0 ? kOk : kFailed;
}

}  // namespace weft::cli
