// `weft run`: what the guest gets, and how its end becomes an exit status.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <future>
#include <string>
#include <thread>
#include <vector>
#include <weft/wasi.hpp>

#include "interp/core/small.h"
#include "tests/cli/process.h"

namespace weft::testing {

namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

std::string fixture(const std::string& name) {
  return std::string(WEFT_FIXTURES_DIR) + "/" + name + ".wasm";
}

std::string guest(const std::string& name) {
  return std::string(WEFT_GUESTS_DIR) + "/" + name + ".wasm";
}

std::string invoke(const std::string& function, std::vector<std::string> args) {
  std::vector<std::string> command{"run", "--invoke", function, fixture("math")};
  command.insert(command.end(), args.begin(), args.end());
  const ProcessResult result = run_weft(command);
  EXPECT_EQ(result.status, 0) << result.errors;
  return result.output;
}

TEST(Run, RunsAProgram) {
  const ProcessResult result = run_weft({"run", guest("hello")});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.output, "Hello from WebAssembly!\n");
  EXPECT_THAT(result.errors, IsEmpty());
}

TEST(Run, IsWhatAFileWithoutACommandMeans) {
  EXPECT_EQ(run_weft({guest("hello")}).output, "Hello from WebAssembly!\n");
  EXPECT_EQ(run_weft({"--eager", guest("hello")}).output, "Hello from WebAssembly!\n");
}

TEST(Run, GivesArgumentsEnvironmentAndStandardStreams) {
  const ProcessResult result =
      run_weft({"run", "--env", "A=1", "--env=B=x=y", "--env", "WEFT_TEST_GIVEN", "--env",
                "WEFT_TEST_ABSENT", guest("cli-world"), "one", "two words", "--env", "--help"},
               {.input = "first\nsecond\n", .environment = {"WEFT_TEST_GIVEN=yes"}, .folder = {}});
  EXPECT_EQ(result.status, 7);
  EXPECT_EQ(result.output,
            "arg cli-world.wasm\narg one\narg two words\narg --env\narg --help\n"
            "env A=1\nenv B=x=y\nenv WEFT_TEST_GIVEN=yes\nin first\nin second\n");
  EXPECT_EQ(result.errors, "that is all\n");
}

// Connects to 127.0.0.1, as soon as somebody listens there; sends the text, and gives the answer.
std::string ask(in_port_t port, const std::string& text) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  for (int attempt = 0; attempt < 500; attempt++) {
    const wasi::HostFile client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), true);
    if (connect(client.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      continue;
    }
    EXPECT_EQ(send(client.fd(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    shutdown(client.fd(), SHUT_WR);
    std::string answer;
    std::array<char, 100> buffer{};
    for (ssize_t size = 0; (size = recv(client.fd(), buffer.data(), buffer.size(), 0)) > 0;) {
      answer.append(buffer.data(), static_cast<std::size_t>(size));
    }
    return answer;
  }
  return "nobody listens";
}

// A port that nobody uses.
in_port_t free_port() {
  const wasi::HostFile probe(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), true);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  EXPECT_EQ(bind(probe.fd(), generic, size), 0);
  EXPECT_EQ(getsockname(probe.fd(), generic, &size), 0);
  return ntohs(address.sin_port);
}

TEST(Run, ListensForTheProgram) {
  const in_port_t port = free_port();
  const std::string endpoint = "127.0.0.1:" + std::to_string(port);
  const TemporaryFolder folder;
  std::future<ProcessResult> server = std::async(std::launch::async, [&] {
    return run_weft({"run", "--timeout", "30s", "--listen", endpoint, "--dir",
                     folder.path() + "::/data", guest("cli-serve"), "4", "2"});
  });
  EXPECT_EQ(ask(port, "first question"), "FIRST QUESTION");
  EXPECT_EQ(ask(port, std::string(5000, 'x')), std::string(5000, 'X'));
  const ProcessResult result = server.get();
  EXPECT_EQ(result.status, 0) << result.errors;
  EXPECT_EQ(result.output, "served\n");
}

TEST(Run, SaysWhyItCannotListen) {
  for (const char* text : {"8080", "localhost:", "localhost:0", "localhost:65536", "localhost:x"}) {
    const ProcessResult result = run_weft({"run", "--listen", text, guest("hello")});
    EXPECT_EQ(result.status, 2) << text;
    EXPECT_THAT(result.errors, StartsWith("weft run: --listen: ")) << text;
  }
  // An address of nobody's (RFC 5737).
  const ProcessResult result = run_weft({"run", "--listen", "192.0.2.1:8080", guest("hello")});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.errors, StartsWith("weft: listening at 192.0.2.1:8080: "));
}

TEST(Run, HandsOnNoEnvironmentUnasked) {
  const ProcessResult result = run_weft({guest("cli-world")});
  EXPECT_THAT(result.output, Not(HasSubstr("env ")));
}

TEST(Run, TakesOptionsUpToADoubleDash) {
  EXPECT_EQ(run_weft({"run", "--", fixture("exit"), "--fuel", "x"}).status, 3);
}

TEST(Run, ExitStatusIsTheGuests) {
  EXPECT_EQ(run_weft({fixture("exit")}).status, 1);
  EXPECT_EQ(run_weft({fixture("exit"), "a", "b", "c"}).status, 4);
}

TEST(Run, ShowsFoldersUnderTheirNames) {
  const TemporaryFolder folder;
  folder.write("in.txt", "one two\nthree\n");
  ProcessResult result =
      run_weft({"run", "--dir", folder.path() + "::/data", guest("wc"), "/data/in.txt"});
  EXPECT_EQ(result.status, 0) << result.errors;
  EXPECT_EQ(result.output, "      2       3      14 /data/in.txt\n");

  result = run_weft({"run", "--dir", ".", guest("wc"), "in.txt"},
                    {.input = {}, .environment = {}, .folder = folder.path()});
  EXPECT_EQ(result.output, "      2       3      14 in.txt\n") << result.errors;
}

TEST(Run, ShowsNoFolderUnasked) {
  const TemporaryFolder folder;
  const std::string path = folder.write("in.txt", "secret\n");
  EXPECT_EQ(run_weft({guest("wc"), path}).status, 1);
  EXPECT_EQ(run_weft({"--dir", folder.path() + "::/data", guest("wc"), "/data/../in.txt"}).status,
            1);
}

TEST(Run, RefusesAFolderThatIsNotThere) {
  const ProcessResult result = run_weft({"--dir", "/no/such/folder", guest("hello")});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.errors, HasSubstr("/no/such/folder"));
}

TEST(Run, ATrapIsStatus134WithABacktrace) {
  const ProcessResult result = run_weft({fixture("trap")});
  EXPECT_EQ(result.status, 134);
  EXPECT_THAT(result.output, IsEmpty());
  EXPECT_THAT(result.errors, HasSubstr("trap.wasm: trap: integer divide by zero\n"));
  EXPECT_THAT(result.errors, HasSubstr("\n  0: divide (function 0) at 0x"));
  EXPECT_THAT(result.errors, HasSubstr("\n  1: middle (function 1) at 0x"));
  EXPECT_THAT(result.errors,
              MatchesRegex("(.|\n)*\n  2: (_start )?\\(function 2\\) at 0x[0-9a-f]+\n"));
}

TEST(Run, ASignalOfTheGuestsIsATrapThatNamesIt) {
  const ProcessResult result = run_weft({fixture("raise")});
  EXPECT_EQ(result.status, 134);
  EXPECT_THAT(result.errors, HasSubstr("trap: unreachable: the guest raised SIGTERM\n  0: "));
}

TEST(Run, ADeepBacktraceIsCutInTheMiddle) {
  const ProcessResult result = run_weft({fixture("recurse")});
  EXPECT_EQ(result.status, 134);
  EXPECT_THAT(result.errors, HasSubstr("call stack exhausted"));
  EXPECT_LT(result.errors.size(), 4000u);
}

TEST(Run, StopsAtItsTimeout) {
  const ProcessResult result = run_weft({"run", "--timeout", "150ms", fixture("spin")});
  EXPECT_EQ(result.status, 134);
  EXPECT_THAT(result.errors, HasSubstr("time is over"));
  EXPECT_GE(result.time.count(), 150);
  EXPECT_LT(result.time.count(), 5000);
}

TEST(Run, StopsAWaitingProgramAtItsTimeout) {
  // Nobody writes to the pipe that is its standard input, and nobody closes it, either.
  const ProcessResult result = run_process(
      {"sh", "-c", "sleep 3 | \"$0\" --timeout 100ms \"$1\"", WEFT_COMMAND, guest("wc")});
  EXPECT_EQ(result.status, 134) << result.errors;
  EXPECT_THAT(result.errors, HasSubstr("time is over"));
}

TEST(Run, EndsBeforeALongTimeout) {
  const ProcessResult result = run_weft({"--timeout", "1h", guest("hello")});
  EXPECT_EQ(result.status, 0);
  EXPECT_LT(result.time.count(), 10000);
}

TEST(Run, StopsWhenFuelRunsOut) {
  const ProcessResult result = run_weft({"run", "--fuel", "10000", fixture("spin")});
  EXPECT_EQ(result.status, 134);
  EXPECT_THAT(result.errors, HasSubstr("fuel"));
  EXPECT_EQ(run_weft({"--fuel", "100000000", guest("hello")}).status, 0);
}

TEST(Run, BoundsMemory) {
  EXPECT_EQ(run_weft({fixture("grow")}).status, 0);
  EXPECT_EQ(run_weft({"--max-memory", "1M", fixture("grow")}).status, 0);
  EXPECT_EQ(run_weft({"--max-memory", "1048575", fixture("grow")}).status, 3);
  EXPECT_EQ(run_weft({"--max-memory=64KiB", fixture("grow")}).status, 3);
}

TEST(Run, BoundsDepthAndStack) {
  const auto errors_at = [](const char* depth, const char* optimizations) {
    return run_weft({"--max-depth", depth, "--optimizations", optimizations, fixture("trap")})
        .errors;
  };
  EXPECT_THAT(errors_at("3", "-inlining"), HasSubstr("integer divide by zero"));
  EXPECT_THAT(errors_at("2", "-inlining"), HasSubstr("call stack exhausted"));
  // What is inlined is no call.
  EXPECT_THAT(errors_at("2", "none,inlining"), HasSubstr("integer divide by zero"));
  EXPECT_THAT(errors_at("1", "none,inlining"), HasSubstr("call stack exhausted"));
  EXPECT_THAT(run_weft({"--stack-size", "1M", fixture("recurse")}).errors,
              HasSubstr("call stack exhausted"));
}

TEST(Run, WorksInEveryMemoryMode) {
  for (const char* mode : {"auto", "guard", "explicit"}) {
    EXPECT_EQ(run_weft({"--memory-mode", mode, guest("hello")}).status, 0) << mode;
  }
}

TEST(Run, InvokesAnExportAndPrintsItsResults) {
  EXPECT_EQ(invoke("nothing", {}), "");
  EXPECT_EQ(invoke("add", {"5", "3"}), "8\n");
  EXPECT_EQ(invoke("add", {"-5", "0xffffffff"}), "-6\n");
  EXPECT_EQ(invoke("add64", {"9223372036854775807", "-1"}), "9223372036854775806\n");
  EXPECT_EQ(invoke("half", {"0.2"}), "0.1\n");
  EXPECT_EQ(invoke("third", {"1"}), "0.3333333333333333\n");
  EXPECT_EQ(invoke("third", {"-inf"}), "-inf\n");
  EXPECT_EQ(invoke("third", {"-0x1.8p1"}), "-1\n");
  EXPECT_EQ(invoke("third", {"3e-310"}), "1e-310\n");
  EXPECT_EQ(invoke("swap", {"1", "2.5"}), "2.5\n1\n");
  EXPECT_EQ(invoke("same", {"0x123456789abcdef00000000000000ff"}),
            "0x0123456789abcdef00000000000000ff\n");
  EXPECT_EQ(invoke("is_null", {"null"}), "1\n");
  EXPECT_EQ(invoke("null", {}), "null\n");
}

TEST(Run, InitialisesALibraryBeforeACall) {
  const ProcessResult result = run_weft({"--invoke", "answer", fixture("reactor")});
  EXPECT_EQ(result.output, "42\n");
  const ProcessResult alone = run_weft({fixture("reactor")});
  EXPECT_EQ(alone.status, 0);
  EXPECT_EQ(alone.output + alone.errors, "");
}

TEST(Run, ALibraryMayExitWhenItIsInitialised) {
  EXPECT_EQ(run_weft({fixture("reactor_exit")}).status, 9);
  const ProcessResult result = run_weft({"--invoke", "answer", fixture("reactor_exit")});
  EXPECT_EQ(result.status, 9);
  EXPECT_EQ(result.output + result.errors, "");
}

TEST(Run, RefusesWhatIsBothProgramAndLibrary) {
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{fixture("both")}, {"--invoke", "answer", fixture("both")}}) {
    const ProcessResult result = run_weft(args);
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.output, IsEmpty());
    EXPECT_THAT(result.errors, HasSubstr("both _start and _initialize"));
  }
}

TEST(Run, ChecksInvokeAgainstTheFunctionsType) {
  const auto errors = [](std::vector<std::string> args) {
    const ProcessResult result = run_weft(std::move(args));
    EXPECT_EQ(result.status, 2);
    EXPECT_THAT(result.output, IsEmpty());
    return result.errors;
  };
  EXPECT_THAT(errors({"--invoke", "nope", fixture("math")}), HasSubstr("add64"));
  EXPECT_THAT(errors({"--invoke", "memory", fixture("math")}), HasSubstr("no function \"memory\""));
  EXPECT_THAT(errors({"--invoke", "add", fixture("math"), "1"}), HasSubstr("(i32, i32) -> i32"));
  EXPECT_THAT(errors({"--invoke", "add", fixture("math"), "1", "2.5"}), HasSubstr("'2.5'"));
  EXPECT_THAT(errors({"--invoke", "add", fixture("math"), "1", "4294967296"}), HasSubstr("i32"));
  EXPECT_THAT(errors({"--invoke", "half", fixture("math"), "x"}), HasSubstr("f32"));
  for (const char* text : {"", " 1", "1 ", "1e", "0x", "1e39", "1e-99"})
    EXPECT_THAT(errors({"--invoke", "half", fixture("math"), text}), HasSubstr("f32")) << text;
}

TEST(Run, TranslatesWithoutWhatIsSwitchedOff) {
  const std::vector<std::string> call{"--invoke", "add", fixture("math"), "1", "2"};
  for (const char* list : {"none", "-op-op,-moves", "none,accumulators"}) {
    std::vector<std::string> args{"run", "--optimizations", list};
    args.insert(args.end(), call.begin(), call.end());
    EXPECT_EQ(run_weft(args).output, "3\n") << list;
  }
  const ProcessResult wrong = run_weft({"run", "--optimizations", "speed", fixture("math")});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.errors, HasSubstr("--optimizations: there is no optimization 'speed'; there "
                                      "are accumulators, compare-branch, "));
}

TEST(Run, ProfilesOnRequest) {
  if (interp::kSmall) GTEST_SKIP() << "a build for size has no profiler";
  const ProcessResult result = run_weft({"run", "--profile", "--optimizations", "-return-op",
                                         "--invoke", "add", fixture("math"), "1", "2"});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.output, "3\n");
  EXPECT_THAT(result.errors, StartsWith("2 dispatches\n"));
  EXPECT_THAT(result.errors, HasSubstr("1    50.0%    50.0%  i32.add acc := slot, slot\n"));
  EXPECT_THAT(result.errors, HasSubstr("1    50.0%   100.0%  return acc\n"));
  EXPECT_THAT(result.errors, HasSubstr("1    50.0%  i32.add acc := slot, slot; return acc\n"));
  EXPECT_THAT(result.errors, HasSubstr("function\n"));
}

TEST(Run, WritesTheProfileHoweverTheProgramEnds) {
  if (interp::kSmall) GTEST_SKIP() << "a build for size has no profiler";
  const ProcessResult exited = run_weft({"--profile", fixture("exit"), "a", "b"});
  EXPECT_EQ(exited.status, 3);
  EXPECT_THAT(exited.errors, HasSubstr("call import"));
  const ProcessResult trapped = run_weft({"--profile", fixture("trap")});
  EXPECT_EQ(trapped.status, 134);
  EXPECT_THAT(trapped.errors, HasSubstr("divide (function 0) at "));
  EXPECT_THAT(trapped.errors, HasSubstr("i32.div_s acc := const, slot"));
}

TEST(Run, WritesStacksForFlameGraphs) {
  if (interp::kSmall) GTEST_SKIP() << "a build for size has no profiler";
  const TemporaryFolder folder;
  const std::string file = folder.path() + "/stacks";
  const ProcessResult result =
      run_weft({"run", "--profile=" + file, "--timeout", "200ms", fixture("spin")});
  EXPECT_EQ(result.status, 134);
  EXPECT_THAT(folder.read("stacks"), MatchesRegex("func\\[0\\] [0-9]+\n"));
  EXPECT_THAT(result.errors, HasSubstr("samples, one a millisecond"));
  EXPECT_THAT(result.errors, HasSubstr("100.0%  func[0]\n"));

  const ProcessResult refused =
      run_weft({"run", "--profile=" + folder.path() + "/no/stacks", guest("hello")});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.output, IsEmpty());
  EXPECT_THAT(refused.errors, HasSubstr("/no/stacks: No such file"));
}

TEST(Run, TellsTheGuestThatItsPipeIsClosed) {
  const ProcessResult result =
      run_process({"bash", "-c", R"("$0" run "$1" | true; echo "${PIPESTATUS[0]}")", WEFT_COMMAND,
                   WEFT_GUESTS_DIR "/cli-pipe.wasm"});
  EXPECT_EQ(result.output, "3\n");
}

TEST(Run, SaysWhenAModuleIsNoProgram) {
  const ProcessResult result = run_weft({fixture("math")});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.errors, HasSubstr("_start"));
  EXPECT_THAT(result.errors, HasSubstr("--invoke"));
}

TEST(Run, ListsAllMissingImports) {
  const ProcessResult result = run_weft({fixture("imports")});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.errors, HasSubstr("missing"));
  EXPECT_THAT(result.errors, HasSubstr("another"));
}

}  // namespace

}  // namespace weft::testing
