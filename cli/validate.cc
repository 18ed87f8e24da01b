// weft validate: says of modules whether they are valid.

#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/options.h"

namespace weft::cli {

namespace {

constexpr std::string_view kHelp = R"(Usage: weft validate [OPTIONS] FILE...

Decodes and validates modules, binary ones and text. Says nothing of those that are valid, and of
the others what is wrong and at which byte.

Options:
)";

constexpr std::string_view kHelpEnd = R"(
Exit status: 0 if all are valid, 1 if not.
)";

// Of a file with a valid module.
Result<void> check(const std::string& file) {
  const Result<std::string> content = read_file(file);
  if (!content) return fail(content.error());
  if (!is_text(Bytes(std::string_view(*content)))) {
    return check_custom_sections(Bytes(std::string_view(*content)));
  }
  const auto module = wat2wasm(*content, {.names = true});
  return module ? check_custom_sections(*module) : fail(module.error());
}

}  // namespace

int validate_command(Args args) {
  bool help = false;
  Config config;
  [[maybe_unused]] bool custom_sections = false;
  const std::vector<Option> known = {
      features_option(config.features),
#ifndef WEFT_SMALL
      {"--custom-sections", "",
       "say what is wrong in a module's names and branch hints, too, which no\nmodule is invalid "
       "for",
       [&](std::string_view) { custom_sections = true; }},
#endif
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
    if (!module || !custom_sections) continue;
    const Result<void> checked = check(file);
    if (!checked) status = report(file, checked.error());
  }
  return status;
}

}  // namespace weft::cli
