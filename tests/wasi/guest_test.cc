// Guest programs compiled from C, on the interpreter: what they do by the shim, and what they fail
// to do.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <vector>
#include <weft/weft.hpp>

#include "tests/wasi/temp_dir.h"
#include "wasi/state.h"

namespace weft::wasi {
namespace {

struct GuestRun {
  Result<int> status = 0;
  std::string out{};
  std::string err{};
};

GuestRun run_guest(std::string_view name, Config config,
                   PathResolver::Strategy strategy = PathResolver::Strategy::Auto) {
  Engine engine;
  Store store(engine);
  Linker linker(engine);
  or_throw(linker.wasi());
  Capture out = config.capture_stdout();
  Capture err = config.capture_stderr();
  or_throw(store.set_wasi(std::move(config)));
  store.extension<State>()->resolver = PathResolver(strategy);
  const std::filesystem::path path =
      std::filesystem::path(WEFT_GUESTS_DIR) / (std::string(name) + ".wasm");
  const Module module = or_throw(Module::from_file(engine, path));
  const Instance instance = or_throw(linker.instantiate(store, module));
  GuestRun result;
  result.status = run(store, instance);
  result.out = out.contents();
  result.err = err.contents();
  return result;
}

class Guest : public testing::TestWithParam<PathResolver::Strategy> {
 protected:
  void SetUp() override {
    if (GetParam() == PathResolver::Strategy::Kernel && !PathResolver::kernel_supported()) {
      GTEST_SKIP() << "this kernel has no openat2";
    }
    before_ = open_descriptors();
  }
  void TearDown() override {
    dir_.expect_outside_untouched();
    EXPECT_EQ(open_descriptors(), before_);
  }

  TempDir dir_;
  std::ptrdiff_t before_ = 0;
};

TEST_P(Guest, CannotEscape) {
  dir_.write("box/in.txt", "in");
  dir_.make_dir("box/dir");
  dir_.link("../outdir", "box/outlink");
  dir_.link("/", "box/abslink");
  dir_.link("../outside.txt", "box/filelink");
  dir_.link("../created.txt", "box/dangling");
  Config config;
  or_throw(config.preopen(dir_.box(), "/"));
  const GuestRun run = run_guest("wasi-escape", std::move(config), GetParam());
  EXPECT_EQ(or_throw(run.status), 0);
  EXPECT_EQ(run.out, "no escape\n");
  EXPECT_EQ(dir_.read("box/in.txt"), "in");
  EXPECT_FALSE(std::filesystem::exists("/tmp/weft-x"));
}

TEST_P(Guest, CannotMisleadByPointersAndNumbers) {
  dir_.write("box/in.txt", "in");
  Config config;
  or_throw(config.preopen(dir_.box(), "/"));
  const GuestRun run = run_guest("wasi-pointers", std::move(config), GetParam());
  EXPECT_EQ(or_throw(run.status), 0);
  EXPECT_EQ(run.out, "all refused\n");
}

TEST_P(Guest, OfTheFirstSnapshotFindsItsLayouts) {
  dir_.write("box/in.txt", "0123456789");
  Config config;
  or_throw(config.preopen(dir_.box(), "/"));
  config.stdin_bytes("typed");
  const GuestRun run = run_guest("wasi-unstable", std::move(config), GetParam());
  EXPECT_EQ(or_throw(run.status), 0);
  EXPECT_EQ(run.out, "by wasi_unstable\nall as in 2019\n");
}

TEST_P(Guest, DoesWithFilesWhatANativeProgramDoes) {
  Config config;
  or_throw(config.preopen(dir_.box(), "/box"));
  or_throw(config.args({"files", "/box"}));
  or_throw(config.env("VARIABLE", "value"));
  config.stdin_bytes("typed\n");
  const GuestRun run = run_guest("wasi-files", std::move(config), GetParam());
  EXPECT_EQ(or_throw(run.status), 7);
  EXPECT_EQ(run.err, "to stderr\n");

  const std::string native = std::string(WEFT_GUESTS_DIR) + "/wasi-files.native";
  const std::string log = (dir_.root() / "native.log").string();
  const std::string command = "cd / && echo typed | VARIABLE=value exec '" + native + "' '" +
                              dir_.box().string() + "' >'" + log + "' 2>/dev/null";
  EXPECT_NE(std::system(command.c_str()), -1);
  std::string expected = dir_.read("native.log");
  for (std::size_t at = 0; (at = expected.find(dir_.box().string())) != std::string::npos;) {
    expected.replace(at, dir_.box().string().size(), "/box");
  }
  std::filesystem::remove(log);
  EXPECT_EQ(run.out, expected);
}

INSTANTIATE_TEST_SUITE_P(Strategies, Guest,
                         testing::Values(PathResolver::Strategy::Kernel,
                                         PathResolver::Strategy::Walk),
                         [](const auto& info) {
                           return info.param == PathResolver::Strategy::Kernel ? "Kernel" : "Walk";
                         });

}  // namespace
}  // namespace weft::wasi
