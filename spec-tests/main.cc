// weft-spectest: runs the official suite, converted by wast2json or wasm-tools, against the public
// API.

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>
#include <weft/weft.hpp>

#include "interp/translate/optimizations.h"
#include "spec-tests/files.h"
#include "spec-tests/runner.h"
#include "spec-tests/script.h"
#include "spec-tests/watchdog.h"

namespace weft::spectest {

namespace {

constexpr char kHelp[] =
    R"(Usage: weft-spectest [OPTIONS] PATH...

Runs scripts of the official WebAssembly test suite: JSON files in wast2json's format with their
modules beside them, as wabt or wasm-tools write them. PATH is such a file or a folder of them.

Each script is run in four modes: functions translated at their first call (lazy) or all at once
(eager), memories with guard pages or with explicit checks. An assertion passes if it passes in all
of them; one that fails is reported on a line of its own, with the modes it fails in. The last line
gives the totals.

Options:
  --mode MODE      lazy-guard, eager-guard, lazy-explicit or eager-explicit; can be repeated
  --features LIST  switch on wasm1, wasm2 or wasm3, and further features by name, separated by
                   commas; otherwise what a manifest.tsv above the script says, or wasm3
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

// A mode, and what translation does in it.
struct Variant {
  std::string name{};
  Mode mode{};
  std::string optimizations{};
};

struct Options {
  std::vector<Mode> modes{};
  std::string optimizations{};
  bool each_switch = false;
  std::vector<Variant> variants{};
  std::optional<Features> features{};
  RunOptions run{};
  bool gc_stress = false;
  bool groups = false;
  bool verbose = false;
  unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
  unsigned timeout = 120;
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
      options.run.strict = true;
    } else if (name == "--gc-stress") {
      options.gc_stress = true;
    } else if (name == "--texts") {
      options.run.texts = true;
    } else if (name == "--groups") {
      options.groups = true;
    } else if (name == "--verbose") {
      options.verbose = true;
    } else if (name == "--mode") {
      options.modes.push_back(mode_named(value()));
    } else if (name == "--optimizations") {
      options.optimizations = value();
    } else if (name == "--each-switch") {
      options.each_switch = true;
    } else if (name == "--jobs") {
      options.jobs = number(name, value());
    } else if (name == "--timeout") {
      options.timeout = number(name, value());
    } else if (name == "--features") {
      const std::optional<std::string> unknown = read_features(value(), options.features.emplace());
      if (unknown) throw UsageError("no feature '" + *unknown + "'");
    } else {
      throw UsageError("unknown option " + name);
    }
  }
  if (options.paths.empty()) throw UsageError("which scripts?");
  if (options.modes.empty()) options.modes.assign(std::begin(kModes), std::end(kModes));
  options.variants = variants_of(options);
  return options;
}

struct Totals {
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t skipped = 0;
  std::size_t notes = 0;
  std::map<std::string, std::size_t> reasons{};  // why skipped

  void skip(std::size_t count, const std::string& reason) {
    skipped += count;
    reasons[reason] += count;
  }
  void add(const Totals& other) {
    passed += other.passed;
    failed += other.failed;
    skipped += other.skipped;
    notes += other.notes;
    for (const auto& [reason, count] : other.reasons) reasons[reason] += count;
  }
};

std::string to_string(const Totals& totals) {
  return std::to_string(totals.passed) + " passed, " + std::to_string(totals.failed) + " failed, " +
         std::to_string(totals.skipped) + " skipped";
}

struct Report {
  std::string group{};
  Totals totals{};
  std::string lines{};
};

std::size_t count_assertions(const std::vector<Command>& commands) {
  std::size_t count = 0;
  for (const Command& command : commands) {
    // What is unknown, too.
    count += command.type >= CommandType::AssertReturn ? 1 : count_assertions(command.commands);
  }
  return count;
}

class Suite {
 public:
  explicit Suite(const Options& options)
      : x_options(options), x_watchdog(std::chrono::seconds(options.timeout)) {}

  Report run(const std::filesystem::path& path) {
    Report report;
    try {
      run(path, report);
    } catch (const std::exception& e) {
      report.lines += path.string() + ": " + e.what() + "\n";
      report.totals.failed++;
    }
    if (x_options.verbose) {
      report.lines += path.string() + ": " + to_string(report.totals) + "\n";
    }
    return report;
  }

 private:
  void run(const std::filesystem::path& path, Report& report) {
    const Script script = load_script(path);
    const ScriptInfo info = info_of(path);
    report.group = info.group;
    if (!info.unknown.empty() && !x_options.run.strict) {
      const bool obsolete = info.unknown == "obsolete";
      report.totals.skip(
          count_assertions(script.commands),
          obsolete ? "contradicts a later version" : "needs the feature " + info.unknown);
      return;
    }
    std::vector<std::vector<Outcome>> by_mode;
    for (const Variant& variant : x_options.variants) {
      by_mode.push_back(
          run_script(script, engine(variant, info.features), x_options.run, x_watchdog));
    }
    count(script, script.commands, by_mode, report);
  }

  ScriptInfo info_of(const std::filesystem::path& path) {
    const std::lock_guard lock(x_mutex);
    ScriptInfo info = x_manifests.info_of(path);
    if (x_options.features) {
      info.features = *x_options.features;
      info.unknown.clear();
    }
    return info;
  }

  Engine engine(const Variant& variant, const Features& features) {
    const std::lock_guard lock(x_mutex);
    for (const auto& [name, engine] : x_engines) {
      if (name == variant.name && engine.config().features == features) return engine;
    }
    Config config;
    config.features = features;
    config.eager_translation = variant.mode.eager;
    config.memory_mode = variant.mode.memory;
    config.optimizations = variant.optimizations;
    config.gc_stress = x_options.gc_stress;
    return x_engines.emplace_back(variant.name, Engine(config)).second;
  }

  void count(const Script& script, const std::vector<Command>& commands,
             const std::vector<std::vector<Outcome>>& by_mode, Report& report) const {
    for (const Command& command : commands) {
      count(script, command, by_mode, report);
      count(script, command.commands, by_mode, report);
    }
  }

  // The outcome of one command over all modes.
  void count(const Script& script, const Command& command,
             const std::vector<std::vector<Outcome>>& by_mode, Report& report) const {
    const std::string where = script.source + ":" + std::to_string(command.line) + ": ";
    std::map<std::string, std::vector<std::string_view>> failures;
    std::string reason;
    bool passed = false;
    for (std::size_t mode = 0; mode < by_mode.size(); mode++) {
      const Outcome& outcome = by_mode[mode][command.number];
      if (outcome.kind == Outcome::Kind::Failed) {
        failures[outcome.text].push_back(x_options.variants[mode].name);
      } else if (outcome.kind == Outcome::Kind::Skipped) {
        reason = outcome.text;
      } else if (outcome.kind == Outcome::Kind::Passed) {
        passed = true;
      }
    }
    if (const std::string& note = by_mode.front()[command.number].note; !note.empty()) {
      report.lines += where + "note: " + note + "\n";
      report.totals.notes++;
    }
    if (!failures.empty()) {
      for (const auto& [text, modes] : failures) {
        std::string names;
        for (const std::string_view mode : modes)
          names.append(names.empty() ? "" : ", ").append(mode);
        if (modes.size() > 1 && modes.size() == x_options.variants.size()) names = "all modes";
        report.lines += where + command.type_name + " " + text + " [" + names + "]\n";
      }
      report.totals.failed++;
    } else if (!reason.empty()) {
      report.totals.skip(1, reason);
    } else if (passed) {
      report.totals.passed++;
    }
  }

  const Options& x_options;
  std::mutex x_mutex{};
  Manifests x_manifests{};
  std::vector<std::pair<std::string_view, Engine>> x_engines{};
  Watchdog x_watchdog;
};

// Runs the scripts on several threads, and prints their reports in order as they come in. Gives the
// totals of each group.
std::map<std::string, Totals> run_all(const std::vector<std::filesystem::path>& scripts,
                                      const Options& options) {
  Suite suite(options);
  std::map<std::string, Totals> groups;
  std::vector<std::optional<Report>> reports(scripts.size());
  std::atomic<std::size_t> next{0};
  std::size_t printed = 0;
  std::mutex mutex;
  const auto work = [&] {
    for (std::size_t i = next++; i < scripts.size(); i = next++) {
      Report report = suite.run(scripts[i]);
      const std::lock_guard lock(mutex);
      reports[i] = std::move(report);
      for (; printed < reports.size() && reports[printed]; printed++) {
        std::fputs(reports[printed]->lines.c_str(), stdout);
        groups[reports[printed]->group].add(reports[printed]->totals);
        reports[printed]->lines.clear();
      }
      std::fflush(stdout);
    }
  };
  std::vector<std::jthread> threads;
  for (unsigned i = 1; i < options.jobs; i++) threads.emplace_back(work);
  work();
  threads.clear();
  return groups;
}

int run(const std::vector<std::string>& args) {
  const std::optional<Options> options = read_options(args);
  if (!options) {
    std::fputs(kHelp, stdout);
    return 0;
  }
  const std::vector<std::filesystem::path> scripts = find_scripts(options->paths);
  if (scripts.empty()) throw UsageError("no scripts there");
  Totals totals;
  for (const auto& [group, of_group] : run_all(scripts, *options)) {
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
  if (options->run.texts) std::printf("messages that differ from the suite's: %zu\n", totals.notes);
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
