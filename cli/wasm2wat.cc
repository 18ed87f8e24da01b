// weft wasm2wat: writes a binary module as text.

#include <cerrno>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/options.h"

namespace weft::cli {

namespace {

constexpr std::string_view kHelp = R"(Usage: weft wasm2wat [OPTIONS] FILE

Writes a binary module as text, from which weft wat2wasm --names makes the same module. It need not
be valid, nor is it validated.

Options:
)";

constexpr std::string_view kHelpEnd = R"(
Exit status: 0 if the text was written, 1 if not.
)";

// Prints, or writes to a file that is made when there is something to write.
class Output {
 public:
  explicit Output(std::string file) : file_(std::move(file)) {}

  void write(std::string_view text) {
    if (file_.empty()) return print(text);
    if (!out_ && !failed_) out_.reset(std::fopen(file_.c_str(), "wb"));
    if (!out_ || std::fwrite(text.data(), 1, text.size(), out_.get()) != text.size()) fail_once();
  }
  Result<void> close() {
    if (out_ && std::fclose(out_.release()) != 0) fail_once();
    if (failed_) return fail(*failed_);
    return {};
  }

 private:
  void fail_once() {
    if (!failed_) failed_ = Error::from_errno(errno, file_);
  }

  std::string file_;
  File out_{nullptr, std::fclose};
  std::optional<Error> failed_;
};

}  // namespace

int wasm2wat_command(Args args) {
  bool help = false;
  std::string output;
  const std::vector<Option> known = {
      {"-o", "FILE", "the text's file; otherwise, or with -, the standard output",
       [&](std::string_view file) { output = file; }},
      {"--help", "", "this text", [&](std::string_view) { help = true; }},
  };
  const std::string* const operand = read_one_file(args, known, help);
  if (operand == nullptr) {
    print(std::string(kHelp) + options_help(known) + std::string(kHelpEnd));
    return kOk;
  }
  const std::string& file = *operand;
  if (output == file) throw UsageError("the text would replace its module; -o FILE gives another");
  if (output == "-") output.clear();

  const Result<std::string> module = read_file(file);
  if (!module) return report(file, module.error());
  Output out(output);
  const Result<void> written =
      wasm2wat(Bytes(std::string_view(*module)), [&](std::string_view text) { out.write(text); });
  const Result<void> closed = out.close();
  if (!written) return report(file, written.error());
  return closed ? kOk : report(output, closed.error());
}

}  // namespace weft::cli
