// Profile: what a store's guests have executed, and where they spent their time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weft/export.hpp"

namespace weft {

/// A snapshot, made by StoreRef::profile. The lists begin with the largest numbers.
struct WEFT_API Profile {
  /// A kind of instruction of the interpreter's own, such as "i32.add acc := slot, const": what it
  /// computes, and where its operands are. Module::dump_function shows a function in them.
  struct Handler {
    std::string name{};
    std::uint64_t dispatches = 0;
  };
  /// Two of them that ran one after the other.
  struct Pair {
    std::string first{};
    std::string second{};
    std::uint64_t dispatches = 0;
  };
  /// A call stack: the names of its functions, outermost first. Of very deep ones only the
  /// innermost functions.
  struct Stack {
    std::vector<std::string> functions{};
    std::uint64_t samples = 0;
  };
  /// A function, and how many samples found it running (`self`) or on the stack (`total`).
  struct Function {
    std::string name{};
    std::uint64_t self = 0;
    std::uint64_t total = 0;
  };

  /// Exact, but for two things: threads that run one module at the same time lose counts to each
  /// other, and what a trap left undone of straight code counts as done. They are the modules'
  /// counts: other stores of the engine with the same modules have added to them.
  std::vector<Handler> handlers{};
  /// Inside functions, and from direct calls into their callees. What follows returns, and what
  /// indirect calls lead to, is left out.
  std::vector<Pair> pairs{};
  /// One sample for each millisecond, taken when the guest next comes to a loop's head, a call or a
  /// tail call. A function of the host's is on the stack by the name that the guest imports it by.
  std::vector<Stack> stacks{};

  /// All dispatches.
  [[nodiscard]] std::uint64_t dispatches() const;
  /// All samples.
  [[nodiscard]] std::uint64_t samples() const;
  /// The stacks by function, most `self` first.
  [[nodiscard]] std::vector<Function> functions() const;
  /// The stacks as lines "main;sort;compare 12", which flame-graph tools read.
  [[nodiscard]] std::string folded_stacks() const;
};

}  // namespace weft
