// weft inspect: what a module consists of.

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <vector>

#include "cli/commands.h"
#include "cli/options.h"

namespace weft::cli {

namespace {

constexpr std::string_view kHelp = R"(Usage: weft inspect FILE

Shows a module's sections with their sizes, its imports and exports with their types, and which
features beyond the first version of WebAssembly it needs.
)";

std::string padded(std::string text, std::size_t width, bool right = false) {
  if (text.size() < width) text.insert(right ? 0 : text.size(), width - text.size(), ' ');
  return text;
}

// Names come from the module: control characters must not reach the terminal.
std::string shown(std::string_view name) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      text += c;
    } else {
      text += {'\\', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return text;
}

std::string hex(std::uint64_t value) {
  std::array<char, 16> text{};
  return "0x" + std::string(text.begin(), std::to_chars(text.begin(), text.end(), value, 16).ptr);
}

std::string sections(const Module& module) {
  std::string text = "sections:\n";
  for (const Section& section : module.sections()) {
    const std::string name =
        section.id == 0 ? "custom " + shown(section.name) : shown(section.name);
    text += "  " + padded(name, 24) + padded(hex(section.offset), 10, true) +
            padded(std::to_string(section.size), 12, true) + " bytes";
    if (section.count != 0) text += padded(std::to_string(section.count), 8, true) + " entries";
    text += "\n";
  }
  return text;
}

// A function's type alone doesn't say that it is a function's.
std::string typed(const ExternType& type) {
  const std::string text = to_string(type);
  return kind_of(type) == ExternKind::Func && !text.starts_with("func") ? "func " + text : text;
}

std::string imports(const Module& module) {
  std::string text = "imports: " + std::to_string(module.imports().size()) + "\n";
  for (const ImportType& item : module.imports()) {
    text += "  " + shown(item.module) + " " + shown(item.name) + ": " + typed(item.type) + "\n";
  }
  return text;
}

std::string exports(const Module& module) {
  std::string text = "exports: " + std::to_string(module.exports().size()) + "\n";
  for (const ExportType& item : module.exports()) {
    text += "  " + shown(item.name) + ": " + typed(item.type) + "\n";
  }
  return text;
}

std::string features(const Module& module) {
  std::string text = "features needed:";
  const std::vector<std::string_view> names = module.required_features().names();
  for (std::size_t i = 0; i < names.size(); i++) {
    text.append(i == 0 ? " " : ", ").append(names[i]);
  }
  return text + (names.empty() ? " none\n" : "\n");
}

}  // namespace

int inspect_command(Args args) {
  bool help = false;
  const std::vector<Option> known = {
      {"--help", "", "this text", [&](std::string_view) { help = true; }},
  };
  args = read_options(args, known);
  if (help) {
    print(kHelp);
    return kOk;
  }
  if (args.size() != 1) throw UsageError(args.empty() ? "which file?" : "one file at a time");
  const std::string& file = args.front();
  const Engine engine;
  const Result<Module> module = Module::from_file(engine, file);
  if (!module) return report(file, module.error());

  std::string text = file;
  if (module->name()) text += ": module " + shown(*module->name());
  const auto imported = std::ranges::count_if(module->imports(), [](const ImportType& item) {
    return kind_of(item.type) == ExternKind::Func;
  });
  text += "\nfunctions: " + std::to_string(module->function_count()) + ", " +
          std::to_string(imported) + " of them imported\n";
  print(text + features(*module) + "\n" + sections(*module) + "\n" + imports(*module) + "\n" +
        exports(*module));
  return kOk;
}

}  // namespace weft::cli
