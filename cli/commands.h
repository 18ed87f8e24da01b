// The subcommands of `weft`, and what they share. Each gets the arguments behind its name and gives
// the process's exit status.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <weft/weft.hpp>

namespace weft::cli {

// Exit statuses other than the guest's own.
inline constexpr int kOk = 0;
inline constexpr int kFailed =
    1;  // a file can't be read or is no valid module, or it can't be linked
inline constexpr int kBadUsage = 2;   // a command line that can't be understood
inline constexpr int kTrapped = 134;  // as for a process that aborts: 128 + SIGABRT

using Args = std::span<const std::string>;

int run_command(Args args);
int validate_command(Args args);
int inspect_command(Args args);
int dump_command(Args args);
int wat2wasm_command(Args args);
int wasm2wat_command(Args args);
int wast_command(Args args);

// Writes to the standard output; a failure there ends the command, with status 1.
void print(std::string_view text);

// Says on the standard error what is wrong with a file and gives the exit status: kTrapped, with a
// backtrace, if the guest was stopped by anything but its own exit, otherwise kFailed.
int report(const std::string& file, const Error& error);

}  // namespace weft::cli
