#include "spec-tests/scripts/suite.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "spec-tests/scripts/watchdog.h"

namespace weft::spectest {

void Totals::skip(std::size_t count, const std::string& reason) {
  skipped += count;
  reasons[reason] += count;
}

void Totals::add(const Totals& other) {
  passed += other.passed;
  failed += other.failed;
  skipped += other.skipped;
  notes += other.notes;
  for (const auto& [reason, count] : other.reasons) reasons[reason] += count;
}

std::string to_string(const Totals& totals) {
  return std::to_string(totals.passed) + " passed, " + std::to_string(totals.failed) + " failed, " +
         std::to_string(totals.skipped) + " skipped";
}

namespace {

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
  explicit Suite(const SuiteOptions& options) : x_options(options), x_watchdog(options.timeout) {}

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
    const ScriptInfo info = info_of(path);
    report.group = info.group;
    if (!info.unknown.empty() && !x_options.run.strict) {
      const bool obsolete = info.unknown == "obsolete";
      report.totals.skip(count_skipped(path), obsolete ? "contradicts a later version"
                                                       : "needs the feature " + info.unknown);
      return;
    }
    const Script script = x_options.load(path);
    std::vector<std::vector<Outcome>> by_mode;
    by_mode.reserve(x_options.variants.size());
    for (const Variant& variant : x_options.variants) {
      by_mode.push_back(
          run_script(script, engine(variant, info.features), x_options.run, x_watchdog));
    }
    count(script, script.commands, by_mode, report);
  }

  // The assertions of a script that isn't run. One for all that a script has which can't be read,
  // since its text needs what is unknown.
  std::size_t count_skipped(const std::filesystem::path& path) try {
    return count_assertions(x_options.load(path).commands);
  } catch (const std::exception&) {
    return 1;
  }

  ScriptInfo info_of(const std::filesystem::path& path) {
    const std::lock_guard lock(x_mutex);
    return x_options.info_of(path);
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
        report.lines.append(where).append(command.type_name).append(" ").append(text);
        if (!names.empty()) report.lines.append(" [").append(names).append("]");
        report.lines += '\n';
      }
      report.totals.failed++;
    } else if (!reason.empty()) {
      report.totals.skip(1, reason);
    } else if (passed) {
      report.totals.passed++;
    }
  }

  const SuiteOptions& x_options;
  std::mutex x_mutex{};
  std::vector<std::pair<std::string_view, Engine>> x_engines{};
  Watchdog x_watchdog;
};

}  // namespace

std::map<std::string, Totals> run_suite(const std::vector<std::filesystem::path>& scripts,
                                        const SuiteOptions& options) {
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

}  // namespace weft::spectest
