// How Wasmtime's library is found.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "interp/core/small.h"
#include "weft/weft.hpp"

namespace weft::layer {
namespace {

TEST(Wasmtime, IsRefusedWithWhatWasTried) {
  if (WEFT_SANITIZED) GTEST_SKIP() << "sanitizers don't know Wasmtime's code";
  const auto missing = backends::wasmtime({.file = "/nowhere/libwasmtime.so"});
  ASSERT_FALSE(missing);
  if (interp::kSmall) {
    EXPECT_EQ(missing.error().code(), Errc::unsupported);
    return;
  }
  EXPECT_EQ(missing.error().code(), Errc::not_found);
  EXPECT_NE(missing.error().message().find("/nowhere/libwasmtime.so"), std::string::npos);
  const auto other = backends::wasmtime({.file = "libm.so.6"});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code(), Errc::unsupported);
  EXPECT_NE(other.error().message().find("lacks wasm_config_new"), std::string::npos);
  EXPECT_EQ(backends::by_name("abacus").error().code(), Errc::usage);
}

// Without a name, in the virtual environment that the named one lies in, if it does.
TEST(Wasmtime, IsFoundAmongPythonsPackages) {
  const char* const named = std::getenv("WEFT_WASMTIME_LIB");
  const std::string file = named != nullptr ? named : "";
  const std::size_t end = file.find("/lib/python3");
  if (WEFT_SANITIZED || interp::kSmall || end == std::string::npos)
    GTEST_SKIP() << "WEFT_WASMTIME_LIB names no package of Python's, or it can't be used";
  unsetenv("WEFT_WASMTIME_LIB");
  setenv("VIRTUAL_ENV", "/nowhere", 1);
  setenv("HOME", "/nowhere", 1);
  const auto missing = backends::by_name("wasmtime");
  setenv("VIRTUAL_ENV", file.substr(0, end).c_str(), 1);
  const auto found = backends::by_name("wasmtime");
  unsetenv("VIRTUAL_ENV");
  setenv("WEFT_WASMTIME_LIB", file.c_str(), 1);
  EXPECT_TRUE(found) << found.error().message();
  // Where the system has one, that comes first.
  if (!missing) {
    EXPECT_NE(missing.error().message().find("nor a Python package"), std::string::npos);
  }
}

}  // namespace
}  // namespace weft::layer
