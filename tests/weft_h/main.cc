// Makes a test of GoogleTest of each function that the tests in C list.
#include <gtest/gtest.h>

#include "tests/weft_h/c_test.h"

void c_test_fail(const char* file, int line, const char* what) {
  ADD_FAILURE_AT(file, line) << what;
}

namespace {

class CFunction : public testing::Test {
 public:
  explicit CFunction(void (*run)()) : run_(run) {}
  void TestBody() override { run_(); }

 private:
  void (*run_)();
};

// Before main(), which is GoogleTest's.
const bool kRegistered = [] {
  const std::pair<const char*, const c_test_t*> suites[] = {
      {"Engine", engine_tests}, {"Error", error_tests},     {"Gc", gc_tests},
      {"Memory", memory_tests}, {"Runtime", runtime_tests}, {"Wasi", wasi_tests}};
  for (const auto& [suite, tests] : suites) {
    for (const c_test_t* test = tests; test->name != nullptr; ++test) {
      testing::RegisterTest(suite, test->name, nullptr, nullptr, __FILE__, __LINE__,
                            [test]() -> testing::Test* { return new CFunction(test->run); });
    }
  }
  return true;
}();

}  // namespace
