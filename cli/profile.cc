// The tables of weft run --profile.

#include "cli/profile.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "weft/error.hpp"

namespace weft::cli {

namespace {

constexpr std::size_t kRows = 30;
constexpr std::size_t kNumberWidth = 16;
constexpr std::size_t kShareWidth = 9;

std::string right(const std::string& text, std::size_t width) {
  return std::string(text.size() < width ? width - text.size() : 0, ' ') + text;
}

std::string number(std::uint64_t value) { return right(std::to_string(value), kNumberWidth); }

// "12.3%"
std::string share(std::uint64_t part, std::uint64_t whole) {
  std::array<char, 32> text{};
  const double percent =
      whole == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(whole);
  const auto end =
      std::to_chars(text.begin(), text.end(), percent, std::chars_format::fixed, 1).ptr;
  return right(std::string(text.begin(), end) + "%", kShareWidth);
}

// Names are the module's: nothing in them may move a terminal's cursor.
std::string printable(std::string name) {
  std::ranges::replace_if(
      name, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, '?');
  return name;
}

std::string rest_line(std::size_t rows) {
  return rows <= kRows ? "" : "  and " + std::to_string(rows - kRows) + " more\n";
}

std::string dispatch_table(const Profile& profile) {
  const std::uint64_t all = profile.dispatches();
  std::string text = std::to_string(all) + " dispatches\n\n" + right("count", kNumberWidth) +
                     right("share", kShareWidth) + right("sum", kShareWidth) + "  handler\n";
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < std::min(kRows, profile.handlers.size()); i++) {
    const Profile::Handler& row = profile.handlers[i];
    sum += row.dispatches;
    text += number(row.dispatches) + share(row.dispatches, all) + share(sum, all) + "  " +
            row.name + "\n";
  }
  text += rest_line(profile.handlers.size()) + "\n" + right("count", kNumberWidth) +
          right("share", kShareWidth) + "  pair of handlers\n";
  for (std::size_t i = 0; i < std::min(kRows, profile.pairs.size()); i++) {
    const Profile::Pair& row = profile.pairs[i];
    text += number(row.dispatches) + share(row.dispatches, all) + "  " + row.first + "; " +
            row.second + "\n";
  }
  return text + rest_line(profile.pairs.size());
}

std::string function_table(const Profile& profile) {
  const std::vector<Profile::Function> functions = profile.functions();
  const std::uint64_t all = profile.samples();
  std::string text = std::to_string(all) + " samples, one a millisecond\n\n" +
                     right("self", kNumberWidth) + right("share", kShareWidth) +
                     right("total", kNumberWidth) + right("share", kShareWidth) + "  function\n";
  for (std::size_t i = 0; i < std::min(kRows, functions.size()); i++) {
    const Profile::Function& row = functions[i];
    text += number(row.self) + share(row.self, all) + number(row.total) + share(row.total, all) +
            "  " + printable(row.name) + "\n";
  }
  return text + rest_line(functions.size());
}

}  // namespace

ProfileOutput::ProfileOutput(const std::string& file) : x_name(file) {
  if (file.empty()) return;
  x_file.open(file, std::ios::binary | std::ios::trunc);
  if (!x_file) throw Exception(Error::from_errno(errno, file));
}

void ProfileOutput::write(const Profile& profile) {
  const std::string text = dispatch_table(profile) + "\n" + function_table(profile);
  std::fputs(text.c_str(), stderr);
  if (!x_file.is_open()) return;
  x_file << profile.folded_stacks() << std::flush;
  if (!x_file) throw Exception(Error::from_errno(errno, x_name));
}

}  // namespace weft::cli
