// The tables of weft run --profile.

#include "cli/profile.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weft/error.hpp"

namespace weft::cli {

namespace {

// A table that is being written: numbers and shares to the right of their columns, then a name.
class Table {
 public:
  Table& heading(std::string_view text, std::size_t width) {
    if (text.size() < width) x_text.append(width - text.size(), ' ');
    x_text += text;
    return *this;
  }
  Table& count(std::uint64_t value) { return heading(std::to_string(value), kCountWidth); }
  // "12.3%"
  Table& share(std::uint64_t part, std::uint64_t whole) {
    const double percent =
        whole == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(whole);
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f%%", percent);
    return heading(text.data(), kShareWidth);
  }
  // Names are the module's: nothing in them may move a terminal's cursor.
  Table& name(std::string_view name) {
    for (const char c : name)
      x_text += static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? '?' : c;
    return *this;
  }
  Table& text(std::string_view text) {
    x_text += text;
    return *this;
  }
  // The end of a table of which only the first rows are shown.
  void end(std::size_t rows) {
    if (rows > kRows) text("  and ").text(std::to_string(rows - kRows)).text(" more\n");
  }
  [[nodiscard]] const std::string& str() const { return x_text; }

  static constexpr std::size_t kRows = 30;
  static constexpr std::size_t kCountWidth = 16;
  static constexpr std::size_t kShareWidth = 9;

 private:
  std::string x_text{};
};

template <class Row>
std::span<const Row> first_of(const std::vector<Row>& rows) {
  return std::span(rows).first(std::min(rows.size(), Table::kRows));
}

void put_handlers(Table& table, const Profile& profile) {
  const std::uint64_t all = profile.dispatches();
  table.text(std::to_string(all)).text(" dispatches\n\n");
  table.heading("count", Table::kCountWidth).heading("share", Table::kShareWidth);
  table.heading("sum", Table::kShareWidth).text("  handler\n");
  std::uint64_t sum = 0;
  for (const Profile::Handler& row : first_of(profile.handlers)) {
    sum += row.dispatches;
    table.count(row.dispatches).share(row.dispatches, all).share(sum, all);
    table.text("  ").name(row.name).text("\n");
  }
  table.end(profile.handlers.size());
}

void put_pairs(Table& table, const Profile& profile) {
  const std::uint64_t all = profile.dispatches();
  table.heading("count", Table::kCountWidth).heading("share", Table::kShareWidth);
  table.text("  pair of handlers\n");
  for (const Profile::Pair& row : first_of(profile.pairs)) {
    table.count(row.dispatches).share(row.dispatches, all);
    table.text("  ").name(row.first).text("; ").name(row.second).text("\n");
  }
  table.end(profile.pairs.size());
}

void put_functions(Table& table, const Profile& profile) {
  const std::vector<Profile::Function> functions = profile.functions();
  const std::uint64_t all = profile.samples();
  table.text(std::to_string(all)).text(" samples, one a millisecond\n\n");
  table.heading("self", Table::kCountWidth).heading("share", Table::kShareWidth);
  table.heading("total", Table::kCountWidth).heading("share", Table::kShareWidth);
  table.text("  function\n");
  for (const Profile::Function& row : first_of(functions)) {
    table.count(row.self).share(row.self, all).count(row.total).share(row.total, all);
    table.text("  ").name(row.name).text("\n");
  }
  table.end(functions.size());
}

}  // namespace

ProfileOutput::ProfileOutput(const std::string& file) : x_name(file) {
  if (file.empty()) return;
  x_file.reset(std::fopen(file.c_str(), "wb"));
  if (!x_file) throw Exception(Error::from_errno(errno, file));
}

void ProfileOutput::write(const Profile& profile) {
  Table table;
  put_handlers(table, profile);
  put_pairs(table.text("\n"), profile);
  put_functions(table.text("\n"), profile);
  std::fputs(table.str().c_str(), stderr);
  if (!x_file) return;
  const std::string stacks = profile.folded_stacks();
  if (std::fwrite(stacks.data(), 1, stacks.size(), x_file.get()) != stacks.size() ||
      std::fflush(x_file.get()) != 0) {
    throw Exception(Error::from_errno(errno, x_name));
  }
}

}  // namespace weft::cli
