#include "weft/error.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <stdexcept>

namespace weft {
namespace {

TEST(Error, IsOnePointerWide) { EXPECT_EQ(sizeof(Error), sizeof(void*)); }

TEST(Error, KeepsCodeAndMessage) {
  const Error error(Errc::link, "unknown import");
  EXPECT_EQ(error.code(), Errc::link);
  EXPECT_TRUE(error.is(Errc::link));
  EXPECT_EQ(error.message(), "unknown import");
  EXPECT_FALSE(error.trap_code());
  EXPECT_FALSE(error.exit_status());
  EXPECT_FALSE(error.byte_offset());
  EXPECT_TRUE(error.frames().empty());
  EXPECT_EQ(error.exception(), nullptr);
}

TEST(Error, CopiesAreIndependent) {
  const Error original = Error(Errc::invalid, "type mismatch").set_byte_offset(7);
  Error copy = original;
  copy.add_context("function 3").set_byte_offset(9);
  EXPECT_EQ(original.message(), "type mismatch");
  EXPECT_EQ(original.byte_offset(), 7u);
  EXPECT_EQ(copy.message(), "function 3: type mismatch");
  EXPECT_EQ(copy.byte_offset(), 9u);
  copy = original;
  EXPECT_EQ(copy.message(), "type mismatch");
}

TEST(Error, MovedFromReadsAsEmptyUsageError) {
  Error error(Errc::io, "gone");
  const Error other = std::move(error);
  EXPECT_EQ(other.message(), "gone");
  EXPECT_EQ(error.code(), Errc::usage);  // NOLINT(bugprone-use-after-move): that is the test
  EXPECT_EQ(error.message(), "");
  const Error copy = error;
  EXPECT_EQ(copy.code(), Errc::usage);
}

TEST(Error, TrapsAreWordedAsTheOfficialSuiteHasThem) {
  EXPECT_EQ(Error::trap(TrapCode::Unreachable).message(), "unreachable");
  EXPECT_EQ(Error::trap(TrapCode::IntegerDivideByZero).message(), "integer divide by zero");
  EXPECT_EQ(Error::trap(TrapCode::MemoryOutOfBounds).message(), "out of bounds memory access");
  EXPECT_EQ(Error::trap(TrapCode::CallStackExhausted).message(), "call stack exhausted");
  EXPECT_EQ(Error::trap(TrapCode::OutOfMemory).message(), "out of memory");
  const Error error = Error::trap(TrapCode::CastFailure, "at i31");
  EXPECT_EQ(error.code(), Errc::trap);
  EXPECT_EQ(error.trap_code(), TrapCode::CastFailure);
  EXPECT_EQ(error.message(), "cast failure: at i31");
}

TEST(Error, ExitHasAStatus) {
  const Error error = Error::exit(3);
  EXPECT_EQ(error.code(), Errc::exit);
  EXPECT_EQ(error.exit_status(), 3);
}

TEST(Error, FromErrnoNamesWhatAndWhy) {
  const Error error = Error::from_errno(ENOENT, "a.wasm");
  EXPECT_EQ(error.code(), Errc::io);
  EXPECT_EQ(error.os_error(), ENOENT);
  EXPECT_EQ(error.message(), "a.wasm: No such file or directory");
}

TEST(Error, CarriesAHostExceptionThatOrThrowRethrowsAsItself) {
  struct Custom : std::runtime_error {
    using std::runtime_error::runtime_error;
  };
  const Error error = Error::from_exception(std::make_exception_ptr(Custom("boom")));
  EXPECT_EQ(error.code(), Errc::host);
  EXPECT_EQ(error.message(), "boom");
  EXPECT_THROW(or_throw(Result<int>(std::unexpected(error))), Custom);
  EXPECT_EQ(Error::from_exception(std::make_exception_ptr(5)).message(),
            "exception of unknown type");
}

TEST(Error, AnErrorThrownAsExceptionComesBackAsThatError) {
  const Error error = Error::from_exception(std::make_exception_ptr(Exception(Error::exit(4))));
  EXPECT_EQ(error.code(), Errc::exit);
  EXPECT_EQ(error.exit_status(), 4);
}

TEST(Error, OrThrowGivesTheValueOrAnException) {
  EXPECT_EQ(or_throw(Result<int>(5)), 5);
  or_throw(Result<void>());
  try {
    or_throw(Result<int>(fail(Errc::limit, "too much")));
    FAIL();
  } catch (const Exception& e) {
    EXPECT_EQ(e.error().code(), Errc::limit);
    EXPECT_STREQ(e.what(), "too much");
  }
}

TEST(Error, DescribeListsFramesInnermostFirst) {
  Error error = Error::trap(TrapCode::Unreachable);
  error.add_frame(
      {.func_index = 2, .func_name = "inner", .module_name = "m", .module_offset = 255});
  error.add_frame({.func_index = 7, .module_offset = 16});
  EXPECT_EQ(error.describe(), "unreachable\n    at inner (m:0xff)\n    at function 7 (0x10)");
}

}  // namespace
}  // namespace weft
