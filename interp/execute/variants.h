// Which variants of a shape exist, and tables of them. The set is one predicate, so that the amount
// of machine code is tuned in one place; what is absent, the translator reaches by putting a
// constant into a slot or swapping operands.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "interp/core/op_facts.h"
#include "interp/core/opcode.h"
#include "interp/execute/abi.h"
#include "interp/execute/handler_tables.h"
#include "interp/execute/vector_forms.h"
#include "interp/translate/cell_layout.h"
#include "interp/translate/fusion_rows.h"

namespace weft::interp {

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
    case Shape::Load:
    case Shape::Store:
    case Shape::LoadIndexed:
      return true;
    default:
      return false;
  }
}
// The accesses that may: the commonest, with guard pages.
constexpr bool steps_exist(Opcode access) {
  switch (access) {
    case Opcode::I32Load:
    case Opcode::I32Load8U:
    case Opcode::I64Load:
    case Opcode::F64Load:
    case Opcode::I32Store:
    case Opcode::I32Store8:
    case Opcode::F64Store:
      return true;
    default:
      return false;
  }
}

// What chains of operations are mostly made of.
constexpr bool is_common(Opcode op) {
  switch (op) {
    case Opcode::I32Add:
    case Opcode::I32And:
    case Opcode::I32Xor:
    case Opcode::I32Shl:
    case Opcode::I32ShrU:
    case Opcode::I32Rotl:
    case Opcode::F64Add:
    case Opcode::F64Sub:
    case Opcode::F64Mul:
      return true;
    default:
      return false;
  }
}

// What a build for size leaves out: most results that are not written, so that each is in its slot
// too, and the accumulator as an operand of what computes its address from two, and of what is
// rare.
constexpr bool is_left_out_when_small(const HandlerKey& key) {
  const bool takes_acc = key.a == In::Acc || key.b == In::Acc || key.c == In::Acc;
  switch (key.shape) {
    case Shape::Binary:
      return key.d == Out::Acc && !is_common(key.op);
    case Shape::Load:
    case Shape::LoadIndexed:
      if (steps_exist(key.op) && (key.flags & kChecked) == 0) return false;
      return key.d == Out::Acc || (takes_acc && key.shape != Shape::Load);
    case Shape::StoreIndexed:
      return key.a == In::Acc || key.b == In::Acc ||
             (key.c == In::Acc && (!steps_exist(key.op) || (key.flags & kChecked) != 0));
    case Shape::Unary:
    case Shape::Move:
      return key.d == Out::Acc;
    case Shape::LoadFar:
    case Shape::StructGet:
    case Shape::ArrayGet:
    case Shape::ArrayLen:
    case Shape::I31Get:
    case Shape::RefTest:
      return takes_acc || key.d == Out::Acc;
    case Shape::StoreFar:
    case Shape::StructSet:
    case Shape::ArraySet:
    case Shape::RefCast:
    case Shape::BranchCast:
      return takes_acc;
    case Shape::CompareBranch:
      return takes_acc && reprs_of(key).in[0] != Repr::I32;
    default:
      return false;
  }
}

// What a build for size has of them.
constexpr bool exists_with_step_when_small(const HandlerKey& key) {
  switch (key.shape) {
    case Shape::Binary:
    case Shape::Call:
    case Shape::CallLazy:
      return key.d == Out::Slot && key.step() != kStepConst;
    case Shape::BranchIf:
      return key.step() != kStep64;
    case Shape::Branch:
    case Shape::BranchOp:
      return key.step() == kStep;
    case Shape::Load:
      return key.step() == kStep && key.a == In::Slot && key.d == Out::Slot;
    default:
      return false;
  }
}
constexpr bool exists_with_step(const HandlerKey& key) {
  if (kSmall && !exists_with_step_when_small(key)) return false;
  if (key.repr != Repr::I32 && key.shape != Shape::MoveBranch) return false;
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
    case Shape::Load:
      return steps_exist(key.op) && (key.flags & ~kStepFlags) == 0 && key.a != In::Imm;
    case Shape::LoadIndexed:
      return steps_exist(key.op) && (key.flags & ~kStepFlags) == 0 && key.a != In::Acc;
    case Shape::Store:
      return steps_exist(key.op) && (key.flags & ~kStepFlags) == 0 && key.a != In::Imm &&
             (key.a == In::Slot || key.b != In::Acc);
    default:
      return false;
  }
}

constexpr bool exists(const HandlerKey& key) {
  if (!is_normal(key)) return false;
  if (key.step() != 0 && !exists_with_step(key)) return false;
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
      return !is_vector(key.shape) || vector_form_exists(key);
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

  struct Table {
    std::span<HandlerFn* const> handlers;
    PresentBits<kSize> present{};

    HandlerFn* operator[](size_t index) const {
      const size_t number = number_among(present.data(), index);
      return number == kAbsent ? nullptr : handlers[number];
    }
  };
  // Make().template operator()<key, flags>() yields the handler of a key that exists, or null.
  template <HandlerKey Base, class Make>
  static constexpr Table table(Make) {
    return {Dense<Base, Make>::kHandlers, Dense<Base, Make>::kPresent};
  }

 private:
  template <HandlerKey Base, class Make>
  struct Dense {
    static constexpr auto kAll = []<size_t... I>(std::index_sequence<I...>) {
      return std::array<HandlerFn*, kSize>{[]() -> HandlerFn* {
        constexpr HandlerKey key = key_at(Base, I);
        if constexpr (exists(key)) {
          return Make().template operator()<key, flags_at(I)>();
        } else {
          return nullptr;
        }
      }()...};
    }(std::make_index_sequence<kSize>{});

    static constexpr size_t kCount =
        kSize - static_cast<size_t>(std::ranges::count(kAll, static_cast<HandlerFn*>(nullptr)));
    static constexpr auto kHandlers = [] {
      std::array<HandlerFn*, kCount> handlers{};
      std::ranges::copy_if(kAll, handlers.begin(), [](HandlerFn* fn) { return fn != nullptr; });
      return handlers;
    }();
    static constexpr auto kPresent = [] {
      PresentBits<kSize> present{};
      for (size_t i = 0; i < kSize; ++i) {
        if (kAll[i] != nullptr) present[i / 64] |= uint64_t{1} << (i % 64);
      }
      return present;
    }();
  };
};

}  // namespace weft::interp
