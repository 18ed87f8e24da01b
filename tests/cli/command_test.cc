// The `weft` command: help, usage errors, validate, inspect, dump.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "interp/core/small.h"
#include "tests/cli/process.h"

namespace weft::testing {

namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

using Words = std::vector<std::string>;

std::string fixture(const std::string& name) {
  return std::string(WEFT_FIXTURES_DIR) + "/" + name + ".wasm";
}

constexpr std::string_view kEmptyModule("\0asm\1\0\0\0", 8);

TEST(Command, HelpIsForPeople) {
  for (const Words& words : {Words{"--help"},
                             {"-h"},
                             {"help"},
                             {"run", "--help"},
                             {"run", "-h"},
                             {"help", "run"},
                             {"validate", "--help"},
                             {"inspect", "--help"},
                             {"dump", "--help"},
                             {interp::kSmall ? "dump" : "wat2wasm", "--help"}}) {
    const ProcessResult result = run_weft(words);
    EXPECT_EQ(result.status, 0);
    EXPECT_THAT(result.output, StartsWith("Usage: weft"));
    EXPECT_THAT(result.output, EndsWith("\n"));
    EXPECT_THAT(result.errors, IsEmpty());
    for (std::size_t at = 0, end; at < result.output.size(); at = end + 1) {
      end = result.output.find('\n', at);
      EXPECT_LE(end - at, 100u) << result.output.substr(at, end - at);
    }
  }
  EXPECT_THAT(run_weft({"run", "--help"}).output, HasSubstr("--dir HOST[::GUEST]"));
}

TEST(Command, SaysItsVersion) {
  const ProcessResult result = run_weft({"--version"});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.output, "weft " WEFT_VERSION "\n");
}

TEST(Command, BadUsageIsStatus2WithAHint) {
  const std::string file = fixture("exit");
  for (const Words& words : {Words{"--no-such-option", file},
                             {"run"},
                             {"run", "--fuel"},
                             {"run", "--fuel", "many", file},
                             {"run", "--fuel", "-1", file},
                             {"run", "--timeout", "5", file},
                             {"run", "--timeout", "soon", file},
                             {"run", "--timeout", "-5s", file},
                             {"run", "--max-memory", "1T", file},
                             {"run", "--max-memory", "99999999999G", file},
                             {"run", "--max-depth", "0", file},
                             {"run", "--dir", "", file},
                             {"run", "--dir", "::x", file},
                             {"run", "--env", "=x", file},
                             {"run", "--memory-mode", "fast", file},
                             {"run", "--eager=yes", file},
                             {"run", "--features", "no-such-thing", file},
                             {"validate", "--features"},
                             {"validate"},
                             {"inspect"},
                             {"inspect", file, file},
                             {"dump"},
                             {"dump", file, "no-such-function"}}) {
    const ProcessResult result = run_weft(words);
    EXPECT_EQ(result.status, 2) << ::testing::PrintToString(words);
    EXPECT_THAT(result.output, IsEmpty());
    EXPECT_THAT(result.errors, HasSubstr("--help'"));
  }
  EXPECT_EQ(run_weft({}).status, 2);
  EXPECT_THAT(run_weft({}).errors, StartsWith("Usage: weft"));
}

TEST(Command, GuessesAMisspeltOption) {
  EXPECT_THAT(run_weft({"--fule", "5", "x"}).errors, HasSubstr("did you mean --fuel?"));
  EXPECT_THAT(run_weft({"--completely-else", "x"}).errors, Not(HasSubstr("did you mean")));
}

TEST(Command, AFileThatIsNotThereIsStatus1) {
  for (const Words& words : {Words{"/no/such/file.wasm"},
                             {"run", "/no/such/file.wasm"},
                             {"validate", "/no/such/file.wasm"},
                             {"inspect", "/no/such/file.wasm"},
                             {"dump", "/no/such/file.wasm"}}) {
    const ProcessResult result = run_weft(words);
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.errors, HasSubstr("/no/such/file.wasm: No such file or directory\n"));
  }
}

TEST(Command, ABadModuleIsStatus1WithItsByteOffset) {
  const TemporaryFolder folder;
  // A function that leaves an i64 where an i32 belongs, at byte 26.
  const std::string invalid =
      folder.write("invalid.wasm", std::string(kEmptyModule) + std::string("\1\5\1\x60\0\1\x7f"
                                                                           "\3\2\1\0"
                                                                           "\x0a\6\1\4\0\x42\1\x0b",
                                                                           19));
  const std::string malformed =
      folder.write("malformed.wasm", std::string(kEmptyModule) + "\x7f" + std::string(1, '\0'));
  for (const char* command : {"run", "validate", "inspect", "dump"}) {
    ProcessResult result = run_weft({command, invalid});
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.errors, HasSubstr("invalid.wasm: invalid: type mismatch"));
    EXPECT_THAT(result.errors, HasSubstr("(at byte 26, 0x1a)"));
    result = run_weft({command, malformed});
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.errors, HasSubstr("malformed.wasm: malformed: malformed section id"));
    EXPECT_THAT(result.errors, HasSubstr("(at byte 8, 0x8)"));
  }
}

constexpr char kText[] = "(func $two (export \"two\") (result i32) (i32.const 2))";

TEST(Command, TakesTextWhereverItTakesAModule) {
  const TemporaryFolder folder;
  const std::string file = folder.write("a.wat", kText);
  if (interp::kSmall) {
    const ProcessResult result = run_weft({"validate", file});
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.errors, HasSubstr("a.wat: this build reads no text\n"));
    return;
  }
  EXPECT_EQ(run_weft({"run", "--invoke", "two", file}).output, "2\n");
  EXPECT_EQ(run_weft({"validate", file}).status, 0);
  EXPECT_THAT(run_weft({"inspect", file}).output, HasSubstr("two: func () -> i32"));
  EXPECT_THAT(run_weft({"dump", file, "two"}).output, HasSubstr("i32.const 2"));
}

TEST(Wat2wasm, MakesAModuleOfAText) {
  if (interp::kSmall) GTEST_SKIP() << "a build for size reads no text";
  const TemporaryFolder folder;
  const std::string file = folder.write("a.wat", kText);
  EXPECT_EQ(run_weft({"wat2wasm", file}).status, 0);
  EXPECT_EQ(run_weft({"run", "--invoke", "two", folder.path() + "/a.wasm"}).output, "2\n");
  const std::string output = folder.path() + "/b";
  EXPECT_EQ(run_weft({"wat2wasm", file, "--names", "-o", output}).status, 0);
  const std::string plain = run_weft({"wat2wasm", "-o", "-", file}).output;
  const std::string named = run_weft({"wat2wasm", "-o", "-", "--names", file}).output;
  EXPECT_THAT(plain, StartsWith(kEmptyModule));
  EXPECT_THAT(named, StartsWith(plain));
  EXPECT_THAT(named, HasSubstr("name"));
  EXPECT_EQ(std::filesystem::file_size(output), named.size());
}

TEST(Wat2wasm, QuotesWhatItDoesNotUnderstand) {
  if (interp::kSmall) GTEST_SKIP() << "a build for size reads no text";
  const TemporaryFolder folder;
  const ProcessResult result = run_weft({"wat2wasm", folder.write("a.wat", "(func\n  i32.ad)")});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.errors, HasSubstr("a.wat: malformed: unknown operator i32.ad at 2:3, expected "
                                       "an instruction\n    2 |   i32.ad)\n      |   ^~~~~~\n"));
  EXPECT_FALSE(std::filesystem::exists(folder.path() + "/a.wasm"));
  EXPECT_EQ(run_weft({"wat2wasm", "/no/such/file.wat"}).status, 1);
  EXPECT_EQ(run_weft({"wat2wasm", folder.write("b.wasm", "(func)")}).status, 2);
  EXPECT_EQ(run_weft({"wat2wasm"}).status, 2);
}

TEST(Wasm2wat, WritesTextThatMakesTheSameModule) {
  if (interp::kSmall) GTEST_SKIP() << "a build for size writes no text";
  const TemporaryFolder folder;
  const std::string module = folder.path() + "/a.wasm";
  const std::string text = folder.path() + "/b.wat";
  EXPECT_EQ(run_weft({"wat2wasm", folder.write("a.wat", kText), "--names"}).status, 0);
  const std::string printed = run_weft({"wasm2wat", module}).output;
  EXPECT_THAT(printed, HasSubstr("$two"));
  EXPECT_EQ(run_weft({"wasm2wat", module, "-o", "-"}).output, printed);
  EXPECT_EQ(run_weft({"wasm2wat", module, "-o", text}).status, 0);
  EXPECT_EQ(std::filesystem::file_size(text), printed.size());
  EXPECT_EQ(run_weft({"wat2wasm", text, "--names", "-o", "-"}).output,
            run_weft({"wat2wasm", folder.path() + "/a.wat", "--names", "-o", "-"}).output);
}

TEST(Wasm2wat, LeavesFilesAsTheyAreIfItFails) {
  if (interp::kSmall) GTEST_SKIP() << "a build for size writes no text";
  const TemporaryFolder folder;
  const std::string cut = folder.write("cut.wasm", kEmptyModule.substr(0, 7));
  const std::string kept = folder.write("kept.wat", "kept");
  const ProcessResult result = run_weft({"wasm2wat", cut, "-o", kept});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.errors, HasSubstr("cut.wasm: malformed: unexpected end"));
  EXPECT_EQ(std::filesystem::file_size(kept), 4u);
  EXPECT_EQ(run_weft({"wasm2wat", cut, "-o", cut}).status, 2);
  EXPECT_EQ(run_weft({"wasm2wat", "/no/such/file.wasm"}).status, 1);
  EXPECT_EQ(run_weft({"wasm2wat"}).status, 2);
  EXPECT_THAT(run_weft({"wasm2wat", cut, "--help"}).output, StartsWith("Usage: weft wasm2wat"));
}

constexpr std::string_view kScript = R"((module $m (func (export "two") (result i32) (i32.const 2)))
(assert_return (invoke "two") (i32.const 2))
(assert_malformed (module quote "(func") "unexpected")
)";

TEST(Wast, SaysWhichAssertionsFail) {
  if (interp::kSmall) GTEST_SKIP() << "a build for size reads no text";
  const TemporaryFolder folder;
  const std::string good = folder.write("good.wast", kScript);
  EXPECT_EQ(run_weft({"wast", good}).output, "2 passed, 0 failed, 0 skipped\n");
  EXPECT_EQ(run_weft({"wast", good}).status, 0);
  const std::string bad = folder.write(
      "bad.wast", std::string(kScript) + R"((assert_return (invoke "two") (i32.const 3)))");
  const ProcessResult result = run_weft({"wast", folder.path()});
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.output,
            bad + R"(:4: assert_return invoke "two" (): expected (i32 3), returned (i32 2)
4 passed, 1 failed, 0 skipped
)");
}

TEST(Wast, ScriptsThatCannotBeReadAreFailures) {
  if (interp::kSmall) GTEST_SKIP() << "a build for size reads no text";
  const TemporaryFolder folder;
  const std::string broken = folder.write("broken.wast", "(module)\n(assert_return 5)");
  const ProcessResult result = run_weft({"wast", broken});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.output, StartsWith(broken + ": unexpected token 5 at 2:16"));
  EXPECT_EQ(run_weft({"wast", "/no/such/file.wast"}).status, 1);
  EXPECT_EQ(run_weft({"wast"}).status, 2);
  EXPECT_THAT(run_weft({"wast", "--help"}).output, StartsWith("Usage: weft wast"));
}

TEST(Wast, FeaturesCanBeChosen) {
  if (interp::kSmall) GTEST_SKIP() << "a build for size reads no text";
  const TemporaryFolder folder;
  const std::string script = folder.write("threads.wast", R"((module (memory 1 1 shared)))");
  EXPECT_EQ(run_weft({"wast", "--features", "threads", script}).status, 0);
  const ProcessResult without = run_weft({"wast", script});
  EXPECT_EQ(without.status, 1);
  EXPECT_THAT(without.output, HasSubstr("needs the feature threads"));
}

TEST(Validate, IsSilentAboutValidModules) {
  const ProcessResult result = run_weft({"validate", fixture("math"), fixture("trap")});
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.output + result.errors, IsEmpty());
}

TEST(Validate, LooksIntoCustomSectionsIfAsked) {
  if (interp::kSmall) GTEST_SKIP() << "a build for size checks no custom sections";
  const TemporaryFolder folder;
  const std::string good = folder.write("good.wat", R"((func $f (param i32)
    (@metadata.code.branch_hint "\01") (if (local.get 0) (then))))");
  const std::string stray = folder.write(
      "stray.wat", R"((func (result i32) (@metadata.code.branch_hint "\01") (i32.const 0)))");
  const std::string names = folder.write(
      "names.wasm", std::string(kEmptyModule) + std::string("\0\x09\x04name\0\x02\x05x", 11));
  EXPECT_EQ(run_weft({"validate", good, stray, names}).status, 0);
  EXPECT_EQ(run_weft({"validate", "--custom-sections", good}).status, 0);
  const ProcessResult result = run_weft({"validate", "--custom-sections", stray, names});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.errors, HasSubstr("stray.wat: invalid: @metadata.code.branch_hint annotation: "
                                       "invalid target"));
  EXPECT_THAT(result.errors, HasSubstr("names.wasm: malformed: "));
}

TEST(Validate, NamesEachBadModule) {
  const TemporaryFolder folder;
  const ProcessResult result = run_weft({"validate", folder.write("empty.wasm", ""),
                                         fixture("math"), folder.write("good.wasm", kEmptyModule),
                                         folder.write("cut.wasm", kEmptyModule.substr(0, 7))});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.errors, HasSubstr("empty.wasm: malformed: unexpected end"));
  EXPECT_THAT(result.errors, HasSubstr("cut.wasm: malformed: unexpected end"));
  EXPECT_THAT(result.errors, Not(HasSubstr("good.wasm")));
}

TEST(Validate, RefusesFeaturesThatAreSwitchedOffByName) {
  EXPECT_EQ(run_weft({"validate", "--features", "wasm2", fixture("math")}).status, 0);
  const ProcessResult result = run_weft({"validate", "--features", "-simd", fixture("math")});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.errors, HasSubstr("needs the feature simd, which is switched off"));
}

TEST(Inspect, ShowsSectionsImportsExportsAndFeatures) {
  ProcessResult result = run_weft({"inspect", fixture("math")});
  EXPECT_EQ(result.status, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("module math"));
  EXPECT_THAT(result.output, HasSubstr("imports: 0\n"));
  EXPECT_THAT(result.output, HasSubstr("  add: func (i32, i32) -> i32\n"));
  EXPECT_THAT(result.output, HasSubstr("  code "));
  EXPECT_THAT(result.output, HasSubstr("features needed: multi-value, reference-types, simd\n"));

  result = run_weft({"inspect", fixture("exit")});
  EXPECT_THAT(result.output, HasSubstr("  wasi_snapshot_preview1 proc_exit: func (i32) -> ()\n"));
  EXPECT_THAT(result.output, HasSubstr("features needed: none\n"));
  EXPECT_THAT(result.output, HasSubstr("functions: 3, 2 of them imported\n"));
}

TEST(Dump, ShowsAllFunctionsOrOne) {
  if (interp::kSmall) GTEST_SKIP() << "a build for size has no dump";
  ProcessResult result = run_weft({"dump", fixture("trap")});
  EXPECT_EQ(result.status, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("function 0 divide: (i32) -> i32\n"));
  EXPECT_THAT(result.output, HasSubstr("function 1 middle: (i32) -> i32\n"));
  result = run_weft({"dump", fixture("trap"), "1"});
  EXPECT_THAT(result.output, StartsWith("function 1 middle"));
  EXPECT_EQ(run_weft({"dump", fixture("trap"), "middle"}).output, result.output);
  EXPECT_THAT(result.output, HasSubstr(" | +0000  "));
  EXPECT_EQ(run_weft({"dump", fixture("exit"), "0"}).status, 1);
  EXPECT_EQ(run_weft({"dump", fixture("exit"), "3"}).status, 2);
}

TEST(Inspect, LetsNoControlCharactersThrough) {
  const TemporaryFolder folder;
  const std::string file =
      folder.write("escape.wasm", std::string(kEmptyModule) + std::string("\0\6\5\x1b[2Jx", 8));
  const ProcessResult result = run_weft({"inspect", file});
  EXPECT_EQ(result.status, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("custom \\1b[2Jx"));
}

}  // namespace

}  // namespace weft::testing
