// weft dump: a module's instructions beside the threaded code made of them.

#include <charconv>
#include <cstdint>
#include <optional>
#include <vector>

#include "cli/commands.h"
#include "cli/options.h"

namespace weft::cli {

namespace {

constexpr std::string_view kHelp = R"(Usage: weft dump FILE [FUNCTION]

Shows functions as WebAssembly instructions, and beside them what the interpreter runs. FUNCTION is
an index (imported functions count) or a name from the module's name section; without it all are
shown.
)";

std::optional<std::uint32_t> find_function(const Module& module, std::string_view text) {
  std::uint32_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error == std::errc() && end == text.data() + text.size()) {
    if (index < module.function_count()) return index;
    return std::nullopt;
  }
  for (index = 0; index < module.function_count(); index++) {
    if (module.function_name(index) == text) return index;
  }
  return std::nullopt;
}

int dump_all(const std::string& file, const Module& module) {
  bool any = false;
  for (std::uint32_t index = 0; index < module.function_count(); index++) {
    const Result<std::string> text = module.dump_function(index);
    if (!text && text.error().is(Errc::not_found)) continue;  // imported
    if (!text) return report(file, text.error());
    if (any) print("\n");
    print(*text);
    any = true;
  }
  return kOk;
}

}  // namespace

int dump_command(Args args) {
  bool help = false;
  const std::vector<Option> known = {
      {"--help", "", "this text", [&](std::string_view) { help = true; }},
  };
  args = read_options(args, known);
  if (help) {
    print(kHelp);
    return kOk;
  }
  if (args.empty()) throw UsageError("which file?");
  if (args.size() > 2) throw UsageError("one function at a time");
  const std::string& file = args.front();
  const Engine engine;
  const Result<Module> module = Module::from_file(engine, file);
  if (!module) return report(file, module.error());
  if (args.size() == 1) return dump_all(file, *module);

  const std::optional<std::uint32_t> index = find_function(*module, args[1]);
  if (!index) throw UsageError(file + " has no function " + args[1]);
  const Result<std::string> text = module->dump_function(*index);
  if (!text) return report(file, text.error());
  print(*text);
  return kOk;
}

}  // namespace weft::cli
