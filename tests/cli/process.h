// Runs a program and keeps what it said.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace weft::testing {

struct ProcessOptions {
  std::string input{};                     // for its standard input
  std::vector<std::string> environment{};  // "NAME=VALUE", beside this process's own
  std::string folder{};                    // to run in; empty for this process's
};

struct ProcessResult {
  int status = 0;  // the exit status, or minus the signal that killed it
  std::string output{};
  std::string errors{};
  std::chrono::milliseconds time{};
};

// Throws std::system_error if the program can't be started.
ProcessResult run_process(const std::vector<std::string>& command,
                          const ProcessOptions& options = {});

// The `weft` command with these arguments.
ProcessResult run_weft(std::vector<std::string> args, const ProcessOptions& options = {});

// A folder for one test's files, removed with all in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return x_path; }
  // Writes a file; gives its path.
  std::string write(const std::string& name, std::string_view contents) const;
  std::string read(const std::string& name) const;

 private:
  std::string x_path;
};

}  // namespace weft::testing
