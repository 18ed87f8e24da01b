// Programs give the same output and exit status as their native builds.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/cli/process.h"
#include "tests/wasmtime.h"

namespace weft::testing {

namespace {

struct Program {
  std::string name;
  std::vector<std::string> args{};
  std::string input{};
  std::string native{};  // the native build's name if it isn't the program's
};

// Both builds run in an empty folder of their own, which the guest sees as its current one.
void expect_same_as_native(const Program& program, const std::vector<std::string>& options = {}) {
  const std::string folder = std::string(WEFT_GUESTS_DIR) + "/program-";
  const std::string& native_name = program.native.empty() ? program.name : program.native;
  const TemporaryFolder native_folder;
  const TemporaryFolder guest_folder;

  std::vector<std::string> command{folder + native_name + ".native"};
  command.insert(command.end(), program.args.begin(), program.args.end());
  const ProcessResult native = run_process(
      command, {.input = program.input, .environment = {}, .folder = native_folder.path()});

  std::vector<std::string> guest_command{"run", "--dir", "."};
  guest_command.insert(guest_command.end(), options.begin(), options.end());
  guest_command.push_back(folder + program.name + ".wasm");
  guest_command.insert(guest_command.end(), program.args.begin(), program.args.end());
  const ProcessResult guest = run_weft(
      guest_command, {.input = program.input, .environment = {}, .folder = guest_folder.path()});

  EXPECT_FALSE(native.output.empty());
  EXPECT_EQ(guest.output, native.output);
  EXPECT_EQ(guest.errors, native.errors);
  EXPECT_EQ(guest.status, native.status);
}

// In every combination of translation and memory access.
void expect_same_in_all_modes(const Program& program) {
  for (const char* memory : {"guard", "explicit"}) {
    SCOPED_TRACE(memory);
    expect_same_as_native(program, {"--memory-mode", memory});
    expect_same_as_native(program, {"--memory-mode", memory, "--eager"});
  }
}

TEST(Programs, Hello) { expect_same_in_all_modes({"hello"}); }

TEST(Programs, FilesAndFolders) { expect_same_in_all_modes({"files"}); }

TEST(Programs, SortingAllocatingAndFormattingInC) {
  expect_same_in_all_modes({"compute", {"one", "two"}, "1.5 apples\n2.25 pears\n1e3 plums\n"});
}

TEST(Programs, StreamsContainersAndRegularExpressionsInCpp) {
  expect_same_in_all_modes({"library", {}, "1 2 3\n40\n-5"});
}

TEST(Programs, ExceptionsInCpp) {
  expect_same_in_all_modes({"exceptions"});
  expect_same_in_all_modes({"exceptions-new", {}, {}, "exceptions"});
}

TEST(Programs, LongJumpsInC) {
  expect_same_in_all_modes({"jumps"});
  expect_same_in_all_modes({"jumps-new", {}, {}, "jumps"});
}

TEST(Programs, LuaWithLongJumpsAndWithExceptions) {
#ifdef WEFT_LUA_SCRIPT
  std::ifstream file(WEFT_LUA_SCRIPT);
  const std::string script{std::istreambuf_iterator<char>(file), {}};
  ASSERT_FALSE(script.empty());
  for (const std::string name : {"scripts", "scripts-cpp"}) {
    expect_same_as_native({name, {}, script});
    expect_same_as_native({name + "-new", {}, script, name});
  }
  expect_same_as_native({"scripts-cpp", {}, script}, {"--memory-mode", "explicit", "--eager"});
#else
  GTEST_SKIP() << "Lua's source isn't there";
#endif
}

// Kotlin's objects, closures and exceptions, against what a Java virtual machine prints.
TEST(Programs, GarbageCollectedObjectsOfKotlin) {
#ifdef WEFT_KOTLIN_DIR
  const std::string folder = WEFT_KOTLIN_DIR "/";
  std::ifstream file(folder + "objects.txt");
  const std::string expected{std::istreambuf_iterator<char>(file), {}};
  ASSERT_FALSE(expected.empty());
  for (const char* module : {"objects.wasm", "objects-legacy.wasm"}) {
    const ProcessResult guest = run_weft({"run", folder + module});
    EXPECT_EQ(guest.output, expected);
    EXPECT_EQ(guest.errors, "");
    EXPECT_EQ(guest.status, 0);
  }
#else
  GTEST_SKIP() << "no module made by Kotlin is there";
#endif
}

// A guest's output, errors and exit status don't tell the backend.
TEST(Programs, AreTheSameOnBothBackends) {
  if (!has_wasmtime()) GTEST_SKIP() << kNoWasmtime;
  const std::string folder = WEFT_GUESTS_DIR "/";
  std::vector<Program> programs{
      {"program-hello"},
      {"program-files"},
      {"program-compute", {"one", "two"}, "1.5 apples\n2.25 pears\n1e3 plums\n"},
      {"program-library", {}, "1 2 3\n40\n-5"},
      {"program-exceptions-new"},
      {"program-jumps-new"},
      {"hello", {"a", "b"}},
      {"mandelbrot"},
      {"wc", {}, "some words\non two lines\n"},
      {"cli-world", {"all"}},
  };
#ifdef WEFT_LUA_SCRIPT
  std::ifstream file(WEFT_LUA_SCRIPT);
  const std::string script{std::istreambuf_iterator<char>(file), {}};
  for (const char* name : {"program-scripts-new", "program-scripts-cpp-new"}) {
    programs.push_back({name, {}, script});
  }
#endif
#ifdef WEFT_HAVE_SQLITE
  programs.push_back({"program-database", {"300"}});
#endif
#ifdef WEFT_KOTLIN_DIR
  programs.push_back({WEFT_KOTLIN_DIR "/objects"});
#endif
  for (const Program& program : programs) {
    SCOPED_TRACE(program.name);
    const auto run_on = [&](const char* backend) {
      const TemporaryFolder place;
      const bool is_path = program.name.starts_with('/');
      std::vector<std::string> command{
          "run",     "--backend",
          backend,   "--dir",
          ".",       "--env",
          "NAME=it", (is_path ? program.name : folder + program.name) + ".wasm"};
      command.insert(command.end(), program.args.begin(), program.args.end());
      return run_weft(command, {.input = program.input, .environment = {}, .folder = place.path()});
    };
    const ProcessResult interp = run_on("interp");
    const ProcessResult wasmtime = run_on("wasmtime");
    EXPECT_FALSE(interp.output.empty());
    EXPECT_EQ(wasmtime.output, interp.output);
    EXPECT_EQ(wasmtime.errors, interp.errors);
    EXPECT_EQ(wasmtime.status, interp.status);
  }
}

TEST(Programs, ResultsAreTheSameWithFuelAndATimeout) {
  expect_same_as_native({"compute"}, {"--fuel", "100000000000", "--timeout", "10m"});
}

TEST(Programs, Sqlite) {
#ifdef WEFT_HAVE_SQLITE
  expect_same_as_native({"database", {"3000"}});
  expect_same_as_native({"database", {"300"}}, {"--memory-mode", "explicit", "--eager"});
#else
  GTEST_SKIP() << "SQLite's source isn't there";
#endif
}

}  // namespace

}  // namespace weft::testing
