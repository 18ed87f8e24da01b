// What a sink is told, and what not.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "interp/validate/function_validator.h"
#include "tests/validate/validate_helpers.h"

namespace weft::interp::testing {
namespace {

struct Number {
  int number = -1;  // entries that no event made
};

// Writes each event as a word, with the numbers of its operands; every pushed value gets the next
// number.
class Recorder : public IgnoringSink<Number, Number> {
 public:
  std::string log;

  void begin_function(std::span<const ValType> locals, uint32_t params) {
    note("begin", locals.size(), params);
  }
  void end_function() { note("end_function"); }
  void at(uint64_t offset) {
    EXPECT_GT(offset, x_last);
    x_last = offset;
  }
  Label block(Stack stack, BlockSignature) { return label("block", stack); }
  Label loop(Stack stack, BlockSignature) { return label("loop", stack); }
  Label if_(Stack stack, BlockSignature, Operand c) {
    note("if", c.number);
    return label("", stack);
  }
  void else_(Frame& frame, Stack stack, bool reachable) {
    note("else", frame.label.number, reachable ? "live" : "dead");
    if (reachable) list(stack);
  }
  void end(Frame& frame, Stack stack, bool reachable) {
    note("end", frame.label.number, reachable ? "live" : "dead");
    if (reachable) list(stack);
    EXPECT_TRUE(frame.reachable);
  }
  Operand param(const Frame&, size_t i) { return made("param", i); }
  Operand result(const Frame&, size_t i) { return made("result", i); }
  void br(Frame& frame, Stack stack) {
    note("br", frame.label.number);
    list(stack);
  }
  void br_if(Frame& frame, Stack stack, Operand c) {
    note("br_if", frame.label.number, c.number);
    list(stack);
  }
  void br_table(std::span<Frame* const> frames, Stack stack, Operand i) {
    note("br_table", i.number);
    for (const Frame* frame : frames) note("to", frame->label.number);
    list(stack);
  }
  void do_return(Stack stack, std::span<const ValType> results) {
    note("return", results.size());
    list(stack);
  }
  void unreachable() { note("unreachable"); }
  void call(uint32_t func, const FuncType&, Stack below, Stack args) {
    note("call", func);
    list(below);
    list(args);
  }
  Operand call_result(size_t i) { return made("call_result", i); }
  void drop(ValType, Operand a) { note("drop", a.number); }
  Operand constant(ValType, const Value&) { return made("const"); }
  Operand unary(Opcode, ValType, ValType, Operand a) { return made("unary", a.number); }
  Operand binary(Opcode, ValType, ValType, Operand a, Operand b) {
    return made("binary", a.number, b.number);
  }
  Operand local_get(uint32_t i, ValType) { return made("get", i); }
  void local_set(uint32_t i, ValType, Operand a, Stack stack) {
    note("set", i, a.number);
    list(stack);
  }
  Operand select(ValType, Operand a, Operand b, Operand c) {
    note("select", a.number, b.number);
    return made("by", c.number);
  }

 private:
  static std::string word(const char* text) { return text; }
  template <class Integer>
  static std::string word(Integer number) {
    return std::to_string(number);
  }
  template <class... Words>
  void note(const Words&... words) {
    std::string line;
    ((line += (line.empty() ? "" : " ") + word(words)), ...);
    if (!log.empty() && !line.empty()) log += "; ";
    log += line;
  }
  template <class... Words>
  Operand made(const Words&... words) {
    note(words...);
    log += "=" + std::to_string(x_next);
    return {x_next++};
  }
  void list(Stack stack) {
    log += " [";
    for (size_t i = 0; i < stack.size(); ++i)
      log += (i ? " " : "") + std::to_string(stack[i].operand.number);
    log += "]";
  }
  Label label(const char* name, Stack stack) {
    note(name);
    log += " L" + std::to_string(x_labels);
    list(stack);
    return {x_labels++};
  }

  int x_next = 0;
  int x_labels = 0;
  uint64_t x_last = 0;
};
static_assert(InstrSink<Recorder>);

std::string events(const Bytes& code, const Bytes& params = {}, const Bytes& results = {}) {
  ModuleBuilder builder;
  builder.type(params, results).type({0x7f, 0x7f}, {0x7f, 0x7f});
  builder.func(0, code, {1, 1, 0x7e}).func(1, {0x00});
  auto module = decode(builder.build());
  EXPECT_TRUE(module);
  TypeRegistry types;
  const ValidateOptions options;
  const auto valid = validate_module(**module, types, options);
  Recorder recorder;
  const auto result = validate_function({**module, types, options}, 0, recorder);
  EXPECT_EQ(valid.has_value(), result.has_value());
  if (!result) recorder.log += " ! " + result.error().message();
  return recorder.log;
}

TEST(Events, AFunctionBeginsWithItsLocalsAndEndsWithItsReturn) {
  EXPECT_EQ(events({}), "begin 1 0; return 0 []; end_function");
  EXPECT_EQ(events({0x20, 0}, {0x7f}, {0x7f}), "begin 2 1; get 0=0; return 1 [0]; end_function");
}

TEST(Events, OperandsComeInStackOrder) {
  EXPECT_EQ(events({0x41, 1, 0x41, 2, 0x6b, 0x1a}),
            "begin 1 0; const=0; const=1; binary 0 1=2; drop 2; return 0 []; end_function");
  EXPECT_EQ(events({0x41, 1, 0x41, 2, 0x41, 3, 0x1b, 0x1a}),
            "begin 1 0; const=0; const=1; const=2; select 0 1; by 2=3; drop 3; return 0 []; "
            "end_function");
}

TEST(Events, CallsSeeTheirArgumentsAndWhatIsBelow) {
  EXPECT_EQ(events({0x41, 1, 0x41, 2, 0x41, 3, 0x10, 1, 0x1a, 0x1a, 0x1a}),
            "begin 1 0; const=0; const=1; const=2; call 1 [0] [1 2]; call_result 0=3; call_result "
            "1=4; drop 4; drop 3; "
            "drop 0; return 0 []; end_function");
}

TEST(Events, BlockParametersStayAsTheyAre) {
  EXPECT_EQ(events({0x41, 1, 0x41, 2, 0x41, 3, 0x02, 1, 0x0b, 0x1a, 0x1a, 0x1a}),
            "begin 1 0; const=0; const=1; const=2; block L0 [0 1 2]; end 0 live [0 1 2]; result "
            "0=3; result 1=4; "
            "drop 4; drop 3; drop 0; return 0 []; end_function");
}

TEST(Events, AnElseStartsWithFreshParameters) {
  EXPECT_EQ(events({0x41, 1, 0x41, 2, 0x41, 3, 0x04, 1, 0x05, 0x0b, 0x1a, 0x1a}),
            "begin 1 0; const=0; const=1; const=2; if 2 L0 [0 1]; else 0 live [0 1]; param 0=3; "
            "param 1=4; "
            "end 0 live [3 4]; result 0=5; result 1=6; drop 6; drop 5; return 0 []; end_function");
}

TEST(Events, DeadCodeIsSilent) {
  EXPECT_EQ(events({0x0f, 0x41, 1, 0x1a, 0x02, 0x40, 0x0b, 0x10, 1, 0x1a, 0x1a}),
            "begin 1 0; return 0 []; end_function");
  EXPECT_EQ(events({0x00, 0x41, 1, 0x04, 0x40, 0x00, 0x05, 0x0b}),
            "begin 1 0; unreachable; end_function");
}

TEST(Events, CodeAfterTheEndOfAReachableBlockIsLive) {
  EXPECT_EQ(events({0x02, 0x7f, 0x41, 1, 0x0c, 0, 0x41, 9, 0x1a, 0x0b, 0x1a}),
            "begin 1 0; block L0 []; const=0; br 0 [0]; end 0 dead; result 0=1; drop 1; return 0 "
            "[]; end_function");
  EXPECT_EQ(events({0x02, 0x40, 0x00, 0x02, 0x40, 0x0c, 1, 0x0b, 0x0b}),
            "begin 1 0; block L0 []; unreachable; end 0 dead; return 0 []; end_function");
}

TEST(Events, ADeadThenPartStillHasItsElse) {
  EXPECT_EQ(events({0x41, 1, 0x04, 0x7f, 0x00, 0x05, 0x41, 2, 0x0b, 0x1a}),
            "begin 1 0; const=0; if 0 L0 []; unreachable; else 0 dead; const=1; end 0 live [1]; "
            "result 0=2; drop 2; "
            "return 0 []; end_function");
}

TEST(Events, BranchesSeeWhatTheyTakeOnTop) {
  EXPECT_EQ(events({0x02, 0x7f, 0x41, 1, 0x41, 2, 0x0d, 0, 0x0b, 0x1a}),
            "begin 1 0; block L0 []; const=0; const=1; br_if 0 1 [0]; end 0 live [0]; result 0=2; "
            "drop 2; return 0 []; "
            "end_function");
  EXPECT_EQ(events({0x02, 0x40, 0x03, 0x40, 0x41, 1, 0x0e, 1, 0, 1, 0x0b, 0x0b}),
            "begin 1 0; block L0 []; loop L1 []; const=0; br_table 0; to 1; to 0 []; end 1 dead; "
            "end 0 live []; return 0 []; "
            "end_function");
  EXPECT_EQ(events({0x0c, 0}), "begin 1 0; br -1 []; end_function");
}

TEST(Events, ARefusedInstructionHasNone) {
  EXPECT_EQ(events({0x41, 1, 0x42, 2, 0x6a, 0x1a}),
            "begin 1 0; const=0; const=1 ! type mismatch: expected i32, found i64");
  EXPECT_EQ(events({0x20, 7}), "begin 1 0 ! unknown local 7");
}

TEST(Events, AnnotationsOnTheStackCanBeChangedInPlace) {
  struct Flusher : Recorder {
    void local_set(uint32_t i, ValType type, Operand a, Stack stack) {
      for (auto& entry : stack) entry.operand.number += 100;
      Recorder::local_set(i, type, a, stack);
    }
  };
  auto module =
      decode(ModuleBuilder().type({0x7f}, {}).func(0, {0x20, 0, 0x41, 1, 0x21, 0, 0x1a}).build());
  TypeRegistry types;
  const ValidateOptions options;
  ASSERT_TRUE(validate_module(**module, types, options));
  Flusher flusher;
  ASSERT_TRUE(validate_function({**module, types, options}, 0, flusher));
  EXPECT_EQ(flusher.log,
            "begin 1 1; get 0=0; const=1; set 0 1 [100]; drop 100; return 0 []; end_function");
}

}  // namespace
}  // namespace weft::interp::testing
