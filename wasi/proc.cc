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
};

// By WASI's numbers. "None" asks whether one may send signals.
constexpr auto kSignals = std::to_array<Signal>({
    {"none", Default::Ignore},     {"SIGHUP", Default::End},     {"SIGINT", Default::End},
    {"SIGQUIT", Default::End},     {"SIGILL", Default::End},     {"SIGTRAP", Default::End},
    {"SIGABRT", Default::End},     {"SIGBUS", Default::End},     {"SIGFPE", Default::End},
    {"SIGKILL", Default::End},     {"SIGUSR1", Default::End},    {"SIGSEGV", Default::End},
    {"SIGUSR2", Default::End},     {"SIGPIPE", Default::End},    {"SIGALRM", Default::End},
    {"SIGTERM", Default::End},     {"SIGCHLD", Default::Ignore}, {"SIGCONT", Default::Ignore},
    {"SIGSTOP", Default::Stop},    {"SIGTSTP", Default::Stop},   {"SIGTTIN", Default::Stop},
    {"SIGTTOU", Default::Stop},    {"SIGURG", Default::Ignore},  {"SIGXCPU", Default::End},
    {"SIGXFSZ", Default::End},     {"SIGVTALRM", Default::End},  {"SIGPROF", Default::End},
    {"SIGWINCH", Default::Ignore}, {"SIGPOLL", Default::End},    {"SIGPWR", Default::End},
    {"SIGSYS", Default::End},
});

}  // namespace

Result<void> proc_exit(Call& /*call*/, ExitCode status) {
  return fail(Error::exit(static_cast<std::int32_t>(status)));
}

// The host never gets a signal. One that would end a process ends the guest as C's abort() does.
Outcome proc_raise(Call& /*call*/, Flags signal) {
  if (signal >= kSignals.size()) return Errno::Inval;
  const auto& [name, action] = kSignals[signal];
  switch (action) {
    case Default::Ignore:
      return Errno::Success;
    case Default::Stop:
      return Errno::NotSup;  // nobody could make the guest go on
    case Default::End:
      break;
  }
  return fail(TrapCode::Unreachable, "the guest raised " + std::string(name));
}

Outcome sched_yield(Call& /*call*/) {
  ::sched_yield();
  return Errno::Success;
}

}  // namespace weft::wasi
