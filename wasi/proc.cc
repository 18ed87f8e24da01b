// proc_*, sched_yield
#include <sched.h>

#include <array>
#include <string>
#include <string_view>

#include "wasi/handlers.h"

namespace weft::wasi {

namespace {

// What a process does that hasn't said what it wants to do, which a guest can't say.
enum class Default : std::uint8_t { End, Stop, Ignore };

struct Signal {
  std::string_view name;
  Default action;
  int posix_number;
};

// By WASI's numbers. "None" asks whether one may send signals.
constexpr auto kSignals = std::to_array<Signal>({
    {"none", Default::Ignore, 0},     {"SIGHUP", Default::End, 1},
    {"SIGINT", Default::End, 2},      {"SIGQUIT", Default::End, 3},
    {"SIGILL", Default::End, 4},      {"SIGTRAP", Default::End, 5},
    {"SIGABRT", Default::End, 6},     {"SIGBUS", Default::End, 7},
    {"SIGFPE", Default::End, 8},      {"SIGKILL", Default::End, 9},
    {"SIGUSR1", Default::End, 10},    {"SIGSEGV", Default::End, 11},
    {"SIGUSR2", Default::End, 12},    {"SIGPIPE", Default::End, 13},
    {"SIGALRM", Default::End, 14},    {"SIGTERM", Default::End, 15},
    {"SIGCHLD", Default::Ignore, 17}, {"SIGCONT", Default::Ignore, 18},
    {"SIGSTOP", Default::Stop, 19},   {"SIGTSTP", Default::Stop, 20},
    {"SIGTTIN", Default::Stop, 21},   {"SIGTTOU", Default::Stop, 22},
    {"SIGURG", Default::Ignore, 23},  {"SIGXCPU", Default::End, 24},
    {"SIGXFSZ", Default::End, 25},    {"SIGVTALRM", Default::End, 26},
    {"SIGPROF", Default::End, 27},    {"SIGWINCH", Default::Ignore, 28},
    {"SIGPOLL", Default::End, 29},    {"SIGPWR", Default::End, 30},
    {"SIGSYS", Default::End, 31},
});

}  // namespace

Result<void> proc_exit(Call& /*call*/, ExitCode status) {
  return fail(Error::exit(static_cast<std::int32_t>(status)));
}

// The host never gets a signal. One that would end a process ends the guest, with the exit status
// by which shells show that.
Outcome proc_raise(Call& /*call*/, Flags signal) {
  if (signal >= kSignals.size()) return Errno::Inval;
  const auto& [name, action, posix_number] = kSignals[signal];
  switch (action) {
    case Default::Ignore:
      return Errno::Success;
    case Default::Stop:
      return Errno::NotSup;  // nobody could make the guest go on
    case Default::End:
      break;
  }
  Error error = Error::exit(128 + posix_number);
  error.add_context("the guest raised " + std::string(name));
  return fail(std::move(error));
}

Outcome sched_yield(Call& /*call*/) {
  ::sched_yield();
  return Errno::Success;
}

}  // namespace weft::wasi
