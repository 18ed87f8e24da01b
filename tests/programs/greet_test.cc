// A Rust library (examples/greet.rs) driven from C++: strings through memory, allocations freed,
// output captured.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <weft/weft.hpp>

namespace weft::testing {

namespace {

#ifdef WEFT_HAVE_RUST

class Greet : public ::testing::Test {
 protected:
  Greet() {
    or_throw(x_linker.wasi());
    wasi::Config config;
    x_output = config.capture_stdout();
    or_throw(x_store.set_wasi(std::move(config)));
    const Module module =
        or_throw(Module::from_file(x_engine, std::string(WEFT_GUESTS_DIR) + "/greet.wasm"));
    x_instance = or_throw(x_linker.instantiate(x_store, module));
    x_memory = or_throw(x_instance.memory(x_store));
  }

  template <class Signature>
  TypedFunc<Signature> func(std::string_view name) {
    return or_throw(x_instance.func<Signature>(x_store, name));
  }

  std::string greet(std::uint32_t name) {
    const std::uint32_t greeting =
        or_throw(func<std::uint32_t(std::uint32_t)>("greet")(x_store, name));
    std::string text = or_throw(x_memory.c_string(x_store, greeting));
    or_throw(func<void(std::uint32_t)>("free_string")(x_store, greeting));
    return text;
  }

  Engine x_engine{};
  Store x_store{x_engine};
  Linker x_linker{x_engine};
  wasi::Capture x_output{};
  Instance x_instance{};
  Memory x_memory{};
};

TEST_F(Greet, TakesAStringThatItAllocatedItself) {
  const std::string_view name = "World";
  const auto size = static_cast<std::uint32_t>(name.size() + 1);
  const std::uint32_t at =
      or_throw(func<std::uint32_t(std::uint32_t)>("alloc_bytes")(x_store, size));
  or_throw(x_memory.write(x_store, at, std::string(name) + '\0'));
  EXPECT_EQ(greet(at), "Hello, World!");
  or_throw(func<void(std::uint32_t, std::uint32_t)>("free_bytes")(x_store, at, size));
  EXPECT_EQ(x_output.contents(), "greet: 5 characters\nfree_string: done\n");
}

TEST_F(Greet, TakesAStringAtTheEndOfItsMemory) {
  const std::string_view name = "W\xc3\xb6rld";
  const std::uint64_t at = or_throw(x_memory.byte_size(x_store)) - name.size() - 1;
  or_throw(x_memory.write(x_store, at, name));
  EXPECT_EQ(greet(static_cast<std::uint32_t>(at)), "Hello, W\xc3\xb6rld!");
}

TEST_F(Greet, FreesWhatItGives) {
  const auto size = std::uint32_t{1000};
  const std::uint32_t at =
      or_throw(func<std::uint32_t(std::uint32_t)>("alloc_bytes")(x_store, size));
  or_throw(x_memory.write(x_store, at, std::string(size - 1, 'x') + '\0'));
  greet(at);
  const std::uint64_t before = or_throw(x_memory.byte_size(x_store));
  for (int i = 0; i < 2000; i++) greet(at);
  EXPECT_EQ(or_throw(x_memory.byte_size(x_store)), before);
}

TEST_F(Greet, NothingIsFreedForNull) {
  or_throw(func<void(std::uint32_t)>("free_string")(x_store, 0));
  EXPECT_EQ(x_output.take(), "free_string: nothing to free\n");
}

TEST_F(Greet, Adds) {
  const auto add = func<std::int32_t(std::int32_t, std::int32_t)>("add");
  EXPECT_EQ(or_throw(add(x_store, 5, 3)), 8);
  EXPECT_EQ(or_throw(add(x_store, INT32_MAX, 1)), INT32_MIN);
}

#else

TEST(Greet, NeedsRust) { GTEST_SKIP() << "there is no rustc for wasm32-wasi"; }

#endif

}  // namespace

}  // namespace weft::testing
