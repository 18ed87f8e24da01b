// Where a guest goes from a cell, by its shape.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "interp/translate/cell_layout.h"

namespace weft::interp {

// Where a guest goes on after a cell.
enum class Flow : uint8_t {
  Next,    // at the next cell
  Jump,    // at `target`
  Branch,  // at either
  Table,   // at a target of a branch table
  Call,    // in the callee, and at the next cell once that returns
  Leave,   // not in this frame; or where an exception is caught
};

namespace detail {

constexpr Flow find_flow(Shape shape) {
  switch (shape) {
    case Shape::Branch:
    case Shape::MoveBranch:
    case Shape::CountEdge:
      return Flow::Jump;
    case Shape::BranchTable:
    case Shape::BranchTableLoad:
      return Flow::Table;
    case Shape::Call:
    case Shape::CallLazy:
    case Shape::CallImport:
    case Shape::CallIndirect:
    case Shape::CallRef:
      return Flow::Call;
    case Shape::Return:
    case Shape::ReturnVoid:
    case Shape::ReturnMany:
    case Shape::ReturnOp:
    case Shape::ReturnCall:
    case Shape::ReturnCallLazy:
    case Shape::ReturnCallImport:
    case Shape::ReturnCallIndirect:
    case Shape::ReturnCallRef:
    case Shape::Throw:
    case Shape::ThrowRef:
    case Shape::Trap:
      return Flow::Leave;
    default:
      for (const Field field : fields_of(shape)) {
        if (field == Field::Target) return Flow::Branch;
      }
      return Flow::Next;
  }
}

inline constexpr auto kFlows = [] {
  std::array<Flow, static_cast<size_t>(Shape::kCount) + 1> flows{};
  for (size_t i = 0; i < flows.size(); ++i) flows[i] = find_flow(static_cast<Shape>(i));
  return flows;
}();

}  // namespace detail

constexpr Flow flow_of(Shape shape) { return detail::kFlows[static_cast<size_t>(shape)]; }

}  // namespace weft::interp
