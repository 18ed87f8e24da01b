// weft-wasitest on a suite of our own: what passes, and what must not.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tests/cli/process.h"

namespace weft::wasitest {
namespace {

namespace fs = std::filesystem;
using testing::ProcessResult;
using testing::run_process;

class Suite : public ::testing::Test {
 protected:
  static constexpr char kFolder[] = "tests/rust/testsuite/wasm32-wasip1";

  // A program of the suite: a fixture, and a specification unless that is empty.
  void add(const std::string& fixture, const std::string& name,
           std::string_view specification = {}) const {
    fs::copy_file(fs::path(WEFT_FIXTURES_DIR) / (fixture + ".wasm"), folder() / (name + ".wasm"));
    if (!specification.empty()) {
      folder_.write(std::string(kFolder) + "/" + name + ".json", specification);
    }
  }
  [[nodiscard]] fs::path folder() const { return fs::path(folder_.path()) / kFolder; }

  ProcessResult run(std::vector<std::string> options = {},
                    const std::vector<std::string>& filter = {}) const {
    options.insert(options.begin(), WEFT_WASITEST);
    options.push_back(folder_.path());
    options.insert(options.end(), filter.begin(), filter.end());
    return run_process(options);
  }

  void SetUp() override { fs::create_directories(folder()); }

  testing::TemporaryFolder folder_;
};

TEST_F(Suite, PassesWhatDoesAsSpecified) {
  fs::create_directories(folder() / "root.dir/made.cleanup");
  add("exit", "status",
      R"({"args": ["a", "b"], "env": {"NAME": "v\n\"", "X": ""}, "exit_code": 23})");
  add("exit", "defaults", R"({"exit_code": 1})");
  add("print", "text", R"({"stdout": "one\nsecond", "stderr": ""})");
  add("print", "unasked");
  // Twice, on what a run before left behind: each has a copy of its own.
  add("make", "make1", R"({"root": "root.dir"})");
  add("make", "make2", R"({"root": "root.dir"})");
  for (const std::vector<std::string>& options : {{}, std::vector<std::string>{"--walk"}}) {
    const ProcessResult result = run(options);
    EXPECT_EQ(result.output, "6 passed, 0 failed, 0 skipped\n") << result.errors;
    EXPECT_EQ(result.status, 0);
  }
  EXPECT_TRUE(fs::exists(folder() / "root.dir/made.cleanup"));
}

TEST_F(Suite, SaysWhyAProgramFailed) {
  add("exit", "status", R"({"args": ["a"], "exit_code": 7})");
  add("loop", "loop");
  add("make", "make");
  add("print", "text", R"({"stdout": "one\nother"})");
  add("print", "more", R"({"stdout": "one\nsecond\n"})");
  add("trap", "trap");
  const ProcessResult result = run({"--timeout", "1"});
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.output,
            "FAIL rust/loop: no end after 1 s\n"
            "FAIL rust/make: exit status 8 instead of 0\n"
            "FAIL rust/more: stdout, line 3: \"\" instead of \"\"\n"
            "FAIL rust/status: exit status 2 instead of 7\n"
            "FAIL rust/text: stdout, line 2: \"second\" instead of \"other\"\n"
            "FAIL rust/trap: exit status 134 instead of 0: unreachable\n"
            "0 passed, 6 failed, 0 skipped\n");
}

TEST_F(Suite, RunsWhatTheFilterNames) {
  add("exit", "one", R"({"exit_code": 1})");
  add("exit", "two", R"({"exit_code": 1})");
  add("exit", "dialogue", R"({"operations": []})");
  EXPECT_EQ(run({}, {"rust/on"}).output, "1 passed, 0 failed, 0 skipped\n");
  EXPECT_EQ(run({"--env", "A=B"}, {"one"}).status, 1);
  EXPECT_EQ(run().output,
            "skip rust/dialogue: its specification is a list of operations\n"
            "2 passed, 0 failed, 1 skipped\n");
}

TEST_F(Suite, ProvesNothingByNothing) {
  const ProcessResult result = run();
  EXPECT_EQ(result.output, "0 passed, 0 failed, 0 skipped\n");
  EXPECT_EQ(result.status, 1);
  add("exit", "broken", "{");
  EXPECT_EQ(run().status, 2);
  EXPECT_EQ(run_process({WEFT_WASITEST, "--what", "x"}).status, 2);
}

}  // namespace
}  // namespace weft::wasitest
