// What translation does beyond folding operands, each a switch of its own: for tests, for
// measuring, and for finding out whose fault something is. docs/performance.md tells what each is
// for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weft::interp {

enum class Optimization : uint8_t {
  Accumulators,   // values pass from cell to cell in registers
  CompareBranch,  // a comparison and the branch on it are one cell
  Addresses,      // sums are computed by the access whose address they are
  OpOp,           // the other fusions: by their shape in fusions.def
  OpLoad,
  StoreOp,
  BranchOp,
  BranchLoad,
  ReturnOp,
  Moves,          // two moves, or a move and a jump, are one cell
  CompareSelect,  // a comparison and the choice by it are one cell
  Steps,          // a local that advances by a constant does so in a later cell
  Inlining,       // calls of small functions become what these do
  ByteLoops,      // loops that copy or fill memory are one cell, but for their last iteration
  kCount,
};
inline constexpr size_t kOptimizationCount = static_cast<size_t>(Optimization::kCount);

inline constexpr std::array<std::string_view, kOptimizationCount> kOptimizationNames = {
    "accumulators",   "compare-branch", "addresses",   "op-op",      "op-load",
    "store-op",       "branch-op",      "branch-load", "return-op",  "moves",
    "compare-select", "steps",          "inlining",    "byte-loops",
};

class Optimizations {
 public:
  static constexpr Optimizations all() { return Optimizations((1u << kOptimizationCount) - 1); }
  static constexpr Optimizations none() { return Optimizations(0); }

  constexpr bool has(Optimization optimization) const { return (x_bits & bit(optimization)) != 0; }
  constexpr void set(Optimization optimization, bool on) {
    x_bits = on ? x_bits | bit(optimization) : x_bits & ~bit(optimization);
  }
  constexpr auto operator<=>(const Optimizations&) const = default;

 private:
  explicit constexpr Optimizations(uint32_t bits) : x_bits(bits) {}
  static constexpr uint32_t bit(Optimization optimization) {
    return 1u << static_cast<unsigned>(optimization);
  }
  uint32_t x_bits;
};

// What stores do that are not told otherwise: all. Alone in its file, so that a program may have
// another one in its place: tests do (tests/optimizations.cc).
Optimizations default_optimizations();

}  // namespace weft::interp
