// The `weft` command.

#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/options.h"

namespace weft::cli {

namespace {

constexpr char kHelp[] = R"(Usage: weft COMMAND [OPTIONS] ...
       weft [OPTIONS] FILE [ARGS]...       the same as weft run

A WebAssembly interpreter.

Commands:
  run FILE [ARGS]...     run a WebAssembly program, or call one of a module's functions
  validate FILE...       say whether modules are valid
  inspect FILE           show a module's sections, imports, exports and needed features
  dump FILE [FUNCTION]   show a module's instructions beside the interpreter's code
  wat2wasm FILE          make a module of one in the text format
  wasm2wat FILE          write a binary module as text
  wast FILE...           run test scripts in the official suite's language

Modules may be binary or text.

weft COMMAND --help tells more about each. weft --version prints the version.
)";

using Command = int (*)(Args);

// In a build for size.
[[maybe_unused]] int text_command(Args /*args*/) {
  std::fputs("weft: this build knows no text format\n", stderr);
  return kFailed;
}

Command find_command(std::string_view name) {
  constexpr std::pair<std::string_view, Command> kCommands[] = {
      {"run", run_command},       {"validate", validate_command}, {"inspect", inspect_command},
      {"dump", dump_command},
#ifdef WEFT_SMALL
      {"wat2wasm", text_command}, {"wasm2wat", text_command},     {"wast", text_command},
#else
      {"wat2wasm", wat2wasm_command}, {"wasm2wat", wasm2wat_command}, {"wast", wast_command},
#endif
  };
  for (const auto& [known, command] : kCommands) {
    if (known == name) return command;
  }
  return nullptr;
}

int run(const std::vector<std::string>& args, std::string& command_name) {
  if (args.empty()) {
    std::fputs(kHelp, stderr);
    return kBadUsage;
  }
  const std::string& first = args.front();
  const Args all(args);
  if (first == "--help" || first == "-h" || first == "help") {
    if (first == "help" && args.size() > 1) {
      if (const Command command = find_command(args[1])) {
        return command(std::vector<std::string>{"--help"});
      }
    }
    print(kHelp);
    return kOk;
  }
  if (first == "--version" || first == "-V") {
    print("weft " + std::string(version()) + "\n");
    return kOk;
  }
  if (const Command command = find_command(first)) {
    command_name = first;
    return command(all.subspan(1));
  }
  command_name = "run";
  return run_command(all);
}

}  // namespace

// Runs the command; errors become their exit statuses.
static int main_command(const std::vector<std::string>& args) {
  std::string command;
  try {
    const int status = run(args, command);
    return std::fflush(stdout) == 0 ? status : kFailed;
  } catch (const UsageError& e) {
    const std::string name = command.empty() ? "weft" : "weft " + command;
    std::fprintf(stderr, "%s: %s\nTry '%s --help'.\n", name.c_str(), e.what(), name.c_str());
    return kBadUsage;
  } catch (const Exception& e) {
    std::fprintf(stderr, "weft: %s\n", e.what());
    return e.error().is(Errc::usage) ? kBadUsage : kFailed;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "weft: %s\n", e.what());
    return kFailed;
  }
}

}  // namespace weft::cli

// Called where an exception finds no handler. libstdc++'s own prints its name, for which it brings
// a demangler of 45 KB.
namespace __gnu_cxx {
// NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
void __verbose_terminate_handler() {
  std::fputs("weft: stopped by an exception that nothing caught\n", stderr);
  std::abort();
}
}  // namespace __gnu_cxx

static constexpr double round_up(double x) {
  constexpr double kAllWhole = 0x1p52;  // from here on
  if (!(__builtin_fabs(x) < kAllWhole)) return x;
  const auto whole = static_cast<double>(static_cast<std::int64_t>(x));
  return __builtin_copysign(whole < x ? whole + 1 : whole, x);  // -0 for what lies above -1
}
static_assert(round_up(1.25) == 2 && round_up(-1.25) == -1 && round_up(3) == 3);
static_assert(round_up(0x1p52 - 0.5) == 0x1p52 && round_up(-0x1p60) == -0x1p60);
static_assert(std::bit_cast<std::uint64_t>(round_up(-0.5)) == std::bit_cast<std::uint64_t>(-0.0));
static_assert(round_up(std::numeric_limits<double>::infinity()) > 0x1p1023);

// All that libstdc++'s hash tables want of libm, which would take a tenth of an empty program's
// time to load. Right for all numbers: where libstdc++ is a shared library, it calls this one, and
// so does whatever else is loaded.
extern "C" double ceil(double x) { return round_up(x); }

int main(int argc, char** argv) {
  return weft::cli::main_command(std::vector<std::string>(argv + 1, argv + argc));
}
