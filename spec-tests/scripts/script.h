// A script of the official suite, however it was written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace weft::spectest {

// What a lane, or a scalar as the only lane, may be.
struct Lane {
  enum class Kind : uint8_t {
    Bits,           // exactly these bits
    CanonicalNan,   // a NaN with only the top bit of its payload set, of either sign
    ArithmeticNan,  // a NaN with at least the top bit of its payload set
  };
  Kind kind = Kind::Bits;
  uint64_t bits = 0;
};

// An argument, or what a result has to match.
struct Pattern {
  enum class Kind : uint8_t {
    I32,
    I64,
    F32,
    F64,
    V128,
    Null,     // null of the heap type `heap`; of any if that is empty
    Host,     // the host's object number `host`, as an externref or an anyref
    NonNull,  // any reference of the heap type `heap` but null
    Either,   // one of `choices`
  };
  Kind kind = Kind::I32;
  std::vector<Lane> lanes{};  // one for scalars
  bool float_lanes = false;   // for people only
  std::string heap{};         // "func", "extern", ...
  uint32_t host = 0;
  std::vector<Pattern> choices{};
};

struct Action {
  enum class Kind : uint8_t { Invoke, Get };
  Kind kind = Kind::Invoke;
  std::string module{};  // a name given in the script; empty for the latest instance
  std::string field{};
  std::vector<Pattern> args{};
};

enum class CommandType : uint8_t {
  Module,            // define and instantiate
  ModuleDefinition,  // define
  ModuleInstance,    // instantiate a definition
  Register,
  Thread,  // run commands in a thread of their own
  Wait,    // for a thread's end
  Action,
  AssertReturn,
  AssertTrap,
  AssertExhaustion,
  AssertException,
  AssertInvalid,
  AssertMalformed,
  AssertUnlinkable,
  AssertUninstantiable,
  AssertInvalidCustom,  // that who knows a custom section finds fault with it
  AssertMalformedCustom,
  Unknown,
};

struct Command {
  CommandType type = CommandType::Unknown;
  std::string type_name{};
  uint32_t line = 0;
  std::size_t number = 0;  // in the order of the text, counting those inside of threads
  std::string name{};      // of the module, instance or thread; for ModuleInstance: the instance's
  std::string definition{};             // ModuleInstance: which definition; empty for the latest
  std::string as{};                     // Register
  std::string file{};                   // the module: .wasm, or .wat where there is only text
  std::optional<std::string> binary{};  // the module itself, of a script that is text
  std::optional<std::string> quoted{};  // the same as text that nobody has read yet
  std::string text{};                   // the expected message
  Action action{};
  std::vector<Pattern> expected{};
  std::string shared{};             // Thread: the instance whose exports it may use
  std::vector<Command> commands{};  // Thread
};

struct Script {
  std::string source{};  // the .wast file's path, as far as it is known
  std::filesystem::path folder{};
  std::vector<Command> commands{};
  std::size_t size = 0;  // the number of commands with those inside of threads
};

// For people: "i32 5", "v128 f32x4 1 nan:canonical 0 0", "extern 3".
std::string to_string(const Pattern& pattern);
std::string to_string(const std::vector<Pattern>& patterns);
// 'invoke "add" (i32 1, i32 2)'
std::string to_string(const Action& action);

}  // namespace weft::spectest
