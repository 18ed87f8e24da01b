// What the vector instructions compute, lane by lane: the tests' references.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <vector>

#include "interp/core/opcode.h"
#include "interp/core/value.h"

namespace weft::interp {

std::ostream& operator<<(std::ostream& out, const V128& vector);

namespace simd_reference {

// Operands of any vector instruction; each takes what it needs.
struct Inputs {
  V128 a;  // for loads: the memory
  V128 b;
  V128 c;
  uint64_t scalar = 0;  // bits of a scalar operand
  uint32_t lane = 0;    // modulo the number of lanes
};

// Scalar results are in the first bytes, the rest is 0.
using VectorFn = V128(const Inputs&);

// How much freedom NaN results have: None where bits are moved; else the float lanes of the result
// may hold any NaN that the spec allows for these operands (Spec 3.0, 4.3.3 "NaN Propagation").
enum class NanLanes : uint8_t { None, F32, F64 };

struct Reference {
  VectorFn* fn = nullptr;
  NanLanes nans = NanLanes::None;
};

const Reference& reference_of(Opcode op);
bool matches(const Reference& reference, const Inputs& in, const V128& expected,
             const V128& actual);

// The rows to test: those of a vector shape, and i8x16.shuffle.
std::vector<Opcode> vector_opcodes();
// Edge cases against edge cases, and random bits.
std::vector<Inputs> inputs_of(Opcode op);

}  // namespace simd_reference
}  // namespace weft::interp
