// weft wat2wasm: makes a binary module of a text.

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/options.h"

namespace weft::cli {

namespace {

constexpr std::string_view kHelp = R"(Usage: weft wat2wasm [OPTIONS] FILE

Makes a binary module of one in the text format. It is not validated: weft validate does that.

Options:
)";

constexpr std::string_view kHelpEnd = R"(
Exit status: 0 if the module was written, 1 if not.
)";

Result<void> write_module(const std::string& file, Bytes bytes) {
  File out(std::fopen(file.c_str(), "wb"), std::fclose);
  if (!out) return fail(Error::from_errno(errno, file));
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), out.get()) == bytes.size();
  if (std::fclose(out.release()) != 0 || !written) return fail(Error::from_errno(errno, file));
  return {};
}

}  // namespace

int wat2wasm_command(Args args) {
  bool help = false;
  TextOptions options;
  std::string output;
  const std::vector<Option> known = {
      {"-o", "FILE",
       "the module's file; otherwise it is named as the text's,\nwith .wasm in the "
       "place of .wat; - is the standard output",
       [&](std::string_view file) { output = file; }},
      {"--names", "", "keep the text's identifiers in a name section",
       [&](std::string_view) { options.names = true; }},
      {"--help", "", "this text", [&](std::string_view) { help = true; }},
  };
  const std::string* const operand = read_one_file(args, known, help);
  if (operand == nullptr) {
    print(std::string(kHelp) + options_help(known) + std::string(kHelpEnd));
    return kOk;
  }
  const std::string& file = *operand;
  if (output.empty()) output = std::filesystem::path(file).replace_extension(".wasm").string();

  const Result<std::string> text = read_file(file);
  if (!text) return report(file, text.error());
  const auto module = wat2wasm(*text, options);
  if (!module) return report(file, module.error());
  if (output == "-") {
    print(Bytes(*module).text());
    return kOk;
  }
  if (output == file) throw UsageError("the module would replace its text; -o FILE gives another");
  if (const Result<void> written = write_module(output, *module); !written) {
    return report(output, written.error());
  }
  return kOk;
}

}  // namespace weft::cli
