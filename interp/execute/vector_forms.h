// Which forms the handlers of vector shapes have, by the places of their operands. On targets that
// have all of them; on the others every operand is in a slot.
#pragma once

#include "interp/core/op_facts.h"
#include "interp/translate/cell_layout.h"
#include "interp/translate/fusion_rows.h"

namespace weft::interp {

constexpr bool all_in_slots(const HandlerKey& key) {
  return key.a == In::Slot && key.b == In::Slot && key.c == In::Slot && key.d == Out::Slot;
}

// The forms that every target has.
constexpr bool plain_vector_form_exists(const HandlerKey& key) {
  switch (key.shape) {
    case Shape::VLoad:
    case Shape::VStore:
    case Shape::VLoadLane:
    case Shape::VStoreLane:
      return all_in_slots(key) && (key.flags & ~kChecked) == 0;
    case Shape::VLoadIndexed:
    case Shape::VStoreIndexed:
    case Shape::VShiftOr:
      return false;
    default:
      return all_in_slots(key) && key.flags == 0 && !has_inner(key.shape);
  }
}

// The forms of a build for size: fused ones, and of others those that save an instruction.
constexpr bool is_vector_form_left_out_when_small(const HandlerKey& key) {
  if (has_inner(key.shape) || plain_vector_form_exists(key)) return false;
  switch (key.shape) {
    case Shape::VBinary:
      return !swapped(key.op) || key.a != In::Acc || key.b != In::Slot || key.d == Out::Acc;
    case Shape::VShiftOr:
      return key.d == Out::Acc;
    case Shape::VLoadIndexed:
    case Shape::VStoreIndexed:
      return key.a == In::Acc || key.b == In::Acc || key.c == In::Acc || key.d == Out::Acc;
    default:
      return true;
  }
}

constexpr bool vector_form_exists(const HandlerKey& key) {
  if (kSmall && is_vector_form_left_out_when_small(key)) return false;
  if (has_inner(key.shape)) return find_fusion(key) && fused_form_exists(key, reprs_of(key));
  if (plain_vector_form_exists(key)) return true;
  const Reprs reprs = reprs_of(key);
  const auto clash = [&](In first, size_t i, In second, size_t j) {
    return first == In::Acc && second == In::Acc && share_accumulator(reprs.in[i], reprs.in[j]);
  };
  if (clash(key.a, 0, key.b, 1) || clash(key.a, 0, key.c, 2) || clash(key.b, 1, key.c, 2))
    return false;
  const bool constant = key.a == In::Imm || key.b == In::Imm || key.c == In::Imm;
  switch (key.shape) {
    case Shape::VUnary:
    case Shape::VTernary:
    case Shape::VTest:
    case Shape::VSplat:
    case Shape::VExtract:
    case Shape::VReplace:
    case Shape::VShuffle:
    case Shape::VConst:
      return !constant && key.flags == 0;
    case Shape::VBinary:
      // Where operands can be swapped, the right one is never in the accumulator.
      return key.a != In::Imm && key.flags == 0 && !(swapped(key.op) && key.b == In::Acc);
    case Shape::VShift:
      return key.a != In::Imm && key.b != In::Acc && key.flags == 0;
    case Shape::VShiftOr:
      return key.a != In::Imm && key.b == In::Imm && key.c == In::Imm && key.flags == 0;
    case Shape::VSelect:
      return key.a == In::Slot && key.b == In::Slot && key.c != In::Imm && key.flags == 0;
    case Shape::VMove:
    case Shape::VGlobalSet:
    case Shape::VGlobalSetFar:
      return !constant && key.d == Out::Slot && key.flags == 0;
    case Shape::VLoad:
    case Shape::VStore:
      return key.b != In::Imm && (key.flags & ~kChecked) == 0;
    case Shape::VLoadLane:
    case Shape::VStoreLane:
      return key.a == In::Slot && !constant && (key.flags & ~kChecked) == 0;
    case Shape::VLoadIndexed:
      return key.a != In::Acc && key.b != In::Imm && key.flags == 0;
    case Shape::VStoreIndexed:
      return key.a != In::Acc && key.b != In::Imm && key.c != In::Imm && key.flags == 0;
    default:
      return false;
  }
}

}  // namespace weft::interp
