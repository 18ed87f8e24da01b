#include "cli/options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <utility>

namespace weft::cli {

namespace {

// Edits that turn one word into the other (Levenshtein).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); i++) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); j++) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

const Option& find_option(std::string_view name, std::span<const Option> options) {
  const Option* nearest = nullptr;
  std::size_t least = 3;  // more edits than two are another word
  for (const Option& option : options) {
    if (option.name == name) return option;
    const std::size_t edits = distance(option.name, name);
    if (edits < least) {
      least = edits;
      nearest = &option;
    }
  }
  std::string text = "unknown option '" + std::string(name) + "'";
  if (nearest != nullptr) text += "; did you mean " + std::string(nearest->name) + "?";
  throw UsageError(text);
}

bool may_lack_value(const Option& option) { return option.value.starts_with("[="); }

template <class T>
std::optional<T> parse_prefix(std::string_view& text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

}  // namespace

std::span<const std::string> read_options(std::span<const std::string> args,
                                          std::span<const Option> options) {
  while (!args.empty()) {
    std::string_view name = args.front();
    if (!name.starts_with('-') || name == "-") break;
    args = args.subspan(1);
    if (name == "--") break;
    if (name == "-h") name = "--help";
    std::optional<std::string_view> value;
    if (const std::size_t equals = name.find('=');
        name.starts_with("--") && equals != std::string_view::npos) {
      value = name.substr(equals + 1);
      name = name.substr(0, equals);
    }
    const Option& option = find_option(name, options);
    if (option.value.empty() && value) {
      throw UsageError(std::string(name) + " takes no value");
    }
    if (!option.value.empty() && !may_lack_value(option) && !value) {
      if (args.empty()) {
        throw UsageError(std::string(name) + " needs a value: " + std::string(option.value));
      }
      value = args.front();
      args = args.subspan(1);
    }
    try {
      option.set(value.value_or(std::string_view()));
    } catch (const UsageError& e) {
      throw UsageError(std::string(name) + ": " + e.what());
    }
  }
  return args;
}

const std::string* read_one_file(std::span<const std::string> args, std::span<const Option> options,
                                 const bool& help) {
  args = read_options(args, options);
  if (help) return nullptr;
  if (args.empty()) throw UsageError("which file?");
  const std::string& file = args.front();
  args = read_options(args.subspan(1), options);
  if (help) return nullptr;
  if (!args.empty()) throw UsageError("one file at a time");
  return &file;
}

Option features_option(Features& features) {
  return {"--features", "LIST",
          "let modules use these features besides the usual ones, and\nnot those with a minus: "
          "threads,-gc; wasm1, wasm2, wasm3 and\nall stand for sets, with which a list may begin",
          [&features](std::string_view text) { features = parse_features(text); }};
}

std::string options_help(std::span<const Option> options) {
  std::size_t width = 0;
  const auto left = [](const Option& option) {
    std::string text(option.name);
    if (!option.value.empty() && !may_lack_value(option)) text += ' ';
    text += option.value;
    return text;
  };
  for (const Option& option : options) width = std::max(width, left(option).size());
  std::string text;
  for (const Option& option : options) {
    std::string start = left(option);
    for (std::string_view rest = option.help;;) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      text.append("  ").append(start).append(width + 2 - start.size(), ' ');
      text.append(rest.substr(0, end)).append("\n");
      if (end == rest.size()) break;
      rest.remove_prefix(end + 1);
      start.clear();
    }
  }
  return text;
}

std::uint64_t parse_number(std::string_view text) {
  std::string_view rest = text;
  const std::optional<std::uint64_t> value = parse_prefix<std::uint64_t>(rest);
  if (!value || !rest.empty()) {
    throw UsageError("'" + std::string(text) + "' is not a number from 0 to 2^64-1");
  }
  return *value;
}

std::uint64_t parse_bytes(std::string_view text) {
  constexpr auto kUnits = std::to_array<std::pair<std::string_view, unsigned>>({
      {"", 0},
      {"K", 10},
      {"KiB", 10},
      {"M", 20},
      {"MiB", 20},
      {"G", 30},
      {"GiB", 30},
  });
  std::string_view rest = text;
  if (const std::optional<std::uint64_t> value = parse_prefix<std::uint64_t>(rest)) {
    for (const auto& [unit, shift] : kUnits) {
      if (rest == unit && *value <= std::numeric_limits<std::uint64_t>::max() >> shift) {
        return *value << shift;
      }
    }
  }
  throw UsageError("'" + std::string(text) + "' is not a size such as 65536, 64K, 16M or 1G");
}

Features parse_features(std::string_view text) {
  Result<Features> features = Features::parse(text);
  if (features) return *features;
  std::string known;
  for (const std::string_view name : Features::parse("all")->names()) {
    known.append(known.empty() ? "" : ", ").append(name);
  }
  throw UsageError(features.error().message() + "; there are " + known);
}

std::chrono::nanoseconds parse_duration(std::string_view text) {
  constexpr auto kUnits = std::to_array<std::pair<std::string_view, double>>({
      {"us", 1e3},
      {"ms", 1e6},
      {"s", 1e9},
      {"m", 60e9},
      {"h", 3600e9},
  });
  const std::string number(text.substr(0, text.find_first_not_of("0123456789.")));
  const std::string_view rest = text.substr(number.size());
  char* end = nullptr;
  const double value = std::strtod(number.c_str(), &end);
  if (!number.empty() && end == number.c_str() + number.size()) {
    for (const auto& [unit, factor] : kUnits) {
      const double nanoseconds = value * factor;
      if (rest == unit && nanoseconds < 9e18) {
        // Not llround, for which the command would load libm.
        return std::chrono::round<std::chrono::nanoseconds>(
            std::chrono::duration<double, std::nano>(nanoseconds));
      }
    }
  }
  throw UsageError("'" + std::string(text) + "' is not a time such as 500ms, 2s or 1m");
}

}  // namespace weft::cli
