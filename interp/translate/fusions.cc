// Instructions that are replaced by one that does the same.
//
// A fusion takes in the producer of a temporary that its consumer is the only one to read. The
// producer disappears, its operands are read later, by the consumer: nothing in between may have
// overwritten them. A temporary that something did overwrite is moved to a spare slot first: C's
// a[i] = f(x) computes the address, then the value in the same temporaries, then stores.
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <span>
#include <utility>

#include "interp/execute/handlers.h"
#include "interp/translate/cell_layout.h"
#include "interp/translate/flow.h"
#include "interp/translate/fusion_rows.h"
#include "interp/translate/ir.h"
#include "interp/translate/optimizations.h"

namespace weft::interp {
namespace {

// How far back a producer is looked for. Most are within three instructions; the search stays
// linear.
constexpr size_t kWindow = 12;
constexpr size_t kNone = SIZE_MAX;

bool is_gone(const IrInstr& instr) { return !instr.is_label && !instr.is_cell(); }

// Whether nothing may be moved past the instruction: it is reached from elsewhere, leaves the
// straight line, or reads or writes slots that its operands don't name.
bool ends_window(const IrInstr& instr) {
  if (instr.is_label || flow_of(instr.key.shape) != Flow::Next) return true;
  switch (instr.key.shape) {
    case Shape::MovePair:
    case Shape::MoveMany:
    case Shape::Atomic:
    case Shape::Wide:
    case Shape::MulWide:
    case Shape::NewObject:
    case Shape::Runtime:
      return true;
    default:
      return false;
  }
}

// Whether a load may happen after the instruction instead of before it: it neither writes memory
// nor traps.
bool lets_loads_pass(const IrInstr& instr) {
  switch (instr.key.shape) {
    case Shape::Binary:
      return !may_trap(instr.key.op);
    case Shape::Move:
    case Shape::Select:
    case Shape::CompareSelect:
    case Shape::GlobalGet:
    case Shape::OpOp:
    case Shape::VUnary:
    case Shape::VBinary:
    case Shape::VTernary:
    case Shape::VShift:
    case Shape::VShiftOr:
    case Shape::VTest:
    case Shape::VSplat:
    case Shape::VExtract:
    case Shape::VReplace:
    case Shape::VShuffle:
    case Shape::VConst:
    case Shape::VMove:
    case Shape::VSelect:
    case Shape::VGlobalGet:
    case Shape::VOpOp:
    case Shape::VOpExtract:
      return true;
    default:
      return false;
  }
}

// Vectors occupy two slots, which instructions name by the first.
bool writes(const IrInstr& instr, uint32_t slot) {
  return instr.writes_slot(slot) ||
         (slot > 0 && is_vector(instr.key.shape) && instr.writes_slot(slot - 1));
}

// Whether the form is there. Only those of vector shapes depend on the machine, and only a build
// for size lacks others.
bool is_there(const HandlerKey& key) {
  return (!kSmall && !is_vector(key.shape)) || handler_for(key) != nullptr;
}

bool is_const(const IrOperand& operand) { return operand.kind == IrOperand::Kind::Const; }

class Fuser {
 public:
  Fuser(IrFunction& function, Optimizations optimizations)
      : x_function(function), x_instrs(function.instrs), x_optimizations(optimizations) {}

  // Addresses first: an access takes in more of what it is given than any other instruction does.
  void run() {
    if (on(Optimization::Addresses)) {
      for_each_instr([this](IrInstr& instr) {
        switch (instr.key.shape) {
          case Shape::Load:
          case Shape::Store:
          case Shape::VLoad:
          case Shape::VStore:
            fuse_address(instr);
            break;
          default:
            break;
        }
      });
    }
    if (on(Optimization::Moves)) {
      for_each_instr([this](IrInstr& instr) {
        if (instr.key.shape == Shape::Move) fuse_copy(instr);
      });
    }
    for_each_instr([this](IrInstr& instr) {
      switch (instr.key.shape) {
        case Shape::Store:
          if (on(Optimization::StoreOp)) fuse_stored(instr);
          break;
        case Shape::Binary:
          fuse_operand(instr);
          break;
        case Shape::VStore:
          if (on(Optimization::StoreOp)) fuse_stored(instr);
          break;
        case Shape::VBinary:
          if (on(Optimization::OpOp)) {
            fuse_constant(instr);
            if (fuse_shifts(instr)) break;
          }
          fuse_operand(instr);
          break;
        case Shape::VShuffle:
          if (on(Optimization::OpOp)) reduce_shuffle(instr);
          break;
        case Shape::BranchIf:
        case Shape::CompareBranch:
          fuse_tested(instr);
          break;
        case Shape::Return:
          if (on(Optimization::ReturnOp)) fuse_returned(instr);
          break;
        case Shape::Select:
          if (on(Optimization::CompareSelect)) fuse_selected(instr);
          break;
        case Shape::BranchTable:
          fuse_looked_up(instr);
          break;
        case Shape::Move:
        case Shape::Branch:
          if (on(Optimization::Moves)) fuse_move(instr);
          break;
        default:
          break;
      }
    });
    // Last: what a value is for comes first.
    if (on(Optimization::Steps)) for_each_instr([this](IrInstr& instr) { fuse_step(instr); });
  }

 private:
  template <class F>
  void for_each_instr(F f) {
    x_spare_busy.fill(0);
    x_spares_used = 0;
    // A frame that needs a check of its own has had it already.
    x_spare_count = x_function.frame_slots + kSpares <= kRedZoneSlots ? kSpares : 0;
    const std::span<IrInstr> instrs = x_instrs;  // which f might change, for all the compiler knows
    for (size_t at = 0; at < instrs.size(); ++at) {
      if (!instrs[at].is_cell()) continue;
      x_at = at;
      f(instrs[at]);
    }
    x_function.frame_slots += x_spares_used;
  }

  bool on(Optimization optimization) const { return x_optimizations.has(optimization); }

  size_t window_begin() const { return x_at > kWindow ? x_at - kWindow : 0; }

  // The instruction before `reader` that computes the temporary which dies there.
  size_t producer_of(const IrOperand& operand, size_t reader) const {
    if (operand.kind != IrOperand::Kind::Slot || !operand.dies) return kNone;
    for (size_t next = reader; next > window_begin(); --next) {
      const size_t at = next - 1;
      const IrInstr& instr = x_instrs[at];
      if (is_gone(instr)) continue;
      if (ends_window(instr)) return kNone;
      if (instr.writes_slot(operand.slot)) return instr.steps() ? kNone : at;
      if (instr.reads_slot(operand.slot)) return kNone;
    }
    return kNone;
  }

  // Whether what instruction `from`, which will be gone, reads can be read at the current one
  // instead. May move a temporary to a slot where it lasts that long.
  bool lasts(IrOperand& operand, size_t from, Repr repr = Repr::I32) {
    if (operand.kind != IrOperand::Kind::Slot) return true;
    bool overwritten = false;
    for (size_t at = from + 1; at < x_at && !overwritten; ++at) {
      overwritten = !is_gone(x_instrs[at]) &&
                    (writes(x_instrs[at], operand.slot) ||
                     (repr == Repr::V128 && writes(x_instrs[at], operand.slot + 1)));
    }
    if (!overwritten) return true;
    const size_t producer = producer_of(operand, from);
    if (producer == kNone || !has_movable_result(x_instrs[producer])) return false;
    for (uint32_t spare = 0; spare < x_spare_count; ++spare) {
      if (x_spare_busy[spare] > producer) continue;
      x_spare_busy[spare] = x_at;
      x_spares_used = std::max(x_spares_used, spare + 1);
      operand.slot = x_function.frame_slots + spare;
      x_instrs[producer].d = operand.slot;
      return true;
    }
    return false;
  }
  void note_spares(const IrInstr& instr) {
    for (const IrOperand* operand : {&instr.a, &instr.b, &instr.c}) {
      if (operand->kind == IrOperand::Kind::Slot && operand->slot >= x_function.frame_slots)
        x_spare_busy[operand->slot - x_function.frame_slots] = x_at;
    }
  }
  // A scalar that is no reference: a collector does not look into spare slots.
  static bool has_movable_result(const IrInstr& instr) {
    switch (instr.key.shape) {
      case Shape::Binary:
      case Shape::OpOp:
      case Shape::OpLoad:
      case Shape::OpLoadIndexed:
        return true;
      case Shape::Load:
      case Shape::LoadIndexed:
        return instr.has_result();
      default:
        return false;
    }
  }
  bool all_last(size_t producer) {
    IrInstr& instr = x_instrs[producer];
    const Reprs reprs = reprs_of(instr.key);
    return lasts(instr.a, producer, reprs.in[0]) && lasts(instr.b, producer, reprs.in[1]);
  }
  static void remove(IrInstr& instr) { instr.key.shape = Shape::kCount; }

  // --- addresses

  // The shift of an index by the access's size that computes the operand of instruction `reader`.
  size_t scaling_of(const IrOperand& index, size_t reader, size_t access) {
    const size_t at = producer_of(index, reader);
    if (access == 1 || !is_binary(at, Opcode::I32Shl)) return kNone;
    IrInstr& shift = x_instrs[at];
    const bool fits = is_const(shift.b) && shift.a.kind == IrOperand::Kind::Slot &&
                      (shift.b.bits & 31) == static_cast<uint64_t>(std::countr_zero(access));
    return fits && lasts(shift.a, at) ? at : kNone;
  }
  // The addition of a constant that computes the operand of instruction `reader`.
  size_t displacement_of(const IrOperand& operand, size_t reader) {
    const size_t at = producer_of(operand, reader);
    if (!is_binary(at, Opcode::I32Add) || !is_const(x_instrs[at].b)) return kNone;
    return lasts(x_instrs[at].a, at) ? at : kNone;
  }
  bool is_binary(size_t at, Opcode op) const {
    return at != kNone && x_instrs[at].key.shape == Shape::Binary && x_instrs[at].key.op == op;
  }

  // An access at the sum of two values, one of which may be a constant, another a scaled index, and
  // others constants more than something else.
  void fuse_address(IrInstr& access) {
    const size_t at = producer_of(access.a, x_at);
    if (!is_binary(at, Opcode::I32Add)) return;
    IrInstr& sum = x_instrs[at];
    if (sum.a.kind != IrOperand::Kind::Slot) return;
    const bool is_store = access.key.shape == Shape::Store || access.key.shape == Shape::VStore;
    const bool vector = is_vector(access.key.shape);
    HandlerKey key = access.key;
    if (vector) {
      key.shape = is_store ? Shape::VStoreIndexed : Shape::VLoadIndexed;
      key.a = In::Slot;
      if (!is_there(key)) return;
    } else {
      key.shape = is_store ? Shape::StoreIndexed : Shape::LoadIndexed;
    }
    // Constants are on the right of a sum; as the base of an access they are on the left.
    IrOperand* base = &sum.b;
    IrOperand* index = &sum.a;
    const size_t bytes = vector ? 1 : access_bytes(access.key.op);  // vectors are not scaled
    size_t scaling = scaling_of(*index, at, bytes);
    if (scaling == kNone && base->kind == IrOperand::Kind::Slot) {
      scaling = scaling_of(*base, at, bytes);
      if (scaling != kNone) std::swap(base, index);
    }
    size_t base_sum = kNone;
    size_t index_sum = kNone;
    if (base->kind == IrOperand::Kind::Slot) {
      base_sum = displacement_of(*base, at);
      if (scaling == kNone) index_sum = displacement_of(*index, at);
    }
    if ((base_sum == kNone && !lasts(*base, at)) ||
        (scaling == kNone && index_sum == kNone && !lasts(*index, at))) {
      return;
    }
    uint32_t displacement = 0;
    const auto take = [&](size_t part, IrOperand*& operand) {
      if (part == kNone) return;
      IrInstr& instr = x_instrs[part];
      if (instr.key.op == Opcode::I32Add) displacement += static_cast<uint32_t>(instr.b.bits);
      operand = &instr.a;
      remove(instr);
    };
    take(base_sum, base);
    take(index_sum, index);
    take(scaling, index);
    remove(sum);
    if (is_store) {
      access.c = access.b;
      access.key.c = access.key.b;
    }
    access.key.shape = key.shape;
    access.a = *base;
    access.b = *index;
    note_spares(access);
    access.x = displacement;
    access.key.a = place_of(*base);
    access.key.b = In::Slot;
    if (scaling != kNone) access.key.flags |= kScaled;
  }

  // --- values

  // The shape of an instruction that computes with the result of one of the shape `inner`.
  Shape computing_shape(Shape inner) const {
    switch (inner) {
      case Shape::Binary:
        return on(Optimization::OpOp) ? Shape::OpOp : Shape::kCount;
      case Shape::Load:
        return on(Optimization::OpLoad) ? Shape::OpLoad : Shape::kCount;
      case Shape::LoadIndexed:
        return on(Optimization::OpLoad) ? Shape::OpLoadIndexed : Shape::kCount;
      case Shape::VBinary:
      case Shape::VShift:
        return on(Optimization::OpOp) ? Shape::VOpOp : Shape::kCount;
      case Shape::VExtract:
        return on(Optimization::OpOp) ? Shape::VOpExtract : Shape::kCount;
      case Shape::VLoad:
        return on(Optimization::OpLoad) ? Shape::VOpLoad : Shape::kCount;
      case Shape::VLoadIndexed:
        return on(Optimization::OpLoad) ? Shape::VOpLoadIndexed : Shape::kCount;
      default:
        return Shape::kCount;
    }
  }

  // Whether the producer may happen at the current instruction.
  bool is_movable(size_t producer) {
    const Shape shape = x_instrs[producer].key.shape;
    if (has_offset(shape) || shape == Shape::OpLoad) {
      for (size_t at = producer + 1; at < x_at; ++at) {
        if (!is_gone(x_instrs[at]) && !lets_loads_pass(x_instrs[at])) return false;
      }
    }
    return all_last(producer);
  }

  // Makes the current instruction of `fusion`'s shape, with the producer's operands as its first
  // and `other` as its third.
  void take_inner(IrInstr& instr, const Fusion& fusion, size_t producer, IrOperand other) {
    IrInstr& inner = x_instrs[producer];
    const uint8_t kept = instr.key.flags & kBack;
    HandlerKey key = fusion.key();
    key.a = place_of(inner.a);
    key.b = inner.b.kind == IrOperand::Kind::Const ? In::Imm : In::Slot;
    key.c = place_of(other);
    key.flags |= kept;
    key.flags |= (inner.key.flags | instr.key.flags) & (kChecked | kScaled);
    instr.key = key;
    instr.a = inner.a;
    instr.b = inner.b;
    instr.c = other;
    if (has_offset(inner.key.shape)) {
      instr.offset = inner.offset;
      instr.x = inner.x;
      instr.origin = inner.origin;  // of what may trap
    }
    if (inner.key.shape == Shape::VExtract) instr.x = inner.x;  // the lane
    note_spares(instr);
    remove(inner);
  }
  static bool has_offset(Shape shape) {
    return shape == Shape::Load || shape == Shape::LoadIndexed || shape == Shape::VLoad ||
           shape == Shape::VLoadIndexed;
  }

  bool fuse_operand(IrInstr& instr, const IrOperand& value, const IrOperand& other, bool right) {
    const size_t producer = producer_of(value, x_at);
    if (producer == kNone) return false;
    const IrInstr& inner = x_instrs[producer];
    const Shape shape = computing_shape(inner.key.shape);
    Fusion fusion{shape, instr.key.op, inner.key.op, right};
    if (right && commutes(fusion.op)) fusion.right = false;
    if (shape == Shape::kCount || !find_fusion(fusion)) return false;
    // Two constants, or a constant where the row has no form for one.
    HandlerKey key = fusion.key();
    key.a = place_of(inner.a);
    key.b = inner.b.kind == IrOperand::Kind::Const ? In::Imm : In::Slot;
    key.c = place_of(other);
    key.flags |= inner.key.flags & (kChecked | kScaled);
    if (!fused_form_exists(key, reprs_of(key)) || !is_there(key) || !is_movable(producer))
      return false;
    take_inner(instr, fusion, producer, other);
    return true;
  }

  void fuse_operand(IrInstr& instr) {
    const IrOperand a = instr.a;
    const IrOperand b = instr.b;
    if (!fuse_operand(instr, b, a, true)) fuse_operand(instr, a, b, false);
  }

  // --- vectors

  // The instruction of this shape that computes the operand.
  size_t producer_of(const IrOperand& operand, Shape shape) const {
    const size_t at = producer_of(operand, x_at);
    return at != kNone && x_instrs[at].key.shape == shape ? at : kNone;
  }

  // A constant operand, which goes into the cell: there `p` and `q` are.
  void fuse_constant(IrInstr& instr) {
    size_t producer = producer_of(instr.b, Shape::VConst);
    const auto other = swapped(instr.key.op);
    const bool swaps = producer == kNone && other;
    if (swaps) producer = producer_of(instr.a, Shape::VConst);
    if (producer == kNone) return;
    HandlerKey key = instr.key;
    key.b = In::Imm;
    if (swaps) key.op = *other;
    if (!is_there(key)) return;
    if (swaps) std::swap(instr.a, instr.b);
    instr.key = key;
    instr.b = IrOperand::constant(0);
    instr.p = x_instrs[producer].p;
    instr.q = x_instrs[producer].q;
    remove(x_instrs[producer]);
  }

  // Two shifts of one vector by constants, and their union: a rotation of its lanes.
  bool fuse_shifts(IrInstr& instr) {
    if (instr.key.op != Opcode::V128Or) return false;
    size_t left = producer_of(instr.a, Shape::VShift);
    size_t right = producer_of(instr.b, Shape::VShift);
    if (left == kNone || right == kNone) return false;
    const auto shifts_left = [&](size_t at) {
      return x_instrs[at].key.op == Opcode::I32x4Shl || x_instrs[at].key.op == Opcode::I64x2Shl;
    };
    if (!shifts_left(left)) std::swap(left, right);
    if (!shifts_left(left)) return false;
    const IrInstr& first = x_instrs[left];
    const IrInstr& second = x_instrs[right];
    const Opcode opposite =
        first.key.op == Opcode::I32x4Shl ? Opcode::I32x4ShrU : Opcode::I64x2ShrU;
    const HandlerKey key{.shape = Shape::VShiftOr, .op = first.key.op, .b = In::Imm, .c = In::Imm};
    if (second.key.op != opposite || !first.a.is_slot(second.a.slot) || !is_const(first.b) ||
        !is_const(second.b) || !is_there(key) || !all_last(std::min(left, right))) {
      return false;
    }
    instr.key = key;
    instr.a = first.a;
    instr.b = first.b;
    instr.c = second.b;
    remove(x_instrs[left]);
    remove(x_instrs[right]);
    return true;
  }

  // A shuffle that takes lanes of one vector only.
  void reduce_shuffle(IrInstr& instr) {
    constexpr uint64_t kSide = 0x1010101010101010;  // of each lane: which vector it is of
    const bool left = ((instr.p | instr.q) & kSide) == 0;
    const bool right = (instr.p & instr.q & kSide) == kSide;
    if (!left && !right && !instr.a.is_slot(instr.b.slot)) return;
    const HandlerKey key{.shape = Shape::VBinary, .op = Opcode::I8x16Swizzle, .b = In::Imm};
    if (!is_there(key)) return;
    instr.key = key;
    if (right) instr.a = instr.b;
    instr.b = IrOperand::constant(0);
    instr.p &= ~kSide;
    instr.q &= ~kSide;
  }

  // A store of a computed value.
  void fuse_stored(IrInstr& store) {
    const size_t producer = producer_of(store.b, x_at);
    const bool vector = is_vector(store.key.shape);
    if (producer == kNone ||
        x_instrs[producer].key.shape != (vector ? Shape::VBinary : Shape::Binary)) {
      return;
    }
    const IrInstr& inner = x_instrs[producer];
    const Fusion fusion{vector ? Shape::VStoreOp : Shape::StoreOp,
                        vector ? Opcode::V128Store : store.key.op, inner.key.op, false};
    if (!find_fusion(fusion) || is_const(inner.a) || is_const(store.a)) return;
    if (vector && is_const(inner.b)) return;
    HandlerKey key = fusion.key();
    key.flags = store.key.flags;
    if (!is_there(key) || !all_last(producer)) return;
    take_inner(store, fusion, producer, store.a);
  }

  // A branch on a value that is computed or loaded just before, and may be read again.
  void fuse_tested(IrInstr& branch) {
    const bool compares = branch.key.shape == Shape::CompareBranch;
    if (compares && (branch.key.flags & kNegate) != 0) return;
    Opcode op = branch.key.op;
    if (!compares) op = (branch.key.flags & kNegate) != 0 ? Opcode::I32Eq : Opcode::I32Ne;
    if (fuse_tested(branch, op, branch.a, compares ? branch.b : IrOperand::constant(0))) return;
    if (const auto other = compares ? swapped(op) : std::nullopt)
      fuse_tested(branch, *other, branch.b, branch.a);
  }

  bool fuse_tested(IrInstr& branch, Opcode op, const IrOperand value, const IrOperand other) {
    if (value.kind != IrOperand::Kind::Slot) return false;
    const size_t producer = value.dies ? producer_of(value, x_at) : local_just_set(value.slot);
    if (producer == kNone) return false;
    const IrInstr& inner = x_instrs[producer];
    const bool tests = on(Optimization::BranchOp) && inner.key.shape == Shape::VTest &&
                       is_const(other) && other.bits == 0;
    const Shape shape = tests ? Shape::VBranchTest : testing_shape(inner.key);
    const Fusion fusion{shape, op, inner.key.op, false};
    if (shape == Shape::kCount || !find_fusion(fusion)) return false;
    HandlerKey key = fusion.key();
    key.flags |= inner.key.flags & kChecked;
    if (!is_there(key)) return false;
    if (is_const(inner.a) && shape != Shape::BranchLoadIndexed) return false;
    if (other.is_slot(inner.d) || !is_movable(producer)) return false;
    const uint32_t result = inner.d;
    take_inner(branch, fusion, producer, tests ? IrOperand{} : other);
    branch.d = result;
    if (value.dies) {
      key = branch.key;
      key.d = Out::Acc;
      if (is_there(key)) branch.key = key;
    }
    return true;
  }
  // The shape of a branch on the result of an instruction with this key.
  Shape testing_shape(const HandlerKey& inner) const {
    switch (inner.shape) {
      case Shape::Binary:
        return on(Optimization::BranchOp) ? Shape::BranchOp : Shape::kCount;
      case Shape::Load:
        return on(Optimization::BranchLoad) ? Shape::BranchLoad : Shape::kCount;
      case Shape::LoadIndexed:
        return on(Optimization::BranchLoad) && (inner.flags & (kChecked | kScaled)) == 0
                   ? Shape::BranchLoadIndexed
                   : Shape::kCount;
      default:
        return Shape::kCount;
    }
  }
  // The instruction before the current one, if that sets this local.
  size_t local_just_set(uint32_t slot) const {
    for (size_t next = x_at; next > window_begin(); --next) {
      const size_t at = next - 1;
      if (is_gone(x_instrs[at])) continue;
      const IrInstr& instr = x_instrs[at];
      return !ends_window(instr) && instr.writes_slot(slot) && !instr.steps() ? at : kNone;
    }
    return kNone;
  }

  void fuse_returned(IrInstr& instr) {
    const size_t producer = producer_of(instr.a, x_at);
    if (producer == kNone || x_instrs[producer].key.shape != Shape::Binary) return;
    const Fusion fusion{Shape::ReturnOp, Opcode::Nop, x_instrs[producer].key.op, false};
    if (!find_fusion(fusion) || is_const(x_instrs[producer].a) || !all_last(producer)) return;
    take_inner(instr, fusion, producer, {});
    instr.key.c = In::Slot;
  }

  // A choice by a comparison: minimum, maximum, limits.
  void fuse_selected(IrInstr& select) {
    const size_t producer = producer_of(select.c, x_at);
    if (producer == kNone || x_instrs[producer].key.shape != Shape::Binary) return;
    IrInstr& compare = x_instrs[producer];
    HandlerKey key{.shape = Shape::CompareSelect, .op = compare.key.op, .repr = select.key.repr};
    IrOperand if_true = select.a;
    IrOperand if_false = select.b;
    IrOperand a = compare.a;
    IrOperand b = compare.b;
    if (is_const(a)) return;
    if (is_const(if_true)) {
      const auto opposite = negated(key.op);
      if (!opposite || is_const(if_false)) return;
      key.op = *opposite;
      std::swap(if_true, if_false);
    }
    key.b = place_of(b);
    key.c = place_of(if_false);
    if (handler_for(key) == nullptr || !all_last(producer)) return;
    select.key = key;
    select.a = compare.a;
    select.b = compare.b;
    select.c = if_false;
    select.s = if_true.slot;
    note_spares(select);
    remove(compare);
  }

  // A branch by a value from memory, or by one that has a constant added to it.
  void fuse_looked_up(IrInstr& table) {
    size_t producer = producer_of(table.a, x_at);
    if (is_binary(producer, Opcode::I32Add) && is_const(x_instrs[producer].b) &&
        on(Optimization::BranchOp) && lasts(x_instrs[producer].a, producer)) {
      IrInstr& sum = x_instrs[producer];
      table.a = sum.a;
      table.z = static_cast<uint32_t>(sum.b.bits);
      note_spares(table);
      remove(sum);
      producer = producer_of(table.a, x_at);
    }
    if (producer == kNone || !on(Optimization::BranchLoad)) return;
    IrInstr& load = x_instrs[producer];
    HandlerKey key{.shape = Shape::BranchTableLoad, .flags = load.key.flags};
    if (load.key.shape == Shape::Load) {
      key.op = load.key.op;
    } else if (load.key.shape == Shape::OpLoad && load.key.op == Opcode::I32Add &&
               is_const(load.c)) {
      key.op = load.key.inner;
    } else {
      return;
    }
    if (is_const(load.a) || handler_for(key) == nullptr || !is_movable(producer)) return;
    if (is_const(load.c)) table.z += static_cast<uint32_t>(load.c.bits);
    table.key = key;
    table.a = load.a;
    table.offset = load.offset;
    table.origin = load.origin;
    note_spares(table);
    remove(load);
  }

  // --- moves

  // A local that is set and copied to another, as local.tee and local.set leave it, and set again
  // before the block ends: the other is set at once, and read instead of it.
  void fuse_copy(IrInstr& move) {
    if (x_at == 0 || move.a.kind != IrOperand::Kind::Slot || move.d == move.a.slot) return;
    size_t at = x_at - 1;
    while (at > 0 && is_gone(x_instrs[at])) --at;
    IrInstr& producer = x_instrs[at];
    const uint32_t from = move.a.slot;
    const uint32_t to = move.d;
    if (!has_movable_result(producer) || producer.d != from) return;
    size_t end = x_at + 1;
    for (;; ++end) {
      if (end == x_instrs.size() || end > x_at + kWindow) return;
      const IrInstr& instr = x_instrs[end];
      if (is_gone(instr)) continue;
      if (ends_window(instr) || is_vector(instr.key.shape)) return;
      if (instr.writes_slot(from)) break;
      if (instr.writes_slot(to)) return;
    }
    for (size_t i = x_at + 1; i <= end; ++i) {
      if (is_gone(x_instrs[i])) continue;
      for (IrOperand* operand : {&x_instrs[i].a, &x_instrs[i].b, &x_instrs[i].c}) {
        if (operand->is_slot(from)) operand->slot = to;
      }
    }
    producer.d = to;
    remove(move);
  }

  // A move and what comes right after it.
  void fuse_move(IrInstr& instr) {
    if (x_at == 0) return;
    size_t at = x_at - 1;
    while (at > 0 && is_gone(x_instrs[at])) --at;
    IrInstr& first = x_instrs[at];
    if (first.key.shape != Shape::Move) return;
    if (instr.key.shape == Shape::Branch) {
      instr.a = first.a;
      instr.d = first.d;
      instr.key = {.shape = Shape::MoveBranch,
                   .a = first.key.a,
                   .repr = Repr::I64,
                   .flags = instr.key.flags};
    } else {
      instr.b = instr.a;
      instr.c = IrOperand::at(instr.d);
      instr.a = first.a;
      instr.d = first.d;
      instr.key = {.shape = Shape::MovePair, .a = place_of(instr.a), .b = place_of(instr.b)};
    }
    remove(first);
  }
  // --- steps

  // What the instruction is as a step: a slot becomes another, or itself, plus a constant, or a
  // constant, of which a cell has 32 bits. Moves are sums of 64 bits with 0.
  static uint8_t step_kind(const IrInstr& instr) {
    if (instr.steps()) return 0;
    const bool from_slot = instr.a.kind == IrOperand::Kind::Slot;
    if (instr.key.shape == Shape::Move) {
      if (from_slot) return kStep64;
      return instr.a.bits <= UINT32_MAX ? kStepConst : 0;
    }
    if (instr.key.shape != Shape::Binary || !from_slot || !is_const(instr.b)) return 0;
    const auto word = static_cast<int64_t>(instr.b.bits);
    if (instr.key.op == Opcode::I64Add) return word == static_cast<int32_t>(word) ? kStep64 : 0;
    return instr.key.op == Opcode::I32Add ? kStep : 0;
  }
  static uint64_t step_constant(const IrInstr& step) {
    if (step.key.shape == Shape::Binary) return step.b.bits;
    return is_const(step.a) ? step.a.bits : 0;
  }

  // Lets a step before that nothing in between can tell happen with this instruction.
  void fuse_step(IrInstr& instr) {
    if (instr.steps()) return;
    HandlerKey key = instr.key;
    key.flags |= kStep;
    if (handler_for(key) == nullptr) return;
    for (size_t next = x_at; next > window_begin(); --next) {
      const IrInstr& step = x_instrs[next - 1];
      if (is_gone(step)) continue;
      if (ends_window(step)) return;
      const uint8_t kind = step_kind(step);
      if (kind == 0 || !is_untouched(step, next)) continue;
      // What the instruction reads it had better find in an accumulator.
      const bool waits = instr.reads_slot(step.d) && flow_of(key.shape) == Flow::Next;
      if (waits) continue;
      key.flags = instr.key.flags | kind;
      if (!is_there(key)) continue;
      instr.key = key;
      instr.s = step.d;
      instr.r = is_const(step.a) ? kNoSlot : step.a.slot;
      instr.t = static_cast<int32_t>(step_constant(step));
      remove(x_instrs[next - 1]);
      return;
    }
  }
  // Whether no instruction from `from` to the current one reads what the step writes, or writes
  // what it reads or writes.
  bool is_untouched(const IrInstr& step, size_t from) const {
    for (size_t at = from; at < x_at; ++at) {
      const IrInstr& instr = x_instrs[at];
      if (is_gone(instr)) continue;
      if (instr.reads_slot(step.d) || writes(instr, step.d) ||
          (!is_const(step.a) && writes(instr, step.a.slot))) {
        return false;
      }
    }
    return true;
  }

  static constexpr uint32_t kSpares = 6;

  IrFunction& x_function;
  const std::span<IrInstr> x_instrs;
  const Optimizations x_optimizations;
  size_t x_at = 0;
  uint32_t x_spare_count = 0;
  uint32_t x_spares_used = 0;
  std::array<size_t, kSpares> x_spare_busy{};  // the last instruction that reads the spare slot
};

}  // namespace

void fuse(IrFunction& function, Optimizations optimizations) {
  Fuser(function, optimizations).run();
}

}  // namespace weft::interp
