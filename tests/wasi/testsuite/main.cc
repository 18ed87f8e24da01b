// weft-wasitest: runs the preview1 programs of the official WASI test suite.

#include <charconv>
#include <cstdio>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/wasi/testsuite/program.h"
#include "tests/wasi/testsuite/runner.h"

namespace weft::wasitest {

namespace {

constexpr char kHelp[] =
    R"(Usage: weft-wasitest [OPTIONS] SUITE [FILTER]

Runs the preview1 programs below SUITE, a clone of https://github.com/WebAssembly/wasi-testsuite at
its branch prod/testsuite-base, in which programs are built; with a FILTER, those whose name
(rust/readlink) holds it. Each runs in a process of its own, in a copy of its directory, and one that
fails is reported with why. The last line gives the totals.

Options:
  --walk              find paths component by component, not by openat2
  --env NAME=VALUE    a variable for programs that are written in Rust, beside their own:
                      ERRNO_MODE_UNIX=1 allows only Unix's error numbers
  --timeout N         seconds that a program may take (10)
  --help              this text
)";

constexpr int kBadUsage = 2;

struct Options {
  std::string suite{};
  std::string filter{};
  RunOptions run{};
};

struct Totals {
  int passed = 0;
  int failed = 0;
  int skipped = 0;
};

// Nothing if the command line can't be understood.
std::optional<Options> read_options(std::span<char*> args) {
  Options options;
  std::vector<std::string> operands;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const std::string_view arg = args[i];
    if (!arg.starts_with("--")) {
      operands.emplace_back(arg);
    } else if (arg == "--walk") {
      options.run.strategy = wasi::PathResolver::Strategy::Walk;
    } else if (arg == "--env" && i + 1 < args.size()) {
      const std::string variable = args[++i];
      const std::size_t equals = variable.find('=');
      if (equals == std::string::npos) return std::nullopt;
      options.run.env.emplace_back(variable.substr(0, equals), variable.substr(equals + 1));
    } else if (arg == "--timeout" && i + 1 < args.size()) {
      const std::string_view text = args[++i];
      unsigned& seconds = options.run.timeout_seconds;
      const auto [end, error] = std::from_chars(text.begin(), text.end(), seconds);
      if (error != std::errc() || end != text.end() || seconds == 0) return std::nullopt;
    } else {
      return std::nullopt;
    }
  }
  if (operands.empty() || operands.size() > 2) return std::nullopt;
  options.suite = operands[0];
  if (operands.size() == 2) options.filter = operands[1];
  return options;
}

void report(const char* verdict, const Program& program, const std::string& why) {
  std::printf("%s %s: %s\n", verdict, program.name.c_str(), why.c_str());
}

Totals run_all(const Options& options) {
  Totals totals;
  for (const Program& program : find_programs(options.suite)) {
    if (program.name.find(options.filter) == std::string::npos) continue;
    if (!program.unsupported.empty()) {
      report("skip", program, program.unsupported);
      ++totals.skipped;
      continue;
    }
    RunOptions run = options.run;
    // The suite's programs in other languages count their variables.
    if (!program.name.starts_with("rust/")) run.env.clear();
    const std::string why = run_program(program, run);
    if (why.empty()) {
      ++totals.passed;
    } else {
      report("FAIL", program, why);
      ++totals.failed;
    }
  }
  return totals;
}

int main_command(std::span<char*> args) {
  if (args.size() == 1 && args[0] == std::string_view("--help")) {
    std::fputs(kHelp, stdout);
    return 0;
  }
  const std::optional<Options> options = read_options(args);
  if (!options) {
    std::fputs(kHelp, stderr);
    return kBadUsage;
  }
  // Every line at once: programs are run by fork, which copies what is buffered.
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  const Totals totals = run_all(*options);
  std::printf("%d passed, %d failed, %d skipped\n", totals.passed, totals.failed, totals.skipped);
  // Nothing run is nothing proved.
  return totals.failed == 0 && totals.passed != 0 ? 0 : 1;
}

}  // namespace

}  // namespace weft::wasitest

int main(int argc, char** argv) {
  try {
    return weft::wasitest::main_command({argv + 1, argv + argc});
  } catch (const std::exception& e) {
    std::fprintf(stderr, "weft-wasitest: %s\n", e.what());
    return weft::wasitest::kBadUsage;
  }
}
