// weft validate: says of modules whether they are valid.

#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/options.h"

namespace weft::cli {

namespace {

constexpr std::string_view kHelp = R"(Usage: weft validate [OPTIONS] FILE...

Decodes and validates modules. Says nothing of those that are valid, and of the others what is wrong
and at which byte.

Options:
)";

constexpr std::string_view kHelpEnd = R"(
Exit status: 0 if all are valid, 1 if not.
)";

}  // namespace

int validate_command(Args args) {
  bool help = false;
  Config config;
  const std::vector<Option> known = {
      features_option(config.features),
      {"--help", "", "this text", [&](std::string_view) { help = true; }},
  };
  args = read_options(args, known);
  if (help) {
    print(std::string(kHelp) + options_help(known) + std::string(kHelpEnd));
    return kOk;
  }
  if (args.empty()) throw UsageError("which files?");
  const Engine engine(config);
  int status = kOk;
  for (const std::string& file : args) {
    // Mapped: a file that changes meanwhile harms only the answer about itself.
    const Result<Module> module = Module::from_file(engine, file);
    if (!module) status = report(file, module.error());
  }
  return status;
}

}  // namespace weft::cli
