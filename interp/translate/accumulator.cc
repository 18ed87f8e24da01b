// Which instructions pass their result to the next ones through an accumulator.
//
// Every handler with a scalar result leaves it in the accumulator of its kind, so a later
// instruction may read it there while nothing else has overwritten it. When that reader was the
// only one, the slot need not be written at all. A chain through the accumulator costs 0.9 ns an
// instruction, one through slots 2.9 ns (docs/performance.md).
#include <array>
#include <utility>

#include "interp/execute/handlers.h"
#include "interp/translate/cell_layout.h"
#include "interp/translate/fusion_rows.h"
#include "interp/translate/ir.h"

namespace weft::interp {
namespace {

// The accumulators: integers and references share one.
enum AccClass : uint8_t { kIntAcc, kF32Acc, kF64Acc, kAccCount, kNoAcc };

constexpr AccClass class_of(Repr repr) {
  switch (repr) {
    case Repr::I32:
    case Repr::I64:
      return kIntAcc;
    case Repr::F32:
      return kF32Acc;
    case Repr::F64:
      return kF64Acc;
    case Repr::V128:
      break;
  }
  return kNoAcc;
}

struct Holds {
  bool valid = false;
  bool read_from_slot = false;  // somebody read the slot itself: it must be written
  uint32_t slot = 0;
  IrInstr* producer = nullptr;  // null where the slot is written in any case
};

class AccumulatorPass {
 public:
  explicit AccumulatorPass(IrFunction& function) : x_function(function) {}

  void run() {
    for (IrInstr& instr : x_function.instrs) {
      if (instr.is_label) {
        forget_all();
        continue;
      }
      if (instr.key.shape == Shape::kCount) continue;  // what a fusion took in
      read_operands(instr);
      note_result(instr);
    }
  }

 private:
  void forget_all() { x_holds = {}; }

  // At a branch: what dies on this way may be read on the other.
  void let_all_be_written() {
    for (Holds& holds : x_holds) holds.producer = nullptr;
  }

  Holds* holder_of(const IrOperand& operand, Repr repr) {
    const AccClass acc = class_of(repr);
    if (acc == kNoAcc || operand.kind != IrOperand::Kind::Slot) return nullptr;
    Holds& holds = x_holds[acc];
    return holds.valid && holds.slot == operand.slot ? &holds : nullptr;
  }

  // Tries to read one operand from its accumulator; true if such a handler exists.
  bool try_place(IrInstr& instr, In HandlerKey::* place, const IrOperand& operand, Holds& holds) {
    HandlerKey key = instr.key;
    key.*place = In::Acc;
    if (handler_for(key) == nullptr) return false;
    instr.key = key;
    if (operand.dies && !holds.read_from_slot && holds.producer != nullptr) {
      HandlerKey producer = holds.producer->key;
      producer.d = Out::Acc;
      if (handler_for(producer) != nullptr) holds.producer->key = producer;
    }
    return true;
  }

  void read_operands(IrInstr& instr) {
    if (instr.steps()) {  // first, through the slot
      for (Holds& holds : x_holds) {
        if (holds.slot == instr.r) holds.read_from_slot = true;
        if (holds.slot == instr.s) holds.valid = false;
      }
    }
    switch (instr.key.shape) {
      case Shape::Binary:
      case Shape::Unary:
      case Shape::Load:
      case Shape::Store:
      case Shape::LoadFar:
      case Shape::StoreFar:
      case Shape::LoadIndexed:
      case Shape::StoreIndexed:
      case Shape::OpOp:
      case Shape::OpLoad:
      case Shape::OpLoadIndexed:
      case Shape::StoreOp:
      case Shape::BranchOp:
      case Shape::BranchLoad:
      case Shape::BranchLoadIndexed:
      case Shape::ReturnOp:
      case Shape::Move:
      case Shape::MovePair:
      case Shape::MoveBranch:
      case Shape::Select:
      case Shape::CompareSelect:
      case Shape::GlobalSet:
      case Shape::GlobalSetFar:
      case Shape::BranchIf:
      case Shape::BranchTable:
      case Shape::BranchTableLoad:
      case Shape::CompareBranch:
      case Shape::CallIndirect:
      case Shape::CallRef:
      case Shape::ReturnCallIndirect:
      case Shape::ReturnCallRef:
      case Shape::RefAsNonNull:
      case Shape::Return:
      case Shape::Atomic:
      case Shape::StructGet:
      case Shape::StructSet:
      case Shape::ArrayGet:
      case Shape::ArraySet:
      case Shape::ArrayLen:
      case Shape::I31Get:
      case Shape::RefTest:
      case Shape::RefCast:
      case Shape::BranchCast:
        break;
      default:
        forget_all();  // vectors and calls read slots, and may leave anything in the accumulators
        return;
    }
    const Reprs reprs = reprs_of(instr.key);
    turn_commuting(instr, reprs);
    struct Candidate {
      In HandlerKey::* place;
      IrOperand* operand;
      Repr repr;
    };
    const Candidate candidates[] = {{&HandlerKey::a, &instr.a, reprs.in[0]},
                                    {&HandlerKey::b, &instr.b, reprs.in[1]},
                                    {&HandlerKey::c, &instr.c, reprs.in[2]}};
    // Operands that die here first: they save a store, too.
    for (const bool dying : {true, false}) {
      for (const Candidate& candidate : candidates) {
        if (candidate.operand->dies != dying || instr.key.*candidate.place == In::Acc) continue;
        if (Holds* holds = holder_of(*candidate.operand, candidate.repr)) {
          if (!try_place(instr, candidate.place, *candidate.operand, *holds))
            holds->read_from_slot = true;
        }
      }
    }
    if (instr.key.shape == Shape::CompareSelect) {
      for (Holds& holds : x_holds) {
        if (holds.slot == instr.s) holds.read_from_slot = true;
      }
    }
    for (const Candidate& candidate : candidates) {
      if (instr.key.*candidate.place != In::Slot) continue;
      for (Holds& holds : x_holds) {
        if (holds.valid && candidate.operand->is_slot(holds.slot)) holds.read_from_slot = true;
      }
    }
  }

  // Of two instructions in one, where the first commutes, only its left operand may be in the
  // accumulator.
  void turn_commuting(IrInstr& instr, const Reprs& reprs) {
    if (!has_inner(instr.key.shape) || !commutes(instr.key.inner)) return;
    if (instr.key.a != In::Slot || instr.key.b != In::Slot) return;
    if (holder_of(instr.b, reprs.in[1]) != nullptr && holder_of(instr.a, reprs.in[0]) == nullptr)
      std::swap(instr.a, instr.b);
  }

  void hold(Repr repr, uint32_t slot, IrInstr* producer) {
    for (Holds& holds : x_holds) {
      if (holds.slot == slot) holds.valid = false;
    }
    const AccClass acc = class_of(repr);
    if (acc != kNoAcc) x_holds[acc] = {true, false, slot, producer};
  }

  void note_result(IrInstr& instr) {
    switch (instr.key.shape) {
      case Shape::Binary:
      case Shape::Unary:
      case Shape::Load:
      case Shape::LoadFar:
      case Shape::LoadIndexed:
      case Shape::OpOp:
      case Shape::OpLoad:
      case Shape::OpLoadIndexed:
      case Shape::Move:
      case Shape::Select:
      case Shape::CompareSelect:
      case Shape::GlobalGet:
      case Shape::GlobalGetFar:
      case Shape::NewObject:
      case Shape::StructGet:
      case Shape::ArrayGet:
      case Shape::ArrayLen:
      case Shape::I31Get:
      case Shape::RefTest:
        hold(reprs_of(instr.key).out, instr.d.slot, &instr);
        break;
      case Shape::Atomic:
        if (instr.d.kind == IrOperand::Kind::Slot)
          hold(reprs_of(instr.key).out, instr.d.slot, nullptr);
        break;
      case Shape::CallIndirect:
      case Shape::CallLazy:
      case Shape::CallImport:
      case Shape::CallRef:
        // A single scalar result is in its accumulator when a call returns (d names its slot).
        forget_all();
        if (instr.d.kind == IrOperand::Kind::Slot) hold(instr.result, instr.d.slot, nullptr);
        break;
      case Shape::Wide:
      case Shape::MulWide:
        // The low word is in the accumulator, too.
        forget_all();
        hold(Repr::I64, instr.d.slot, nullptr);
        break;
      case Shape::BranchOp:
      case Shape::BranchLoad:
      case Shape::BranchLoadIndexed:
        hold(reprs_of(instr.key).out, instr.d.slot, nullptr);
        let_all_be_written();
        break;
      case Shape::MovePair:
        x_holds = {};
        break;
      case Shape::Store:
      case Shape::StoreFar:
      case Shape::StoreIndexed:
      case Shape::StoreOp:
      case Shape::GlobalSet:
      case Shape::GlobalSetFar:
      case Shape::RefAsNonNull:
      case Shape::StructSet:
      case Shape::ArraySet:
      case Shape::RefCast:
        break;
      case Shape::BranchCast:
      case Shape::BranchIf:
      case Shape::CompareBranch:
        let_all_be_written();
        break;
      default:
        forget_all();
        break;
    }
  }

  IrFunction& x_function;
  std::array<Holds, kAccCount> x_holds;
};

}  // namespace

void use_accumulators(IrFunction& function) { AccumulatorPass(function).run(); }

}  // namespace weft::interp
