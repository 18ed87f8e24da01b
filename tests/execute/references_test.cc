// Calls through references, branches on null, and indirect calls of subtypes.
#include <bit>

#include "tests/execute/wat_store.h"

namespace weft::interp::testing {
namespace {

constexpr uint64_t kMinusOne = UINT32_MAX;

class References : public ::testing::Test {
 protected:
  References() {
    const FuncType unary{{ValType::I32}, {ValType::I32}};
    guest = &s.add("references", {{"square", s.host(unary, [](Value* values) {
                                     values[0] = Value::of_i32(values[0].i32 * values[0].i32);
                                     return TrapCode::None;
                                   })}});
  }
  uint64_t call(std::string_view name, std::vector<uint64_t> arguments = {}) {
    const uint64_t result = s.call(*guest, name, std::move(arguments));
    EXPECT_EQ(s.trap, TrapCode::None) << name;
    return result;
  }
  TrapCode trap_of(std::string_view name, std::vector<uint64_t> arguments = {}) {
    s.call(*guest, name, std::move(arguments));
    return s.trap;
  }

  WatStore s;
  Instance* guest = nullptr;
};

// pick(0) is a function of the guest's, pick(1) the host's, pick(2) null.
TEST_F(References, AreCalled) {
  EXPECT_EQ(call("call", {0, 4}), 50u);
  EXPECT_EQ(call("call", {1, 4}), 160u);
  EXPECT_EQ(std::bit_cast<double>(call("call_float", {std::bit_cast<uint64_t>(3.0)})), 2.5);
  EXPECT_EQ(trap_of("call", {2, 4}), TrapCode::NullFunctionReference);
  EXPECT_EQ(trap_of("call_null"), TrapCode::NullFunctionReference);
}

TEST_F(References, AreCheckedForNull) {
  EXPECT_EQ(call("checked", {0}), 7u);
  EXPECT_EQ(call("checked", {1}), 36u);
  EXPECT_EQ(trap_of("checked", {2}), TrapCode::NullReference);
  EXPECT_EQ(trap_of("checked_null"), TrapCode::NullReference);
}

TEST_F(References, BranchOnNull) {
  EXPECT_EQ(call("or_minus_one", {0}), 4u);
  EXPECT_EQ(call("or_minus_one", {1}), 9u);
  EXPECT_EQ(call("or_minus_one", {2}), kMinusOne);
  EXPECT_EQ(call("with_values", {0}), 100u - 7);
  EXPECT_EQ(call("with_values", {1}), 100u - 8);
  EXPECT_EQ(call("with_values", {2}), 14u);
  EXPECT_EQ(call("return_if_null", {1}), 51u);
  EXPECT_EQ(call("return_if_null", {2}), 2u);
  EXPECT_EQ(call("constant_null"), 2u);
}

TEST_F(References, BranchOnNonNull) {
  EXPECT_EQ(call("on_non_null", {0}), 5u);
  EXPECT_EQ(call("on_non_null", {1}), 16u);
  EXPECT_EQ(call("on_non_null", {2}), kMinusOne);
  EXPECT_EQ(call("on_non_null_with_value", {0}), 1u);
  EXPECT_EQ(call("on_non_null_with_value", {1}), 1u);
  EXPECT_EQ(call("on_non_null_with_value", {2}), 7u);
}

TEST_F(References, LoopsOverThemAreInterrupted) {
  s.interrupt(*guest, "spin_on_null");
  s.interrupt(*guest, "spin_on_non_null");
}

// Element 0 has the type $base, 1 $derived, 2 $leaf, 3 is the host's of type $derived, 4 of another
// type, 5 null.
TEST(IndirectCalls, GoToSubtypesToo) {
  WatStore s;
  const auto compiled = WatStore::compile("subtypes", s.types);
  const TypeId derived = compiled->module->types[1].id;
  Instance& guest = s.add(compiled, {{"negate", s.host(derived, [](Value* values) {
                                        values[0] = Value::of_i32(0u - values[0].i32);
                                        return TrapCode::None;
                                      })}});
  constexpr uint64_t kX = 40;
  for (const bool tail : {false, true}) {
    const std::string prefix = tail ? "tail_" : "";
    const uint64_t factor = tail ? 1 : 10;
    const auto expect = [&](const char* as, uint64_t element, uint64_t result) {
      const uint64_t found = s.call(guest, prefix + as, {element, kX});
      EXPECT_EQ(s.trap, TrapCode::None) << as << element;
      EXPECT_EQ(found, static_cast<uint32_t>(result * factor)) << as << element;
    };
    const auto expect_trap = [&](const char* as, uint64_t element, TrapCode trap) {
      s.call(guest, prefix + as, {element, kX});
      EXPECT_EQ(s.trap, trap) << as << element;
    };
    for (const uint64_t element : {0, 1, 2}) expect("as_base", element, kX + element + 1);
    for (const uint64_t element : {1, 2}) expect("as_derived", element, kX + element + 1);
    expect("as_base", 3, 0 - kX);
    expect("as_derived", 3, 0 - kX);
    expect_trap("as_derived", 0, TrapCode::IndirectCallTypeMismatch);
    expect_trap("as_base", 4, TrapCode::IndirectCallTypeMismatch);
    expect_trap("as_base", 5, TrapCode::UninitializedElement);
    expect_trap("as_base", 6, TrapCode::UndefinedElement);
  }
}

}  // namespace
}  // namespace weft::interp::testing
