// Random valid modules, as lists of encoded instructions so that a failing one can be shrunk.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/decode/module_bytes.h"

namespace weft::interp::testing {

// Types are letters, as in the instruction table, and 'r' for funcref.
struct RandomSignature {
  std::string params;
  std::string results;
  bool operator==(const RandomSignature&) const = default;
};

struct RandomFunc {
  uint32_t type;
  std::string locals;         // without parameters
  std::vector<Bytes> instrs;  // encoded, without the final `end`
};

// What memory a program's accesses are made to use: memory 0, one with 64-bit addresses, or a
// second one of either kind.
enum class RandomMemory : uint8_t { First, First64, Second, Second64 };

// Function 0 is imported, of type 0: (i64 i32 f64) -> i64. Globals 0 to 4 are imported (i l f d v),
// 5 to 9 are the module's own; all mutable. The last memory has one page, at most two; a table of
// kRandomTableSize funcrefs.
struct RandomProgram {
  std::vector<RandomSignature> types;
  std::vector<std::string> tags;  // what they carry
  std::vector<RandomFunc> funcs;
  uint32_t leaves = 0;          // the last functions: small, they call nothing and have no loops
  std::vector<uint32_t> table;  // function indices plus one; 0 for null
  // No instruction whose NaN results the spec leaves open: everything is compared bit by bit.
  bool exact_nans = false;
  // Instructions are generated for memory 0 with 32-bit addresses, and changed when encoded.
  RandomMemory memory = RandomMemory::First;

  Bytes build() const;
};

inline constexpr uint32_t kRandomTableSize = 8;
inline constexpr std::string_view kRandomGlobals = "ilfdvilfdv";
inline constexpr uint32_t kRandomImportedGlobals = 5;

RandomProgram random_program(uint64_t seed);

// An instruction of memory 0 as instructions that do the same with another memory. Parameters and
// locals before `scratch` are the function's own; kRandomScratch are the types of those from there.
inline constexpr std::string_view kRandomScratch = "iilfdv";
Bytes with_memory(const Bytes& instr, RandomMemory memory, uint32_t scratch);

// A program's edge values and random bits for a type.
class RandomBits {
 public:
  explicit RandomBits(uint64_t seed) : x_state(seed * 0x9e3779b97f4a7c15 + 0x1234567) {}
  uint64_t next();
  uint32_t below(uint32_t n) { return static_cast<uint32_t>((next() >> 32) * n >> 32); }
  bool chance(uint32_t percent) { return below(100) < percent; }
  uint64_t value_of(char type);

 private:
  uint64_t x_state;
};

// A loop that copies or fills memory, or nearly does, by three i32 locals, whatever they hold.
std::vector<Bytes> random_byte_loop(RandomBits& bits, uint32_t to, uint32_t from, uint32_t count);

}  // namespace weft::interp::testing
