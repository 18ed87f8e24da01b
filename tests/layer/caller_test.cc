// Who calls a host function, where that isn't who imported it, or isn't ready yet.
#include "tests/layer/layer_test.h"

namespace weft::layer {
namespace {

class CallerLayer : public LayerTest {
 protected:
  // Notes its caller, and the first byte of the caller's memory.
  Func host_ = wrap([this](Caller& caller, std::int32_t x) {
    Result<Instance> instance = caller.instance();
    caller_ = instance ? std::optional(*instance) : std::nullopt;
    Result<Memory> memory = caller.memory();
    byte_ = memory ? or_throw(memory->load<char>(caller, 0)) : '\0';
    exports_memory_ = caller.get_export("memory").has_value();
    return x + 1;
  });
  std::optional<Instance> caller_;
  char byte_ = '?';
  bool exports_memory_ = false;
};
WEFT_ON_EVERY_BACKEND(CallerLayer);

TEST_P(CallerLayer, IsTheOneThatCallsThroughATable) {
  const Instance shares = make("shares", {host_});
  const Instance borrows = make("borrows", {or_throw(shares.table(store_, "table"))});
  EXPECT_EQ((func<std::int32_t(std::int32_t)>(borrows, "through")(store_, 1)), 2);
  EXPECT_EQ(caller_, borrows);
  EXPECT_EQ(byte_, '*') << "of a memory that isn't exported";
  EXPECT_FALSE(exports_memory_);
  EXPECT_EQ((func<std::int32_t(std::int32_t)>(shares, "direct")(store_, 1)), 2);
  EXPECT_EQ(caller_, shares);
  EXPECT_EQ(byte_, '\0');
}

TEST_P(CallerLayer, IsKnownWhileItStarts) {
  const Instance begins = make("begins", {host_});
  EXPECT_EQ(caller_, begins);
  EXPECT_EQ(byte_, '#');
  EXPECT_TRUE(exports_memory_);
  EXPECT_EQ(or_throw(begins.exports(store_)).size(), 1u);
}

}  // namespace
}  // namespace weft::layer
