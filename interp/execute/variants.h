// Which variants of a shape exist, and tables of them. The set is one predicate, so that the amount
// of machine code is tuned in one place; what is absent, the translator reaches by putting a
// constant into a slot or swapping operands.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "interp/core/op_facts.h"
#include "interp/core/opcode.h"
#include "interp/execute/abi.h"
#include "interp/translate/cell_layout.h"
#include "interp/translate/fusion_rows.h"

namespace weft::interp {

constexpr bool is_float(Repr repr) { return repr == Repr::F32 || repr == Repr::F64; }

// Two operands can't both come from one accumulator.
constexpr bool share_accumulator(Repr a, Repr b) {
  return is_float(a) || is_float(b) ? a == b : true;
}

constexpr bool has_field(Shape shape, Field field) {
  const Fields fields = fields_of(shape);
  return std::ranges::find(fields, field) != fields.end();
}

// Whether every place that the shape does not have is at its default.
constexpr bool is_normal(const HandlerKey& key) {
  return (key.a == In::Slot || has_field(key.shape, Field::A)) &&
         (key.b == In::Slot || has_field(key.shape, Field::B)) &&
         (key.c == In::Slot || has_field(key.shape, Field::C)) &&
         (key.d == Out::Slot || has_field(key.shape, Field::D));
}

// What a build for size leaves out: results that are not written, so that each is in its slot too,
// and the accumulator as an operand of what computes its address from two.
constexpr bool is_left_out_when_small(const HandlerKey& key) {
  const bool takes_acc = key.a == In::Acc || key.b == In::Acc || key.c == In::Acc;
  switch (key.shape) {
    case Shape::Binary:
    case Shape::Unary:
    case Shape::Load:
    case Shape::Move:
      return key.d == Out::Acc;
    case Shape::LoadIndexed:
      return takes_acc || key.d == Out::Acc;
    case Shape::StoreIndexed:
    case Shape::ArraySet:
      return takes_acc;
    default:
      return false;
  }
}

// Which cells may begin with a step: sums, moves, calls, and the ends of loops.
constexpr bool steps_exist(Shape shape) {
  switch (shape) {
    case Shape::Binary:
    case Shape::Branch:
    case Shape::BranchIf:
    case Shape::CompareBranch:
    case Shape::BranchOp:
    case Shape::MovePair:
    case Shape::MoveBranch:
    case Shape::Call:
    case Shape::CallLazy:
      return true;
    default:
      return false;
  }
}
constexpr bool exists_with_step(const HandlerKey& key) {
  if (kSmall || (key.repr != Repr::I32 && key.shape != Shape::MoveBranch)) return false;
  switch (key.shape) {
    case Shape::Binary:
      return key.op == Opcode::I32Add && key.a != In::Imm && key.b != In::Acc &&
             (key.flags & ~kStepFlags) == 0;
    case Shape::Branch:
      return (key.flags & kNegate) == 0;
    case Shape::BranchIf:
      return true;
    case Shape::CompareBranch:
      return reprs_of(key).in[0] == Repr::I32 && key.b != In::Acc &&
             ((key.flags & kNegate) == 0 || key.op == Opcode::I32And);
    case Shape::BranchOp:
      return key.inner == Opcode::I32Add && key.b == In::Imm && key.d == Out::Slot &&
             (key.flags & kNegate) == 0;
    case Shape::MovePair:
    case Shape::Call:
    case Shape::CallLazy:
      return (key.flags & ~kStepFlags) == 0;
    case Shape::MoveBranch:
      return (key.flags & kNegate) == 0;
    default:
      return false;
  }
}

constexpr bool exists(const HandlerKey& key) {
  if (!is_normal(key)) return false;
  if ((key.flags & kStep) != 0 && !exists_with_step(key)) return false;
  if (kSmall && is_left_out_when_small(key)) return false;
  const Reprs reprs = reprs_of(key);
  const bool both_acc =
      key.a == In::Acc && key.b == In::Acc && share_accumulator(reprs.in[0], reprs.in[1]);
  switch (key.shape) {
    case Shape::Binary:
      // A constant on the left only where the operands can't be swapped; two constants never.
      if (key.a == In::Imm && (key.b == In::Imm || swapped(key.op))) return false;
      return !both_acc;
    case Shape::Unary:
      return key.a != In::Imm;
    case Shape::Store:
    case Shape::StoreFar:
      return !both_acc;
    case Shape::LoadIndexed:
      return key.b != In::Imm && !both_acc;
    case Shape::StoreIndexed: {
      const bool address_in_acc = key.a == In::Acc || key.b == In::Acc;
      return key.b != In::Imm && !both_acc &&
             !(address_in_acc && key.c == In::Acc && share_accumulator(Repr::I32, reprs.in[2]));
    }
    case Shape::NewObject:
      return key.repr == Repr::I64 && key.flags == 0;
    case Shape::StructSet:
    case Shape::ArrayGet:
      return key.a != In::Imm && !both_acc && key.flags == 0;
    case Shape::ArraySet: {
      const bool array_in_acc = key.a == In::Acc || key.b == In::Acc;
      return key.a != In::Imm && !both_acc && key.flags == 0 &&
             !(array_in_acc && key.c == In::Acc && share_accumulator(Repr::I32, reprs.in[2]));
    }
    case Shape::StructGet:
    case Shape::ArrayLen:
    case Shape::I31Get:
    case Shape::RefTest:
    case Shape::RefCast:
    case Shape::BranchCast:
      return key.a != In::Imm;
    case Shape::VStructGet:
    case Shape::VStructSet:
    case Shape::VArrayGet:
    case Shape::VArraySet:
      return key.a == In::Slot && key.b == In::Slot && key.c == In::Slot && key.d == Out::Slot;
    case Shape::BranchIf:
    case Shape::BranchTable:
    case Shape::CallRef:
    case Shape::ReturnCallRef:
    case Shape::RefAsNonNull:
      return key.a != In::Imm;
    case Shape::CompareBranch:
      return key.a != In::Imm && !both_acc;
    case Shape::CompareSelect:
      return key.op >= Opcode::I32Eq && key.op <= Opcode::I32GeU && key.a != In::Imm && !both_acc &&
             key.c != In::Acc && key.repr == Repr::I32 && key.flags == 0;
    case Shape::BranchTableLoad:
      return (key.op == Opcode::I32Load8U || key.op == Opcode::I32Load) && key.a != In::Imm &&
             (key.flags & ~kChecked) == 0;
    case Shape::Select:
      return key.a != In::Acc && key.b != In::Acc && key.c != In::Imm;
    case Shape::Atomic:
      return key == HandlerKey{.shape = Shape::Atomic, .op = key.op};
    case Shape::Move:
      return !(key.a == In::Acc && key.d == Out::Acc);
    case Shape::MovePair:
      return key.a != In::Acc && key.b != In::Acc && key.c == In::Slot && key.d == Out::Slot;
    case Shape::MoveBranch:
      return key.d == Out::Slot;
    case Shape::OpOp:
    case Shape::OpLoad:
    case Shape::OpLoadIndexed:
    case Shape::StoreOp:
    case Shape::BranchOp:
    case Shape::BranchLoad:
    case Shape::BranchLoadIndexed:
    case Shape::ReturnOp:
      return find_fusion(key).has_value() && fused_form_exists(key, reprs);
    default:
      return true;
  }
}

// All combinations of the places of N operands (a, b, c), of the result's if HasResult, and of
// Flags flag values.
template <size_t N, bool HasResult, size_t Flags = 1>
struct VariantSpace {
  static constexpr size_t kPlaces = 3;
  static constexpr size_t kB = N > 1 ? kPlaces : 1;
  static constexpr size_t kC = N > 2 ? kPlaces : 1;
  static constexpr size_t kD = HasResult ? 2 : 1;
  static constexpr size_t kSize = kPlaces * kB * kC * kD * Flags;

  static constexpr size_t index_of_key(const HandlerKey& key, size_t flags = 0) {
    const auto place = [](In in) { return static_cast<size_t>(in); };
    return (((place(key.a) * kB + place(key.b)) * kC + place(key.c)) * kD +
            static_cast<size_t>(key.d)) *
               Flags +
           flags;
  }
  static constexpr size_t flags_at(size_t index) { return index % Flags; }
  static constexpr HandlerKey key_at(HandlerKey key, size_t index) {
    index /= Flags;
    key.d = static_cast<Out>(index % kD);
    index /= kD;
    key.c = static_cast<In>(index % kC);
    index /= kC;
    key.b = static_cast<In>(index % kB);
    key.a = static_cast<In>(index / kB);
    return key;
  }

  using Table = std::array<HandlerFn*, kSize>;
  // make.template operator()<key, flags>() yields the handler of a key that exists.
  template <HandlerKey Base, class Make>
  static constexpr Table table(Make make) {
    return [&]<size_t... I>(std::index_sequence<I...>) {
      return Table{[&]() -> HandlerFn* {
        constexpr HandlerKey key = key_at(Base, I);
        if constexpr (exists(key)) {
          return make.template operator()<key, flags_at(I)>();
        } else {
          return nullptr;
        }
      }()...};
    }(std::make_index_sequence<kSize>{});
  }
};

}  // namespace weft::interp
