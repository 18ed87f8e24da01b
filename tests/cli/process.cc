#include "tests/cli/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

namespace weft::testing {

namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

class Pipe {
 public:
  Pipe() {
    if (pipe2(x_ends.data(), O_CLOEXEC) != 0) fail("pipe");
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int read_end() const { return x_ends[0]; }
  int write_end() const { return x_ends[1]; }
  void close_end(int i) {
    if (x_ends[static_cast<std::size_t>(i)] >= 0) ::close(x_ends[static_cast<std::size_t>(i)]);
    x_ends[static_cast<std::size_t>(i)] = -1;
  }

 private:
  std::array<int, 2> x_ends{-1, -1};
};

// Feeds and drains the child until it has closed both of its outputs.
void talk(Pipe& in, Pipe& out, Pipe& err, std::string_view input, ProcessResult& result) {
  fcntl(in.write_end(), F_SETFL, O_NONBLOCK);
  std::string* const texts[] = {&result.output, &result.errors};
  Pipe* const pipes[] = {&out, &err};
  for (;;) {
    if (input.empty()) in.close_end(1);
    std::array<pollfd, 3> polled{
        {{in.write_end(), POLLOUT, 0}, {out.read_end(), POLLIN, 0}, {err.read_end(), POLLIN, 0}}};
    if (polled[1].fd < 0 && polled[2].fd < 0) return;
    if (poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) fail("poll");
    if (polled[0].revents != 0) {
      const ssize_t written = ::write(in.write_end(), input.data(), input.size());
      if (written < 0 && errno != EAGAIN) input = {};  // it doesn't want more
      if (written > 0) input.remove_prefix(static_cast<std::size_t>(written));
    }
    for (std::size_t i = 0; i < 2; i++) {
      if (polled[i + 1].revents == 0) continue;
      std::array<char, 65536> buffer;
      const ssize_t got = ::read(pipes[i]->read_end(), buffer.data(), buffer.size());
      if (got > 0) {
        texts[i]->append(buffer.data(), static_cast<std::size_t>(got));
      } else if (got == 0 || errno != EINTR) {
        pipes[i]->close_end(0);
      }
    }
  }
}

}  // namespace

ProcessResult run_process(const std::vector<std::string>& command, const ProcessOptions& options) {
  std::vector<char*> argv;
  for (const std::string& arg : command) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  Pipe in;
  Pipe out;
  Pipe err;
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    dup2(in.read_end(), 0);
    dup2(out.write_end(), 1);
    dup2(err.write_end(), 2);
    for (const std::string& variable : options.environment) {
      putenv(const_cast<char*>(variable.c_str()));
    }
    if (options.folder.empty() || chdir(options.folder.c_str()) == 0) execvp(argv[0], argv.data());
    _exit(127);
  }
  in.close_end(0);
  out.close_end(1);
  err.close_end(1);
  ProcessResult result;
  talk(in, out, err, options.input, result);
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) fail("waitpid");
  }
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  result.time = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - start);
  return result;
}

ProcessResult run_weft(std::vector<std::string> args, const ProcessOptions& options) {
  args.insert(args.begin(), WEFT_COMMAND);
  return run_process(args, options);
}

TemporaryFolder::TemporaryFolder() {
  x_path = (std::filesystem::temp_directory_path() / "weft-test-XXXXXX").string();
  if (mkdtemp(x_path.data()) == nullptr) fail("mkdtemp");
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(x_path, ignored);
}

std::string TemporaryFolder::write(const std::string& name, std::string_view contents) const {
  const std::string path = x_path + "/" + name;
  std::ofstream(path, std::ios::binary) << contents;
  return path;
}

std::string TemporaryFolder::read(const std::string& name) const {
  std::ifstream in(x_path + "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace weft::testing
