// What goes to people: the standard output, and errors with their backtraces.

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "cli/commands.h"

namespace weft::cli {

namespace {

// A deep recursion's backtrace is shown by its two ends.
constexpr std::size_t kInnermostFrames = 20;
constexpr std::size_t kOutermostFrames = 5;

std::string hex(std::uint64_t value) {
  std::array<char, 16> text{};
  return "0x" + std::string(text.begin(), std::to_chars(text.begin(), text.end(), value, 16).ptr);
}

std::string_view kind_of(const Error& error) {
  switch (error.code()) {
    case Errc::malformed:
      return "malformed";
    case Errc::invalid:
      return "invalid";
    case Errc::trap:
      return "trap";
    default:
      return {};
  }
}

std::string frame_line(std::size_t number, const Frame& frame) {
  std::string line = "  " + std::to_string(number) + ": ";
  if (!frame.func_name.empty()) line += frame.func_name + " ";
  return line + "(function " + std::to_string(frame.func_index) + ") at " +
         hex(frame.module_offset) + "\n";
}

std::string backtrace(std::span<const Frame> frames) {
  std::string text;
  const bool cut = frames.size() > kInnermostFrames + kOutermostFrames + 1;
  for (std::size_t i = 0; i < frames.size(); i++) {
    if (cut && i == kInnermostFrames) {
      const std::size_t hidden = frames.size() - kInnermostFrames - kOutermostFrames;
      text += "  ... " + std::to_string(hidden) + " more\n";
      i += hidden;
    }
    text += frame_line(i, frames[i]);
  }
  return text;
}

}  // namespace

void print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size()) return;
  std::perror("weft: standard output");
  std::exit(kFailed);
}

int report(const std::string& file, const Error& error) {
  std::string text = "weft: ";
  // What the system refuses is said with the file's name already.
  if (!error.is(Errc::io)) text += file + ": ";
  if (const std::string_view kind = kind_of(error); !kind.empty()) text.append(kind).append(": ");
  text += error.message();
  if (const std::optional<std::uint64_t> offset = error.byte_offset()) {
    text += " (at byte " + std::to_string(*offset) + ", " + hex(*offset) + ")";
  }
  text += "\n" + backtrace(error.frames());
  std::fputs(text.c_str(), stderr);
  const bool stopped = error.is(Errc::trap) || error.is(Errc::exception) ||
                       error.is(Errc::interrupted) || error.is(Errc::out_of_fuel);
  return stopped ? kTrapped : kFailed;
}

}  // namespace weft::cli
