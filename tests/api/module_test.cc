#include "weft/module.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tests/api/fake_backend.h"
#include "weft/backend.hpp"

namespace weft {
namespace {

class ModuleTest : public testing::Test {
 protected:
  ModuleTest() {
    fake::ModuleSpec spec;
    spec.imports = {{"env", "g", GlobalType{}}};
    spec.exports = {{"f", FuncType()}, {"g", GlobalType{}}};
    backend_->add("some", spec);
    // What begins with another byte is text.
    const std::string binary("\0some", 5);
    backend_->add(binary, std::move(spec));
    std::ofstream(path_) << binary;
  }
  ~ModuleTest() override { std::filesystem::remove(path_); }

  std::shared_ptr<fake::FakeBackend> backend_ = std::make_shared<fake::FakeBackend>();
  Engine engine_{Config{}, backend_};
  std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("weft-module-test-" + std::to_string(::getpid()));
};

TEST_F(ModuleTest, TakesBytesOfAnyKind) {
  EXPECT_TRUE(Module::from_bytes(engine_, "some"));
  EXPECT_TRUE(Module::from_bytes(engine_, std::string("some")));
  EXPECT_TRUE(Module::from_bytes(engine_, std::vector<char>{'s', 'o', 'm', 'e'}));
  EXPECT_TRUE(Module::from_bytes(engine_, std::vector<std::uint8_t>{'s', 'o', 'm', 'e'}));
  const std::byte bytes[] = {std::byte{'s'}, std::byte{'o'}, std::byte{'m'}, std::byte{'e'}};
  EXPECT_TRUE(Module::from_bytes(engine_, bytes));
  EXPECT_TRUE(Module::validate(engine_, "some"));
  EXPECT_EQ(Module::validate(engine_, "none").error().code(), Errc::malformed);
  EXPECT_EQ(Module::from_bytes(engine_, "none").error().byte_offset(), 0u);
}

TEST_F(ModuleTest, ListsImportsAndExportsInOrder) {
  const Module module = or_throw(Module::from_bytes(engine_, "some"));
  ASSERT_EQ(module.imports().size(), 1u);
  EXPECT_EQ(module.imports()[0].name, "g");
  ASSERT_EQ(module.exports().size(), 2u);
  EXPECT_EQ(module.exports()[1].name, "g");
  ASSERT_NE(module.find_export("f"), nullptr);
  EXPECT_EQ(kind_of(*module.find_export("f")), ExternKind::Func);
  EXPECT_EQ(module.find_export("x"), nullptr);
  EXPECT_EQ(module.dump_function(0).error().code(), Errc::unsupported);
}

TEST_F(ModuleTest, ComesFromFilesReadOrMapped) {
  EXPECT_TRUE(Module::from_file(engine_, path_));
  EXPECT_TRUE(Module::from_file(engine_, path_, FileAccess::Map));
}

TEST_F(ModuleTest, UnreadableFilesAreIoErrors) {
  const auto missing = Module::from_file(engine_, "no/such/file.wasm");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), Errc::io);
  EXPECT_EQ(missing.error().os_error(), ENOENT);
  EXPECT_EQ(missing.error().message(), "no/such/file.wasm: No such file or directory");
  EXPECT_EQ(Module::from_file(engine_, "/").error().os_error(), EISDIR);
  EXPECT_EQ(Module::from_file(engine_, "/dev/null", FileAccess::Map).error().code(),
            Errc::malformed);
}

TEST_F(ModuleTest, TooLargeModulesAreRefusedBeforeTheyAreRead) {
  Config config;
  config.limits.module_bytes = 3;
  const Engine engine(config, backend_);
  EXPECT_EQ(Module::from_bytes(engine, "some").error().code(), Errc::limit);
  EXPECT_EQ(Module::from_file(engine, path_).error().code(), Errc::limit);
  EXPECT_EQ(Module::from_file(engine, "/dev/zero").error().code(), Errc::limit);
}

TEST_F(ModuleTest, EnginesKnowTheirBackend) {
  EXPECT_EQ(engine_.backend_name(), "fake");
  EXPECT_TRUE(engine_.supports(backend::Capability::DirectMemory));
  EXPECT_FALSE(engine_.supports(backend::Capability::Dump));
  const Engine copy = engine_;
  EXPECT_EQ(copy, engine_);
  EXPECT_NE(engine_, Engine(Config{}, backend_));
}

}  // namespace
}  // namespace weft
