// Guest programs compiled from C, on each backend: what they do by the shim. What they fail to do
// is in sandbox_test.cc.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <string>
#include <tuple>
#include <vector>
#include <weft/weft.hpp>

#include "tests/wasi/guest_runner.h"
#include "tests/wasi/temp_dir.h"
#include "tests/wasmtime.h"

namespace weft::wasi {
namespace {

class Guest : public testing::TestWithParam<std::tuple<PathResolver::Strategy, std::string>> {
 protected:
  void SetUp() override {
    if (std::get<1>(GetParam()) == "Wasmtime") {
      if (!has_wasmtime()) GTEST_SKIP() << kNoWasmtime;
      options_.backend = or_throw(backends::wasmtime());
      // Its own descriptors, once and for all.
      (void)run_guest("wasi-unstable", Config(), options_);
    }
    if (options_.strategy == PathResolver::Strategy::Kernel && !PathResolver::kernel_supported()) {
      GTEST_SKIP() << "this kernel has no openat2";
    }
    before_ = open_descriptors();
  }
  void TearDown() override {
    dir_.expect_outside_untouched();
    EXPECT_EQ(open_descriptors(), before_);
  }

  GuestOptions options_{.strategy = std::get<0>(GetParam())};
  TempDir dir_;
  std::ptrdiff_t before_ = open_descriptors();
};

TEST_P(Guest, OfTheFirstSnapshotFindsItsLayouts) {
  dir_.write("box/in.txt", "0123456789");
  Config config;
  or_throw(config.preopen(dir_.box(), "/"));
  config.stdin_bytes("typed");
  const GuestRun run = run_guest("wasi-unstable", std::move(config), options_);
  EXPECT_EQ(or_throw(run.status), 0);
  EXPECT_EQ(run.out, "by wasi_unstable\nall as in 2019\n");
}

TEST_P(Guest, DoesWithFilesWhatANativeProgramDoes) {
  Config config;
  or_throw(config.preopen(dir_.box(), "/box"));
  or_throw(config.args({"files", "/box"}));
  or_throw(config.env("VARIABLE", "value"));
  config.stdin_bytes("typed\n");
  const GuestRun run = run_guest("wasi-files", std::move(config), options_);
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

INSTANTIATE_TEST_SUITE_P(Each, Guest,
                         testing::Combine(testing::Values(PathResolver::Strategy::Kernel,
                                                          PathResolver::Strategy::Walk),
                                          testing::Values("Interpreter", "Wasmtime")),
                         [](const auto& info) {
                           const bool kernel =
                               std::get<0>(info.param) == PathResolver::Strategy::Kernel;
                           return (kernel ? "Kernel" : "Walk") + std::get<1>(info.param);
                         });

}  // namespace
}  // namespace weft::wasi
