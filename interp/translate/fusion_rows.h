// Which instructions are fused with which: fusions.def as a table, and the forms of each row.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "interp/core/hash_index.h"
#include "interp/core/op_facts.h"
#include "interp/core/opcode.h"
#include "interp/core/small.h"
#include "interp/translate/cell_layout.h"

namespace weft::interp {

struct Fusion {
  Shape shape;
  Opcode op;     // the second instruction
  Opcode inner;  // the first
  bool right;    // its result is the second's right operand

  constexpr uint64_t order() const {
    return static_cast<uint64_t>(shape) << 33 | uint64_t{right} << 32 |
           static_cast<uint64_t>(op) << 16 | static_cast<uint64_t>(inner);
  }
  constexpr HandlerKey key() const {
    return {.shape = shape,
            .op = op,
            .inner = inner,
            .flags = right ? static_cast<uint8_t>(kRight) : uint8_t{0}};
  }
};

inline constexpr auto kFusions = [] {
  std::array fusions{
#define WEFT_FUSE_ALWAYS(shape, second, first) \
  Fusion{Shape::shape, Opcode::second, Opcode::first, false},
#ifndef WEFT_SMALL
#define WEFT_FUSE WEFT_FUSE_ALWAYS
#define WEFT_FUSE_RIGHT(shape, second, first) \
  Fusion{Shape::shape, Opcode::second, Opcode::first, true},
#endif
#include "interp/translate/fusions.def"
  };
  std::ranges::sort(fusions, {}, &Fusion::order);
  return fusions;
}();
static_assert(std::ranges::adjacent_find(kFusions, {}, &Fusion::order) == kFusions.end());

// A cell that traps must be able to begin again, and tell one place in the module.
static_assert(std::ranges::none_of(kFusions, [](const Fusion& fusion) {
  return may_trap(fusion.op) || may_trap(fusion.inner);
}));

struct FusionOrder {
  constexpr uint64_t operator()(size_t row) const { return kFusions[row].order(); }
};
inline constexpr HashIndex<kFusions.size(), FusionOrder> kFusionIndex;

// The row's index in kFusions.
constexpr std::optional<size_t> find_fusion(const Fusion& wanted) {
  const size_t at = kFusionIndex.find(wanted.order());
  if (at == kFusionIndex.kNone) return std::nullopt;
  return at;
}

constexpr std::optional<size_t> find_fusion(const HandlerKey& key) {
  const bool right = (key.flags & kRight) != 0 &&
                     (key.shape == Shape::OpOp || key.shape == Shape::OpLoad ||
                      key.shape == Shape::OpLoadIndexed || key.shape == Shape::VOpOp ||
                      key.shape == Shape::VOpLoad || key.shape == Shape::VOpLoadIndexed);
  return find_fusion(Fusion{key.shape, key.op, key.inner, right});
}

constexpr bool commutes(Opcode op) { return swapped(op) == op; }

constexpr bool is_float(Repr repr) { return repr == Repr::F32 || repr == Repr::F64; }

// Two operands can't both come from one accumulator.
constexpr bool share_accumulator(Repr a, Repr b) {
  if (a == Repr::V128 || b == Repr::V128) return a == b;
  return is_float(a) || is_float(b) ? a == b : true;
}

// Whether a row has the form with these places. What is absent the translator reaches by putting a
// value into a slot, or by swapping operands.
constexpr bool fused_form_exists(const HandlerKey& key, const Reprs& reprs) {
  if (kSmall && (key.d == Out::Acc || (key.flags & kChecked) != 0)) return false;
  const auto share = [&](size_t i, size_t j) {
    return share_accumulator(reprs.in[i], reprs.in[j]);
  };
  const bool a = key.a == In::Acc;
  const bool b = key.b == In::Acc;
  const bool c = key.c == In::Acc;
  if ((a && b && share(0, 1)) || (a && c && share(0, 2)) || (b && c && share(1, 2))) return false;
  switch (key.shape) {
    case Shape::OpOp:
      return key.a != In::Imm && !(b && commutes(key.inner));
    case Shape::OpLoad:
      return key.a != In::Imm && key.b == In::Slot;
    case Shape::OpLoadIndexed:
      return key.a != In::Acc && key.b != In::Imm && key.c != In::Imm &&
             !(key.a == In::Imm && (key.flags & kScaled) != 0);
    case Shape::StoreOp:
      return key.a != In::Imm && !b && key.c != In::Imm && key.d == Out::Slot;
    case Shape::BranchOp:
      return key.a == In::Slot && !b && !c;
    case Shape::BranchLoad:
      return key.a != In::Imm && key.b == In::Slot && !c;
    case Shape::BranchLoadIndexed:
      return key.a != In::Acc && key.b != In::Imm && !c;
    case Shape::ReturnOp:
      return key.a != In::Imm && !b && key.c == In::Slot && key.d == Out::Slot;
    case Shape::VOpOp: {
      const bool shifts = reprs.in[1] == Repr::I32;
      return key.a != In::Imm && (shifts ? key.b == In::Imm : key.b != In::Imm) &&
             !(b && commutes(key.inner)) && !(key.c == In::Imm && shifts);
    }
    case Shape::VOpLoad:
      return key.a != In::Imm && key.b == In::Slot && key.c != In::Imm;
    case Shape::VOpLoadIndexed:
      return key.a != In::Acc && key.b == In::Slot && key.c != In::Imm;
    case Shape::VStoreOp:
      return key.a != In::Imm && (!b || !commutes(key.inner)) && key.b != In::Imm &&
             key.c == In::Slot && key.d == Out::Slot;
    case Shape::VBranchTest:
      return key.a != In::Imm && key.b == In::Slot && key.c == In::Slot;
    case Shape::VOpExtract:
      return key.a != In::Imm && key.b == In::Slot && key.c != In::Imm;
    default:
      return false;
  }
}

// The flags that a row's forms differ by.
constexpr uint8_t fused_flags(Shape shape) {
  switch (shape) {
    case Shape::OpLoad:
    case Shape::StoreOp:
      return kChecked;
    case Shape::OpLoadIndexed:
      return kChecked | kScaled;
    case Shape::BranchOp:
    case Shape::BranchLoadIndexed:  // with guard pages only: there are many forms
    case Shape::VBranchTest:
      return kBack;
    case Shape::BranchLoad:
      return kBack | kChecked;
    default:
      return 0;
  }
}

}  // namespace weft::interp
