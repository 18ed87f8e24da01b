#include "tests/wasi/testsuite/runner.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <weft/weft.hpp>

#include "wasi/state.h"

namespace weft::wasitest {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_by_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// What a program writes to, gone after the test.
class Workplace {
 public:
  explicit Workplace(const Program& program) {
    std::string name = (fs::temp_directory_path() / "weft-wasitest-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) fail_by_errno("mkdtemp");
    folder_ = name;
    if (!program.root) return;
    fs::copy(program.wasm.parent_path() / *program.root, root(),
             fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    remove_leftovers();
  }
  ~Workplace() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;

  [[nodiscard]] fs::path root() const { return folder_ / "root"; }
  [[nodiscard]] fs::path stdout_file() const { return folder_ / "stdout"; }
  [[nodiscard]] fs::path stderr_file() const { return folder_ / "stderr"; }

 private:
  // Of runs by other engines: the suite wants them removed before each.
  void remove_leftovers() const {
    std::vector<fs::path> leftovers;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root())) {
      if (entry.path().extension() == ".cleanup") leftovers.push_back(entry.path());
    }
    for (const fs::path& path : leftovers) fs::remove_all(path);
  }

  fs::path folder_;
};

void redirect(int fd, const char* path, int flags) {
  const int file = ::open(path, flags, 0666);
  if (file < 0 || ::dup2(file, fd) < 0) fail_by_errno(path);
  ::close(file);
}

std::ptrdiff_t open_descriptors() {
  const fs::directory_iterator all("/proc/self/fd");
  return std::distance(begin(all), end(all));
}

wasi::Config make_config(const Program& program, const RunOptions& options,
                         const Workplace& workplace) {
  wasi::Config config;
  or_throw(config.arg(program.wasm.filename().string()));
  or_throw(config.args(program.args));
  for (const auto& [name, value] : options.env) or_throw(config.env(name, value));
  for (const auto& [name, value] : program.env) or_throw(config.env(name, value));
  if (program.root) or_throw(config.preopen(workplace.root(), "/"));
  config.inherit_stdio();
  return config;
}

int run_guest(const Program& program, const RunOptions& options, const Workplace& workplace) {
  Engine engine;
  Store store(engine);
  or_throw(store.set_wasi(make_config(program, options, workplace)));
  store.extension<wasi::State>()->resolver = wasi::PathResolver(options.strategy);
  Linker linker(engine);
  or_throw(linker.wasi());
  const Module module = or_throw(Module::from_file(engine, program.wasm));
  const Instance instance = or_throw(linker.instantiate(store, module));
  return or_throw(wasi::run(store, instance));
}

// In the program's process. Gives its exit status, which is that of a guest, or that of the command
// `weft` for what isn't a guest's to say.
int child(const Program& program, const RunOptions& options, const Workplace& workplace) {
  constexpr int kStopped = 134;
  try {
    redirect(STDIN_FILENO, "/dev/null", O_RDONLY);
    redirect(STDOUT_FILENO, workplace.stdout_file().c_str(), O_WRONLY | O_CREAT | O_TRUNC);
    redirect(STDERR_FILENO, workplace.stderr_file().c_str(), O_WRONLY | O_CREAT | O_TRUNC);
    ::alarm(options.timeout_seconds);
    const std::ptrdiff_t before = open_descriptors();
    const int status = run_guest(program, options, workplace);
    if (open_descriptors() == before) return status;
    ::dprintf(STDERR_FILENO, "descriptors of the host's stay open\n");
  } catch (const std::exception& e) {
    ::dprintf(STDERR_FILENO, "%s\n", e.what());
  }
  return kStopped;
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

// What was said, in one line, and at the end of another.
std::string last_words(std::string_view text) {
  constexpr std::size_t kMost = 500;
  std::string words;
  while (!text.empty() && words.size() < kMost) {
    const std::string_view line = take_line(text);
    if (!line.empty()) words.append(words.empty() ? ": " : " | ").append(line);
  }
  return words;
}

// The first line that differs; empty if there is none.
std::string difference(std::string_view stream, std::string_view expected, std::string_view got) {
  if (expected == got) return {};
  for (int number = 1;; ++number) {
    const bool at_end = expected.empty() || got.empty();
    const std::string_view wanted = take_line(expected);
    const std::string_view found = take_line(got);
    if (!at_end && wanted == found) continue;
    return std::string(stream) + ", line " + std::to_string(number) + ": \"" + std::string(found) +
           "\" instead of \"" + std::string(wanted) + "\"";
  }
}

std::string judge(const Program& program, const RunOptions& options, const Workplace& workplace,
                  int wait_status) {
  if (WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGALRM) {
    return "no end after " + std::to_string(options.timeout_seconds) + " s";
  }
  const std::string errors = read_file(workplace.stderr_file());
  if (WIFSIGNALED(wait_status)) {
    return std::string("killed: ") + ::strsignal(WTERMSIG(wait_status)) + last_words(errors);
  }
  if (const int status = WEXITSTATUS(wait_status); status != program.exit_code) {
    return "exit status " + std::to_string(status) + " instead of " +
           std::to_string(program.exit_code) + last_words(errors);
  }
  std::string why;
  if (program.stdout_text) {
    why = difference("stdout", *program.stdout_text, read_file(workplace.stdout_file()));
  }
  if (why.empty() && program.stderr_text) why = difference("stderr", *program.stderr_text, errors);
  return why;
}

}  // namespace

std::string run_program(const Program& program, const RunOptions& options) {
  const Workplace workplace(program);
  const pid_t pid = ::fork();
  if (pid < 0) fail_by_errno("fork");
  if (pid == 0) ::_exit(child(program, options, workplace));
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) fail_by_errno("waitpid");
  }
  return judge(program, options, workplace, status);
}

}  // namespace weft::wasitest
