// The shape of each vector instruction's handler, from the instruction table.
#pragma once

#include <array>

#include "interp/core/opcode.h"
#include "interp/translate/cell.h"

namespace weft::interp {

constexpr Shape vector_shape_of(Opcode op) {
  constexpr auto kShapes = [] {
    std::array<Shape, kOpcodeCount> shapes{};
    shapes.fill(Shape::kCount);
#define WEFT_OP(...)
#define WEFT_V_UNARY(prefix, code, Id, text, sig, feature, fn) \
  shapes[index_of(Opcode::Id)] = Shape::VUnary;
#define WEFT_V_BINARY(prefix, code, Id, text, sig, feature, fn) \
  shapes[index_of(Opcode::Id)] = Shape::VBinary;
#define WEFT_V_TERNARY(prefix, code, Id, text, sig, feature, fn) \
  shapes[index_of(Opcode::Id)] = Shape::VTernary;
#define WEFT_V_SHIFT(prefix, code, Id, text, sig, feature, fn) \
  shapes[index_of(Opcode::Id)] = Shape::VShift;
#define WEFT_V_TEST(prefix, code, Id, text, sig, feature, fn) \
  shapes[index_of(Opcode::Id)] = Shape::VTest;
#define WEFT_V_SPLAT(prefix, code, Id, text, sig, feature, fn) \
  shapes[index_of(Opcode::Id)] = Shape::VSplat;
#include "interp/core/opcodes.def"
    return shapes;
  }();
  return kShapes[index_of(op)];
}

}  // namespace weft::interp
