// Runs a script in one engine and says of every command how it came out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>
#include <weft/weft.hpp>

#include "spec-tests/scripts/script.h"
#include "spec-tests/scripts/watchdog.h"

namespace weft::spectest {

// How the engine translates and how it keeps memory accesses in bounds.
struct Mode {
  std::string_view name;
  bool eager;
  MemoryMode memory;
};

inline constexpr Mode kModes[] = {
    {"lazy-guard", false, MemoryMode::Guard},
    {"eager-guard", true, MemoryMode::Guard},
    {"lazy-explicit", false, MemoryMode::Explicit},
    {"eager-explicit", true, MemoryMode::Explicit},
};

struct Outcome {
  enum class Kind : uint8_t {
    None,  // not an assertion, and nothing went wrong
    Passed,
    Failed,
    Skipped,
  };
  Kind kind = Kind::None;
  std::string text{};  // Failed: what was expected and what came. Skipped: the reason.
  std::string note{};  // with RunOptions::texts: an error message that isn't the suite's

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

struct RunOptions {
  // Skip nothing for a feature that the engine lacks: that is a failure too.
  bool strict = false;
  // Note messages of rejected modules that differ from the suite's.
  bool texts = false;
};

// What a build for size says of all text.
inline constexpr std::string_view kReadsNoText = "this build reads no text";

// One outcome per command, by Command::number.
std::vector<Outcome> run_script(const Script& script, const Engine& engine,
                                const RunOptions& options, Watchdog& watchdog);

}  // namespace weft::spectest
