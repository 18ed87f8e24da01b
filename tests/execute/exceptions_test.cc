// Exceptions: who catches what and finds which values, in both forms; what happens between the host
// and guests, and to those that nobody catches.
#include "interp/runtime/frame_values.h"
#include "interp/runtime/sampler.h"
#include "tests/execute/wat_store.h"

namespace weft::interp::testing {
namespace {

constexpr uint64_t bits_of(int32_t value) { return static_cast<uint32_t>(value); }

class Exceptions : public ::testing::Test {
 protected:
  static constexpr uint32_t kDepth = 100'000;

  explicit Exceptions(StoreConfig config = {.stack_bytes = 64 << 20, .max_call_depth = 3 * kDepth})
      : s(config) {
    main = &s.add(
        "exceptions",
        {{"host", s.host({{ValType::I32}, {ValType::I32}}, [this](Value* v) { return host(v); })}});
  }
  uint64_t call(std::string_view name, std::vector<uint64_t> arguments = {}) {
    return s.call(*main, name, std::move(arguments));
  }
  TagInst* tag(std::string_view name) {
    return static_cast<TagInst*>(main->find_export(name)->object);
  }
  FuncInst& func(std::string_view name) {
    return *static_cast<FuncInst*>(main->find_export(name)->object);
  }
  ExnObject* exception(std::string_view of, uint32_t value) {
    const Value values[] = {Value::of_i32(value)};
    return s.store->new_exception(tag(of), values);
  }
  // The i32 of the exception that the last call ended with, which is then taken.
  uint32_t uncaught(std::string_view of) {
    EXPECT_EQ(s.trap, TrapCode::UncaughtException);
    ExnObject* const thrown = s.store->take_exception();
    if (thrown == nullptr || thrown->tag != tag(of)) return UINT32_MAX;
    Value value;
    take_from_frame(thrown->slots(), &value, thrown->tag->func_type->params);
    return value.i32;
  }

  WatStore s;
  Instance* main = nullptr;
  std::function<TrapCode(Value*)> host = [](Value*) { return TrapCode::None; };
};

TEST_F(Exceptions, AreCaughtByTheirTag) {
  EXPECT_EQ(call("catch", {1, 42}), 42u);
  EXPECT_EQ(call("catch", {2, 42}), 1042u);
  EXPECT_EQ(call("catch", {0, 42}), bits_of(-1));
  EXPECT_EQ(call("catch", {3, 42}), 7u);
  EXPECT_EQ(s.trap, TrapCode::None);
}

TEST_F(Exceptions, AreCaughtByTheInnermostTryAndItsFirstClause) { EXPECT_EQ(call("first"), 1u); }

TEST_F(Exceptions, CarryValuesOfEveryType) {
  EXPECT_EQ(call("every"), 1u);
  EXPECT_EQ(s.trap, TrapCode::None);
  ExternObject* const object = s.store->new_extern(nullptr, nullptr);
  EXPECT_EQ(call("every", {reinterpret_cast<uintptr_t>(object)}), 1u);
}

TEST_F(Exceptions, CaughtByTheFunctionItselfAreItsResults) {
  EXPECT_EQ(call("result", {41}), 42u);
  EXPECT_EQ(call("results", {41}), 141u);
  EXPECT_EQ(call("nothing"), 1u);
}

TEST_F(Exceptions, LeaveLocalsAndOperandsAsTheyWere) {
  EXPECT_EQ(call("survivors", {5}), 5u * 3 + 5 + 10 + 1000 + 0 + 9);
}

TEST_F(Exceptions, UnwindManyFrames) {
  EXPECT_EQ(call("deep", {0}), 42u);
  EXPECT_EQ(call("deep", {kDepth}), 42u);
  EXPECT_EQ(s.trap, TrapCode::None);
}

TEST_F(Exceptions, AreThrownAgainByEveryFrame) {
  EXPECT_EQ(call("pass", {0}), 42u);
  EXPECT_EQ(call("pass", {1'000}), 1'042u);
}

TEST_F(Exceptions, MayGoBackToALoop) { EXPECT_EQ(call("loop", {100'000}), 100'000u); }

TEST_F(Exceptions, LoopsOfThemAreInterrupted) {
  s.interrupt(*main, "spin");
  EXPECT_EQ(s.store->pending_exception(), nullptr);
  EXPECT_EQ(call("catch", {1, 42}), 42u);
}

class ProfiledExceptions : public Exceptions {
 protected:
  ProfiledExceptions() : Exceptions({.profile = true}) {}
};

TEST_F(ProfiledExceptions, LoopsOfThemAreSampled) {
  if (kSmall) GTEST_SKIP() << "a build for size has no profiler";
  // The sampler's thread may get no time while other programs run.
  uint64_t ticks = 0;
  for (int runs = 0; runs < 200 && ticks < 5; ++runs) {
    s.interrupt(*main, "spin");
    ticks = 0;
    for (const auto& [stack, count] : s.store->sampler()->stacks()) {
      EXPECT_EQ(stack.size(), 1u);
      ticks += count;
    }
  }
  EXPECT_GE(ticks, 5u);
}

TEST_F(Exceptions, TrapsAreNone) {
  const TrapCode traps[] = {TrapCode::Unreachable, TrapCode::IntegerDivideByZero,
                            TrapCode::OutOfBoundsMemoryAccess, TrapCode::CallStackExhausted};
  for (uint64_t i = 0; i < std::size(traps); ++i) {
    call("trap", {i});
    EXPECT_EQ(s.trap, traps[i]);
  }
  call("throw_null");
  EXPECT_EQ(s.trap, TrapCode::NullExceptionReference);
}

TEST_F(Exceptions, UncaughtComeOutWithTheirValuesAndTheTraceOfTheThrow) {
  call("passes", {0});
  EXPECT_EQ(uncaught("i"), 42u);
  EXPECT_EQ(s.store->pending_exception(), nullptr);
  call("throw", {2, 7});
  EXPECT_EQ(uncaught("j"), 7u);
  // Thrown again by each frame, so by the outermost last.
  call("passes", {3});
  EXPECT_EQ(uncaught("i"), 42u);
  EXPECT_EQ(s.trace().size(), 1u);
}

TEST_F(Exceptions, OfTheSameTypeDifferByTag) {
  s.add("exceptions_other", {{"i", *main->find_export("i")},
                             {"funcs", *main->find_export("funcs")},
                             {"throw", *main->find_export("throw")}});
  // Caught in this instance, with its memory; thrown by the other one.
  EXPECT_EQ(call("call_table", {0, 30}), 1035u);
  EXPECT_EQ(call("call_table", {3, 30}), 1035u);
  EXPECT_EQ(call("call_table", {1, 30}), bits_of(-1));
  // Thrown here, through the other one, which catches $i.
  EXPECT_EQ(call("call_table", {2, 1}), 50u + 9 + 1005);
  EXPECT_EQ(call("call_table", {2, 2}), bits_of(-1));
  EXPECT_EQ(s.trap, TrapCode::None);
}

TEST_F(Exceptions, OfTheHostAreCaughtByGuests) {
  host = [this](Value*) { return s.store->throw_exception(exception("i", 33)); };
  EXPECT_EQ(call("call_host"), 1033u);
  host = [this](Value*) { return s.store->throw_exception(exception("j", 33)); };
  EXPECT_EQ(call("call_host"), bits_of(-1));
  EXPECT_EQ(s.trap, TrapCode::None);
  call("plain_host");
  EXPECT_EQ(uncaught("j"), 33u);
  EXPECT_EQ(s.trace().size(), 1u);
}

TEST_F(Exceptions, OtherErrorsOfTheHostAreNotCaught) {
  host = [](Value*) { return TrapCode::HostError; };
  call("call_host");
  EXPECT_EQ(s.trap, TrapCode::HostError);
  // Without an exception to catch.
  host = [](Value*) { return TrapCode::UncaughtException; };
  call("call_host");
  EXPECT_EQ(s.trap, TrapCode::UncaughtException);
}

TEST_F(Exceptions, PassThroughTheHostAsTheyAre) {
  ExnObject* passed = nullptr;
  host = [&](Value*) {
    Value values[] = {Value::of_i32(1), Value::of_i32(33)};
    const TrapCode code = invoke(*s.store, func("throw"), values);
    passed = s.store->pending_exception();
    return code;
  };
  EXPECT_EQ(call("call_host"), 1033u);
  call("plain_host");
  EXPECT_EQ(s.store->pending_exception(), passed);
  EXPECT_EQ(uncaught("i"), 33u);
}

TEST_F(Exceptions, EndNestedActivationsOneByOne) {
  int nested = 0;
  host = [&](Value* values) {
    if (nested == 50) return s.store->throw_exception(exception("i", 33));
    ++nested;
    return invoke(*s.store, func("plain_host"), values);
  };
  EXPECT_EQ(call("call_host"), 1033u);
  EXPECT_EQ(s.store->state().depth, 0u);
  // The host that gets one back may go on.
  nested = 50;
  host = [&](Value* values) {
    if (nested++ == 51) return s.store->throw_exception(exception("i", 33));
    EXPECT_EQ(invoke(*s.store, func("plain_host"), values), TrapCode::UncaughtException);
    values[0].bits = 4;
    return TrapCode::None;
  };
  EXPECT_EQ(call("call_host"), 4u);
  EXPECT_EQ(s.trap, TrapCode::None);
}

TEST_F(Exceptions, AreNotCaughtWhereATailCallHasLeft) {
  host = [this](Value*) { return s.store->throw_exception(exception("i", 33)); };
  EXPECT_EQ(call("left_by_tail_call", {0, 0}), 33u);
  EXPECT_EQ(call("left_by_tail_call", {0, 1}), 33u);
  call("tail_host");
  EXPECT_EQ(uncaught("i"), 33u);
}

TEST_F(Exceptions, AreKeptByWhatRefersToThem) {
  for (uint64_t i = 0; i < 4; ++i) call("keep", {i, 10 + i});
  s.store->gc();
  call("churn", {100'000});
  s.store->gc();
  for (uint64_t i = 0; i < 4; ++i) EXPECT_EQ(call("kept", {i}), 10 + i);
  call("throw", {1, 5});
  s.store->gc();
  EXPECT_EQ(uncaught("i"), 5u);
}

TEST_F(Exceptions, AreFreedOtherwise) {
  call("churn", {3'000'000});
  EXPECT_EQ(s.trap, TrapCode::None);
  EXPECT_LT(s.store->heap().taken_bytes(), uint64_t{32} << 20);
}

// With a collection at every allocation.
class CollectedExceptions : public Exceptions {
 protected:
  CollectedExceptions() : Exceptions({.collect_always = true}) {}
};

TEST_F(CollectedExceptions, AreKeptOnTheirWay) {
  EXPECT_EQ(call("every"), 1u);
  EXPECT_EQ(call("pass", {100}), 142u);
  for (uint64_t i = 0; i < 4; ++i) call("keep", {i, 10 + i});
  for (uint64_t i = 0; i < 4; ++i) EXPECT_EQ(call("kept", {i}), 10 + i);
  host = [&](Value*) {
    Value values[] = {Value::of_i32(1), Value::of_i32(33)};
    const TrapCode code = invoke(*s.store, func("throw"), values);
    for (uint32_t i = 0; i < 10; ++i) exception("j", i);
    return code;
  };
  EXPECT_EQ(call("call_host"), 1033u);
  EXPECT_EQ(s.trap, TrapCode::None);
}

TEST_F(Exceptions, ATryIsNoCode) {
  CodeSpace& code = *main->context().code;
  const auto cells = [&](std::string_view name) {
    std::vector<uint32_t> offsets;
    for (const CellOrigin& origin : code.origins(func(name).index)) offsets.push_back(origin.cell);
    return offsets;
  };
  EXPECT_EQ(cells("with"), cells("without"));
}

// --- the legacy form

class LegacyExceptions : public ::testing::Test {
 protected:
  uint64_t call(std::string_view name, std::vector<uint64_t> arguments = {}) {
    const uint64_t result = s.call(main, name, std::move(arguments));
    EXPECT_EQ(s.trap, TrapCode::None) << name;
    return result;
  }
  WatStore s;
  Instance& main = s.add("exceptions_legacy");
};

TEST_F(LegacyExceptions, AreCaughtByTheirTag) {
  EXPECT_EQ(call("catch", {0, 42}), bits_of(-1));
  EXPECT_EQ(call("catch", {1, 42}), 42u);
  EXPECT_EQ(call("catch", {2, 42}), 1042u);
  EXPECT_EQ(call("catch", {3, 42}), 7u);
  EXPECT_EQ(call("no_clauses"), 5u);
  EXPECT_EQ(call("unset", {0}), 0u);
  EXPECT_EQ(call("unset", {3}), 1u);
}

TEST_F(LegacyExceptions, OfACatchPartAreForWhatIsAroundTheTry) {
  EXPECT_EQ(call("thrown_in_catch"), 60u);
}

TEST_F(LegacyExceptions, AreThrownAgainFromTheirCatchPart) {
  EXPECT_EQ(call("rethrow_outer"), 105u);
  EXPECT_EQ(call("rethrow_frames", {1'000}), 42u);
}

TEST_F(LegacyExceptions, AreDelegatedToWhatIsAroundALabel) {
  EXPECT_EQ(call("delegate_past"), 5u);
  EXPECT_EQ(call("delegate_to_block"), 15u);
  EXPECT_EQ(call("delegate_from_catch"), 25u);
  EXPECT_EQ(call("delegate_out"), 35u);
  EXPECT_EQ(call("delegate_nothing"), 3u);
}

TEST_F(LegacyExceptions, CatchPartsLeaveTheTrysResults) {
  for (const uint64_t by_branch : {0, 1}) {
    EXPECT_EQ(call("wide", {by_branch}), 1000u + 1 + 2 + 3 + 4);
    EXPECT_EQ(call("six", {by_branch}), 1'000'000u + 654321);
  }
}

TEST_F(LegacyExceptions, MixWithTheOthers) {
  EXPECT_EQ(call("both", {0}), 3u);
  EXPECT_EQ(call("both", {1}), 15u);
  EXPECT_EQ(call("both", {2}), 5u);
  EXPECT_EQ(call("both", {3}), 7u);
}

TEST_F(LegacyExceptions, UncaughtComeOut) {
  s.call(main, "uncaught");
  EXPECT_EQ(s.trap, TrapCode::UncaughtException);
  EXPECT_EQ(s.trace().size(), 1u);
}

// --- many

// `count` tries around a throw that only what is around them all catches.
Bytes nested_tries(size_t count) {
  const auto op = [](Opcode opcode) { return encode(opcode); };
  constexpr uint8_t void_type = 0x40, on_tag = 0, on_all = 2;
  const auto try_table = [&](uint8_t kind, const Bytes& tag) {
    return join(op(Opcode::TryTable), Bytes{void_type, 1, kind}, tag, Bytes{0});
  };
  Bytes code = try_table(on_all, {});
  const Bytes one = try_table(on_tag, {0});
  for (size_t i = 0; i < count; ++i) append(code, one);
  append(code, join(op(Opcode::Throw), Bytes{1}));
  for (size_t i = 0; i <= count; ++i) append(code, op(Opcode::End));
  ModuleBuilder builder;
  builder.type({}, {});
  builder.item(ModuleBuilder::kTag, {0, 0});
  builder.item(ModuleBuilder::kTag, {0, 0});
  builder.func(0, code);
  builder.item(ModuleBuilder::kExport, {1, 'f', 0, 0});
  return builder.build();
}

TEST(ManyExceptions, TriesMayBeNestedDeeply) {
  for (const size_t count : {size_t{10}, size_t{100'000}}) {
    WatStore s;
    Instance& instance = s.add(WatStore::compile(nested_tries(count), s.types));
    s.call(instance, "f");
    EXPECT_EQ(s.trap, TrapCode::None) << count;
  }
}

}  // namespace
}  // namespace weft::interp::testing
