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
enum AccClass : uint8_t { kIntAcc, kF32Acc, kF64Acc, kVectorAcc, kAccCount };

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
  return kVectorAcc;
}

// What an accumulator holds.
struct Holds {
  uint32_t slot = kNoSlot;      // whose value: none's
  bool read_from_slot = false;  // somebody read the slot itself: it must be written
  IrInstr* producer = nullptr;  // null where the slot is written in any case
};

// Whether the operands a, b and c may come from accumulators; what reads slots that they don't name
// doesn't know accumulators.
constexpr bool reads_operands(Shape shape) {
  switch (shape) {
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
      return true;
    default:
      return is_vector(shape);
  }
}

// What an instruction does to the accumulators.
enum class Effect : uint8_t {
  Nothing,
  Hold,        // the result is in one, and need not be written for those that read it there
  HoldCopy,    // the result, if there is one, is in one and written
  Overwrite,   // a vector is written that no accumulator has
  Call,        // a single scalar result is in its accumulator when a call returns
  Wide,        // the low word is in the accumulator, too
  BranchHold,  // as HoldCopy; then as Branch
  Branch,      // what dies on this way may be read on the other
  Forget,      // they hold anything
};

constexpr Effect effect_of(Shape shape) {
  switch (shape) {
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
    case Shape::VLoad:
    case Shape::VLoadIndexed:
    case Shape::VLoadLane:
    case Shape::VLoadFar:
    case Shape::VLoadLaneFar:
    case Shape::VGlobalGet:
    case Shape::VGlobalGetFar:
    case Shape::VOpOp:
    case Shape::VOpLoad:
    case Shape::VOpLoadIndexed:
    case Shape::VOpExtract:
      return Effect::Hold;
    case Shape::Atomic:
      return Effect::HoldCopy;
    case Shape::VStructGet:
    case Shape::VArrayGet:
      return Effect::Overwrite;
    case Shape::CallIndirect:
    case Shape::CallLazy:
    case Shape::CallImport:
    case Shape::CallRef:
      return Effect::Call;
    case Shape::Wide:
    case Shape::MulWide:
      return Effect::Wide;
    case Shape::BranchOp:
    case Shape::BranchLoad:
    case Shape::BranchLoadIndexed:
    case Shape::VBranchTest:
      return Effect::BranchHold;
    case Shape::BranchCast:
    case Shape::BranchIf:
    case Shape::CompareBranch:
      return Effect::Branch;
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
    case Shape::VStore:
    case Shape::VStoreIndexed:
    case Shape::VStoreLane:
    case Shape::VStoreFar:
    case Shape::VStoreLaneFar:
    case Shape::VStoreOp:
    case Shape::VGlobalSet:
    case Shape::VGlobalSetFar:
    case Shape::VStructSet:
    case Shape::VArraySet:
      return Effect::Nothing;
    default:
      return Effect::Forget;
  }
}

class AccumulatorPass {
 public:
  explicit AccumulatorPass(IrFunction& function) : x_function(function) {}

  void run() {
    for (IrInstr& instr : x_function.instrs) {
      if (!instr.is_cell()) {  // or what a fusion took in
        if (instr.is_label) forget_all();
        continue;
      }
      if (instr.steps()) step(instr);
      const Reprs reprs = reprs_of(instr.key);
      if (reads_operands(instr.key.shape)) {
        read_operands(instr, reprs);
      } else {
        forget_all();  // calls read slots, and may leave anything in the accumulators
      }
      note_result(instr, reprs);
    }
  }

 private:
  void forget_all() { x_holds = {}; }

  void let_all_be_written() {
    for (Holds& holds : x_holds) holds.producer = nullptr;
  }

  // Comes first, through the slots.
  void step(const IrInstr& instr) {
    for (Holds& holds : x_holds) {
      if (holds.slot == instr.r) holds.read_from_slot = true;
      if (holds.slot == instr.s) holds.slot = kNoSlot;
    }
  }

  bool is_held(const IrOperand& operand, Repr repr) const {
    return operand.kind == IrOperand::Kind::Slot && x_holds[class_of(repr)].slot == operand.slot;
  }
  void note_read(uint32_t slot) {
    for (Holds& holds : x_holds) {
      if (holds.slot == slot) holds.read_from_slot = true;
    }
  }

  // Tries to read one operand from its accumulator; true if such a handler exists.
  static bool try_place(IrInstr& instr, In HandlerKey::* place, const IrOperand& operand,
                        const Holds& holds) {
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

  void read_operands(IrInstr& instr, const Reprs& reprs) {
    turn_commuting(instr, reprs);
    struct Candidate {
      In HandlerKey::* place;
      const IrOperand* operand;
      Repr repr;
    };
    const Candidate candidates[] = {{&HandlerKey::a, &instr.a, reprs.in[0]},
                                    {&HandlerKey::b, &instr.b, reprs.in[1]},
                                    {&HandlerKey::c, &instr.c, reprs.in[2]}};
    // Operands that die here first: they save a store, too.
    for (const bool dying : {true, false}) {
      for (const Candidate& candidate : candidates) {
        if (!is_held(*candidate.operand, candidate.repr) || candidate.operand->dies != dying ||
            instr.key.*candidate.place == In::Acc) {
          continue;
        }
        Holds& holds = x_holds[class_of(candidate.repr)];
        if (!try_place(instr, candidate.place, *candidate.operand, holds))
          holds.read_from_slot = true;
      }
    }
    if (instr.key.shape == Shape::CompareSelect) note_read(instr.s);
    for (const Candidate& candidate : candidates) {
      if (instr.key.*candidate.place == In::Slot &&
          candidate.operand->kind == IrOperand::Kind::Slot) {
        note_read(candidate.operand->slot);
      }
    }
  }

  // Of two instructions in one, where the first commutes, only its left operand may be in the
  // accumulator; of a vector instruction likewise where its operands can be swapped.
  void turn_commuting(IrInstr& instr, const Reprs& reprs) {
    Opcode* op = nullptr;
    if (has_inner(instr.key.shape)) op = &instr.key.inner;
    if (instr.key.shape == Shape::VBinary) op = &instr.key.op;
    if (op == nullptr || instr.key.a != In::Slot || instr.key.b != In::Slot) return;
    if (!is_held(instr.b, reprs.in[1]) || is_held(instr.a, reprs.in[0])) return;
    const auto other = swapped(*op);
    if (!other || (has_inner(instr.key.shape) && *other != *op)) return;
    std::swap(instr.a, instr.b);
    *op = *other;
  }

  // What the instruction has written is in no other accumulator. Vectors take two slots.
  void overwrite(Repr repr, uint32_t slot) {
    for (Holds& holds : x_holds) {
      if (holds.slot == slot || (repr == Repr::V128 && holds.slot == slot + 1))
        holds.slot = kNoSlot;
    }
    Holds& vector = x_holds[kVectorAcc];
    if (vector.slot + 1 == slot) vector.slot = kNoSlot;
  }
  void hold(Repr repr, uint32_t slot, IrInstr* producer) {
    overwrite(repr, slot);
    x_holds[class_of(repr)] = {slot, false, producer};
  }

  void note_result(IrInstr& instr, const Reprs& reprs) {
    switch (effect_of(instr.key.shape)) {
      case Effect::Nothing:
        break;
      case Effect::Hold:
        hold(reprs.out, instr.d, &instr);
        break;
      case Effect::HoldCopy:
        if (instr.has_result()) hold(reprs.out, instr.d, nullptr);
        break;
      case Effect::Overwrite:
        overwrite(Repr::V128, instr.d);
        break;
      case Effect::Call:
        forget_all();
        if (instr.has_result()) hold(instr.result, instr.d, nullptr);
        break;
      case Effect::Wide:
        forget_all();
        hold(Repr::I64, instr.d, nullptr);
        break;
      case Effect::BranchHold:
        hold(reprs.out, instr.d, nullptr);
        let_all_be_written();
        break;
      case Effect::Branch:
        let_all_be_written();
        break;
      case Effect::Forget:
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
