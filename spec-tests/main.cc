// weft-spectest: runs the official suite, as text or converted by wast2json or wasm-tools, against
// the public API.

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>
#include <weft/weft.hpp>

#include "interp/translate/optimizations.h"
#include "spec-tests/json.h"
#include "spec-tests/manifests.h"
#include "spec-tests/scripts/files.h"
#include "spec-tests/scripts/suite.h"
#include "spec-tests/scripts/wast.h"

namespace weft::spectest {

namespace {

constexpr char kHelp[] =
    R"(Usage: weft-spectest [OPTIONS] PATH...

Runs scripts of the official WebAssembly test suite: .wast files, or JSON files in wast2json's format
with their modules beside them, as wabt or wasm-tools write them. PATH is such a file, or a folder of
.wast files.

Each script is run in four modes: functions translated at their first call (lazy) or all at once
(eager), memories with guard pages or with explicit checks. An assertion passes if it passes in all
of them; one that fails is reported on a line of its own, with the modes it fails in. The last line
gives the totals.

Options:
  --json           of folders, the JSON files
  --mode MODE      lazy-guard, eager-guard, lazy-explicit or eager-explicit; can be repeated
  --features LIST  what modules may use, such as wasm2,threads,-simd; otherwise what a manifest.tsv
                   above the script says, or its folder, or the engine's default
  --optimizations LIST
                   translate without these: -op-op,-moves; none takes away all
  --each-switch    run in the modes with all optimizations, without each of them in turn, and
                   without any
  --gc-stress      collect garbage before every object that is made
  --strict         a module that needs a feature which this version does not have is a failure;
                   otherwise the assertions about it are skipped, and counted
  --texts          report where messages of rejected modules differ from the suite's
  --groups         totals of each group of the manifest, too
  --verbose        a line for each script, too
  --jobs N         scripts run at the same time (as many as the machine has cores)
  --timeout N      seconds after which a call is stopped and has failed (120)
  --help           this text
)";

struct Options {
  std::vector<Mode> modes{};
  std::string optimizations{};
  bool each_switch = false;
  std::optional<Features> features{};
  bool groups = false;
  SuiteOptions suite{.jobs = std::max(1u, std::thread::hardware_concurrency())};
  std::string extension = ".wast";
  std::vector<std::string> paths{};
};

struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

unsigned number(std::string_view option, std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value == 0) {
    throw UsageError(std::string(option) + " needs a number above 0");
  }
  return value;
}

Mode mode_named(std::string_view name) {
  for (const Mode& mode : kModes) {
    if (mode.name == name) return mode;
  }
  throw UsageError("no mode '" + std::string(name) + "'");
}

// The modes with each list of optimizations.
std::vector<Variant> variants_of(const Options& options) {
  std::vector<std::string> lists{options.optimizations};
  if (options.each_switch) {
    for (const std::string_view name : interp::kOptimizationNames)
      lists.push_back(options.optimizations + (options.optimizations.empty() ? "-" : ",-") +
                      std::string(name));
    lists.emplace_back("none");
  }
  std::vector<Variant> variants;
  for (const std::string& list : lists) {
    for (const Mode& mode : options.modes)
      variants.push_back({std::string(mode.name) + (list.empty() ? "" : " " + list), mode, list});
  }
  return variants;
}

// Nothing if only help was asked for.
std::optional<Options> read_options(const std::vector<std::string>& args) {
  Options options;
  for (std::size_t i = 0; i < args.size(); i++) {
    std::string name = args[i];
    if (!name.starts_with("--")) {
      options.paths.push_back(std::move(name));
      continue;
    }
    std::optional<std::string> given;
    if (const std::size_t equals = name.find('='); equals != std::string::npos) {
      given = name.substr(equals + 1);
      name.resize(equals);
    }
    const auto value = [&]() -> std::string {
      if (given) return *given;
      if (i + 1 == args.size()) throw UsageError(name + " needs a value");
      return args[++i];
    };
    if (name == "--help") return std::nullopt;
    if (name == "--strict") {
      options.suite.run.strict = true;
    } else if (name == "--gc-stress") {
      options.suite.gc_stress = true;
    } else if (name == "--json") {
      options.extension = ".json";
    } else if (name == "--texts") {
      options.suite.run.texts = true;
    } else if (name == "--groups") {
      options.groups = true;
    } else if (name == "--verbose") {
      options.suite.verbose = true;
    } else if (name == "--mode") {
      options.modes.push_back(mode_named(value()));
    } else if (name == "--optimizations") {
      options.optimizations = value();
    } else if (name == "--each-switch") {
      options.each_switch = true;
    } else if (name == "--jobs") {
      options.suite.jobs = number(name, value());
    } else if (name == "--timeout") {
      options.suite.timeout = std::chrono::seconds(number(name, value()));
    } else if (name == "--features") {
      const Result<Features> features = Features::parse(value());
      if (!features) throw UsageError(features.error().message());
      options.features = *features;
    } else {
      throw UsageError("unknown option " + name);
    }
  }
  if (options.paths.empty()) throw UsageError("which scripts?");
  if (options.modes.empty()) options.modes.assign(std::begin(kModes), std::end(kModes));
  options.suite.variants = variants_of(options);
  return options;
}

int run(const std::vector<std::string>& args) {
  std::optional<Options> options = read_options(args);
  if (!options) {
    std::fputs(kHelp, stdout);
    return 0;
  }
  const std::vector<std::filesystem::path> scripts =
      find_scripts(options->paths, options->extension);
  if (scripts.empty()) throw UsageError("no scripts there");
  Manifests manifests;
  options->suite.load = [](const std::filesystem::path& path) {
    return path.extension() == ".json" ? read_json(path) : load_wast(path);
  };
  options->suite.info_of = [&](const std::filesystem::path& path) {
    ScriptInfo info = manifests.info_of(path);
    if (options->features) {
      info.features = *options->features;
      info.unknown.clear();
    }
    return info;
  };
  Totals totals;
  for (const auto& [group, of_group] : run_suite(scripts, options->suite)) {
    totals.add(of_group);
    if (!options->groups) continue;
    std::printf("%s: %s", group.empty() ? "(no group)" : group.c_str(),
                to_string(of_group).c_str());
    const char* separator = " (";
    for (const auto& [reason, count] : of_group.reasons) {
      std::printf("%s%s: %zu", separator, reason.c_str(), count);
      separator = ", ";
    }
    std::puts(of_group.reasons.empty() ? "" : ")");
  }
  for (const auto& [reason, count] : totals.reasons) {
    std::printf("skipped, %s: %zu\n", reason.c_str(), count);
  }
  if (options->suite.run.texts)
    std::printf("messages that differ from the suite's: %zu\n", totals.notes);
  std::puts(to_string(totals).c_str());
  return totals.failed == 0 ? 0 : 1;
}

}  // namespace

}  // namespace weft::spectest

int main(int argc, char** argv) {
  try {
    return weft::spectest::run(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const std::exception& e) {
    std::fprintf(stderr, "weft-spectest: %s\n(weft-spectest --help tells more)\n", e.what());
    return 2;
  }
}
