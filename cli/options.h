// The command line: options before the first operand, which belongs to the guest from there on.
#pragma once

#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "weft/config.hpp"

namespace weft::cli {

// A command line that can't be understood: exit status 2.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What an option does with its value: a lambda that captures one reference. Tables of them are
// copied and dropped as plain bytes.
class Setter {
 public:
  template <class Set>
    requires(std::is_trivially_copyable_v<Set> && sizeof(Set) == sizeof(void*))
  // NOLINTNEXTLINE(google-explicit-constructor): a lambda in a table of options
  Setter(Set set)
      : x_captured(std::bit_cast<void*>(set)), x_call([](void* captured, std::string_view value) {
          std::bit_cast<Set>(captured)(value);
        }) {}

  void operator()(std::string_view value) const { x_call(x_captured, value); }

 private:
  void* x_captured;
  void (*x_call)(void*, std::string_view);
};

struct Option {
  std::string_view name;   // "--dir"
  std::string_view value;  // what the help calls its value; empty if it has none, "[=NAME]" if it
                           // may be left out
  std::string_view help;   // may have several lines
  Setter set;
};

// Reads options up to the first argument that is none, or past a `--`. Gives the operands. Throws
// UsageError; what `set` throws comes out with the option's name in front.
std::span<const std::string> read_options(std::span<const std::string> args,
                                          std::span<const Option> options);

// The one operand of a command, which options may follow, too. Null once an option has set `help`.
const std::string* read_one_file(std::span<const std::string> args, std::span<const Option> options,
                                 const bool& help);

// The option that says which features modules may use.
Option features_option(Features& features);

// The options in two columns.
std::string options_help(std::span<const Option> options);

// "1048576", "64K", "16M", "1G"; also with "iB" behind the letter.
std::uint64_t parse_bytes(std::string_view text);
// "threads,-gc", "wasm2": see Features::parse.
Features parse_features(std::string_view text);
// "500ms", "2s", "1.5m", "1h".
std::chrono::nanoseconds parse_duration(std::string_view text);
// A decimal number of at most 64 bits.
std::uint64_t parse_number(std::string_view text);

}  // namespace weft::cli
